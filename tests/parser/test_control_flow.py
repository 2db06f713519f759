"""Branches, loops and exits on data."""

# ruff: noqa: B007, RET504, SIM108

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from anvil.errors import AnvilTypeError, AnvilUnboundLocalError
from anvil.ir.analysis import op_counts, walk
from tests.parser.harness import agree, compile_for, run

V = np.arange(5.0)


def early_returns(x):
    if x > 0:
        return x * 2
    if x < -5:
        return 1.0
    y = x + 3
    return y


def nested_returns(x, y):
    if x > 0:
        if y > 0:
            return 1.0
        z = 2.0
    else:
        z = 3.0
    return z + y


def leave_an_endless_loop(x):
    s, k = 0.0, 0
    while True:
        s += x
        k += 1
        if s > 10:
            break
        if k > 20:
            return -1.0, k
    return s, k


def find(x, t):
    for i in range(5):
        if x[i] > t:
            return i
    return -1


def for_else(x, t):
    for i in range(5):
        if x[i] > t:
            break
    else:
        i = -1
    return i


def while_else(n):
    k = 0
    while k < n:
        k += 1
        if k == 7:
            break
    else:
        k = -k
    return k


def continue_and_break(x):
    s = 0
    for i in range(10):
        if i % 2 == 0:
            continue
        for j in range(i):
            if j > x:
                break
            s += j
        else:
            s += 100
    return s


def return_out_of_nested_loops(a, t):
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            if a[i, j] > t:
                return i, j
    return -1, -1


def fibonacci(n):
    a, b = 0, 1
    while b < n:
        a, b = b, a + b
    return a, b


def collatz(n):
    c = 0
    while n != 1:
        n = 3 * n + 1 if n % 2 else n // 2
        c += 1
    return c


def first_big(x):
    i = 0
    while x[i] < 3:
        i += 1
    return i


def walrus_in_the_test(x):
    while (y := x * 0.5) > 1:
        x = y
    return x, y


def int_then_float(x):
    s = 0
    for v in x:
        s = s + v
    return s


def int_then_array(x):
    s = 0
    for _ in range(3):
        s = s + np.ones(2) * x
    return s


def none_then_number(x):
    best = None
    for v in [1.0, 3.0, 2.0]:
        if best is None or v > best:
            best = v
    return best * x


def growing(x):
    for _ in range(3):
        x = np.concatenate([x, x])
    return x


def a_list_grows(n):
    out = []
    for i in range(n):
        out.append(i * i)
    return out


def a_list_grows_in_a_while(n):
    out, i = [], 0
    while i < n:
        out.append(i)
        i += 1
    return out


def loop_variable_after_the_loop(x):
    for i in range(3):
        x = x * 2
        y = x
    return y, i


def assigned_in_the_loop_only(n):
    for i in range(n):
        y = i
    return y


def assigned_in_one_branch(x):
    if x > 0:
        y = x
    return y


def rows_enumerated_zipped_reversed(a):
    t = 0.0
    for row in a:
        for v in row:
            t += v
    for i, (p, q) in enumerate(zip(a[0], a[1], strict=True)):
        t += i * p * q
    for v in reversed(a[0]):
        t = t * 0.5 + v
    return t


def down_by_two(x, n):
    for i in range(n, 0, -2):
        x = x + i
    return x


def keys(x):
    s = 0
    for k in {"a": 1, "b": 2}:
        s += x if k == "a" else 2 * x
    return s


def short_circuits(x, d):
    y = x * 2 if x > 0 else -1.0
    z = x > 0 and x < 3
    w = 0 < x <= 2
    return y, z, w, not z, x > 0 or d[7] > 1, (x and 2.0) or 3.0


def chain_skips(x, d):
    return -1 < x < 1 < d[7]


def untaken_division(x):
    return x if x > 0 else 1 / 0


def raises(x):
    if x < 0:
        raise ValueError("negative", 1)
    if x > 10:
        raise ArithmeticError
    return x


def raises_in_a_loop(x):
    s = 0
    for i in range(5):
        if x[i] == 3:
            raise RuntimeError("three")
        s += x[i]
    return s


