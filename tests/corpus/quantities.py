"""Numbers as classes: polynomials, quaternions, dual numbers, fractions, units."""

from __future__ import annotations

import itertools
import math
import operator
from dataclasses import dataclass, field
from functools import (
    reduce,
    singledispatch,
    total_ordering,
)

import numpy as np

from tests.corpus.entries import entry

rng = np.random.default_rng(0)


@dataclass
class Polynomial:
    coeffs: list = field(default_factory=lambda: [0.0])
    name: str = "p"
    degree: int = field(init=False)

    def __post_init__(self):
        while len(self.coeffs) > 1 and isinstance(self.coeffs[-1], int) and self.coeffs[-1] == 0:
            self.coeffs.pop()
        self.degree = len(self.coeffs) - 1

    def __call__(self, x):
        return reduce(lambda acc, c: acc * x + c, reversed(self.coeffs), 0)

    def __add__(self, other):
        return Polynomial(
            [a + b for a, b in itertools.zip_longest(self.coeffs, other.coeffs, fillvalue=0)]
        )

    def __mul__(self, other):
        if not isinstance(other, Polynomial):
            return Polynomial([c * other for c in self.coeffs])
        out = [0] * (self.degree + other.degree + 1)
        for i, a in enumerate(self.coeffs):
            for j, b in enumerate(other.coeffs):
                out[i + j] += a * b
        return Polynomial(out)

    __rmul__ = __mul__

    def __pow__(self, n):
        return reduce(operator.mul, itertools.repeat(self, n), Polynomial([1]))

    def deriv(self):
        return Polynomial([i * c for i, c in enumerate(self.coeffs)][1:] or [0])

    def integ(self, c=0):
        return Polynomial([c] + [a / (i + 1) for i, a in enumerate(self.coeffs)])

    def __divmod__(self, d):
        q, r = [0] * (self.degree - d.degree + 1), list(self.coeffs)
        for k in range(len(q) - 1, -1, -1):
            q[k] = r[k + d.degree] / d.coeffs[-1]
            for j in range(d.degree + 1):
                r[k + j] -= q[k] * d.coeffs[j]
        return Polynomial(q), Polynomial(r[: d.degree])

    def __eq__(self, other):
        return self.coeffs == other.coeffs

    def __neg__(self):
        return self * -1

    def __sub__(self, o):
        return self + -o

    def __str__(self):
        return " + ".join(f"{c:g}x^{i}" for i, c in enumerate(self.coeffs))


@entry(1.0, -2.0, 0.5, 1.7)
def polys(a, b, c, x):
    pq = Polynomial([a, b, c]) * Polynomial([b, 1.0])
    q, r = divmod(pq, Polynomial([a, 1.0]))
    return pq(x), (pq**2).deriv()(x), q, r(x), (2 * pq - pq).integ(1.0)(x), str(q)


class Quaternion:
    __slots__ = ("w", "x", "y", "z")

    def __init__(self, w, x=0.0, y=0.0, z=0.0):
        self.w, self.x, self.y, self.z = w, x, y, z

    @classmethod
    def from_axis_angle(cls, axis, angle):
        n = math.sqrt(sum(c * c for c in axis))
        s = math.sin(angle / 2) / n
        return cls(math.cos(angle / 2), *(s * c for c in axis))

    def __mul__(self, o):
        if isinstance(o, (int, float)):
            return Quaternion(self.w * o, self.x * o, self.y * o, self.z * o)
        return Quaternion(
            self.w * o.w - self.x * o.x - self.y * o.y - self.z * o.z,
            self.w * o.x + self.x * o.w + self.y * o.z - self.z * o.y,
            self.w * o.y - self.x * o.z + self.y * o.w + self.z * o.x,
            self.w * o.z + self.x * o.y - self.y * o.x + self.z * o.w,
        )

    def __rmul__(self, o):
        return self * o

    def conj(self):
        return Quaternion(self.w, -self.x, -self.y, -self.z)

    def __abs__(self):
        return math.sqrt(self.w**2 + self.x**2 + self.y**2 + self.z**2)

    def __iter__(self):
        return iter((self.w, self.x, self.y, self.z))

    def rotate(self, v):
        q = self * Quaternion(0.0, *v) * self.conj()
        return q.x, q.y, q.z

    def __truediv__(self, o):
        return self * (1 / o)

    def slerp(self, o, t):
        d = sum(map(operator.mul, self, o))
        if d < 0:
            o = o * -1.0
            d = -d
        if d > 0.9995:
            r = Quaternion(*(a + t * (b - a) for a, b in zip(self, o, strict=False)))
        else:
            th = math.acos(d)
            r = Quaternion(
                *(
                    (math.sin((1 - t) * th) * a + math.sin(t * th) * b) / math.sin(th)
                    for a, b in zip(self, o, strict=False)
                )
            )
        return r / abs(r)


@entry(0.3, 1.2, 0.4, (1.0, 2.0, 3.0))
def quats(a, b, t, v):
    q = Quaternion.from_axis_angle((0, 0, 1), a)
    r = Quaternion.from_axis_angle(v, b)
    s = q.slerp(r, t)
    w, *vec = s
    return s.rotate(v), abs(s), w, vec, tuple(2 * s)


