"""Stores into arrays, with NumPy's broadcasting and casting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anvil.errors.snippet import is_anvil
from anvil.ir.families import type_at
from anvil.ir.types import DType, Shape
from anvil.parser.arrays.arraylike import known_array, strength
from anvil.parser.arrays.operators import UFUNCS
from anvil.parser.arrays.promotion import castable
from anvil.parser.state.values import Abstract, Known, NDArray

if TYPE_CHECKING:
    from anvil.parser.context import Context


def store_element(ctx: Context, target: NDArray, value: Abstract) -> None:
    """`x[i, j] = value` with all axes indexed: NumPy takes a number only."""
    if ctx.shape_of(value):
        if isinstance(value, NDArray) and target.type.dtype.kind == "c":
            words = "only 0-dimensional arrays can be converted to Python scalars"
            ctx.error("bad-operand", words, raises=TypeError)
        ctx.error("bad-shape", "setting an array element with a sequence.")
    store(ctx, target, value)


def store(ctx: Context, target: NDArray, value: Abstract, op: str = "") -> None:
    """Writes `value` into an array as NumPy does: broadcast and cast (in-place operators: same kind
    only).
    """
    t = target.type
    if isinstance(value, Known) and isinstance(value.value, str) and not op:
        value = _read_number(ctx, t.dtype, value.value)
    check_cast(ctx, target, value, op)
    if op and not target.writable:
        ctx.fail(ValueError, "output array is read-only")
    x = ctx.atom(value, t.dtype)
    shape = type_at(x).shape
    if shape != t.shape:
        while len(shape) > len(t.shape) and shape[0] == 1:
            shape = shape[1:]
            x = ctx.b.reshape(x, shape=shape)
        if not _fits(shape, t.shape):
            text = f"could not broadcast input array from shape {shape} into shape {t.shape}"
            if op:
                text = f"non-broadcastable output operand of shape {t.shape}: the result is {shape}"
            ctx.error("shape-mismatch", text)
        x = ctx.broadcast(x, t.shape)
    ctx.write(target, x)


def _read_number(ctx: Context, dtype: DType, text: str) -> Abstract:
    """The number that a string spells, which NumPy reads when it stores it."""
    try:
        return ctx.constant(dtype.np.type(text))
    except ValueError as error:
        ctx.fail(ValueError, *error.args)


def _fits(shape: Shape, target: Shape) -> bool:
    """Whether an array of a shape may be written into another."""
    short = target[len(target) - len(shape) :]
    return len(shape) <= len(target) and all(n in (1, m) for n, m in zip(shape, short, strict=True))


def _warn_of_cut(ctx: Context, target: NDArray, value: Abstract) -> None:
    """Warns where NumPy cuts computed floats to whole numbers."""
    if is_anvil(ctx.loc.source_range().file) or known_array(ctx, value) is not None:
        return
    text = f"floats are cut to whole numbers in {target.describe()}"
    for name, v in ctx.state.locals.items():
        where = ctx.state.where.get(name)
        if isinstance(v, NDArray) and v.box == target.box and not v.path and where is not None:
            line = where.source_range().line
            text = f"floats are cut to whole numbers in `{name}`, {v.describe()} of line {line}"
            break
    ctx.warn("truncated-store", text)


def check_cast(ctx: Context, target: NDArray, value: Abstract, op: str) -> None:
    """Refuses a value that NumPy does not cast to the dtype of an array."""
    t = target.type
    source = strength(ctx, value)[0]
    if source.kind == "c" and t.dtype.kind != "c" and not op:
        ctx.error("dtype-mismatch", f"a complex value cannot be stored in {target.describe()}")
    if source.kind == "f" and t.dtype.kind in "iu" and not op:
        _warn_of_cut(ctx, target, value)
    if op and not castable(source, t.dtype):
        name = UFUNCS[op].__name__ if op in UFUNCS else "matmul"
        pair = f"from dtype('{source.np}') to dtype('{t.dtype.np}')"
        rule = "with casting rule 'same_kind'"
        ctx.error("dtype-mismatch", f"Cannot cast ufunc '{name}' output {pair} {rule}")
