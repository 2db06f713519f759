"""Alpha-equality: the same program up to the identity of its values.

difference(p, q)                 None, or one sentence about the first difference
alpha_equal(p, q, locs=True)     locations compared as well
"""

from __future__ import annotations

from collections.abc import Sequence

from anvil.ir.literals import literal
from anvil.ir.printer import same_attrs, text
from anvil.ir.records import Atom, Const, Func, Op, Program, Region, Value


def alpha_equal(a: Program, b: Program, *, hints: bool = True, locs: bool = False) -> bool:
    """Whether the programs are the same, values renamed; hints count unless told otherwise."""
    return difference(a, b, hints=hints, locs=locs) is None


def equal_funcs(a: Func, b: Func) -> bool:
    """Whether two functions are the same, values renamed, hints and locations included."""
    try:
        _Comparison(hints=True, locs=True).funcs(a, b)
    except _Different:
        return False
    return True


def difference(a: Program, b: Program, *, hints: bool = True, locs: bool = False) -> str | None:
    """One sentence about the first difference, or None."""
    try:
        _programs(a, b, hints, locs)
    except _Different as found:
        return str(found)
    return None


class _Different(Exception):
    """Carries the sentence."""


def _same(what: str, a: object, b: object) -> None:
    if a != b:
        raise _Different(f"{what}: {a} and {b}")


def _programs(a: Program, b: Program, hints: bool, locs: bool) -> None:
    _same("stages", a.stage, b.stage)
    _same("entries", a.entry, b.entry)
    _same("functions", tuple(a.funcs), tuple(b.funcs))
    for name, func in a.funcs.items():
        _Comparison(hints, locs).funcs(func, b.funcs[name])


class _Comparison:
    """Two functions walked together; `twin` maps values of the first to those of the second."""

    def __init__(self, hints: bool, locs: bool) -> None:
        self.hints, self.locs = hints, locs
        self.twin: dict[Value, Value] = {}

    def funcs(self, a: Func, b: Func) -> None:
        """Signatures, origins and bodies."""
        where = f"@{a.name}"
        _same(f"names of {where}", a.name, b.name)
        _same(f"results of {where}", a.results, b.results)
        _same(f"origins of {where}", a.origin.text, b.origin.text)
        if self.locs:
            _same(f"locations of {where}", a.origin.loc, b.origin.loc)
        self.regions(a.body, b.body, where)

    def regions(self, a: Region, b: Region, where: str) -> None:
        """Parameters and ops in order."""
        _same(f"region labels in {where}", a.label, b.label)
        self.define(a.params, b.params, f"parameters of {a.label} in {where}")
        if len(a.ops) != len(b.ops):
            raise _Different(f"{a.label} in {where} has {len(a.ops)} and {len(b.ops)} ops")
        for x, y in zip(a.ops, b.ops, strict=True):
            self.ops(x, y, where)

    def ops(self, a: Op, b: Op, where: str) -> None:
        """Everything about two ops."""
        try:
            self.heads(a, b)
        except _Different as found:
            first, second = text(a).splitlines()[0], text(b).splitlines()[0]
            raise _Different(f"in {where}, `{first}` and `{second}`: {found}") from None
        for r, s in zip(a.regions, b.regions, strict=True):
            self.regions(r, s, where)
        self.define(a.outs, b.outs, f"results of {a.kind.name} in {where}")

    def heads(self, a: Op, b: Op) -> None:
        """Two ops without their regions and results."""
        _same("kinds", a.kind.name, b.kind.name)
        _same("number of operands", len(a.args), len(b.args))
        for x, y in zip(a.args, b.args, strict=True):
            self.atoms(x, y)
        if not same_attrs(a.attrs, b.attrs):
            raise _Different("attributes differ")
        if self.locs:
            _same("locations", a.loc, b.loc)
        _same("number of regions", len(a.regions), len(b.regions))

    def atoms(self, a: Atom, b: Atom) -> None:
        """Two operands."""
        if isinstance(a, Const) and isinstance(b, Const):
            if a != b:
                raise _Different(f"operands {literal(a)} and {literal(b)}")
        elif isinstance(a, Const) or isinstance(b, Const):
            raise _Different("a constant and a value")
        elif self.twin.get(a, a) is not b:
            raise _Different(f"operands %{a.hint} and %{b.hint}")

    def define(self, a: Sequence[Value], b: Sequence[Value], what: str) -> None:
        """Binders: types, and hints where they count."""
        _same(f"number of {what}", len(a), len(b))
        for x, y in zip(a, b, strict=True):
            _same(f"types of {what}", x.type, y.type)
            if self.hints:
                _same(f"names of {what}", x.hint, y.hint)
            self.twin[x] = y
