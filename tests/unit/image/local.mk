# Files of tests/unit/image/
