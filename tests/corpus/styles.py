"""The same arithmetic in the hands of different authors."""

from __future__ import annotations

import functools
import itertools
import math
import operator
from abc import ABC, abstractmethod
from collections import ChainMap
from dataclasses import dataclass, field, replace
from enum import Enum, Flag, auto
from functools import cached_property, partial, reduce
from types import SimpleNamespace
from typing import ClassVar

import numpy as np

from tests.corpus.entries import entry


def compose(*fs):
    return reduce(lambda f, g: lambda x: g(f(x)), fs)


EPS = 1e-9
GRAVITY, DENSITY = 9.81, 1.225
LOOKUP = {k: v for v, k in enumerate("abc")}


@entry(np.array([0.2, 0.5, 0.9]))
def one_liner(x):
    return sum(
        sum(a * b for b in row) ** 2
        for a, row in zip(x, [[math.sin(k * v) for v in x] for k in range(1, 4)], strict=False)
    )


@entry(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.5, 0.1], [0.2, 0.3]]))
def matrices_as_lists(a, b):
    def mul(p, q):
        return [
            [sum(x * y for x, y in zip(r, c, strict=False)) for c in zip(*q, strict=False)]
            for r in p
        ]

    def transpose(m):
        return list(map(list, zip(*m, strict=False)))

    def trace(m):
        return sum(m[i][i] for i in range(len(m)))

    A, B = a.tolist(), b.tolist()
    return trace(mul(A, transpose(mul(B, A)))), [[v**2 for v in r] for r in mul(A, B)]


@entry(np.array([0.3, -0.8, 1.2]))
def pipeline_of_functions(x):
    steps = [np.tanh, partial(np.multiply, 2.0), lambda v: v - v.mean(), np.exp, np.cumsum]
    f = compose(*steps)
    g = compose(f, np.log1p)
    return f(x), reduce(operator.add, g(x))


@entry(np.array([[3.0, 1.0, 2.0], [1.0, 4.0, 0.5], [2.0, 0.5, 5.0]]), np.array([1.0, 2.0, 3.0]))
def fortran_style_ldlt(a, b):
    n = a.shape[0]
    x = np.zeros(n)
    d = np.zeros(n)
    low = np.zeros((n, n))
    for j in range(n):
        s = 0.0
        for k in range(j):
            s = s + low[j, k] * low[j, k] * d[k]
        d[j] = a[j, j] - s
        low[j, j] = 1.0
        for i in range(j + 1, n):
            s = 0.0
            for k in range(j):
                s = s + low[i, k] * low[j, k] * d[k]
            low[i, j] = (a[i, j] - s) / d[j]
    for i in range(n):
        x[i] = b[i]
        for k in range(i):
            x[i] = x[i] - low[i, k] * x[k]
    for i in range(n):
        x[i] = x[i] / d[i]
    for i in range(n - 1, -1, -1):
        for k in range(n - 1, i, -1):
            x[i] = x[i] - low[k, i] * x[k]
    return x


class Shape(ABC):
    registry: ClassVar[dict] = {}

    def __init_subclass__(cls, **kw):
        super().__init_subclass__(**kw)
        cls.registry[cls.__name__.lower()] = cls

    @property
    @abstractmethod
    def area(self): ...

    @property
    def density(self):
        return 1.0

    @property
    def mass(self):
        return self.area * self.density

    @classmethod
    def of(cls, name, *args):
        return cls.registry[name](*args)

    def __lt__(self, other):
        return self.area < other.area

    def __radd__(self, x):
        return x + self.mass


class Disk(Shape):
    def __init__(self, r):
        self.r = r

    @property
    def area(self):
        return math.pi * self.r**2


class Ring(Disk):
    def __init__(self, r, inner):
        super().__init__(r)
        self.inner = inner

    @property
    def area(self):
        return super().area - math.pi * self.inner**2

    @property
    def density(self):
        return 2.0 * super().density


class Plate(Shape):
    __slots__ = ("h", "w")

    def __init__(self, w, h):
        self.w, self.h = w, h

    area = property(lambda self: self.w * self.h)


@entry(1.5, 0.5)
def inherited_properties(r, s):
    shapes = [Shape.of("disk", r), Shape.of("ring", r, s), Shape.of("plate", r, s)]
    return sum(shapes), max(shapes).area, [type(s).__name__ for s in shapes], min(shapes).mass


class Stage(Enum):
    COLD = auto()
    WARM = auto()
    HOT = auto()

    @property
    def factor(self):
        return {Stage.COLD: 0.5, Stage.WARM: 1.0, Stage.HOT: 2.0}[self]

    @classmethod
    def at(cls, t):
        if t < 0.0:
            return cls.COLD
        if t < 1.0:
            return cls.WARM
        return cls.HOT


@entry(np.array([-0.5, 0.4, 1.7]))
def enum_decided_by_data(t):
    total = 0.0
    for v in t:
        total += v * Stage.at(v).factor
    return total


class Opt(Flag):
    NONE = 0
    CLIP = 1
    SCALE = 2
    SHIFT = 4


