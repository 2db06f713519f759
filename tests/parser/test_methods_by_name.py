"""Methods of containers by name, as keys of sorts and functions of maps; recursions whose depth an
int decides.
"""

from __future__ import annotations

import numpy as np
import pytest

from tests.parser.harness import agree

X = np.array([3.0, 1.0, 2.0])


def keys(x):
    d, rank = {"a": 1.0, "b": x[0]}, {"a": 2, "b": 1}
    items = [3, 1, 2]
    return (
        sorted(range(3), key=x.__getitem__),
        max(d, key=d.__getitem__),
        sorted(range(3), key=items.__getitem__),
        list(map(d.get, "ab")),
        list(map(items.index, [1, 2])),
        sorted("ba", key=rank.get),
        list(filter({"a", "b"}.__contains__, "abc")),
    )


def direct(x):
    y = x.copy()
    y.__setitem__(0, 7.0)
    return y, [1, 2].__len__(), (1, 2).__contains__(1), "abc".__len__()


def translated(x):
    return "hello".translate(str.maketrans("lo", "01")), x


def subclasses(x):
    return [cls.__name__ for cls in Base.__subclasses__()], [c.__name__ for c in Second.mro()], x


class Base:
    pass


class First(Base):
    pass


class Second(Base):
    pass


@pytest.mark.parametrize("program", [keys, direct, translated, subclasses])
def test_methods(program):
    agree(program, X)


def balanced(n, x):
    def build(k):
        if k == 0:
            return None
        return build(k // 2), x * k, build(k - 1 - k // 2) if k > 1 else None

    def total(tree):
        if not tree:
            return 0.0
        left, value, right = tree
        return total(left) + value**2 + total(right)

    return total(build(n))


@pytest.mark.parametrize("n", [0, 1, 6])
def test_structures_as_deep_as_an_int_decides(n):
    agree(balanced, n, 0.3)
