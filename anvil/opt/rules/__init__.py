"""Rewrite rules: each file one subject, each rule a pattern, a replacement and an IEEE class."""
