"""Functions of `math` that are loops or formulas, in plain Python."""

from __future__ import annotations

import math
from typing import Any


def gcd(*integers: Any) -> Any:
    """Euclid's algorithm."""
    found = 0
    for n in integers:
        a, b = found, abs(int(n))
        while b:
            a, b = b, a % b
        found = a
    return found


def lcm(*integers: Any) -> Any:
    """Of all arguments, 1 of none."""
    found = 1
    for n in integers:
        common = gcd(found, n)
        if common == 0:
            return 0
        found = found // common * abs(int(n))
    return found


def isqrt(n: Any) -> Any:
    """The floor of the square root, exactly."""
    n = int(n)
    if n < 0:
        raise ValueError("isqrt() argument must be nonnegative")
    root = int(math.sqrt(n))
    while root * root > n:
        root -= 1
    while (root + 1) * (root + 1) <= n:
        root += 1
    return root


def factorial(n: Any) -> Any:
    """n!"""
    n = int(n)
    if n < 0:
        raise ValueError("factorial() not defined for negative values")
    found = 1
    for i in range(2, n + 1):
        found = found * i
    return found


def comb(n: Any, k: Any) -> Any:
    """n! / (k! (n - k)!)"""
    n, k = int(n), int(k)
    if n < 0:
        raise ValueError("n must be a non-negative integer")
    if k < 0:
        raise ValueError("k must be a non-negative integer")
    found = 0 if k > n else 1
    for i in range(1, min(k, n - k) + 1):
        found = found * (n - i + 1) // i
    return found


def perm(n: Any, k: Any = None) -> Any:
    """n! / (n - k)!"""
    if k is None:
        return factorial(n)
    n, k = int(n), int(k)
    if n < 0:
        raise ValueError("n must be a non-negative integer")
    if k < 0:
        raise ValueError("k must be a non-negative integer")
    found = 0 if k > n else 1
    for i in range(min(k, n)):
        found = found * (n - i)
    return found


def _isclose(a: Any, b: Any, *, rel_tol: Any = 1e-09, abs_tol: Any = 0.0) -> Any:
    a, b = float(a), float(b)
    if rel_tol < 0.0 or abs_tol < 0.0:
        raise ValueError("tolerances must be non-negative")
    if math.isinf(a) or math.isinf(b):
        return a == b
    gap = abs(b - a)
    return gap <= rel_tol * max(abs(a), abs(b)) or gap <= abs_tol


def _dist(p: Any, q: Any, /) -> Any:
    if len(p) != len(q):
        raise ValueError("both points must have the same number of dimensions")
    return math.hypot(*[float(a) - float(b) for a, b in zip(p, q, strict=True)])


def _fsum(seq: Any, /) -> Any:
    """The sum with its rounding errors added up too (Knuth's two-sum)."""
    total, lost = 0.0, 0.0
    for v in seq:
        x = float(v)
        longer = total + x
        back = longer - total
        lost = lost + ((total - (longer - back)) + (x - back))
        total = longer
    return total + lost


def _remainder(x: Any, y: Any, /) -> Any:
    """x - n y for the whole n nearest to x / y, ties to even; exact."""
    x, y = float(x), float(y)
    if math.isnan(x) or math.isnan(y):
        return x + y
    if math.isinf(x) or y == 0.0:
        raise ValueError("math domain error")
    if math.isinf(y):
        return x
    size, step = abs(x), abs(y)
    low = math.fmod(size, step)
    high = step - low
    if low < high:
        rest = low
    elif low > high:
        rest = -high
    else:
        rest = low - 2.0 * math.fmod(0.5 * (size - low), step)
    return math.copysign(1.0, x) * rest


FUNCTIONS: dict[Any, Any] = {
    math.isclose: _isclose,
    math.dist: _dist,
    math.fsum: _fsum,
    math.remainder: _remainder,
}
