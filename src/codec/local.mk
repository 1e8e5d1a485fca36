# Files of src/codec/
