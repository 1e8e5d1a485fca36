# Files of man/
