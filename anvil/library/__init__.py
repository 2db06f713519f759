"""NumPy, math and builtins as the front end compiles them."""
