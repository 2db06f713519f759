"""Lists of lists and arrays that hold one object twice, or share elements with other lists."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree, run

X = np.array([1.0, -2.0, 3.0, 0.5])
GLOBAL = np.zeros(4)


def rows(x: Any) -> Any:
    out = []
    for v in np.stack([x, 2 * x], 1):
        if v[0] > 0:
            out.append(v)
    return out


def copied(v: Any) -> Any:
    out = []
    for q in v:
        out.append(q)
    return out


# ---- what is compiled


def extended(x: Any) -> Any:
    out = [x[:2]]
    out.extend(rows(x))
    out += rows(x)[1:]
    return sum(out), len(out)


def joined(x: Any) -> Any:
    xs = rows(x)
    h = xs[:-1] + xs[::-1]
    return sum(h), len(h), h[2]


def starred(x: Any) -> Any:
    xs = rows(x)
    return len([*xs, x[:2], *xs[1:]]), len([*(v for v in x if v > 0), 1.5])


def repeated(x: Any) -> Any:
    k = int(np.sum(x > 0))
    return [0] * k, (1, 2) * k, [x[0]] * (k - 8), len([1.5, 2.5] * k)


def run_lengths(x: Any) -> Any:
    out = []
    for v in x:
        out.extend([v] * int(abs(v)))
    return out


def swapped(x: Any) -> Any:
    k = int(np.sum(x > 0))
    m = [[v, v] for v in x[:k]]
    for i in range(k - 1):
        j = k - 1 - i
        m[i], m[j] = m[j], m[i]
        m[i][1] += 1.0
    return m


def swapped_by_hand(x: Any) -> Any:
    k = int(np.sum(x > 0))
    m = [[v, v] for v in x[:k]]
    i, j = int(np.argmax(x[:k])), k - 1
    t = m[i]
    m[i] = m[j]
    m[j] = t
    m[0][1] += 2.0
    return m


def shifted(x: Any) -> Any:
    k = int(np.sum(x > 0))
    m = [np.zeros(2) for _ in range(k)]
    for t in range(5):
        for i in range(k - 1, 0, -1):
            m[i] = m[i - 1]
        m[0] = np.array([float(t), x[0]])
    return m


def filtered(x: Any) -> Any:
    ps = [[v, v] for v in x]
    ps = [p for p in ps if p[0] > 0]
    for p in ps:
        p[1] += x[0]
    return ps


def remembered(x: Any) -> Any:
    best = np.zeros(2)
    hist = []
    for v in x[x > 0]:
        if v > best[0]:
            best = np.array([v, 1.0])
        hist.append(best)
    return hist


def twice_on_one_path(x: Any) -> Any:
    r = [x[0], x[0]]
    w = [r, r] if x[0] > 0 else [[x[1], x[1]], [x[2], x[2]]]
    w[int(x[0])][0] = x[3]
    return w


def clipped(x: Any) -> Any:
    """A list that grows in each round, and elements of the last one."""
    out = list(np.stack([x, x], 1))
    last = out[0]
    for c in (0.4, 0.7, 2.0):
        old, out = out, []
        if not old:
            break
        last = old[-1]
        for p in old:
            if p[0] > c:
                if last[0] < c:
                    out.append(p * c)
                out.append(p)
            last = p
    return np.array(out) if out else None, last


COMPILED = [
    extended,
    joined,
    starred,
    repeated,
    run_lengths,
    swapped,
    swapped_by_hand,
    shifted,
    filtered,
    remembered,
    twice_on_one_path,
]


@pytest.mark.parametrize("program", COMPILED)
@pytest.mark.parametrize("scale", [1.0, 0.9])
def test_agrees_with_cpython(program: Any, scale: float) -> None:
    agree(program, scale * X)


def test_a_list_that_only_one_path_made_longer() -> None:
    want, last = clipped(X)
    got = anvil.jit(clipped)(X)
    np.testing.assert_array_equal(got[0], want)
    np.testing.assert_array_equal(got[1], last)


# ---- what is refused: CPython's write would be seen elsewhere


def one_row_many_times(x: Any) -> Any:
    r = [0.0, 0.0]
    out = []
    for _ in range(int(np.sum(x > 0))):
        out.append(r)
    out[0][1] = x[0]
    return out


def perhaps_the_same(x: Any) -> Any:
    hist = remembered(x)
    hist[0][1] = x[0]
    return hist


def repeated_rows(x: Any) -> Any:
    out = [[0.0, 0.0]] * int(np.sum(x > 0))
    out[0][1] = x[0]
    return out


def own_element_added(x: Any) -> Any:
    out = rows(x)
    out.append(out[0])
    out[0][1] = x[0]
    return out


def own_element_stored(x: Any) -> Any:
    out = rows(x)
    out[len(out) - 1] = out[0]
    out[0][1] = x[0]
    return out


def appended_before(x: Any) -> Any:
    r = np.array([x[0], x[1]])
    out = rows(x)
    out.append(r)
    out[0] = r + 1
    r[0] = x[2]
    return out


def copied_by_a_helper(x: Any) -> Any:
    xs = rows(x)
    ys = copied(xs)
    xs[0][1] = 7.0
    return ys


def in_order(x: Any) -> Any:
    xs = rows(x)
    ys = sorted(xs, key=lambda q: q[0])
    ys[1][1] = 7.0
    return xs


def twice_before_a_branch(x: Any) -> Any:
    k = int(np.sum(x > 0))
    r = [0.0, 0.0]
    if x[0] > 0:
        v = []
        for _ in range(k):
            v.append(r)
    else:
        v = [[float(i), 0.0] for i in range(k)]
    v[k - 1][0] = x[0]
    return v


REFUSED = [
    one_row_many_times,
    perhaps_the_same,
    repeated_rows,
    own_element_added,
    own_element_stored,
    appended_before,
    copied_by_a_helper,
    in_order,
    twice_before_a_branch,
]


@pytest.mark.parametrize("program", REFUSED)
def test_refused(program: Any) -> None:
    with pytest.raises(anvil.AnvilError) as caught:
        run(program, X)
    assert caught.value.diagnostic.code == "alias-types"


def test_a_write_on_one_path_only() -> None:
    def argument(x: Any) -> Any:
        z = x if x[0] > 0 else np.zeros(4)
        z[0] = 5.0
        return z

    def outside(x: Any) -> Any:
        z = GLOBAL if x[0] > 0 else np.zeros(4)
        z[0] = 5.0
        return z

    for program, what in ((argument, "argument"), (outside, "global")):
        with pytest.raises(anvil.AnvilError) as caught:
            run(program, X)
        assert caught.value.diagnostic.code == f"mutated-{what}"
