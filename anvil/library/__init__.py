"""NumPy, math and builtins as the front end compiles them: one table from callables to entries.

An entry is an intrinsic, run while compiling on abstract values, or a plain Python function that
the front end compiles like the user's own (docs/decisions/0006).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library import (
    assembling,
    bits,
    calculus,
    comparing,
    complex_math,
    conversion,
    creation,
    einsum,
    fourier,
    histograms,
    inverses,
    known,
    linalg,
    linalg_python,
    linear,
    manipulation,
    mapping,
    norms,
    number_methods,
    operators,
    packing,
    polynomials,
    python_builtins,
    python_statistics,
    quantiles,
    ragged,
    ragged_systems,
    random,
    rearranging,
    reductions,
    refusal,
    repetition,
    resolution,
    scalars,
    scipy_distance,
    scipy_images,
    scipy_integrate,
    scipy_interpolate,
    scipy_linalg,
    scipy_matrices,
    scipy_more,
    scipy_orders,
    scipy_outside,
    scipy_signal,
    scipy_special,
    scipy_systems,
    selection,
    special,
    statistics,
    storing,
    ufunc_methods,
    ufuncs,
)
from anvil.library.scipy_table import Functions
from anvil.library.stats import entries as scipy_stats
from anvil.library.stats import summaries, vectors
from anvil.parser.context import Library

__all__ = ["LIBRARY", "SCIPY"]

_MODULES: tuple[Any, ...] = (
    ufuncs,
    reductions,
    creation,
    manipulation,
    mapping,
    repetition,
    histograms,
    known,
    linear,
    einsum,
    selection,
    conversion,
    scalars,
    python_builtins,
    python_statistics,
    refusal,
    resolution,
    quantiles,
    rearranging,
    statistics,
    calculus,
    comparing,
    norms,
    number_methods,
    polynomials,
    operators,
    bits,
    complex_math,
    storing,
    linalg,
    linalg_python,
    scipy_linalg,
    packing,
    assembling,
    scipy_special,
    scipy_stats,
    vectors,
    summaries,
    scipy_distance,
    scipy_images,
    scipy_integrate,
    scipy_interpolate,
    scipy_matrices,
    scipy_more,
    scipy_orders,
    scipy_signal,
    scipy_systems,
    inverses,
    special,
    fourier,
    random,
    ragged_systems,
)


def _merged(what: str) -> dict[Any, Any]:
    table: dict[Any, Any] = {}
    for module in _MODULES:
        entries = getattr(module, what, {})
        twice = table.keys() & entries.keys()
        assert not twice, f"declared twice in the library: {twice}"
        table.update(entries)
    return table


_FUNCTIONS = ufunc_methods.completed(_merged("FUNCTIONS"))
_METHODS = _merged("METHODS")
SCIPY = _merged("SCIPY")
"""Entries by dotted name."""

LIBRARY = Library(
    functions=Functions(
        {
            **_FUNCTIONS,
            **{getattr(np.ndarray, n): e for n, e in _METHODS.items() if hasattr(np.ndarray, n)},
        },
        {**scipy_outside.REFUSED, **SCIPY},
    ),
    methods=_METHODS,
    attributes=_merged("ATTRIBUTES"),
    instances=_merged("INSTANCES"),
    items=_merged("ITEMS"),
    ragged={
        **assembling.RAGGED,
        **{_METHODS[name]: rule for name, rule in ragged.METHODS.items()},
        **{_FUNCTIONS[fn]: rule for fn, rule in ragged.RULES.items()},
    },
)
"""What the front end knows of NumPy, math and the builtins."""
