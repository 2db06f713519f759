"""Measures XLA's and anvil's elementary functions against NumPy and writes docs/accuracy.md."""
