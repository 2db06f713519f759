"""Scalars: promotion, Python's integer semantics, NumPy scalars, arrays of no axes, math."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tests.corpus.entries import entry

VECTOR = np.array([0.3, -1.2, 0.8, 2.1])


@entry(7, 3, smooth=False, xla=True)
@entry(-7, 3, smooth=False)
@entry(7, -3, smooth=False)
@entry(-7, -3, smooth=False)
def integer_arithmetic(a: int, b: int) -> Any:
    q, r = divmod(a, b)
    return (
        a // b,
        a % b,
        q,
        r,
        a**2,
        -a // b,
        abs(a),
        a / b,
        a & 5,
        a | b,
        a ^ b,
        ~a,
        a << 2,
        a >> 1,
    )


@entry(7.5, -2.0, smooth=False)
@entry(-7.5, 2.0, smooth=False)
def float_division(a: float, b: float) -> Any:
    return a // b, a % b, divmod(a, b), math.fmod(a, b), round(a), int(a), math.floor(a), -a // 1


@entry(5, smooth=False)
def int_becomes_float_in_loop(n: int) -> Any:
    total = 0
    for i in range(n):
        total += i / 2
    count = 0
    for i in range(n):
        count += i
    return total, count, total + count


@entry(VECTOR)
def zero_becomes_array(v: Any) -> Any:
    total = 0
    for k in range(3):
        total = total + v * k
    return total


@entry(np.float32(1.5), 2.0, 3, smooth=False)
def weak_scalars(x: Any, y: float, n: int) -> Any:
    return x * 2, x * 2.5, x * y, x + n, np.sin(x), x**2, y * np.float32(2), x > 1, -x


@entry(np.array([1, 2, 3]), np.array([1.5, 2.5, 3.5], np.float32), smooth=False, xla=True)
def array_promotion(i: Any, f: Any) -> Any:
    return (
        i * 2,
        i / 2,
        i * 2.5,
        f * 2,
        f * 2.5,
        i * f,
        i // 2,
        i**2,
        f + i.sum(),
        i.mean(),
        f.sum(),
    )


@entry(np.array([3, -2, 5], np.int32), np.array([1, 7, 2], np.uint8), smooth=False)
def small_integers(a: Any, b: Any) -> Any:
    return (
        a + b,
        a * 3,
        b + 250,
        a // b,
        a % b,
        a.sum(),
        b.sum(),
        -b,
        abs(a),
        a > b,
        a.max(),
        b.prod(),
    )


@entry(True, False, smooth=False)
def booleans(p: bool, q: bool) -> Any:
    return p and q, p or q, not p, p + q, p & q, p ^ q, p * 2.5, sum([p, q, p]), int(p), p == 1, +p


@entry(np.array([True, False, True]), smooth=False)
def boolean_arrays(m: Any) -> Any:
    return (
        m.sum(),
        m & ~m,
        m.any(),
        np.all(m),
        m * 2,
        m + m,
        m.astype(float),
        np.where(m, 1, 0),
        m | (not m[1]),
    )


@entry(1 + 2j, -0.5j, smooth=False)
def complex_numbers(a: complex, b: complex) -> Any:
    return a * b, abs(a), a.real, a.conjugate(), a**2, np.exp(b), a / b, (a * b).imag, a == b


@entry(np.array([1 + 1j, 2 - 1j]), 0.5, smooth=False)
def complex_arrays(z: Any, x: float) -> Any:
    return z * x, np.abs(z), np.real(z), z.conj() @ z, np.angle(z[0]), np.exp(1j * x), z.sum()


@entry(0.7)
@entry(2.3)
def everything_in_math(x: float) -> float:
    a = math.sin(x) + math.cos(x) * math.tan(x / 3) + math.exp(-x) + math.log(x) + math.sqrt(x)
    b = math.atan2(x, 2.0) + math.hypot(x, 1.0) + math.pow(x, 2.5) + math.log1p(x) + math.expm1(x)
    c = math.sinh(x) / math.cosh(x) - math.tanh(x) + math.asinh(x) + math.atan(x) + math.log10(x)
    return a * b + c + math.fabs(-x) + math.pi * x + math.copysign(x, -1.0) + math.log(x, 3)


@entry(VECTOR)
def numpy_scalars(v: Any) -> Any:
    x = v[1]
    y = np.float64(2.0) * x
    z = x.item() if isinstance(x, np.float64) else 0.0
    return (
        x,
        y,
        z * 2,
        float(x),
        np.maximum(x, 0.1),
        float(max(x, 0.1)),
        abs(x),
        round(2.5) * x,
        type(x) is np.float64,
    )


@entry(VECTOR, smooth=False)
def zero_dimensional(v: Any) -> Any:
    a = np.array(2.0)
    a += v[0]
    b = np.zeros(())
    b[...] = v[1] * a
    s = v.sum()
    return a, b, s, a * 2, np.asarray(3), a.shape, b.ndim, np.sum(a)


@entry(VECTOR, 3, smooth=False)
def rounding(v: Any, n: int) -> Any:
    return (
        np.floor(v),
        np.ceil(v),
        np.round(v),
        np.trunc(v),
        np.sign(v),
        v.astype(int),
        int(v[3]) + n,
    )


@entry(VECTOR)
def clip_and_where(v: Any) -> Any:
    a = np.clip(v, -1.0, 1.5)
    b = np.where(v > 0, np.sqrt(np.abs(v)), v**2)
    c = np.maximum(v, 0.1 * v) + np.minimum(v, 0.4)
    return a * b + c, v.clip(min=0), v.max() - v.min(), np.abs(v).sum()


@entry(6, 2.0)
def integer_powers(n: int, x: float) -> Any:
    p = 1.0
    for i in range(n):
        p *= x + i
    return p, x**n, x**-2, 2**n, n**2, (n - 8) ** 3, x**0.5


@entry(20, smooth=False)
def fibonacci(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


@entry(84, 36, smooth=False)
def euclid(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a


@entry(97, smooth=False)
@entry(91, smooth=False)
def is_prime(n: int) -> bool:
    if n < 2:
        return False
    d = 2
    while d * d <= n:
        if n % d == 0:
            return False
        d += 1
    return True


@entry(3, 200, 13, smooth=False)
def modular_power(b: int, e: int, m: int) -> int:
    r = 1
    while e > 0:
        if e & 1:
            r = r * b % m
        b = b * b % m
        e >>= 1
    return r


@entry(1.5, 10, smooth=False)
def python_types_follow(x: float, n: int) -> Any:
    a = n * 1.0 if x > 1 else x
    b = 0
    for _ in range(3):
        b = b + x
    c = True
    for _ in range(2):
        c = c + n
    return a, b, c, min(n, x), max(1, 2), sum([1, x]), n * 1.0, n / 5, float(n), int(x), bool(n)


@entry(np.float64(0.5), np.int64(4), smooth=False)
def numpy_scalar_arguments(x: Any, n: Any) -> Any:
    return x * n, n * 2, n / 2, x + 1, n // 3, np.sqrt(n), x == 0.5, n**2, float(x), int(n), n % 3


@entry(np.linspace(0.1, 1, 5).astype(np.float32), smooth=False)
def single_precision(v: Any) -> Any:
    w = np.zeros(5, dtype=np.float32)
    for i in range(5):
        w[i] = v[i] * 0.5 + 1
    t = np.tanh(v) * np.float32(2) + w.mean()
    return (t.astype(np.float64) ** 2).astype(np.float32)


@entry(2.0, 3.0)
def scalar_only(x: float, y: float) -> float:
    return np.log(x) + x * y - np.sin(y) + (x * y) ** 0.5


@entry(VECTOR, smooth=False)
def stores_cast_to_the_buffer(v: Any) -> Any:
    out = np.zeros(4, dtype=np.float32)
    out[:] = v * 2
    n = np.zeros(3, dtype=int)
    for k in range(3):
        n[k] = k * k
    return out.astype(float), n, np.arange(3) * v[0], np.full(2, v[1]), np.ones(2, int) * 2


@entry(np.array([[3, 1], [2, 5]]), smooth=False)
def integer_matrix(m: Any) -> Any:
    r = np.eye(2, dtype=int)
    k = 10
    while k:
        if k % 2:
            r = r @ m
        m = m @ m
        k //= 2
    return r, r.trace() if hasattr(r, "trace") else 0, np.argmax(m), m.max(axis=1)
