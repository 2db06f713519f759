"""Classes that derive from dict, and tuples with special methods of their own."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.errors import UnsupportedError
from tests.parser.harness import agree, run


class Config(dict):
    version = 2.0

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        self[name] = value


def attributes_as_keys(a, b):
    c = Config(rate=a)
    c.momentum = b
    c.rate += 1.0
    return c["rate"] * c.momentum * c.version, len(c), hasattr(c, "q"), getattr(c, "q", b)


class Params(dict):
    def __add__(self, other):
        return Params({k: self[k] + other[k] for k in self})

    def __mul__(self, scale):
        return Params({k: v * scale for k, v in self.items()})

    __rmul__ = __mul__

    def __neg__(self):
        return self * -1.0

    def __call__(self, k):
        return self[k] * 2.0


def arithmetic(a, b):
    p = Params(w=a, b=b)
    q = p + 0.5 * (-p)
    for _ in range(3):
        q = q + p * 0.1
    return q["w"] * q("b")


class Doubled(dict):
    def __getitem__(self, k):
        return 2.0 * super().__getitem__(k)

    def __setitem__(self, k, v):
        super().__setitem__(k, v + 1.0)

    def __contains__(self, k):
        return k == "always" or super().__contains__(k)

    def __len__(self):
        return super().__len__() + 10

    def __iter__(self):
        return iter(sorted(super().__iter__(), reverse=True))

    def __eq__(self, other):
        return len(self) == len(other)

    def __hash__(self):
        return 1


def overridden(a, b):
    d = Doubled(x=a)
    d["y"] = b
    d["x"] += b
    names = list(d)
    found = ("always" in d, "x" in d, "q" in d, len(d), d == Doubled(p=a, q=b), names)
    return d["x"] * d["y"] + sum(d[k] for k in d), found


class Never(dict):
    def __bool__(self):
        return False


def truth(a, b):
    return a if Never(x=a) else b, bool(Never()), not Never(x=b)


class Started(dict):
    def __init__(self, scale, **entries):
        super().__init__(**entries)
        self["scale"] = scale

    def total(self):
        return self["scale"] * sum(v for k, v in self.items() if k != "scale")


def started(a, b):
    d = Started(a, x=b, y=a * b)
    d.update(z=1.0)
    return d.total()


class Missing(dict):
    def __missing__(self, k):
        value = self[k] = 0.5 * len(k)
        return value


def filled(a, b):
    d = Missing()
    d["x"] += a
    d["long"] += b
    return d["x"] * d["long"], d["other"], len(d)


class Pair(NamedTuple):
    x: float
    y: float


class Backwards(Pair):
    def __iter__(self):
        yield self.y
        yield self.x

    def __getitem__(self, i):
        return super().__getitem__(1 - i)


def backwards(a, b):
    p = Backwards(a, b)
    u, v = p
    total = 0.0
    for k, w in enumerate(p):
        total += (k + 1) * w
    return u - v, total, p[0], list(p), sum(p)


CASES = [attributes_as_keys, arithmetic, overridden, truth, started, filled, backwards]


@pytest.mark.parametrize("fn", CASES)
def test_their_methods_are_called(fn):
    agree(fn, 1.5, 2.0)
    agree(fn, -0.5, 0.25)


@pytest.mark.parametrize("fn", [arithmetic, started])
def test_their_derivatives(fn):
    h = 1e-6
    want = (fn(1.5 + h, 2.0) - fn(1.5 - h, 2.0)) / (2 * h)
    got = call_reference(anvil.grad(fn), (1.5, 2.0), {}, "O2")
    np.testing.assert_allclose(got, want, rtol=1e-8)


class Ordered(OrderedDict):
    pass


class Celsius(float):
    pass


@pytest.mark.parametrize("cls", [Ordered, Celsius])
def test_others_are_refused(cls):
    with pytest.raises(UnsupportedError, match="its instances are not compiled"):
        run(lambda a: cls() if cls is Ordered else cls(a), 1.0)
