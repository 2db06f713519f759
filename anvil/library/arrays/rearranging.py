"""Views and rearrangements of arrays, in plain Python that the front end compiles."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.atoms import absent
from anvil.library.refusal import about, known_only, refuse, static
from anvil.parser.arrays.ragged import Ragged, dense
from anvil.parser.containers.list_arrays import as_array
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract, Known, NDArray, Scalar


def _axes(axis: Any, ndim: Any) -> Any:
    axis = static(axis)
    if axis is None:
        return tuple(range(ndim))
    found = axis if isinstance(axis, tuple | list) else (axis,)
    for i in found:
        if not isinstance(i, int | np.integer):
            refuse("bad-operand", f"{type(i).__name__!r} object is not iterable")
        if i < -ndim or i >= ndim:
            refuse("bad-axis", f"axis {i} is out of bounds for array of dimension {ndim}")
    places = tuple(i % ndim for i in found)
    if len(set(places)) < len(places):
        refuse("bad-value", "repeated axis")
    return places


def _at(ndim: Any, axis: Any, index: Any) -> Any:
    """An index that takes `index` at one axis."""
    return tuple(index if i == axis else slice(None) for i in range(ndim))


def _flip(m: Any, axis: Any = None) -> Any:
    m = np.asarray(m)
    axes = _axes(axis, m.ndim)
    return m[tuple(slice(None, None, -1) if i in axes else slice(None) for i in range(m.ndim))]


def _fliplr(m: Any) -> Any:
    m = np.asarray(m)
    if m.ndim < 2:
        refuse("bad-value", "Input must be >= 2-d.")
    return m[:, ::-1]


def _flipud(m: Any) -> Any:
    m = np.asarray(m)
    if m.ndim < 1:
        refuse("bad-value", "Input must be >= 1-d.")
    return m[::-1]


def _rot90(m: Any, k: Any = 1, axes: Any = (0, 1)) -> Any:
    m = np.asarray(m)
    first, second = axes
    turns = static(k) % 4
    if turns == 0:
        return m[:]
    if turns == 2:
        return _flip(_flip(m, first), second)
    if turns == 1:
        return np.swapaxes(_flip(m, second), first, second)
    return _flip(np.swapaxes(m, first, second), second)


def _split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    ary = np.asarray(ary)
    sections = static(indices_or_sections)
    n = np.shape(ary)[axis]
    if isinstance(sections, int | np.integer) and n % sections:
        refuse("bad-value", "array split does not result in an equal division")
    return _array_split(ary, sections, axis)


def _array_split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    ary = np.asarray(ary)
    at = _axes(axis, ary.ndim)[0]
    n = ary.shape[at]
    sections = static(indices_or_sections)
    if isinstance(sections, int | np.integer):
        if sections <= 0:
            refuse("bad-value", "number sections must be larger than 0.")
        each, extra = n // sections, n % sections
        cuts = [i * each + min(i, extra) for i in range(sections + 1)]
    else:
        cuts = [0, *sections, n]
    parts = []
    for low, high in zip(cuts[:-1], cuts[1:], strict=True):  # noqa: RUF007
        parts.append(ary[_at(ary.ndim, at, slice(low, high))])
    return parts


def _vsplit(ary: Any, indices_or_sections: Any) -> Any:
    if np.ndim(ary) < 2:
        refuse("bad-value", "vsplit only works on arrays of 2 or more dimensions")
    return _split(ary, indices_or_sections, 0)


def _hsplit(ary: Any, indices_or_sections: Any) -> Any:
    if np.ndim(ary) < 1:
        refuse("bad-value", "hsplit only works on arrays of 1 or more dimensions")
    return _split(ary, indices_or_sections, 1 if np.ndim(ary) > 1 else 0)


def _dsplit(ary: Any, indices_or_sections: Any) -> Any:
    if np.ndim(ary) < 3:
        refuse("bad-value", "dsplit only works on arrays of 3 or more dimensions")
    return _split(ary, indices_or_sections, 2)


def _rollaxis(a: Any, axis: Any, start: Any = 0) -> Any:
    at, to = _axes(axis, np.ndim(a))[0], static(start)
    to = to + np.ndim(a) if to < 0 else to
    return np.moveaxis(a, at, to - 1 if at < to else to)


def _matrix_transpose(x: Any) -> Any:
    if np.ndim(x) < 2:
        refuse("bad-shape", "matrix_transpose needs an array of at least 2 dimensions")
    return np.swapaxes(x, -1, -2)


def _broadcast_arrays(*args: Any, subok: Any = False) -> Any:
    shape = np.broadcast_shapes(*[np.shape(a) for a in args])
    return tuple(np.broadcast_to(a, shape) for a in args)


def _append(arr: Any, values: Any, axis: Any = None) -> Any:
    return np.concatenate((np.asarray(arr), np.asarray(values)), axis=axis)


def _insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    arr = np.asarray(arr)
    arr = arr.ravel() if axis is None else arr
    at = 0 if axis is None else _axes(axis, arr.ndim)[0]
    n = arr.shape[at]
    given = static(obj)
    single = isinstance(given, int | np.integer)
    places = _places(given, n)
    for p in places:
        if p < -n or p > n:
            refuse("index-out-of-range", f"index {p} is out of bounds for axis {at} of size {n}")
    places = [p + n if p < 0 else p for p in places]
    if single or len(places) == 1:
        new = np.array(values).astype(arr.dtype)
        new = np.reshape(new, (1,) * (arr.ndim - new.ndim) + new.shape)
        if single:
            new = np.moveaxis(new, 0, at)
        places = places * new.shape[at]
    else:
        new = np.asarray(values).astype(arr.dtype)
    new = np.broadcast_to(
        new, tuple(len(places) if i == at else m for i, m in enumerate(arr.shape))
    )
    source = insertion_order(tuple(places), n)
    return np.take(np.concatenate((arr, new), axis=at), source, axis=at)


def insertion_order(places: tuple[int, ...], n: int) -> tuple[int, ...]:
    """Where each element of the result stands: of n old ones, then of those that are inserted."""
    order = sorted(range(len(places)), key=places.__getitem__)
    return tuple(
        source
        for i in range(n + 1)
        for source in (*(n + k for k in order if places[k] == i), *((i,) if i < n else ()))
    )


def _places(obj: Any, n: Any) -> Any:
    """The positions that an int, a slice, a mask or a sequence of ints names."""
    if isinstance(obj, int | np.integer) and not isinstance(obj, bool):
        return [obj]
    if isinstance(obj, slice):
        return list(range(n))[obj]
    found = list(np.ravel(obj).tolist()) if isinstance(obj, np.ndarray) else list(obj)
    if len(found) > 0 and all(isinstance(p, bool | np.bool_) for p in found):
        return [i for i, p in enumerate(found) if p]
    return found


def _delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    arr = np.asarray(arr)
    arr = arr.ravel() if axis is None else arr
    at = 0 if axis is None else _axes(axis, arr.ndim)[0]
    n = arr.shape[at]
    places = _places(static(obj), n)
    for p in places:
        if p < -n or p >= n:
            refuse("index-out-of-range", f"index {p} is out of bounds for axis {at} of size {n}")
    places = [p % n for p in places]
    left = [i for i in range(n) if i not in places]
    return np.take(arr, np.asarray(left, dtype=int), axis=at)


def _delete_by_data(arr: Any, obj: Any, axis: Any, single: Any) -> Any:
    """Of an index the data decides, one element less; of a mask or an array, what is left."""
    arr = np.asarray(arr)
    arr = arr.ravel() if axis is None else arr
    at = 0 if axis is None else _axes(axis, arr.ndim)[0]
    n = arr.shape[at]
    if single:
        if obj < -n or obj >= n:
            raise IndexError(f"index {obj} is out of bounds for axis {at} with size {n}")
        places = np.arange(n - 1)
        return np.take(arr, places + (places >= obj % n), axis=at)
    if obj.dtype == bool:
        return arr[_at(arr.ndim, at, ~obj)]
    taken = np.zeros(n, dtype=int)
    np.add.at(taken, obj, 1)
    return arr[_at(arr.ndim, at, taken == 0)]


def _delete_of_ragged(arr: Any, obj: Any) -> Any:
    n, obj = len(arr), np.asarray(obj)
    if obj.dtype == bool:
        return arr[~obj]
    if obj.ndim:
        refuse("unsupported-value", "several places of an array of computed length are not deleted")
    if obj < -n or obj >= n:
        raise IndexError(f"index {obj} is out of bounds for axis 0 with size {n}")
    return arr[np.arange(n) != (obj + n if obj < 0 else obj)]


_DELETE = about(_delete, known=("obj",))


def _delete_entry(ctx: Context, arr: Any, obj: Any, axis: Any = None) -> Abstract:
    if isinstance(arr, Ragged):
        if len(arr.axes) > 1 or not absent(ctx, axis):
            dense(ctx, arr)
        return ctx.session.calls.call_entry(ctx, _delete_of_ragged, [arr, ctx.lifted(obj)], {})
    v = ctx.lifted(obj if isinstance(obj, Ragged) else as_array(ctx, obj))
    if isinstance(v, Scalar | Ragged) or (isinstance(v, NDArray) and ctx.known_array(v) is None):
        args = [ctx.lifted(arr), v, ctx.lifted(axis), Known(isinstance(v, Scalar))]
        return ctx.session.calls.call_entry(ctx, _delete_by_data, args, {})
    return _DELETE.run(ctx, arr, obj, axis)


def _resize(a: Any, new_shape: Any) -> Any:
    shape = static(new_shape)
    shape = shape if isinstance(shape, tuple | list) else (shape,)
    size = 1
    for n in shape:
        size = size * n
        if n < 0:
            refuse("bad-value", "all elements of `new_shape` must be non-negative")
    x = np.ravel(a)
    if size == 0 or x.size == 0:
        return np.zeros(shape, dtype=x.dtype)
    return np.reshape(np.tile(x, -(-size // x.size))[:size], shape)


def _meshgrid(*xi: Any, copy: Any = True, sparse: Any = False, indexing: Any = "xy") -> Any:
    n = len(xi)
    if indexing not in ("xy", "ij"):
        refuse("bad-value", "Valid values for `indexing` are 'xy' and 'ij'.")
    order = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else list(range(n))
    thin = []
    for i, x in enumerate(xi):
        shape = tuple(-1 if order[i] == j else 1 for j in range(n))
        thin.append(np.reshape(x, shape))
    if sparse:
        return tuple(x.copy() for x in thin)
    shape = np.broadcast_shapes(*[x.shape for x in thin])
    return tuple(np.broadcast_to(x, shape) for x in thin)


def _ix_(*args: Any) -> Any:
    n = len(args)
    if any(np.ndim(a) != 1 for a in args):
        refuse("bad-shape", "Cross index must be 1 dimensional")
    return tuple(
        np.reshape(a, tuple(-1 if i == j else 1 for j in range(n))) for i, a in enumerate(args)
    )


def _tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = float, *, like: Any = None) -> Any:
    return np.tril(np.ones((max(N, 0), max(N if M is None else M, 0)), dtype=dtype), k)


def _diagflat(v: Any, k: Any = 0) -> Any:
    return np.diag(np.ravel(v), k)


def _vander(x: Any, N: Any = None, increasing: Any = False) -> Any:
    x = np.asarray(x)
    if x.ndim != 1:
        refuse("bad-value", "x must be a one-dimensional array or sequence.")
    n = x.shape[0] if N is None else static(N)
    powers = range(n) if increasing else range(n - 1, -1, -1)
    columns = []
    for p in powers:
        column = np.ones(x.shape, dtype=np.result_type(x, int))
        for _ in range(p):
            column = column * x
        columns.append(column)
    if n <= 0:
        return np.ones((x.shape[0], 0), dtype=np.result_type(x, int))
    return np.stack(columns, axis=1)


def _unstack(x: Any, /, *, axis: Any = 0) -> Any:
    x = np.moveaxis(x, axis, 0)
    return tuple(x[i] for i in range(x.shape[0]))


def sliding_window_view(
    x: Any,
    window_shape: Any,
    axis: Any = None,
    *,
    subok: Any = False,
    writeable: Any = False,
) -> Any:
    """The windows, gathered; axes within them come last."""
    a = np.asarray(x)
    shape = window_shape if isinstance(window_shape, tuple | list) else (window_shape,)
    if writeable:
        refuse("unsupported-argument", "windows overlap: sliding_window_view is not writeable")
    axes: Any = axis if isinstance(axis, tuple | list) else (axis,)
    if axis is None:
        axes = tuple(range(a.ndim))
    if len(shape) != len(axes):
        refuse("bad-value", "window_shape has to have one length for each axis")
    axes = tuple([k % a.ndim for k in axes])
    for k, n in zip(axes, shape, strict=True):
        if n < 0 or n > a.shape[k]:
            refuse("bad-value", "window shape cannot be larger than input array shape")
        places = np.arange(a.shape[k] - n + 1)[:, np.newaxis] + np.arange(n)[np.newaxis, :]
        a = np.moveaxis(np.take(a, places, axis=k), k + 1, -1)
    return a


FUNCTIONS: dict[Any, Any] = {
    np.lib.stride_tricks.sliding_window_view: about(
        sliding_window_view, known=("window_shape", "axis")
    ),
    insertion_order: known_only(insertion_order),
    np.flip: _flip,
    np.fliplr: _fliplr,
    np.flipud: _flipud,
    np.rot90: _rot90,
    np.split: _split,
    np.array_split: _array_split,
    np.vsplit: _vsplit,
    np.hsplit: _hsplit,
    np.dsplit: _dsplit,
    np.rollaxis: _rollaxis,
    np.matrix_transpose: _matrix_transpose,
    np.broadcast_arrays: _broadcast_arrays,
    np.append: _append,
    np.insert: about(_insert, known=("obj",)),
    np.delete: Intrinsic(_delete_entry),
    np.resize: _resize,
    np.meshgrid: _meshgrid,
    np.ix_: _ix_,
    np.tri: _tri,
    np.diagflat: _diagflat,
    np.vander: _vander,
    np.unstack: _unstack,
}

ATTRIBUTES: dict[str, Any] = {"mT": _matrix_transpose}
