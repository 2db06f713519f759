"""Iterators that are used up in parts, loops that are unrolled where their bodies need it, and
containers that a function captures.
"""

from __future__ import annotations

import itertools
from collections import Counter, OrderedDict, defaultdict, deque

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.errors import AnvilTypeError
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


def left_early(x):
    it = iter(x)
    a = b = c = 0.0
    for v in it:
        if v > 2.0:
            break
        a += v
    for v in it:
        if v < 0.0:
            break
        b += v * v
    for v in it:
        c += np.sin(v)
    return a, b, c, list(it)


def left_with_a_number(x):
    it = enumerate(x)
    for i, v in it:  # noqa: B007
        if v * v > 4.5:
            break
    else:
        i = -1
    return i, sum(j * v for j, v in it), next(it, None)


def enumerated_iterator(x):
    it = iter(x)
    for i, v in enumerate(it):  # noqa: B007
        if v > 2.5:
            break
    return sum(it) * i


def of_a_list(x):
    it = iter([x[0], x[1], x[2], x[3]])
    for v in it:
        if v > 1.2:
            break
    total = 0.0
    for v in it:
        total = total * 0.5 + v
    return total


def found_in_turn(x):
    def find(it):
        for v in it:
            if v > 1.5:
                return v
        return 0.0

    it = iter(x)
    return find(it) + 10 * find(it) + 100 * sum(it)


def more_inside(x):
    it = iter(x)
    total = 0.0
    for a in it:
        if a < 0.0:
            total += next(it, 1.0)
            continue
        total += a * next(it, 2.0)
        if total > 40.0:
            break
    return total, list(it)


def of_numbers(x):
    it = iter(range(len(x)))
    for i in it:
        if x[i] > 2.0:
            break
    return [x[i] * i for i in it]


EARLY = [
    left_early,
    left_with_a_number,
    enumerated_iterator,
    of_a_list,
    found_in_turn,
    more_inside,
    of_numbers,
]


@pytest.mark.parametrize("fn", EARLY)
def test_iterators_go_on_after_loops_that_are_left_early(fn):
    for x in (X, X[::-1].copy(), X - 3.0, X + 3.0, -X):
        agree(fn, x)


@pytest.mark.parametrize("fn", [left_early, enumerated_iterator, more_inside])
def test_their_derivatives(fn):
    def loss(x):
        return fn(x)[1] if fn is left_early else fn(x) if fn is enumerated_iterator else fn(x)[0]

    x = X + 0.1
    want = [(loss(x + h) - loss(x - h)) / 2e-6 for h in 1e-6 * np.eye(6)]
    got = call_reference(anvil.grad(loss), (x,), {}, "O2")
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-8)


def test_an_iterator_that_another_loop_takes_from_is_refused():
    def both(x):
        it = iter(x)
        total = 0.0
        for v in it:
            for w in it:
                total += v * w
                if w > 2.0:
                    break
            if total > 10.0:
                break
        return total

    with pytest.raises(AnvilTypeError, match="moves on inside a loop over it"):
        agree(both, X)


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
