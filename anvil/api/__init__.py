"""The public functions: signature -> program -> executable, and the cache of what was compiled."""
