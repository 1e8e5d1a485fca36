# Files of ci/
