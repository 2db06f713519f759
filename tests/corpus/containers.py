"""Dataclasses, dicts, lists, tuples and objects: as arguments, results, states of loops."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from tests.corpus.entries import entry

VECTOR = np.array([0.3, -1.2, 0.8, 2.1])


@dataclass
class Body:
    position: Any
    velocity: Any
    mass: float = 1.0

    def energy(self) -> Any:
        return 0.5 * self.mass * np.sum(self.velocity**2)

    @property
    def momentum(self) -> Any:
        return self.mass * self.velocity


@dataclass(frozen=True)
class Options:
    rate: float
    steps: int
    name: str = "euler"
    weights: tuple[float, ...] = (1.0, 2.0)


class State(NamedTuple):
    x: Any
    t: float


Point = namedtuple("Point", "x y")


@entry(Body(VECTOR, VECTOR * 0.5, 2.0), 0.1)
def dataclass_argument(b: Body, dt: float) -> Any:
    for _ in range(3):
        b = Body(b.position + dt * b.velocity, b.velocity - dt * np.sin(b.position), b.mass)
    return b, b.energy()


@entry(VECTOR, 0.1, xla=True)
def mutable_dataclass(v: Any, dt: float) -> Any:
    b = Body(v.copy(), np.zeros(4))
    for _ in range(4):
        b.velocity -= dt * b.position**3
        b.position += dt * b.velocity
        b.mass *= 0.9
    return b.momentum, b.mass, b.energy()


@entry(VECTOR, Options(0.1, 3))
def options_object(v: Any, o: Options) -> Any:
    for i in range(o.steps):
        v = v - o.rate * v * o.weights[i % 2]
    return v if o.name == "euler" else -v


@entry({"w": np.ones((2, 4)) * 0.3, "b": np.array([0.1, -0.2])}, VECTOR)
def dict_of_parameters(p: dict[str, Any], x: Any) -> Any:
    h = np.tanh(p["w"] @ x + p["b"])
    return {"h": h, "norm": sum(np.sum(v**2) for v in p.values())}


@entry([(np.ones((3, 4)) * 0.2, np.zeros(3)), (np.ones((2, 3)) * -0.3, np.ones(2))], VECTOR)
def list_of_layers(layers: list[Any], x: Any) -> Any:
    for w, b in layers[:-1]:
        x = np.tanh(w @ x + b)
    w, b = layers[-1]
    return w @ x + b


@entry(State(VECTOR, 0.5), 3)
def namedtuple_state(s: State, n: int) -> Any:
    for _ in range(n):
        s = s._replace(x=s.x * np.cos(s.t), t=s.t + 0.1)
    return s


@entry(0.5, 1.5)
def namedtuple_arithmetic(x: float, y: float) -> Any:
    p = Point(x, y)
    q = Point(p.y, p.x * 2)
    (a, b), *rest = [p, q, p]
    return Point(a * q.x, b + rest[0][1]), len(rest)


@entry(VECTOR)
def dict_as_accumulator(v: Any) -> Any:
    stats = {"sum": 0.0, "squares": 0.0, "count": 0}
    for x in v:
        stats["sum"] += x
        stats["squares"] += x * x
        stats["count"] += 1
    stats["mean"] = stats["sum"] / stats["count"]
    stats.update(var=stats["squares"] / stats["count"] - stats["mean"] ** 2)
    return stats


@entry(VECTOR)
def history_list(v: Any) -> Any:
    history = []
    x = v
    for _ in range(4):
        x = np.sin(x) * 1.1
        history.append(x.sum())
    return np.array(history), np.stack([x, v]), history[-1]


@entry(VECTOR)
def unpacking(v: Any) -> Any:
    a, b, *c = v
    (d, e), f = (a * b, b), sum(c)
    a, b = b, a
    d, e = e + a, d * b
    return a, b, d, e, f


class Counter:
    step = 2

    def __init__(self, start: Any) -> None:
        self.value = start
        self.calls = 0

    def advance(self, by: Any) -> Counter:
        self.value = self.value + by * self.step
        self.calls += 1
        return self

    def __call__(self, x: Any) -> Any:
        return self.value * x

    def __add__(self, other: Any) -> Any:
        return Counter(self.value + other.value)


class Doubled(Counter):
    step = 4

    def advance(self, by: Any) -> Counter:
        super().advance(by)
        return super().advance(by)


@entry(0.3, 1.7, xla=True)
def plain_class(x: float, y: float) -> Any:
    c = Counter(x)
    for k in range(3):
        c.advance(y * k)
    d = Doubled(y).advance(x)
    e = c + d
    return c(x), d.value, e(y), c.calls, d.calls, isinstance(d, Counter)


@dataclass
class Node:
    value: Any
    children: list[Any] = field(default_factory=list)


def tree_sum(node: Node, depth: int = 1) -> Any:
    total = node.value**depth
    for child in node.children:
        total = total + tree_sum(child, depth + 1)
    return total


@entry(Node(0.5, [Node(1.5, [Node(-0.3)]), Node(0.7)]))
def tree_of_dataclasses(root: Node) -> Any:
    return tree_sum(root)


@entry(Options(0.5, 2), smooth=False)
def replaced_options(o: Options) -> Any:
    p = replace(o, rate=o.rate * 2, name="heun")
    return p, p.name == o.name


@entry((1.0, [2.0, {"a": 3.0, "b": (4.0, 5)}]))
def deep_structure(t: Any) -> Any:
    x, (y, d) = t
    p, n = d["b"]
    out = {"z": [x * y, d["a"] ** n], "k": (p,)}
    for key in ("a", "b"):
        if key in d and key == "a":
            out[key] = d[key] * x
    return out


@entry(VECTOR)
def list_state_in_loop(v: Any) -> Any:
    s = [v[0], v[1]]
    for i in range(2, 4):
        s[0], s[1] = s[1] * v[i], s[0] + s[1]
    pair = (s[0], s[1])
    for _ in range(3):
        pair = (pair[1], pair[0] * 0.5 + pair[1])
    return pair, s


@entry(VECTOR)
def dict_state_in_while(v: Any) -> Any:
    s = {"x": v.copy(), "k": 0, "done": False}
    while not s["done"]:
        s["x"] = s["x"] * 0.7
        s["k"] += 1
        s["done"] = np.abs(s["x"]).max() < 0.5
    return s


@entry(VECTOR)
def aliased_lists(v: Any) -> Any:
    a = [v[0], v[1]]
    b = a
    b[0] = v[2] * 2
    c = list(a)
    c[1] = v[3]
    a += [v[0]]
    d = {"l": a}
    d["l"].append(1.0)
    return len(b), b[0] * b[2], c[1], sum(a)


@entry(Body(VECTOR, VECTOR + 1.0))
def vector_arguments_returned(b: Body) -> Any:
    return b, b.position, [b.mass, b]


@entry({"x": 1.5, "n": 3, "tag": "a", "none": None, "f": np.sin})
def static_leaves(d: dict[str, Any]) -> Any:
    x = d["x"]
    if d["none"] is None and d["tag"] in ("a", "b"):
        for _ in range(d["n"]):
            x = d["f"](x)
    return x


@entry(VECTOR)
def dict_items_and_sorted(v: Any) -> Any:
    d = {"b": v[0], "a": v[1], "c": v[2]}
    total = 0.0
    for k, (name, value) in enumerate(sorted(d.items())):  # noqa: B007
        total += (k + 1) * value
    for name in d:
        total *= 1.0 + 0.1 * d[name]
    d.pop("a")
    return total, len(d), [d[k] for k in sorted(d)]
