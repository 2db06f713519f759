"""Array-likes: arrays, numbers and nested lists of these, as IR atoms (behind `Context.atom` and
its neighbours).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.records import ArrayData, Atom, Const
from anvil.ir.types import BOOL, I64, Array, ArrayType, DType, array, dtype_of
from anvil.parser.arrays.computing import computable, computed
from anvil.parser.arrays.promotion import Strength, fits, promote
from anvil.parser.arrays.ragged import Ragged, dense
from anvil.parser.state.number_choices import NumberChoice, joined_strength
from anvil.parser.state.values import (
    Abstract,
    Known,
    ListV,
    NDArray,
    Scalar,
    TupleV,
    is_number,
    is_py_number,
    number_dtype,
)

if TYPE_CHECKING:
    from anvil.parser.context import Context


def kind_of(v: Any) -> str:
    """`array`, `np`, `py`, `sequence` or `other`."""
    if type(v) is NDArray or type(v) is Ragged:
        return "array"
    if type(v) is Scalar:
        return "py" if v.py else "np"
    if type(v) is NumberChoice:
        return "py" if joined_strength(v)[1] else "np"
    obj = v.value if type(v) is Known else v
    if is_number(obj):
        return "py" if is_py_number(obj) else "np"
    if isinstance(v, ListV | TupleV) or isinstance(obj, list | tuple | range):
        return "sequence"
    return "other"


def is_arraylike(ctx: Context, v: Any) -> bool:
    """Whether NumPy would take `v` for an array of numbers."""
    kind = kind_of(v)
    if kind == "sequence":
        if _column(ctx, v) is not None:
            return True
        return all(is_arraylike(ctx, i) for i in ctx.items(v))
    return kind != "other"


def strength(ctx: Context, v: Any) -> Strength:
    """The dtype of an array-like, and whether it is weak."""
    if type(v) is NDArray:
        return v.type.dtype, False
    if type(v) is Ragged:
        return v.dtype, False
    if type(v) is Scalar:
        return v.dtype, v.py
    if type(v) is NumberChoice:
        return joined_strength(v)
    obj = v.value if type(v) is Known else v
    if is_number(obj):
        return number_dtype(obj), is_py_number(obj)
    return type_of(ctx, v).dtype, False


def type_of(ctx: Context, v: Any) -> ArrayType:
    """The type that `np.asarray(v)` would have; refused for what is no array of numbers."""
    if type(v) is NDArray or type(v) is Scalar:
        return v.type
    if type(v) is NumberChoice:
        return array(joined_strength(v)[0])
    if type(v) is Ragged:
        dense(ctx, v)
    obj = v.value if type(v) is Known else v
    if is_number(obj):
        return array(number_dtype(obj))
    if kind_of(v) != "sequence":
        ctx.error("bad-operand", f"a number or an array is expected here, not {ctx.describe(v)}")
    column = _column(ctx, v)
    if column is not None:
        return column
    items = ctx.items(v)
    types = [type_of(ctx, i) for i in items]
    if not types:
        return array(dtype_of(float), (0,))
    if any(t.shape != types[0].shape for t in types):
        ctx.error("bad-shape", "the elements of this nested sequence do not have one shape")
    dtype = promote(*((t.dtype, False) for t in types))
    return array(dtype, (len(items), *types[0].shape))


def atom(ctx: Context, v: Any, dtype: DType | None = None) -> Atom:
    """The value as an atom, of its own dtype or of `dtype`."""
    if type(v) is NDArray:
        x = ctx.read(v)
    elif type(v) is Scalar:
        return v.atom if dtype is None else _converted(ctx, v, dtype)
    elif type(v) is NumberChoice:
        own, py = joined_strength(v)
        return _converted(ctx, Scalar(ctx.b.cast(v.common, own), py), dtype or own)
    elif type(v) is Ragged:
        dense(ctx, v)
    else:
        obj = v.value if type(v) is Known else v
        if is_number(obj):
            return _number(ctx, obj, dtype)
        x = stacked(ctx, v, dtype)
    return x if dtype is None else ctx.b.cast(x, dtype)


def _converted(ctx: Context, v: Scalar, dtype: DType) -> Atom:
    """A scalar in another dtype; a Python number that an integer dtype cannot hold raises."""
    x, b = v.atom, ctx.b
    if not v.py or dtype is v.dtype or dtype.kind not in "iu" or v.dtype is BOOL:
        return b.cast(x, dtype)
    if v.dtype.kind == "c":
        ctx.error("bad-operand", "int() argument must be a real number, not 'complex'")
    info = np.iinfo(dtype.np)
    low, high = int(info.min), int(info.max)
    if v.dtype is not I64:
        ctx.check(b.not_(b.is_nan(x)), ValueError, "cannot convert float NaN to integer")
        finite = b.or_(b.is_finite(x), b.is_nan(x))
        ctx.check(finite, OverflowError, "cannot convert float infinity to integer")
        fine = b.and_(b.gt(x, float(low) - 1.0), b.lt(x, float(high) + 1.0))
        if low < -(2**53):
            fine = b.and_(b.ge(x, float(low)), b.lt(x, float(high)))
    else:
        fine = _holds(ctx, x, low, high)
    beyond: Any = f"Python integer out of bounds for {dtype.np.name}"
    if v.dtype is I64:
        beyond = ctx.text("Python integer ", v, f" out of bounds for {dtype.np.name}")
    ctx.check(fine, OverflowError, beyond)
    return b.cast(x, dtype)


def _holds(ctx: Context, x: Atom, low: int, high: int) -> Atom:
    """Whether an int64 is within bounds."""
    b, known = ctx.b, ctx.bounds.get(x)
    fine: Atom = Const(array(BOOL), True)
    if known is None or known[0] < low:
        fine = b.and_(fine, b.ge(x, low))
    if high < 2**63 and (known is None or known[1] > high):
        fine = b.and_(fine, b.le(x, high))
    return fine


def _number(ctx: Context, obj: Any, dtype: DType | None) -> Atom:
    own = number_dtype(obj)
    wanted = dtype or own
    if own.kind in "iu" and not fits(int(obj), wanted):
        if not is_py_number(obj):
            return Const(array(wanted), np.asarray(obj).astype(wanted.np).item())
        ctx.error("overflow", f"Python integer {obj} out of bounds for {wanted.np.name}")
    value = obj if is_py_number(obj) else obj.item()
    if wanted.kind in "iu" and own.kind == "f" and is_py_number(obj):
        value = _known_integers(ctx, Known(obj), wanted).item()
    elif wanted.kind in "biu" and own.kind in "fc":
        with np.errstate(all="ignore"):
            value = np.asarray(value).astype(wanted.np).item()
    elif own.kind == "c" and wanted.kind == "f":
        value = value.real
    return Const(array(wanted), value)


def stacked(ctx: Context, v: Any, dtype: DType | None = None) -> Atom:
    """A nested sequence of numbers and arrays as one array."""
    t = type_of(ctx, v)
    if _column(ctx, v) is not None:
        return ctx.column(v)
    if dtype is not None and dtype.kind in "iu" and t.size:
        t = array(dtype, t.shape)
        if ctx.is_known(v):
            return const(ctx, _known_integers(ctx, v, dtype))
    found = known_array(ctx, v)
    if found is not None:
        return const(ctx, found.astype(t.dtype.np).reshape(t.shape))
    items = ctx.items(v)
    rows = []
    for item in items:
        row = atom(ctx, item, t.dtype)
        rows.append(ctx.b.reshape(row, shape=(1, *t.shape[1:])))
    out: Atom = rows[0] if len(rows) == 1 else ctx.b.concatenate(*rows, axis=0)
    return out


def _known_integers(ctx: Context, v: Any, dtype: DType) -> Array:
    try:
        return np.array(ctx.known(v), dtype=dtype.np)
    except (ValueError, OverflowError) as error:
        ctx.fail(type(error), *error.args)


def known_array(ctx: Context, v: Any) -> Array | None:
    """The contents of an array-like if they are known while compiling."""
    if type(v) is NDArray:
        if v.path and contents(ctx, ctx.state.heap[v.box]) is None:
            return None
        return contents(ctx, ctx.read(v))
    if type(v) is Scalar:
        return contents(ctx, v.atom)
    if type(v) is Ragged or type(v) is NumberChoice:
        return None
    obj = v.value if type(v) is Known else v
    if is_number(obj) or not isinstance(v, Abstract):
        return np.asarray(obj)
    if kind_of(v) != "sequence":
        return None
    if _column(ctx, v) is not None:
        return None
    parts = [known_array(ctx, i) for i in ctx.items(v)]
    if any(p is None for p in parts):
        return None
    return np.array(parts, dtype=type_of(ctx, v).dtype.np)


def host_of(v: NDArray | Scalar, found: Array) -> Any:
    """Known contents as the kind of object that the value is."""
    if type(v) is NDArray:
        return found
    return found.item() if isinstance(v, Scalar) and v.py else found[()]


def contents(ctx: Context, content: Any) -> Array | None:
    """The value of an atom if it is known while compiling: a constant, or computed from constants
    only. It is computed when it is asked for, once.
    """
    if type(content) is Const:
        return np.full(content.type.shape, content.value, content.type.dtype.np)
    session = ctx.session
    data = session.constants.get(content)
    if data is None and content not in session.varying:
        data = _computed(ctx, content)
        if data is None:
            session.varying.add(content)
        else:
            session.constants[content] = data
    return None if data is None else data.data


def _computed(ctx: Context, content: Any) -> ArrayData | None:
    op = ctx.b.producer(content)
    if op is None or not computable(op):
        return None
    args = []
    for a in op.args:
        found = contents(ctx, a)
        if found is None:
            return None
        args.append(found)
    return computed(ctx, op, args)


def constant(ctx: Context, obj: Any) -> Abstract:
    """A Python object as a value."""
    if isinstance(obj, Abstract):
        return obj
    if isinstance(obj, np.ndarray):
        return ctx.array(const(ctx, obj))
    if type(obj) is list:
        return ctx.list([constant(ctx, i) for i in obj])
    if type(obj) is tuple and any(isinstance(i, Abstract | list | np.ndarray | tuple) for i in obj):
        return TupleV(tuple(constant(ctx, i) for i in obj))
    return Known(obj)


def _column(ctx: Context, v: Any) -> ArrayType | None:
    """The type of a stacked list of numbers or arrays as one array; None for anything else."""
    return ctx.column_type(v) if isinstance(v, ListV) else None


def const(ctx: Context, data: Array) -> Atom:
    """An array constant whose contents the front end remembers."""
    a = np.ascontiguousarray(data)
    x = ctx.b.const(a.reshape(data.shape))
    if type(x) is not Const:
        ctx.session.constants[x] = ArrayData(data)
    return x


def index_dtype(dtype: DType) -> bool:
    """Whether arrays of this dtype are integer indices."""
    return dtype.kind in "iu" or dtype is I64
