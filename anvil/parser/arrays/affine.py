"""Affine forms of computed ints: what proves that `stop - start` of a slice is a constant.

    i + 3, 2*i + 2 - 2*i, (k + 1)*b - k*b      sums of multiples of values, plus a constant

A form is a mapping from values to their factors; the constant stands under None.

    max(0, i - 2), lo if lo > 0 else 0, `if lo < 0: lo = 0`     the larger of two, however written
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from anvil.ir.records import Atom, Const, Value
from anvil.ir.types import I64, array

if TYPE_CHECKING:
    from anvil.ir.builder import Builder

Form = dict[Value | None, int]
_NODES = 64
_INT = array(I64)


def form_of(b: Builder, atom: Atom) -> Form:
    """The affine form of an i64 scalar."""
    out: Form = {}
    todo: list[tuple[Atom, int]] = [(atom, 1)]
    for _ in range(_NODES):
        if not todo:
            break
        x, factor = todo.pop()
        if isinstance(x, Const):
            _add(out, None, factor * int(x.value))  # type: ignore[arg-type]
            continue
        parts = _parts(b, x)
        if parts is None:
            _add(out, x, factor)
        else:
            todo.extend((part, factor * k) for part, k in parts)
    for x, factor in todo:
        _add(out, x if isinstance(x, Value) else None, factor * _constant(x))
    return {v: k for v, k in out.items() if k}


def _constant(x: Atom) -> int:
    return int(x.value) if isinstance(x, Const) else 1  # type: ignore[arg-type]


def _add(form: Form, key: Value | None, amount: int) -> None:
    form[key] = form.get(key, 0) + amount


def _parts(b: Builder, x: Value) -> list[tuple[Atom, int]] | None:
    """An int sum or multiple as its parts with their factors."""
    op = b.producer(x)
    if op is None or x.type is not _INT:
        return None
    name, args = op.kind.name, op.args
    if name == "add":
        return [(args[0], 1), (args[1], 1)]
    if name == "sub":
        return [(args[0], 1), (args[1], -1)]
    if name == "neg":
        return [(args[0], -1)]
    if name == "mul":
        for p, q in (args, args[::-1]):
            if isinstance(q, Const):
                return [(p, int(q.value))]  # type: ignore[arg-type]
    return None


def difference(b: Builder, x: Atom, y: Atom) -> int | None:
    """`x - y` if that is a constant."""
    total = form_of(b, x)
    for key, factor in form_of(b, y).items():
        _add(total, key, -factor)
    left = {k: f for k, f in total.items() if f}
    return left.get(None, 0) if not left.keys() - {None} else None


_LESS = {"lt": True, "le": True, "gt": False, "ge": False}


def extremum(b: Builder, x: Atom) -> tuple[str, Atom, Atom] | None:
    """`max` or `min` and its operands, if an int is the larger or the smaller of two."""
    op = b.producer(x) if isinstance(x, Value) and x.type is _INT else None
    if op is None:
        return None
    name = op.kind.name
    if name in ("max", "min"):
        return name, op.args[0], op.args[1]
    if name == "select":
        test, *ends = op.args
    elif name == "if":
        test = op.args[0]
        ends = [region.results[op.outs.index(x)] for region in op.regions]
        inside = {v for region in op.regions for inner in region.ops for v in inner.outs}
        if not inside.isdisjoint(ends):
            return None
    else:
        return None
    compared = b.producer(test) if isinstance(test, Value) else None
    if compared is None or compared.kind.name not in _LESS:
        return None
    less, (p, q) = _LESS[compared.kind.name], compared.args
    if [p, q] == ends:
        return ("min" if less else "max"), p, q
    return (("max" if less else "min"), p, q) if [q, p] == ends else None
