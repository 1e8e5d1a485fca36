# Files of tests/unit/git/
