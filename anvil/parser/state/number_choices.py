"""Numbers whose type depends on the path: an int on one, a float on another.

    which     the number of the option that it is
    common    its value in the dtype that holds them all
    options   the number as what it is, with its own type: known, `common` itself where the dtypes
              agree, or an atom of its own

`max(x, 0)` of a float is the float x, or the int 0. What only needs the value uses `common`, and
nothing else is left of the choice when the program has been cleaned up.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cache, reduce

import numpy as np

from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const
from anvil.ir.types import DType, array, dtype_of
from anvil.parser.arrays.promotion import Strength, join_dtypes
from anvil.parser.state.values import (
    Abstract,
    Choice,
    Known,
    Parts,
    Scalar,
    SliceV,
    TupleV,
    is_number,
    is_py_number,
    number_dtype,
    scalar,
)


@dataclass(slots=True, eq=False)
class NumberChoice(Choice):
    """One of several numbers of unlike types."""

    common: Atom

    def open(self) -> tuple[Hashable, Parts]:
        tags: list[Hashable] = []
        own: list[Atom] = []
        for o in self.options:
            if isinstance(o, Scalar):
                shared = o.atom is self.common
                tags.append((o.py, o.dtype, shared))
                own += [] if shared else [o.atom]
            else:
                tags.append(o.open()[0])
        return ("number choice", tuple(tags)), (self.which, self.common, *own)

    def close(self, parts: Parts) -> Abstract:
        which, common, *own = parts
        rest = iter(own)
        options: list[Abstract] = []
        for o in self.options:
            if isinstance(o, Scalar):
                atom = common if o.atom is self.common else next(rest)
                options.append(scalar(atom, o.py))  # type: ignore[arg-type]
            else:
                options.append(o)
        return number_choice(which, options, common)  # type: ignore[arg-type]

    def with_common(self, common: Atom) -> Abstract:
        """The same number by another atom of the same value."""
        options = [
            scalar(common, o.py) if isinstance(o, Scalar) and o.atom is self.common else o
            for o in self.options
        ]
        return number_choice(self.which, options, common)

    def decided(self, which: Atom) -> Abstract:
        return number_choice(which, self.options, self.common)


def number_choice(which: Atom, options: Sequence[Abstract], common: Atom) -> Abstract:
    """The number that is option `which`."""
    if isinstance(which, Const):
        return options[int(which.value)]  # type: ignore[arg-type]
    return NumberChoice(which, tuple(options), common)


def strength_of(v: Abstract) -> Strength | None:
    """The dtype of a number and whether it is Python's; None for anything else."""
    if type(v) is Scalar:
        return v.dtype, v.py
    if type(v) is Known and is_number(v.value):
        return number_dtype(v.value), is_py_number(v.value)
    return None


def is_numeric(v: Abstract) -> bool:
    """Whether a value is a number, of one type or several."""
    return isinstance(v, NumberChoice) or strength_of(v) is not None


def options_of(v: Abstract) -> tuple[Abstract, ...]:
    """The options of a number; itself, if it is of one type."""
    return v.options if isinstance(v, NumberChoice) else (v,)


def strengths(v: NumberChoice) -> list[Strength]:
    """The types of the options."""
    return [s for o in v.options if (s := strength_of(o)) is not None]


def joined_strength(v: NumberChoice) -> Strength:
    """The type that NumPy's promotion gives to all options."""
    return reduce(join_dtypes, strengths(v))


@cache
def holding(*dtypes: DType) -> DType:
    """The dtype that holds numbers of all of these."""
    return dtype_of(reduce(np.promote_types, (d.np for d in dtypes)))


def own_atom(v: Abstract) -> Atom:
    """A number of one type as an atom, `common` of one of several types."""
    if isinstance(v, NumberChoice):
        return v.common
    if type(v) is Scalar:
        return v.atom
    assert isinstance(v, Known)
    value = v.value if is_py_number(v.value) else v.value.item()
    return Const(array(number_dtype(v.value)), value)


def exact(v: Abstract) -> bool:
    """Whether `common` has the value of the number on every path."""
    if not isinstance(v, NumberChoice):
        return True
    dtype = type_at(v.common).dtype
    return all(_held(o, dtype) for o in v.options)


def _held(o: Abstract, dtype: DType) -> bool:
    if isinstance(o, Known):
        value = o.value if is_py_number(o.value) else o.value.item()
        return bool(value != value or dtype.np.type(value).item() == value)
    assert isinstance(o, Scalar)
    wide = o.dtype.kind in "iu" and o.dtype.bits > 32
    return o.dtype is dtype or (not wide and bool(np.can_cast(o.dtype.np, dtype.np, "safe")))


def integral(v: Abstract) -> Abstract:
    """An index: numbers that are ints of one type or another, as Python ints."""
    if isinstance(v, TupleV):
        return TupleV(tuple(map(integral, v.items)), v.cls)
    if isinstance(v, SliceV):
        return SliceV(integral(v.start), integral(v.stop), integral(v.step))
    if not isinstance(v, NumberChoice):
        return v
    ints = all(d.kind in "iu" for d, _ in strengths(v)) and exact(v)
    return scalar(v.common, True) if ints else v
