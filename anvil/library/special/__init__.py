"""Special functions, for math, NumPy and SciPy alike."""
