# Files of tests/fake/