def raise_guards_a_loop(n):
    if n < 0:
        raise ValueError("negative")
    while n != 0:
        n -= 1
    return n


def else_assigns_what_if_raises(x):
    if x < 0:
        raise ValueError("negative")
    k = 2
    return x * k


def iterators(x):
    pairs = zip([1, 2], [x, x], strict=True)
    it = iter([x, 2 * x, 3 * x])
    first = next(it)
    return (
        list(pairs),
        first,
        list(it),
        next(iter([]), x),
        sum(v * x for v in [1, 2]),
        max([x, 1.0]),
    )


def dict_views(x):
    d = {"a": x}
    values = d.values()
    d["b"] = 2.0
    return list(values), len(d.items()), sum(values), list(d.keys())


def items_replaced_during_a_loop(x):
    items, out = [1.0, 2.0, 3.0], []
    for i, v in enumerate(items):
        out.append(v)
        if i == 0:
            items[1] = x
    return out


PROGRAMS: list[tuple[Any, tuple[Any, ...]]] = [
    *((early_returns, (x,)) for x in (1.0, -1.0, -7.0)),
    *((nested_returns, (x, y)) for x in (1.0, -1.0) for y in (1.0, -1.0)),
    *((leave_an_endless_loop, (x,)) for x in (0.7, 0.01)),
    *((find, (V, t)) for t in (2.5, 9.0)),
    *((for_else, (V, t)) for t in (2.5, 9.0)),
    *((while_else, (n,)) for n in (5, 9)),
    (continue_and_break, (3,)),
    *((return_out_of_nested_loops, (V.reshape(1, 5), t)) for t in (2.5, 9.0)),
    (fibonacci, (100,)),
    (collatz, (27,)),
    *((first_big, (x,)) for x in (V, V * 0)),
    (walrus_in_the_test, (20.0,)),
    (int_then_float, (V,)),
    (int_then_array, (2.0,)),
    (none_then_number, (2.0,)),
    (growing, (V,)),
    (a_list_grows, (4,)),
    (a_list_grows_in_a_while, (4,)),
    (loop_variable_after_the_loop, (1.0,)),
    *((assigned_in_the_loop_only, (n,)) for n in (3, 0)),
    *((assigned_in_one_branch, (x,)) for x in (1.0, -1.0)),
    (rows_enumerated_zipped_reversed, (np.arange(6.0).reshape(2, 3),)),
    (iterators, (1.5,)),
    (dict_views, (1.5,)),
    (items_replaced_during_a_loop, (1.5,)),
    *((down_by_two, (1.5, n)) for n in (7, -7)),
    (keys, (2.0,)),
    *((short_circuits, (x, V)) for x in (1.0, 7.0)),
    *((chain_skips, (x, V)) for x in (-3.0, 3.0)),
    *((untaken_division, (x,)) for x in (1.0, -1.0)),
    *((raises, (x,)) for x in (1.0, -1.0, 11.0)),
    *((raises_in_a_loop, (x,)) for x in (V, V - 9)),
    *((raise_guards_a_loop, (n,)) for n in (3, -3)),
    *((else_assigns_what_if_raises, (x,)) for x in (3.0, -3.0)),
]


@pytest.mark.parametrize("fn, args", PROGRAMS, ids=lambda p: getattr(p, "__name__", None))
def test_agrees_with_cpython(fn, args):
    agree(fn, *args)


def test_an_early_return_needs_no_flags():
    parsed, _ = compile_for(early_returns, 1.0)
    assert {"select", "while"}.isdisjoint(op_counts(parsed.program))
    assert op_counts(parsed.program)["if"] == 2


def test_known_conditions_leave_no_trace():
    def fn(x):
        return x if isinstance(x, float) and x.__class__ else x * 2

    parsed, _ = compile_for(fn, np.float64(1.0))
    assert not op_counts(parsed.program)


def test_known_bounds_are_no_reason_to_unroll():
    def fn(x):
        for _ in range(1000):
            x = x * 0.5
        return x

    parsed, _ = compile_for(fn, 1.0)
    assert op_counts(parsed.program) == {"for": 1, "mul": 1}


