"""Finds what is written with eigenvectors or singular vectors and depends on no choice of them,
before it is differentiated.

    w, V = eigh(A)                        U, s, Vh = svd(A)
    (V * f(w)) @ V.T                      (U * f(s)) @ Vh
    V @ np.diag(f(w)) @ V.T               U @ Vh
    V @ (f(w) * (V.T @ b))                U[:, :k] @ (U[:, :k].T @ b)
    np.sum(f(w) * (V.T @ b)**2)           Vh.T @ (f(s) * (U.T @ b))

A sum over the vectors of something with V and conj(V) in each term is that something with
S = V diag(g) V^H in the place of V and the unit matrix in the place of conj(V):

    S = spectral(A, g, slope)             g = f(w), slope = f'(w)
    M = singular(A, g, slope)             U diag(g) V^H, U diag(g) U^H or V diag(g) V^H

Where eigenvalues are equal, the vectors have no derivative, and S has one. Programs without
derivatives stay as they are: vectors are cheaper than S. Where columns of V are read, they become
columns whose derivatives need no others: equal eigenvalues elsewhere do not matter to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from anvil.ir.analysis import walk
from anvil.ir.builder import Env
from anvil.ir.ops.factorizations import adjoint
from anvil.ir.records import Atom, Const, Func, Op, Program, Region, Value
from anvil.ir.types import ArrayType, DType
from anvil.opt.cse import cse
from anvil.opt.inline import inline
from anvil.opt.passes import ALL, register, with_funcs
from anvil.opt.replay import Replay, substitute
from anvil.opt.spectral_factors import Factor, Reader, Sides, plain_first
from anvil.opt.spectral_slopes import Slopes, Unknown, shape_of
from anvil.opt.spectral_writing import Writer

_CHOOSING = frozenset({"slice", "dynamic_slice", "gather"})
_DERIVING = frozenset({"jvp_call", "vjp_call"})


@register("spectral-forms", stages=ALL)
def spectral_forms(program: Program) -> Program:
    """Replaces sums over eigenvectors and singular vectors that depend on no choice of them.

    The op that takes their place has derivatives where eigenvalues or singular values are equal.
    """
    derived = any(op.kind.name in _DERIVING for f in program.funcs.values() for op in walk(f))
    return with_spectral_forms(program) if derived else program


def with_spectral_forms(program: Program) -> Program:
    """A program that is going to be differentiated."""
    if not any(map(_decomposes, program.funcs.values())):
        return program
    opened = cse(inline(program))
    found = with_funcs(opened, map(_func, opened.funcs.values()))
    return program if found is opened else found


def _decomposes(func: Func) -> bool:
    return any(op.kind.name in ("eigh", "svd") for op in walk(func))


def _func(func: Func) -> Func:
    return _Finder(func).rebuild() if _decomposes(func) else func


New = Callable[[tuple[Atom, ...]], tuple[Atom, ...]]
"""Old atoms as they are now."""


class _Finder(Replay):
    """Rewrites the sums of a function, and what reads some of the vectors."""

    def __init__(self, func: Func) -> None:
        super().__init__(func)
        self.defs = {v: op for op in walk(func) for v in op.outs}
        self.reader = Reader(self.defs)
        self.level: dict[Value, int] = {}
        self._measure(func.body, 0)

    def _measure(self, region: Region, depth: int) -> None:
        """How deep in regions values are defined."""
        self.level.update(dict.fromkeys(region.params, depth))
        for op in region.ops:
            self.level.update(dict.fromkeys(op.outs, depth))
            for inner in op.regions:
                self._measure(inner, depth + 1)

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """A sum over vectors, or some of the vectors."""

        def new(atoms: tuple[Atom, ...]) -> tuple[Atom, ...]:
            return substitute(atoms, env)

        rule = _SUMS.get(op.kind.name)
        found = rule(self.reader, op) if rule else None
        out = None
        with self.at(op.loc):
            if found is not None:
                out = self._sum(op, found, new)
            elif op.kind.name in _CHOOSING:
                out = self._chosen(op, new)
        return super().copy(op, env) if out is None else self.become(op, (out,), env)

    def _sum(self, op: Op, found: Factor, new: New) -> Atom | None:
        if found.chosen.stop > shape_of(_values(found.root))[-1]:
            return None
        needed = [found.root.outs[0], found.chosen.places, *(by for by, _ in found.by)]
        with self._outside(needed):
            try:
                g, slope = self._weights(found, new)
            except Unknown:
                return None
            matrix = self._matrix(found, g, slope, new)
        return _written(Writer(self, self.reader, matrix, new), op)

    def _chosen(self, op: Op, new: New) -> Atom | None:
        """Some columns, whose derivatives need no others."""
        found, before = map(self.reader.factor, (op.outs[0], op.args[0]))
        if found is None or before is None or len(found.of) != 1 or found.by:
            return None
        root, chosen = found.root, found.chosen
        if before.chosen == chosen or self._deeper(chosen.places, root.outs[0]):
            return None
        with self._outside([root.outs[0], chosen.places]):
            matrix = self._columns(found, new)
        if matrix is None:
            return None
        return Writer(self, self.reader, matrix, new).rebuilt(op.outs[0], True)

    def _columns(self, found: Factor, new: New) -> Atom | None:
        """Those vectors, as columns."""
        root, chosen = found.root, found.chosen
        n = shape_of(_values(root))[-1]
        if chosen.start >= n:
            return self._completing(found, n, new)
        places = None if chosen.places is None else new((chosen.places,))[0]
        if chosen.stop > n:
            return None
        args = (*new(root.args), chosen.indices(self, places, n))
        if root.kind.name == "eigh":
            return self.emit("eigenvectors", args, root.attrs)  # type: ignore[no-any-return]
        attrs = {"side": found.of[0][0], **root.attrs}
        return self.emit("singular_vectors", args, attrs)  # type: ignore[no-any-return]

    def _completing(self, found: Factor, n: int, new: New) -> Atom:
        """Vectors beyond those that belong to singular values."""
        every = self.emit("completing_vectors", new(found.root.args), {"side": found.of[0][0]})
        t, chosen = every.type, found.chosen
        starts = (*(0 for _ in t.shape[:-1]), chosen.start - n)
        limits = (*t.shape[:-1], chosen.stop - n)
        return self.slice(every, starts=starts, limits=limits, strides=(1,) * t.ndim)  # type: ignore[no-any-return]

    def _deeper(self, a: Atom | None, b: Value) -> bool:
        """Whether a value changes in a loop around which another one stays."""
        return type(a) is Value and self.level[a] > self.level[b]

    @contextmanager
    def _outside(self, needed: Sequence[Atom | None]) -> Iterator[None]:
        """Emits where these values are known, not in regions further inside."""
        depth = max((self.level[a] for a in needed if type(a) is Value), default=0)
        inner = self.frames[depth + 1 :]
        del self.frames[depth + 1 :]
        try:
            yield
        finally:
            self.frames.extend(inner)

    def _weights(self, found: Factor, new: New) -> tuple[Atom, Atom]:
        """The product of the numbers at each vector, and its derivative along the value."""
        rest = Slopes(self, self.defs, frozenset(self.source.params), found.root, found.chosen, new)
        values = _values(found.root).type
        assert isinstance(values, ArrayType)
        dtype = _dtype(found) or values.dtype
        size = found.chosen.stop - found.chosen.start
        t = values.with_dtype(dtype).with_shape((*values.shape[:-1], size))
        g: Atom = Const(t, 1.0)
        slope: Atom = self.zeros(t)
        for v, below in found.by:
            dx = rest.of(v)
            x = self._fitted(new((v,))[0], t)
            dx = None if dx is None else self._fitted(dx, t)
            if below:
                dx = None if dx is None else self.neg(self.div(dx, self.mul(x, x)))
                x = self.div(1.0, x)
            slope = self.mul(slope, x)
            if dx is not None:
                slope = self.add(slope, self.mul(g, dx))
            g = self.mul(g, x)
        return self._placed(g, found, values, new), self._placed(slope, found, values, new)

    def _fitted(self, x: Atom, t: ArrayType) -> Atom:
        """Numbers for each stack, of that dtype."""
        have = x.type
        assert isinstance(have, ArrayType)
        if have.dtype is not t.dtype:
            x = self.complex(x, self.zeros(have))
        if len(shape_of(x)) < t.ndim:
            x = self.broadcast(x, shape=t.shape, dims=(t.ndim - 1,))
        return x

    def _placed(self, g: Atom, found: Factor, values: ArrayType, new: New) -> Atom:
        """Among zeros for the vectors that take no part."""
        t, chosen = g.type, found.chosen
        assert isinstance(t, ArrayType)
        if chosen.places is not None:
            n, size = values.shape[-1], chosen.stop - chosen.start
            at = chosen.indices(self, new((chosen.places,))[0], n)
            t_at = at.type
            assert isinstance(t_at, ArrayType)
            at = self.clamp(Const(t_at, 0), at, Const(t_at, n - 1))
            rows = self.reshape(at, shape=(size, 1))
            return self.scatter_add(self.zeros(t.with_shape(values.shape)), rows, g, axes=(0,))  # type: ignore[no-any-return]
        before, after = chosen.start, values.shape[-1] - chosen.stop
        if not before and not after:
            return g
        none = (0,) * (t.ndim - 1)
        zero = Const(t.with_shape(()), 0.0)
        return self.pad(g, zero, low=(*none, before), high=(*none, after), interior=(0,) * t.ndim)  # type: ignore[no-any-return]

    def _matrix(self, found: Factor, g: Atom, slope: Atom, new: New) -> Atom:
        """V diag(g) W^H, V and W being the vectors that are not conjugated, and those that are."""
        t = g.type
        assert isinstance(t, ArrayType)
        if t.dtype.kind == "f":
            return self._real(found, g, slope, new)
        one, two = (self._real(found, take(g), take(slope), new) for take in (self.real, self.imag))
        have = one.type
        assert isinstance(have, ArrayType)
        if have.dtype.kind == "f":
            return self.complex(one, two)  # type: ignore[no-any-return]
        return self.add(one, self.mul(two, Const(have, 1j)))  # type: ignore[no-any-return]

    def _real(self, found: Factor, g: Atom, slope: Atom, new: New) -> Atom:
        (a,) = new(found.root.args)
        if found.root.kind.name == "eigh":
            attrs = {"lower": found.root.attrs["lower"]}
            return self.emit("spectral", (a, g, slope), attrs)  # type: ignore[no-any-return]
        first, second = (base for base, _ in found.of)
        if not plain_first(found):
            first, second = second, first
        turned = (first, second) == ("v", "u")
        side = "uv" if turned else first + second
        attrs = {"side": side, "full_matrices": found.root.attrs["full_matrices"]}
        out = self.emit("singular", (a, g, slope), attrs)
        return adjoint(self, out) if turned else out  # type: ignore[no-any-return]


def _values(root: Op) -> Value:
    """Eigenvalues, singular values."""
    return root.outs[0 if root.kind.name == "eigh" else 1]


# ---- which sums


def _dot(r: Reader, op: Op) -> Factor | None:
    """Of two with a vector each, or of one with two and numbers."""
    x, y = map(r.factor, op.args)
    if x is not None and y is not None:
        side = Sides(op, 0)
        meets = x.axis in side.contract and tuple(map(side.partner, x.axes)) == y.axes
        return x.paired(y) if meets else None
    k, inner = (0, x) if x is not None else (1, y)
    if inner is None or len(inner.of) != 2:
        return None
    side, other = Sides(op, k), op.args[1 - k]
    places = tuple(map(side.partner, inner.axes))
    fits = inner.axis in side.contract and places == tuple(range(len(shape_of(other))))
    return inner.times(other) if fits else None


def _total(r: Reader, op: Op) -> Factor | None:
    """Of what has two vectors in each element."""
    inner = r.factor(op.args[0])
    fits = inner is not None and len(inner.of) == 2 and inner.axis in op.attrs["axes"]
    return inner if fits else None


_SUMS: dict[str, Callable[[Reader, Op], Factor | None]] = {
    "dot_general": _dot,
    "reduce_sum": _total,
}


def _written(w: Writer, op: Op) -> Atom:
    """The sum, over columns."""
    b, factors = w.b, [w.reader.factor(a) for a in op.args]
    if op.kind.name == "reduce_sum":
        return b.reduce_sum(w.rebuilt(op.args[0], True), axes=op.attrs["axes"])  # type: ignore[no-any-return]
    x, y = factors
    if x is not None and y is not None:
        pair = x.paired(y)
        assert pair is not None
        first = plain_first(pair)
        args = w.alike(w.rebuilt(op.args[0], first), w.rebuilt(op.args[1], not first))
        return b.emit("dot_general", args, op.attrs)  # type: ignore[no-any-return]
    k = 0 if x is not None else 1
    side = Sides(op, k)
    total = b.reduce_sum(w.rebuilt(op.args[k], True), axes=tuple(sorted(side.contract)))
    left = [a for a in range(len(shape_of(op.args[k]))) if a not in side.contract]
    order = (*side.batch, *side.free)
    return b.transpose(total, perm=tuple(left.index(a) for a in order))  # type: ignore[no-any-return]


def _dtype(found: Factor) -> DType | None:
    """Of complex numbers beside the vectors, if there are some."""
    types = [by.type for by, _ in found.by]
    wide = (t.dtype for t in types if isinstance(t, ArrayType) and t.dtype.kind == "c")
    return next(wide, None)


__all__ = ["spectral_forms", "with_spectral_forms"]
