"""Comparisons, membership, choice among arrays, spaced samples; in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.refusal import refuse, static


def _isclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: Any = False) -> Any:
    a, b = np.asarray(a), np.asarray(b)
    b = b.astype(np.result_type(b, 1.0))
    finite = np.isfinite(b)
    size = np.abs(np.where(finite, b, np.zeros((), dtype=b.dtype)))
    near = (np.abs(a - b) <= atol + rtol * size) & finite
    found = near | (a == b)
    if equal_nan:
        found = found | (np.isnan(a) & np.isnan(b))
    return found


def _allclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: Any = False) -> Any:
    return bool(np.all(_isclose(a, b, rtol, atol, equal_nan)))


def _array_equal(a1: Any, a2: Any, equal_nan: Any = False) -> Any:
    a1, a2 = np.asarray(a1), np.asarray(a2)
    if a1.shape != a2.shape:
        return False
    same = a1 == a2
    if equal_nan:
        same = same | (np.isnan(a1) & np.isnan(a2))
    return bool(np.all(same))


def _array_equiv(a1: Any, a2: Any) -> Any:
    a1, a2 = np.asarray(a1), np.asarray(a2)
    n = max(a1.ndim, a2.ndim)
    left, right = (1,) * (n - a1.ndim) + a1.shape, (1,) * (n - a2.ndim) + a2.shape
    for p, q in zip(left, right, strict=True):
        if p != q and p != 1 and q != 1:
            return False
    return bool(np.all(a1 == a2))


def _isin(element: Any, test_elements: Any, assume_unique: Any = False, invert: Any = False) -> Any:
    found = np.any(np.asarray(element)[..., None] == np.ravel(test_elements), axis=-1)
    return np.asarray(np.logical_not(found) if invert else found)


def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    if len(condlist) != len(choicelist):
        refuse("bad-value", "list of cases must be same length as list of conditions")
    if len(condlist) == 0:
        refuse("bad-value", "select with an empty condition list is not possible")
    for i, condition in enumerate(condlist):
        if np.asarray(condition).dtype.kind != "b":
            refuse("bad-operand", f"invalid entry {i} in condlist: should be boolean ndarray")
    found = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        found = np.where(condition, choice, found)
    return found


def _choose(a: Any, choices: Any, out: Any = None, mode: Any = "raise") -> Any:
    a, n = np.asarray(a), len(choices)
    if a.dtype.kind not in "biu":
        what = (
            f"Cannot cast {'array data' if a.ndim else 'scalar'} from {a.dtype!r} to dtype('int64')"
        )
        refuse("bad-operand", f"{what} according to the rule 'safe'")
    if mode == "wrap":
        a = np.mod(a, n)
    elif mode == "clip":
        a = np.clip(a, 0, n - 1)
    elif np.any((a < 0) | (a >= n)):
        raise ValueError("invalid entry in choice array")
    found = choices[0]
    for i in range(1, n):
        found = np.where(a == i, choices[i], found)
    found = np.broadcast_to(found, np.broadcast_shapes(a.shape, np.shape(found)))[()]
    if out is None:
        return found
    np.copyto(out, found, casting="unsafe")
    return out


def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    x = np.asarray(x)
    if len(funclist) not in (len(condlist), len(condlist) + 1):
        refuse("bad-value", f"with {len(condlist)} conditions, {len(condlist)} functions expected")
    found = np.zeros_like(x)
    if len(funclist) > len(condlist):
        found = _piece(funclist[-1], x, args, kw)
    for condition, fn in zip(condlist, funclist[: len(condlist)], strict=True):
        if np.ndim(condition) > 0 and np.shape(condition) != x.shape:
            refuse("shape-mismatch", f"a condition of shape {np.shape(condition)} for {x.shape}")
        found = np.where(condition, _piece(fn, x, args, kw), found)
    return found


def _piece(fn: Any, x: Any, args: Any, kw: Any) -> Any:
    value = fn(x, *args, **kw) if callable(fn) else fn
    return np.broadcast_to(np.asarray(value).astype(x.dtype), x.shape)


def _compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    a, condition = np.asarray(a), np.asarray(condition) != 0
    if condition.ndim != 1:
        refuse("bad-value", "condition must be a 1-d array")
    a = np.ravel(a) if axis is None else np.moveaxis(a, static(axis), 0)
    found = a[: condition.shape[0]][condition]
    found = found if axis is None else np.moveaxis(found, 0, static(axis))
    if out is None:
        return found
    np.copyto(out, found)
    return out


def _compress_method(a: Any, condition: Any, axis: Any = None, out: Any = None) -> Any:
    return _compress(condition, a, axis, out)


def _extract(condition: Any, arr: Any) -> Any:
    return _compress(condition if np.ndim(condition) == 1 else np.ravel(condition), arr)


def _logspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: Any = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: Any = 0,
) -> Any:
    powers = np.power(base, np.linspace(start, stop, num=num, endpoint=endpoint, axis=axis))
    return powers if dtype is None else powers.astype(dtype)


def _geomspace(
    start: Any, stop: Any, num: Any = 50, endpoint: Any = True, dtype: Any = None, axis: Any = 0
) -> Any:
    start, stop = np.asarray(start) * np.float64(1.0), np.asarray(stop) * np.float64(1.0)
    if np.any((start == 0) | (stop == 0)):
        raise ValueError("Geometric sequence cannot include zero")
    if start.dtype.kind == "c" or stop.dtype.kind == "c":
        refuse("unsupported-argument", "geomspace of complex numbers is not compiled")
    sign = np.sign(start)
    low, high = np.log10(start * sign), np.log10(stop * sign)
    found = sign * np.power(10.0, np.linspace(low, high, num, endpoint=endpoint, axis=0))
    if num > 0:
        found[0] = start
    if num > 1 and endpoint:
        found[-1] = stop
    found = np.moveaxis(found, 0, axis)
    return found if dtype is None else found.astype(dtype)


def _gcd(x1: Any, x2: Any) -> Any:
    """Euclid's algorithm on all pairs at once."""
    kind = np.result_type(x1, x2)
    if kind.kind not in "iu":
        refuse("bad-operand", "gcd is defined for integers")
    shape = np.broadcast_shapes(np.shape(x1), np.shape(x2))
    a = np.abs(np.broadcast_to(np.asarray(x1, dtype=kind), shape))
    b = np.abs(np.broadcast_to(np.asarray(x2, dtype=kind), shape))
    while np.any(b != 0):
        rest = np.where(b == 0, 0, np.remainder(a, np.where(b == 0, 1, b)))
        a, b = np.where(b == 0, a, b), rest
    return a[()]


def _lcm(x1: Any, x2: Any) -> Any:
    common = _gcd(x1, x2)
    return np.floor_divide(np.abs(x1), np.where(common == 0, 1, common)) * np.abs(x2)


FUNCTIONS: dict[Any, Any] = {
    np.isclose: _isclose,
    np.allclose: _allclose,
    np.array_equal: _array_equal,
    np.array_equiv: _array_equiv,
    np.isin: _isin,
    np.select: _select,
    np.choose: _choose,
    np.piecewise: _piecewise,
    np.compress: _compress,
    np.extract: _extract,
    np.logspace: _logspace,
    np.geomspace: _geomspace,
    np.gcd: _gcd,
    np.lcm: _lcm,
}

METHODS: dict[str, Any] = {"choose": _choose, "compress": _compress_method}
