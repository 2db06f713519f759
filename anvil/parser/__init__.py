"""The front end: a Python function's AST, specialised to argument types, becomes a program."""
