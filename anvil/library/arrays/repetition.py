"""Repeating and rearranging elements: roll, repeat, tile, triangles, diagonals, padding."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import I64
from anvil.library.arrays.creation import diagonal_mask
from anvil.library.arrays.manipulation import join
from anvil.library.arrays.padding import padded_axis
from anvil.library.arrays.selection import gather_along
from anvil.library.atoms import along, shape_in, type_in, whole
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract, Scalar


def _roll(ctx: Context, a: Any, shift: Any, axis: Any = None) -> Abstract:
    x = ctx.atom(a)
    shape = shape_in(x)
    if _is_computed(ctx, shift):
        return _roll_computed(ctx, x, shift, ctx.known(axis, "the axis"))
    known, by = ctx.known(axis, "the axis"), ctx.known(shift, "the shift")
    if known is None:
        flat = ctx.b.reshape(x, shape=(math.prod(shape),))
        total = int(np.sum(np.asarray(by, dtype=int)))
        return ctx.array(ctx.b.reshape(_rolled(ctx, flat, total, 0), shape=shape))
    for s, i in zip(*map(np.ravel, np.broadcast_arrays(by, known)), strict=True):
        x = _rolled(ctx, x, int(s), ctx.axis(i, len(shape)))
    return ctx.array(x)


def _is_computed(ctx: Context, shift: Any) -> bool:
    """Whether a shift is one int that is not known."""
    single = isinstance(shift, Scalar) and shift.dtype.kind in "biu"
    return single and ctx.known_array(shift) is None


def _roll_computed(ctx: Context, x: Atom, shift: Any, axis: Any) -> Abstract:
    """A window of two copies in a row, which begins where the first element is to come from."""
    b, shape = ctx.b, shape_in(x)
    if axis is None:
        flat = ctx.result(b.reshape(x, shape=(math.prod(shape),)))
        rolled = ctx.atom(_roll_computed(ctx, ctx.atom(flat), shift, 0))
        return ctx.array(b.reshape(rolled, shape=shape))
    for i in map(int, np.ravel(axis)):
        k = ctx.axis(i, len(shape))
        if shape[k]:
            by = b.mod(b.neg(b.mod(ctx.atom(shift, I64), shape[k])), shape[k])
            starts = [by if d == k else b.i64(0) for d in range(len(shape))]
            twice = b.concatenate(x, x, axis=k)
            x = b.dynamic_slice(twice, *starts, sizes=shape)
    return ctx.array(x)


def _rolled(ctx: Context, x: Atom, shift: int, axis: int) -> Atom:
    shape = shape_in(x)
    n = shape[axis]
    cut = (-shift) % n if n else 0
    if not cut:
        return x

    def part(low: int, high: int) -> Atom:
        starts = tuple(low if i == axis else 0 for i in range(len(shape)))
        limits = tuple(high if i == axis else m for i, m in enumerate(shape))
        out: Atom = ctx.b.slice(x, starts=starts, limits=limits, strides=(1,) * len(shape))
        return out

    return join(ctx, [part(cut, n), part(0, cut)], axis)


def _repeat(ctx: Context, a: Any, repeats: Any, axis: Any = None) -> Abstract:
    x, at = along(ctx, a, axis)
    shape = shape_in(x)
    counts = np.asarray(ctx.known(repeats, "the repeat counts"))
    if counts.size != 1:
        if counts.shape != (shape[at],):
            ctx.error("shape-mismatch", f"{counts.size} repeat counts for {shape[at]} elements")
        places = np.repeat(np.arange(shape[at]), counts)
        return ctx.array(gather_along(ctx, x, ctx.b.const(places), at))
    known = int(counts.reshape(()))
    wide = (*shape[: at + 1], int(known), *shape[at + 1 :])
    dims = tuple(i for i in range(len(wide)) if i != at + 1)
    spread = ctx.b.broadcast(x, shape=wide, dims=dims)
    final = (*shape[:at], shape[at] * int(known), *shape[at + 1 :])
    return ctx.array(ctx.b.reshape(spread, shape=final))


def _tile(ctx: Context, A: Any, reps: Any) -> Abstract:
    x = ctx.atom(A)
    known = ctx.known(reps, "the repetitions")
    times = tuple(known) if isinstance(known, tuple | list) else (known,)
    if not all(isinstance(t, int | np.integer) for t in times):
        ctx.error("bad-operand", f"repetitions are ints, not {known!r}")
    n = max(len(times), len(shape_in(x)))
    times = (1,) * (n - len(times)) + tuple(int(t) for t in times)
    shape = (1,) * (n - len(shape_in(x))) + shape_in(x)
    wide = tuple(m for t, s in zip(times, shape, strict=True) for m in (t, s))
    spread = ctx.b.broadcast(
        ctx.b.reshape(x, shape=shape), shape=wide, dims=tuple(range(1, 2 * n, 2))
    )
    final = tuple(t * s for t, s in zip(times, shape, strict=True))
    return ctx.array(ctx.b.reshape(spread, shape=final))


def _triangle(op: str) -> Intrinsic:
    def run(ctx: Context, m: Any, k: Any = 0) -> Abstract:
        x = ctx.atom(m)
        if not shape_in(x):
            ctx.error("bad-shape", "Input must be 1- or 2-d.")
        if len(shape_in(x)) == 1:
            x = ctx.broadcast(x, shape_in(x) * 2)
        mask = diagonal_mask(ctx, shape_in(x), int(ctx.known(k, "k")), op)
        return ctx.array(ctx.b.select(mask, x, ctx.b.zeros_like(x)))

    return Intrinsic(run)


def _diagonal(ctx: Context, a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Abstract:
    x = ctx.atom(a)
    axes = ctx.axis(axis1, x), ctx.axis(axis2, x)
    return _diagonal_view(ctx, a, whole(ctx, offset, "the offset"), axes)


def _diagonal_view(ctx: Context, a: Any, k: int, axes: tuple[int, int] = (0, 1)) -> Abstract:
    """A read-only view, as NumPy's."""
    if axes[0] == axes[1]:
        ctx.error("bad-axis", "axis1 and axis2 cannot be the same")
    like = partial(np.diagonal, offset=k, axis1=axes[0], axis2=axes[1])
    return ctx.frozen(a, ("diagonal", k, axes), lambda b, x: _diagonal_in(b, x, k, axes), like)


