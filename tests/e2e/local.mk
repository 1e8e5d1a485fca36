# Files of tests/e2e/
