# Files of tests/unit/auth/