def diagonal_of(ctx: Context, x: Atom, k: int, axes: tuple[int, int] = (0, 1)) -> Atom:
    """The k-th diagonal over two axes, as the last axis, by a gather of known positions."""
    if axes[0] == axes[1]:
        ctx.error("bad-axis", "axis1 and axis2 cannot be the same")
    return _diagonal_in(ctx.b, x, k, axes)


def _diagonal_in(b: Any, x: Atom, k: int, axes: tuple[int, int]) -> Atom:
    rows, columns = (shape_in(x)[i] for i in axes)
    n = max(0, min(rows + min(k, 0), columns - max(k, 0)))
    i = np.arange(n)
    places = b.const(np.stack([i - min(k, 0), i + max(k, 0)], axis=1))
    found = b.gather(x, places, axes=axes)
    out: Atom = b.transpose(found, perm=(*range(1, len(shape_in(found))), 0))
    return out


def _diag(ctx: Context, v: Any, k: Any = 0) -> Abstract:
    x, by = ctx.atom(v), whole(ctx, k, "k")
    shape = shape_in(x)
    if len(shape) == 2:
        return _diagonal_view(ctx, v, by)
    if len(shape) != 1:
        ctx.error("bad-shape", "Input must be 1- or 2-d.")
    n = shape[0] + abs(by)
    i = np.arange(shape[0])
    places = ctx.b.const(np.stack([i + max(-by, 0), i + max(by, 0)], axis=1))
    zeros = ctx.b.zeros(type_in(x).with_shape((n, n)))
    return ctx.array(ctx.b.scatter_add(zeros, places, x, axes=(0, 1)))


def _widths(ctx: Context, pad_width: Any, n: int) -> Any:
    """How many elements are added before and after each of n axes."""
    known = ctx.known(pad_width, "the pad widths")
    if isinstance(known, dict):
        known = [known.get(i, known.get(i - n, 0)) for i in range(n)]
        known = [(w, w) if isinstance(w, int) else w for w in known]
    given = np.asarray(known)
    if (n or given.size) and given.dtype.kind not in "iu":
        ctx.error("bad-operand", "`pad_width` must be of integral type.", raises=TypeError)
    try:
        widths = np.broadcast_to(given, (n, 2)) if n else np.zeros((0, 2), int)
    except ValueError as error:
        ctx.error("bad-value", str(error))
    if (widths < 0).any():
        ctx.error("bad-value", "index can't contain negative values")
    return widths


