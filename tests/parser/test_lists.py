"""Lists of like things at computed indices, and lists that loops append to."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

import anvil
from anvil.errors import AnvilError
from tests.parser.harness import agree, compile_for, run

X = np.array([0.3, -1.2, 0.8, 2.1, -0.4, 0.9, 1.5, -0.7])


def buf(x):
    n = len(x)
    out = [0.0] * n
    for i in range(n):
        out[i] = x[i] * 2
    return out


def fib(n):
    f = [0] * 20
    f[0] = 0
    f[1] = 1
    for i in range(2, 20):
        f[i] = f[i - 1] + f[i - 2]
    return f[n], f


def sieve(k):
    n = 30
    s = [True] * n
    s[0] = s[1] = False
    for i in range(2, n):
        if s[i]:
            for j in range(i * i, n, i):
                s[j] = False
    return sum(s), s


def lcs(a, b):
    n, m = len(a), len(b)
    dp = [[0] * (m + 1) for _ in range(n + 1)]
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            if a[i - 1] == b[j - 1]:
                dp[i][j] = dp[i - 1][j - 1] + 1
            else:
                dp[i][j] = max(dp[i - 1][j], dp[i][j - 1])
    return dp[n][m]


def bubble(x):
    a = [float(v) for v in x]
    n = len(a)
    for i in range(n):
        for j in range(n - i - 1):
            if a[j] > a[j + 1]:
                a[j], a[j + 1] = a[j + 1], a[j]
    return a


def insertion(x):
    a = list(x)
    for i in range(1, len(a)):
        key = a[i]
        j = i - 1
        while j >= 0 and a[j] > key:
            a[j + 1] = a[j]
            j -= 1
        a[j + 1] = key
    return np.array(a)


def app(x):
    out = []
    for i in range(len(x)):
        out.append(np.sin(x[i]) * 2)
    return np.array(out), sum(out), out[-1], len(out), out


def app2(x):
    out = []
    for v in x:
        out.append((v, v * v))
    s = 0.0
    for a, b in out:
        s += a * b
    return s, out[3], out


def app_nested(x):
    out = []
    for i in range(6):
        for j in range(7):
            out.append(i * j + x[0])
    return len(out), out[13], sum(out)


def traj(x):
    hist = [x.copy()]
    for _ in range(10):
        x = x + 0.1 * np.sin(x)
        hist.append(x)
    return np.array(hist), hist[-1], len(hist)


def cond_app(x):
    out = []
    for v in x:
        if v > 0:
            out.append(v)
    return len(out), sum(out), out[-1], out[0]


def knap(w, v):
    W = 10
    dp = [0] * (W + 1)
    for i in range(len(w)):
        for c in range(W, w[i] - 1, -1):
            dp[c] = max(dp[c], dp[c - w[i]] + v[i])
    return dp[W]


def rows_write(x):
    rows = [np.zeros(3), np.ones(3), np.arange(3.0)]
    for i in range(3):
        rows[i][i] += x[i]
        r = rows[i]
        r[0] = r[0] * 2
    return rows


def memo_grow(n):
    f = [0, 1]
    for _ in range(2, 20):
        f.append(f[-1] + f[-2])
    return f[n], f


def hist_break(x):
    h = []
    for _ in range(50):
        x = 0.5 * (x + 2.0 / x)
        h.append(x)
        if abs(x * x - 2) < 1e-9:
            break
    return h[-1], len(h)


def layers(x):
    Ls = [
        (np.eye(3) * 0.5, np.ones(3)),
        (np.eye(3) * 0.3, np.zeros(3)),
        (np.eye(3), np.ones(3) * 2),
    ]
    h = x[:3]
    for k in range(3):
        W, b = Ls[k]
        h = np.tanh(W @ h + b)
    i = 0
    while i < 3:
        h = Ls[i][0] @ h
        i += 1
    return h


def alias_row(x):
    dp = [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
    r0 = dp[0]
    for i in range(3):
        for j in range(3):
            dp[i][j] += float(x[i]) * j
    r0[1] = 100.0
    return dp, r0


def alias_arr(x):
    a = np.zeros(2)
    rows = [a, np.ones(2)]
    for i in range(2):
        rows[i][0] = float(x[i])
    a[1] = 5.0
    return rows


def append_copy(x):
    v = np.zeros(2)
    h = []
    for _ in range(6):
        v += 1.0
        h.append(v.copy())
    h[2][0] = 50.0
    return h


def stackpop(x):
    s = [float(x[0]), float(x[1]), float(x[2])]
    for i in range(2):
        a = s.pop()
        b = s.pop()
        s.append(a * b + i)
    return s


def heap_like(x):
    h = []
    for v in x:
        h.append(float(v))
        i = len(h) - 1
        while i > 0 and h[(i - 1) // 2] > h[i]:
            h[i], h[(i - 1) // 2] = h[(i - 1) // 2], h[i]
            i = (i - 1) // 2
    return h


def negidx(x):
    a = [1.0, 2.0, 3.0, 4.0]
    for i in range(1, 5):
        a[-i] = a[-i] * float(x[i])
    return a


def oob(x):
    a = [1.0, 2.0, 3.0]
    for i in range(4):
        a[i] = float(x[i])
    return a


def helper(x):
    out = []

    def add(v):
        out.append(v)

    for i in range(7):
        add(float(x[i]) * 2)
    return out


def fill(buf, i, v):
    buf[i] = v


def filled(x):
    b = [0.0] * 6
    for i in range(6):
        fill(b, i, float(x[i]))
    return b


def slices(x):
    a = [float(v) for v in x]
    for i in range(len(a)):
        a[i] = a[i] + 1
    b = a[2:5]
    c = a[::-1]
    d = b + c
    d.reverse()
    e = a.copy()
    e[0] = 99.0
    return b, c, d, e, a, a * 2


def inserts(x):
    a = []
    for v in x:
        lo = 0
        while lo < len(a) and a[lo] < v:
            lo += 1
        a.insert(lo, float(v))
    return a


def listarg(xs):
    t = 0.0
    for i in range(len(xs)):
        t += xs[i] * xs[-i - 1]
    for v in xs:
        t = t * 0.5 + v
    for i, v in enumerate(xs):
        t += i * v
    return t


def dyn_for(xs, n):
    a = []
    for i in range(n):
        a.append(xs[i])
    return a, sum(a)


def zero(xs, n):
    a = []
    for i in range(n):
        a.append(xs[i])
    return len(a)


def delmid(x, k):
    a = [1.0, 2.0, 3.0, 4.0, 5.0]
    del a[k]
    p = a.pop(k)
    return a, p


def cond(x):
    pos = []
    neg = []
    for v in x:
        if v > 0:
            pos.append(v)
        else:
            neg.append(v)
    t = 0.0
    for v in pos:
        t += v
    for i in range(len(neg)):
        t -= neg[i] ** 2
    return t, len(pos)


PROGRAMS = [
    (buf, X),
    (fib, 7),
    (sieve, 3),
    (lcs, np.array([1, 2, 3, 2, 4]), np.array([2, 3, 4, 4])),
    (bubble, X),
    (insertion, X),
    (app, X),
    (app2, X),
    (app_nested, X),
    (traj, X),
    (cond_app, X),
    (knap, np.array([3, 4, 2]), np.array([4.0, 5.0, 3.0])),
    (rows_write, X),
    (memo_grow, 7),
    (hist_break, 3.0),
    (layers, X),
    (alias_row, X),
    (alias_arr, X),
    (append_copy, X),
    (stackpop, X),
    (heap_like, X),
    (negidx, X),
    (oob, X),
    (helper, X),
    (filled, X),
    (slices, X),
    (inserts, X),
    (listarg, [float(i) for i in range(40)]),
    (dyn_for, X, 6),
    (zero, X, 0),
    (delmid, X, 2),
    (cond, X),
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p[0].__name__)
def test_same_as_python(program):
    agree(*program)


def shared_rows(x):
    m = [[0.0] * 3] * 3
    for i in range(3):
        m[i][i] = float(x[i])
    return m


def rebound(x):
    rows = [np.zeros(2), np.ones(2)]
    i = int(x[0] > 0)
    r = rows[i]
    rows[i] = np.array([9.0, 9.0])
    r[0] = 7.0
    return rows


def unlike(x):
    a = [1.0, 2.0, 3.0]
    a[int(x[0] > 0)] = x
    return a[0]


def appended_alias(x):
    v, h = np.zeros(2), []
    for i in range(6):
        v += x[i]
        h.append(v)
    return h


@pytest.mark.parametrize(
    ("program", "code"),
    [(rebound, "alias-types"), (unlike, "unlike-elements")],
)
def test_refused(program, code):
    with pytest.raises(AnvilError) as refused:
        run(program, X)
    assert refused.value.code == code


@pytest.mark.parametrize("program", [shared_rows, appended_alias])
def test_never_another_value(program):
    """Elements that are one object: compiled to Python's value, or refused."""
    with contextlib.suppress(AnvilError):
        agree(program, X)


