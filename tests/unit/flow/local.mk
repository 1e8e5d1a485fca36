# Files of tests/unit/flow/
