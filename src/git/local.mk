# Files of src/git/
