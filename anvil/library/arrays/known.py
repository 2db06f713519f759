"""Functions of dtypes, shapes, sizes and known arrays, run while compiling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import numpy as np

from anvil.library.refusal import about, refuse
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract, Known, NDArray, TupleV


def _evaluated(ctx: Context, fn: Callable[..., Any], args: Sequence[Any], kwargs: Any) -> Abstract:
    """What NumPy says of known arguments; its errors become the program's."""
    try:
        return made(ctx, fn(*args, **kwargs))
    except (ValueError, IndexError, OverflowError) as error:
        ctx.fail(type(error), *error.args)
    except TypeError as error:
        ctx.error("bad-operand", f"{fn.__name__}: {error}")


def made(ctx: Context, found: Any) -> Abstract:
    """A result of NumPy as a value, named tuples of arrays included."""
    if isinstance(found, tuple) and type(found) is not tuple:
        return TupleV(tuple(made(ctx, v) for v in found), type(found))
    return ctx.constant(found)


def of_known(fn: Callable[..., Any]) -> Intrinsic:
    """A function of known objects and of arrays of known contents."""

    def run(ctx: Context, *args: Any, **kwargs: Any) -> Abstract:
        what = f"an argument of {fn.__name__}"
        given = [ctx.known(a, what) for a in args]
        return _evaluated(ctx, fn, given, {k: ctx.known(v, what) for k, v in kwargs.items()})

    return Intrinsic(run)


def of_types(fn: Callable[..., Any]) -> Intrinsic:
    """A function that looks at the dtypes and shapes of arrays only."""

    def stand_in(ctx: Context, v: Any) -> Any:
        if isinstance(v, NDArray) or ctx.kind_of(v) == "np":
            t = ctx.type_of(v)
            return np.broadcast_to(np.zeros((), t.dtype.np), t.shape)
        if isinstance(v, TupleV):
            return tuple(stand_in(ctx, i) for i in v.items)
        return ctx.known(v, f"an argument of {fn.__name__}")

    def run(ctx: Context, *args: Any, **kwargs: Any) -> Abstract:
        given = [stand_in(ctx, a) for a in args]
        return _evaluated(ctx, fn, given, {k: stand_in(ctx, v) for k, v in kwargs.items()})

    return Intrinsic(run)


def or_rule(fn: Callable[..., Any], rule: Callable[..., Any]) -> Intrinsic:
    """A function run while compiling where its arguments are known; otherwise a rule."""

    def run(ctx: Context, *args: Any, **kwargs: Any) -> Abstract:
        given = [_contents(ctx, a) for a in args]
        named = {k: _contents(ctx, v) for k, v in kwargs.items()}
        if _UNKNOWN not in (*map(type, given), *map(type, named.values())):
            return _evaluated(ctx, fn, given, named)
        lifted = {k: ctx.lifted(v) for k, v in kwargs.items()}
        found: Abstract = ctx.session.calls.call_entry(
            ctx, rule, list(map(ctx.lifted, args)), lifted
        )
        return found

    return Intrinsic(run)


class _UNKNOWN:
    """Stands for a value that is not known."""


def _contents(ctx: Context, v: Any) -> Any:
    """What a value is, arrays by their contents; an `_UNKNOWN` where data decide it."""
    if ctx.is_known(v):
        return ctx.known(v)
    found = ctx.known_array(v) if ctx.is_arraylike(v) else None
    return _UNKNOWN() if found is None else found


# ---- sets


def _unique(
    ar: Any,
    return_index: Any = False,
    return_inverse: Any = False,
    return_counts: Any = False,
    axis: Any = None,
    *,
    equal_nan: Any = True,
    sorted: Any = True,
) -> Any:
    """The sorted elements that differ from the one before."""
    if axis is not None:
        refuse("dynamic-shape", "np.unique of rows or columns needs known contents")
    given = np.ravel(ar)
    if not (return_index or return_inverse or return_counts):
        x = np.sort(given)
        return x[_changes(x, equal_nan)]
    order = np.argsort(given, kind="stable")
    x = given[order]
    first = _changes(x, equal_nan)
    found: Any = (x[first],)
    if return_index:
        found = (*found, order[first])
    group = np.cumsum(first) - 1
    if return_inverse:
        inverse = np.zeros(x.size, dtype=int)
        inverse[order] = group
        found = (*found, inverse.reshape(np.shape(ar)))
    if return_counts:
        counts = np.zeros(x.size, dtype=int)
        np.add.at(counts, group, 1)
        found = (*found, counts[: np.sum(first)])
    return found


