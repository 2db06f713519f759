"""Calls: arguments, closures, recursion over known structure, what becomes a function of the IR."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import pytest

from anvil.errors import AnvilError, AnvilTypeError, UnsupportedError
from anvil.ir.analysis import op_counts
from tests.parser.harness import agree, compile_for, run


def scaled(x, *args, k=2, **named):
    return x * k + total(args) + named.get("z", 0)


def total(items):
    s = 0
    for v in items:
        s += v
    return s


def kinds_of_arguments(x):
    given = {"k": 5}
    partial = functools.partial(scaled, k=7)
    return scaled(x, 1, 2.0, k=3, z=x), scaled(*[x, x], **given), partial(x), partial(x, k=1)


def known_recursion(x):
    def factorial(n):
        return 1 if n == 0 else n * factorial(n - 1)

    return factorial(5) * x


def tree_sum(tree):
    if isinstance(tree, tuple):
        s = 0.0
        for t in tree:
            s = s + tree_sum(t)
        return s
    return tree * 1.0


def late_and_early_binding(x):
    early = [lambda v, k=k: v * k for k in range(3)]
    late = [(lambda v: v + k) for k in range(3)]  # noqa: B023
    return [f(x) for f in early], [f(x) for f in late]


def shared_variable(x):
    c = 0.0

    def add(v):
        nonlocal c
        c += v
        return c

    add(x)
    add(2 * x)
    return c


def reassigned_after_capture(x):
    a = 2.0

    def g(y):
        return y * a + x

    a = 3.0
    return g(x) + (lambda q: q * a)(x)


def counter_factory(x):
    def make(n):
        def inner(v):
            nonlocal n
            n += v
            return n

        return inner

    f, g = make(1.0), make(10.0)
    f(x)
    return f(x), g(x)


def appends_to_a_captured_list(x):
    items = []

    def add(v):
        items.append(v)

    for i in range(3):
        add(x * i)
    return items


def shared_variable_in_a_loop(n, x):
    s = 0.0

    def add(v):
        nonlocal s
        s += v

    for i in range(n):
        add(x * i)
    return s


def decorated(x):
    def twice(f):
        def inner(v):
            return f(f(v))

        return inner

    @twice
    def g(v):
        return v * 3

    return g(x)


def lambdas(x):
    f = lambda a, b=2: a * b  # noqa: E731
    return f(x), f(x, b=3), (lambda *a: len(a))(1, 2, 3), (lambda a, /, *, c: a + c)(x, c=1)


def texts(x):
    name = "ab"
    return {f"{name}-{3:>3}-{x if False else name!r}": x, name.upper() + "c".join(["d", "e"]): x}


def higher_order(x):
    return [*map(square, [x, 2])], functools.reduce(lambda a, b: a * b, [x, x, x])


def callable_by_condition(x):
    f = math.sin if isinstance(x, float) else math.cos
    return f(x)


def branches_call(x):
    return scaled(x) if x > 0 else scaled(-x, k=4)


PROGRAMS: list[tuple[Any, tuple[Any, ...]]] = [
    (kinds_of_arguments, (1.5,)),
    (known_recursion, (2.0,)),
    (tree_sum, ((1.0, (2.0, 3.0), ((4.0,),)),)),
    (late_and_early_binding, (2.0,)),
    (shared_variable, (1.5,)),
    (reassigned_after_capture, (1.5,)),
    (counter_factory, (2.0,)),
    (appends_to_a_captured_list, (2.0,)),
    (shared_variable_in_a_loop, (4, 2.0)),
    (decorated, (2.0,)),
    (lambdas, (2.0,)),
    (texts, (2.0,)),
    (higher_order, (2.0,)),
    (callable_by_condition, (0.5,)),
    *((branches_call, (x,)) for x in (1.0, -1.0)),
]


@pytest.mark.parametrize("fn, args", PROGRAMS, ids=lambda p: getattr(p, "__name__", None))
def test_agrees_with_cpython(fn, args):
    agree(fn, *args)


def square(v):
    return v * v


def calls_square(x, y):
    return square(x) + square(y) + square(x * y)


def test_one_function_per_signature():
    parsed, _ = compile_for(calls_square, 1.0, 2.0)
    assert list(parsed.program.funcs) == ["calls_square", "square"]
    assert op_counts(parsed.program)["call"] == 3
    parsed, _ = compile_for(calls_square, 1.0, np.ones(3))
    assert list(parsed.program.funcs) == ["calls_square", "square", "square.2"]


def identity(v, w):
    return w, v


def test_what_a_callee_only_passes_on_is_no_call():
    def fn(x):
        return identity(x, 2)

    parsed, _ = compile_for(fn, 1.0)
    assert not op_counts(parsed.program)
    agree(fn, 1.0)


def endless(n):
    return endless(n + 1)


def test_endless_recursion_is_refused():
    with pytest.raises(AnvilError, match="nested too deeply"):
        run(lambda x: endless(0) * x, 1.0)


def outer(x):
    return middle(x)


def middle(v):
    return v + np.zeros(4)


def test_an_error_in_a_callee_shows_the_calls_that_led_there():
    with pytest.raises(AnvilError, match="could not be broadcast") as refused:
        run(outer, np.zeros(3))
    assert [f.func for f in refused.value.diagnostic.frames] == ["outer"]
    assert refused.value.diagnostic.loc.func == "middle"


@pytest.mark.parametrize(
    "fn, text",
    [
        (lambda x: square(), "missing 1 required argument"),
        (lambda x: square(x, x), "takes 1 positional argument but 2 were given"),
        (lambda x: square(x, w=1), "unexpected keyword argument 'w'"),
        (lambda x: square(x, v=1), "multiple values for argument 'v'"),
        (lambda x: np.sum(x, nonsense=1), "nonsense"),
        (lambda x: x(1), "is not callable"),
    ],
)
def test_calls_that_do_not_fit(fn, text):
    with pytest.raises(AnvilTypeError, match=text):
        run(fn, 1.0)


def test_what_has_no_source_is_refused():
    with pytest.raises(UnsupportedError, match="is not a function"):
        run(lambda x: np.busday_count(x, x), np.eye(2))


def long_sum(x):
    return (
        x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x
        + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x + x
    )  # fmt: skip


def test_long_sums_do_not_nest():
    agree(long_sum, 1.5)
