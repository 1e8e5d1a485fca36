# Files of tests/unit/net/