def _changes(x: Any, equal_nan: Any) -> Any:
    """Which elements of sorted numbers differ from the one before."""
    first = np.ones(x.shape, dtype=bool)
    if x.size > 1:
        first[1:] = x[1:] != x[:-1]
        if x.dtype.kind == "f" and equal_nan:
            first[1:] = first[1:] & ~(np.isnan(x[1:]) & np.isnan(x[:-1]))
    return first


def _union1d(ar1: Any, ar2: Any) -> Any:
    return _unique(np.concatenate((np.ravel(ar1), np.ravel(ar2))))


def _unique_values(x: Any, *, sorted: Any = True) -> Any:
    return _unique(x, equal_nan=False)


# ---- indices


def _mask_indices(ctx: Context, n: Any, mask_func: Any, k: Any = 0) -> Abstract:
    size = ctx.known(n, "n")
    mask = ctx.known_array(ctx.call(mask_func, ctx.constant(np.ones((size, size), int)), k))
    if mask is None:
        size = ctx.known(n, "n")
        fn = ctx.known(mask_func, "the function of a mask")
        return _evaluated(ctx, np.mask_indices, (size, fn, ctx.known(k)), {})
    return ctx.tuple([ctx.constant(i) for i in np.nonzero(mask)])


def _indices_from(of: Callable[..., Any]) -> Intrinsic:
    def run(ctx: Context, arr: Any, k: Any = 0) -> Abstract:
        shape = ctx.shape_of(arr)
        if len(shape) != 2:
            ctx.error("bad-value", "input array must be 2-d")
        return made(ctx, of(shape[0], k=ctx.known(k), m=shape[1]))

    return Intrinsic(run)


def _diagonal_indices_from(ctx: Context, arr: Any) -> Abstract:
    shape = ctx.shape_of(arr)
    if len(shape) < 2:
        ctx.error("bad-value", "input array must be at least 2-d")
    if len(set(shape)) != 1:
        ctx.error("bad-value", "All dimensions of input must be of equal length")
    return made(ctx, np.diag_indices(shape[0], len(shape)))


def _unravel_index(indices: Any, shape: Any, order: Any = "C") -> Any:
    """Digits of a number in the mixed base that a shape is."""
    rest, size = np.asarray(indices), 1
    dims = shape if isinstance(shape, tuple | list) else (shape,)
    for n in dims:
        size = size * n
    if rest.dtype.kind not in "iu":
        refuse("bad-operand", "only int indices permitted")
    wrong = np.ravel((rest < 0) | (rest >= size))
    if np.any(wrong):
        first = np.ravel(rest)[np.argmax(wrong)]
        raise ValueError(f"index {first} is out of bounds for array with size {size}")
    digits = []
    for n in dims if order == "F" else reversed(dims):
        digits.append((rest % n)[()])
        rest = rest // n
    return tuple(digits if order == "F" else reversed(digits))


def _ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise", order: Any = "C") -> Any:
    dims = dims if isinstance(dims, tuple | list) else (dims,)
    if len(multi_index) != len(dims):
        refuse("bad-value", f"{len(dims)} arrays of indices expected")
    modes = mode if isinstance(mode, tuple) else (mode,) * len(dims)
    found: Any = 0
    stride = 1
    axes = range(len(dims)) if order == "F" else range(len(dims) - 1, -1, -1)
    for k in axes:
        digit, n = np.asarray(multi_index[k]), dims[k]
        if modes[k] == "wrap":
            digit = digit % n
        elif modes[k] == "clip":
            digit = np.clip(digit, 0, n - 1)
        elif np.any((digit < 0) | (digit >= n)):
            raise ValueError("invalid entry in coordinates array")
        found = found + digit * stride
        stride = stride * n
    return np.asarray(found)[()]


