"""Numbers of unlike kinds that meet: nothing is rounded, wrapped or written unlike CPython."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest

import anvil
from anvil.errors import AnvilError, AnvilTypeError, AnvilValueError
from tests.parser.harness import agree, run

INF, NAN = math.inf, math.nan


def comparisons(x, y):
    return x == y, x != y, x < y, x <= y, x > y, x >= y


PAIRS = [
    (2**53 + 1, 9007199254740992.0),
    (2**53, 9007199254740992.0),
    (2**63 - 1, 2.0**63),
    (-(2**63), -(2.0**63)),
    (3, NAN),
    (3, INF),
    (-7, np.uint8(200)),
    (300, np.uint8(200)),
    (-1, np.uint64(2**63)),
    (2**63 - 1, np.uint64(2**63)),
    (np.int64(2**63 - 1), np.uint64(2**63)),
    (np.int8(-1), np.uint64(2**64 - 1)),
    (np.int64(-1), np.arange(3, dtype=np.uint64)),
    (-1, np.arange(3, dtype=np.uint8)),
    (1 + 0j, 1),
]


@pytest.mark.parametrize("x, y", PAIRS)
def test_comparisons_are_exact(x, y):
    if isinstance(x, complex):
        agree(lambda a, b: (a == b, a != b), x, y)
        return
    agree(comparisons, x, y)
    agree(comparisons, y, x)


def known_outside(a):
    return a < 300, a == -1, a < 300, a >= -5, a != 2**70, a == 2**70


def test_known_ints_outside_a_dtype_are_compared():
    agree(known_outside, np.arange(3, dtype=np.uint8))
    agree(known_outside, np.arange(3))


@pytest.mark.parametrize("x, y", [(1 + 2j, np.float64(2.0)), (1j, np.float64(0.0))])
def test_a_complex_number_takes_a_float64_for_a_float(x, y):
    agree(lambda a, b: (a + b, a - b, a * b, a == b, b + a), x, y)
    agree(lambda a, b: a / b, x, y)


@pytest.mark.parametrize(
    "x, y",
    [
        *((x, y) for x in (0.0, -0.0) for y in (-INF, NAN, INF, -1.0, 0.0, 2.5)),
        *((x, y) for x in (NAN, INF, -INF) for y in (2.5, -2.0, 0.0, NAN, 3.0)),
        (2.5, 1e6),
        (-2.5, 1e6),
        (1e308, 3.0),
        (0j, -1),
        (0j, 2),
        (0j, 0j),
        (1 + 2j, 1e6),
    ],
)
def test_powers_raise_where_cpython_does(x, y):
    agree(lambda a, b: a**b, x, y)


VALUES = [0.5, 1.5, 2.5, 2.675, 1.005, -2.345, 0.125, -0.0, 1e300, 450359962737049.75, 25.0]


@pytest.mark.parametrize("digits", [0, 1, 2, 3, 10, -1, -2])
def test_floats_are_rounded_to_decimal_digits(digits):
    def fn(x):
        return round(x, digits)

    for value in (*VALUES, 1234.5678, -15.0, NAN, INF, 0.05, 123456789.987654321):
        want, got = fn(value), run(fn, value)
        assert repr(got) == repr(want)


def test_rounding_runs_compiled():
    """The exact product survives XLA; the derivative is 0, and x itself is smooth."""
    cents = anvil.jit(lambda x: round(x, 2))
    assert [cents(v) for v in VALUES] == [round(v, 2) for v in VALUES]
    assert anvil.grad(lambda x: round(x, 1) + x)(2.34) == 1.0


@pytest.mark.parametrize("n", [0, 5, 15, 25, -5, -15, 149, 2**62, -(2**62), 1234567])
def test_ints_are_rounded_to_tens_and_counted(n):
    agree(lambda n: (round(n), round(n, 2), round(n, -1), round(n, -2)), n)
    agree(lambda n: (n.bit_length(), n.bit_count(), int.bit_length(n), n.numerator), n)


CONVERSIONS = [
    (lambda n: np.uint8(n), 300),
    (lambda n: np.int8(n), 2.5),
    (lambda n: np.int8(n), NAN),
    (lambda n: np.int32(n), INF),
    (lambda n: np.uint8(3) + n, -7),
    (lambda n: np.array([n, 1], dtype=np.uint8), 300),
    (lambda n: np.full(2, n, dtype=np.int8), 200),
    (lambda n: np.array([300, 1], dtype=np.uint8), 1),
    (lambda n: np.array([2.7, NAN], dtype=int), 1),
    (lambda n: int(n), np.uint64(2**63 - 1)),
]


@pytest.mark.parametrize("fn, value", CONVERSIONS)
def test_conversions_raise_what_python_raises(fn, value):
    try:
        want = fn(value)
    except (OverflowError, ValueError) as error:
        with pytest.raises(type(error)):
            run(fn, value)
    else:
        got = run(fn, value)
        assert type(got) is type(want)
        np.testing.assert_array_equal(got, want)


def test_what_does_not_fit_64_bits_raises():
    for fn, value in ((abs, -(2**63)), (lambda x: int(x), np.uint64(2**63))):
        with pytest.raises(OverflowError):
            run(lambda x, f=fn: f(x), value)


def store(value, dtype):
    def fn(v):
        a = np.zeros(3, dtype)
        a[1] = v
        return a

    return fn, value


@pytest.mark.parametrize(
    "fn, value",
    [
        store(2.75, int),
        store(-2.75, np.int8),
        store(250, np.uint8),
        store(np.float64(3.5), int),
        store(np.int64(3), np.float32),
    ],
)
def test_stores_cast(fn, value):
    agree(fn, value)


@pytest.mark.parametrize(
    "fn, value, error",
    [
        (*store(256, np.uint8), OverflowError),
        (*store(-1, np.uint64), OverflowError),
        (*store(NAN, int), ValueError),
        (*store(INF, int), OverflowError),
        (*store(np.zeros(1), float), AnvilValueError),
        (*store([1.0], float), AnvilValueError),
        (*store(1j, float), AnvilTypeError),
    ],
)
def test_stores_that_numpy_refuses(fn, value, error):
    with pytest.raises((TypeError, ValueError, OverflowError)):
        fn(value)
    with pytest.raises(error):
        run(fn, value)


def seen_through_a_diagonal(a):
    a = a.copy()
    d, w, i = np.diagonal(a), np.broadcast_to(a[0], (2, 3)), a.imag
    a[0, 0] = 7.0
    return d, w * 2, np.diag(a), i


def writes_a_diagonal(a):
    a = a.copy()
    if a[0, 0] > 0:
        np.diag(a)[0] = 1.0
    return a


def writes_a_broadcast(a):
    b = np.broadcast_to(a.copy(), (2, 3, 3))
    b += 1
    return b


def test_read_only_views_follow_their_base_and_refuse_writes():
    a = np.arange(9.0).reshape(3, 3)
    agree(seen_through_a_diagonal, a)
    agree(writes_a_diagonal, a)
    agree(writes_a_diagonal, a + 1)
    agree(writes_a_broadcast, a)
    agree(lambda v: (np.array(v, copy=False) is v, np.array(v) is v), a)


def parts(z):
    z = z.copy()
    z.real[0] = 5.0
    z.imag = [1.0, 2.0]
    return z


def test_parts_of_arrays():
    agree(parts, np.array([1 + 2j, 3]))
    with pytest.raises(TypeError, match="imaginary"):
        run(set_imag, np.ones(2))
    agree(lambda b: (b.real, b.imag, b + b, round(b)), True)


def set_imag(v):
    v = v.copy()
    v.imag = 3.0
    return v


def test_an_object_equals_itself():
    agree(lambda x: ([x] == [x], x in (x, 1), (x, 1.0) != (x, 1.0), x == x), NAN)


def test_methods_that_other_numbers_lack():
    for fn, value in ((lambda x: x.bit_length(), 1.5), (lambda x: round(x), 1j)):
        with pytest.raises(AnvilError):
            run(fn, value)


def normal_cdf(x):
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0))) + 0.5 * math.erfc(x)


def mantissas(x):
    return math.frexp(x)[0] * math.nextafter(x, INF) + math.ldexp(x, 3)


def turned(x):
    return abs(cmath.exp(1j * x) + x) + cmath.phase(cmath.rect(1.0, x))


@pytest.mark.parametrize("fn", [normal_cdf, mantissas, turned])
def test_bits_and_special_functions_run_compiled_and_have_derivatives(fn):
    x, h = 0.7, 1e-5
    assert anvil.jit(fn)(x) == pytest.approx(fn(x), rel=1e-14)
    slope, second = anvil.grad(fn), anvil.grad(anvil.grad(fn))
    assert slope(x) == pytest.approx((fn(x + h) - fn(x - h)) / (2 * h), rel=1e-7)
    assert second(x) == pytest.approx((slope(x + h) - slope(x - h)) / (2 * h), abs=1e-6)


def test_an_int_beyond_64_bits_after_one_that_fits():
    """It is a constant of its own program, in anvil's words where that cannot be."""
    plus, in_dict = anvil.jit(lambda n: n + 1), anvil.jit(lambda d: d["n"] + 1)
    assert plus(1) == in_dict({"n": 1}) == 2
    assert plus(-(2**63) - 1) == -(2**63)
    for call in (lambda: plus(2**70), lambda: in_dict({"n": 2**70})):
        with pytest.raises(OverflowError, match="out of bounds for int64"):
            call()


def einsum_views(a):
    a = a.copy()
    d, t = np.einsum("ii->i", a), np.einsum("ij->ji", a)
    t[0] = 5.0
    a[1, 1] = 9.0
    return d, a


def test_einsum_of_one_operand_is_a_view():
    agree(einsum_views, np.arange(9.0).reshape(3, 3))
    agree(lambda k: k.copy(), np.float64(3.0))


def powers_of_data(x, y):
    k = int(x)
    return (
        y * 2**k,
        2 ** max(k, 0),
        (-1) ** k,
        10 ** -int(x),
        2 ** int(y - 2),
        isinstance(2**k, int),
    )


def scaled_and_squared(x, y):
    s = max(0, int(np.ceil(np.log2(x * y))) + 1)
    x = x / 2**s
    for _ in range(s):
        x = x * x + y
    return x


def zero_to_a_power(x, y):
    return 0 ** (int(x) - 1)


@pytest.mark.parametrize("program", [powers_of_data, scaled_and_squared, zero_to_a_power])
@pytest.mark.parametrize("x", [3.5, 0.2, 9.0])
def test_powers_of_ints_with_data_as_exponents(program, x):
    agree(program, x, 2.5)
