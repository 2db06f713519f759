"""Finds matrix functions that are written with eigenvectors, V diag(g) V^H, before they are
differentiated.

    w, V = eigh(A)
    (V * f(w)) @ V.T     V @ diag(f(w)) @ V.T     (V / w) @ V.T     V[:, :k] @ V[:, :k].T
                         becomes spectral(A, g, slope): g = f(w), slope = f'(w)

Where eigenvalues are equal, the vectors have no derivative and the product has one. A factor of
such a product is a matrix whose columns (or rows) are eigenvectors times numbers:

    V         transpose(factor)     conj(factor)     slice(factor), along the eigenvectors
    factor * broadcast(g)           factor / broadcast(g)           factor @ diag(g)

The slope is the derivative of g along w, element by element; sums over w count as constants there,
for the product moves with g itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from anvil.ir.analysis import op_reads
from anvil.ir.builder import Env
from anvil.ir.families import Elementwise
from anvil.ir.records import Atom, Const, Func, Op, Program, Value
from anvil.ir.types import ArrayType
from anvil.opt.inline import inline
from anvil.opt.passes import ALL, register, with_funcs
from anvil.opt.replay import Replay, substitute


@register("spectral-forms", stages=ALL)
def spectral_forms(program: Program) -> Program:
    """Replaces products V diag(g) V^H of eigenvectors by one op.

    That op has derivatives where eigenvalues are equal, too.
    """
    if not any(map(_decomposes, program.funcs.values())):
        return program
    opened = inline(program)
    found = with_funcs(opened, map(_func, opened.funcs.values()))
    return program if found is opened else found


def _decomposes(func: Func) -> bool:
    return any(op.kind.name == "eigh" for op in func.body.ops)


def _func(func: Func) -> Func:
    return _Finder(func).rebuild() if _decomposes(func) else func


@dataclass(frozen=True)
class _Factor:
    """Eigenvectors `start` to `stop` of an eigh along an axis, times the vectors in `by` (and
    divided by those that are marked); conjugated or not."""

    eigh: Op
    axis: int
    start: int
    stop: int
    conj: bool = False
    by: tuple[tuple[Atom, bool], ...] = ()


class _Unknown(Exception):
    """g is not a function of the eigenvalues, one by one."""


class _Finder(Replay):
    """Rewrites the products in the body of a function; regions inside of it stay."""

    def __init__(self, func: Func) -> None:
        super().__init__(func)
        self.defs = {v: op for op in func.body.ops for v in op.outs}

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """A product of two factors with the same eigenvectors."""
        if op.kind.name == "dot_general" and op.outs[0] in self.defs:
            found = self._product(op, env)
            if found is not None:
                return self.become(op, (found,), env)
        return super().copy(op, env)

    def _product(self, op: Op, env: Env) -> Atom | None:
        left, right = (self.factor(a) for a in op.args)
        if left is None or right is None or not _meet(op, left, right):
            return None
        size = left.stop - left.start
        if not any(f.by for f in (left, right)) and size == _order(left.eigh):
            return None
        with self.at(op.loc):
            try:
                g, slope = self._weights(left, right, size, env)
            except _Unknown:
                return None
            (a,) = substitute(left.eigh.args, env)
            attrs = {"lower": left.eigh.attrs["lower"], "start": left.start}
            out: Atom = self.emit("spectral", (a, g, slope), attrs)
        return out

    # ---- factors

    def factor(self, a: Atom) -> _Factor | None:
        """What a matrix is made of, if of eigenvectors."""
        op = self.defs.get(a) if type(a) is Value else None
        if op is None:
            return None
        if op.kind.name == "eigh":
            t = a.type
            assert isinstance(t, ArrayType)
            return _Factor(op, 1, 0, t.shape[-1]) if a is op.outs[1] and t.ndim == 2 else None
        rule = _FACTORS.get(op.kind.name)
        return rule(self, op) if rule else None

    def vector(self, a: Atom, axis: int) -> Atom | None:
        """The vector that a matrix repeats along the other axis."""
        op = self.defs.get(a) if type(a) is Value else None
        if isinstance(a, Const) or op is None:
            return None
        if op.kind.name in ("complex", "convert"):
            return self.vector(op.args[0], axis)
        if op.kind.name != "broadcast" or op.attrs["dims"] != (axis,):
            return None
        return self.real(op.args[0])

    def real(self, a: Atom) -> Atom:
        """Real numbers that were made complex; others as they are."""
        op = self.defs.get(a) if type(a) is Value else None
        if op is None or op.kind.name not in ("complex", "convert") or _is_real(a):
            return a
        zero = op.args[-1]
        plain = op.kind.name == "convert" or (isinstance(zero, Const) and zero.value == 0)
        return op.args[0] if plain and _is_real(op.args[0]) else a

    def diagonal(self, a: Atom) -> Atom | None:
        """The diagonal of a matrix that np.diag made."""
        op = self.defs.get(a) if type(a) is Value else None
        if op is None or op.kind.name != "scatter_add" or op.attrs["axes"] != (0, 1):
            return None
        zero, places, values = op.args
        made = self.defs.get(places) if type(places) is Value else None
        if not (isinstance(zero, Const) and zero.value == 0) or made is None:
            return None
        data = getattr(made.attrs.get("data"), "data", None)
        n = _shape(values)[0]
        if data is None or not np.array_equal(data, np.arange(n)[:, None].repeat(2, 1)):
            return None
        return values

    # ---- g and its slope

    def _weights(self, left: _Factor, right: _Factor, size: int, env: Env) -> tuple[Atom, Atom]:
        """The product of the numbers at each vector, and its derivative along the eigenvalue."""
        w = left.eigh.outs[0]
        t = w.type
        assert isinstance(t, ArrayType)
        g: Atom = Const(t.with_shape((size,)), 1.0)
        slope: Atom = self.zeros(g.type)
        rest = _Chain(self, left, env)
        for factor in (left, right):
            for v, below in factor.by:
                x, dx = substitute((v,), env)[0], rest.slope(v)
                if below:
                    dx = None if dx is None else self.neg(self.div(dx, self.mul(x, x)))
                    x = self.div(1.0, x)
                slope = self.mul(slope, x)
                if dx is not None:
                    slope = self.add(slope, self.mul(g, dx))
                g = self.mul(g, x)
        return g, slope


class _Chain:
    """Derivatives of vectors along the eigenvalues, element by element."""

    def __init__(self, b: _Finder, factor: _Factor, env: Env) -> None:
        self.b, self.factor, self.env = b, factor, env
        self.w = factor.eigh.outs[0]
        self.known: dict[Value, Atom | None] = {}

    def slope(self, a: Atom) -> Atom | None:
        """None where it is 0."""
        if type(a) is not Value:
            return None
        if a not in self.known:
            self.known[a] = self._slope(a)
        return self.known[a]

    def _slope(self, a: Value) -> Atom | None:
        t = a.type
        assert isinstance(t, ArrayType)
        if a is self.w:
            if (self.factor.start, self.factor.stop) != (0, t.shape[0]):
                raise _Unknown
            return Const(t, 1.0)
        if not t.shape or not t.dtype.inexact:
            return None
        op = self.b.defs.get(a)
        if op is None:
            return None
        if op.kind.name == "slice" and op.args[0] is self.w:
            fits = (op.attrs["starts"], op.attrs["limits"]) == (
                (self.factor.start,),
                (self.factor.stop,),
            )
            if not fits or op.attrs["strides"] != (1,):
                raise _Unknown
            return Const(t, 1.0)
        if issubclass(op.kind, Elementwise):
            return self._elementwise(op)
        if op.kind.name == "broadcast" and not _shape(op.args[0]):
            return None
        if self.w in set(self._reads(op)):
            raise _Unknown
        return None

    def _elementwise(self, op: Op) -> Atom | None:
        tangents = tuple(self.slope(x) for x in op.args)
        if all(t is None for t in tangents) or op.kind.nondiff:
            return None
        args, outs = substitute(op.args, self.env), substitute(op.outs, self.env)
        found = op.kind.jvp(self.b, args, outs, tangents, **op.attrs)
        out: Atom | None = found[0] if isinstance(found, tuple) else found
        return out

    def _reads(self, op: Op) -> Iterator[Value]:
        """Everything that an op depends on."""
        todo, seen = [op], {op}
        while todo:
            for v in op_reads(todo.pop()):
                yield v
                made = self.b.defs.get(v)
                if made is not None and made not in seen:
                    seen.add(made)
                    todo.append(made)


# ---- rules of factors


def _transpose(f: _Finder, op: Op) -> _Factor | None:
    inner = f.factor(op.args[0])
    if inner is None or op.attrs["perm"] != (1, 0):
        return inner
    return replace(inner, axis=1 - inner.axis)


def _conj(f: _Finder, op: Op) -> _Factor | None:
    inner = f.factor(op.args[0])
    return None if inner is None else replace(inner, conj=not inner.conj)


def _slice(f: _Finder, op: Op) -> _Factor | None:
    inner = f.factor(op.args[0])
    if inner is None or inner.by or op.attrs["strides"] != (1, 1):
        return None
    other = 1 - inner.axis
    starts, limits = op.attrs["starts"], op.attrs["limits"]
    if (starts[other], limits[other]) != (0, _shape(op.args[0])[other]):
        return None
    at = inner.start
    return replace(inner, start=at + starts[inner.axis], stop=at + limits[inner.axis])


def _scaled(f: _Finder, op: Op) -> _Factor | None:
    for k, other in ((0, 1), (1, 0)):
        inner = f.factor(op.args[k])
        if inner is not None and (k == 0 or op.kind.name == "mul"):
            by = f.vector(op.args[other], inner.axis)
            return _times(inner, by, op.kind.name == "div")
    return None


def _times(inner: _Factor, by: Atom | None, below: bool = False) -> _Factor | None:
    """With real numbers at the vectors."""
    if by is None or len(_shape(by)) != 1 or not _is_real(by):
        return None
    return replace(inner, by=(*inner.by, (by, below)))


def _dot(f: _Finder, op: Op) -> _Factor | None:
    """A factor times a diagonal matrix, or row by row times a vector (einsum)."""
    left, right = op.args
    d = op.attrs
    inner = f.factor(left)
    if inner is None:
        inner = f.factor(right)
        by = f.diagonal(left)
        meets = inner is not None and d["rhs_contract"] == (inner.axis,) and not d["rhs_batch"]
        if inner is None or not meets or by is None:
            return None
        return _times(replace(inner, axis=0), by)
    if d["lhs_batch"] == (inner.axis,) and not d["lhs_contract"] and len(_shape(right)) == 1:
        return _times(replace(inner, axis=0), right)
    by = f.diagonal(right)
    if d["lhs_contract"] != (inner.axis,) or d["lhs_batch"] or by is None:
        return None
    return _times(replace(inner, axis=1), by)


_FACTORS: dict[str, Callable[[_Finder, Op], _Factor | None]] = {
    "transpose": _transpose,
    "conj": _conj,
    "slice": _slice,
    "mul": _scaled,
    "div": _scaled,
    "dot_general": _dot,
}


def _meet(op: Op, left: _Factor, right: _Factor) -> bool:
    """Whether an op contracts the same eigenvectors, as V with V^H."""
    d = op.attrs
    same = (left.eigh, left.start, left.stop) == (right.eigh, right.start, right.stop)
    along = (d["lhs_contract"], d["rhs_contract"]) == ((left.axis,), (right.axis,))
    v = left.eigh.outs[1].type
    assert isinstance(v, ArrayType)
    turned = v.dtype.kind == "f" or (not left.conj and right.conj)
    return same and along and turned and not d["lhs_batch"]


def _order(eigh: Op) -> int:
    return _shape(eigh.outs[1])[-1]


def _shape(a: Any) -> tuple[int, ...]:
    t = a.type
    assert isinstance(t, ArrayType)
    return t.shape


def _is_real(a: Atom) -> bool:
    return isinstance(a.type, ArrayType) and a.type.dtype.kind == "f"


__all__ = ["spectral_forms"]
