"""Random bits, and how gamma variates move.

threefry          Threefry-2x32 in 20 rounds: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw,
                  Parallel random numbers: as easy as 1, 2, 3 (SC 2011)
gamma_transport   y with P(e^y; a) = P(e^y0; a0), P the distribution function of the gamma
                  distribution: implicit reparameterisation (Figurnov, Mohamed, Mnih 2018)

    dy/da = G(a, y) = - (dP/da) / (dP/dy)        dy/dy0 = R = q(a0, y0) / q(a, y)
    dy/da0 = - R G(a0, y0)                       log q(a, y) = a y - e^y - log gamma(a)

    x > a    G =   int_0^oo e^(a w - x (e^w - 1)) (y + w - psi(a)) dw          x = e^y
    x <= a   G = - int_0^oo e^(a w - x (e^w - 1)) (y + w - psi(a)) dv          w = -v
    a < 4    of the latter e^(x + a w) is integrated exactly:
             G = - e^x (y - psi(a + 1)) / a + int_0^oo e^(x + a w) (1 - e^(-x e^w)) (...) dv

The integrals are sums over the nodes n of v = c n, n = e^(t - e^-t) at equal steps of t, with c of
the order of the width of the integrand: analytic in a and y, so that derivatives of every order are
those of the sum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from anvil.ir.families import Args, Elementwise, type_at
from anvil.ir.opkind import REGISTRY
from anvil.ir.ops.special_parts import Arrays
from anvil.ir.records import Const, Value
from anvil.ir.samples import Sample, draw, uniform
from anvil.ir.types import F64, U32, U64, DType

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


def _schedule(k0: Any, k1: Any, k2: Any) -> Sequence[tuple[Any, Any, int]]:
    """The words added after every four rounds."""
    words = (k0, k1, k2)
    return [(words[i % 3], words[(i + 1) % 3], i) for i in range(1, 6)]


class Threefry(Elementwise):
    """A 64-bit word from a key and a counter of 64 bits, high halves first: random bits."""

    name, nondiff = "threefry", True
    dtypes: ClassVar[tuple[DType, ...]] = (U64,)
    samples = uniform((0.0, 1e18), (0.0, 1e12))

    @staticmethod
    def numpy(key: Any, counter: Any) -> Any:
        """On pairs of halves; complete in itself, for NumPy source shows it."""
        low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
        with np.errstate(over="ignore"):
            k0, k1 = (key >> half).astype(np.uint32), (key & low).astype(np.uint32)
            x, y = (counter >> half).astype(np.uint32) + k0, (counter & low).astype(np.uint32) + k1
            words = (k0, k1, k0 ^ k1 ^ np.uint32(0x1BD11BDA))
            for i in range(1, 6):
                for r in (13, 15, 26, 6) if i % 2 else (17, 29, 16, 24):
                    x = x + y
                    y = ((y << np.uint32(r)) | (y >> np.uint32(32 - r))) ^ x
                x, y = x + words[i % 3], y + words[(i + 1) % 3] + np.uint32(i)
        return (x.astype(np.uint64) << half) | y.astype(np.uint64)

    @staticmethod
    def decompose(b: Any, key: Any, counter: Any) -> Any:
        """The rounds, one after the other."""
        k0, k1 = halves(b, key)
        x, y = halves(b, counter)
        x, y = b.add(x, k0), b.add(y, k1)
        for k, m, i in _schedule(k0, k1, b.xor(b.xor(k0, k1), _PARITY)):
            for r in _ROTATIONS[(i - 1) % 2]:
                x = b.add(x, y)
                turned = b.or_(b.shift_left(y, r), b.shift_right_logical(y, 32 - r))
                y = b.xor(turned, x)
            x, y = b.add(x, k), b.add(b.add(y, m), i)
        return joined(b, x, y)


def halves(b: Any, word: Any) -> tuple[Any, Any]:
    """The high and the low 32 bits of a word of 64."""
    return b.cast(b.shift_right_logical(word, 32), U32), b.cast(word, U32)


def joined(b: Any, high: Any, low: Any) -> Any:
    """The word of 64 bits with these halves."""
    return b.or_(b.shift_left(b.cast(high, U64), 32), b.cast(low, U64))


# ---- gamma variates

_NODES, _SMALL, _REACH = 80, 4.0, 0.1
_STEPS = np.linspace(-3.5, 3.7, _NODES)
_AT = np.exp(_STEPS - np.exp(-_STEPS))
_WEIGHTS = (_STEPS[1] - _STEPS[0]) * _AT * (1.0 + np.exp(-_STEPS))


class _OnArrays(Arrays):
    """The builder's methods on arrays, with those that change the shape."""

    @staticmethod
    def const(value: Any) -> Any:
        """The array itself."""
        return value

    def broadcast(self, x: Any, *, shape: Sequence[int], dims: Sequence[int]) -> Any:
        """As the op."""
        return REGISTRY["broadcast"].numpy(x, shape=shape, dims=dims)

    def reduce_sum(self, x: Any, *, axes: Sequence[int]) -> Any:
        """As the op."""
        return REGISTRY["reduce_sum"].numpy(x, axes=axes)


