# Files of tests/unit/cli/
