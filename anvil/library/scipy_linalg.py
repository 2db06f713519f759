"""scipy.linalg, in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np


def _block_diag(*arrs: Any) -> Any:
    """The matrices along the diagonal, zeros elsewhere."""
    if len(arrs) == 0:
        arrs = ([],)
    blocks = [np.atleast_2d(a) for a in arrs]
    lead = np.broadcast_shapes(*[a.shape[:-2] for a in blocks])
    total = sum([a.shape[-1] for a in blocks])
    dtype, rows, before = np.result_type(*blocks), [], 0
    for a in blocks:
        wide = np.broadcast_to(a, lead + a.shape[-2:]).astype(dtype)
        after = total - before - a.shape[-1]
        rows.append(np.pad(wide, ((0, 0),) * len(lead) + ((0, 0), (before, after))))
        before = before + a.shape[-1]
    return np.concatenate(rows, axis=-2)


SCIPY: dict[str, Any] = {
    "scipy.linalg.block_diag": _block_diag,
}
