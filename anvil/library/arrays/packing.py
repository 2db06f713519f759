"""Bits of integers: packed, unpacked and counted; in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.refusal import about, refuse


def _along(a: Any, axis: Any) -> Any:
    a = np.asarray(a)
    return np.ravel(a) if axis is None else np.moveaxis(a, axis, -1)


def _back(found: Any, axis: Any) -> Any:
    return found if axis is None else np.moveaxis(found, -1, axis)


def _weights(bitorder: Any) -> Any:
    if bitorder not in ("big", "little"):
        refuse("bad-value", "'order' must be either 'little' or 'big'")
    powers = np.array([1, 2, 4, 8, 16, 32, 64, 128], dtype=np.uint8)
    return powers if bitorder == "little" else powers[::-1]


def _packbits(a: Any, /, axis: Any = None, bitorder: Any = "big") -> Any:
    weights = _weights(bitorder)
    x = _along(a, axis)
    if x.dtype.kind not in "biu":
        refuse("bad-operand", "Expected an input array of integer or boolean data type")
    bits = (x != 0).astype(np.uint8)
    n = x.shape[-1]
    missing = np.zeros((*x.shape[:-1], -n % 8), dtype=np.uint8)
    groups = np.concatenate((bits, missing), axis=-1).reshape((*x.shape[:-1], -(-n // 8), 8))
    return _back(np.sum(groups * weights, axis=-1, dtype=np.uint8), axis)


def _unpackbits(a: Any, /, axis: Any = None, count: Any = None, bitorder: Any = "big") -> Any:
    weights = _weights(bitorder)
    x = _along(a, axis)
    if x.dtype != np.uint8:
        refuse("bad-operand", "Expected an input array of unsigned byte data type")
    bits = ((x[..., None] & weights) != 0).astype(np.uint8)
    bits = bits.reshape((*x.shape[:-1], 8 * x.shape[-1]))
    if count is not None:
        n = bits.shape[-1]
        if count < -n:
            refuse("bad-value", f"-count larger than number of elements: {count}")
        bits = bits[..., :count]
        if count > n:
            zeros = np.zeros((*bits.shape[:-1], count - n), dtype=np.uint8)
            bits = np.concatenate((bits, zeros), axis=-1)
    return _back(bits, axis)


def _bitwise_count(x: Any) -> Any:
    """The number of ones of the absolute value, by adding up neighbouring groups."""
    x = np.asarray(x)
    if x.dtype.kind not in "biu":
        refuse("bad-operand", "bitwise_count is defined for integers")
    size = 8 * x.dtype.itemsize
    v = np.abs(x).astype(np.uint64) & np.uint64(2**size - 1)
    v = v - ((v >> np.uint64(1)) & np.uint64(0x5555555555555555))
    pairs = v & np.uint64(0x3333333333333333)
    v = pairs + ((v >> np.uint64(2)) & np.uint64(0x3333333333333333))
    v = (v + (v >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    v = (v * np.uint64(0x0101010101010101)) >> np.uint64(56)
    return v.astype(np.uint8)[()]


FUNCTIONS: dict[Any, Any] = {
    np.packbits: about(_packbits, known=("axis", "bitorder")),
    np.unpackbits: about(_unpackbits, known=("axis", "count", "bitorder")),
    np.bitwise_count: _bitwise_count,
}
