# Files of tests/unit/registry/
