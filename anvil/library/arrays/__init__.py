"""NumPy's functions of arrays."""
