"""Random programs of one kind each: views, exceptions and effects, wrong programs, recursion."""
