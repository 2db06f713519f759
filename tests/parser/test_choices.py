"""Variables that are one of several unlike things: None or a number, one function or another,
objects of different classes, arrays of different shapes.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.parser.harness import agree, compile_for, run

X = np.array([1.0, -2.0, 3.0])
ROWS = np.arange(6.0).reshape(2, 3)
SCALARS = (1.5, -1.5, 0.0)


def best_so_far(x, n):
    best = None
    for i in range(n):
        if best is None or x[i] > best:
            best = x[i]
    return best


def best_positive(x, n):
    best = None
    for i in range(n):
        if x[i] > 0:
            best = x[i] if best is None else max(best, x[i])
    return 0.0 if best is None else best * 2


def variation(x, n):
    previous = None
    total = 0.0 * x[0]
    for i in range(n):
        if previous is not None:
            total += abs(x[i] - previous)
        previous = x[i]
    return total


def sum_of_rows(x, n):
    total = 0
    for _ in range(n):
        total = total + x
    return total


def linked(x, n):
    node = None
    k = 0
    while k < n:
        node = (x, k) if node is None else (node[0] * 2, k)
        k += 1
    return node


@pytest.mark.parametrize("fn", [best_so_far, best_positive, variation, sum_of_rows])
@pytest.mark.parametrize("n", [0, 1, 3])
def test_loops_carry_what_is_none_at_first(fn, n):
    agree(fn, X, n)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_structures_that_begin_as_none(n):
    agree(linked, 1.5, n)


def function_by_data(x):
    f = np.sin if x > 0 else np.cos
    return f(x) + (math.exp if x > 1 else lambda t: t * t)(x)


def closures_by_data(x):
    def square(v):
        return v * v

    def scaled(v):
        return x * v

    f = square
    if x > 1:
        f = scaled
    elif x < -1:
        f = abs
    return f(x + 0.5)


def none_or_number(x):
    if x > 0:
        return None
    return x


def falls_off_the_end(x):
    if x > 0:
        return x * 2.0


def text_by_data(x):
    kind = "up" if x > 0 else "down" if x < 0 else "level"
    scale = {"up": 2.0, "down": 3.0, "level": 4.0}[kind]
    return x * scale, kind, kind.upper() + "!", kind == "up", kind in ("up", "level")


def other_shapes(x):
    y = x * np.ones(3) if x > 0 else x * np.ones((2, 2))
    return y.sum() + len(y) + y.ndim, y


def tuples_of_other_lengths(x):
    items = (x, 1.0) if x > 0 else (x, 2.0, 3.0)
    total = 0.0
    for v in items:
        total += v
    first, *rest = items
    return total, first, len(rest), len(items)


def number_or_pair(x):
    y = (x, x + 1) if x > 0 else x
    return y[0] if isinstance(y, tuple) else -y


def int_or_float(x):
    if x > 1:
        return 7
    return x if x > 0 else np.float32(2.0)


def number_or_none_used(x):
    y = None
    if x > 0:
        y = x
    return y + 1


def truth_of_either(x):
    y = x if x > 0 else None
    z = [] if x > 0 else [x]
    return (1 if y else 2), (not z), y is not None, isinstance(y, float)


def test_an_operation_that_none_does_not_have_raises():
    assert run(number_or_none_used, 1.5) == 2.5
    with pytest.raises(TypeError, match="None"):
        run(number_or_none_used, -1.5)


class Disc:
    def __init__(self, r):
        self.r = r

    def area(self):
        return math.pi * self.r**2


class Box:
    def __init__(self, w, h):
        self.w, self.h = w, h

    def area(self):
        return self.w * self.h


def class_by_data(x):
    shape = Disc(x) if x > 0 else Box(x, 2.0)
    return shape.area() * 2.0, type(shape) is Disc, isinstance(shape, Box)


@pytest.mark.parametrize(
    "fn",
    [
        function_by_data,
        closures_by_data,
        none_or_number,
        falls_off_the_end,
        text_by_data,
        other_shapes,
        tuples_of_other_lengths,
        number_or_pair,
        int_or_float,
        truth_of_either,
        class_by_data,
    ],
)
@pytest.mark.parametrize("x", SCALARS)
def test_unlike_values(fn, x):
    agree(fn, x)


def or_default(x):
    y = x if x > 0 else None
    return (y or 3.0) * x


def one_of_two(x):
    def inner(y):
        return None if y > 1 else y * y

    r, s = inner(x), inner(x / 2)
    if r is None and s is None:
        return -x
    if r is None:
        return s
    return r


def only_while_positive(x):
    if x > 0:
        return x * x


@pytest.mark.parametrize("fn", [or_default, one_of_two])
@pytest.mark.parametrize("x", [*SCALARS, 4.0])
def test_tests_narrow(fn, x):
    agree(fn, x)


@pytest.mark.parametrize("x", [1.5, 0.5, 4.0])
def test_derivatives_of_what_is_not_none(x):
    for fn in (or_default, one_of_two, only_while_positive):
        slope = (fn(x + 1e-6) - fn(x - 1e-6)) / 2e-6
        assert anvil.grad(fn)(x) == pytest.approx(slope, rel=1e-7)
    with pytest.raises(TypeError, match="has returned None"):
        anvil.grad(only_while_positive)(-1.0)


# ---- a later write reaches the one that was chosen


def chosen_array(x, c):
    a, b = x.copy(), x * 2.0
    t = a if c > 0 else b
    t[0] = 100.0
    a[1] = 50.0
    return a, b, t


def chosen_row(x, c):
    z = x.copy()
    row = z[0] if c > 0 else z[1]
    row += 1.0
    z[:, 1] = 9.0
    return z, row


def other_dtype(x, c):
    y = np.arange(3)
    if c > 0:
        y = np.ones(3)
    y[0] = 0.5
    y[1:] += 2
    return y


def chosen_object(x, c):
    p, q = Disc(x), Disc(2.0)
    target = p if c > 0 else q
    target.r += 1.0
    p.r *= 3.0
    return p.r, q.r, target.r


def chosen_in_a_loop(x, n):
    a, b = np.zeros(3), np.ones(3)
    t = a
    for i in range(n):
        if x[i] > 0:
            t = b
        t[i] = x[i]
    t[0] = 5.0
    return a, b, t


@pytest.mark.parametrize("n", [0, 1, 3])
def test_writes_reach_what_a_loop_has_chosen(n):
    agree(chosen_in_a_loop, X, n)
    agree(chosen_in_a_loop, -X, n)


def helper(flag):
    return np.arange(3) if flag > 0 else np.ones(3)


def dtype_of_a_helper(x, c):
    y = helper(c)
    y[0] = 0.75
    return y


@pytest.mark.parametrize("fn", [chosen_array, chosen_row, other_dtype, chosen_object])
@pytest.mark.parametrize("c", [1, -1])
def test_writes_reach_what_was_chosen(fn, c):
    agree(fn, ROWS if fn is chosen_row else 0.5 if fn is chosen_object else X, c)


@pytest.mark.parametrize("c", [1, -1])
def test_dtypes_of_results_of_calls(c):
    agree(dtype_of_a_helper, 1.0, c)


# ---- compiled by XLA, differentiated


@pytest.mark.parametrize("x", [1.5, 0.5, -1.5])
def test_derivatives_of_chosen_functions(x):
    for fn in (function_by_data, closures_by_data):
        h = 1e-6
        slope = (fn(x + h) - fn(x - h)) / (2 * h)
        assert anvil.grad(fn)(x) == pytest.approx(slope, rel=1e-7)
        assert anvil.jvp(fn, (x,), (1.0,))[1] == pytest.approx(slope, rel=1e-7)


def test_derivatives_through_a_loop_that_begins_with_none():
    loss = anvil.grad(lambda x, n: best_positive(x, n) ** 2)
    np.testing.assert_allclose(loss(X, 3), [0.0, 0.0, 24.0])
    np.testing.assert_allclose(anvil.hessian(best_positive)(X, 3), np.zeros((3, 3)))


def test_results_of_several_kinds():
    compiled = anvil.jit(text_by_data)
    assert compiled(1.0) == text_by_data(1.0)
    assert compiled(-1.0) == text_by_data(-1.0)
    assert anvil.jit(falls_off_the_end)(-1.0) is None
    assert type(anvil.jit(int_or_float)(2.0)) is int


def test_results_of_several_kinds_inside_jax():
    inner = anvil.jit(int_or_float)
    assert float(jax.jit(lambda x: inner(x))(2.0)) == 7.0
    with pytest.raises(Exception, match="one of several unlike things"):
        jax.jit(lambda x: anvil.jit(none_or_number)(x))(2.0)


# ---- what is known, and what stays refused


def by_flag(x, flag):
    parts = [x]
    if flag:
        parts.append(x * 2.0)
    return sum(parts)


def test_an_argument_that_decides_a_structure_is_static():
    agree(by_flag, 2.0, True)
    agree(by_flag, 2.0, False)
    parsed, _ = compile_for(lambda x, flag: by_flag(x, flag) + len(str(flag)), 2.0, True)
    assert [p.name for p in parsed.promoted] == ["flag"]


def many_shapes(x):
    y = np.zeros(1)
    for k in range(2, 12):
        if x > k:
            y = np.zeros((1,) * k)
    return y


def test_too_many_options_are_refused():
    with pytest.raises(anvil.AnvilError) as refused:
        run(many_shapes, 3.0)
    assert refused.value.code == "branch-types"


def matched(x):
    shape = Disc(x) if x > 0 else (x, 2.0)
    match shape:
        case Disc(r=r):
            return r * 3.0
        case (a, b):
            y = a + b
    return y


@pytest.mark.parametrize("x", SCALARS)
def test_match_on_unlike_values(x):
    agree(matched, x)


# ---- unlike elements at an index that only data decide


def table_of_states(start: int, x: float) -> float:
    def idle(v: float) -> Any:
        return (1 if v > 0.55 else 0), v + 0.1

    def run(v: float) -> Any:
        return (2 if v > 1.0 else 1), v * 1.3

    def stop(v: float) -> Any:
        return -1, v

    table = (idle, run, stop)
    state = start
    while state >= 0:
        state, x = table[state](x)
    return x


def kernels(x: float, codes: np.ndarray) -> float:
    known = [lambda d: d, lambda d: d * d, math.exp]

    def kernel(i: int, d: float) -> Any:
        return known[i](d)

    total = 0.0
    for c in codes:
        total += kernel(int(c), x)
    return total


def rows_of_unlike_length(a: list[float], b: list[float], picks: np.ndarray) -> Any:
    rows = [list(a), list(b)]
    total = 0.0
    for i in picks:
        rows[i][0] += 1.0
        rows[i][-1] *= 2.0
        total += sum(rows[i])
    return rows, total


def from_the_end(x: np.ndarray, i: float) -> Any:
    return (np.sum, np.max, np.min)[int(i)](x)


def lists_of_a_pair(x: float, y: float) -> Any:
    n, left, right, rows = 0, [1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [[0.0] * 3] * 12
    while x < 3:
        x, n = x + y, n + 1
    pair = [left, right]
    pair[n % 2][n % 3] = x * y
    for i in range(4):
        (left, right)[(n + i) % 2].append(x * i)
    rows[n][n % 3] += x
    return left, right, pair, rows


def buffers_in_turn(x: float, y: float) -> Any:
    buffers = (np.zeros(3), np.ones(3))
    for i in range(5):
        source, target = buffers[(int(y) + i) % 2], buffers[(int(y) + i + 1) % 2]
        target[:] = source * x + y
    return buffers


def written_later(x: float, y: float) -> Any:
    """An element that was chosen is the object itself: writes by other names reach it."""
    a, b, m, xs, ys = np.zeros(3), np.ones(3), np.zeros((2, 3)), [1.0], [2.0]
    one, row, items = (a, b)[int(y) % 2], [m[0], m[1]][int(y) % 2], (xs, ys)[int(y) % 2]
    a[:], b[:], m[:] = a + x, b * y, x
    xs.append(x)
    ys.append(y)
    return one, row, items


def entry_written_later(x: float, y: float) -> Any:
    a, b = np.zeros(3), np.ones(3)
    entry = {0: a, 1: b}[int(y) % 2]
    for _ in range(2):
        a[:], b[:] = a + x, b * y
    return entry


def rows_that_grow(x: float, y: float) -> Any:
    left, right = [1.0, 2.0, 3.0], [4.0, 5.0, 6.0]
    pair = [left, right]
    pair[int(y) % 2][1] = x
    while x < 4:
        left.append(x)
        x += y
    return left, right, pair


def letters(x: float, y: float) -> float:
    turns, at, i = "RLLRRLRLRLRLLLLLRLRRRRL", 0.0, int(y)
    while x < 9:
        at, x, i = (at + x if turns[i % len(turns)] == "R" else at - y), x + y, i + 1
    return at


BY_INDEX = (
    lists_of_a_pair,
    buffers_in_turn,
    written_later,
    entry_written_later,
    rows_that_grow,
    letters,
)
X3 = np.array([0.5, 2.0, 1.0])


def table_of_choices(x: float, i: float) -> float:
    table = ((np.cos if x > 0.5 else np.arctan), None if x > 0.6 else np.exp, lambda z: z * x)
    f = table[int(i)]
    return -1.0 if f is None else f(x)


def narrowed_step_by_step(x: float, i: float) -> Any:
    r = [x, None, 2, 3.0 * x, None, np.ones(2) * x, lambda: x * x][int(i)]
    if r is None:
        return 1.5
    if callable(r):
        return r()
    return np.sum(r) * 1.0


@pytest.mark.parametrize(
    ("fn", "args"),
    [
        (table_of_states, (0, 0.3)),
        (table_of_states, (1, 0.3)),
        (kernels, (0.7, np.arange(3.0))),
        (rows_of_unlike_length, ([1.0, 2.0], [3.0, 4.0, 5.0], np.array([0, 1, 1]))),
        (from_the_end, (X3, -1.0)),
        (from_the_end, (X3, 1.5)),
        (from_the_end, (X3, 3.0)),
        *((f, (0.7, y)) for f in BY_INDEX for y in (1.2, 2.3)),
        *((table_of_choices, (x, i)) for x in (0.3, 0.55, 0.7) for i in (0.0, 1.0, 2.0)),
        *((narrowed_step_by_step, (0.7, i)) for i in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)),
    ],
)
def test_unlike_elements_at_computed_indices(fn: Any, args: Any) -> None:
    agree(fn, *args)


def test_derivative_of_a_function_that_data_choose() -> None:
    got = anvil.grad(kernels)(0.7, np.array([0.0, 1.0, 2.0, 1.0]))
    np.testing.assert_allclose(got, 1.0 + 2 * 1.4 + math.exp(0.7), rtol=1e-12)


@pytest.mark.parametrize("i", range(7))
def test_derivatives_where_options_are_excluded(i: int) -> None:
    slopes = [1.0, 0.0, 0.0, 3.0, 0.0, 2.0, 1.4]
    got = call_reference(anvil.grad(narrowed_step_by_step), (0.7, float(i)), {})
    assert got == pytest.approx(slopes[i])


def test_a_known_index_still_takes_its_element() -> None:
    def layers(x: float) -> Any:
        weights = [np.full((3, 1), 0.3), np.full((2, 3), 0.2), np.ones((1, 2))]
        v = np.array([x])
        for i in range(3):
            v = np.tanh(weights[i] @ v)
        return v

    agree(layers, 0.4)


def raised_first(seen, v):
    seen[0] += v
    return True


def lowered_second(seen, v):
    seen[1] -= v
    return False


def answers_with_effects(x):
    seen = np.zeros(2)
    step = raised_first if x > 0 else lowered_second
    return step(seen, x), seen


@pytest.mark.parametrize("x", SCALARS)
def test_known_answers_keep_their_effects(x):
    agree(answers_with_effects, x)
