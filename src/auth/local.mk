# Files of src/auth/
