# Files of tests/lint/
