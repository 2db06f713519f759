"""Passes, pipelines and rewrite rules over programs, and the loop-history planner."""
