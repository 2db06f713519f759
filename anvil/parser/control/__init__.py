"""Control flow on data: branches, loops, exits, exceptions, joins of paths, generators."""
