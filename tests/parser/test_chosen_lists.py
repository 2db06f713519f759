"""Lists that are one of several, as recursion gives them."""

from __future__ import annotations

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.errors import AnvilTypeError
from tests.parser.harness import agree

XS = [3.0, 1.0, 2.0, 5.0, 4.0]


def quick_sort(xs):
    if len(xs) <= 1:
        return xs
    pivot = xs[0]
    low, high = [x for x in xs[1:] if x < pivot], [x for x in xs[1:] if x >= pivot]
    return quick_sort(low) + [pivot] + quick_sort(high)


def enumerated(xs):
    return sum((i + 1) * v for i, v in enumerate(quick_sort(xs)))


def zipped(xs):
    return sum([a * b for a, b in zip(quick_sort(xs), xs, strict=True)])


def looped(xs):
    total = 0.0
    for i, v in enumerate(quick_sort(xs)):
        total += v * v * i
    return total


def filtered(xs):
    s = quick_sort(xs)
    return [v * v for v in s if v > 1.5], max(s), list(s), 2.0 in s


def of_two(xs):
    s = [xs[0]] if xs[1] > 2 else [xs[1], xs[2] * xs[0]]
    return sum(v * i for i, v in enumerate(s)), [v + 1 for v in s], s


def written(xs):
    a, b = [xs[0]], [xs[1], xs[2] * xs[0]]
    s = a if xs[1] > 2 else b
    total = 0.0
    for v, i in zip(s, range(9)):  # noqa: B905
        s[-1] = s[-1] * 2
        total += v * (i + 1)
    return total, a, b


def three_way(xs):
    if len(xs) <= 1:
        return xs
    pivot = xs[len(xs) // 2]
    less, equal = [x for x in xs if x < pivot], [x for x in xs if x == pivot]
    return three_way(less) + equal + three_way([x for x in xs if x > pivot])


def quick_select(xs, k=2):
    pivot = xs[0]
    less, more = [x for x in xs if x < pivot], [x for x in xs if x > pivot]
    if k < len(less):
        return quick_select(less, k)
    if k >= len(xs) - len(more):
        return quick_select(more, k - (len(xs) - len(more)))
    return pivot


def insertion(xs):
    out = []
    for x in xs:
        i = 0
        while i < len(out) and out[i] < x:
            i += 1
        out.insert(i, x)
    return out


PROGRAMS = [quick_sort, enumerated, zipped, looped, filtered, of_two, written]
PROGRAMS += [three_way, quick_select, insertion]


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("xs", [XS, XS[1:] + XS[:1]], ids=["first", "second"])
def test_values(program, xs):
    agree(program, xs)


def test_derivatives():
    def reference(fn):
        return call_reference(anvil.jit(fn), (XS,), {}, "O2")

    assert reference(lambda xs: anvil.grad(enumerated)(xs)) == XS
    slope = reference(lambda xs: anvil.grad(looped)(xs))
    np.testing.assert_allclose(slope, [2 * (v - 1) * v for v in XS])
    w = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert reference(lambda xs: anvil.vjp(quick_sort, xs)[1](w)[0]) == XS
    order = np.argsort(XS)
    found = reference(lambda xs: anvil.jvp(quick_sort, (xs,), (w,))[1])
    assert found == [w[k] for k in order]
    assert anvil.grad(enumerated)(XS) == XS
    assert anvil.vjp(quick_sort, XS)[1](w)[0] == XS


def test_unlike_lists_are_looped_over_by_statements():
    def total(xs):
        s = [xs[0]] if xs[1] > 2 else ["a", "b"]
        return len([v for v in s])  # noqa: C416

    with pytest.raises(AnvilTypeError, match="inside of an expression"):
        anvil.jit(total)(XS)
