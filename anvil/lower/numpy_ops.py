"""How NumPy source spells the ops whose text depends on shapes, dtypes and attributes.

A spelling is a function `(w, op) -> Expr | None`; None means that the general spelling will do: the
kind's `source` format, its NumPy function, or its own evaluation rule copied as a helper. `w` is
the writer of `numpy_source`:

    w.expr(atom)            the operand with its dtype and shape
    w.weak(atom)            the operand; a number stands for a constant scalar
    w.operands(op)          operands of an elementwise op, of which one has its dtype and shape
    w.folded(atom, kind)    (op, operands) if the atom is an unwritten op of that kind
    w.range(atom)           bounds of an integer that is known to stay between them
    w.helper(fn, name)      the name of a function copied into the module
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from anvil.ir.records import Const, Op
from anvil.ir.types import ArrayType
from anvil.lower import numpy_helpers as helpers
from anvil.lower.numpy_places import (
    Spelling,
    dynamic_slice,
    gather,
    read,
    same,
    slice_of,
    type_of,
    write,
)
from anvil.lower.numpy_text import Expr, contents, fill, number

Axes = Sequence[int]


def _dtype(t: ArrayType) -> str:
    return f"np.{t.dtype.np.name}"


def _places(axes: Axes, ndim: int) -> str:
    """The keyword that selects `axes`, nothing when they are all."""
    if len(axes) == ndim:
        return ""
    return f", axis={axes[0] if len(axes) == 1 else tuple(axes)}"


# ---- elementwise


def _power(w: Any, op: Op) -> Expr | None:
    """Integers to a negative power need the evaluation rule."""
    x, y = op.args
    known = isinstance(y, Const) and y.value.real >= 0
    return (
        None
        if type_of(x).dtype.kind == "i" and not known
        else fill("np.power({0}, {1})", w.operands(op))
    )


def _rsqrt(w: Any, op: Op) -> Expr:
    one = "np.reciprocal(np.sqrt({0}))" if type_of(op.args[0]).dtype.kind == "c" else None
    return fill(one or "1.0 / np.sqrt({0})", [w.expr(op.args[0])])


def _convert(w: Any, op: Op) -> Expr:
    (x,), dtype = op.args, _dtype(type_of(op.outs[0]))
    source, target = type_of(x).dtype, op.attrs["dtype"]
    if target is source:
        return same(w.expr(x))
    if source.kind == "c" and target.kind not in "bc":
        if target is source.real:
            return fill("{0}.real", [w.expr(x)])
        return fill(f"{{0}}.real.astype({dtype})", [w.expr(x)])
    if not type_of(x).shape and source.kind in "biu" and target.inexact:
        return fill(f"{dtype}({{0}})", [w.expr(x)])
    return fill(f"{{0}}.astype({dtype})", [w.expr(x)])


def _mulz(w: Any, op: Op) -> Expr:
    name = w.helper(helpers.mulz)
    return fill(f"{name}({{0}}, {{1}})", w.operands(op))


# ---- made from nothing


def _constant(w: Any, op: Op) -> Expr:
    return Expr(contents(op.attrs["data"].data, type_of(op.outs[0])))


def iota_thin(op: Op) -> Expr:
    """Counters along one axis, which broadcast to the shape."""
    shape, axis, dtype = op.attrs["shape"], op.attrs["axis"], op.attrs["dtype"]
    count = f"np.arange({shape[axis]})"
    if dtype.name != "i64":
        count += f".astype(np.{dtype.np.name})"
    after = len(shape) - axis - 1
    return Expr(f"{count}[:{', None' * after}]" if after else count)


def _iota(w: Any, op: Op) -> Expr:
    thin, shape = iota_thin(op), op.attrs["shape"]
    return thin if len(shape) == 1 else Expr(f"np.broadcast_to({thin.text}, {shape})")


# ---- shapes


def broadcast_thin(w: Any, op: Op) -> Expr:
    """The operand with axes of length 1, which NumPy broadcasts to the shape."""
    x, shape, dims = w.expr(op.args[0]), op.attrs["shape"], op.attrs["dims"]
    if not dims or tuple(dims) == tuple(range(len(shape) - len(dims), len(shape))):
        return same(x)
    marks = [":" if i in dims else "None" for i in range(dims[0], len(shape))]
    return fill(f"{{0}}[{', '.join(marks)}]", [x])


def _broadcast(w: Any, op: Op) -> Expr:
    shape = op.attrs["shape"]
    return fill(f"np.broadcast_to({{0}}, {shape})", [broadcast_thin(w, op)])


def _transpose(w: Any, op: Op) -> Expr:
    perm = tuple(op.attrs["perm"])
    form = "{0}.T" if perm == tuple(range(len(perm)))[::-1] else f"np.transpose({{0}}, {perm})"
    return fill(form, [w.expr(op.args[0])])


def _reverse(w: Any, op: Op) -> Expr:
    axes = op.attrs["axes"]
    ndim = type_of(op.args[0]).ndim
    marks = ["::-1" if i in axes else ":" for i in range(max(axes, default=-1) + 1)]
    if not ndim or not marks:
        return same(w.expr(op.args[0]))
    return fill(f"{{0}}[{', '.join(marks)}]", [w.expr(op.args[0])])


def _reshape(w: Any, op: Op) -> Expr:
    (x,), shape = op.args, op.attrs["shape"]
    for kind in ("slice", "dynamic_slice"):
        inner = w.folded(x, kind)
        dropped = _dropped(type_of(x).shape, shape) if inner else None
        if inner and dropped is not None:
            found = _READS[kind](w, inner[0], inner[1], dropped)
            if found is not None:
                return same(found)
    had = type_of(x).shape
    if len(had) == 1 and len(shape) == 2 and 1 in shape and shape != (1, 1):
        return fill("{0}[:, None]" if shape[1] == 1 else "{0}[None, :]", [w.expr(x)])
    inside = ", ".join(map(str, shape)) if shape else "()"
    return fill(f"{{0}}.reshape({inside})", [w.expr(x)])


def _dropped(had: Axes, shape: Axes) -> set[int] | None:
    """The axes of length 1 whose removal turns one shape into the other; None if none do."""
    out, rest = set(), list(shape)
    for i, n in enumerate(had):
        if rest and rest[0] == n and (n != 1 or len(had) - i <= len(rest)):
            rest.pop(0)
        elif n == 1:
            out.add(i)
        else:
            return None
    return out if out and not rest else None


def _slice(w: Any, op: Op) -> Expr:
    return same(slice_of(w, op, [w.expr(op.args[0])], set()))


def _concatenate(w: Any, op: Op) -> Expr:
    holes = ", ".join(f"{{{i}}}" for i in range(len(op.args)))
    axis = f", axis={op.attrs['axis']}" if op.attrs["axis"] else ""
    return fill(f"np.concatenate([{holes}]{axis})", [w.expr(a) for a in op.args])


def _pad(w: Any, op: Op) -> Expr | None:
    """np.pad where nothing goes between the elements."""
    low, high, interior = op.attrs["low"], op.attrs["high"], op.attrs["interior"]
    if any(interior) or not low:
        return None
    widths = ", ".join(f"({a}, {b})" for a, b in zip(low, high, strict=True))
    widths = widths if len(low) == 1 else f"({widths})"
    x, value = op.args
    if isinstance(value, Const) and number(value.value).text in ("0", "0.0", "False"):
        return fill(f"np.pad({{0}}, {widths})", [w.expr(x)])
    return fill(f"np.pad({{0}}, {widths}, constant_values={{1}})", [w.expr(x), w.weak(value)])


# ---- reductions


def _sum(function: str) -> Spelling:
    def spell(w: Any, op: Op) -> Expr:
        """Small integers would widen."""
        t = type_of(op.args[0])
        small = t.dtype.kind in "iu" and t.dtype.bits < 64
        dtype = f", dtype={_dtype(t)}" if small else ""
        return fill(
            f"{function}({{0}}{_places(op.attrs['axes'], t.ndim)}{dtype})", [w.expr(op.args[0])]
        )

    return spell


def _reduce(function: str) -> Spelling:
    def spell(w: Any, op: Op) -> Expr:
        places = _places(op.attrs["axes"], type_of(op.args[0]).ndim)
        return fill(f"{function}({{0}}{places})", [w.expr(op.args[0])])

    return spell


def _bitwise(function: str, every: str) -> Spelling:
    def spell(w: Any, op: Op) -> Expr:
        """np.all and np.any of truth values."""
        t, axes = type_of(op.args[0]), op.attrs["axes"]
        if t.dtype.kind == "b":
            return fill(f"{every}({{0}}{_places(axes, t.ndim)})", [w.expr(op.args[0])])
        return fill(f"{function}({{0}}, axis={tuple(axes)})", [w.expr(op.args[0])])

    return spell


def _position(function: str) -> Spelling:
    def spell(w: Any, op: Op) -> Expr:
        places = _places((op.attrs["axis"],), type_of(op.args[0]).ndim)
        return fill(f"{function}({{0}}{places})", [w.expr(op.args[0])])

    return spell


def _sort(w: Any, op: Op) -> Expr | None:
    if len(op.args) > 1:
        return None
    form = f"np.sort({{0}}, axis={op.attrs['axis']}, kind='stable')"
    return fill(form, [w.expr(op.args[0])])


# ---- products


def _dot(w: Any, op: Op) -> Expr:
    x, y = (type_of(a) for a in op.args)
    args = [w.expr(a) for a in op.args]
    contract, batch = (op.attrs["lhs_contract"], op.attrs["rhs_contract"]), op.attrs["lhs_batch"]
    if not batch and not contract[0]:
        if x.ndim == y.ndim == 1:
            return fill("np.outer({0}, {1})", args)
        return fill("np.multiply.outer({0}, {1})", args)
    n = len(batch)
    leading = tuple(batch) == tuple(op.attrs["rhs_batch"]) == tuple(range(n))
    if n and leading and len(contract[0]) == 1 and x.ndim == y.ndim == n + 2:
        left = "{0}" if contract[0][0] == n + 1 else "np.swapaxes({0}, -1, -2)"
        right = "{1}" if contract[1][0] == n else "np.swapaxes({1}, -1, -2)"
        return fill(f"{left} @ {right}", args)
    if not batch and len(contract[0]) == 1 and x.ndim <= 2 and y.ndim <= 2:
        left = "{0}" if contract[0][0] == x.ndim - 1 else "{0}.T"
        right = "{1}" if contract[1][0] == 0 else "{1}.T"
        return fill(f"{left} @ {right}", args)
    return fill(f"np.einsum('{_subscripts(op)}', {{0}}, {{1}})", args)


def _subscripts(op: Op) -> str:
    """The einsum of a dot_general: batch, contracted and free axes have a letter each."""
    letters = iter(ascii_lowercase + ascii_uppercase)
    sides: list[dict[int, str]] = [{}, {}]
    for left, right in (("lhs_batch", "rhs_batch"), ("lhs_contract", "rhs_contract")):
        for i, j in zip(op.attrs[left], op.attrs[right], strict=True):
            sides[0][i] = sides[1][j] = next(letters)
    out = "".join(sides[0][i] for i in op.attrs["lhs_batch"])
    for side, a in zip(sides, op.args, strict=True):
        for i in range(type_of(a).ndim):
            if i not in side:
                side[i] = next(letters)
                out += side[i]
    left, right = ("".join(side[i] for i in sorted(side)) for side in sides)
    return f"{left},{right}->{out}"


_READS: dict[str, Callable[[Any, Op, Sequence[Expr], set[int]], Expr | None]] = {
    "slice": slice_of,
    "dynamic_slice": read,
}

SPELLINGS: dict[str, Spelling] = {
    "pow": _power,
    "rsqrt": _rsqrt,
    "convert": _convert,
    "mulz": _mulz,
    "const": _constant,
    "iota": _iota,
    "broadcast": _broadcast,
    "transpose": _transpose,
    "reverse": _reverse,
    "reshape": _reshape,
    "slice": _slice,
    "concatenate": _concatenate,
    "pad": _pad,
    "reduce_sum": _sum("np.sum"),
    "reduce_prod": _sum("np.prod"),
    "reduce_max": _reduce("np.max"),
    "reduce_min": _reduce("np.min"),
    "reduce_and": _bitwise("np.bitwise_and.reduce", "np.all"),
    "reduce_or": _bitwise("np.bitwise_or.reduce", "np.any"),
    "argmax": _position("np.argmax"),
    "argmin": _position("np.argmin"),
    "sort": _sort,
    "dot_general": _dot,
    "dynamic_slice": dynamic_slice,
    "dynamic_update_slice": write(helpers.with_item, helpers.with_block),
    "dynamic_add_slice": write(helpers.plus_item, helpers.plus_block),
    "gather": gather,
}
"""Spellings by kind."""
