"""The derivative of every op kind, generated from the registry: both modes, to second order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anvil.ir.opkind import REGISTRY, OpKind
from anvil.ir.samples import Sample
from anvil.ir.types import C128, F64, DType, array, dtype_of
from tests.ad.oracle import check
from tests.ad.programs import func, program


def cases(dtype: DType) -> list[Any]:
    """Each sample of each differentiable kind of inexact operands; results of double precision."""
    found = []
    for kind in REGISTRY.values():
        if kind.structural or kind.nondiff or (kind.dtypes and dtype not in kind.dtypes):
            continue
        for i, sample in enumerate(kind.samples(dtype) if kind.samples else ()):
            narrow = sample.attrs.get("dtype", dtype)
            if narrow.real in (F64, dtype) and any(a.dtype.kind in "fc" for a in sample.args):
                found.append(pytest.param(kind, sample, id=f"{kind.name}-{dtype}-{i}"))
    return found


def apply(kind: type[OpKind], sample: Sample) -> Any:
    """A program of one op: inexact operands are parameters, the others constants."""
    arrays = [np.asarray(a) for a in sample.args]
    moving = [i for i, a in enumerate(arrays) if a.dtype.kind in "fc"]
    params = {f"x{i}": array(dtype_of(arrays[i].dtype), arrays[i].shape) for i in moving}

    def write(b: Any, *values: Any) -> Any:
        at = dict(zip(moving, values, strict=True))
        args = [at[i] if i in at else b.const(a) for i, a in enumerate(arrays)]
        outs = b.emit_tuple(kind, args, sample.attrs)
        return outs if kind.determined is None else kind.determined(b, *outs)

    return program(func("f", params, write)), [arrays[i] for i in moving]


@pytest.mark.parametrize("kind, sample", [*cases(F64), *cases(C128)])
def test_derivatives(kind: type[OpKind], sample: Sample) -> None:
    """jvp against differences, vjp against jvp, and the same of the jvp and of the vjp."""
    p, args = apply(kind, sample)
    check(p, args, 2 if max(a.size for a in args) <= 24 else 1)
