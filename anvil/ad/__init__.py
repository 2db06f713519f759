"""Derivative programs from programs: forward and reverse mode, loops, vmap, custom rules. IR to IR."""
