"""Borders that depend on what is inside, one axis at a time; in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library.refusal import refuse


def padded_axis(
    x: Any,
    axis: Any,
    before: Any,
    after: Any,
    mode: Any,
    lengths: Any,
    first_end: Any,
    last_end: Any,
    odd: Any,
) -> Any:
    """An array with a border at both ends of one axis."""
    x = np.moveaxis(x, axis, 0)
    if mode == "linear_ramp":
        low = _ramp(x[0], first_end, before, x.dtype)
        high = _ramp(x[-1], last_end, after, x.dtype)[::-1]
    elif odd:
        low, high = _mirrored(x, before, mode), _mirrored(x[::-1], after, mode)[::-1]
    else:
        low = _level(x, lengths[0], before, mode)
        high = _level(x[::-1], lengths[1], after, mode)
    return np.moveaxis(np.concatenate((low, x, high), axis=0), 0, axis)


def _ramp(edge: Any, end: Any, width: Any, dtype: Any) -> Any:
    start = np.broadcast_to(np.asarray(end), edge.shape)
    return np.linspace(start, edge, num=width, endpoint=False, dtype=dtype)


def _mirrored(x: Any, width: Any, mode: Any) -> Any:
    """The elements next to the edge, reversed and turned about it."""
    skip = 1 if mode == "reflect" else 0
    if width > x.shape[0] - skip:
        refuse("unsupported-argument", "odd reflection beyond the array is not compiled")
    return 2 * x[:1] - x[skip : width + skip][::-1]


def _level(x: Any, length: Any, width: Any, mode: Any) -> Any:
    """A statistic of the elements next to the edge, `width` times."""
    n = x.shape[0] if length is None else min(length, x.shape[0])
    if n == 0:
        refuse("bad-value", "stat_length of 0 yields no value for padding")
    near = x[:n]
    if mode == "maximum":
        level = np.max(near, axis=0, keepdims=True)
    elif mode == "minimum":
        level = np.min(near, axis=0, keepdims=True)
    elif mode == "mean":
        level = np.mean(near, axis=0, keepdims=True)
    else:
        level = np.median(near, axis=0, keepdims=True)
    if x.dtype.kind in "iu":
        level = np.round(level)
    return np.repeat(level.astype(x.dtype), width, axis=0)
