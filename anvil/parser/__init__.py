"""The front end: a Python function's AST, specialised to argument types, becomes a program.

parse(fn, args_spec, library=..., transforms=...) -> Parsed

source*         the text of a function, found through its code object functions       parameters,
scopes, liveness of a function before it is interpreted values, heap    abstract values; the store
of boxes; views interp          the interpreter of one specialisation; expressions, statements,
operators, subscripts, objects branches, loops, joins     control flow on data specialise, calls
one IR function per signature transforms ...             grad, vmap and the others inside compiled
code context         what library functions may do while a program is compiled
"""
