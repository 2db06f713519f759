"""Inputs of other kinds: every row of `anvil.parser.state.inputs`, accepted or refused."""

from __future__ import annotations

import array
import collections
import dataclasses
import enum
import fractions
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import anvil
from anvil.errors import AnvilError
from anvil.parser.state.inputs import ACCEPTED, REFUSED
from tests.parser.harness import agree, run


class Own(np.ndarray):
    """A subclass of ndarray."""


class Metres(float):
    """A subclass of float."""


class Level(enum.IntEnum):
    """An enum of ints."""

    LOW = 1
    HIGH = 2


@dataclasses.dataclass
class Point:
    """A record."""

    x: Any
    name: str = "p"


Pair = collections.namedtuple("Pair", "a b")


def foreign(module: str, **attrs: Any) -> Any:
    """An object of a package that is not installed."""
    return type("Foreign", (), {"__module__": module, **attrs})()


def read_only() -> Any:
    """An array that must not be written to."""
    x = np.ones(3)
    x.flags.writeable = False
    return x


REFUSE: dict[str, list[Any]] = {
    "masked arrays": [np.ma.ones(3)],
    "np.matrix": [np.asarray([[1.0]]).view(np.matrix)],
    "other subclasses of ndarray": [np.ones(3).view(Own), np.rec.array([(1.0,)], [("a", float)])],
    "structured arrays": [np.zeros(3, [("a", float)])],
    "arrays of strings or bytes": [np.array(["a"]), np.array([b"a"])],
    "arrays of objects": [np.array([1, None], object)],
    "dates and time differences": [
        np.array(["2020-01-01"], "M8[D]"),
        np.array([1], "m8[s]"),
    ],
    "arrays of the other byte order": [np.ones(3, np.dtype("f8").newbyteorder())],
    "long double": [np.ones(3, np.longdouble), np.longdouble(1), np.ones(3, np.clongdouble)],
    "keys of jax.random": [jax.random.key(0)],
    "other dtypes (bfloat16, float8 ...)": [jnp.ones(3, jnp.bfloat16)],
    "subclasses of int, float and complex": [Metres(1.0)],
    "torch tensors": [foreign("torch", dtype="torch.float32", shape=(3,))],
    "pandas objects": [foreign("pandas.core.frame", columns=())],
    "sparse matrices of scipy": [foreign("scipy.sparse._csr", toarray=lambda self: np.eye(2))],
    "array.array and memoryview": [array.array("d", [1.0]), memoryview(np.ones(3))],
    "generators and iterators": [(i for i in range(3)), iter([1.0])],
}
CASES = [(title, value) for title, values in REFUSE.items() for value in values]


def test_every_row_is_tried() -> None:
    assert [row.title for row in REFUSED] == list(REFUSE)
    assert [row.title for row in ACCEPTED] == list(ACCEPT)


def double(x: Any) -> Any:
    """A function that takes most things."""
    return x * 2


@pytest.mark.parametrize("title, value", CASES, ids=[title for title, _ in CASES])
def test_refused_as_an_argument_inside_one_and_captured(title: str, value: Any) -> None:
    row = next(row for row in REFUSED if row.title == title)
    for call in (
        lambda: run(double, value),
        lambda: run(lambda p: p["x"][0] * 2, {"x": [value]}),
        lambda: run(lambda x: x * value, 1.0),
    ):
        with pytest.raises(AnvilError) as refused:
            call()
        assert refused.value.code == "unsupported-value"
        assert isinstance(refused.value, TypeError)
        assert refused.value.diagnostic.hint == row.hint


def test_refused_also_once_the_function_is_compiled() -> None:
    double_ = anvil.jit(double)
    double_(np.ones(3))
    in_a_dict = anvil.jit(lambda p: p["x"] * 2)
    in_a_dict({"x": np.ones(3)})
    x = np.ones(3, np.longdouble)
    for function, arg in ((double_, x), (in_a_dict, {"x": x})):
        with pytest.raises(AnvilError, match="of dtype"):
            function(arg)


def test_the_other_byte_order_is_never_misread() -> None:
    double_ = anvil.jit(double)
    x = np.arange(3.0)
    swapped = x.astype(x.dtype.newbyteorder())
    for _ in range(3):
        np.testing.assert_array_equal(double_(x), 2 * x)
        np.testing.assert_array_equal(double_(swapped), 2 * x)


ACCEPT: dict[str, list[Any]] = {
    "bool, int, float, complex": [True, 2, 2.5, 1j],
    "an int that does not fit 64 bits": [],
    "NumPy scalars (np.float32(1), np.bool_(True) ...)": [np.float32(1), np.bool_(True)],
    ACCEPTED[3].title: [
        *(np.ones(3, t) for t in ("?", "i1", "u2", "i8", "f2", "f4", "f8", "c8", "c16")),
        np.array(2.0),
        np.zeros((0, 3)),
    ],
    "read-only, non-contiguous, reversed arrays, np.memmap": [
        read_only(),
        np.arange(12.0).reshape(3, 4)[:, ::2],
        np.arange(3.0)[::-1],
        np.asfortranarray(np.ones((2, 3))),
    ],
    "jax arrays of these dtypes, also weakly typed": [],
    "tuples, lists, dicts and their subclasses, named tuples": [
        (1.0, (2, "a")),
        [1.0, [2.0]],
        Pair(1.0, np.ones(2)),
    ],
    "dataclasses, instances of Python classes": [],
    "None, strings, bytes, Ellipsis, slices, ranges, dtypes, types": ["ab", b"ab"],
    "members of enums (IntEnum included)": [Level.HIGH],
    "functions, modules": [],
    "sets, bytearray": [bytearray(b"ab")],
    "Fraction, Decimal and other objects": [fractions.Fraction(1, 2)],
}


@pytest.mark.parametrize("value", [v for vs in ACCEPT.values() for v in vs], ids=repr)
def test_accepted(value: Any) -> None:
    agree(double, value)


def test_accepted_and_looked_into() -> None:
    agree(lambda p: (p.x * 2, p.name), Point(np.ones(2)))
    agree(lambda d: d["a"] * 2, collections.OrderedDict(a=1.0))
    agree(lambda n, x: x if n is None else -x, None, 1.0)
    agree(lambda s, x: x[s], slice(0, 2), np.arange(3.0))
    agree(lambda t, x: x.astype(t), np.dtype("f4"), np.arange(3.0))
    agree(lambda f, x: f(x), np.sin, 1.0)
    agree(lambda m, x: m.cos(x), np, 1.0)
    agree(lambda s, x: x if 2 in s else -x, {1, 2}, 1.0)
    agree(lambda n, x: x + (n > 5), 2**70, 1.0)
    agree(lambda level, x: x if level is Level.LOW else -x, Level.HIGH, 1.0)
    for x in (jnp.ones(3), jnp.asarray(2.0), jnp.arange(3)):
        assert isinstance(anvil.jit(double)(x), jax.Array)
        assert anvil.jit(double)(x).dtype == x.dtype
