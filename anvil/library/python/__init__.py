"""What Python's own modules compute: builtins, math, cmath, operator, statistics."""
