"""Functions that write into an array, and the power with a modulus, in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.refusal import refuse


def _values(arr: Any, values: Any) -> Any:
    """New elements of an array: those of another array have to be safe to convert."""
    if isinstance(values, np.ndarray) and not np.can_cast(values.dtype, arr.dtype, "safe"):
        what = "array data" if values.ndim > 0 else "scalar"
        pair = f"from dtype('{values.dtype}') to dtype('{arr.dtype}')"
        refuse("dtype-mismatch", f"Cannot cast {what} {pair} according to the rule 'safe'")
    given = np.asarray(values)
    if given.dtype.kind == "c" and arr.dtype.kind != "c":
        name = "float" if arr.dtype.kind == "f" else "int"
        refuse("bad-operand", f"{name}() argument must be a real number, not 'complex'")
    return np.ravel(given).astype(arr.dtype)


def _place(arr: Any, mask: Any, vals: Any) -> None:
    """The n-th selected element gets the n-th value, over and over."""
    values = _values(arr, vals)
    chosen = np.ravel(np.asarray(mask)).astype(bool)
    if chosen.size != arr.size:
        refuse("shape-mismatch", "place: mask and data must be the same size")
    if values.size == 0:
        refuse("bad-value", "place: the values are empty")
    order = (np.cumsum(chosen) - 1) % values.size
    arr[...] = np.where(chosen, values[order], np.ravel(arr)).reshape(arr.shape)


def _putmask(a: Any, mask: Any, values: Any) -> None:
    """Where the mask holds, the element at the same place of the values, repeated."""
    new = _values(a, values)
    chosen = np.ravel(np.asarray(mask)).astype(bool)
    if chosen.size != a.size:
        refuse("shape-mismatch", "putmask: mask and data must be the same size")
    if new.size == 0:
        return
    at = np.arange(a.size) % new.size
    a[...] = np.where(chosen, new[at], np.ravel(a)).reshape(a.shape)


def _put_along_axis(arr: Any, indices: Any, values: Any, axis: Any = -1) -> None:
    places = np.asarray(indices)
    if places.dtype.kind not in "iu":
        refuse("bad-index", "`indices` must be an integer array")
    if axis is None:
        flat = np.ravel(arr).copy()
        flat[places] = values
        arr[...] = flat.reshape(arr.shape)
        return
    at = axis + arr.ndim if axis < 0 else axis
    if places.ndim != arr.ndim:
        refuse("bad-shape", "`indices` and `arr` must have the same number of dimensions")
    index = []
    for i in range(arr.ndim):
        if i == at:
            index.append(places)
        else:
            shape = tuple(-1 if j == i else 1 for j in range(arr.ndim))
            index.append(np.arange(arr.shape[i]).reshape(shape))
    arr[tuple(index)] = values


def _inverse(n: Any, mod: Any) -> Any:
    """1 / n modulo `mod`, by Euclid's algorithm."""
    a, b = mod, n % mod
    s, t = 0, 1
    while b > 0:
        q = a // b
        a, b = b, a - q * b
        s, t = t, s - q * t
    if a != 1:
        raise ValueError("base is not invertible for the given modulus")
    return s % mod


def modular_power(base: Any, exp: Any, mod: Any) -> Any:
    """base ** exp % mod for ints, by squaring."""
    base, exp, mod = int(base), int(exp), int(mod)
    if mod == 0:
        raise ValueError("pow() 3rd argument cannot be 0")
    if exp < 0:
        base, exp = _inverse(base, abs(mod)), -exp
    found = 1 % mod
    base = base % mod
    while exp > 0:
        if exp % 2 == 1:
            found = found * base % mod
        exp = exp // 2
        if exp > 0:
            base = base * base % mod
    return found


FUNCTIONS: dict[Any, Any] = {
    np.place: _place,
    np.putmask: _putmask,
    np.put_along_axis: _put_along_axis,
}
