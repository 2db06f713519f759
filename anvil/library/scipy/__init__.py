"""SciPy's functions, by dotted name: the core does not need SciPy."""
