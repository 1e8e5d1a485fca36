# Files of src/image/
