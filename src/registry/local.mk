# Files of src/registry/
