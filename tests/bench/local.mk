# Files of tests/bench/