def test_indices_in_range_are_not_checked():
    def fn(x):
        s = 0.0
        for i in range(len(x)):
            s += x[i] * x[len(x) - 1 - i] + x[i // 2]
        return s

    parsed, _ = compile_for(fn, V)
    assert "check" not in op_counts(parsed.program)


def test_a_bound_that_data_gives_is_checked_on_one_side():
    def fn(x, n):
        s = 0.0
        for i in range(n):
            s += x[i]
        return s

    parsed, _ = compile_for(fn, V, 3)
    assert op_counts(parsed.program)["check"] == 1
    assert "ge" not in op_counts(parsed.program)


def test_the_body_of_a_nested_loop_is_emitted_once():
    def fn(a):
        s = 0
        for i in range(4):
            for j in range(4):
                for k in range(4):
                    s = s + a[i] * a[j] * a[k]
        return s

    parsed, _ = compile_for(fn, V)
    assert sum(op.kind.name == "for" for op in walk(parsed.program)) == 3
    agree(fn, V)


def list_grows_under_its_loop(x):
    items = [1.0, 2.0]
    for v in items:
        if len(items) < 4:
            items.append(v * x)
    return items


def dict_grows_under_its_loop(x):
    entries = {"a": x}
    for k in entries:
        entries[k + "b"] = x
    return entries


def test_iteration_over_what_grows():
    agree(list_grows_under_its_loop, 2.0)
    with pytest.raises(AnvilTypeError, match="changes its length"):
        run(dict_grows_under_its_loop, 2.0)


def two_shapes(x):
    if x > 0:
        y = np.zeros(3)
    else:
        y = np.zeros(4)
    return y


def two_shapes_unread(x):
    if x > 0:
        y = np.zeros(3)
    else:
        y = np.zeros(4)
    y = x
    return y


def test_shapes_that_differ():
    for fn in (two_shapes, two_shapes_unread):
        agree(fn, 1.0)
        agree(fn, -1.0)


def test_asserts_become_checks():
    def fn(x):
        assert x < 10, f"{x} is more than {10}"
        return x

    assert run(fn, 1.0) == 1.0
    with pytest.raises(AssertionError, match=r"^11\.0 is more than 10"):
        run(fn, 11.0)


def test_a_name_that_no_path_assigns_is_refused():
    def fn(x):
        if False:
            y = x
        return y

    with pytest.raises(AnvilUnboundLocalError, match="cannot access local variable 'y'"):
        run(fn, 1.0)


def reads_a_label_after_the_loop(x):
    for i in range(3):
        label = "ab"[i % 2]
    return x if label == "a" else -x


def test_a_loop_whose_string_is_read_later_is_unrolled():
    agree(reads_a_label_after_the_loop, 2.0)


def breaks_in_else(x, n):
    total = 0.0
    for _ in range(n):
        for j in range(3):
            if x * j > 5.0:
                break
            total += x
        else:
            if total > 6.0:
                break
        while total < 3.0:
            total += x
        else:
            if total > 200.0:
                break
        total += 100.0
    return total


@pytest.mark.parametrize("x", [1.0, 3.0, 0.1])
def test_a_break_in_the_else_of_a_loop_leaves_the_loop_around_it(x):
    agree(breaks_in_else, x, 5)


def never_assigned(a: float) -> float:
    if a < 0:
        b -= 1  # type: ignore[used-before-def]  # noqa: F821, F841
    return a * 2


def never_assigned_in_loop(a: float, n: int) -> float:
    for i in range(n):
        if a * i > 2.0:
            a += c  # type: ignore[name-defined]  # noqa: F821
            c = 1.0
            del c
    return a


@pytest.mark.parametrize(
    ("fn", "args"),
    [
        (never_assigned, (3.0,)),
        (never_assigned, (-3.0,)),
        (never_assigned_in_loop, (1.0, 2)),
        (never_assigned_in_loop, (1.0, 4)),
    ],
)
def test_variables_that_no_path_assigns_fail_where_they_are_read(fn: Any, args: Any) -> None:
    agree(fn, *args)
