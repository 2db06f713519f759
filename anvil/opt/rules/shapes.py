"""Chains of ops that only move, repeat, cut or overwrite elements."""

from __future__ import annotations

from typing import Any

from anvil.ir.builder import Builder
from anvil.ir.records import Atom, Op
from anvil.ir.types import ArrayType
from anvil.opt.patterns import REST, P, X, Y, Z
from anvil.opt.rewrite import Rewriter, rule

ANY = "biufc"


def shape(x: Atom) -> tuple[int, ...]:
    """The shape of an array."""
    assert isinstance(x.type, ArrayType)
    return x.type.shape


def _concatenated(b: Builder, x: Atom, y: Atom) -> Any:
    both = b.concatenate(x, y, x, axis=0)
    return b.slice(both, starts=(4,), limits=(7,), strides=(1,))


@rule(
    P.slice(P.concatenate(REST).as_("k")).as_("t"),
    kinds=ANY,
    examples=[("f64[3], f64[4]", _concatenated)],
)
def slice_concatenate(b: Builder, rest: tuple[Atom, ...], k: Op, t: Op) -> Any:
    """A slice of one part of a concatenation is a slice of that part."""
    axis = k.attrs["axis"]
    starts, limits = list(t.attrs["starts"]), list(t.attrs["limits"])
    for part in rest:
        length = shape(part)[axis]
        if starts[axis] >= 0 and limits[axis] <= length:
            moved = {"starts": tuple(starts), "limits": tuple(limits)}
            return b.slice(part, strides=t.attrs["strides"], **moved)
        starts[axis] -= length
        limits[axis] -= length
    return None


def _sliced_row(b: Builder, x: Atom) -> Any:
    wide = b.broadcast(x, shape=(5, 4), dims=(1,))
    return b.slice(wide, starts=(1, 1), limits=(3, 4), strides=(1, 2))


@rule(
    P.slice(P.broadcast(X).as_("w")).as_("t"),
    kinds=ANY,
    examples=[("f64[4]", _sliced_row)],
)
def slice_broadcast(b: Builder, x: Atom, w: Op, t: Op) -> Any:
    """A slice of a broadcast is a broadcast of a slice."""
    dims = w.attrs["dims"]
    size = shape(t.outs[0])
    full = [d for i, d in enumerate(dims) if shape(x)[i] == w.attrs["shape"][d]]
    if all(size[d] == w.attrs["shape"][d] for d in full) and len(full) == len(dims):
        return b.broadcast(x, shape=size, dims=dims)
    picked = {
        key: tuple(t.attrs[key][d] if d in full else one for d in dims)
        for key, one in (("starts", 0), ("limits", 1), ("strides", 1))
    }
    return b.broadcast(b.slice(x, **picked), shape=size, dims=dims)


def _read_back(b: Builder, x: Atom, u: Atom, i: Atom) -> Any:
    return b.dynamic_slice(b.dynamic_update_slice(x, u, i), i, sizes=(2,))


@rule(
    P.dynamic_slice(P.dynamic_update_slice(X, Y, REST), REST).as_("t"),
    kinds=ANY,
    examples=[("f64[5], f64[2], i64", _read_back)],
)
def read_of_write(b: Builder, y: Atom, t: Op) -> Any:
    """What has just been written there is read."""
    return y if shape(y) == t.attrs["sizes"] else None


def _overwrite(b: Builder, x: Atom, u: Atom, i: Atom) -> Any:
    return b.dynamic_update_slice(b.dynamic_update_slice(x, b.neg(u), i), u, i)


@rule(
    P.dynamic_update_slice(P.dynamic_update_slice(X, Z, REST).as_("w"), Y, REST),
    kinds=ANY,
    examples=[("f64[5], f64[2], i64", _overwrite)],
)
def write_of_write(b: Rewriter, x: Atom, y: Atom, z: Atom, w: Op, rest: tuple[Atom, ...]) -> Any:
    """A write over another write of the same place, which nothing else reads, leaves nothing."""
    # read elsewhere, the first write would not be in place: the array before it is still needed
    if shape(y) != shape(z) or not b.read_once(w.outs[0]):
        return None
    return b.dynamic_update_slice(x, y, *rest)


def _add_over(b: Builder, x: Atom, u: Atom, i: Atom) -> Any:
    return b.dynamic_add_slice(b.dynamic_update_slice(x, b.neg(u), i), u, i)


@rule(
    P.dynamic_add_slice(P.dynamic_update_slice(X, Z, REST).as_("w"), Y, REST),
    kinds="iufc",
    examples=[("f64[5], f64[2], i64", _add_over)],
)
def add_to_write(b: Rewriter, x: Atom, y: Atom, z: Atom, w: Op, rest: tuple[Atom, ...]) -> Any:
    """What is added to what has just been written there is written with it."""
    if shape(y) != shape(z) or not b.read_once(w.outs[0]):
        return None
    return b.dynamic_update_slice(x, b.add(z, y), *rest)
