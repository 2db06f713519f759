"""collections, sets and dict subclasses on known structure."""

from __future__ import annotations

from collections import ChainMap, Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import MutableMapping, Sequence

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree

X = np.array([0.3, -1.2, 0.8, 2.1, -0.4, 0.9])


def moving_average(x):
    d = deque(maxlen=3)
    out = []
    for v in x:
        d.append(v)
        out.append(sum(d) / len(d))
    return np.array(out)


def rotated(x):
    d = deque([x[0], x[1], x[2]])
    d.rotate(1)
    d.appendleft(5.0)
    d.rotate(-2)
    a = d.popleft()
    b = d.pop()
    return (a, b, list(d))


def bounded(x):
    d = deque(x[:2], maxlen=4)
    d.extend([1.0, 2.0, 3.0])
    d.extendleft([x[5], x[4]])
    return d


def delay_line(x):
    h = deque([0.0] * 4, maxlen=4)
    s = 0.0
    for v in x:
        h.append(v)
        s += h[0] * h[3]
    return s


def deque_questions(x):
    d = deque([1, 2])
    return (
        d == deque([1, 2]),
        d == [1, 2],
        isinstance(d, deque),
        isinstance(d, list),
        2 in d,
        d.count(1),
        d.index(2),
    )


def deque_arithmetic(x):
    d = deque([x[0]]) + deque([x[1]])
    d += [1.0]
    return d * 2


def deque_slice(x):
    d = deque([1, 2])
    return d[0:1]


def deque_methods(x):
    d = deque([1.0, 2.0])
    d[0] = x[0]
    d.insert(1, x[1])
    d.reverse()
    d.remove(2.0)
    e = d.copy()
    e.clear()
    del d[0]
    return (d, e, bool(e))


def full_deque_insert(x):
    d = deque([1.0], maxlen=1)
    d.insert(0, 2.0)
    return d


def empty_deque_pop(x):
    d = deque()
    return d.popleft()


def breadth_first(x):
    g = {0: [1, 2], 1: [3], 2: [3], 3: []}
    q = deque([0])
    seen = {0}
    tot = 0.0
    while q:
        n = q.popleft()
        tot += x[n]
        for m in g[n]:
            if m not in seen:
                seen.add(m)
                q.append(m)
    return tot


def group_sums(x):
    d = defaultdict(float)
    for i in range(6):
        d["even" if i % 2 == 0 else "odd"] += x[i]
    return (d["even"], d["odd"], dict(d), d["none"], len(d))


def grouped(x):
    d = defaultdict(list)
    for i in range(6):
        d[i % 3].append(x[i])
    return {k: sum(v) for k, v in d.items()}


def array_default(x):
    d = defaultdict(lambda: np.zeros(2))
    d["a"] += x[:2]
    d["b"][0] = x[3]
    return (d["a"], d["b"])


def defaultdict_result(x):
    d = defaultdict(int)
    d["a"] += 1
    d["b"] = x[0]
    return d


def defaultdict_questions(x):
    d = defaultdict(float, {"a": 1.0})
    return (
        d.get("q"),
        "q" in d,
        d.default_factory is float,
        isinstance(d, dict),
        type(d) is defaultdict,
    )


def letter_counts(x):
    c = Counter("abracadabra")
    return (c["a"], c["zz"], c.most_common(2), sum(c.values()), c.total())


def counter_arithmetic(x):
    c = Counter(a=1, b=2)
    e = Counter({"a": 3})
    return (c + e, c - e, c | e, c & e, sorted((c + e).elements()))


def counter_updates(x):
    c = Counter([1, 1, 2])
    c.update([2, 2])
    c.subtract([1])
    c[5] += 2
    del c[1]
    return (dict(c), c.most_common())


def weighted_counts(x):
    c = Counter()
    c["a"] += x[0]
    c["b"] += x[1]
    return c["a"] * c["b"]


def counter_result(x):
    c = Counter()
    for w in ["a", "b", "a"]:
        c[w] += 1
    return c


def ordered_moves(x):
    d = OrderedDict()
    d["a"] = x[0]
    d["b"] = x[1]
    d["c"] = 2.0
    d.move_to_end("a")
    d.move_to_end("c", last=False)
    k, v = d.popitem(last=False)
    return (k, v, d, list(d))


def ordered_result(x):
    d = OrderedDict([("a", x[0]), ("b", x[1])])
    return (d, d.popitem(), list(reversed(d)), type(d) is OrderedDict)


def named_tuple(x):
    P = namedtuple("P", "x y")
    p = P(x[0], y=x[1])
    q = p._replace(x=3.0)
    return (p.x * q.x, q[1], p._fields, p._asdict()["x"])


