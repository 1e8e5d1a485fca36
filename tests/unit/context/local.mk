# Files of tests/unit/context/