def _shape(x: Any) -> tuple[int, ...]:
    return type_at(x).shape if isinstance(x, Value | Const) else np.shape(x)


def slope(b: Any, a: Any, y: Any) -> Any:
    """G: how the logarithm y of a gamma variate moves with its shape a."""
    x = b.exp(y)
    low = b.le(x, b.max(a, 1.0))
    small = b.and_(low, b.lt(a, _SMALL))
    width = b.add(b.sqrt(b.max(a, x)), b.abs(b.sub(a, x)))
    scale = b.stop_gradient(b.select(small, 1.0, b.div(1.0, width)))
    sign = b.select(low, -1.0, b.add(b.zeros_like(a), 1.0))
    near, lifted = b.select(small, x, 0.0), b.digamma(b.add(a, 1.0))
    centred = b.add(b.sub(y, lifted), b.div(1.0, a))
    shape = _shape(a)

    def spread(v: Any) -> Any:
        return b.broadcast(v, shape=(*shape, _NODES), dims=tuple(range(len(shape))))

    def nodes(values: Any) -> Any:
        return b.broadcast(b.const(values), shape=(*shape, _NODES), dims=(len(shape),))

    w, aw = b.mul(spread(b.mul(sign, scale)), nodes(_AT)), spread(a)
    aw = b.mul(aw, w)
    rest = b.neg(b.expm1(b.neg(b.mul(spread(near), b.exp(w)))))
    part = b.mul(b.exp(b.add(aw, spread(near))), rest)
    whole = b.exp(b.sub(aw, b.mul(spread(x), b.expm1(w))))
    density = b.select(spread(small), part, whole)
    terms = b.mul(b.mul(density, b.add(spread(centred), w)), nodes(_WEIGHTS))
    total = b.mul(scale, b.reduce_sum(terms, axes=(len(shape),)))
    exact = b.div(b.mul(b.exp(near), b.sub(y, lifted)), a)
    return b.select(small, b.sub(total, exact), b.mul(sign, total))


def _transported(b: Any, a: Any, a0: Any, y0: Any) -> Any:
    """y by one step of the classical method of Runge and Kutta, from a0 to a; nan for a far a0."""
    h = b.sub(a, a0)
    half = b.mul(0.5, h)
    middle = b.add(a0, half)
    k1 = slope(b, a0, y0)
    k2 = slope(b, middle, b.add(y0, b.mul(half, k1)))
    k3 = slope(b, middle, b.add(y0, b.mul(half, k2)))
    k4 = slope(b, a, b.add(y0, b.mul(h, k3)))
    mean = b.div(b.add(b.add(k1, k4), b.mul(2.0, b.add(k2, k3))), 6.0)
    near = b.and_(b.gt(a0, 0.0), b.le(b.abs(h), b.mul(_REACH, a0)))
    return b.select(near, b.add(y0, b.mul(h, mean)), math.nan)


def _log_density(b: Any, a: Any, y: Any) -> Any:
    return b.sub(b.sub(b.mul(a, y), b.exp(y)), b.lgamma(a))


def _rate(b: Any, a: Any, a0: Any, y: Any, y0: Any) -> Any:
    """dy/dy0"""
    return b.exp(b.sub(_log_density(b, a0, y0), _log_density(b, a, y)))


def _near(dtype: DType) -> list[Sample]:
    """Shapes next to each other, on both sides of where the integrals change."""
    a = draw(dtype, (4,), 0.5, 6.0, 0)
    y0 = np.log(a) + np.array([-0.7, -0.2, 0.2, 0.7])
    return [Sample((a + 1e-3, a, y0)), Sample((a[0] + 1e-3, a[0], y0[0]))]


class GammaTransport(Elementwise):
    """The logarithm of a gamma variate of shape `a` that is `y0` for shape `a0`, at one quantile.

    y0 itself where the shapes are equal, as they are wherever samples are made; otherwise by one
    step of an integrator, nan if they are not near each other.
    """

    name, formula = "gamma_transport", True
    dtypes: ClassVar[tuple[DType, ...]] = (F64,)
    samples = _near
    partials = (
        lambda b, y, a, a0, y0: slope(b, a, y),
        lambda b, y, a, a0, y0: b.neg(b.mul(_rate(b, a, a0, y, y0), slope(b, a0, y0))),
        lambda b, y, a, a0, y0: _rate(b, a, a0, y, y0),
    )

    @staticmethod
    def numpy(a: Any, a0: Any, y0: Any) -> Any:
        """Without the step where there is none."""
        a, a0, y0 = (np.asarray(v) for v in (a, a0, y0))
        same = a == a0
        if same.all():
            return y0
        with np.errstate(all="ignore"):
            return np.where(same, y0, _transported(_OnArrays(), a, a0, y0))

    @staticmethod
    def decompose(b: Any, a: Any, a0: Any, y0: Any) -> Any:
        """The step."""
        return b.select(b.eq(a, a0), y0, _transported(b, a, a0, y0))

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Between equal shapes."""
        return args[2] if args[0] == args[1] else None
