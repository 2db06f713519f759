"""Arrays that are linear in the vectors of a decomposition, vector by vector.

    X[.., i, ..] = g_i sum_a K[.., a, ..] V[a, i]            one vector: V, its rows, V^T b, ...
    X[.., i, ..] = g_i sum_ab K[.., a, b, ..] V[a, i] conj(V[b, i])        two: (V^T b)^2, ...

`Reader.factor` recognises them; K is not written down. `Writer.rebuilt` evaluates K with another
matrix M in the place of V: its column b stands where vector i stood. So for a sum over the vectors

    sum_i X[i] Y[i] = sum_b X'[b] Y'[b],   X' with M = V diag(g) V^H for V, Y' with 1 for conj(V)

and X', Y' are computed by the ops that computed X and Y.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import prod

from anvil.ir.records import Atom, Const, Op, Value
from anvil.ir.types import ArrayType
from anvil.opt.spectral_slopes import Chosen, cut, diagonal, moving, on_diagonal, shape_of

_VECTORS = {("eigh", 1): ("v", False), ("svd", 0): ("u", False), ("svd", 2): ("v", True)}
"""Results that hold vectors: whose, and whether as V^H."""


@dataclass(frozen=True)
class Factor:
    """Vectors of `root` along `axis`, its stacks along `lead`; `of`: whose, and conjugated or not,
    once or twice; times the vectors in `by` (divided by those that are marked)."""

    root: Op
    axis: int
    lead: tuple[int, ...]
    chosen: Chosen
    of: tuple[tuple[str, bool], ...]
    by: tuple[tuple[Atom, bool], ...] = ()

    @property
    def axes(self) -> tuple[int, ...]:
        """Those of stacks, and that of the vectors."""
        return (*self.lead, self.axis)

    @property
    def real(self) -> bool:
        """Whether the numbers are."""
        types = (by.type for by, _ in self.by)
        return all(isinstance(t, ArrayType) and t.dtype.kind == "f" for t in types)

    def moved(self, where: Callable[[int], int | None]) -> Factor | None:
        """With axes elsewhere."""
        found = [where(a) for a in self.axes]
        if any(a is None for a in found):
            return None
        *lead, axis = (a for a in found if a is not None)
        return replace(self, axis=axis, lead=tuple(lead))

    def times(self, by: Atom, below: bool = False) -> Factor:
        """With numbers at the vectors."""
        return replace(self, by=(*self.by, (by, below)))

    def paired(self, other: Factor) -> Factor | None:
        """A product of two, vector by vector."""
        single = len(self.of) == len(other.of) == 1
        alike = (self.root, self.chosen) == (other.root, other.chosen)
        if not single or not alike or not matching(self, other):
            return None
        return replace(self, of=(*self.of, *other.of), by=(*self.by, *other.by))


def matching(x: Factor, y: Factor) -> bool:
    """Whether one is conjugated and the other is not, where that matters."""
    t = x.root.args[0].type
    assert isinstance(t, ArrayType)
    return t.dtype.kind == "f" or x.of[0][1] is not y.of[0][1]


def plain_first(pair: Factor) -> bool:
    """Whether the first of two is the one that is not conjugated."""
    (_, one), (_, two) = pair.of
    return not one or two


class Reader:
    """Recognises factors; `defs` are the ops that define values."""

    def __init__(self, defs: Mapping[Value, Op]) -> None:
        self.defs = defs
        self.seen: dict[Value, Factor | None] = {}

    def factor(self, a: Atom) -> Factor | None:
        """What an array is made of, if of vectors."""
        if type(a) is not Value:
            return None
        if a not in self.seen:
            self.seen[a] = self._factor(a)
        return self.seen[a]

    def _factor(self, a: Value) -> Factor | None:
        op = self.defs.get(a)
        if op is None:
            return None
        if op.kind.name in ("eigh", "svd"):
            return _root(op, op.outs.index(a))
        rule = _READ.get(op.kind.name)
        return rule(self, op) if rule else None

    def weight(self, a: Atom, inner: Factor) -> Atom | None:
        """The numbers at the vectors that an array repeats along the other axes."""
        op = self.defs.get(a) if type(a) is Value else None
        want = inner.axes
        if isinstance(a, Const) or list(want) != sorted(want):
            return None
        if op is not None and op.kind.name in ("complex", "convert"):
            zero = op.args[-1]
            plain = op.kind.name == "convert" or (isinstance(zero, Const) and zero.value == 0)
            if plain:
                return self.weight(op.args[0], inner)
        if op is not None and op.kind.name == "broadcast":
            fits = op.attrs["dims"] in (want, (inner.axis,))
            return op.args[0] if fits else None
        return a if want == tuple(range(len(shape_of(a)))) else None

    def constant(self, a: Atom, axis: int) -> bool:
        """Whether an array is the same at all vectors."""
        if isinstance(a, Const):
            return True
        op = self.defs.get(a)
        if op is None:
            return False
        if op.kind.name in ("complex", "convert"):
            return all(self.constant(x, axis) for x in op.args)
        return op.kind.name == "broadcast" and axis not in op.attrs["dims"]

    def product(self, op: Op) -> tuple[str, int, Factor] | None:
        """How a product of elements is a factor: its case, the operand, and what it makes."""
        if op.kind.name == "mul":
            found = self._pair(op)
            if found is not None:
                return found
        for k in (0, 1) if op.kind.name == "mul" else (0,):
            inner = self.factor(op.args[k])
            if inner is None:
                continue
            other = op.args[1 - k]
            by = self.weight(other, inner)
            if by is not None:
                return "weight", k, inner.times(by, op.kind.name == "div")
            if self.constant(other, inner.axis):
                return "constant", k, inner
        return None

    def _pair(self, op: Op) -> tuple[str, int, Factor] | None:
        size = self.modulus(op)
        if size is not None:
            ((base, conj),) = size.of
            twice = replace(size, of=((base, conj), (base, not conj)), by=size.by * 2)
            return ("modulus", 0, twice) if size.real else None
        x, y = map(self.factor, op.args)
        if x is None or y is None or x.axes != y.axes:
            return None
        pair = x.paired(y)
        return None if pair is None else ("pair", 0, pair)

    def modulus(self, op: Op) -> Factor | None:
        """Of |c|^2: that of c."""
        made = self.defs.get(op.args[0]) if type(op.args[0]) is Value else None
        if op.args[0] is not op.args[1] or made is None or made.kind.name != "abs":
            return None
        found = self.factor(made.args[0])
        return found if found is not None and len(found.of) == 1 else None

    def contraction(self, op: Op) -> tuple[str, int, Factor] | None:
        """As `product`, for a dot_general that keeps the vectors apart."""
        for k in (0, 1):
            inner = self.factor(op.args[k])
            if inner is not None:
                found = self._kept(op, k, inner)
                if found is not None:
                    return found
        return None

    def _kept(self, op: Op, k: int, inner: Factor) -> tuple[str, int, Factor] | None:
        side = Sides(op, k)
        other = op.args[1 - k]
        if inner.axis in side.contract:
            by = diagonal(self.defs, other)
            if inner.lead or len(side.contract) > 1 or side.batch or by is None:
                return None
            to = len(shape_of(op.outs[0])) - 1 if k == 0 else 0
            found = inner.moved(lambda _: to)
            return None if found is None else ("diagonal", k, found.times(by))
        if any(a in side.contract for a in inner.lead):
            return None
        found = inner.moved(side.place)
        if found is None or inner.axis not in side.batch:
            return None if found is None else ("constant", k, found)
        second = self.factor(other)
        if second is not None:
            alike = tuple(map(side.partner, inner.axes)) == second.axes
            pair = found.paired(second) if alike else None
            return None if pair is None else ("pair", k, pair)
        places = tuple(map(side.partner, inner.axes))
        if places != tuple(range(len(shape_of(other)))):
            return None
        return "weight", k, found.times(other)


class Sides:
    """The axes of one operand of a dot_general."""

    def __init__(self, op: Op, k: int) -> None:
        d, names = op.attrs, ("lhs", "rhs")
        self.contract, self.batch = d[f"{names[k]}_contract"], d[f"{names[k]}_batch"]
        self.others = d[f"{names[1 - k]}_contract"], d[f"{names[1 - k]}_batch"]
        taken = (*self.contract, *self.batch)
        self.free = [a for a in range(len(shape_of(op.args[k]))) if a not in taken]
        before = len(shape_of(op.args[0])) - sum(len(d[f"lhs_{n}"]) for n in ("contract", "batch"))
        self.offset = len(self.batch) + (before if k else 0)

    def place(self, axis: int) -> int | None:
        """Where an axis is in the result."""
        if axis in self.batch:
            return int(self.batch.index(axis))
        return self.offset + self.free.index(axis) if axis in self.free else None

    def partner(self, axis: int) -> int | None:
        """The axis of the other operand that goes along with it."""
        for mine, others in zip((self.contract, self.batch), self.others, strict=True):
            if axis in mine:
                return int(others[mine.index(axis)])
        return None


# ---- rules of recognition


def _root(op: Op, k: int) -> Factor | None:
    vectors = _VECTORS.get((op.kind.name, k))
    if vectors is None:
        return None
    n = len(shape_of(op.outs[k]))
    values = op.outs[0 if op.kind.name == "eigh" else 1]
    base, turned = vectors
    axis = n - 2 if turned else n - 1
    size = shape_of(op.outs[k])[axis]
    if size == 0 or shape_of(values)[-1] == 0:
        return None
    return Factor(op, axis, tuple(range(n - 2)), Chosen(0, size), ((base, turned),))


def _through(r: Reader, op: Op) -> Factor | None:
    return r.factor(op.args[0])


def _transpose(r: Reader, op: Op) -> Factor | None:
    inner = r.factor(op.args[0])
    return None if inner is None else inner.moved(op.attrs["perm"].index)


def _conj(r: Reader, op: Op) -> Factor | None:
    inner = r.factor(op.args[0])
    if inner is None or not inner.real:
        return None
    return replace(inner, of=tuple((base, not conj) for base, conj in inner.of))


def _complex(r: Reader, op: Op) -> Factor | None:
    zero = op.args[1]
    return r.factor(op.args[0]) if isinstance(zero, Const) and zero.value == 0 else None


def _convert(r: Reader, op: Op) -> Factor | None:
    before, after = op.args[0].type, op.outs[0].type
    assert isinstance(before, ArrayType)
    assert isinstance(after, ArrayType)
    wider = after.dtype.kind == "c" and after.dtype.real is before.dtype.real
    return r.factor(op.args[0]) if wider or after.dtype is before.dtype else None


def _slice(r: Reader, op: Op) -> Factor | None:
    inner = r.factor(op.args[0])
    if inner is None:
        return None
    shape, whole = shape_of(op.args[0]), shape_of(op.outs[0])
    if any(shape[a] != whole[a] for a in inner.lead):
        return None
    if shape[inner.axis] == whole[inner.axis]:
        return inner
    left = None if inner.by else cut(op, inner.chosen, inner.axis)
    return None if left is None or left.start == left.stop else replace(inner, chosen=left)


def _dynamic_slice(r: Reader, op: Op) -> Factor | None:
    inner = r.factor(op.args[0])
    if inner is None:
        return None
    shape, sizes = shape_of(op.args[0]), op.attrs["sizes"]
    if all(shape[a] == sizes[a] for a in inner.axes):
        return inner
    left = None if inner.by or inner.lead else moving(op, inner.chosen, inner.axis)
    return None if left is None else replace(inner, chosen=left)


def _reshape(r: Reader, op: Op) -> Factor | None:
    inner = r.factor(op.args[0])
    old, new = shape_of(op.args[0]), shape_of(op.outs[0])

    def place(axis: int) -> int | None:
        before = prod(old[:axis])
        fits = (j for j, n in enumerate(new) if n == old[axis] and prod(new[:j]) == before)
        return next(fits, None)

    return None if inner is None or 0 in old else inner.moved(place)


def _broadcast(r: Reader, op: Op) -> Factor | None:
    inner = r.factor(op.args[0])
    return None if inner is None else inner.moved(lambda a: int(op.attrs["dims"][a]))


def _reduce_sum(r: Reader, op: Op) -> Factor | None:
    inner, axes = r.factor(op.args[0]), op.attrs["axes"]
    if inner is None:
        return None
    return inner.moved(lambda a: None if a in axes else a - sum(x < a for x in axes))


def _sum(r: Reader, op: Op) -> Factor | None:
    """Of the same vectors twice."""
    x, y = map(r.factor, op.args)
    return x if x is not None and x == y else None


def _diagonal(r: Reader, op: Op) -> Factor | None:
    """Of a product with vectors on both sides."""
    made = r.defs.get(op.args[0]) if type(op.args[0]) is Value else None
    if made is None or made.kind.name != "dot_general" or not on_diagonal(r.defs, op.args[1]):
        return None
    x, y = map(r.factor, made.args)
    if x is None or y is None or x.lead or y.lead:
        return None
    places = Sides(made, 0).place(x.axis), Sides(made, 1).place(y.axis)
    square = shape_of(op.args[0]) == shape_of(op.outs[0]) * 2
    return replace(x, axis=0).paired(replace(y, axis=0)) if places == (0, 1) and square else None


def _gather(r: Reader, op: Op) -> Factor | None:
    inner, axes = r.factor(op.args[0]), op.attrs["axes"]
    if axes == (0, 1):
        return _diagonal(r, op)
    if inner is None:
        return None
    if axes == (inner.axis,):
        full = inner.chosen == Chosen(0, shape_of(op.args[0])[inner.axis])
        one = len(shape_of(op.args[1])) == 2
        if inner.lead or not full or not one or inner.by or not shape_of(op.args[1])[0]:
            return None
        chosen = Chosen(0, shape_of(op.args[1])[0], op.args[1])
        return replace(inner, axis=0, chosen=chosen)
    count = len(shape_of(op.args[1])) - 1
    return inner.moved(lambda a: None if a in axes else count + a - sum(x < a for x in axes))


def _product(r: Reader, op: Op) -> Factor | None:
    found = r.product(op)
    return None if found is None else found[2]


def _dot(r: Reader, op: Op) -> Factor | None:
    found = r.contraction(op)
    return None if found is None else found[2]


_READ: dict[str, Callable[[Reader, Op], Factor | None]] = {
    "neg": _through,
    "transpose": _transpose,
    "conj": _conj,
    "complex": _complex,
    "convert": _convert,
    "slice": _slice,
    "dynamic_slice": _dynamic_slice,
    "reshape": _reshape,
    "broadcast": _broadcast,
    "reduce_sum": _reduce_sum,
    "gather": _gather,
    "add": _sum,
    "sub": _sum,
    "mul": _product,
    "div": _product,
    "dot_general": _dot,
}


__all__ = ["Factor", "Reader", "Sides", "matching", "plain_first"]