def named_tuple_defaults(x):
    P = namedtuple("P", ["a", "b"], defaults=[1.0])
    p = P(x[0])
    a, b = p
    return (a + b, len(p), isinstance(p, tuple))


def last_item(x):
    d = {"a": x[0], "b": x[1]}
    k, v = d.popitem()
    return (k, v, d)


def from_keys(x):
    d = dict.fromkeys(["a", "b"], 0.0)
    d["a"] += x[0]
    return d


def merged(x):
    d = {"a": x[0]}
    e = d | {"b": x[1]}
    e |= {"c": 1.0}
    return e


def set_methods(x):
    s = {1, 2, 3}
    s.add(5)
    s.discard(1)
    s.update([7, 8], (9,))
    return (s, len(s), 5 in s, type(s) is set, isinstance(s, set))


def set_algebra(x):
    s = set("hello")
    return (s | {"z"}, s & {"h"}, s - {"l"}, s ^ {"h", "q"}, sorted(s))


def frozen_sets(x):
    s = frozenset([1, 2])
    return (
        s,
        s | {3},
        {3} | s,
        s < {1, 2, 3},
        s <= s,
        s == {1, 2},
        {1, 2} == s,
        s.union([4]),
        hash(s) == hash(frozenset([1, 2])),
    )


def over_ints(x):
    t = 0.0
    for i in {3, 1, 2}:
        t += x[i] * i
    return t


def without_repeats(x):
    seen = set()
    out = []
    for k in [1, 2, 1, 3, 2]:
        if k not in seen:
            seen.add(k)
            out.append(x[k])
    return out


def set_comprehensions(x):
    s = {i * i for i in range(4)}
    return (s, max(s), sorted(s, reverse=True), {i for i in sorted(s) if i > 1})


def missing_element(x):
    s = {1, 2}
    s.remove(9)
    return s


def set_in_place(x):
    a = {1, 2, 3}
    a |= {4}
    a &= {1, 4, 9}
    b = a
    b -= {1}
    a ^= {5}
    return (a, b, a is b, a.isdisjoint({1}), a.issubset({4, 5, 6}), a.issuperset([4]))


def set_copies(x):
    s = set()
    s.add("a")
    c = s.copy()
    c.add("b")
    s.clear()
    return (s, c, bool(s), bool(c))


def complement(x):
    free = set(range(6)) - {2, 4}
    return (sum(x[i] for i in sorted(free)), sum(x[i] for i in free))


def sets_in_results(x):
    return ({"a": {1, 2}, "b": frozenset([3])}, [{1}, {2}])


def member_of_data(x):
    k = int(x[0] * 10)
    return (k in {1, 2, 3}, k in frozenset([3]))


def set_after_branch(x):
    s = {1}
    y = 1 if x[0] > 0 else 2
    s.add(4)
    return (y, s)


def sets_as_items(x):
    s = set(range(3))
    return (
        [x[i] for i in s],
        [x[i] for i in s],
        {i: x[i] for i in s},
        tuple(s),
        min(s),
        any(s),
    )


def graph(x):
    edges = [(0, 1), (1, 2), (0, 2)]
    nodes = {u for e in edges for u in e}
    adj = {n: {v for u, v in edges if u == n} | {u for u, v in edges if v == n} for n in nodes}
    return {n: sum(x[m] for m in adj[n]) for n in nodes}


