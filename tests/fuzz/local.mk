# Files of tests/fuzz/
