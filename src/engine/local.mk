# Files of src/engine/
