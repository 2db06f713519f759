"""Attributes, instances, classes."""
