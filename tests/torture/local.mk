# Files of tests/torture/
