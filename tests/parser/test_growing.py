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


PROGRAMS = [
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
