"""What a function's text is, found through its code object; its names and their lives."""
