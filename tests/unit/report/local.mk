# Files of tests/unit/report/
