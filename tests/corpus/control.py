"""Control flow: exits from loops and branches, chained tests, loops that run zero times."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from tests.corpus.entries import entry

VECTOR = np.array([0.3, -1.2, 0.8, 2.1, -0.4, 0.9])


@entry(VECTOR, 1, xla=True)
@entry(VECTOR, 100)
def first_prefix_above(v: Any, bound: float) -> Any:
    total = 0.0
    for i in range(len(v)):
        total += v[i] ** 2
        if total > bound:
            return total, i
    return total, -1


@entry(VECTOR)
def break_and_else(v: Any) -> Any:
    for x in v:
        if x > 2.0:
            found = x * x
            break
    else:
        found = v.sum()
    return found


@entry(VECTOR * 0.5)
def loop_else_taken(v: Any) -> Any:
    for x in v:
        if x > 2.0:
            found = x * x
            break
    else:
        found = v.sum() ** 2
    return found


@entry(0.9, 50)
def while_else(x: float, limit: int) -> Any:
    n = 0
    while n < limit:
        x = 0.5 * (x + 2.0 / x)
        if abs(x * x - 2.0) < 1e-10:
            break
        n += 1
    else:
        x = -1.0
    return x, n


@entry(np.arange(12.0).reshape(3, 4) / 5)
def nested_exits(m: Any) -> Any:
    total = 0.0
    for i in range(3):
        for j in range(4):
            if m[i, j] > 1.7:
                return float(total * m[i, j])
            if j == i:
                continue
            if m[i, j] * total > 3.0:
                break
            total += math.sin(m[i, j])
        else:
            total += 1.0
    return total


@entry(0.7)
@entry(-0.7)
@entry(3.7)
def chained_comparisons(x: float) -> float:
    if -1 < x < 0:
        return x * x
    if 0 <= x < 1 or not x < 5:
        return math.exp(x)
    return 1.0 / x if x != 0 else 0.0


@entry(2.5, 0)
@entry(2.5, 3)
def loop_that_may_not_run(x: float, n: int) -> Any:
    y = x
    for i in range(n):
        y = y * x + i
    k = 0
    while k < n and y < 1e3:
        y += k
        k += 1
    return y, k


@entry(0.4)
def ternaries(x: float) -> float:
    s = 1 if x > 0 else -1
    y = x if abs(x) < 1 else 1 / x
    return s * (y**2 if s > 0 and y < 0.5 else y) + (2 if x > 1 else 3 if x > 0.2 else 4)


@entry(VECTOR)
def continue_everywhere(v: Any) -> Any:
    kept, skipped = 0.0, 0
    for x in v:
        if x < 0:
            skipped += 1
            continue
        if x > 2:
            continue
        kept += np.sqrt(x)
    return kept, skipped


@entry(VECTOR)
def walrus_and_short_circuit(v: Any) -> Any:
    best = 0.0
    i = 0
    while i < len(v) and (x := v[i]) < 2.0:
        if x > 0 and (y := math.log(x)) > -1:
            best += y
        i += 1
    return best, i


def describe_sign(x: Any) -> int:
    if x > 0:
        return 1
    elif x < 0:  # noqa: RET505
        return -1
    return 0


@entry(VECTOR)
def early_return_helper(v: Any) -> Any:
    out = 0.0
    for x in v:
        out += describe_sign(x) * x**2
    return out


def power(x: Any, n: int = 2, *, scale: float = 1.0) -> Any:
    return scale * x**n


@entry(1.3)
def defaults_and_keywords(x: float) -> float:
    cube = partial(power, n=3)
    half = partial(power, scale=0.5)
    return power(x) + cube(x) + half(x, n=4) + power(n=1, x=x, scale=x)


def weighted(first: Any, *rest: Any, bias: float = 0.0, **named: Any) -> Any:
    total = first + bias
    for k, r in enumerate(rest):
        total = total + r * (k + 1)
    for key, value in named.items():
        total = total * value if key.startswith("m") else total + value
    return total


@entry(0.6, 1.1)
def star_arguments(x: float, y: float) -> float:
    values = [x, y, x * y]
    options = {"bias": x, "mul": y, "add": 2.0}
    return weighted(*values, **options) + weighted(x, *(y, y), mega=x)


@entry(1.2)
def lambdas_on_a_line(x: float) -> float:
    f, g = (lambda t: t * t), (lambda t, c=x: t + c)
    hs = [lambda t, k=k: t**k for k in range(1, 4)]
    return f(g(x)) + sum(h(x) for h in hs) + (lambda: x)()


@entry(0.5, 4)
def late_binding(x: float, n: int) -> float:
    fs = []
    for k in range(3):
        fs.append(lambda t: t * k)  # noqa: B023
    return fs[0](x) + fs[1](x) * n


@entry(0.8)
def compose(x: float) -> float:
    def twice(f: Any) -> Any:
        return lambda t: f(f(t))

    def make_adder(a: Any) -> Any:
        def add(b: Any) -> Any:
            return a * b + 1

        return add

    return twice(twice(make_adder(x)))(x)


@entry(VECTOR)
def enumerate_zip_reversed(v: Any) -> Any:
    w = v[::-1]
    total = 0.0
    for i, (a, b) in enumerate(zip(v, w), start=1):  # noqa: B905
        total += i * a * b
    for a in reversed(v):
        total = total * 0.5 + a
    for i in reversed(range(len(v))):
        total -= v[i] * i
    for i in range(len(v) - 1, 0, -2):
        total *= 1 + 0.1 * v[i]
    return total


@entry(3, VECTOR)
def variable_after_loop(n: int, v: Any) -> Any:
    for i in range(n):
        last = v[i] ** 2
    return last * i


@entry(VECTOR, 0.25)
def while_true(v: Any, tol: float) -> Any:
    x, n = v[3], 0
    while True:
        step = x / 3
        if step < tol:
            break
        x -= step
        n += 1
        if n > 100:
            return -x, n
    return x, n


@entry(0.3, xla=True)
def exits_of_three_levels(x: float) -> Any:
    y = x
    i = 0
    while i < 10:
        i += 1
        for j in range(5):
            k = 0
            while k < j:
                y = math.sin(y) + 0.3
                k += 1
                if y > 0.85:
                    return y, i, j, k
            if y > 0.8 and i > 3:
                break
        if i % 2 == 0:
            continue
        y *= 0.9
    return y, i, -1, -1


@entry(1.5, 2)
@entry(-1.5, 7)
def elif_ladder(x: float, mode: int) -> float:
    if mode == 0:
        y = x
    elif mode == 1:
        y = x * x
    elif mode == 2 and x > 0:
        y = math.sqrt(x)
    else:
        y = abs(x) ** 1.5
    return y


@entry(0.35)
def comprehension_sums(x: float) -> float:
    powers = [x**k for k in range(5) if k != 2]
    table = {k: p * 2 for k, p in enumerate(powers)}
    pairs = [(a, b) for a in powers for b in powers[:2]]
    return sum(powers) + table[1] * table[3] + sum(a * b for a, b in pairs) + max(powers)


@entry(VECTOR)
def conditional_definition(v: Any) -> Any:
    if v[0] > 0:
        scale = v[1]
    if v[0] > 0.1:
        return scale * v[2]
    return v[3]


@entry(VECTOR)
def none_until_found(v: Any) -> Any:
    best = None
    for i in range(len(v)):
        if best is None or v[i] > best:
            best = v[i]
    return best * 2


@entry(2.0, 1e-12, xla=True)
def bisection(a: float, tol: float) -> float:
    lo, hi = 0.0, max(1.0, a)
    while hi - lo > 1e-3:
        mid = (lo + hi) / 2
        if mid**2 < a:
            lo = mid
        else:
            hi = mid
    x = 0.5 * (lo + hi)
    for _ in range(6):
        x -= (x * x - a) / (2 * x)
    return x


@entry(27)
@entry(1)
def collatz(n: int) -> int:
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


@entry(VECTOR)
def assigned_before_continue(v: Any) -> Any:
    total, y = 0.0, 0.0
    for x in v:
        if x > 0:
            if x > 0.85:
                y = x * x
                continue
            total += x
        y = 2.0 * x
        total += y
    return y * total


@entry(VECTOR)
def assigned_before_break(v: Any) -> Any:
    y = 1.0
    for i in range(6):
        x = v[i]
        if x > 0:
            if x > 2:
                y = x * x
                break
            y -= 1.0
        y = x
    else:
        y = 5.0
    return y * i


@entry(np.array([1.0, 2.0, 0.0, 3.0]), 1, smooth=False, xla=True)
def breaks_of_else_clauses(w: Any, k: int) -> Any:
    out = 0
    for i in range(5):
        for j in range(4):
            if w[j] > k + i:
                break
            for z in range(3):
                if z * j > k:
                    break
            else:
                if j == 2:
                    break
                out += 1
                continue
            out += 10
        else:
            if k - i < 1:
                break
            out += 100
    else:
        out += 1000
    while True:
        for x in w:
            out += int(x)
        else:
            break
    return out
