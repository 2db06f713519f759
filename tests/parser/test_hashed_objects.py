"""Objects with a hash of their own as keys of dicts and elements of sets; texts inside texts."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

import anvil
from tests.parser.harness import agree


@dataclass(frozen=True)
class Place:
    x: int
    y: int

    def __add__(self, o):
        return Place(self.x + o.x, self.y + o.y)


@dataclass(frozen=True, order=True)
class Edge:
    a: str
    b: str


@dataclass(unsafe_hash=True)
class Weighted:
    k: str
    w: float = 0.0


class Node:
    def __init__(self, name, value):
        self.name = name
        self.value = value

    def __hash__(self):
        return hash(self.name)

    def __eq__(self, o):
        return isinstance(o, Node) and self.name == o.name

    def __repr__(self):
        return self.name


def grid(v):
    g = {Place(0, 0): v, Place(1, 0): 2 * v}
    g[Place(0, 0) + Place(0, 1)] = 3.0
    g[Place(0, 0)] *= 5
    there = Place(9, 9) in g, g.get(Place(2, 2), -1.0), len({Place(0, 0), Place(0, 0)})
    return sum(g.values()), g[Place(0, 1)], there, [k.x + k.y for k in g], g.pop(Place(1, 0))


def graph(v):
    a, b, c = Node("a", v), Node("b", v * 2), Node("c", 1.0)
    near = {a: [b, c], b: [c], c: []}
    far = {a: 0.0}
    todo = [a]
    while todo:
        n = todo.pop(0)
        for m in near[n]:
            if m not in far:
                far[m] = far[n] + m.value
                todo.append(m)
    a.value += 10.0
    same = Node("a", 0) in near, near[Node("b", 3.0)][0] is c
    return {str(k): d for k, d in far.items()}, sum(k.value for k in near), same


def visited(v):
    seen = set()
    again = 0
    for i in range(6):
        p = Place(i % 3, 0)
        if p in seen:
            again += 1
        seen.add(p)
    return len(seen), again, v, seen == {Place(0, 0), Place(1, 0), Place(2, 0)}


def counted(n, v):
    d = {}
    for i in range(n):
        d[Place(i, n)] = v * i
    return d[Place(1, n)], Place(n, 0) in d


LENGTHS = {Edge("a", "b"): 2.0, Edge("b", "c"): 3.0}


def outside(v):
    return LENGTHS[Edge("a", "b")] * v, Edge("z", "z") in LENGTHS, sorted(LENGTHS)[0].a


def lost(v):
    return {Place(0, 0): v}[Place(1, 0)]


def widths(x, n):
    return f"{f'{x:.2f}':>8}|{n!s:*^7}|{f'{n}' + 'a':<5}|"


def table(x):
    rows = [("a", x), ("bb", x * 2)]
    return "\n".join(f"{k:<5}{f'{v:.1f}':>7}" for k, v in rows)


def complains(x):
    if x < 0:
        raise ValueError(f"got {f'{x:.1f}':>8}!")
    return x


PROGRAMS = [
    (grid, (2.0,)),
    (graph, (2.0,)),
    (visited, (2.0,)),
    (counted, (3, 2.0)),
    (outside, (2.0,)),
    (widths, (3.14159, 7)),
    (widths, (-2.5, 12345)),
    (table, (3.0,)),
    (complains, (-3.0,)),
]


@pytest.mark.parametrize(("program", "args"), PROGRAMS)
def test_as_in_python(program, args):
    agree(program, *args)


def test_a_key_that_is_not_there():
    with pytest.raises(KeyError):
        anvil.jit(lost)(1.0)


def test_derivatives():
    assert anvil.grad(lambda v: grid(v)[0])(2.0) == 7.0
    assert anvil.grad(lambda v: graph(v)[1])(2.0) == 3.0


def data_in_key(v):
    return {Weighted("a", v): 1.0}[Weighted("a", v)]


def bound_anew(v):
    u = Weighted("a", 1.0)
    d = {u: v}
    u.k = "b"
    return u in d


def printed(x):
    print(f"{f'{x:.1f}':>8}")
    return x


@pytest.mark.parametrize(
    ("program", "code"),
    [
        (data_in_key, "value-needed"),
        (bound_anew, "unsupported-value"),
        (printed, "unsupported-value"),
    ],
)
def test_refused(program, code):
    with pytest.raises(anvil.AnvilError) as refused:
        anvil.jit(program)(2.5)
    assert refused.value.code == code
