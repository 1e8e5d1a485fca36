# Files of src/trust/
