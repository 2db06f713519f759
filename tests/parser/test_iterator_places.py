"""Iterators that are used up in parts, loops that are unrolled where their bodies need it, and
containers that a function captures.
"""

from __future__ import annotations

import itertools
from collections import Counter, OrderedDict, defaultdict, deque

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree

X = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])


def dealt(x):
    return [a * b + c for a, b, c in zip(*[iter(x)] * 3, strict=False)]


def pairs_and_the_rest(x):
    it = iter(x)
    first = next(it)
    pairs = [a * b for a, b in zip(it, it, strict=False)]
    return first, pairs, list(it), next(it, None)


def sliced_in_parts(x):
    it = iter(x)
    head = list(itertools.islice(it, 1, 4, 2))
    return head, sum(it), list(it)


def batches(x):
    it, out = iter(x), []
    while batch := tuple(itertools.islice(it, 4)):
        out.append(sum(batch))
    return out


def header_then_loop(x):
    it = iter(x)
    best = next(it)
    for v in it:
        if v * np.sin(v) > best:
            best = v
    return best, next(it, -1.0)


def stages_in_turn(x):
    m = map(np.sin, x)
    return next(m), list(enumerate(m)), list(m)


def odd_bounds(x):
    return list(itertools.islice(iter(x), -1))


@pytest.mark.parametrize(
    "fn",
    [
        dealt,
        pairs_and_the_rest,
        sliced_in_parts,
        batches,
        header_then_loop,
        stages_in_turn,
        odd_bounds,
    ],
)
def test_places_of_iterators(fn):
    agree(fn, X)


def index_of_slices(x):
    """The index list holds slices and a number: the loop is unrolled."""
    total = 0.0
    for axis in range(x.ndim):
        index = [slice(None)] * x.ndim
        index[axis] = 0
        total += np.sum(x[tuple(index)] ** (axis + 1))
    return total


def merged_names(p):
    """Names and numbers are sorted in a loop: the loop is unrolled."""
    heap = [(3, "a"), (1, "b"), (2, "c")]
    total = 0
    while len(heap) > 1:
        (m, a), (n, b), *heap = sorted(heap)
        total += m + n
        heap = [*heap, (m + n, a + b)]
    return total * p, heap[0][1]


def windows_of_each_size(x, n):
    return [np.lib.stride_tricks.sliding_window_view(x, k).sum() for k in range(1, n)]


@pytest.mark.parametrize(
    ("fn", "args"),
    [
        (index_of_slices, (X.reshape(2, 3, 1),)),
        (merged_names, (0.5,)),
        (windows_of_each_size, (X, 4)),
    ],
)
def test_loops_that_need_their_index(fn, args):
    agree(fn, *args)


def refused_in_a_loop(x):
    for _ in range(3):
        x = x + np.random.rand()
    return x


def test_what_unrolling_does_not_help_is_refused_once():
    with pytest.raises(anvil.AnvilError, match="random"):
        anvil.jit(refused_in_a_loop)(X)


ORDERED = OrderedDict(a=1.0, w=np.ones(2))
QUEUE = deque([1.0, np.array([2.0])], maxlen=4)
DEFAULTS = defaultdict(float, {"k": 1.5})
COUNTS = Counter("aab")


class Table(dict):
    pass


TABLE = Table(z=np.ones(3))


def captured(x):
    parts = [np.sum(v) for v in ORDERED.values()]
    return x * sum(parts), QUEUE[1] * len(QUEUE), DEFAULTS["k"], COUNTS["a"], TABLE["z"] * x


def test_captured_containers_are_read_at_every_call():
    compiled = anvil.jit(captured)
    for change in (
        lambda: None,
        lambda: ORDERED["w"].fill(5.0),
        lambda: QUEUE[1].fill(7.0),
        lambda: DEFAULTS.update(k=2.5),
        lambda: COUNTS.update("a"),
        lambda: TABLE["z"].fill(0.5),
        lambda: QUEUE.append(3.0),
    ):
        change()
        for got, want in zip(compiled(2.0), captured(2.0), strict=True):
            np.testing.assert_array_equal(got, want)


def test_a_captured_dict_as_cotangent():
    w = OrderedDict(p=1.0, q=0.5)

    def both(x):
        return OrderedDict(p=x * x, q=x)

    assert anvil.jit(lambda x: anvil.vjp(both, x)[1](w))(2.0) == (4.5,)


@pytest.mark.parametrize("write", [lambda: QUEUE.append(1.0), lambda: DEFAULTS["zz"]])
def test_captured_containers_are_not_written(write):
    with pytest.raises(anvil.AnvilError):
        anvil.jit(lambda x: (write(), x)[1])(1.0)


def by_score(x):
    scores = dict(zip("abcd", x, strict=False))
    ranked = sorted(scores.items(), key=lambda pair: -pair[1])
    return [v for _, v in ranked], ranked[0][0], [name for name, _ in ranked]


def best_function(x):
    fs = [np.sin, np.cos, np.tanh]
    fs.sort(key=lambda f: np.sum(f(x)), reverse=True)
    return fs[0](x)


def ranked_models(x):
    models = [{"w": x * i, "name": f"m{i}"} for i in range(3)]
    models.sort(key=lambda m: np.sum((m["w"] - 1.0) ** 2))
    return models[0]["w"], [m["name"] for m in models]


def teed(x):
    a, b = itertools.tee(x)
    next(b)
    c, d = itertools.tee(v * v for v in x)
    return [q - r for q, r in zip(b, a, strict=False)], sum(c), max(d)


def counted(x):
    return list(x).count(2.0), (1, 2, 2).count(2), [1, 2].count(3)


@pytest.mark.parametrize("fn", [by_score, best_function, ranked_models, teed, counted])
def test_orders_of_unlike_things(fn):
    agree(fn, np.array([0.3, -1.2, 2.0, 0.8]))


def test_a_tangent_of_chosen_names_is_none():
    x = np.array([0.3, -1.2, 2.0, 0.8])
    (_, name, _), (moved, none, _) = anvil.jit(lambda x: anvil.jvp(by_score, (x,), (2 * x,)))(x)
    assert name == "c"
    assert none is None
    np.testing.assert_array_equal(moved, sorted(2 * x, reverse=True))
