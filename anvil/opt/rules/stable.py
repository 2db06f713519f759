"""Stable forms of expressions that overflow or cancel as written, with stable derivatives.

    softplus(x) = log(1 + e^x) = x for x > c, log1p(e^x) otherwise         c: e^-c is below rounding
    sigmoid(x) = 1 / (1 + e^-x) = e^x for x < -c, as written otherwise
    logsumexp, softmax             shifted by the largest element, which has no derivative

Where a case is chosen, the operand of the other is replaced too, so no order of derivative meets an
inf; the cases use one predicate, so there is no point where both or neither holds.
"""

from __future__ import annotations

import math
from typing import Any

from anvil.ir.builder import Builder
from anvil.ir.records import Atom, Const, Op
from anvil.ir.types import ArrayType
from anvil.opt.patterns import C, P, Pattern, X, Y
from anvil.opt.rewrite import Example, rule

_LIMIT = {16: 10.0, 32: 18.0, 64: 40.0}


def _limit(x: Atom) -> float:
    assert isinstance(x.type, ArrayType)
    return _LIMIT[x.type.dtype.bits]


def _full(x: Atom, value: float) -> Const:
    assert isinstance(x.type, ArrayType)
    return Const(x.type, value)


def softplus(b: Builder, x: Atom) -> Any:
    """log(1 + e^x) without overflow."""
    c = _limit(x)
    big = b.gt(x, c)
    safe = b.select(big, _full(x, c), x)
    return b.select(big, x, b.log1p(b.exp(safe)))


def sigmoid(b: Builder, x: Atom) -> Any:
    """1 / (1 + e^-x); `SIGMOID` matches it."""
    low = b.lt(x, -_limit(x))
    e = b.exp(b.select(low, x, b.neg(x)))
    return b.select(low, e, b.div(1.0, b.add(1.0, e)))


_LOW = P.lt(X, C)
_E = P.exp(P.select(_LOW, X, Y))
SIGMOID: Pattern = P.select(_LOW, _E, P.div(1, P.add(1, _E)))
"""sigmoid(x), if `opposite` of x and y."""


def opposite(b: Builder, x: Atom, y: Atom) -> bool:
    """Whether y = -x, either of them being the one that was negated."""
    for u, v in ((x, y), (y, x)):
        op = b.producer(u)
        if op is not None and op.kind.name == "neg" and op.args[0] == v:
            return True
    return False


@rule(P.log(P.add(1, P.exp(X))), equal="stabilising")
def log_one_plus_exp(b: Builder, x: Atom) -> Any:
    """log(1 + e^x) = softplus(x), finite beyond 709"""
    return softplus(b, x)


@rule(P.log1p(P.exp(X)), equal="stabilising")
def log1p_exp(b: Builder, x: Atom) -> Any:
    """log1p(e^x) = softplus(x), finite beyond 709"""
    inner = b.producer(x)
    if inner is not None and inner.kind.name == "select" and _is_limit(inner, x):
        return None
    return softplus(b, x)


def _is_limit(op: Op, x: Atom) -> bool:
    """Whether the operand is already kept below the limit by a select."""
    return op.args[1] == _full(x, _limit(x))


@rule(P.div(1, P.add(1, P.exp(P.neg(X)))), equal="stabilising")
def sigmoid_of_neg_exp(b: Builder, x: Atom) -> Any:
    """1 / (1 + e^-x) = sigmoid(x), whose derivative is finite below -709"""
    return sigmoid(b, x)


@rule(P.div(P.exp(X), P.add(1, P.exp(X))), equal="stabilising")
def sigmoid_of_exps(b: Builder, x: Atom) -> Any:
    """e^x / (1 + e^x) = sigmoid(x), finite beyond 709"""
    return sigmoid(b, x)


def _sigmoid_example(f: str) -> Example:
    def left(b: Builder, x: Atom) -> Any:
        s = sigmoid(b, x)
        return b.log(s) if f == "log" else b.sub(1.0, s)

    return "f64[6]", left


@rule(P.log(SIGMOID), equal="stabilising", examples=[_sigmoid_example("log")])
def log_sigmoid(b: Builder, x: Atom, y: Atom) -> Any:
    """log(sigmoid(x)) = -softplus(-x)"""
    return b.neg(softplus(b, y)) if opposite(b, x, y) else None


@rule(P.sub(1, SIGMOID), equal="stabilising", examples=[_sigmoid_example("sub")])
def one_minus_sigmoid(b: Builder, x: Atom, y: Atom) -> Any:
    """1 - sigmoid(x) = sigmoid(-x), accurate for large x"""
    return sigmoid(b, y) if opposite(b, x, y) else None


@rule(P.sub(P.exp(X), 1), equal="stabilising")
def exp_minus_one(b: Builder, x: Atom) -> Any:
    """e^x - 1 = expm1(x), accurate near 0"""
    return b.expm1(x)


