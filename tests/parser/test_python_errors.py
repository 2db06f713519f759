"""Wrong programs: the exceptions that CPython raises, of the same classes, with the same words
where they are raised at run time.
"""

from __future__ import annotations

import enum
import itertools
from typing import Any

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree

X = np.array([1.0, 2.0, 3.0])


class Color(enum.Enum):
    RED = 1


class Value:
    def __init__(self, x):
        self._x = x

    @property
    def x(self):
        return self._x

    def __eq__(self, other):
        return self._x == other._x


def no_member(x):
    return Color(7)


def shorter(x):
    return list(zip([1, 2], [x], strict=True))


def longer(x):
    return list(zip([1], [2], [x, x], strict=True))


def shortest_of_three(x):
    return list(zip([1, 2, 3], [1, 2], [x], strict=True))


def generators_of_unlike_lengths(x):
    ones = (v for v in [1.0, x])
    return [a + b for a, b in zip([1.0, 2.0, 3.0], ones, strict=True)]


def floats(x):
    return divmod(x, x - 1.0)


def ints(x):
    return divmod(int(x), int(x) - 1)


def no_setter(x):
    v = Value(x)
    v.x = 2.0


def no_deleter(x):
    v = Value(x)
    del v.x


def format_of_ints(x):
    return f"{x:d}"


def no_format(x):
    return f"{x:zz}"


def negative_selection(x):
    return list(itertools.combinations([x, 1.0], -1))


def instances_are_not_called(x):
    return callable(Value(x)), callable(Value), callable(lambda: x)


@pytest.mark.parametrize(
    "program",
    [
        no_member,
        shorter,
        longer,
        shortest_of_three,
        generators_of_unlike_lengths,
        floats,
        ints,
        no_setter,
        no_deleter,
        format_of_ints,
        no_format,
        negative_selection,
        instances_are_not_called,
    ],
    ids=lambda f: f.__name__,
)
def test_same_exception(program: Any) -> None:
    agree(program, 1.0)


@pytest.mark.parametrize(
    "program, args, words",
    [
        (lambda x: round(x, 1.5), (1.0,), "cannot be interpreted as an integer"),
        (lambda x: chr(x), (1.0,), "cannot be interpreted as an integer"),
        (lambda x: bin(x), (1.0,), "cannot be interpreted as an integer"),
        (lambda x: np.zeros(x), (1.0,), "cannot be interpreted as an integer"),
        (lambda x: itertools.combinations([1], "a"), (1.0,), "cannot be interpreted"),
        (lambda x: {[x]: 1}, (1.0,), "unhashable type: 'list'"),
        (lambda x: {x}, (X,), r"unhashable type: 'numpy.ndarray'"),
        (lambda x: {Value(x): 1}, (1.0,), "unhashable type: 'Value'"),
        (lambda x: hash(Value(x)), (1.0,), "unhashable type: 'Value'"),
        (lambda x: Value(x)(2.0), (1.0,), "not callable"),
        (lambda x: Value(x) | Value(x), (1.0,), "not defined"),
        (lambda x: x @ x, (1.0,), "not defined"),
        (lambda x: sum(v @ v for v in x), (X,), "not defined"),
        (lambda x: ",".join([x]), (1.0,), "expected str instance, float found"),
        (lambda x: "a,b".split(x), (1.0,), "must be str or None, not float"),
        (lambda x: issubclass(x, float), (1.0,), "must be a class"),
    ],
)
def test_type_errors(program: Any, args: Any, words: str) -> None:
    with pytest.raises(TypeError):
        program(*args)
    with pytest.raises(TypeError, match=words):
        anvil.jit(program)(*args)


def test_classes_of_numpy() -> None:
    with pytest.raises(np.linalg.LinAlgError, match="must be square"):
        anvil.jit(np.linalg.inv)(np.ones((2, 3)))
    with pytest.raises(np.exceptions.AxisError, match="out of bounds"):
        anvil.jit(lambda x: x.sum(axis=2))(X)


def caught(x):
    try:
        return np.linalg.det(np.ones((2, 3)) * x)
    except np.linalg.LinAlgError:
        return x


def test_caught() -> None:
    agree(caught, 2.0)


def positions(x):
    out = list(x)
    for a, b in out:
        print(a, b)


def test_the_target_is_what_cannot_be_unpacked() -> None:
    with pytest.raises(TypeError) as found:
        anvil.jit(positions)(X)
    loc = found.value.diagnostic.loc  # type: ignore[attr-defined]
    assert (loc.line - positions.__code__.co_firstlineno, loc.col) == (2, 8)
