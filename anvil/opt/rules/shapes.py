"""Chains of ops that only move, repeat, cut or overwrite elements."""

from __future__ import annotations

from typing import Any

from anvil.ir.builder import Builder
from anvil.ir.records import Atom, Op
from anvil.ir.types import ArrayType
from anvil.opt.patterns import REST, P, X, Y, Z
from anvil.opt.rewrite import rule

ANY = "biufc"


def shape(x: Atom) -> tuple[int, ...]:
    """The shape of an array."""
    assert isinstance(x.type, ArrayType)
    return x.type.shape


@rule(
    P.transpose(P.transpose(X).as_("s")).as_("t"),
    kinds=ANY,
    examples=[
        (
            "f64[2,3,4]",
            lambda b, x: b.transpose(b.transpose(x, perm=(1, 2, 0)), perm=(1, 0, 2)),
        )
    ],
)
def transpose_transpose(b: Builder, x: Atom, s: Op, t: Op) -> Any:
    """Two transposes are one."""
    perm = tuple(s.attrs["perm"][i] for i in t.attrs["perm"])
    return x if perm == tuple(range(len(perm))) else b.transpose(x, perm=perm)


@rule(
    P.reshape(P.reshape(X)).as_("r"),
    kinds=ANY,
    examples=[("f64[2,6]", lambda b, x: b.reshape(b.reshape(x, shape=(12,)), shape=(3, 4)))],
)
def reshape_reshape(b: Builder, x: Atom, r: Op) -> Any:
    """Two reshapes are one."""
    return x if shape(x) == r.attrs["shape"] else b.reshape(x, shape=r.attrs["shape"])


@rule(
    P.broadcast(P.broadcast(X).as_("s")).as_("t"),
    kinds=ANY,
    examples=[
        (
            "f64[3]",
            lambda b, x: b.broadcast(
                b.broadcast(x, shape=(2, 3), dims=(1,)), shape=(2, 5, 3), dims=(0, 2)
            ),
        )
    ],
)
def broadcast_broadcast(b: Builder, x: Atom, s: Op, t: Op) -> Any:
    """Two broadcasts are one."""
    dims = tuple(t.attrs["dims"][i] for i in s.attrs["dims"])
    return b.broadcast(x, shape=t.attrs["shape"], dims=dims)


@rule(
    P.reverse(P.reverse(X).as_("s")).as_("t"),
    kinds=ANY,
    examples=[("f64[4]", lambda b, x: b.reverse(b.reverse(x, axes=(0,)), axes=(0,)))],
)
def reverse_reverse(b: Builder, x: Atom, s: Op, t: Op) -> Any:
    """Reversed twice is not reversed."""
    return x if set(s.attrs["axes"]) == set(t.attrs["axes"]) else None


@rule(
    P.slice(P.slice(X).as_("s")).as_("t"),
    kinds=ANY,
    examples=[
        (
            "f64[20]",
            lambda b, x: b.slice(
                b.slice(x, starts=(2,), limits=(19,), strides=(3,)),
                starts=(1,),
                limits=(6,),
                strides=(2,),
            ),
        )
    ],
)
def slice_slice(b: Builder, x: Atom, s: Op, t: Op) -> Any:
    """A slice of a slice is one slice."""
    inner, outer = s.attrs, t.attrs
    starts, limits, strides = [], [], []
    for axis, size in enumerate(shape(t.outs[0])):
        step = inner["strides"][axis]
        start = inner["starts"][axis] + outer["starts"][axis] * step
        stride = step * outer["strides"][axis]
        starts.append(start)
        strides.append(stride)
        limits.append(start + (size - 1) * stride + 1 if size else start)
    return b.slice(x, starts=tuple(starts), limits=tuple(limits), strides=tuple(strides))


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
    P.dynamic_update_slice(P.dynamic_update_slice(X, Z, REST), Y, REST),
    kinds=ANY,
    examples=[("f64[5], f64[2], i64", _overwrite)],
)
def write_of_write(b: Builder, x: Atom, y: Atom, z: Atom, rest: tuple[Atom, ...]) -> Any:
    """A write over another write of the same place leaves nothing of it."""
    return b.dynamic_update_slice(x, y, *rest) if shape(y) == shape(z) else None
