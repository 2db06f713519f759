"""Views: how an ndarray is seen through slices, permutations and reshapes of the array it belongs
to.

A view is a path of steps from a base array. A step reads a part of what it is applied to, and
writes that part back: `write(b, base, part)` is the base with the part replaced. Positions may be
known or computed (`atoms`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from anvil.ir.builder import Builder
from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import BOOL, DType, Shape, array

FLAT = "flat"
"""The key of `x.flat`, whose items can be set."""

Step: TypeAlias = "Window | Permuted | Reshaped | RealPart | Bits | Frozen"


@dataclass(slots=True, eq=False)
class Window:
    """Basic indexing: along each axis of the base a start, a length and a stride.

    A start of None is computed: the next of `atoms`, the lowest position of the window along that
    axis, in range. `shape` is that of the result: axes indexed by an integer are dropped, new axes
    of length 1 added.
    """

    base: Shape
    starts: tuple[int | None, ...]
    counts: Shape
    strides: tuple[int, ...]
    shape: Shape
    atoms: tuple[Atom, ...] = ()

    @property
    def tag(self) -> Hashable:
        return ("window", self.base, self.starts, self.counts, self.strides, self.shape)

    def with_atoms(self, atoms: Any) -> Window:
        """The same window at other computed positions."""
        return Window(self.base, self.starts, self.counts, self.strides, self.shape, tuple(atoms))

    def read(self, b: Builder, x: Atom) -> Atom:
        """The part of `x` inside the window."""
        dense = all(s == 1 for s in self.strides)
        if self.atoms:
            sizes = self.counts if dense else self._block()
            x = b.dynamic_slice(x, *self._positions(b, dense), sizes=sizes)
        if not (dense and self.atoms):
            x = self._stretch(b, x)
        return self._reshape(b, x, self.shape)

    def write(self, b: Builder, x: Atom, part: Atom) -> Atom:
        """`x` with the part inside the window replaced."""
        part = self._reshape(b, part, self.counts)
        if all(s == 1 for s in self.strides):
            if self.counts == self.base:
                return part
            out: Atom = b.dynamic_update_slice(x, part, *self._positions(b, True))
        elif self.atoms:
            at = self._positions(b, False)
            inner = b.dynamic_slice(x, *at, sizes=self._block())
            out = b.dynamic_update_slice(x, self._spread(b, inner, part), *at)
        else:
            out = self._spread(b, x, part)
        return out

    def _block(self) -> Shape:
        """The block from the first to the last computed position, the other axes whole."""
        axes = zip(self.starts, self.counts, self.strides, self.base, strict=True)
        return tuple((c - 1) * abs(k) + 1 if s is None else n for s, c, k, n in axes)

    def _start(self, axis: int) -> int:
        """The known start along an axis; inside the block, where positions are computed."""
        s, n, k = self.starts[axis], self.counts[axis], self.strides[axis]
        if s is not None:
            return s
        return (n - 1) * -k if k < 0 else 0

    def _positions(self, b: Builder, dense: bool) -> list[Atom]:
        """Starts of the window if it is dense, otherwise of the block."""
        atoms = iter(self.atoms)
        return [next(atoms) if s is None else b.i64(s if dense else 0) for s in self.starts]

    def _stretch(self, b: Builder, x: Atom) -> Atom:
        """The static part of the window, of a block from which computed positions are taken
        already.
        """
        low, high, step, flip = [], [], [], []
        for axis, (n, k) in enumerate(zip(self.counts, self.strides, strict=True)):
            s = self._start(axis)
            if k < 0:
                flip.append(axis)
                s, k = s + (n - 1) * k, -k
            low.append(s if n else 0)
            high.append(s + (n - 1) * k + 1 if n else 0)
            step.append(k if n > 1 else 1)
        shape = type_at(x).shape
        if tuple(high) != shape or any(low) or any(k != 1 for k in step):
            x = b.slice(x, starts=tuple(low), limits=tuple(high), strides=tuple(step))
        return b.reverse(x, axes=tuple(flip)) if flip else x

    def _spread(self, b: Builder, x: Atom, part: Atom) -> Atom:
        """`x` with every k-th element of a strided window replaced: padded, then selected by a
        mask.
        """
        low, high, gaps, flip = [], [], [], []
        shape = type_at(x).shape
        for axis, (n, k) in enumerate(zip(self.counts, self.strides, strict=True)):
            s = self._start(axis)
            if k < 0:
                flip.append(axis)
                s, k = s + (n - 1) * k, -k
            low.append(s)
            gaps.append(k - 1)
            high.append(shape[axis] - s - (max(n - 1, 0) * k + min(n, 1)))
        if 0 in self.counts:
            return x
        if flip:
            part = b.reverse(part, axes=tuple(flip))
        attrs: dict[str, Any] = {"low": tuple(low), "high": tuple(high), "interior": tuple(gaps)}
        t = type_at(part)
        values = b.pad(part, Const(array(t.dtype), 0), **attrs)
        mask = b.pad(Const(array(BOOL, t.shape), True), Const(array(BOOL), False), **attrs)
        out: Atom = b.select(mask, values, x)
        return out

    @staticmethod
    def _reshape(b: Builder, x: Atom, shape: Shape) -> Atom:
        t = type_at(x)
        return x if t.shape == shape else b.reshape(x, shape=shape)


@dataclass(slots=True, eq=False)
class Permuted:
    """The axes in another order."""

    perm: tuple[int, ...]
    atoms: tuple[Atom, ...] = ()

    @property
    def tag(self) -> Hashable:
        return ("permuted", self.perm)

    def with_atoms(self, atoms: Any) -> Permuted:
        """A permutation has no computed parts."""
        return self

    def read(self, b: Builder, x: Atom) -> Atom:
        """`x` with its axes permuted."""
        out: Atom = b.transpose(x, perm=self.perm)
        return out

    def write(self, b: Builder, x: Atom, part: Atom) -> Atom:
        """`part` with its axes put back."""
        back = tuple(sorted(range(len(self.perm)), key=self.perm.__getitem__))
        out: Atom = b.transpose(part, perm=back)
        return out


@dataclass(slots=True, eq=False)
class Reshaped:
    """The same elements in another shape."""

    base: Shape
    shape: Shape
    atoms: tuple[Atom, ...] = ()

    @property
    def tag(self) -> Hashable:
        return ("reshaped", self.base, self.shape)

    def with_atoms(self, atoms: Any) -> Reshaped:
        """A reshape has no computed parts."""
        return self

    def read(self, b: Builder, x: Atom) -> Atom:
        """`x` reshaped."""
        out: Atom = b.reshape(x, shape=self.shape)
        return out

    def write(self, b: Builder, x: Atom, part: Atom) -> Atom:
        """`part` in the base's shape."""
        out: Atom = b.reshape(part, shape=self.base)
        return out


