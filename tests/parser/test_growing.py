"""Lists and arrays that grow in loops, also where the data decide how often."""

from __future__ import annotations

import copy
import heapq
import math
from collections import deque

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.parser.harness import same

WAVE = np.cos(np.arange(12) * 1.7)
GRAPH = np.array(
    [[0, 1, 1, 0, 0], [1, 0, 0, 1, 0], [1, 0, 0, 0, 1], [0, 1, 0, 0, 1], [0, 0, 1, 1, 0]]
)
COSTS = np.where(GRAPH > 0, np.arange(25).reshape(5, 5) + 1.0, 0.0)


def geometric(x):
    xs = [x]
    while xs[-1] < 100.0:
        xs.append(xs[-1] * 1.3)
    return sum(xs), len(xs), xs[-2]


def sometimes(a):
    out, t = [], 0.0
    while t < a:
        if math.sin(t) > 0:
            out.append(t * a)
        t += 0.37
    return sum(out), len(out)


def depth_first(adjacent):
    n = len(adjacent)
    seen, stack, order = [False] * n, [0], []
    while stack:
        u = stack.pop()
        if seen[u]:
            continue
        seen[u] = True
        order.append(u)
        for v in range(n):
            if adjacent[u, v] and not seen[v]:
                stack.append(v)
    return len(order), order[2], order[-1]


def breadth_first(adjacent):
    dist = [-1] * len(adjacent)
    dist[0] = 0
    queue = deque([0])
    while queue:
        u = queue.popleft()
        for v in range(len(adjacent)):
            if adjacent[u, v] and dist[v] < 0:
                dist[v] = dist[u] + 1
                queue.append(v)
    return dist


def shortest(costs):
    n = len(costs)
    dist = [math.inf] * n
    dist[0] = 0.0
    waiting = [(0.0, 0)]
    while waiting:
        d, u = heapq.heappop(waiting)
        if d > dist[u]:
            continue
        for v in range(n):
            if costs[u, v] > 0 and d + costs[u, v] < dist[v]:
                dist[v] = d + costs[u, v]
                heapq.heappush(waiting, (dist[v], v))
    return [float(d) for d in dist]


def merged(x):
    a, b = sorted(map(float, x[:6])), sorted(map(float, x[6:]))
    out, i, j = [], 0, 0
    for _ in range(12):
        if j >= len(b) or (i < len(a) and a[i] <= b[j]):
            out.append(a[i])
            i += 1
        else:
            out.append(b[j])
            j += 1
    return out


def both_ways(x, limit):
    path = [x]
    for _ in range(6):
        path.append(path[-1] + 1.0)
        while path[-1] > limit:
            path.append(path[-1] * 0.5)
    return sum(path), len(path)


def appended(x):
    a = np.array([])
    for i in range(len(x)):
        a = np.append(a, np.sin(x[i]) * 2)
    return a, a * x


def appended_ints(x):
    a, b = np.array([]), np.array([1, 2])
    for i in range(len(x)):
        a, b = np.append(a, i), np.append(b, i)
    return a * x, b


def used_inside(x):
    a, s = np.array([x[0]]), 0.0
    for i in range(1, len(x)):
        a = np.append(a, a[-1] * 0.9 + x[i])
        s = s + a.mean() + len(a) * a.max()
    return s, a


def rows(x):
    y, t = np.array([[1.0, 0.0]]), np.array([0.0])
    for v in x:
        slope = np.array([y[-1, 1], -y[-1, 0]])
        y = np.vstack([y, y[-1] + 0.1 * slope * v])
        t = np.concatenate([t, t[-1:] + 0.1])
    return t, y, len(y)


def columns(x):
    a = x[:4].reshape(4, 1)
    for k in range(2, 40):
        a = np.column_stack([a, a[:, 0] * k])
    return a


def in_front(x):
    a = np.array([1.0])
    for v in x:
        a = np.hstack((v * a[0], a))
    return a


