"""Lists and other containers, also at computed indices."""
