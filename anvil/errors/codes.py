"""Every error that anvil reports, declared once: docs/errors.md is generated from this table.

A row is: the code, the class that is raised, a title, what it means, and what to do about it. The
last two are printed with an error that gives no note or hint of its own.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of error; `raises` names a class of `anvil.errors`."""

    name: str
    raises: str
    title: str
    meaning: str
    remedy: str
    area: str

    @property
    def anchor(self) -> str:
        """Where the documentation speaks of it."""
        return f"docs/errors.md#{self.name}"


CODES: dict[str, Code] = {}


def _declare(area: str, *rows: tuple[str, str, str, str, str]) -> None:
    for row in rows:
        code = Code(*row, area)
        if code.name in CODES:
            raise ValueError(f"the error {code.name!r} is declared twice")
        CODES[code.name] = code


# fmt: off

_declare("Source text",
    ("no-source", "SourceError",
     "The source of a function cannot be found",
     "anvil compiles the text of a function. Functions made by `exec` or typed into a bare "
     "prompt may have none.",
     "Put the function into a file or a notebook cell, or register the text with `linecache` "
     "before `exec`."),
    ("source-changed", "SourceError",
     "The source text is not what Python compiled",
     "The text at the function's position gives other bytecode than the function has: the file "
     "was edited after it was imported, or an import hook rewrote it. Compiling the text could "
     "give other numbers than calling the function.",
     "Import the module again (or restart), so that function and text agree."),
)

_declare("Python that is not compiled",
    ("unsupported-syntax", "UnsupportedError",
     "A construct that anvil does not compile",
     "CPython runs this syntax and anvil has no meaning for it inside compiled code.",
     "Write it with simpler statements, or do this step outside the compiled function."),
    ("unsupported-call", "UnsupportedError",
     "A call of something that anvil cannot compile",
     "The callable has no Python source and is not among the library functions that anvil "
     "knows.",
     "Use a NumPy or math function for it, or call it outside the compiled function."),
    ("unsupported-argument", "UnsupportedError",
     "An argument of a library function that anvil does not support",
     "The function is known, but not with this argument or this value of it.",
     "Leave the argument out, or do this step outside the compiled function."),
    ("unsupported-value", "AnvilTypeError",
     "An object that has no meaning in compiled code",
     "Compiled code works on numbers, arrays, containers and dataclasses of them, functions "
     "and known constants. This object is none of these where its meaning is needed.",
     "Take the numbers out of the object before the call."),
    ("unsupported-method", "UnsupportedError",
     "A method or attribute that anvil does not support",
     "NumPy arrays have it and anvil does not compile it.",
     "Use a NumPy function for it, or do this step outside the compiled function."),
    ("value-needed", "UnsupportedError",
     "A value is needed while compiling, and only the data decides it",
     "Shapes, axes, keys, strings and the lengths of containers are fixed while compiling. "
     "This one depends on numbers that are computed at run time.",
     "Pass the number as an int argument (it becomes static by itself), or use a fixed size "
     "and a mask."),
    ("dynamic-shape", "UnsupportedError",
     "A shape that the data decides",
     "Every array in a compiled program has a fixed shape; the number of elements here depends "
     "on the values.",
     "Use `np.where` with a mask, or a reduction over the masked elements."),
    ("branch-types", "AnvilTypeError",
     "The two ways through a branch give values that cannot be joined",
     "A variable has one type after an `if` on data. Here the two branches leave values of "
     "different structure or shape, and both can be read later.",
     "Give the variable the same shape and structure in both branches."),
    ("loop-types", "AnvilTypeError",
     "A loop changes the type of a variable at each step",
     "A loop on data carries variables of fixed type. This one leaves the body with another "
     "shape or structure than it had at the head.",
     "Give the variable its final shape before the loop."),
    ("growing-list", "AnvilTypeError",
     "A list that grows by an amount that the data decide",
     "Compiled code holds a list that a loop changes as an array of fixed size, which is made "
     "larger when the list outgrows it. This loop changes a list in a way that has no such form.",
     "Make a list of its greatest length before the loop and count how much of it is used."),
    ("unlike-elements", "AnvilTypeError",
     "A list at a computed index holds unlike things",
     "An element of a list at an index that the data decide can only be read or bound if all "
     "elements have one type and shape.",
     "Keep unlike things in different lists, or index with a number that is known."),
    ("alias-types", "UnsupportedError",
     "Names that share an array on one path only",
     "After a branch or at a loop's head two names refer to the same array on one path and to "
     "different arrays on the other, and the array is written later.",
     "Copy one of them (`b = a.copy()`) before the branch or loop."),
    ("mutated-argument", "UnsupportedError",
     "The compiled function writes to its own argument",
     "The caller's array would not see the write, so the program would differ from plain "
     "Python.",
     "Work on a copy: `x = x.copy()`, and return it."),
    ("mutated-global", "UnsupportedError",
     "The compiled function writes to something outside it",
     "Compiled code cannot change globals, closures of other functions or the attributes of "
     "captured objects.",
     "Return the new value and store it outside the compiled function."),
    ("hidden-state", "UnsupportedError",
     "The result depends on state that is not an argument",
     "Random numbers from a global generator, clocks and the environment would be frozen at "
     "the value they had while compiling.",
     "Pass the value as an argument; for random numbers pass a key and use `anvil.random`."),
    ("recursion-in-transform", "UnsupportedError",
     "A function that transforms itself",
     "The function takes the derivative of itself (or maps itself) at a depth that is only known "
     "at run time; each level would be a derivative of another order.",
     "Transform another function, or give the depth as a constant."),
)

