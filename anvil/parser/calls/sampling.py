"""What Python says of the types of arguments that are not known: it is asked with samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.parser.state.values import Abstract, Known, ListV, NDArray, Scalar, TupleV

if TYPE_CHECKING:
    from anvil.parser.interp import Interp


class _Unsampled(Exception):
    """A value that no sample stands for."""


def refuse_types(
    it: Interp, fn: Callable[..., Any], args: Sequence[Abstract], kwargs: Mapping[str, Abstract]
) -> None:
    """Raises the TypeError of a call of a pure host function, if these types are to blame."""
    if all(map(it.is_known, (*args, *kwargs.values()))):
        return
    try:
        fn(*(_sample(it, a) for a in args), **{k: _sample(it, v) for k, v in kwargs.items()})
    except TypeError as problem:
        it.error("wrong-arguments", str(problem), raises=TypeError)
    except Exception:  # of the sample's value, or there is no sample
        return


def _sample(it: Interp, v: Abstract) -> Any:
    if isinstance(v, Known):
        return v.value
    if isinstance(v, Scalar):
        one = v.dtype.np.type(1)
        return one.item() if v.py else one
    if isinstance(v, NDArray):
        return np.ones(v.type.shape, v.type.dtype.np)
    if isinstance(v, TupleV) and v.cls is None:
        return tuple(_sample(it, i) for i in v.items)
    if isinstance(v, ListV) and v.cls is list:
        return [_sample(it, i) for i in it.items(v)]
    raise _Unsampled
