"""Random programs that are wrong: one thing is changed in a program of the corpus or of another
generator. Where CPython raises then, anvil raises the same class, at the same line.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import inspect
import io
import random
import textwrap
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from anvil.errors import AnvilError, InternalError, UnsupportedError
from tests.corpus.entries import CORPUS
from tests.fuzz import generate as programs
from tests.fuzz.generate import Program
from tests.fuzz.kinds import effects, views
from tests.fuzz.oracle import (
    CODES,
    OK,
    PATIENCE,
    Late,
    Verdict,
    compiled,
    forget,
    function_of,
    judged,
    outcome,
    quiet,
)

TRIES = 40
OBJECT = "a number or an array is expected here"  # NumPy takes it for an array of objects
WORDS = ("nmae", "values", "tmp", "resutl")
NUMBERS = ("0", "7", "-9", "2.5", "None", "'one'", "[1.0, 2.0]", "np.ones(5)", "(1, 2)")


class Changer:
    """Changes one thing in a function."""

    def __init__(self, seed: int, tree: ast.AST) -> None:
        self.random = random.Random(seed)
        self.nodes = [n for n in ast.walk(tree) if hasattr(n, "lineno")]
        self.tree = tree

    def change(self) -> bool:
        """Whether a change could be made."""
        return bool(self.random.choice(CHANGES)(self))

    def some(self, *kinds: type) -> Any:
        found = [n for n in self.nodes if isinstance(n, kinds)]
        return self.random.choice(found) if found else None

    def expression(self) -> ast.expr:
        return ast.parse(self.random.choice(NUMBERS), mode="eval").body

    def rename(self) -> bool:
        """Another name is read, or another attribute."""
        node = self.some(ast.Name, ast.Attribute)
        if node is None or not isinstance(node.ctx, ast.Load):
            return False
        field = "id" if isinstance(node, ast.Name) else "attr"
        setattr(node, field, self.random.choice(WORDS))
        return True

    def exchange(self) -> bool:
        """One variable is read for another."""
        one, two = self.some(ast.Name), self.some(ast.Name)
        if one is None or not isinstance(one.ctx, ast.Load) or one.id == two.id:
            return False
        one.id = two.id
        return True

    def argument(self) -> bool:
        """An argument less, one more, or a wrong keyword."""
        node = self.some(ast.Call)
        if node is None:
            return False
        way = self.random.randrange(4)
        if way == 0 and node.args:
            node.args.pop()
        elif way == 1:
            node.args.append(self.expression())
        elif way == 2:
            node.keywords.append(ast.keyword(self.random.choice(WORDS), self.expression()))
        elif node.keywords:
            node.keywords.pop()
        else:
            return False
        return True

    def constant(self) -> bool:
        """Another number: an index, a size, an axis."""
        node = self.some(ast.Constant)
        if node is None or isinstance(node.value, str):
            return False
        node.value = self.random.choice((0, 3, 7, -9, 2.5, "text", None))
        return True

    def operand(self) -> bool:
        """Something else instead of an operand, an argument or an index."""
        node = self.some(ast.BinOp, ast.Call, ast.Subscript, ast.Compare, ast.Return)
        if isinstance(node, ast.BinOp):
            setattr(node, self.random.choice(("left", "right")), self.expression())
        elif isinstance(node, ast.Call) and node.args:
            node.args[self.random.randrange(len(node.args))] = self.expression()
        elif isinstance(node, ast.Subscript):
            node.slice = self.expression()
        elif isinstance(node, ast.Compare):
            node.comparators[0] = self.expression()
        else:
            return False
        return True

    def called(self) -> bool:
        """A value is called, a call indexed, a function not called."""
        node = self.some(ast.BinOp, ast.Return, ast.Assign, ast.AugAssign)
        if node is None:
            return False
        field = "left" if isinstance(node, ast.BinOp) else "value"
        inner = getattr(node, field)
        if inner is None:
            return False
        if isinstance(inner, ast.Call) and self.random.random() < 0.5:
            new: ast.expr = inner.func
        elif self.random.random() < 0.5:
            new = ast.Call(inner, [], [])
        else:
            new = ast.Subscript(inner, ast.Constant(4), ast.Load())
        setattr(node, field, new)
        return True

    def dropped(self) -> bool:
        """A statement is left out, or only run on one path."""
        node = self.some(ast.FunctionDef, ast.For, ast.While, ast.If, ast.With, ast.Try)
        block = node.body
        at = self.random.randrange(len(block))
        if isinstance(block[at], ast.FunctionDef | ast.Return):
            return False
        if self.random.random() < 0.5:
            block[at : at + 1] = [] if len(block) > 1 else [ast.Pass()]
        else:
            test = self.some(ast.Compare)
            if test is None:
                return False
            block[at] = ast.If(copy.deepcopy(test), [block[at]], [])
        return True


CHANGES: tuple[Callable[[Changer], bool], ...] = (
    *(Changer.rename, Changer.exchange, Changer.argument, Changer.constant, Changer.operand),
    *(Changer.called, Changer.dropped),
)


@dataclass(frozen=True)
class Text:
    """A program before it is changed: `scope` are the names of its module."""

    source: str
    cases: tuple[Any, ...]
    scope: Any = None


@functools.cache
def corpus() -> list[Text]:
    """The functions of the corpus that stand alone."""
    import tests.corpus.test_corpus  # noqa: F401  (fills the table)

    found = []
    for e in CORPUS:
        if inspect.isfunction(e.function) and not e.refused and e.function.__closure__ is None:
            tree = ast.parse(textwrap.dedent(inspect.getsource(e.function)))
            node = tree.body[0]
            if isinstance(node, ast.FunctionDef):
                node.name, node.decorator_list = "program", []
                found.append(Text(ast.unparse(tree) + "\n", (e.args,), e.function.__globals__))
    return found


def text_of(seed: int) -> Text:
    if seed % 2:
        return corpus()[seed // 2 % len(corpus())]
    made = (programs, views, effects)[seed // 2 % 3].generate(seed)
    return Text(made.source, made.cases[:1])


@dataclass(frozen=True)
class Wrong(Program):
    """A program with the names of the module that it comes from."""

    scope: Any = None


def generate(seed: int) -> Wrong:
    """The program of a seed; CPython raises, mostly."""
    text = text_of(seed)
    for attempt in range(TRIES):
        tree = ast.parse(text.source)
        function = [n for n in tree.body if isinstance(n, ast.FunctionDef)][-1]
        if not Changer(seed * TRIES + attempt, function).change():
            continue
        source = ast.unparse(ast.fix_missing_locations(tree)) + "\n"
        program = Wrong(seed, source, text.cases, text.scope)
        try:
            if raises(program):
                return program
        except (SyntaxError, Late):
            continue
    return Wrong(seed, text.source, text.cases, text.scope)


def function(program: Program) -> Any:
    return function_of(program.source, getattr(program, "scope", None))


def wanted(fn: Any, program: Program) -> tuple[Any, int]:
    """What CPython does, and the line of the program where it raises."""
    with quiet(5), contextlib.redirect_stdout(io.StringIO()):
        found = outcome(fn, program.cases[0])
    return found, line_in(found, fn.__fuzz__)


def raises(program: Program) -> bool:
    """Whether CPython does."""
    fn = function(program)
    try:
        return isinstance(wanted(fn, program)[0], Exception)
    finally:
        forget(fn)


def line_in(found: Any, file: str) -> int:
    """The innermost line of a file at which an exception was raised."""
    if not isinstance(found, Exception):
        return 0
    lines = [f.lineno for f in traceback.extract_tb(found.__traceback__) if f.filename == file]
    return lines[-1] or 0 if lines else 0


def examine(program: Program, patience: int = PATIENCE) -> Verdict:
    """Whether anvil raises what CPython raises, where it does."""
    fn = function(program)
    try:
        want, line = wanted(fn, program)
        with quiet(patience), contextlib.redirect_stdout(io.StringIO()):
            ran = compiled(fn, program.cases[0])
            got = ran if isinstance(ran, Exception) else outcome(ran, program.cases[0])
    except Late:
        return Verdict("late")
    finally:
        forget(fn)
    if not isinstance(want, Exception):
        return judged(want, got)
    return blamed(want, line, got, fn.__fuzz__)


def blamed(want: Exception, line: int, got: Any, file: str) -> Verdict:
    """The verdict on an exception against CPython's."""
    pair = f"{type(got).__name__} for {type(want).__name__}"
    if not isinstance(got, Exception):
        return Verdict("value", f"a value for {type(want).__name__}: {want}")
    if isinstance(got, InternalError) or getattr(got, "code", "") in CODES:
        return Verdict("internal", str(got).splitlines()[0])
    if isinstance(got, UnsupportedError) and not isinstance(want, NotImplementedError):
        return Verdict("refused", got.code)
    at = places(got, file)
    apart = bool(line and at and line not in at)
    if not isinstance(got, python_class(want)):
        if OBJECT in str(got):
            return Verdict("refused", "an object where numbers are expected")
        if apart and isinstance(got, AnvilError):
            return Verdict("refused", "what is wrong further on")  # known while compiling
        return Verdict("exception", f"{pair}: {str(got).splitlines()[:1]} for {want}")
    if apart:
        return Verdict("refused", f"at another line: {getattr(got, 'code', 'raised')}")
    return OK


def python_class(error: Exception) -> type[Exception]:
    """The class that a program can name: NumPy's own errors of ufuncs are TypeErrors."""
    return next(
        c for c in type(error).__mro__ if c.__name__[0] != "_" and "UFunc" not in c.__name__
    )


def places(error: Exception, file: str) -> set[int]:
    """The lines of a file that an error speaks of."""
    found = error.diagnostic.loc if isinstance(error, AnvilError) else None
    locs = [found] if found is not None else [getattr(error, "_anvil_place", None)]
    if isinstance(error, AnvilError):
        locs += list(error.diagnostic.frames)
    ranges = [r for r in map(spelled, locs) if r is not None and r[0] == file]
    return {n for _, first, last in ranges for n in range(first, last + 1)}


def spelled(loc: Any) -> tuple[str, int, int] | None:
    """The file and the lines of a location."""
    if loc is None:
        return None
    place = getattr(loc, "source_range", lambda: loc)()
    return place.file, place.line, place.end_line or place.line