def squares(x, n):
    out = []
    for i in range(n):
        out.append(x * i)
    return out


def test_the_program_does_not_grow_with_the_list():
    sizes = set()
    for n in (50, 5000):
        parsed, _ = compile_for(lambda x, n=n: sum_of_squares(x, n), 0.5)
        sizes.add(sum(len(f.body.ops) for f in parsed.program.funcs.values()))
    assert len(sizes) == 1


def sum_of_squares(x, n):
    out = [0.0] * n
    for i in range(n):
        out[i] = x * i
    kept = []
    for i in range(n):
        kept.append(out[i] * out[n - 1 - i])
    total = 0.0
    for v in kept:
        total += v
    return total


def test_long_results_come_back_as_lists():
    assert anvil.jit(squares)(0.5, 200) == squares(0.5, 200)


def recurrence(x):
    f = [x[0], x[1]]
    for _ in range(2, 10):
        f.append(f[-1] * f[-2] + x[2])
    table = [[0.0] * 4 for _ in range(5)]
    for i in range(1, 5):
        for j in range(4):
            table[i][j] = table[i - 1][j] * 0.5 + f[i] * x[j]
    return f[-1] + table[4][3] * table[3][2]


@pytest.mark.parametrize("program", [recurrence])
def test_derivatives(program):
    x = X[:4] * 0.5
    anvil.check_grads(program, (x,), order=2)
