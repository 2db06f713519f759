"""What is compiled of NumPy's public names: read from the tables of the library and of the front
end; the names that are not compiled, each with its reason.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from anvil.library import LIBRARY
from anvil.parser.calls.builtin_functions import TABLE
from anvil.parser.library_table import Intrinsic
from anvil.parser.objects.attributes import ARRAY_ATTRIBUTES

DYNAMIC = "the data decide the shape or the dtype of the result"
OBJECT = "a class of its own, or arrays of Python objects"
IN_OUT = "reads, writes or formats outside the program"
STATE = "sets or shows the state of NumPy or of the interpreter"
LAYOUT = "shows or changes how memory is laid out, which compiled code does not have"
CALENDAR = "dates and times"
TEXT = "strings"
DEPRECATED = "deprecated by NumPy"
RANDOM = "draws from hidden state; compiled code takes keys: `anvil.random`"

NUMERICAL = (DYNAMIC, OBJECT)
"""Reasons of names that compute numbers, counted among the numerical names."""


def _listed(**reasons: str) -> dict[str, str]:
    texts = {
        "dynamic": DYNAMIC,
        "object": OBJECT,
        "in_out": IN_OUT,
        "state": STATE,
        "layout": LAYOUT,
        "calendar": CALENDAR,
        "text": TEXT,
        "deprecated": DEPRECATED,
    }
    return {n: texts[reason] for reason, names in reasons.items() for n in names.split()}


REASONS: Mapping[str, Mapping[str, str]] = {
    "numpy": _listed(
        object="poly1d matrix asmatrix bmat recarray record rec frompyfunc nditer nested_iters "
        "flatiter ma object_ void",
        in_out="load save savez savez_compressed savetxt loadtxt genfromtxt fromfile fromregex "
        "fromstring frombuffer from_dlpack memmap array_repr array_str array2string "
        "datetime_as_string",
        state="set_printoptions get_printoptions printoptions seterr geterr seterrcall geterrcall "
        "setbufsize getbufsize errstate show_config show_runtime info test get_include "
        "__array_namespace_info__ sctypeDict",
        layout="shares_memory may_share_memory",
        calendar="busdaycalendar busday_count busday_offset is_busday datetime_data isnat "
        "datetime64 timedelta64",
        text="char strings str_ bytes_",
        deprecated="row_stack",
    ),
    "numpy.ndarray": _listed(
        in_out="tobytes tofile dump dumps",
        layout="base byteswap ctypes data flags getfield setfield setflags strides resize",
        state="to_device",
    ),
    "numpy.linalg": {},
    "numpy.fft": {},
    "numpy.random": {},
}
"""Why a public name is not compiled, by namespace."""

OTHERS: Mapping[str, str] = {"numpy.random": RANDOM}
"""The reason of all names of a namespace."""

NO_DERIVATIVE = frozenset(
    re.findall(
        r"\w+",
        """
        all allclose any argmax argmin argpartition argsort argwhere array_equal array_equiv
        base_repr binary_repr bincount bitwise_and bitwise_count bitwise_invert
        bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor broadcast
        broadcast_shapes can_cast common_type count_nonzero diag_indices diag_indices_from
        digitize einsum_path equal eye arange format_float_positional format_float_scientific
        gcd greater greater_equal identity indices invert isclose iscomplex iscomplexobj isdtype
        isfinite isfortran isin isinf isnan isneginf isposinf isreal isrealobj isscalar
        issubdtype iterable lcm left_shift less less_equal lexsort logical_and logical_not
        logical_or logical_xor mask_indices min_scalar_type mintypecode nanargmax nanargmin ndim
        not_equal packbits promote_types ravel_multi_index result_type right_shift searchsorted
        shape sign signbit size spacing tri tril_indices tril_indices_from triu_indices
        triu_indices_from typename unpackbits unravel_index zeros zeros_like ones ones_like
        empty empty_like hamming hanning blackman bartlett intersect1d setdiff1d setxor1d
        union1d unique_all unique_counts unique_inverse histogram_bin_edges finfo iinfo dtype
        trim_zeros ndindex
        """,
    )
)
"""Functions whose results are no floats, or do not depend on any."""

KINKS: Mapping[str, str] = {
    "absolute abs fabs": "0 at 0",
    "maximum minimum fmax fmin": "half to each of equal operands",
    "max min amax amin nanmax nanmin ptp": "in equal parts to equal elements",
    "clip": "as maximum, then minimum: half at a bound",
    "floor ceil trunc fix rint round around floor_divide": "0 everywhere",
    "remainder mod fmod modf divmod": "that of the piece",
    "sort partition sort_complex median quantile percentile nanmedian nanquantile nanpercentile "
    "unique unique_values": "that of the stable order",
    "std nanstd": "0 where all are equal",
    "where select choose piecewise heaviside copysign compress extract": "that of the chosen piece",
    "interp": "that of the piece on the right",
    "sqrt cbrt": "inf at 0",
    "hypot": "0 at the origin",
    "prod cumprod nanprod nancumprod cumulative_prod": "exact also beside zeros",
    "histogram histogram2d histogramdd": "by weights and edges; counts do not move",
    "unwrap nan_to_num": "1 where the value passes",
    "sinc": "0 at 0",
}
"""Conventions where the derivative is one, by names."""

DIFFERS: Mapping[str, str] = {
    "argsort": "ties keep their order (kind='stable'); NumPy's default leaves it to the machine",
    "partition argpartition": "the order within each part is that of a sort",
    "empty empty_like": "holds zeros",
    "bincount": "data need `minlength=`, above all elements",
    "unique": "rows and columns (`axis`) of known arrays only",
    "histogram histogram2d histogramdd": "the number of bins is known while compiling",
    "polymul polydiv": "a leading zero that the data decide raises ValueError",
    "vectorize": "elements are computed side by side; the dtype is that of all results",
    "broadcast": "shape, ndim, size; no iteration",
    "fromiter": "of known length",
    "real_if_close": "complex data are refused",
    "intersect1d setdiff1d setxor1d unique_all unique_counts unique_inverse trim_zeros": (
        "of known contents"
    ),
    "insert repeat split array_split": "positions are known while compiling",
    "power arctan2": "`reduce` combines from left to right, which NumPy's vector loops miss",
    "reciprocal": "of the integer 0: 0",
    "convolve correlate": "where 0 meets an infinite element: nan",
    "roots": "always complex; a zero in front that the data decide raises ValueError",
    "var std": "an integer `dtype=` is refused",
    "clip maximum minimum": "of 0.0 and -0.0 either",
}
"""What differs from NumPy beyond missing arguments, by names."""


@dataclass(frozen=True, slots=True)
class Row:
    """A public name: the entry that compiles it, or why there is none."""

    namespace: str
    name: str
    kind: str
    entry: Any = None
    reason: str = ""

    @property
    def supported(self) -> bool:
        """Whether programs may use it."""
        return self.kind != "refused"

    @property
    def numerical(self) -> bool:
        """Whether it computes numbers."""
        return self.kind == "function" or (
            self.kind == "refused" and self.reason in (*NUMERICAL, "")
        )


SPACES: Mapping[str, tuple[str, ...]] = {
    "numpy": tuple(np.__all__),
    "numpy.ndarray": tuple(n for n in dir(np.ndarray) if not n.startswith("_")),
    "numpy.linalg": tuple(np.linalg.__all__),
    "numpy.fft": tuple(np.fft.__all__),
    "numpy.random": tuple(np.random.__all__),
}
"""The public names of each namespace."""


def rows(namespace: str) -> Iterator[Row]:
    """What is compiled of a namespace, name by name."""
    for name in sorted(SPACES[namespace], key=str.lower):
        if namespace == "numpy.ndarray":
            yield _method(name)
        else:
            yield _public(namespace, name)


def _method(name: str) -> Row:
    entry = LIBRARY.methods.get(name) or LIBRARY.attributes.get(name) or ARRAY_ATTRIBUTES.get(name)
    if entry is not None:
        return Row("numpy.ndarray", name, "function", entry)
    return Row("numpy.ndarray", name, "refused", reason=_reason("numpy.ndarray", name))


def _public(namespace: str, name: str) -> Row:
    module: Any = np
    for part in namespace.split(".")[1:]:
        module = getattr(module, part)
    obj = getattr(module, name)
    entry = entry_of(obj)
    if entry is not None:
        return Row(namespace, name, "function", entry)
    reason = _reason(namespace, name)
    if not reason and _is_value(obj):
        return Row(namespace, name, "value")
    return Row(namespace, name, "refused", reason=reason)


def _reason(namespace: str, name: str) -> str:
    return REASONS[namespace].get(name) or OTHERS.get(namespace, "")


def entry_of(obj: Any) -> Any:
    """What compiles a call or a subscript of an object; None if nothing does."""
    tables: tuple[Mapping[Any, Any], ...] = (
        LIBRARY.functions,
        TABLE,
        LIBRARY.items,
        LIBRARY.instances,
    )
    for table in tables:
        try:
            if obj in table:
                return table[obj]
        except TypeError:
            return None
    return None


def _is_value(obj: Any) -> bool:
    """Whether an object is only looked at while compiling: a constant, a dtype, a module."""
    simple = (float, int, str, tuple, dict, type(None), np.bool, types.ModuleType)
    if isinstance(obj, type):
        return issubclass(obj, np.generic | np.ndarray | np.ufunc | BaseException)
    return isinstance(obj, simple) or type(obj).__module__.startswith("numpy.lib._index_tricks")


def missing_arguments(obj: Any, entry: Any) -> list[str]:
    """NumPy's keywords that an entry does not take."""
    try:
        wanted = inspect.signature(obj).parameters
        taken = inspect.signature(entry.run if isinstance(entry, Intrinsic) else entry).parameters
    except (TypeError, ValueError):
        return []
    kinds = {p.kind for p in taken.values()}
    if inspect.Parameter.VAR_KEYWORD in kinds:
        return []
    several = inspect.Parameter.VAR_POSITIONAL in kinds
    plain = [
        n
        for n, p in wanted.items()
        if p.default is not inspect.Parameter.empty and p.kind is not p.POSITIONAL_ONLY
    ]
    return [n for n in plain if n not in taken and not (several and n in ("out",))]


def percentage(namespace: str) -> float:
    """How much of the numerical names of a namespace is compiled."""
    found = [r for r in rows(namespace) if r.numerical]
    return 100 * sum(r.supported for r in found) / len(found) if found else 100.0


def by_name(table: Mapping[str, str]) -> dict[str, str]:
    """A table by groups of names, name by name."""
    return {name: text for names, text in table.items() for name in names.split()}
