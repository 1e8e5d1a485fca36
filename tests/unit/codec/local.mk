# Files of tests/unit/codec/
