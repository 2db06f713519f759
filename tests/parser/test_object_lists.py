"""Objects and dicts in lists at computed indices: all names of an object see what is written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.parser.harness import agree

WAVE = np.cos(np.arange(36) * 1.7)
FEW = WAVE[:5]


@dataclass
class P:
    x: Any
    v: Any
    m: float = 1.0

    def step(self, dt):
        self.x += dt * self.v
        self.v -= dt * self.x


@dataclass
class Body:
    r: Any
    v: Any


@dataclass
class Vec:
    x: Any
    y: Any

    def __add__(self, other):
        return Vec(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        return Vec(self.x * k, self.y * k)


@dataclass(frozen=True)
class Point:
    x: Any
    y: Any

    def moved(self, by):
        return Point(self.x + by, self.y - by)


@dataclass
class Spring:
    a: P
    b: P
    k: float


def made(x):
    return [P(v, 0.0 * v) for v in x]


def written_in_a_loop(x):
    ps = made(x)
    first = ps[0]
    for i, p in enumerate(ps):
        p.x *= 2
        p.v += i * p.x
    first.x *= 3.0
    return [p.x + p.v for p in ps], first.x


def methods(x):
    ps = made(x)
    for _ in range(3):
        for p in ps:
            p.step(0.1)
    return sum(p.x for p in ps)


def pairs(x):
    ps = [P(v, 0.0 * v, 1.0 + abs(v)) for v in x]
    for i in range(len(ps)):
        for j in range(i + 1, len(ps)):
            d = ps[j].x - ps[i].x
            f = d / (abs(d) ** 3 + 0.1)
            ps[i].v += 0.01 * f * ps[j].m
            ps[j].v -= 0.01 * f * ps[i].m
    return [p.v for p in ps]


def maybe_one_object(x, first, second):
    ps = made(x)
    for k in range(len(first)):
        a, b = ps[first[k]], ps[second[k]]
        a.x += 1.0 * x[0]
        b.x *= 2.0
        a.v += b.x
    return sum(p.v * p.x for p in ps), a is b


def dicts(x, k):
    states = [{"v": v, "n": 0} for v in x]
    for i in range(len(states)):
        states[i]["v"] *= 2.0
        states[i]["n"] += i
    states[k]["v"] = x[1] * 7.0
    return sum(s["v"] for s in states), sum(s["n"] for s in states)


def swapped(x, k):
    ps = made(x)
    a = ps[0]
    ps[0], ps[k] = ps[k], ps[0]
    a.x = 100.0 * x[1]
    ps[0].x += 1.0
    return [p.x for p in ps]


def in_order(x):
    ps = [P(v, v * i) for i, v in enumerate(x)]
    first = ps[0]
    ps.sort(key=lambda p: -p.x)
    for i in range(len(ps)):
        ps[i].v = ps[i].x * i
    return first.v, [p.v for p in ps]


def the_largest(x):
    ps = made(x)
    best = max(ps, key=lambda p: p.x)
    best.v += 10.0
    other = ps[0]
    for p in ps:
        if p.x < other.x:
            other = p
    other.v -= 1.0
    return [p.v for p in ps]


def a_part_of_them(x):
    ps = made(x)
    hot = [p for p in ps if p.x > 0.3]
    for p in hot:
        p.v += p.x
    kept = []
    for p in ps:
        if p.v == 0.0:
            kept.append(p)
    for p in kept:
        p.v = p.x * 2.0
    return [p.v for p in ps], len(hot)


def two_lists(x):
    ps, qs = made(x), made(2 * x)
    for p in ps:
        p.v += 1.0
    for q in qs:
        q.v += 2.0
    for p in ps + qs:
        p.x *= p.v
    return ps[0].x, qs[5].x, sum(q.x for q in qs)


def springs(x):
    ps = made(x)
    joints = [Spring(ps[i], ps[i + 1], 1.0 + 0.1 * i) for i in range(len(ps) - 1)]
    for _ in range(3):
        for s in joints:
            f = s.k * (s.b.x - s.a.x - 0.1)
            s.a.v += 0.1 * f
            s.b.v -= 0.1 * f
        for p in ps:
            p.x += 0.1 * p.v
    return [p.x for p in ps]


def objects_in_objects(x):
    bodies = [Body(Vec(v, 0.0 * v), Vec(0.0 * v, v)) for v in x]
    for _ in range(3):
        for b in bodies:
            old = b.r
            b.v = b.v + b.r * (-0.1)
            b.r = b.r + b.v * 0.1
            old.x += 100.0 * x[0]
    return [b.r.x + b.v.y for b in bodies]


def frozen_ones(x):
    bodies = [Body(Point(v, 0.0 * v), v) for v in x]
    for b in bodies:
        b.r = b.r.moved(b.v)
    return [b.r.x * b.r.y for b in bodies]


def arrays_bound(x):
    bodies = [Body(np.array([v, 2 * v]), np.zeros(2)) for v in x]
    for _ in range(3):
        for b in bodies:
            b.v = b.v - 0.1 * b.r
            b.r = b.r + 0.1 * b.v
    old = bodies[3].r
    bodies[3].r = np.array([100.0, 200.0])
    return sum(np.sum(b.r) for b in bodies), old[0]


def arrays_in_place(x):
    bodies = [Body(np.array([v, 2 * v]), np.zeros(2)) for v in x]
    held = bodies[2].r
    for b in bodies:
        b.v -= 0.1 * b.r
        b.r += 0.1 * b.v
        b.r[0] *= 0.9
    return sum(np.sum(b.r) for b in bodies), held[0]


def kick(ps, i, by):
    ps[i].v += by


def all_steps(ps, dt):
    for i in range(len(ps)):
        ps[i].x += dt * ps[i].v


def energy(ps):
    e = 0.0
    for i in range(len(ps)):
        e += 0.5 * ps[i].m * ps[i].v ** 2
    return e


def helpers(x):
    ps = made(x)
    third = ps[2]
    for t in range(20):
        all_steps(ps, 0.01)
        kick(ps, t % 5, -0.3 * ps[t % 5].x)
        if energy(ps) > 0.05:
            third.v *= 0.5
    return energy(ps), third.x


class Simulation:
    def __init__(self, x):
        self.ps = made(x)
        self.t = 0

    def step(self, dt):
        n = len(self.ps)
        for i in range(n):
            for j in range(n):
                if i != j:
                    self.ps[i].v += dt * (self.ps[j].x - self.ps[i].x)
        for p in self.ps:
            p.x += dt * p.v
        self.t += 1


def simulated(x):
    s = Simulation(x)
    for _ in range(4):
        s.step(0.05)
    return [p.x for p in s.ps], s.t


def made_in_the_loop(x):
    ps = [P(x[0], 1.0)]
    for i in range(20):
        for j in range(len(ps)):
            ps[j].x *= 1.1
        ps.append(P(x[i], 0.5))
    return sum(p.x for p in ps)


def those_that_stay(x, limit):
    ps = [P(v, 1.0) for v in x]
    for _ in range(4):
        for p in ps:
            p.x += 0.3 * p.v
        ps = [p for p in ps if p.x < limit]
    return sum(p.x for p in ps), len(ps)


def search_tree(x):
    nodes = [{"v": x[0], "left": -1, "right": -1}]
    for i in range(1, len(x)):
        j, side = 0, x[i] < nodes[0]["v"]
        while True:
            side = x[i] < nodes[j]["v"]
            child = nodes[j]["left"] if side else nodes[j]["right"]
            if child < 0:
                break
            j = child
        if side:
            nodes[j]["left"] = len(nodes)
        else:
            nodes[j]["right"] = len(nodes)
        nodes.append({"v": x[i], "left": -1, "right": -1})
    total, waiting, depth = 0.0, [0], 0
    while waiting:
        j = waiting.pop()
        total += nodes[j]["v"] * len(waiting)
        for child in (nodes[j]["left"], nodes[j]["right"]):
            if child >= 0:
                waiting.append(child)
        depth = max(depth, len(waiting))
    return total, depth


def one_or_another(x, k):
    ps = made(x)
    q = ps[k] if x[0] > 0 else ps[0]
    q.v = x[1]
    r = P(10.0, 0.0)
    if x[1] < 0:
        r = ps[k]
    r.v += 1.0
    return [p.v * p.x for p in ps], r.x


def in_a_grid(x):
    cells = [[{"t": x[i] * x[j], "n": 0} for j in range(5)] for i in range(5)]
    for i in range(5):
        for j in range(5):
            cells[i][j]["t"] += 1.0 * i
            cells[i][j]["n"] += j
    return sum(c["t"] for row in cells for c in row), cells[3][2]["n"]


def caught(x):
    ps = made(x)
    for p in ps:
        try:
            p.v = math.sqrt(p.x)
        except ValueError:
            p.v = -p.x
    return sum(p.v for p in ps)


PROGRAMS = [
    (written_in_a_loop, WAVE),
    (methods, WAVE),
    (pairs, WAVE),
    (pairs, FEW),
    (maybe_one_object, FEW, np.array([0, 3, 3, 1]), np.array([1, 3, 2, 1])),
    (dicts, WAVE, 3),
    (swapped, WAVE, 3),
    (in_order, WAVE),
    (the_largest, WAVE),
    (a_part_of_them, WAVE),
    (two_lists, WAVE),
    (springs, WAVE),
    (objects_in_objects, WAVE),
    (frozen_ones, WAVE),
    (arrays_bound, WAVE),
    (arrays_in_place, WAVE),
    (helpers, FEW),
    (simulated, FEW),
    (made_in_the_loop, WAVE),
    (those_that_stay, WAVE, 1.6),
    (search_tree, WAVE),
    (one_or_another, WAVE, 3),
    (in_a_grid, WAVE),
    (caught, WAVE),
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p[0].__name__)
def test_same_as_python(program):
    agree(*program)


def total(out):
    if isinstance(out, list | tuple):
        return sum(total(o) for o in out)
    return out * 1.0


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p[0].__name__)
def test_derivatives(program):
    fn, x, *rest = program

    def scaled(s):
        return total(fn(x * s, *rest))

    h = 1e-6
    want = (scaled(1.0 + h) - scaled(1.0 - h)) / (2 * h)
    for got in (
        call_reference(anvil.grad(scaled), (1.0,), {}),
        call_reference(anvil.jit(lambda s: anvil.jvp(scaled, (s,), (1.0,))[1]), (1.0,), {}),
    ):
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


def test_on_xla_and_at_second_order():
    def loss(s):
        return total(springs(FEW * s))

    assert np.isclose(anvil.jit(loss)(1.3), loss(1.3), rtol=1e-12)

    def bent(s):
        return loss(s) ** 2

    h = 1e-4
    want = (bent(1.3 + h) - 2 * bent(1.3) + bent(1.3 - h)) / h**2
    assert np.isclose(anvil.grad(anvil.grad(bent))(1.3), want, rtol=1e-4)


def read(ps, k):
    return energy(ps) + ps[k].x


def copied(ps, k):
    qs = [P(p.x, p.v) for p in ps]
    kick(qs, k, 1.0)
    return [q.v for q in qs], energy(ps), read(ps, k)


def test_objects_of_the_caller_may_be_read():
    agree(read, [P(0.1, 0.2), P(0.3, 0.5)], 1)
    agree(copied, [P(0.1, 0.2), P(0.3, 0.5)], 1)


def written(ps, k):
    ps[k].x = 1.0
    return ps[0].x


def written_by_a_helper(ps, k):
    kick(ps, k, 1.0)
    return ps[0].x


def written_in_another_list(ps, k):
    mine = list(ps)
    mine[k].x = 1.0
    return ps[0].x


@pytest.mark.parametrize("fn", [written, written_by_a_helper, written_in_another_list])
def test_objects_of_the_caller_are_not_written(fn):
    with pytest.raises(anvil.AnvilError) as refused:
        anvil.jit(fn)([P(0.1, 0.2), P(0.3, 0.5)], 1)
    assert refused.value.diagnostic.code == "mutated-argument"


def rebound_and_written(x, k):
    bodies = [Body(np.array([v, 2 * v]), np.zeros(2)) for v in x]
    old = bodies[k].r
    bodies[k].r = np.array([100.0, 200.0])
    old[0] = 7.0
    return bodies[k].r[0], old[0]


def one_array_in_all(x, k):
    r = np.array([1.0, 2.0])
    bodies = [Body(r, np.zeros(2)) for _ in x]
    for b in bodies:
        b.r[0] += 1.0
    return r[0], bodies[k].r[0]


def other_types(x, k):
    states = [{"v": v, "kind": "a"} for v in x]
    states[k]["kind"] = x
    return states[0]["v"]


@pytest.mark.parametrize(
    ("fn", "code"),
    [
        (rebound_and_written, "alias-types"),
        (one_array_in_all, "alias-types"),
        (other_types, "unlike-elements"),
    ],
)
def test_refused(fn, code):
    with pytest.raises(anvil.AnvilError) as refused:
        anvil.jit(fn)(WAVE, 3)
    assert refused.value.diagnostic.code == code


def test_the_program_does_not_grow_with_the_list():
    def size(n):
        return len(str(anvil.jit(pairs).ir(np.cos(np.arange(n) * 1.7), stage="parse")))

    assert size(300) < 1.1 * size(100)