_declare("Names, attributes and calls",
    ("undefined-name", "AnvilNameError",
     "A name that nothing defines",
     "Neither the function, its enclosing functions, the module nor Python's builtins define "
     "it.",
     "Correct the spelling, or define or import the name."),
    ("unbound-local", "AnvilUnboundLocalError",
     "A local variable is read before it is assigned",
     "The function assigns the variable, but not on every path that leads to this line.",
     "Assign it before the branch or loop."),
    ("no-attribute", "AnvilAttributeError",
     "The object has no such attribute",
     "Plain Python would raise AttributeError here.",
     "Correct the spelling."),
    ("wrong-arguments", "AnvilTypeError",
     "A call whose arguments do not fit the function",
     "Too many or too few arguments, or a keyword that the function does not have.",
     "Compare the call with the function's `def` line."),
    ("not-callable", "AnvilTypeError",
     "Something is called that is not a function",
     "Plain Python would raise TypeError here.",
     "Look at what the name is bound to."),
    ("recursion-limit", "AnvilRecursionError",
     "Calls nested too deeply",
     "Plain Python would raise RecursionError as well.",
     "Look for a recursion without a base case."),
)

_declare("Shapes, dtypes and indices",
    ("shape-mismatch", "ShapeError",
     "Shapes that do not fit together",
     "Counted from the right, axes of operands must be equal or 1; contracted axes must be "
     "equal.",
     "Compare the operands' shapes in the message; it says where each came from."),
    ("bad-shape", "ShapeError",
     "A shape that the array cannot be given",
     "The operation does not take an array of this shape, or cannot give one.",
     "Look at the shapes in the message; a reshape keeps the number of elements."),
    ("bad-matrix", "MatrixError",
     "An array that is no matrix, or none of the right shape",
     "Functions of linear algebra take matrices, or stacks of them; many of them square ones.",
     "Look at the shapes in the message."),
    ("bad-axis", "AxisError",
     "An axis that the array does not have",
     "Axes run from -ndim to ndim - 1, each named once.",
     "Look at the array's shape in the message."),
    ("bad-operand", "AnvilTypeError",
     "An operation that is not defined for these types",
     "The operation has no meaning for operands of these types; plain Python or NumPy would "
     "raise TypeError here as well.",
     "Convert an operand to a type that has it (`astype`, `float(...)`, `np.asarray(...)`)."),
    ("dtype-mismatch", "AnvilTypeError",
     "A dtype that cannot be converted this way",
     "In-place operators and stores follow NumPy's casting rule `same_kind`.",
     "Give the target array the wider dtype when it is made."),
    ("ambiguous-truth", "AnvilValueError",
     "The truth of an array with several elements",
     "An `if` or `while` needs one bool; NumPy raises ValueError here as well.",
     "Use `np.any(...)` or `np.all(...)`, or `np.where` for a choice per element."),
    ("index-out-of-range", "AnvilIndexError",
     "An index outside its axis",
     "Indices run from -n to n - 1. Indices that the data decides are checked at run time.",
     "Look at the length in the message."),
    ("bad-index", "AnvilIndexError",
     "Something that cannot be an index",
     "Indices are integers, slices, `None`, `...` and arrays of integers or bools.",
     "Convert it, for instance with `int(...)` or `//`."),
    ("missing-key", "AnvilKeyError",
     "A key that the dictionary does not have",
     "Plain Python makes a value for it and stores that in the dictionary, which is the caller's.",
     "Read `d.get(key, default)`, or work on a copy."),
    ("not-a-key", "AnvilTypeError",
     "Something stands where a key of random numbers is expected",
     "Keys are made by `anvil.random.key(seed)`, `split` and `fold_in`: arrays of uint32 of shape "
     "(2,).",
     "Pass a key as the first argument; the seed goes into `anvil.random.key(seed)`."),
    ("bad-value", "AnvilValueError",
     "A value that the operation does not accept",
     "Plain Python or NumPy would raise ValueError here.",
     "Look at the values in the message."),
)