@dataclass(slots=True, eq=False)
class RealPart:
    """The real or imaginary part of a complex array."""

    imag: bool
    atoms: tuple[Atom, ...] = ()

    @property
    def tag(self) -> Hashable:
        return ("part", self.imag)

    def with_atoms(self, atoms: Any) -> RealPart:
        """A part has no computed positions."""
        return self

    def read(self, b: Builder, x: Atom) -> Atom:
        """That part of `x`."""
        out: Atom = b.imag(x) if self.imag else b.real(x)
        return out

    def write(self, b: Builder, x: Atom, part: Atom) -> Atom:
        """`x` with that part replaced."""
        out: Atom = b.complex(b.real(x), part) if self.imag else b.complex(part, b.imag(x))
        return out


@dataclass(slots=True, eq=False)
class Bits:
    """The same bytes as numbers of another dtype of that size."""

    base: DType
    dtype: DType
    atoms: tuple[Atom, ...] = ()

    @property
    def tag(self) -> Hashable:
        return ("bits", self.base, self.dtype)

    def with_atoms(self, atoms: Any) -> Bits:
        """It has no computed positions."""
        return self

    def read(self, b: Builder, x: Atom) -> Atom:
        """The bits of `x`."""
        out: Atom = b.bitcast(x, dtype=self.dtype)
        return out

    def write(self, b: Builder, x: Atom, part: Atom) -> Atom:
        """The array of these bits."""
        out: Atom = b.bitcast(part, dtype=self.base)
        return out


@dataclass(slots=True, eq=False)
class Frozen:
    """What NumPy gives as a view that is not to be written: a diagonal, a broadcast array. `key`
    says what `reader` does, `like` is NumPy's function for it.
    """

    key: Hashable
    base: Shape
    reader: Callable[[Builder, Atom], Atom]
    like: Callable[[np.ndarray], np.ndarray] | None = None
    atoms: tuple[Atom, ...] = ()
    writable = False

    @property
    def tag(self) -> Hashable:
        return ("frozen", self.key, self.base)

    def with_atoms(self, atoms: Any) -> Frozen:
        """It has no computed positions."""
        return self

    def read(self, b: Builder, x: Atom) -> Atom:
        """What is seen of `x`."""
        return self.reader(b, x)

    def write(self, b: Builder, x: Atom, part: Atom) -> Atom:
        """Never called: writing is refused before."""
        raise AssertionError("a read-only view is written")