@rule(P.log(P.add(1, X)), equal="stabilising")
def log_one_plus(b: Builder, x: Atom) -> Any:
    """log(1 + x) = log1p(x), accurate near 0"""
    return b.log1p(x)


@rule(P.log(P.sub(1, X)), equal="stabilising")
def log_one_minus(b: Builder, x: Atom) -> Any:
    """log(1 - x) = log1p(-x), accurate near 0"""
    return b.log1p(b.neg(x))


@rule(P.log(P.exp(X)), equal="stabilising")
def log_exp(b: Builder, x: Atom) -> Any:
    """log(e^x) = x, finite beyond 709"""
    return x


@rule(P.exp(P.log(X)), equal="stabilising")
def exp_log(b: Builder, x: Atom) -> Any:
    """e^log(x) = x where x >= 0, nan elsewhere"""
    return b.select(b.ge(x, 0.0), x, _full(x, math.nan))


@rule(P.sqrt(P.mul(X, X)), equal="stabilising")
def sqrt_square(b: Builder, x: Atom) -> Any:
    """sqrt(x x) = |x|, finite beyond 1e154"""
    return b.abs(x)


def shift(b: Builder, x: Atom, axes: tuple[int, ...]) -> tuple[Atom, Atom]:
    """The largest element along `axes`, 0 if not finite and without derivative; x minus that."""
    assert isinstance(x.type, ArrayType)
    top = b.stop_gradient(b.reduce_max(x, axes=axes))
    top = b.select(b.is_finite(top), top, b.zeros_like(top))
    dims = tuple(i for i in range(x.type.ndim) if i not in axes)
    return top, b.sub(x, b.broadcast(top, shape=x.type.shape, dims=dims))


def shifted(b: Builder, x: Atom) -> bool:
    """Whether x is already something minus a largest element."""
    op = b.producer(x)
    if op is None or op.kind.name != "sub":
        return False
    inner = b.producer(op.args[1])
    for _ in range(6):
        if inner is None:
            return False
        if inner.kind.name == "reduce_max":
            return True
        at = 1 if inner.kind.name == "select" else 0
        inner = b.producer(inner.args[at]) if inner.args else None
    return False


def _log_sum_exp(b: Builder, x: Atom) -> Any:
    return b.log(b.reduce_sum(b.exp(x), axes=(1,)))


@rule(
    P.log(P.reduce_sum(P.exp(X)).as_("s")),
    equal="stabilising",
    examples=[("f64[3,4]", _log_sum_exp)],
)
def log_sum_exp(b: Builder, x: Atom, s: Op) -> Any:
    """log(sum(e^x)) = m + log(sum(e^(x - m))) with m the largest element"""
    axes = s.attrs["axes"]
    if not axes or shifted(b, x) or _empty(x):
        return None
    top, less = shift(b, x, axes)
    return b.add(top, b.log(b.reduce_sum(b.exp(less), axes=axes)))


def _empty(x: Atom) -> bool:
    return isinstance(x.type, ArrayType) and x.type.size == 0


def _softmax(b: Builder, x: Atom) -> Any:
    e = b.exp(x)
    return b.div(e, b.broadcast(b.reduce_sum(e, axes=(1,)), shape=(3, 4), dims=(0,)))


def _rest(x: Atom, axes: tuple[int, ...]) -> tuple[int, ...]:
    assert isinstance(x.type, ArrayType)
    return tuple(i for i in range(x.type.ndim) if i not in axes)


@rule(
    P.div(P.exp(X), P.broadcast(P.reduce_sum(P.exp(X)).as_("s")).as_("w")),
    equal="stabilising",
    examples=[("f64[3,4]", _softmax)],
)
def softmax(b: Builder, x: Atom, s: Op, w: Op) -> Any:
    """e^x / sum(e^x) with x shifted by its largest element"""
    axes = s.attrs["axes"]
    if not axes or w.attrs["dims"] != _rest(x, axes) or shifted(b, x) or _empty(x):
        return None
    e = b.exp(shift(b, x, axes)[1])
    total = b.reduce_sum(e, axes=axes)
    return b.div(e, b.broadcast(total, shape=w.attrs["shape"], dims=w.attrs["dims"]))


def _log_softmax(b: Builder, x: Atom) -> Any:
    return b.log(_softmax(b, x))


@rule(
    P.log(P.div(P.exp(X), P.broadcast(Y).as_("w"))),
    equal="stabilising",
    examples=[("f64[3,4]", _log_softmax)],
)
def log_of_ratio(b: Builder, x: Atom, y: Atom, w: Op) -> Any:
    """log(e^x / y) = x - log(y), finite where the ratio underflows"""
    return b.sub(x, b.broadcast(b.log(y), shape=w.attrs["shape"], dims=w.attrs["dims"]))