_declare("Arithmetic on Python numbers",
    ("overflow", "AnvilOverflowError",
     "A Python number too large for compiled code",
     "Python's ints have any size, compiled ones 64 bits; compiled code never wraps a Python "
     "int.",
     "Compute in float, or use NumPy's ints where wrapping is meant."),
)

_declare("Derivatives and other transforms",
    ("grad-not-scalar", "AnvilTypeError",
     "`grad` of a function whose result is not one real number",
     "A gradient belongs to a scalar function.",
     "Reduce the result (`np.sum(...)`), or use `anvil.jacobian` or `anvil.vjp`."),
    ("grad-not-float", "AnvilTypeError",
     "A derivative with respect to something that is not a float",
     "Integers, bools and other objects have no derivative.",
     "Pass a float (`x.astype(float)`), or choose another argument with `argnums`."),
    ("bad-argnums", "AnvilValueError",
     "`argnums` names an argument that the function does not have",
     "Arguments are counted from 0; negative numbers count from the end.",
     "Compare with the function's `def` line."),
    ("bad-tangent", "AnvilTypeError",
     "A tangent or cotangent that does not fit its value",
     "Tangents have the structure, shapes and float dtypes of what they belong to.",
     "Build it with `np.zeros_like` or `np.ones_like`."),
    ("bad-mapped-axis", "AnvilValueError",
     "`vmap` over an axis that is not there, or over axes of different sizes",
     "Every mapped argument has the mapped axis, all of one size.",
     "Correct `in_axes`; None leaves an argument whole."),
    ("bad-rule", "AnvilTypeError",
     "A custom rule that does not fit its function",
     "The rule's results must have the structure and shapes that the function's have.",
     "Compare the types in the message."),
    ("no-derivative", "UnsupportedError",
     "An operation without a derivative rule",
     "The function is compiled, but has no derivative in this mode.",
     "Wrap it in `anvil.custom_jvp` or `anvil.custom_vjp`, or in `anvil.stop_gradient`."),
)