# ---- objects


@dataclass(frozen=True)
class Broadcast:
    """What is known of `np.broadcast(...)` while compiling."""

    shape: tuple[int, ...]
    ndim: int
    nd: int
    size: int
    numiter: int


def _broadcast(ctx: Context, *arrays: Any) -> Abstract:
    shape = ctx.broadcast_shapes(*(ctx.shape_of(a) for a in arrays))
    n = len(shape)
    return Known(Broadcast(shape, n, n, int(np.prod(shape, dtype=int)), len(arrays)))


def _iterable(ctx: Context, y: Any) -> Abstract:
    if ctx.is_arraylike(y):
        return ctx.constant(ctx.kind_of(y) == "sequence" or len(ctx.shape_of(y)) > 0)
    return ctx.constant(np.iterable(ctx.known(y)))


def _real_if_close(ctx: Context, a: Any, tol: Any = 100) -> Abstract:
    known = ctx.known_array(a)
    if known is not None:
        return ctx.constant(np.asarray(np.real_if_close(known, ctx.known(tol))))
    if ctx.type_of(a).dtype.kind != "c":
        found: Abstract = ctx.call(np.asarray, a)
        return found
    ctx.error("dynamic-shape", "the dtype that np.real_if_close returns is decided by the data")


_KNOWN = (
    *(np.isdtype, np.base_repr, np.binary_repr, np.mintypecode, np.typename),
    *(np.trim_zeros, np.unique_all, np.unique_counts, np.unique_inverse),
    *(np.intersect1d, np.setdiff1d, np.setxor1d),
    *(np.finfo, np.iinfo, np.dtype, np.format_float_positional, np.format_float_scientific),
)
_OF_TYPES = (np.promote_types, np.can_cast, np.common_type, np.einsum_path, np.isfortran)

_POLYNOMIALS = np.polynomial
_BASES = (
    *(_POLYNOMIALS.polynomial, _POLYNOMIALS.chebyshev, _POLYNOMIALS.legendre),
    *(_POLYNOMIALS.hermite, _POLYNOMIALS.hermite_e, _POLYNOMIALS.laguerre),
)
_QUADRATURES = (
    *(_POLYNOMIALS.chebyshev.chebgauss, _POLYNOMIALS.legendre.leggauss),
    *(_POLYNOMIALS.hermite.hermgauss, _POLYNOMIALS.hermite_e.hermegauss),
    _POLYNOMIALS.laguerre.laggauss,
)


def _polynomials() -> list[Any]:
    """The functions of np.polynomial, which are compiled from their Python where data decide."""
    named = (getattr(base, name) for base in _BASES for name in base.__all__)
    return [f for f in named if isinstance(f, FunctionType) and f not in _QUADRATURES]


FUNCTIONS: dict[Any, Any] = {
    **{fn: of_known(fn) for fn in _KNOWN},
    **{fn: of_types(fn) for fn in _OF_TYPES},
    **{fn: or_rule(fn, fn) for fn in _polynomials()},
    **{fn: of_known(fn) for fn in _QUADRATURES},
    np.min_scalar_type: of_known(np.min_scalar_type),
    np.unique: or_rule(np.unique, _unique),
    np.unique_values: or_rule(np.unique_values, _unique_values),
    np.union1d: or_rule(np.union1d, _union1d),
    np.mask_indices: Intrinsic(_mask_indices),
    np.triu_indices_from: _indices_from(np.triu_indices),
    np.tril_indices_from: _indices_from(np.tril_indices),
    np.diag_indices_from: Intrinsic(_diagonal_indices_from),
    np.unravel_index: about(_unravel_index, known=("shape", "order")),
    np.ravel_multi_index: about(_ravel_multi_index, known=("dims", "mode", "order")),
    np.broadcast: Intrinsic(_broadcast),
    np.iterable: Intrinsic(_iterable),
    np.real_if_close: Intrinsic(_real_if_close),
}
