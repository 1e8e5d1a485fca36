# Files of src/context/