_declare("Functions on the host",
    ("extern-result", "AnvilTypeError",
     "An extern function that returns something else than `out` says",
     "Compiled code has a place of fixed shape and dtype for the result of a function that is "
     "called on the host.",
     "Correct `out`, or convert the result in the function (`np.asarray(y, np.float64)`)."),
    ("extern-writes", "UnsupportedError",
     "An extern function that writes to its arguments",
     "It is called with copies of the arguments, so the caller would not see what it writes.",
     "Let the function return what it computes, and work on a copy (`x = x.copy()`)."),
    ("extern-derivative", "UnsupportedError",
     "A derivative through an extern function without a rule",
     "A function that is called on the host is not compiled, so its derivative is not known.",
     "Give `anvil.extern` a rule (`jvp=`) or `fd=True`, or use `anvil.stop_gradient`."),
    ("extern-again", "UnsupportedError",
     "An extern function in a loop that is differentiated in reverse",
     "The reverse of a loop may run the loop again. A function that is neither `pure` nor has a "
     "derivative rule may give other results then.",
     "Say `pure=True` if its result depends on its arguments only, or call it before the loop."),
    ("no-host-function", "UnsupportedError",
     "A program that calls a host function which is not there",
     "A function that is given to `anvil.extern` belongs to the process that compiled the "
     "program. It is not part of the program's text.",
     "Compile the program in the process that runs it."),
)

_declare("Programs as text",
    ("air-syntax", "ProgramTextError",
     "A `.air` text that cannot be read",
     "The text does not follow the grammar of docs/air.md.",
     "Look at what was expected at the caret."),
    ("air-invalid", "VerificationError",
     "A program that breaks a rule of the IR",
     "The verifier checks scopes, types and the operations that a stage allows.",
     "Correct the line if the program was written by hand; otherwise this is a mistake in "
     "anvil."),
)

_declare("The command line",
    ("bad-target", "UsageError",
     "A file or function that is not there",
     "Targets are written `FILE.py:FUNC` or `FILE.air`.",
     "Look at the names in the message."),
    ("bad-type", "UsageError",
     "A type that cannot be read",
     'Types are written as in `--args "f64[3], i64"`.',
     "Use a dtype such as f32, f64, i64, bool or c128, and a shape in brackets."),
    ("bad-option", "UsageError",
     "An option whose value is not one of those that exist",
     "The message lists the values.",
     "Choose one of them."),
)

_declare("anvil itself",
    ("internal", "InternalError",
     "A mistake in anvil",
     "A pass or a rule produced something that its own checks refuse.",
     "Report it with the function that was compiled."),
)

_declare("Warnings",
    ("many-unrolled", "AnvilWarning",
     "A loop was unrolled many times",
     "Something in the body is needed while compiling and changes at each step, so that the "
     "program has one copy of the body for each.",
     "Keep what changes in arrays rather than in containers, strings or shapes."),
    ("recompiled", "AnvilWarning",
     "One call compiles again and again",
     "Each structure, dtype, shape and static value of the arguments, and each value of a global "
     "or captured number, has a program of its own; compiling takes far longer than most calls.",
     "Keep shapes and static numbers to a few values (pad, or pass a float), pass what changes as "
     "an argument, or filter this warning if only a few more are to come."),
    ("truncated-store", "AnvilWarning",
     "Floats are stored in an array of ints",
     "NumPy cuts them to whole numbers without a word, and a whole number has no derivative: what "
     "is computed from the array has a gradient of zero.",
     "Make the array with a float dtype, `np.zeros(n)`, or say that the cut is meant: "
     "`y[i] = int(v)`, `y[:] = v.astype(int)`."),
    ("zero-gradient", "AnvilWarning",
     "A gradient that is zero whatever the input",
     "Every path from the argument to the result passes through an operation whose derivative "
     "is zero, such as rounding or a comparison.",
     "Use a smooth operation, or choose another argument."),
)
