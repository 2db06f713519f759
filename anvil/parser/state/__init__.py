"""What the interpreter works on: abstract values, the store, what is read from outside."""
