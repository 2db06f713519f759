"""Elements of lists that are strings, functions or other known things, where the data decide which:
logs, event queues, states.
"""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
import pytest

import anvil
from tests.parser.harness import agree


def event_queue(times):
    queue = []
    ticket = itertools.count()
    for t in times:
        heapq.heappush(queue, (t, next(ticket), "start"))
    done = 0.0
    while queue:
        t, _, kind = heapq.heappop(queue)
        if kind == "start":
            heapq.heappush(queue, (t + 1.5, next(ticket), "end"))
        else:
            done += t * t
    return done


def words(xs):
    log = []
    for x in xs:
        if x > 2.0:
            log.append("big")
        elif x > 0.0:
            log.append("small")
        else:
            log.append(None)
    return log, len(log), log.count("big"), log[-1], "small" in log


def pairs(xs):
    log = []
    for x in xs:
        if x > 2.0:
            log.append(("big", x))
        elif x > 0.0:
            log.append(("small", -x))
    total = 0.0
    for kind, v in log:
        total += v if kind == "big" else 10.0 * v
    return total, [kind for kind, _ in log]


def functions(xs):
    todo = []
    for x in xs:
        if x > 1.0:
            todo.append((math.sin, x))
        elif x > 0.0:
            todo.append((np.cos, x))
    return sum(float(f(v)) for f, v in todo)


def states(n, x):
    state = ["idle"] * n
    energy = 0.0
    for i in range(3 * n):
        j = (i * i + 3) % n
        if state[j] == "idle":
            state[j] = "run"
            energy += x * j
        elif state[j] == "run":
            state[j] = "done"
            energy += x * x
    return state, energy, state.count("done")


class Kind(Enum):
    BUY = 1
    SELL = 2

    @property
    def sign(self):
        return 1.0 if self is Kind.BUY else -1.0


def orders(prices):
    book = []
    for p in prices:
        if p > 1.0:
            book.append((Kind.SELL, p))
        elif p < -1.0:
            book.append((Kind.BUY, -p))
    return sum(k.sign * p for k, p in book), [k for k, _ in book]


@dataclass
class Process:
    name: str
    t: float
    state: str = "new"


def processes(times):
    ps = [Process(f"p{i}", t) for i, t in enumerate(times)]
    order = []
    for _ in range(6):
        q = ps[min(range(len(ps)), key=lambda k: ps[k].t)]
        q.t += 2.0
        q.state = "run" if q.state == "new" else "done"
        order.append(q.name)
    return order, [q.state for q in ps], sum(q.t for q in ps)


def history(balance, wanted):
    log = []
    try:
        log.append(("deposit", balance))
        if wanted > balance:
            raise ValueError("no")
        log.append(("withdraw", wanted))
    except ValueError:
        log.append(("refused", 0.0))
    return log, len(log)


def operators(n, x):
    stack, values = [], [x]
    for i in range(n):
        stack.append("+*-"[i % 3])
        values.append(x * i)
    total = values.pop()
    while stack:
        op, v = stack.pop(), values.pop()
        total = v + total if op == "+" else v * total if op == "*" else v - total
    return total


def in_rows(xs):
    rows = [[], [], []]
    for x in xs:
        rows[int(x) % 3].append("even" if int(x) % 2 == 0 else "odd")
    return rows


def swapped(x, i, j):
    names = ["a", "b", "c"]
    for k in range(3):
        names[(k + i) % 3], names[(k + j) % 3] = names[(k + j) % 3], names[(k + i) % 3]
    return names, x


PROGRAMS = [
    (event_queue, ([3.0, 1.0, 2.0],)),
    (words, ([3.0, 1.0, -2.0],)),
    (words, ([3.0, 1.0, -2.0, 7.0, 8.0, 0.5, 0.25],)),
    (pairs, ([3.0, 1.0, -2.0, 0.5, 9.0, 4.0],)),
    (functions, ([3.0, 1.5, -2.0, 0.5, 9.0, 4.0, 2.0],)),
    (states, (8, 1.5)),
    (orders, ([3.0, 1.5, -2.0, 0.5, 9.0, -4.0],)),
    (processes, ([3.0, 1.0, 2.0],)),
    (history, (10.0, 3.0)),
    (history, (10.0, 30.0)),
    (operators, (9, 0.3)),
    (in_rows, ([3.0, 1.5, 2.0, 6.5, 9.0, 4.0],)),
    (swapped, (1.0, 1, 2)),
]


@pytest.mark.parametrize(("program", "args"), PROGRAMS)
def test_as_in_python(program, args):
    agree(program, *args)


@pytest.mark.parametrize("program", [event_queue, functions])
def test_derivatives(program):
    x = np.array([3.0, 1.5, 0.25, 0.75])
    v = np.array([0.3, -0.2, 0.5, 0.1])

    def f(x):
        return program(list(x))

    h = 1e-6
    slope = (f(x + h * v) - f(x - h * v)) / (2 * h)
    assert anvil.grad(f)(x) @ v == pytest.approx(slope, rel=1e-7)
    assert anvil.jvp(f, (x,), (v,))[1] == pytest.approx(slope, rel=1e-7)


def test_an_order_of_names_is_a_result():
    assert anvil.jit(words)([3.0, 1.0]) == words([3.0, 1.0])