def triangle(x):
    row = np.array([1.0])
    for _ in range(36):
        row = np.append(row, 0.0) + np.append(0.0, row) * x[0] * 0.1
    return row


def selected(x):
    positive, negative = np.array([]), np.array([])
    for v in x:
        if v > 0:
            positive = np.append(positive, v)
        else:
            negative = np.append(negative, v * 2)
    return positive.sum() - negative.sum(), np.max(positive), len(negative)


def with_more(a, v):
    return np.append(a, v)


def by_a_helper(x):
    a = np.array([])
    for v in x:
        a = with_more(with_more(a, v), 2 * v)
        if v > 0:
            a = with_more(a, 3 * v)
    return a.sum(), len(a), a[-1], a[40]


def left_early(x):
    a = np.array([])
    for v in x:
        if v > 0.99 and len(a) > 3:
            break
        a = np.append(a, v)
    return a.sum(), len(a)


def on_data(x):
    a = np.array([x])
    while a[-1] < 100.0:
        a = np.append(a, a[-1] * 1.1)
    return a.sum(), len(a), a[3]


def shorter(x):
    a, s = x * 2, 0.0
    for _ in range(35):
        s += a[0] * a.sum()
        a = a[1:]
    return s, a


def two_calls(x):
    out = []

    def add(v):
        out.append(v)

    for v in x:
        if v > -2.0:
            add(v)
        add(2 * v)
        add(3 * v)
    return sum(out), len(out), out[-1], out[100]


def sorted_by_merging(a):
    if len(a) <= 1:
        return a
    m = len(a) // 2
    left, right = sorted_by_merging(a[:m]), sorted_by_merging(a[m:])
    out, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if left[i] <= right[j]:
            out.append(left[i])
            i += 1
        else:
            out.append(right[j])
            j += 1
    out.extend(left[i:])
    out.extend(right[j:])
    return out


def merge_sort(x):
    s = sorted_by_merging(list(x))
    return s[0] * s[3], s[-1], len(s), sum(v * i for i, v in enumerate(s))


def parts(x):
    positive = [v for v in x if v > 0]
    some = positive[2:5]
    return (
        sum(positive[1:]) - sum(positive[-3:]),
        some[0] * some[-1],
        len(positive[:-1]),
        len(positive[100:]),
    )


def moving_parts(x):
    s = 0.0
    xs = [v * 2 for v in x]
    for i in range(3, 20):
        s += sum(xs[i : i + 3]) + max(xs[:i])
    return s


def extended(x):
    out = [x[0]]
    for i in range(8):
        out.extend([v for v in x[5 * i : 5 * i + 5] if v > 0])
    out += [v for v in x if v < 0]
    return sum(v * i for i, v in enumerate(out)), len(out), out[-1]


def neighbours(x):
    tops = [i for i in range(1, len(x) - 1) if x[i] > x[i - 1] and x[i] > x[i + 1]]
    best = min((v for v in x if v > 0.2), key=lambda v: abs(v - 0.5))
    before, after = tops[:-1], tops[1:]
    return sum((b - a) * x[a] for a, b in zip(before, after, strict=True)) * best


def of_unequal_length(x):
    a, b = [v for v in x if v > 0], [v for v in x if v > 0.5]
    try:
        return sum(p * q for p, q in zip(a, b, strict=True))
    except ValueError:
        return sum(a) - sum(b)


LONG = np.cos(np.arange(40) * 1.7)
GROWN = [
    (appended, LONG),
    (appended_ints, LONG),
    (used_inside, LONG),
    (rows, LONG),
    (columns, LONG),
    (in_front, LONG),
    (triangle, LONG),
    (selected, LONG),
    (selected, WAVE),
    (by_a_helper, LONG),
    (left_early, LONG),
    (on_data, 1.5),
    (shorter, LONG),
    (two_calls, LONG),
    (merge_sort, WAVE[:8]),
    (parts, LONG),
    (moving_parts, LONG),
    (extended, LONG),
    (neighbours, LONG),
    (of_unequal_length, LONG),
]
PROGRAMS = [
    *GROWN,
    (geometric, 1.5),
    (sometimes, 10.0),
    (depth_first, GRAPH),
    (breadth_first, GRAPH),
    (shortest, COSTS),
    (merged, WAVE),
    (both_ways, 0.3, 1.7),
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p[0].__name__)
def test_same_as_python(program):
    fn, *args = program
    want = fn(*copy.deepcopy(args))
    compiled = anvil.jit(fn)
    same(want, call_reference(compiled, args, {}), fn.__name__)


