"""Static by discovery: ints and bools that become known, loops that are unrolled for it."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.errors import AnvilWarning, UnsupportedError
from anvil.ir.analysis import op_counts
from tests.parser.harness import agree, compile_for, run


def length_of_a_result(n, x):
    k = 2 * n + 1
    return np.zeros((k,)) + x


def flag_decides_an_axis(x, rows):
    return x.sum(axis=int(rows))


def through_calls(x, n):
    def helper(m):
        return np.arange(m)

    return helper(n + 1) * x


def through_branches(x, n):
    if x > 0:
        y = np.ones(n).sum()
        y = y * 2
    else:
        y = np.float64(x)
    return y + x


def dynamic_as_long_as_possible(x, n):
    return x * n + (n % 3)


def slice_bound(x, n):
    return x[:n] * 2


def shapes_in_a_loop(x, n):
    for i in range(1, n):
        x = x + np.ones(i).sum()
    return x


def loop_over_containers(x):
    layers = [(2.0, "a"), (3.0, "b")]
    for i in range(len(layers)):
        w, name = layers[i]
        x = x * w if name == "a" else x + w
    return x


def inner_loop_unrolls_alone(x):
    t = 0.0
    for i in range(3):
        for part in (x, x[:2]):
            t += part.sum() * i
    return t


def flag_decides_a_shape(x, short):
    if short:
        return x[:2]
    return x


def flag_decides_a_structure(x, pair):
    return (x, x) if pair else x


def int_decides_a_structure_in_a_callee(x, n):
    def pick(m):
        if m > 2:
            return [x, x]
        return {"x": x}

    return pick(n - 1)


def counted_by_a_while(x, n):
    m = n
    while m > 1:
        m //= 2
    return np.zeros(m + n) + x


def counted_by_a_while_in_a_callee(x, n):
    def bits(k):
        count = 0
        while k:
            k >>= 1
            count += 1
        return [x] * count

    return bits(n)


def counted_by_a_for(x, n):
    total = 0
    for i in range(n):
        total += i
    return np.ones(total) * x


def formatted(x, n):
    old = "%d" % n  # noqa: UP031
    return {old: x, "ab" * n: x, f"{n:03d}": x, str(n + 1): x}


def repeated(x, n):
    return [x] * n, (x,) * n


PROGRAMS: list[tuple[Any, tuple[Any, ...]]] = [
    (length_of_a_result, (2, 1.5)),
    *((flag_decides_an_axis, (np.arange(6.0).reshape(2, 3), f)) for f in (True, False)),
    (through_calls, (2.0, 3)),
    *((through_branches, (x, 3)) for x in (1.0, -1.0)),
    (dynamic_as_long_as_possible, (2.0, 4)),
    (slice_bound, (np.arange(5.0), 3)),
    (shapes_in_a_loop, (1.0, 4)),
    *((flag_decides_a_shape, (np.arange(3.0), f)) for f in (True, False)),
    *((flag_decides_a_structure, (2.0, f)) for f in (True, False)),
    *((int_decides_a_structure_in_a_callee, (2.0, n)) for n in (2, 5)),
    (counted_by_a_while, (2.0, 5)),
    (counted_by_a_while_in_a_callee, (2.0, 5)),
    (counted_by_a_for, (2.0, 4)),
    (formatted, (2.0, 3)),
    *((repeated, (2.0, n)) for n in (2, np.int64(2), np.uint8(2))),
    (loop_over_containers, (2.0,)),
    (inner_loop_unrolls_alone, (np.arange(3.0),)),
]


@pytest.mark.parametrize("fn, args", PROGRAMS, ids=lambda p: getattr(p, "__name__", None))
def test_agrees_with_cpython(fn, args):
    agree(fn, *args)


def test_what_was_promoted_is_reported():
    parsed, values = compile_for(length_of_a_result, 2, 1.5)
    (promoted,) = parsed.promoted
    assert (promoted.leaf, promoted.name, promoted.value) == (0, "n", 2)
    assert promoted.why == "the shape"
    assert promoted.loc.line == length_of_a_result.__code__.co_firstlineno + 2
    assert len(parsed.program.main.params) == len(values) == 1


def test_an_int_stays_dynamic_until_its_value_is_needed():
    parsed, _ = compile_for(dynamic_as_long_as_possible, 2.0, 4)
    assert not parsed.promoted


def test_a_flag_stays_dynamic_where_the_branches_are_alike():
    parsed, _ = compile_for(lambda x, f: x if f else x * 2, np.arange(3.0), True)
    assert not parsed.promoted


def test_only_the_loop_that_needs_it_is_unrolled():
    parsed, _ = compile_for(inner_loop_unrolls_alone, np.arange(3.0))
    assert op_counts(parsed.program)["for"] == 1


def length_from_data(x):
    return np.zeros(int(x))


def length_from_a_float_argument_in_a_callee(x):
    return through_calls(x, int(x))


@pytest.mark.parametrize("fn", [length_from_data, length_from_a_float_argument_in_a_callee])
def test_lengths_that_data_decide_are_refused(fn):
    with pytest.raises(UnsupportedError, match="is needed while compiling") as refused:
        run(fn, 3.0)
    assert refused.value.code == "value-needed"


def many_rounds(x):
    total = ()
    for _ in range(1200):
        total += (x,)
    return len(total) * x


def test_long_unrolling_warns():
    parsed, _ = compile_for(many_rounds, 1.0)
    assert [w.code for w in parsed.warnings] == ["many-unrolled"]
    assert issubclass(AnvilWarning, UserWarning)


def digits(n):
    return bin(n), hex(n), oct(n), chr(65 + n), ord("a") + n, bin(n).count("1")


def test_digits_of_an_argument_make_it_static():
    agree(digits, 5)
    agree(digits, 12)


MASK = np.array([True, False, True, True])


def test_arrays_whose_contents_decide_a_shape_become_static() -> None:
    def chosen(x: Any, mask: Any) -> Any:
        return x[mask] * 2

    x = np.arange(4.0)
    run = anvil.jit(chosen)
    np.testing.assert_array_equal(run(x, MASK), chosen(x, MASK))
    np.testing.assert_array_equal(run(x, ~MASK), chosen(x, ~MASK))
    assert "mask = array([ True, False,  True,  True]) is static" in run.explain()
    agree(lambda x, sizes: (np.zeros(sizes[0]) + x[0], np.ones(sizes[1])), x, np.array([2, 3]))
    with pytest.raises(anvil.AnvilError, match="writes to its argument"):
        anvil.jit(_cleared)(x, MASK.copy())


def _cleared(x: Any, mask: Any) -> Any:
    y = x[mask]
    mask[0] = False
    return y


def test_the_masked_form_is_preferred() -> None:
    parsed, _ = compile_for(lambda x, mask: x[mask].sum(), np.arange(4.0), MASK)
    assert not parsed.promoted


def test_what_is_computed_from_known_arrays_is_known() -> None:
    def known(x: Any) -> Any:
        mask = np.arange(4) * 2 % 4 == 0
        k = np.arange(12)[1::3]
        labels = np.array([0, 1, 1, 0])
        groups = np.unique(labels)
        means = np.array([x[labels == g].mean() for g in groups])
        return x[mask], np.zeros(k[:2].sum()), x[k % 4], means, np.ones(np.max(k) - 8)

    agree(known, np.arange(4.0))


def test_positions_of_what_is_not_zero() -> None:
    def places(x: Any) -> Any:
        i = np.nonzero(x > 1)[0]
        (j,) = np.where(x < 2)
        picked = np.extract(x > 0, x).sum(), np.compress(x > 1, x).mean()
        return x[i].sum() * len(j), x[np.flatnonzero(x > 0)].prod(), i[0], picked

    agree(places, np.arange(4.0))


def _padded(x: Any, counts: Any) -> Any:
    return np.concatenate([x, np.zeros(counts[0])])


def _layers(x: Any, sizes: Any) -> Any:
    for a, b in itertools.pairwise(sizes):
        x = np.tanh(x @ np.full((a, b), 0.1))
    return x


def test_known_arrays_are_known_to_callees_that_need_their_contents() -> None:
    agree(lambda x: _padded(x, np.array([3, 2])), np.arange(4.0))
    agree(lambda x: _layers(x, np.array([4, 3, 2])), np.arange(4.0))


def test_a_loop_over_a_known_array_decides_a_length() -> None:
    def trimmed(x: Any) -> Any:
        last, known = 0, np.array([0.0, 1.0, 2.0, 0.0])
        for i in range(len(known) - 1, -1, -1):
            if known[i] != 0:
                last = i
                break
        return x[: last + 1]

    agree(trimmed, np.arange(4.0))


def test_polynomials_of_numpy() -> None:
    def expected(mean: Any, n: int) -> Any:
        nodes, weights = np.polynomial.hermite.hermgauss(n)
        return np.sum(weights * np.exp(mean + 0.1 * nodes))

    def evaluated(x: Any, c: Any) -> Any:
        module = np.polynomial
        return module.chebyshev.chebval(x, c), module.polynomial.polyder(c), module.Polynomial(c)(x)

    agree(expected, 0.5, 7)
    agree(evaluated, np.linspace(-1.0, 1.0, 3), np.array([1.0, 2.0, -0.5]))
