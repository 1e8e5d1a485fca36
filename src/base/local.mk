# Files of src/base/