def steps(x, floor):
    xs = [x]
    while xs[-1] > floor:
        xs.append(xs[-1] * 0.99)
    return sum(xs)


@pytest.mark.parametrize("checks", [True, False])
def test_a_list_that_outgrows_its_room_is_given_more(checks):
    compiled = anvil.jit(steps, checks=checks)
    for floor in (0.9, 0.1, 0.5):
        assert np.isclose(compiled(1.0, floor), steps(1.0, floor), rtol=1e-12)
    assert np.isclose(call_reference(compiled, (1.0, 0.1), {}), steps(1.0, 0.1), rtol=1e-12)


def test_derivatives():
    slope = anvil.grad(steps)
    exact = steps(1.0, 0.1)  # the sum is linear in x for a fixed number of steps
    assert np.isclose(slope(1.0, 0.1), exact, rtol=1e-12)
    for fn, args in ((geometric, (1.5,)), (sometimes, (10.0,)), (both_ways, (0.3, 1.7))):

        def first(*a, fn=fn):
            return fn(*a)[0]

        h = 1e-6
        want = (first(args[0] + h, *args[1:]) - first(args[0] - h, *args[1:])) / (2 * h)
        assert np.isclose(call_reference(anvil.grad(first), args, {}), want, rtol=1e-6)
        _, forward = anvil.jvp(first, args, (1.0, *(0.0 for _ in args[1:])))
        assert np.isclose(forward, want, rtol=1e-6)

    def squared(x):
        return geometric(x)[0] ** 2

    assert np.isclose(
        call_reference(anvil.grad(anvil.grad(squared)), (1.5,), {}),
        2 * (geometric(1.5)[0] / 1.5) ** 2,
    )


def test_without_a_host_to_compile_again_it_raises():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        outer = jax.jit(lambda x: anvil.jit(steps)(x, 0.1))
        with pytest.raises(Exception, match="outgrown"):
            outer(1.0).block_until_ready()


@pytest.mark.parametrize("program", GROWN, ids=lambda p: p[0].__name__)
def test_derivatives_of_arrays_that_grow(program):
    fn, x, *rest = program

    def scaled(s):
        out = fn(x * s, *rest)
        return sum(
            np.sum(o * 1.0)
            for o in (out if isinstance(out, tuple) else (out,))
            if np.ndim(o) or isinstance(o, float)
        )

    h = 1e-6
    want = (scaled(1.0 + h) - scaled(1.0 - h)) / (2 * h)
    for got in (
        call_reference(anvil.grad(scaled), (1.0,), {}),
        call_reference(anvil.jit(lambda s: anvil.jvp(scaled, (s,), (1.0,))[1]), (1.0,), {}),
    ):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def test_loops_with_arrays_that_grow_stay_loops():
    def size(n):
        return len(str(anvil.jit(used_inside).ir(np.cos(np.arange(n) * 1.7), stage="parse")))

    assert size(300) < 1.1 * size(100)


def test_arrays_that_grow_on_xla():
    def bent(s):
        return used_inside(LONG * s)[0] ** 2

    h = 1e-4
    want = (bent(1.1 + h) - 2 * bent(1.1) + bent(1.1 - h)) / h**2
    assert np.isclose(anvil.jit(bent)(1.1), bent(1.1), rtol=1e-12)
    assert np.isclose(anvil.grad(anvil.grad(bent))(1.1), want, rtol=1e-5)
