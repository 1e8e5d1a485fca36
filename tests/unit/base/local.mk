# Files of tests/unit/base/
