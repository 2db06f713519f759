"""Three kinds of scalars, NEP 50, Python's exceptions and NumPy's silence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anvil.errors import AnvilError, AnvilTypeError, AnvilValueError
from anvil.ir.analysis import op_counts
from tests.parser.harness import agree, compile_for, run


def arithmetic(x, n):
    return x / 2, n // 2, n % 3, n / 2, -n, +x, n**2, x**2, x**0.5, n * x, n > 2, not n, n & 3, ~n


def divisions(x, y):
    return x / y, x // y, x % y


def powers(x):
    return x**-1, 2**x, x**x, x**1, x**0


def bools(b, c):
    return b and c, b or c, b + c, b * c, b == c, b | c, b ^ c


def mixed(a, f):
    return a + 1, a * 1.5, a + f, a / 2, a // 2, a % 2, -a, a - f, 2 - a, 1 / (a + 1)


def comparisons(a):
    return a == 1, a != 1, a < 2, (a > 0) & (a < 2), (a > 0) | (a < 2), ~(a > 0), a >= 1


def products(a, b):
    return a @ b, b @ a, a.T @ a


def array_powers(a):
    return a**2, a**3, a**0.5, a**-1.0, a**a, 2**a


def shifts(n, m):
    return n << m, n >> m


def complex_numbers(z):
    return z * 2, z + 1j, z.real, z.imag, abs(z), z == z, -z


def lists_beside_arrays(a):
    return a + [1, 2, 3], (1, 2, 3) * a, a > [0, 1, 2], np.array([a[0], 1, 2])


def sequences(x):
    return [1, x] + [2], (1, x) + (2,), [x] * 3, (0,) * 2, [1, x] == [1, x], (1, x) > (1, 2)


V = np.arange(5.0)
PROGRAMS: list[tuple[Any, tuple[Any, ...]]] = [
    (arithmetic, (2.5, 7)),
    (arithmetic, (np.float32(2.5), np.int8(7))),
    *((divisions, (7, m)) for m in (2, -2, 0)),
    *((divisions, (-7.5, m)) for m in (2.0, -2.0, 0.0)),
    *((divisions, (np.float64(-7.5), np.float64(m))) for m in (2.0, -2.0, 0.0)),
    *((divisions, (np.int64(-7), np.int64(m))) for m in (2, 0)),
    (powers, (2.5,)),
    (powers, (0.0,)),
    (bools, (True, False)),
    (bools, (np.True_, np.False_)),
    (mixed, (np.arange(3, dtype=np.int8), np.float32(2))),
    (mixed, (np.arange(3, dtype=np.float32), 2.0)),
    (mixed, (np.arange(3, dtype=np.uint8), 3)),
    (mixed, (np.arange(3, dtype=np.float16), np.float64(3))),
    (comparisons, (np.arange(3),)),
    (comparisons, (V,)),
    (products, (np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(3, 2))),
    (array_powers, (V + 1,)),
    (shifts, (5, 2)),
    (shifts, (5, -2)),
    (shifts, (np.int32(-5), np.int32(1))),
    (complex_numbers, (1 + 2j,)),
    (complex_numbers, (np.array([1 + 2j, 3]),)),
    (lists_beside_arrays, (np.arange(3.0),)),
    (sequences, (2.0,)),
]


@pytest.mark.parametrize("fn, args", PROGRAMS, ids=lambda p: getattr(p, "__name__", None))
def test_agrees_with_cpython(fn, args):
    agree(fn, *args)


def fractional(x):
    return x**1.5


def test_a_negative_number_to_a_fractional_power():
    """Complex in Python, which no fixed type can be; nan in NumPy."""
    with pytest.raises(ValueError, match="complex"):
        run(fractional, -2.0)
    agree(fractional, np.float64(-2.0))
    agree(fractional, 2.0)


def test_division_by_what_cannot_be_zero_is_not_checked():
    def fn(x, n):
        return x / 2.0 + n % 7 + sum(x / (i + 1) for i in range(3))

    parsed, _ = compile_for(fn, 1.0, 3)
    assert not parsed.effects


def test_numpy_numbers_are_not_checked():
    parsed, _ = compile_for(divisions, np.float64(1.0), np.float64(0.0))
    assert not parsed.effects


def test_known_numbers_are_computed_exactly():
    def fn(x):
        return x * (2**70 // 2**69), 10**20 > 1, 7 // 2

    parsed, _ = compile_for(fn, 1.0)
    assert op_counts(parsed.program) == {"mul": 1}


@pytest.mark.parametrize(
    "fn, args, error, text",
    [
        (lambda a: a + "x", (V,), AnvilTypeError, "`+` is not defined"),
        (lambda a: -(a > 1), (V,), AnvilTypeError, "does not negate booleans"),
        (lambda a: (a > 1) - (a > 2), (V,), AnvilTypeError, "does not subtract booleans"),
        (lambda a: ~a, (V,), AnvilTypeError, "not defined for float64"),
        (lambda a: bool(a), (V,), AnvilValueError, "truth value"),
        (lambda a: a and 1, (V,), AnvilValueError, "truth value"),
        (lambda a, b: a + b, (V, V[:3]), AnvilValueError, "cannot be broadcast"),
        (lambda a: a + 300, (np.zeros(3, np.uint8),), AnvilError, "out of bounds for uint8"),
        (lambda z: z < 1j, (1j,), AnvilTypeError, "`<` is not defined"),
    ],
)
def test_what_numpy_refuses_is_refused(fn, args, error, text):
    with pytest.raises(error, match=text.replace("+", r"\+")):
        run(fn, *args)


def test_operands_are_named_with_types_and_origins():
    def fn(a, b):
        c = a * 2
        return c + b[0]

    with pytest.raises(AnvilValueError) as refused:
        run(fn, np.zeros((2, 3)), np.zeros((2, 4)))
    rows = [(o.name, o.type) for o in refused.value.diagnostic.operands]
    assert rows == [("c", "f64[2,3]"), ("b[0]", "f64[4]")]
    assert refused.value.diagnostic.operands[0].loc.line == fn.__code__.co_firstlineno + 1


def in_place_casts(a, b):
    a = a.copy()
    a += b
    a[0] = 2.75
    return a


def test_in_place_operators_cast_as_numpy_does():
    agree(in_place_casts, np.zeros(3, np.float32), np.ones(3))
    with pytest.raises(AnvilTypeError, match="same_kind"):
        run(in_place_casts, np.zeros(3, int), np.ones(3))
    with pytest.raises(AnvilTypeError, match="complex"):
        run(in_place_casts, np.zeros(3), np.ones(3) * 1j)
