"""Calls: what each kind of callable does, one IR function per signature, recursion."""
