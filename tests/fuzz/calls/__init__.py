"""Random calls of NumPy's functions against CPython."""
