"""From a function object to its syntax tree, with exact locations.

The code object says where its text is, and the text is believed only if it compiles to that very
code object again. `inspect` is not used: it follows `__wrapped__` to another function, and takes
the first lambda on a line.

    source_text.py    the texts that may hold a function: file, cell, `-c`, prompt
    source_match.py   whether a piece of text compiles to a given code object
"""

from __future__ import annotations

import ast
import weakref
from dataclasses import dataclass, replace
from types import CodeType, FunctionType

from anvil.errors import error, snippet
from anvil.errors.snippet import segment
from anvil.ir.loc import Loc
from anvil.parser.source.match import Definition, find
from anvil.parser.source.text import Text, texts


@dataclass(frozen=True, slots=True, eq=False)
class FunctionSource:
    """The text of one function, parsed; nodes belong to a tree shared with other functions.

    `first_line` is that of the first decorator, if any; `owner` is the innermost class around it,
    `path` what Python calls its qualified name.
    """

    node: ast.FunctionDef | ast.Lambda
    filename: str
    first_line: int
    text: str
    name: str
    qualname: str
    owner: str
    path: str

    def segment(self, node: ast.AST) -> str:
        """The source text of a node, on one line."""
        return segment(loc_of(self, node), self.text)

    def mangle(self, name: str) -> str:
        """The name as compiled: `__x` inside a class `Net` is `_Net__x`."""
        private = name.startswith("__") and not name.endswith("__") and "." not in name
        owner = self.owner.lstrip("_")
        return f"_{owner}{name}" if private and owner else name


def get_source(fn: FunctionType) -> FunctionSource:
    """The source of `fn` itself, never of what it wraps; refused if it cannot be had exactly."""
    code = fn.__code__
    cached = _cache.get(id(code))
    if cached is not None and cached[0]() is code:
        return cached[1]
    source = _look_up(fn)
    key = id(code)
    _cache[key] = (weakref.ref(code, lambda _: _cache.pop(key, None)), source)
    return source


# By identity: code objects of different files compare equal.
_cache: dict[int, tuple[weakref.ref[CodeType], FunctionSource]] = {}


def loc_of(source: FunctionSource, node: ast.AST) -> Loc:
    """The location of a node; of nodes without one (operators, `for` clauses), of their parts."""
    if isinstance(node, _POSITIONED):
        return Loc(
            source.filename,
            node.lineno,
            node.col_offset,
            node.end_lineno or node.lineno,
            node.end_col_offset or 0,
            source.qualname,
        )
    parts = [loc_of(source, part) for part in ast.walk(node) if isinstance(part, _POSITIONED)]
    if not parts:
        return header_loc(source)
    first = min(parts, key=lambda loc: (loc.line, loc.col))
    last = max(parts, key=lambda loc: (loc.end_line, loc.end_col))
    return replace(first, end_line=last.end_line, end_col=last.end_col)


_POSITIONED = (
    ast.stmt,
    ast.expr,
    ast.arg,
    ast.keyword,
    ast.alias,
    ast.excepthandler,
    ast.pattern,
)


def header_loc(source: FunctionSource) -> Loc:
    """The location of the `def` line, or of the whole lambda."""
    node = source.node
    if isinstance(node, ast.Lambda):
        return loc_of(source, node)
    line = source.text.split("\n")[node.lineno - 1]
    end = len(line.rstrip().encode())
    return Loc(source.filename, node.lineno, node.col_offset, node.lineno, end, source.qualname)


def _look_up(fn: FunctionType) -> FunctionSource:
    code = fn.__code__
    seen: Text | None = None
    for text in texts(code, fn.__globals__):
        seen = text if text.filename == code.co_filename else seen
        definition = find(code, text.text)
        if definition is not None:
            text.publish()
            return _source(code, text, definition)
    anonymous = code.co_filename in ("<string>", "<stdin>")  # any text may have that name
    raise _no_source(code) if seen is None or anonymous else _changed(code, seen)


def _source(code: CodeType, text: Text, definition: Definition) -> FunctionSource:
    qualname = code.co_qualname.replace(".<locals>", "")
    node = definition.node
    if isinstance(node, ast.AsyncFunctionDef):
        at = Loc(text.filename, node.lineno, node.col_offset, func=qualname)
        raise error("unsupported-syntax", f"{qualname} is an `async def`", at)
    return FunctionSource(
        node,
        text.filename,
        code.co_firstlineno,
        text.text,
        code.co_name,
        qualname,
        definition.owner,
        code.co_qualname,
    )


def _at(code: CodeType, filename: str) -> Loc:
    return Loc(filename, code.co_firstlineno, func=code.co_qualname.replace(".<locals>", ""))


def _no_source(code: CodeType) -> Exception:
    file = code.co_filename
    if file == "<stdin>":
        why = "It was typed at a prompt that keeps no text."
        hint = (
            "Put it into a file, or use IPython, a notebook or the prompt of Python 3.13 or newer."
        )
    elif file.startswith("<"):
        why = f"It was made by `exec` or `compile` under the name {file!r}, and the text is gone."
        hint = (
            "Compile the text under a name of its own, `compile(text, name, 'exec')`, and keep it "
            "with `linecache.cache[name] = (len(text), None, text.splitlines(True), name)`."
        )
    else:
        why = f"The file {file} is not there."
        hint = "Compiled functions need their .py file beside what Python runs."
    message = f"the source of {code.co_qualname} cannot be found"
    return error("no-source", message, _at(code, file), notes=[why], hint=hint)


def _changed(code: CodeType, text: Text) -> Exception:
    at = _at(code, text.filename)
    what = "This is what that line is now." if snippet(at) else "There is no such line any more."
    message = f"the text of {code.co_qualname} is not what Python compiled"
    why = (
        f"{what} The file was edited after it was imported, or an import hook rewrote it; compiled "
        "from this text, the function could give other numbers than when it is called."
    )
    return error("source-changed", message, at, notes=[why])
