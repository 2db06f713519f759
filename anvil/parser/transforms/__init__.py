"""grad, vmap and the others inside compiled code."""
