"""Lists that a loop replaces by selections of themselves: as long as the data decide, never longer
than the list they are made from.
"""

from __future__ import annotations

import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.errors import AnvilTypeError
from tests.parser.harness import agree, run

XS = [3.0, 1.0, 2.0, 5.0, 4.0, 2.5, 7.0]


def by_comprehensions(xs, k):
    xs = list(xs)
    while True:
        pivot = xs[0]
        less = [x for x in xs if x < pivot]
        equal = [x for x in xs if x == pivot]
        more = [x for x in xs if x > pivot]
        if k < len(less):
            xs = less
        elif k < len(less) + len(equal):
            return pivot
        else:
            k -= len(less) + len(equal)
            xs = more


def by_appending(xs, k):
    xs = [x for x in xs]  # noqa: C416
    while True:
        pivot = xs[len(xs) // 2]
        less, more = [], []
        for x in xs:
            if x < pivot:
                less.append(x)
            elif x > pivot:
                more.append(x)
        n = len(xs) - len(less) - len(more)
        if k < len(less):
            xs = less
        elif k >= len(less) + n:
            k = k - len(less) - n
            xs = more
        else:
            return pivot


def by_a_flag(xs, k):
    found, answer = False, 0.0
    while not found:
        pivot, less, more, equal = xs[0], [], [], 0
        for x in xs:
            if x < pivot:
                less.append(x)
            elif x > pivot:
                more.append(x)
            else:
                equal += 1
        if k < len(less):
            xs = less
        elif k < len(less) + equal:
            found, answer = True, pivot
        else:
            k -= len(less) + equal
            xs = more
    return answer


def of_pairs(xs, k):
    items = [(x, i) for i, x in enumerate(xs)]
    while len(items) > 1:
        pivot = items[0][0]
        low = [t for t in items if t[0] < pivot]
        high = [t for t in items if t[0] > pivot]
        if k < len(low):
            items = low
        elif k == len(low):
            return pivot, items[0][1]
        else:
            k -= len(low) + 1
            items = high
    return items[0]


def by_recursion(xs, k):
    def go(xs, k):
        pivot = xs[0]
        low = [x for x in xs[1:] if x < pivot]
        high = [x for x in xs[1:] if x >= pivot]
        if k < len(low):
            return go(low, k)
        return pivot if k == len(low) else go(high, k - len(low) - 1)

    return go(xs, k)


def above_the_mean(xs, k):
    items = list(xs)
    while len(items) > k:
        mean = sum(items) / len(items)
        items = [c for c in items if c >= mean]
    return sum(items), len(items)


def in_rounds(xs, k):
    items = xs
    while len(items) > k:
        winners = []
        for i in range(0, len(items) - 1, 2):
            winners.append(max(items[i], items[i + 1]))
        if len(items) % 2:
            winners.append(items[-1])
        items = winners
    return items[0]


SELECTIONS = [by_comprehensions, by_appending, by_a_flag, of_pairs, by_recursion]


@pytest.mark.parametrize("f", SELECTIONS)
def test_the_kth_smallest(f):
    for k in (0, 3, 6):
        agree(f, XS, k)


@pytest.mark.parametrize("f", [above_the_mean, in_rounds])
def test_lists_that_become_shorter(f):
    for k in (1, 2, 6):
        agree(f, XS, k)


@pytest.mark.parametrize("f", [by_comprehensions, by_appending, by_recursion])
def test_derivatives(f):
    got = call_reference(anvil.grad(f), (XS, 2), {})
    assert got == [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]


def test_compiled():
    assert anvil.jit(by_appending)(XS, 4) == 4.0


def deeper(x):
    t = ()
    while True:
        t = (t, x)
        x = x * 0.5
        if x < 0.1:
            return x


def test_a_loop_without_an_end_whose_exits_the_data_decide():
    with pytest.raises(AnvilTypeError, match="a tuple of 0"):
        run(deeper, 3.0)
