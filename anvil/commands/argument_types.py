"""Types of arguments as text: `f64[3], float, (f64[2], f64), {'w': f64[3]}, n=3, 'relu'`.

args   = [arg {"," arg}]                   arg  = [NAME "="] type
type   = DTYPE ["[" sizes "]"]             f64: a NumPy scalar, f64[]: a 0-d array, f64[3,4]
       | float | int | bool | complex      a Python number (also py:float ...)
       | "(" types ")" | "[" types "]"     a tuple, a list
       | "{" key ":" type ... "}"          a dict; a key is a string, an integer or a name
       | 3 | -0.5 | 'relu' | True | None   a value that is known while compiling
"""

from __future__ import annotations

import ast
import difflib
import linecache
import re
from dataclasses import dataclass
from typing import Any, Final

from anvil.errors import AnvilError, error
from anvil.ir.loc import Loc
from anvil.ir.types import BOOL, C128, DTYPES, F64, I64, DType, array
from anvil.parser.state.signature import (
    ArraySpec,
    DictSpec,
    ListSpec,
    ScalarSpec,
    Spec,
    StaticSpec,
    TupleSpec,
)

PYTHON: Final = {"float": F64, "int": I64, "bool": BOOL, "complex": C128}
"""Python's own number types and what they compute in."""

CONSTANTS: Final = {"True": True, "False": False, "None": None}
_NUMPY: Final = {dtype.np.name: dtype for dtype in DTYPES.values()}
_TOKEN = re.compile(
    r"\s*(?:(?P<name>(?:py:)?[^\W\d]\w*)"
    r"|(?P<number>[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?j?)"
    r"|(?P<string>'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")"
    r"|(?P<mark>[][(){},:=])|(?P<bad>\S))"
)


@dataclass(frozen=True, slots=True)
class Signature:
    """The described arguments of a call."""

    args: tuple[Spec, ...]
    kwargs: dict[str, Spec]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def parse_types(text: str, source: str = "--args") -> Signature:
    """The arguments that `text` describes; `source` is what errors call it (code bad-type)."""
    return _Types(text, source).signature()


