# Files of hooks/
