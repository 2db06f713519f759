"""Recursion: while compiling over known structure, on data as a loop over a stack."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import jax
import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.errors import AnvilError
from anvil.ir.analysis import op_counts
from anvil.ir.printer import text
from anvil.ir.reader import parse
from tests.parser.harness import agree, compile_for


def factorial(n):
    return 1 if n == 0 else n * factorial(n - 1)


def fibonacci(n):
    if n < 2:
        return n
    return fibonacci(n - 1) + fibonacci(n - 2)


def even(n):
    return True if n == 0 else odd(n - 1)


def odd(n):
    return False if n == 0 else even(n - 1)


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


def gcd(a, b):
    return a if b == 0 else gcd(b, a % b)


def search(x, v, lo, hi):
    if lo >= hi:
        return lo
    mid = (lo + hi) // 2
    if x[mid] < v:
        return search(x, v, mid + 1, hi)
    return search(x, v, lo, mid)


def hanoi(n, a, b, c):
    if n == 0:
        return 0
    moves = hanoi(n - 1, a, c, b)
    return moves + 1 + hanoi(n - 1, c, b, a)


def collatz(n, steps=0):
    if n == 1:
        return steps
    return collatz(n // 2 if n % 2 == 0 else 3 * n + 1, steps + 1)


def partitions(n, k):
    if n == 0:
        return 1
    if n < 0 or k == 0:
        return 0
    return partitions(n - k, k) + partitions(n, k - 1)


def mccarthy(n):
    return n - 10 if n > 100 else mccarthy(mccarthy(n + 11))


def counted(n):
    calls = 0

    def go(k):
        nonlocal calls
        calls += 1
        return 1 if k <= 1 else go(k - 1) + go(k - 2)

    return go(n), calls


def in_a_comprehension(x, n):
    if n == 0:
        return x
    return sum([in_a_comprehension(x * k, n - 1) for k in (1.0, 0.5)])


def short_circuit(x, n):
    return n <= 0 or (x > 0 and short_circuit(x - 1.0, n - 1))


def ternaries(x, n):
    return x if n <= 0 else (ternaries(x * 2, n - 1) if x < 10 else ternaries(x - 3, n - 2))


def with_itself(f, n):
    return 1.0 if n == 0 else n * f(f, n - 1)


def passed_itself(n):
    return with_itself(with_itself, n)


def checked(n):
    assert n < 5, "too many"
    return 0 if n == 0 else 1 + checked(n - 1)


def raises_inside(n):
    if n < 0:
        raise ValueError("went below zero")
    return 0 if n == 0 else 1 + raises_inside(n - 2)


def early_returns(x, n):
    for i in range(n):
        if x * i > 3.0:
            return early_returns(x - 1.0, i) + i
        if i == 4:
            return x
    return -x


def select(a, k):
    pivot = a[0]
    below = np.sum(a < pivot)
    same = np.sum(a == pivot)
    if k < below:
        return select(np.where(a < pivot, a, np.inf)[np.argsort(a)], k)
    return pivot if k < below + same else 2.0 * pivot


def nested_inside(n):
    def go(k):
        return 0 if k == 0 else k + go(k - 1)

    return 1 if n == 0 else go(n) + nested_inside(n - 1)


def memo_list(n):
    seen = [0, 0]

    def go(k):
        seen[0] = seen[0] + k
        if k > 0:
            go(k - 1)
            seen[1] = seen[1] + 1

    go(n)
    return seen


PROGRAMS = [
    (factorial, (6,)),
    (factorial, (0,)),
    (factorial, (np.int64(4),)),
    (fibonacci, (9,)),
    (fibonacci, (4.0,)),
    (even, (7,)),
    (odd, (7,)),
    (ackermann, (2, 2)),
    (gcd, (48, 18)),
    (search, (np.array([1.0, 3.0, 5.0, 7.0, 9.0]), 6.0, 0, 5)),
    (hanoi, (5, 0, 1, 2)),
    (collatz, (27,)),
    (partitions, (8, 4)),
    (mccarthy, (87,)),
    (counted, (6,)),
    (in_a_comprehension, (0.7, 3)),
    (short_circuit, (5.0, 3)),
    (short_circuit, (1.0, 3)),
    (ternaries, (1.0, 6)),
    (passed_itself, (5,)),
    (checked, (3,)),
    (raises_inside, (4,)),
    (raises_inside, (5,)),
    (early_returns, (1.5, 6)),
    (select, (np.array([3.0, 1.0, 2.0]), 0)),
    (nested_inside, (4,)),
    (memo_list, (4,)),
]


@pytest.mark.parametrize(
    ("fn", "args"), PROGRAMS, ids=[f"{f.__name__}-{i}" for i, (f, _) in enumerate(PROGRAMS)]
)
def test_does_what_python_does(fn, args):
    agree(fn, *args)
    compiled = anvil.jit(fn)
    try:
        want = fn(*args)
    except Exception as error:
        with pytest.raises(type(error), match=str(error)):
            call_reference(compiled, args, {})
    else:
        for pipeline in ("O0", "O2"):
            got = call_reference(compiled, args, {}, pipeline)
            assert got == want
            assert type(got) is type(want)


def test_a_recursive_program_is_text():
    program = compile_for(fibonacci, 5)[0].program
    assert "recur[callee=@fibonacci" in text(program)
    assert text(parse(text(program))) == text(program)


def test_a_tail_call_needs_no_stack():
    planned = str(anvil.jit(gcd).ir(48, 18))
    assert "dynamic_update_slice" not in planned
    assert anvil.jit(gcd)(2**40, 3) == 1


def countdown(n, total):
    return total if n == 0 else countdown(n - 1, total + 2)


def test_tail_calls_may_be_deeper_than_pythons_stack():
    assert anvil.jit(countdown)(200_000, 0) == 400_000


def runaway(n):
    return 0 if n == 0 else 1 + runaway(n + 1)


def runaway_tail(x):
    return x if x < 0.0 else runaway_tail(x + 1.0)


@pytest.mark.parametrize(("fn", "x"), [(runaway, 1), (runaway_tail, 1.0)])
def test_no_end_is_a_recursion_error(fn, x):
    with pytest.raises(RecursionError, match="maximum recursion depth exceeded"):
        anvil.jit(fn)(x)


def vector_sum(v, n):
    return v if n == 0 else v + vector_sum(v * 0.5, n - 1)


def test_a_stack_that_is_too_small_is_made_larger():
    compiled = anvil.jit(vector_sum)
    v = np.arange(400.0)
    assert np.allclose(compiled(v, 3), vector_sum(v, 3))
    assert np.allclose(compiled(v, 300), vector_sum(v, 300))
    assert np.allclose(compiled(v, 5), vector_sum(v, 5))
    assert np.allclose(call_reference(compiled, (v, 40), {}), vector_sum(v, 40))


def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)


def test_the_depth_follows_pythons_limit():
    with pytest.raises(RecursionError):
        anvil.jit(deep)(3000)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(4000)
    try:
        assert anvil.jit(deep)(3000) == 3000
    finally:
        sys.setrecursionlimit(limit)


# ---- over known structure


@dataclass
class Node:
    value: float
    children: tuple


def tree_sum(node):
    return node.value + sum(0.5 * tree_sum(c) for c in node.children)


def depth_of(x):
    return 1 + max(map(depth_of, x)) if isinstance(x, tuple) and x else 0


def doubling(x, n):
    return x if n == 0 else doubling(np.concatenate([x, x]), n - 1)


def test_over_known_structure_nothing_is_left():
    tree = Node(1.0, (Node(2.0, ()), Node(3.0, (Node(4.0, ()),))))
    agree(tree_sum, tree)
    agree(lambda x: depth_of(((x, 1), (x, (2, x)))) + x, 1)
    agree(lambda x: 2.0 * countdown(5, 0) + x, 1.0)
    program = compile_for(tree_sum, tree)[0].program
    assert not op_counts(program)["recur"]


def test_a_depth_that_shapes_depend_on_becomes_static():
    compiled = anvil.jit(doubling)
    assert np.array_equal(compiled(np.arange(2.0), 3), doubling(np.arange(2.0), 3))
    assert "n = 3 is static: the depth of a recursion" in compiled.explain()


# ---- refused


def endless(x):
    return endless(x + 1.0) * 2.0


def wraps(x, n):
    return (x,) if n == 0 else (x, wraps(x, n - 1))


def own_derivative(x, n):
    return x * x if n == 0 else anvil.grad(own_derivative)(x, n - 1)


@pytest.mark.parametrize(
    ("fn", "args", "code"),
    [
        (endless, (1.0,), "recursion-limit"),
        (own_derivative, (1.0, 2), "recursion-in-transform"),
    ],
)
def test_refused(fn, args, code):
    with pytest.raises(AnvilError) as refused:
        anvil.jit(fn).ir(*args)
    assert refused.value.code == code


def test_a_result_that_grows_by_an_int():
    assert anvil.jit(wraps)(1.0, 2) == wraps(1.0, 2)


def wraps_by_data(x):
    return (x,) if x < 0.0 else (x, wraps_by_data(x - 1.0))


def test_a_result_that_grows_by_data_is_refused():
    with pytest.raises(AnvilError, match="another structure at each level"):
        anvil.jit(wraps_by_data).ir(1.5)


# ---- transformed


def chain(x, n):
    return x if n == 0 else np.sin(x) * chain(x * x, n - 1)


def test_mapped():
    xs = np.array([0.3, 0.6, 0.9])
    mapped = anvil.vmap(chain, in_axes=(0, None))
    assert np.allclose(mapped(xs, 3), [chain(x, 3) for x in xs])
    depths = np.array([0, 3, 1])
    both = anvil.vmap(chain)
    assert np.allclose(both(xs, depths), [chain(x, n) for x, n in zip(xs, depths, strict=True)])


def test_without_checks_a_full_stack_still_raises():
    with pytest.raises(RecursionError):
        anvil.jit(runaway, checks=False)(1)


# ---- inside foreign jax code, where nothing can be run again


def scaled_power(x, n):
    return 1.0 if n == 0 else x * scaled_power(x, n - 1)


def test_jax_transforms_a_recursive_function():
    compiled = anvil.jit(scaled_power)
    with jax.enable_x64(True):
        assert np.isclose(jax.jit(lambda x: compiled(x, 5))(1.3), 1.3**5)
        assert np.isclose(jax.grad(lambda x: compiled(x, 5))(1.3), 5 * 1.3**4)
        xs = np.array([1.3, 2.0])
        assert np.allclose(jax.vmap(lambda x: compiled(x, 5))(xs), xs**5)
        assert np.allclose(jax.vmap(jax.grad(lambda x: compiled(x, 5)))(xs), 5 * xs**4)


def test_a_full_stack_inside_jax_code_raises():
    compiled = anvil.jit(scaled_power)

    def call():
        jax.block_until_ready(jax.jit(lambda x: compiled(x, -1))(1.3))
        jax.effects_barrier()

    with jax.enable_x64(True), pytest.raises(Exception, match="recursion depth exceeded"):
        call()


def parsed_text(x, text="(4)*2"):
    at = 0

    def take():
        nonlocal at
        at += 1
        return text[at - 1]

    def factor():
        c = take()
        if c == "(":
            v = product()
            take()
            return v
        return float(c)

    def product():
        v = factor()
        while at < len(text) and text[at] == "*":
            take()
            v = v * factor()
        return v

    return product() * x


def always_raises(x):
    raise ValueError(f"no {x}")


def calls_what_raises(x):
    if x > 0:
        return always_raises(x) * 2.0
    return x


def test_a_parser_of_known_text():
    agree(parsed_text, 2.0)


@pytest.mark.parametrize("x", [1.0, -1.0])
def test_what_never_returns_ends_the_path(x):
    agree(calls_what_raises, x)


def only_raises(x, n):
    def go(k):
        if k <= 0:
            raise ValueError("no more", k)
        return 1.0 + go(k - 1.5)

    return go(n) * x


def ends_by_an_index(x, v):
    def go(i):
        if x[i] == v:
            raise KeyError("found")
        return go(i + 1) + 1

    return go(0)


def raises_in_turn(x):
    def one(k):
        if k < 0:
            raise ValueError("negative")
        return other(k) + 1

    def other(k):
        return one(k - 1.5) * 2

    return one(x)


def caught_outside(x, y):
    def go(k):
        if k < 0:
            raise ValueError("negative")
        return go(k - 1.5) * 2

    try:
        return go(x) if y > 3 else x * y
    except ValueError:
        return x * x


@pytest.mark.parametrize(
    ("fn", "args"),
    [
        (only_raises, (2.0, 3.0)),
        (ends_by_an_index, (np.array([1.0, 5.0, 3.0]), 3.0)),
        (ends_by_an_index, (np.array([1.0, 5.0, 3.0]), 4.0)),
        (raises_in_turn, (4.0,)),
        (caught_outside, (4.0, 2.0)),
        (caught_outside, (4.0, 5.0)),
    ],
)
def test_a_recursion_may_end_by_raising_alone(fn, args):
    agree(fn, *args)


def endless_if_negative(x):
    def go(k):
        return 1.0 + go(k + 1.0)

    return go(x) if x < 0 else x * 2


def test_an_endless_recursion_that_is_not_reached():
    fn = anvil.jit(endless_if_negative)
    assert fn(2.0) == 4.0
    with pytest.raises(RecursionError):
        fn(-1.0)