class Dual:
    def __init__(self, re, eps=0.0):
        self.re, self.eps = re, eps

    @staticmethod
    def lift(x):
        return x if isinstance(x, Dual) else Dual(x)

    def __add__(self, o):
        o = Dual.lift(o)
        return Dual(self.re + o.re, self.eps + o.eps)

    __radd__ = __add__

    def __mul__(self, o):
        o = Dual.lift(o)
        return Dual(self.re * o.re, self.re * o.eps + self.eps * o.re)

    __rmul__ = __mul__

    def __neg__(self):
        return Dual(-self.re, -self.eps)

    def __sub__(self, o):
        return self + (-o)

    def __rsub__(self, o):
        return Dual.lift(o) - self

    def __truediv__(self, o):
        o = Dual.lift(o)
        return Dual(self.re / o.re, (self.eps * o.re - self.re * o.eps) / o.re**2)

    def __rtruediv__(self, o):
        return Dual.lift(o) / self

    def __pow__(self, n):
        return Dual(self.re**n, n * self.re ** (n - 1) * self.eps)

    def __lt__(self, o):
        return self.re < Dual.lift(o).re

    def __repr__(self):
        return f"{self.re}+{self.eps}e"


@singledispatch
def dsin(x):
    raise TypeError(f"no sin of {type(x).__name__}")


@dsin.register
def _(x: float):
    return math.sin(x)


@dsin.register
def _(x: Dual):
    return Dual(math.sin(x.re), math.cos(x.re) * x.eps)


@entry(0.7)
def user_dual(x):
    def f(x):
        return dsin(x * x) / (1 + x) - 3 * x**3 + (2 - x)

    d = f(Dual(x, 1.0))
    z = Dual(x)
    for _ in range(6):
        val = f(Dual(z.re, 1.0))
        z = z - Dual(val.re / val.eps)
        if abs(val.re) < 1e-13:
            break
    return d.re, d.eps, z.re, f(x), max(Dual(x), Dual(1.0)).re


@total_ordering
class Rational:
    __slots__ = ("den", "num")

    def __init__(self, num, den=1):
        if den == 0:
            raise ZeroDivisionError("zero denominator")
        if den < 0:
            num, den = -num, -den
        g = math.gcd(num, den)
        self.num, self.den = num // g, den // g

    def __add__(self, o):
        return Rational(self.num * o.den + o.num * self.den, self.den * o.den)

    def __sub__(self, o):
        return Rational(self.num * o.den - o.num * self.den, self.den * o.den)

    def __mul__(self, o):
        return Rational(self.num * o.num, self.den * o.den)

    def __truediv__(self, o):
        return Rational(self.num * o.den, self.den * o.num)

    def __eq__(self, o):
        return self.num == o.num and self.den == o.den

    def __lt__(self, o):
        return self.num * o.den < o.num * self.den

    def __hash__(self):
        return hash((self.num, self.den))

    def __float__(self):
        return self.num / self.den

    def __abs__(self):
        return Rational(abs(self.num), self.den)

    def __bool__(self):
        return self.num != 0

    def __repr__(self):
        return f"{self.num}/{self.den}"

    def __format__(self, spec):
        return format(float(self), spec or ".3f")


@entry(3, 4, -6, 8, smooth=False)
def rationals(a, b, c, d):
    x, y = Rational(a, b), Rational(c, d)
    s = x + y
    if not s:
        return 0.0, x > y, str(s)
    q = abs(x / y) if y else x
    h = sum((Rational(1, k) for k in range(1, 6)), Rational(0))
    return float(s), x >= y, q.num, q.den, float(h), repr(max(x, y)), f"{s:.2f}"


class Quantity:
    UNITS = {"m": 1.0, "km": 1e3, "cm": 1e-2}
    __array_priority__ = 100

    def __init__(self, value, unit="m"):
        if unit not in self.UNITS:
            raise KeyError(unit)
        self.value, self.unit = value, unit

    def to(self, unit):
        return Quantity(self.value * self.UNITS[self.unit] / self.UNITS[unit], unit)

    def _coerce(self, o):
        if not isinstance(o, Quantity):
            return NotImplemented
        return o.to(self.unit).value

    def __add__(self, o):
        v = self._coerce(o)
        return v if v is NotImplemented else Quantity(self.value + v, self.unit)

    def __radd__(self, o):
        return self if o == 0 else NotImplemented

    def __lt__(self, o):
        return self.value < self._coerce(o)

    def __mul__(self, k):
        return Quantity(self.value * k, self.unit)

    __rmul__ = __mul__

    def __truediv__(self, o):
        return (
            self.value / o.to(self.unit).value
            if isinstance(o, Quantity)
            else Quantity(self.value / o, self.unit)
        )

    def __round__(self, n=0):
        return Quantity(round(self.value, n), self.unit)

    def __str__(self):
        return f"{self.value:.2f} {self.unit}"


@entry(1.5, 20.0, 3.0)
def units(a, b, c):
    tot = sum([Quantity(a, "km"), Quantity(b), Quantity(c, "cm")])
    far = max(Quantity(a, "km"), Quantity(b))
    return tot.to("m").value, tot.unit, (2 * far) / Quantity(1.0, "km"), str(tot)
