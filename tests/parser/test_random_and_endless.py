"""Random generators from known seeds; endless and filtered iterators."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree

X = np.array([0.3, -1.2, 0.8, 2.1, -0.4, 0.9])
M = X.reshape(3, 2)


def draws(x):
    rng = np.random.default_rng(0)
    return (rng.normal(size=3) + x[:3], rng.uniform(), rng.integers(0, 10, 4), rng.random())


def legacy_draws(x):
    rng = np.random.RandomState(3)
    return (
        rng.randn(2, 3),
        rng.rand(),
        rng.randint(5),
        rng.normal(1.0, 2.0, 3),
        rng.choice(5, 3, replace=False),
    )


def helper(rng, n):
    return rng.standard_normal(n)


def through_calls(x):
    rng = np.random.default_rng(1)
    a = helper(rng, 2)
    b = helper(rng, 2)
    return (a, b, x[0] * a)


def in_a_loop(x):
    rng = np.random.default_rng(1)
    s = 0.0
    for i in range(5):
        s += x[i] * rng.normal()
    return s


def scaled_by_data(x):
    rng = np.random.default_rng(1)
    return (
        rng.normal(x[0], abs(x[1])),
        rng.normal(x, 0.5),
        rng.normal(x[0], 1.0, size=(2, 2)),
        rng.uniform(x[0], 3.0, size=2),
        rng.exponential(abs(x)),
        rng.uniform(size=2),
    )


def shuffled(x):
    rng = np.random.default_rng(1)
    y = x.copy()
    rng.shuffle(y)
    cards = [x[0], x[1], x[2]]
    rng.shuffle(cards)
    p = rng.permutation(5)
    return (
        y,
        cards,
        p,
        rng.permutation(x),
        rng.choice(x, 2),
        rng.choice(x, (2, 2), replace=False),
        rng.random(),
    )


def one_generator(x):
    rng = np.random.default_rng(0)
    g = rng
    y = 1.0 if x[0] > 0 else 2.0
    return (g.random() * y, rng.random())


def long_loop(x):
    rng = np.random.default_rng(0)
    for _i in range(100):
        x = x + 0.01 * rng.normal(size=6)
    return x


def noise_first(x):
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(50, 6))
    s = x
    for i in range(50):
        s = s * 0.9 + noise[i]
    return s


def negative_scale(x):
    rng = np.random.default_rng(0)
    return rng.normal(0.0, -1.0)


class Net:
    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.w = rng.normal(size=(6, 2))
        self.rng = rng

    def noise(self):
        return self.rng.normal()


def inside_an_object(x):
    n = Net(4)
    return (x @ n.w, n.noise(), n.noise())


def comprehensions(x):
    rng = np.random.default_rng(0)
    return ([rng.random() for _ in range(3)], [rng.integers(3) for _ in range(40)])


def in_a_branch(x):
    rng = np.random.default_rng(0)
    return rng.random() if x[0] > 0 else 0.0


def rows_shuffled(m):
    rng = np.random.default_rng(1)
    y = m.copy()
    rng.shuffle(y)
    return (y, rng.permutation(m), rng.choice(m, 2), rng.choice(m, 3, axis=1), rng.random())


def legacy_rows(m):
    rng = np.random.RandomState(1)
    y = m.copy()
    rng.shuffle(y)
    cards = [1, 2, 3, 4]
    rng.shuffle(cards)
    return (
        y,
        cards,
        rng.permutation(m),
        rng.permutation(4),
        rng.choice(m[:, 0], 2),
        rng.rand(),
        rng.normal(m, 1.0),
        rng.uniform(m[0, 0], 4.0, 2),
    )


def counted_products(x):
    return sum((a * b for a, b in zip(itertools.count(1), x)))


def endless_zip(x):
    t = 0.0
    for i, s, v in zip(itertools.count(0, 2), itertools.cycle([1, -1]), x):
        t += i * s * v
    return t


def until_large(x):
    t = 0.0
    for v in itertools.takewhile(lambda v: v < 2, x):
        t += v
    return t


def after_small(x):
    t = 0.0
    for v in itertools.dropwhile(lambda v: v < 0.5, x):
        t += v
    return t


def positive_total(x):
    t = 0.0
    for v in filter(lambda v: v > 0, x):
        t += v
    return t


def filtered(x):
    return (sum(filter(lambda v: v > 0, x)), max(filter(lambda v: v < 0, x)))


def first_found(x):
    return (next((v for v in x if v > 0.5), 0.0), next((i for i, v in enumerate(x) if v > 100), -1))


def none_found(x):
    return next(v for v in x if v > 100)


def largest_key(x):
    d = {"a": x[0], "b": x[3], "c": x[2]}
    return max(d, key=d.get)


def largest_item(x):
    d = {"a": x[0], "b": x[3], "c": x[2]}
    return max(d.items(), key=lambda kv: kv[1])[1]


def int_key(x):
    d = {0: x[0], 1: x[3], 2: x[2]}
    k = max(d, key=d.get)
    return (k, sorted(d.items(), key=lambda kv: kv[1]))


def with_repeat(x):
    return (list(zip(*[x[:2], x[2:4]], strict=False)), list(zip(x, itertools.repeat(2.0))))


def cycled(x):
    c = itertools.cycle(x[:2])
    return next(c) + next(c) * next(c)


def numbered_names(x):
    names = ["a", "b"]
    return (
        dict(zip(names, x, strict=False)),
        dict(zip(names, itertools.count())),
        dict(enumerate(x[:2])),
    )


ON_VECTORS = [
    draws,
    legacy_draws,
    through_calls,
    in_a_loop,
    scaled_by_data,
    shuffled,
    one_generator,
    long_loop,
    noise_first,
    negative_scale,
    inside_an_object,
    comprehensions,
    in_a_branch,
    counted_products,
    endless_zip,
    until_large,
    after_small,
    positive_total,
    filtered,
    first_found,
    none_found,
    largest_key,
    largest_item,
    int_key,
    with_repeat,
    cycled,
    numbered_names,
]
ON_MATRICES = [rows_shuffled, legacy_rows]


@pytest.mark.parametrize("program", ON_VECTORS, ids=lambda p: p.__name__)
def test_same_as_python(program):
    agree(program, X)


@pytest.mark.parametrize("program", ON_MATRICES, ids=lambda p: p.__name__)
def test_rows(program):
    agree(program, M)


def seeded(n, x):
    rng = np.random.default_rng(n)
    return rng.normal(size=n) * x


def test_a_seed_that_is_an_argument_becomes_static():
    agree(seeded, 4, 2.0)


def sampled_loss(mean, spread):
    rng = np.random.default_rng(0)
    z = rng.normal(mean, spread, size=50)
    return np.mean(np.tanh(z) ** 2) + rng.uniform(mean, 2.0)


def test_derivatives_by_the_parameters():
    anvil.check_grads(sampled_loss, (0.3, 0.8), order=2)


def drawn_or_not(x):
    rng = np.random.default_rng(0)
    a = rng.random() if x[0] > 0 else 0.0
    return a + rng.random()


def unseeded(x):
    return x + np.random.default_rng().normal()


def from_outside(rng, x):
    return x + rng.normal()


def in_a_while_loop(x):
    rng = np.random.default_rng(0)
    t = x[0]
    while t < 10.0:
        t = t + rng.random()
    return t


@pytest.mark.parametrize(
    ("program", "args", "text"),
    [
        (drawn_or_not, (X,), "whether this generator has been drawn from"),
        (unseeded, (X,), "has no seed"),
        (from_outside, (np.random.default_rng(0), X), "not decided by the arguments"),
        (in_a_while_loop, (X,), "random generator"),
    ],
)
def test_hidden_state_is_refused(program, args, text):
    with pytest.raises(anvil.AnvilError, match=text):
        anvil.jit(program)(*args)


def all_of_it(x):
    return list(itertools.count()) + [x[0]]


def test_an_endless_iterator_is_refused_where_all_is_asked_for():
    with pytest.raises(anvil.AnvilError, match="has no end"):
        anvil.jit(all_of_it)(X)


def squares(m):
    t = 0.0
    for v in np.nditer(m, order="C"):
        t += float(v) ** 2 + v.ndim
    return t


def in_memory_order(m):
    return sum(float(v) for v in np.nditer(m))


def zeros(m):
    return np.zeros(np.array(3)), np.ones((np.array(2), 1))


def test_nditer_and_lengths_that_are_arrays():
    agree(squares, M)
    agree(in_memory_order, X)
    agree(zeros, M)
    with pytest.raises(anvil.AnvilError, match="order of its memory"):
        anvil.jit(in_memory_order)(M)


def searched(x):
    first = next((v * v for v in x if v > 0.5), 0.0)
    total = sum(v**3 for v in itertools.takewhile(lambda v: v < 2.0, x))
    return first * total + max(v for v in x if v < 1.0)


def test_derivatives_of_searches():
    anvil.check_grads(searched, (X,), order=2)
