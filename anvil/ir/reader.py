"""Reads the text form of programs (`anvil.ir.printer` writes it; the grammar is `grammar.lark`).

    parse(text)                 a Program; nothing is executed; see `verify` for types
    load(path), save(p, path)   a file `net.air`, with big constants beside it in `net.npz`

An op without a printed location gets its line of the text, so later errors point there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
from lark import Token, Tree

from anvil.errors import AnvilError
from anvil.ir.literals import LiteralError, const_of, data_of, scalar_of
from anvil.ir.loc import AnyLoc, Derived, Fused, Loc
from anvil.ir.opkind import REGISTRY, OpKind
from anvil.ir.printer import Locs, text
from anvil.ir.records import (
    ArrayData,
    Atom,
    Func,
    FuncRef,
    Op,
    Origin,
    Program,
    Region,
    Value,
)
from anvil.ir.stages import STAGES
from anvil.ir.syntax import Text
from anvil.ir.types import (
    DTYPES,
    TOKEN,
    Array,
    ArrayType,
    DType,
    Type,
    array,
    hist,
)

Node: TypeAlias = Any  # a lark tree: grammar.lark says what its children are
_HINT = re.compile(r"(.*)\.[0-9]+", re.DOTALL)


def parse(source: str, *, file: str = "", arrays: Mapping[str, Array] | None = None) -> Program:
    """The program that `source` spells; `arrays` holds the constants it names by hash.

    `file` is what locations and errors call the text. Raises ProgramTextError. Use
    `anvil.ir.verify` to check types, and scope beyond names.
    """
    here = Text(source, file)
    return _Reader(here, arrays or {}).program(here.tree())


def load(path: str | Path) -> Program:
    """Reads a file, and the constants beside it (`.npz`)."""
    path = Path(path)
    beside = path.with_suffix(".npz")
    arrays: dict[str, Array] = {}
    if beside.exists():
        with np.load(beside, allow_pickle=False) as store:
            arrays = {name: store[name] for name in store.files}
    return parse(path.read_text(encoding="utf-8"), file=str(path), arrays=arrays)


def save(program: Program, path: str | Path, *, locs: Locs = "suffix") -> None:
    """Writes a file, and its big constants beside it (`.npz`) if it has any."""
    path = Path(path)
    arrays: dict[str, Array] = {}
    path.write_text(text(program, locs=locs, arrays=arrays), encoding="utf-8")
    if arrays:
        np.savez(path.with_suffix(".npz"), **cast(Any, arrays))


class _Reader:
    """Turns the tree into records, with lexical scopes of names."""

    def __init__(self, here: Text, arrays: Mapping[str, Array]) -> None:
        self.here, self.arrays = here, arrays
        self.scopes: list[dict[str, Value]] = []
        self.func_name = ""

    def error(self, message: str, at: Node, hint: str = "") -> AnvilError:
        """An error with carets under `at`."""
        return self.here.error(message, self.place(at), hint)

    def place(self, at: Node) -> Loc:
        """Where a piece of the text is; of an op with regions, its first line."""
        m = at if isinstance(at, Token) else at.meta
        line, col = getattr(m, "line", 1), getattr(m, "column", 1)
        end_line, end_col = getattr(m, "end_line", line), getattr(m, "end_column", col)
        if not isinstance(at, Token) and at.data == "op":
            end_line, end_col = line, len(self.here.lines[line - 1].rstrip(" {")) + 1
        return self.here.range(line, col, end_line, end_col, self.func_name)

    # ---- structure

    def program(self, tree: Node) -> Program:
        """The whole file."""
        stage = tree.children[1]
        if stage not in STAGES:
            raise self.error(f"no stage is called {stage}", stage, f"one of {', '.join(STAGES)}")
        entry: str | None = None
        funcs: dict[str, Func] = {}
        for node in tree.children[2:]:
            name = node.children[0]
            if node.data == "entry":
                entry = _spelled(name)
                continue
            if _spelled(name) in funcs:
                raise self.error(f"{name} is defined twice", name)
            func = self.func(node)
            funcs[func.name] = func
        self.func_name = ""
        if not funcs:
            raise self.error("there is no function", stage)
        if entry is None:
            entry = next(iter(funcs))
        elif entry not in funcs:
            raise self.error(f"the entry @{entry} is not defined", tree.children[2].children[0])
        return Program(funcs, entry, str(stage))

    def func(self, node: Node) -> Func:
        """One function."""
        name, *parts = node.children
        self.func_name = _spelled(name)
        by_kind: dict[str, Node] = {p.data: p for p in parts if isinstance(p, Tree)}
        with self.scope():
            params = self.binders(by_kind.get("params"))
            types = [t for t in by_kind["results"].children if t is not None]
            results = tuple(self.ir_type(t) for t in types)
            ops = tuple(self.op(p) for p in parts if isinstance(p, Tree) and p.data == "op")
        loc = self.loc(by_kind["loc"]) if "loc" in by_kind else self.place(name)
        origin = self.func_name
        if "origin" in by_kind:
            origin = json.loads(by_kind["origin"].children[0])
        body = Region("body", params, ops)
        return Func(self.func_name, params, results, body, Origin(origin, loc))

    def op(self, node: Node) -> Op:
        """One op: regions are read before its results are in scope."""
        params, name, attrs, operands, *rest = node.children
        kind = self.kind(name)
        args = tuple(self.operand(a) for a in operands.children) if operands else ()
        regions = tuple(self.region(r) for r in rest if isinstance(r, Tree) and r.data == "region")
        loc = self.loc(rest[-1]) if rest and rest[-1] else self.place(node)
        read = self.attrs(kind, attrs)
        outs = self.binders(params)
        return Op(kind, args, outs, read, regions, loc)

    def kind(self, name: Token) -> type[OpKind]:
        """The op kind of that name."""
        kind = REGISTRY.get(str(name))
        if kind is None:
            close = get_close_matches(str(name), REGISTRY)
            hint = f"did you mean {' or '.join(close)}?" if close else ""
            raise self.error(f"no op is called {name}", name, hint)
        return kind

    def region(self, node: Node) -> Region:
        """A labelled region in its own scope."""
        label, params, *ops = node.children
        with self.scope():
            bound = self.binders(params)
            return Region(str(label), bound, tuple(self.op(op) for op in ops))

    # ---- names

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Names bound inside are forgotten after."""
        self.scopes.append({})
        yield
        self.scopes.pop()

    def binders(self, node: Node) -> tuple[Value, ...]:
        """New values; a name may hide one of an enclosing region, not one of its own."""
        out = []
        for param in node.children if node else ():
            name, type_ = tuple(param.children)
            spelled = _spelled(name)
            if spelled in self.scopes[-1]:
                raise self.error(f"{name} is already defined here", name, "choose another name")
            numbered = _HINT.fullmatch(spelled)
            hint = numbered[1] if numbered else "" if spelled.isdigit() else spelled
            value = Value(self.ir_type(type_), hint)
            self.scopes[-1][spelled] = value
            out.append(value)
        return tuple(out)

    def look_up(self, name: Token) -> Value:
        """The value of that name."""
        spelled = _spelled(name)
        for scope in reversed(self.scopes):
            if spelled in scope:
                return scope[spelled]
        visible = [n for scope in self.scopes for n in scope]
        close = get_close_matches(spelled, visible)
        hint = f"did you mean {' or '.join('%' + n for n in close)}?" if close else ""
        raise self.error(f"{name} is not defined here", name, hint)

    def operand(self, node: Any) -> Atom:
        """A name or a literal."""
        if node.data == "local":
            return self.look_up(node.children[0])
        value, *typed = node.children
        type_ = self.ir_type(typed[0]) if typed else None
        if type_ is not None and not isinstance(type_, ArrayType):
            raise self.error(f"a literal cannot be a {type_}", node)
        try:
            return const_of(scalar_of(value.data, value.children[0]), type_)
        except LiteralError as problem:
            raise self.error(str(problem), node) from None

    # ---- types, attributes, locations

    def ir_type(self, node: Node) -> Type:
        """A type; `f64` is the scalar."""
        found = self.type_or_dtype(node)
        return array(found) if isinstance(found, DType) else found

    def type_or_dtype(self, node: Node) -> Type | DType:
        """As in attributes, where `f64` is the dtype and `f64[]` the scalar type."""
        name, *rest = node.children
        if node.data == "hist":
            if name not in ("for", "while"):
                raise self.error("a history is of a `for` or a `while`", name)
            states = tuple(self.ir_type(t) for t in rest if t is not None)
            return hist(states, name == "for")
        shape = rest[0]
        if name == "token" and shape is None:
            return TOKEN
        dtype = DTYPES.get(str(name))
        if dtype is None:
            hint = f"dtypes are {', '.join(DTYPES)}; also token and hist<...>"
            raise self.error(f"no type is called {name}", name, hint)
        if shape is None:
            return dtype
        sizes = tuple(int(n) for n in shape.children if n is not None)
        if any(n < 0 for n in sizes):
            raise self.error("a shape has no negative sizes", shape)
        return array(dtype, sizes)

    def attrs(self, kind: type[OpKind], node: Node) -> dict[str, Any]:
        """Attributes in the kind's order, defaults filled in."""
        given: dict[str, Any] = {}
        for attr in node.children if node else ():
            name, value = tuple(attr.children)
            if name not in kind.attrs:
                has = ", ".join(kind.attrs) or "none"
                raise self.error(f"{kind.name} has no attribute {name}", name, f"it has: {has}")
            given[str(name)] = self.value(value)
        return {k: given.get(k, default) for k, default in kind.attrs.items()}

    def value(self, node: Any) -> Any:
        """An attribute's value."""
        kind, children = node.data, node.children
        if kind in ("type", "hist"):
            return self.type_or_dtype(node)
        if kind == "string":
            return json.loads(children[0])
        if kind == "ref":
            return FuncRef(_spelled(children[0]))
        if kind == "tuple":
            return tuple(self.value(c) for c in children if c is not None)
        if kind in ("tensor", "stored"):
            return self.tensor(node)
        return None if kind == "none" else scalar_of(kind, children[0] if children else "")

    def tensor(self, node: Node) -> ArrayData:
        """An array constant, inline or from the side file."""
        first, *items = node.children
        type_ = self.ir_type(first)
        if not isinstance(type_, ArrayType):
            raise self.error(f"a constant cannot be a {type_}", node)
        if node.data == "stored":
            return self.stored(items[0], type_)
        values = [scalar_of(i.data, i.children[0]) for i in items if i is not None]
        try:
            return ArrayData(data_of(values, type_))
        except LiteralError as problem:
            raise self.error(str(problem), node) from None

    def stored(self, digest: Token, type_: ArrayType) -> ArrayData:
        """A constant by the hash of its contents, which is checked."""
        data = self.arrays.get(digest[1:])
        if data is None:
            hint = "big constants live in an .npz file beside the text"
            raise self.error(f"the constant {digest} is missing", digest, hint)
        found = ArrayData(data)
        same = data.dtype == type_.dtype.np and data.shape == type_.shape
        if found.digest != digest[1:] or not same:
            raise self.error(f"the constant {digest} of the side file is another array", digest)
        return found

    def loc(self, node: Node) -> AnyLoc:
        """`loc("file", line, ...)`, `loc("how", loc(...))` or `loc(loc(...), ...)`."""
        items: list[Any] = [
            self.loc(c) if c.data == "loc" else self.value(c) for c in node.children
        ]
        if len(items) == 2 and isinstance(items[0], str) and not isinstance(items[1], str | int):
            return Derived(items[0], items[1])
        if all(isinstance(i, Loc | Derived | Fused) for i in items):
            return Fused(tuple(items))
        kinds = (str, int, int, int, int, str)
        if 2 <= len(items) <= 6 and all(map(isinstance, items, kinds)):
            return Loc(*items)
        raise self.error('a location is loc("file", line, col, end_line, end_col, "func")', node)


def _spelled(name: Token) -> str:
    body = str(name)[1:]
    return str(json.loads(body)) if body.startswith('"') else body