@entry(np.array([0.5, 3.0]), Opt.CLIP | Opt.SHIFT)
def flags(x, options):
    if Opt.CLIP in options:
        x = np.clip(x, 0.0, 1.5)
    if options & Opt.SCALE:
        x = x * 10
    if options & Opt.SHIFT:
        x = x + 1
    return x


@dataclass(frozen=True)
class Config:
    rate: float = 0.1
    layers: tuple = (3, 2)
    act: str = "tanh"
    extra: dict = field(default_factory=dict)

    def __post_init__(self):
        if self.rate <= 0:
            raise ValueError(f"rate must be positive, got {self.rate!r}")

    @cached_property
    def scale(self):
        return self.rate * len(self.layers)

    def with_rate(self, r):
        return replace(self, rate=r)


@entry(np.array([0.5, -0.2, 0.8]), Config(extra={"l2": 0.01}))
def config_object(x, cfg):
    act = {"tanh": np.tanh, "relu": lambda v: np.maximum(v, 0)}[cfg.act]
    h = x
    for k, width in enumerate(cfg.layers):
        w = np.cos(np.arange(h.size * width).reshape(h.size, width) + k)
        h = act(h @ w)
    return cfg.with_rate(0.5).scale * h.sum() + cfg.extra.get("l2", 0.0) * x @ x


def logged(tag):
    def deco(fn):
        @functools.wraps(fn)
        def wrapper(*a, **k):
            out = fn(*a, **k)
            return out, (tag, len(a))

        return wrapper

    return deco


def retry(times):
    def deco(fn):
        def wrapper(x):
            for k in range(times):
                try:
                    return fn(x * 2**k)
                except ValueError:
                    pass
            return -1.0

        return wrapper

    return deco


@logged("root")
@retry(3)
def guarded_root(x):
    if x < 1.0:
        raise ValueError("small")
    return np.sqrt(x)


@entry(0.3)
@entry(0.1, smooth=False)
def stacked_decorators(x):
    value, (tag, n) = guarded_root(x)
    return {tag: value * n}


class Timer:
    def __init__(self, log, name):
        self.log, self.name = log, name

    def __enter__(self):
        self.log.append(self.name)
        return self

    def __exit__(self, *exc):
        self.log.append("/" + self.name)
        return False


@entry(np.array([1.0, 2.0]))
def context_manager_log(x):
    log = []
    with Timer(log, "a") as t, Timer(log, t.name * 2):
        y = x * 2
        if y.shape[0] > 1:
            with Timer(log, "inner"):
                y = y[::-1]
    return y, "".join(log)


def chunks(it, n):
    it = iter(it)
    while True:
        block = list(itertools.islice(it, n))
        if not block:
            return
        yield block


@entry(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
def generator_of_chunks(x):
    return [sum(c) / len(c) for c in chunks(x, 2)], [a * b for a, b in itertools.pairwise(x)]


def smooth(seq, alpha):
    state = None
    for v in seq:
        state = v if state is None else alpha * v + (1 - alpha) * state
        yield state


def squared(seq):
    yield from (v * v for v in seq)


@entry(np.array([0.3, 0.6, -0.1, 0.9]))
def generators_in_a_row(x):
    total = 0.0
    for i, v in enumerate(squared(smooth(x, 0.3))):
        if i == 0:
            continue
        total += v / i
    return total, max(smooth(x, 0.5)), list(itertools.accumulate(x, lambda a, b: 0.5 * a + b))


@entry(np.arange(1.0, 7.0))
def out_arguments_everywhere(x):
    buf = np.empty_like(x)
    acc = np.zeros(())
    np.multiply(x, x, out=buf)
    np.add(buf, 1.0, out=buf)
    np.sqrt(buf, out=buf, where=buf > 5.5)
    np.sum(buf, out=acc)
    m = np.empty((2, 3))
    np.matmul(buf.reshape(2, 3), np.eye(3) * 2, out=m)
    np.maximum(m, 3, out=m)
    np.cumsum(m, axis=1, out=m)
    np.clip(m, None, 25, out=m)
    return buf, acc, m


@entry(np.array([3.0, 1.0, 2.0, 5.0]))
def in_place_everything(x):
    a = x.copy()
    a += 1
    a[1:] *= a[:-1]
    a[::2] -= 0.5
    a[[0, -1]] = a[[-1, 0]]
    a[a > 10] /= 2
    b = a.reshape(2, 2)
    b[:, 0] **= 2
    b.T[1] += b[0]
    b -= b.mean(axis=0)
    a.sort()
    return a, b.sum()


@entry(np.array([1.0, 2.0, 3.0]), {"scale": 2.0})
def chained_options(x, opts):
    defaults = {"scale": 1.0, "power": 2, "name": "none"}
    conf = ChainMap(opts, defaults)
    merged = {**defaults, **opts}
    merged.setdefault("bias", 0.1)
    ns = SimpleNamespace(**merged)
    return conf["scale"] * x ** conf["power"] + ns.bias, ns.name.upper(), sorted(merged)
