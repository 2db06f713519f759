"""Results, and values inside, whose length the data decide."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.parser.harness import agree

X = np.array([1.0, -2.0, 3.0, 0.5, -1.5])
PROGRAMS = []


def given(*argsets):
    """Registers a program with several lists of arguments."""

    def add(program):
        PROGRAMS.extend((program, a if isinstance(a, tuple) else (a,)) for a in argsets)
        return program

    return add


@given(([1.0, 3.0, 5.0], [2.0, 4.0, 6.0, 7.0]))
def merge(a, b):
    out = []
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i] <= b[j]:
            out.append(a[i])
            i += 1
        else:
            out.append(b[j])
            j += 1
    while i < len(a):
        out.append(a[i])
        i += 1
    while j < len(b):
        out.append(b[j])
        j += 1
    return out


@given((np.array([1.0, 3.0, 5.0]), np.array([2.0, 4.0])))
def merge_np(a, b):
    out = []
    i = j = 0
    while i < len(a) and j < len(b):
        if a[i] <= b[j]:
            out.append(a[i])
            i += 1
        else:
            out.append(b[j])
            j += 1
    return out, i, j


@given((X,), (-X,), (np.abs(X),), (-np.abs(X),))
def positive(x):
    return x[x > 0]


@given((X,), (-np.abs(X),))
def positive_list(x):
    return [v for v in x if v > 0]


@given((X,), (-np.abs(X),))
def positive_floats(x):
    return [float(v) for v in x if v > 0]


@given((X,), (-np.abs(X),))
def np_array_out(x):
    out = []
    for v in x:
        if v > 0:
            out.append(v * 2)
    return np.array(out)


@given((X,))
def nonzero(x):
    return np.nonzero(x > 0)


@given((X,))
def flatnonzero(x):
    return np.flatnonzero(x > 0)


@given((X.reshape(5, 1) * np.ones(3),))
def argwhere(x):
    return np.argwhere(x > 0)


@given((np.array([3, 1, 3, 2, 1]),))
def unique(x):
    return np.unique(x)


@given((np.array([3.0, 1, 3, 2, 1]),))
def uniquef(x):
    return np.unique(x)


@given((np.array([3, 1, 3, 2, 1]),))
def unique_counts(x):
    return np.unique(x, return_counts=True)


@given((X,))
def where1(x):
    return np.where(x > 0)[0]


@given((np.arange(12.0).reshape(4, 3) - 5,))
def rows(m):
    return m[m.sum(axis=1) > 0]


@given((np.arange(12.0).reshape(4, 3) - 5,))
def rows_list(m):
    out = []
    for r in m:
        if r[0] > 0:
            out.append(r * 2)
    return out


@given((27,), (6,))
def collatz(n):
    seq = [n]
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        seq.append(n)
    return seq


@given((0.1, 2.0))
def dict_of(x, y):
    path = []
    while x < y:
        path.append(x)
        x *= 1.5
    return {"path": path, "n": len(path), "last": x}


@dataclass
class Trace:
    xs: list
    fx: float


@given((0.1,))
def in_dataclass(x):
    xs = []
    while x < 2:
        xs.append(x)
        x = x * 2 + 0.01
    return Trace(xs, x)


@given((3.0,))
def newton_history(a):
    x = a
    hist = [x]
    while abs(x * x - a) > 1e-10:
        x = 0.5 * (x + a / x)
        hist.append(x)
    return x, hist


@given((3.0,))
def tuples(a):
    hist = []
    x = a
    k = 0
    while abs(x * x - a) > 1e-10:
        x = 0.5 * (x + a / x)
        k += 1
        hist.append((k, x))
    return hist


@given((X,))
def two_lists(x):
    neg, pos = [], []
    for v in x:
        (pos if v > 0 else neg).append(v)
    return neg, pos


@given((10,), (30,))
def primes(n):
    sieve = np.ones(n + 1, dtype=bool)
    sieve[:2] = False
    for i in range(2, int(n**0.5) + 1):
        if sieve[i]:
            sieve[i * i :: i] = False
    return np.flatnonzero(sieve)


@given((X,))
def compress(x):
    return np.compress(x > 0, x), np.extract(x < 0, x)


@given((X,))
def deltas(x):
    m = x > 0
    idx = np.nonzero(m)[0]
    return idx, x[idx], idx.size


@given((X, 1.0), (X, 0.0))
def where_sum(x, t):
    y = x[x > t]
    return np.sum(y**2), len(y), y * 2


@given((X,))
def delete_neg(x):
    return np.delete(x, np.where(x < 0)[0])


@given((X,))
def tolist(x):
    return x[x > 0].tolist()


@given((X,))
def local_maxima(x):
    return [i for i in range(1, len(x) - 1) if x[i] > x[i - 1] and x[i] > x[i + 1]]


@given((np.array([[0.0, 1.0], [3.0, 4.0], [0.0, 2.0]]),))
def list_of_tuples_rows(pts):
    res = []
    for q in pts:
        if np.linalg.norm(q) > 1.5:
            res.append((np.linalg.norm(q), q))
    return res


@given((np.array([1, 5, 2, 8]), 4))
def ints(a, k):
    res = []
    for i, v in enumerate(a):
        if v > k:
            res.append(i)
    return res


@given((np.array([1, 5, 2, 8]), 4))
def bools(a, k):
    res = []
    for v in a:
        if v != k:
            res.append(bool(v > 3))
        if v == 8:
            break
    return res


@given((5.0,))
def with_strings(a):
    res = []
    while a > 1:
        res.append((a, "x", None))
        a = a / 2
    return res


@given((5.0,))
def growarr(a):
    res = np.array([a])
    while a > 1:
        a = a / 2
        res = np.append(res, a)
    return res


@pytest.mark.parametrize(("program", "args"), PROGRAMS, ids=lambda v: getattr(v, "__name__", ""))
def test_results_have_the_length_that_the_data_decide(program, args):
    agree(program, *args)


def squares_above(x, limit):
    found = []
    for v in x:
        if v > limit:
            found.append(v * v)
    return found


def both_ways(x, limit):
    chosen = x[x > limit]
    return {"squares": chosen**2, "list": [(v, v * 3.0) for v in chosen], "n": len(chosen)}


def reference(fn, *args):
    return call_reference(anvil.jit(fn), copy.deepcopy(args), {}, "O2")


def test_tangents_and_cotangents_have_the_same_length():
    def moved(x):
        return anvil.jvp(squares_above, (x, 0.0), (np.ones(5), 0.0))

    value, tangent = reference(moved, X)
    assert value == [1.0, 9.0, 0.25]
    assert tangent == [2.0, 6.0, 1.0]

    def pulled(x):
        value, pullback = anvil.vjp(lambda x: both_ways(x, 0.0), x)
        return value["n"], pullback(
            {
                "squares": np.array([1.0, 2.0, 3.0]),
                "list": [(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)],
                "n": None,
            }
        )

    n, (bar,) = reference(pulled, X)
    assert n == 3
    np.testing.assert_allclose(bar, [3.0, 0.0, 15.0, 3.0, 0.0])


def test_a_loss_over_a_list_of_any_length():
    def loss(x):
        kept = squares_above(x, 0.0)
        total = 0.0
        for k, v in enumerate(kept):
            total += v * (k + 1) / len(kept)
        return total

    got = reference(lambda x: anvil.grad(loss)(x), X)
    np.testing.assert_allclose(got, [2.0 / 3, 0.0, 12.0 / 3, 1.0, 0.0])
    value, slope = reference(lambda x: anvil.value_and_grad(loss)(x), X)
    assert value == loss(X)
    np.testing.assert_allclose(slope, got)


def test_a_cotangent_of_another_length():
    def pulled(x, bar):
        return anvil.vjp(lambda x: squares_above(x, 0.0), x)[1](bar)

    (bar,) = reference(pulled, X, [1.0, 1.0, 1.0])
    np.testing.assert_allclose(bar, [2.0, 0.0, 6.0, 1.0, 0.0])
    with pytest.raises(ValueError, match="the cotangent has another length than its value"):
        reference(pulled, X, [1.0, 1.0])
    with pytest.raises(anvil.AnvilError) as refused:
        reference(pulled, X, np.ones(3))
    assert refused.value.code == "bad-tangent"


def test_the_compiled_function():
    import jax
    import jax.numpy as jnp

    compiled = anvil.jit(both_ways)
    for x in (X, -X, np.zeros(5)):
        got, want = compiled(x, 0.0), both_ways(x, 0.0)
        assert got["list"] == want["list"]
        assert got["n"] == want["n"]
        np.testing.assert_array_equal(got["squares"], want["squares"])
        assert got["squares"].flags.writeable
    many = [float(k % 7) for k in range(200)]
    assert anvil.jit(lambda xs: merge(xs, xs))(many) == merge(many, many)
    arrays = compiled(jnp.asarray(X), 0.0)
    assert isinstance(arrays["squares"], jax.Array)
    assert arrays["squares"].shape == (3,)
    slope = anvil.vjp(lambda x: squares_above(x, 0.0), X)
    assert slope[0] == [1.0, 9.0, 0.25]
    np.testing.assert_allclose(slope[1]([1.0, 0.0, 1.0])[0], [2.0, 0.0, 0.0, 1.0, 0.0])
    with pytest.raises(anvil.AnvilError) as refused:
        jax.jit(lambda x: compiled(x, 0.0)["list"])(jnp.asarray(X))
    assert refused.value.code == "value-needed"


@pytest.mark.parametrize(
    "program",
    [
        lambda x: anvil.jacobian(lambda x: x[x > 0])(x),
        lambda x: anvil.vmap(lambda x: x[x > 0])(np.stack([x, x])),
        lambda x: np.reshape(x[x > 0], (2, -1)),
    ],
)
def test_where_lengths_have_to_be_known(program):
    with pytest.raises(anvil.AnvilError) as refused:
        reference(program, X)
    assert refused.value.code == "dynamic-shape"


def ints_above(x):
    found = []
    for k in range(len(x)):
        if x[k] > 5:
            found.append(k)
    return np.array(found)


def test_an_empty_list_is_an_array_of_floats():
    agree(ints_above, X * 3)
    with pytest.raises(TypeError, match=r"np\.array of this list, which is empty, is"):
        reference(ints_above, X)


def test_elements_taken_out():
    agree(lambda x, m: np.delete(x, m), X, np.array([True, False, True, False, False]))
    agree(lambda x: np.delete(x, x < 0), X)
    agree(lambda x, k: np.delete(x, [k, 1]), X, 1)
    agree(lambda x, v: np.delete(x, int(v)), X, 2.0)
    agree(lambda x, v: np.delete(np.stack([x, x]), int(v), axis=1), X, -2.0)
    agree(lambda x: np.unique(np.round(x), return_index=True, return_inverse=True), X)
