"""Every case against CPython: values, dtypes, shapes and host types."""

from __future__ import annotations

from typing import Any

import pytest

from anvil.errors import AnvilError
from tests.library import (
    cases_arrays,
    cases_choices,
    cases_linalg,
    cases_numbers,
    cases_reductions,
    cases_scalars,
    cases_surface,
    cases_ufuncs,
)
from tests.library.harness import agree, arguments, check, function, host, run

CASES = [
    *cases_ufuncs.CASES,
    *cases_reductions.CASES,
    *cases_arrays.CASES,
    *cases_choices.CASES,
    *cases_scalars.CASES,
    *cases_numbers.CASES,
    *cases_surface.CASES,
    *cases_linalg.CASES,
]

WIDER = {
    "max(Pf, Pi)",
    "max(F, Pf)",
    "max(Pf, F)",
    "max(Pf, nan5[1])",
    "max(I, Pf)",
    "min(Pb, Pf)",
}
"""Numbers of two types to choose from: the result has the type that both convert to."""

REFUSED = {
    "operator.inv(i4)",
    "operator.length_hint([1, 2])",
    "operator.countOf([1, 1], 1)",
}
"""Calls that a later milestone compiles, refused until then."""


@pytest.mark.parametrize("text", [c for c in dict.fromkeys(CASES) if c not in WIDER | REFUSED])
def test_a_case_gives_what_cpython_gives(text: str) -> None:
    """Front end and evaluator on one side, CPython on the other."""
    check(text)


@pytest.mark.parametrize("text", sorted(WIDER))
def test_a_choice_of_two_types_has_the_wider_type(text: str) -> None:
    """The value is Python's."""
    fn, names = function(text)
    agree(float(run(fn, arguments(names))), float(host(fn, arguments(names))))


@pytest.mark.parametrize("text", sorted(REFUSED))
def test_what_is_not_compiled_is_refused(text: str) -> None:
    """With an error of anvil, not with another answer."""
    fn, names = function(text)
    with pytest.raises(AnvilError):
        run(fn, arguments(names))


ERRORS: dict[str, Any] = {
    "np.sum(f34, axis=2)": (ValueError, IndexError),
    "f34.sum(axis=(0, 0))": ValueError,
    "np.add(f34, f3)": ValueError,
    "f34 @ f34": ValueError,
    "np.dot(f34, f34)": ValueError,
    "np.concatenate([f34, f43])": ValueError,
    "np.stack([f4, f3])": ValueError,
    "np.reshape(f34, (5, 2))": ValueError,
    "np.max(f0)": ValueError,
    "np.argmax(f0)": ValueError,
    "np.subtract(b4, b4)": TypeError,
    "np.negative(b4)": TypeError,
    "np.bitwise_and(f4, f4)": TypeError,
    "np.left_shift(f4, 1)": TypeError,
    "np.power(i4, -1)": ValueError,
    "np.squeeze(f34, axis=0)": ValueError,
    "np.split(f5, 2)": ValueError,
    "np.einsum('ij,jk->ik', f34, f34)": ValueError,
    "np.take(f4, [7])": IndexError,
    "np.broadcast_to(f3, (4,))": ValueError,
    "np.linspace(0, 1, -1)": ValueError,
    "np.zeros(-1)": ValueError,
    "np.add(i4, 1.5, out=i4.copy())": TypeError,
    "np.clip(f34, f3, 1)": ValueError,
    "np.transpose(f34, (0, 0))": ValueError,
    "f34.item()": ValueError,
    "math.sqrt(Pg)": ValueError,
    "math.log(Pg)": ValueError,
    "math.exp(Pf * 1000)": OverflowError,
    "math.acos(Pf)": ValueError,
    "math.floor(nan5[1])": ValueError,
    "int(nan5[1])": ValueError,
    "int(nan5[3])": OverflowError,
    "math.isqrt(Pn)": ValueError,
    "math.factorial(Pn)": ValueError,
    "max([])": ValueError,
    "np.diff(f_)": ValueError,
    "np.linalg.norm(f234, 'fro')": ValueError,
    **cases_surface.ERRORS,
}


@pytest.mark.parametrize("text", ERRORS)
def test_misuse_raises_numpys_kind_of_error(text: str) -> None:
    """While compiling, or where the program runs."""
    fn, names = function(text)
    with pytest.raises(ERRORS[text]):
        host(fn, arguments(names))
    with pytest.raises(ERRORS[text]):
        run(fn, arguments(names))