def _pad(
    ctx: Context, array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any
) -> Abstract:
    x, how = ctx.atom(array), ctx.known(mode, "the mode of pad")
    n = len(shape_in(x))
    widths = _widths(ctx, pad_width, n)
    if callable(how) or not isinstance(how, str):
        ctx.error(
            "unsupported-argument", "pad by a function that writes the border is not compiled"
        )
    _check_keywords(ctx, how, kwargs)
    values = kwargs.get("constant_values", 0)
    odd = ctx.known(kwargs.get("reflect_type", "even")) == "odd"
    if how in ("linear_ramp", "maximum", "mean", "median", "minimum") or odd:
        for axis, pair in enumerate(widths.tolist()):
            given = [ctx.constant(v) for v in (axis, *pair, how)]
            lengths = _pair_of(ctx, kwargs.get("stat_length"), axis, n)
            ends = _ends_of(ctx, kwargs.get("end_values", 0), axis, n)
            rest = [ctx.lifted(lengths), *ends, ctx.constant(odd)]
            padded = ctx.session.calls.call_entry(
                ctx, padded_axis, [ctx.array(x), *given, *rest], {}
            )
            x = ctx.atom(padded)
        return ctx.array(x)
    if how in ("constant", "empty"):
        edges = ctx.atom(values, type_in(x).dtype)
        return ctx.array(_with_edges(ctx, x, widths, ctx.broadcast(edges, (n, 2))))
    if how not in ("edge", "reflect", "symmetric", "wrap"):
        ctx.error("unsupported-argument", f"pad in the mode {how!r} is not compiled")
    pad: Any = np.pad
    for axis, (low, high) in enumerate(widths):
        if shape_in(x)[axis] == 0 and (low or high):
            words = f"can't extend empty axis {axis} using modes other than 'constant' or 'empty'"
            ctx.error("bad-value", words)
        places = pad(np.arange(shape_in(x)[axis]), (int(low), int(high)), mode=how)
        x = gather_along(ctx, x, ctx.b.const(places), axis)
    return ctx.array(x)


_PAD_KEYWORDS = {
    "constant": ("constant_values",),
    "empty": (),
    "edge": (),
    "wrap": (),
    "linear_ramp": ("end_values",),
    **dict.fromkeys(("maximum", "mean", "median", "minimum"), ("stat_length",)),
    **dict.fromkeys(("reflect", "symmetric"), ("reflect_type",)),
}


def _check_keywords(ctx: Context, how: str, kwargs: dict[str, Any]) -> None:
    if how not in _PAD_KEYWORDS:
        ctx.error("bad-value", f"mode '{how}' is not supported")
    wrong = [k for k in kwargs if k not in _PAD_KEYWORDS[how]]
    if wrong:
        ctx.error("bad-value", f"unsupported keyword arguments for mode '{how}': {wrong}")


def _pair_of(ctx: Context, v: Any, axis: int, n: int) -> tuple[Any, Any]:
    """The known values at both ends of an axis."""
    known = ctx.known(v, "stat_length")
    if known is None:
        return None, None
    low, high = np.broadcast_to(np.asarray(known), (n, 2))[axis]
    return int(low), int(high)


def _ends_of(ctx: Context, v: Any, axis: int, n: int) -> list[Abstract]:
    """The values at both ends of an axis."""
    x = ctx.broadcast(ctx.atom(v), (n, 2))
    found = []
    for side in (0, 1):
        one = ctx.b.slice(x, starts=(axis, side), limits=(axis + 1, side + 1), strides=(1, 1))
        found.append(ctx.result(ctx.b.reshape(one, shape=())))
    return found


def _with_edges(ctx: Context, x: Atom, widths: Any, edges: Atom) -> Atom:
    """Constant borders, axis by axis, so that the later axes own the corners."""
    for axis, pair in enumerate(widths):
        parts = [x]
        for side, width in enumerate(map(int, pair)):
            if not width:
                continue
            value = ctx.b.slice(
                edges, starts=(axis, side), limits=(axis + 1, side + 1), strides=(1, 1)
            )
            value = ctx.b.reshape(value, shape=())
            shape = shape_in(x)
            border = ctx.broadcast(value, (*shape[:axis], width, *shape[axis + 1 :]))
            parts = [border, *parts] if side == 0 else [*parts, border]
        x = join(ctx, parts, axis)
    return x


_REPEAT, _DIAGONAL = Intrinsic(_repeat), Intrinsic(_diagonal)

FUNCTIONS: dict[Any, Intrinsic] = {
    np.roll: Intrinsic(_roll),
    np.repeat: _REPEAT,
    np.tile: Intrinsic(_tile),
    np.tril: _triangle("le"),
    np.triu: _triangle("ge"),
    np.diagonal: _DIAGONAL,
    np.diag: Intrinsic(_diag),
    np.pad: Intrinsic(_pad),
}

METHODS: dict[str, Intrinsic] = {"repeat": _REPEAT, "diagonal": _DIAGONAL}