PROGRAMS = [
    moving_average,
    rotated,
    bounded,
    delay_line,
    deque_questions,
    deque_arithmetic,
    deque_slice,
    deque_methods,
    full_deque_insert,
    empty_deque_pop,
    breadth_first,
    group_sums,
    grouped,
    array_default,
    defaultdict_result,
    defaultdict_questions,
    letter_counts,
    counter_arithmetic,
    counter_updates,
    weighted_counts,
    counter_result,
    ordered_moves,
    ordered_result,
    named_tuple,
    named_tuple_defaults,
    last_item,
    from_keys,
    merged,
    set_methods,
    set_algebra,
    frozen_sets,
    over_ints,
    without_repeats,
    set_comprehensions,
    missing_element,
    set_in_place,
    set_copies,
    complement,
    sets_in_results,
    member_of_data,
    set_after_branch,
    sets_as_items,
    graph,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_same_as_python(program):
    agree(program, X)


def shifted(d):
    e = deque(d, d.maxlen)
    e.append(d[0] * 2)
    return e, len(d), d[-1], d.maxlen


def counted(d):
    d = d.copy()
    d["z"] += 1.0
    return d


def chosen(s, x):
    return len(s), 2 in s, s | {9}, [x[i] for i in sorted(s)]


class Params(dict):
    def total(self):
        return self["a"] + self["b"]


def params_total(p):
    q = p.copy() if type(p) is dict else Params(a=p["b"], b=3.0)
    return p.total() * q.total(), q


def test_arguments_and_results():
    agree(shifted, deque([1.0, 2.0, X], maxlen=5))
    agree(counted, defaultdict(float, q=1.0))
    agree(counted, Counter(q=1.0))
    agree(chosen, {1, 2, 3}, X)
    agree(params_total, Params(a=1.0, b=2.0))


def energy(d):
    return d["a"] * d["b"] ** 2 + sum(d.values())


def test_gradients_keep_the_class():
    gradient = anvil.grad(energy)(Counter(a=2.0, b=3.0))
    assert type(gradient) is Counter
    assert gradient == {"a": 10.0, "b": 13.0}
    assert anvil.grad(lambda d: d[0] * d[1])(deque([2.0, 3.0])) == deque([3.0, 2.0])


def pooled(x):
    sums = defaultdict(float)
    window = deque(maxlen=2)
    for i, v in enumerate(x):
        window.append(v * v)
        sums[i % 2] += sum(window)
    return sums[0] * sums[1]


def test_derivatives():
    anvil.check_grads(pooled, (X,), order=2)


def by_name(x):
    return sum(x[len(name)] for name in {"a", "bb"})


def test_order_of_a_set_is_refused():
    with pytest.raises(anvil.AnvilError, match="order of the elements of a set"):
        anvil.jit(by_name)(X)


def made_inside(x):
    d = defaultdict(lambda: 0.0)
    d["a"] += x[0]
    return d


def test_a_factory_made_inside_is_refused_as_result():
    with pytest.raises(anvil.AnvilError, match="a function made inside"):
        anvil.jit(made_inside)(X)


def equal_dicts(x):
    d = {"a": x[0], "b": 1}
    return d == {"b": 1, "a": x[0]}, d == {"a": x[1], "b": 1}, d != {"a": x[0]}


def test_dicts_are_compared_by_their_items():
    agree(equal_dicts, X)


def step(x, *, lr, beta, **rest):
    return x - lr * beta, sorted(rest)


class Settings(MutableMapping):
    """A mapping whose methods are those of collections.abc."""

    def __init__(self, **given):
        self.held = dict(given)

    def __getitem__(self, key):
        return self.held[key]

    def __setitem__(self, key, value):
        self.held[key] = value

    def __delitem__(self, key):
        del self.held[key]

    def __iter__(self):
        return iter(self.held)

    def __len__(self):
        return len(self.held)


def mappings(x):
    s = Settings(lr=x[0], beta=0.5)
    s["more"] = x[1]
    s.update(beta=2.0)
    popped = s.pop("more")
    chained = ChainMap({"lr": x[2]}, s)
    return (
        step(1.0, **s),
        step(1.0, **chained, other=1),
        {**s, "lr": 0.0},
        dict(s),
        s.get("none", popped),
        s.setdefault("new", 3.0),
        "lr" in s,
        len(chained),
        list(s.items()),
        sum(s.values()),
        s == {"lr": x[0], "beta": 2.0, "new": 3.0},
    )


class Steps(Sequence):
    def __init__(self, lo, hi, n):
        self.lo, self.hi, self.n = lo, hi, n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        if isinstance(i, slice):
            return [self[j] for j in range(*i.indices(self.n))]
        i += self.n if i < 0 else 0
        if not 0 <= i < self.n:
            raise IndexError(i)
        return self.lo + (self.hi - self.lo) * i / (self.n - 1)


def sequences(x):
    s = Steps(x[0], x[1], 4)
    return list(s), s[-1], s[1:4:2], list(reversed(s)), x[0] in s, s.index(x[0]), s.count(x[1])


def twice_given(x):
    return step(x[0], lr=1.0, **{"lr": 2.0, "beta": 0.0})  # noqa: PIE804


def no_mapping(x):
    return step(x[0], **[1, 2])


def no_mapping_shown(x):
    return {"a": 1, **[x[0]]}


def no_strings(x):
    return step(x[0], **{1: 2})


def no_pairs(x):
    return dict([(1, x[0]), (2,)])


def test_abstract_mappings_and_sequences():
    agree(mappings, X)
    agree(sequences, X)
    agree(no_pairs, X)


@pytest.mark.parametrize(
    "program, message",
    [
        (twice_given, "multiple values for keyword argument 'lr'"),
        (no_mapping, r"after \*\* must be a mapping, not list"),
        (no_mapping_shown, "'list' object is not a mapping"),
        (no_strings, "keywords must be strings"),
    ],
)
def test_what_is_no_mapping(program, message):
    with pytest.raises(TypeError):
        program(X)
    with pytest.raises(TypeError, match=message):
        anvil.jit(program)(X)
