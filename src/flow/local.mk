# Files of src/flow/
