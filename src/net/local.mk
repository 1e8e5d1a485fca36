# Files of src/net/
