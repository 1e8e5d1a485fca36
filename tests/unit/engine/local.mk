# Files of tests/unit/engine/
