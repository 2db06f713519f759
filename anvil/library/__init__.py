"""NumPy, math and builtins as the front end compiles them: one table from callables to entries.

An entry is an intrinsic, run while compiling on abstract values, or a plain Python function that
the front end compiles like the user's own (docs/decisions/0006).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.library import random, refusal
from anvil.library.arrays import (
    assembling,
    calculus,
    comparing,
    conversion,
    creation,
    einsum,
    fourier,
    histograms,
    known,
    linalg,
    linear,
    manipulation,
    mapping,
    norms,
    packing,
    polynomials,
    quantiles,
    rearranging,
    reductions,
    repetition,
    resolution,
    selection,
    statistics,
    ufunc_methods,
    ufuncs,
)
from anvil.library.arrays import linalg_formulas as linalg_python
from anvil.library.python import bits, complex_math, number_methods, operators, scalars, storing
from anvil.library.python import builtin_functions as python_builtins
from anvil.library.python import sample_statistics as python_statistics
from anvil.library.ragged import rules as ragged
from anvil.library.ragged import systems as ragged_systems
from anvil.library.scipy import distance as scipy_distance
from anvil.library.scipy import images as scipy_images
from anvil.library.scipy import integrate as scipy_integrate
from anvil.library.scipy import interpolate as scipy_interpolate
from anvil.library.scipy import linalg as scipy_linalg
from anvil.library.scipy import matrices as scipy_matrices
from anvil.library.scipy import outside as scipy_outside
from anvil.library.scipy import signals as scipy_signal
from anvil.library.scipy import special as scipy_special
from anvil.library.scipy import special_more as scipy_more
from anvil.library.scipy import special_orders as scipy_orders
from anvil.library.scipy import systems as scipy_systems
from anvil.library.scipy.stats import entries as scipy_stats
from anvil.library.scipy.stats import summaries, vectors
from anvil.library.scipy.table import Functions
from anvil.library.special import inverses
from anvil.library.special import primitives as special
from anvil.parser.library_table import Library

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