class _Types:
    """Recursive descent over the tokens."""

    def __init__(self, text: str, source: str) -> None:
        self.text, self.source = " ".join(text.split("\n")), source
        linecache.cache[source] = (len(text), None, [self.text + "\n"], source)
        found = [m for m in _TOKEN.finditer(self.text) if m.lastgroup]
        self.tokens = [
            _Token(str(m.lastgroup), m[str(m.lastgroup)], *m.span(str(m.lastgroup))) for m in found
        ]
        end = len(self.text)
        self.tokens.append(_Token("end", "", end, end))
        self.at = 0

    # ---- tokens

    @property
    def next(self) -> _Token:
        """The token that is read next."""
        return self.tokens[self.at]

    def take(self) -> _Token:
        """Reads a token."""
        token = self.next
        self.at += token.kind != "end"
        return token

    def accept(self, mark: str) -> bool:
        """Reads `mark` if it comes next."""
        found = self.next.kind == "mark" and self.next.text == mark
        self.at += found
        return found

    def expect(self, mark: str) -> None:
        """Reads `mark`."""
        if not self.accept(mark):
            raise self.error(f"{self.shown(self.next)}, where `{mark}` was expected", self.next)

    def shown(self, token: _Token) -> str:
        """What stands there."""
        return f"`{token.text}`" if token.text else "the end of the text"

    def error(self, what: str, token: _Token, hint: str = "") -> AnvilError:
        """An error with carets under `token`."""
        columns = [len(self.text[:n].encode()) for n in (token.start, max(token.end, 1))]
        loc = Loc(self.source, 1, columns[0], 1, columns[1])
        return error("bad-type", f"a type that cannot be read: {what}", loc, hint=hint)

    # ---- grammar

    def signature(self) -> Signature:
        """The whole text."""
        args: list[Spec] = []
        kwargs: dict[str, Spec] = {}
        while self.next.kind != "end":
            name = self.keyword()
            if name is not None:
                kwargs[name] = self.type()
            elif kwargs:
                raise self.error("a positional argument after a named one", self.next)
            else:
                args.append(self.type())
            if self.next.kind != "end":
                self.expect(",")
        return Signature(tuple(args), kwargs)

    def keyword(self) -> str | None:
        """`NAME =`, if it comes next."""
        token = self.next
        if token.kind != "name" or self.tokens[self.at + 1].text != "=":
            return None
        self.at += 2
        return token.text

    def type(self) -> Spec:
        """One type."""
        token = self.take()
        if token.kind == "name":
            return self.named(token)
        if token.kind in ("number", "string"):
            return StaticSpec(self.literal(token))
        if token.text == "(":
            items, comma = self.items(")")
            return items[0] if len(items) == 1 and not comma else TupleSpec(items)
        if token.text == "[":
            return ListSpec(self.items("]")[0])
        if token.text == "{":
            return self.dictionary()
        raise self.error(f"{self.shown(token)} begins no type", token)

    def named(self, token: _Token) -> Spec:
        """A dtype with its shape, a Python type or a constant."""
        name = token.text
        shaped = self.next.text == "[" and self.next.kind == "mark"
        if name in CONSTANTS:
            return StaticSpec(CONSTANTS[name])
        python = PYTHON.get(name.removeprefix("py:"))
        if python is not None and (name != "bool" or not shaped):
            if shaped:
                hint = f"write {python}[...] for an array"
                raise self.error(f"a Python {name} has no shape", token, hint)
            return ScalarSpec(python, True)
        dtype = self.dtype(token)
        return ArraySpec(array(dtype, self.shape())) if shaped else ScalarSpec(dtype, False)

    def dtype(self, token: _Token) -> DType:
        """The dtype of that name, anvil's or NumPy's."""
        found = DTYPES.get(token.text) or _NUMPY.get(token.text)
        if found is None:
            known = [*DTYPES, *PYTHON, *_NUMPY]
            close = difflib.get_close_matches(token.text, known, n=2)
            hint = f"did you mean {' or '.join(close)}?" if close else ""
            if not hint:
                hint = f"dtypes are {', '.join(DTYPES)}; Python's are {', '.join(PYTHON)}"
            raise self.error(f"no dtype is called {token.text}", token, hint)
        return found

    def shape(self) -> tuple[int, ...]:
        """`[3, 4]`."""
        self.expect("[")
        sizes: list[int] = []
        while not self.accept("]"):
            token = self.take()
            if not token.text.isdecimal():
                what = f"{self.shown(token)} is not a size"
                raise self.error(what, token, "shapes are fixed: non-negative integers")
            sizes.append(int(token.text))
            if not self.accept(","):
                self.expect("]")
                break
        return tuple(sizes)

    def items(self, end: str) -> tuple[tuple[Spec, ...], bool]:
        """Types up to `end`; also whether a comma followed the last."""
        found: list[Spec] = []
        comma = False
        while not self.accept(end):
            found.append(self.type())
            comma = self.accept(",")
            if not comma:
                self.expect(end)
                break
        return tuple(found), comma

    def dictionary(self) -> Spec:
        """`{'w': f64[3], 'b': f64}`."""
        found: dict[Any, Spec] = {}
        while not self.accept("}"):
            token = self.take()
            if token.kind not in ("name", "string", "number"):
                raise self.error(f"{self.shown(token)} is not a key", token)
            key = token.text if token.kind == "name" else self.literal(token)
            if key in found:
                raise self.error(f"the key {key!r} is there twice", token)
            self.expect(":")
            found[key] = self.type()
            if not self.accept(","):
                self.expect("}")
                break
        return DictSpec(tuple(found), tuple(found.values()))

    def literal(self, token: _Token) -> Any:
        """A number or string."""
        try:
            return ast.literal_eval(token.text)
        except (ValueError, SyntaxError):
            raise self.error(f"{self.shown(token)} is not a value", token) from None
