"""Functions on the host: calls, order, exceptions, derivatives; by XLA and by the evaluator."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.errors import AnvilTypeError, UnsupportedError
from anvil.ir.evaluate import evaluate
from anvil.ir.hosts import _functions
from anvil.ir.printer import text
from anvil.ir.reader import parse
from tests.parser.harness import same

seen: list[Any] = []
MATRIX = np.array([[2.0, 1.0], [0.0, 3.0]])


def noting(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which notes what it is called with."""

    def run(*args: Any, **kwargs: Any) -> Any:
        seen.append(args[0] if len(args) == 1 else args)
        return fn(*args, **kwargs)

    run.__name__ = fn.__name__
    return run


def _log(x: float) -> float:
    if x <= 0:
        raise ValueError(f"log of {x}")
    return float(np.log(x))


def _solve_jvp(primals: Any, tangents: Any) -> Any:
    return solve(primals[0]), np.linalg.solve(MATRIX, tangents[0])


def _solve_fwd(b: Any) -> Any:
    x = solve_by_vjp(b)
    return x, x.shape


def _solve_bwd(shape: Any, ct: Any) -> Any:
    return (np.linalg.solve(MATRIX.T, ct),)


def _root_jvp(primals: Any, tangents: Any) -> Any:
    y = root(primals[0])
    return y, tangents[0] / (2.0 * y)


log = anvil.extern(noting(_log), out=float, fd=True)
sine = anvil.extern(noting(lambda x: np.sin(x)), out=anvil.like(0), fd=True)
root = anvil.extern(noting(lambda x: float(x) ** 0.5), out=float, jvp=_root_jvp)
solve = anvil.extern(
    noting(lambda b: np.linalg.solve(MATRIX, b)), out=anvil.like(0), jvp=_solve_jvp
)
solve_by_vjp = anvil.extern(
    noting(lambda b: np.linalg.solve(MATRIX, b)),
    out=lambda b: anvil.ShapeDtype(b.shape, b.dtype),
    vjp=(_solve_fwd, _solve_bwd),
)
note = anvil.extern(noting(lambda *args: None), out=None)
once = anvil.extern(noting(lambda x: 2.0 * x), out=float, pure=True)


@anvil.extern(out={"a": float, "b": anvil.ShapeDtype(2), "n": int}, fd=True)
def measured(x, y, *, mode="sum"):
    s = float(x + np.sum(y)) if mode == "sum" else float(x * np.sum(y))
    return {"n": len(y), "a": s, "b": np.array([x**2, s * x])}


class Counter:
    """A function with a state: the numbers from 1."""

    def __init__(self) -> None:
        self.n = 0

    def __call__(self) -> float:
        self.n += 1
        return float(self.n)


# ---- programs


def plain(x):
    return log(x) + 1


def caught(x):
    try:
        y = log(x)
    except ValueError:
        y = -7.0
    return y * 2


def caught_outside(x):
    try:
        y = inner(x) + 1
    except (KeyError, ArithmeticError):
        y = 1.0
    except Exception:
        y = 2.0
    else:
        y = y * 3
    return y


def inner(x):
    return log(x)


def caught_inside_only(x):
    try:
        return log(x)
    except KeyError:
        return 0.0


def raised_again(x):
    try:
        try:
            return log(x)
        except Exception:
            note("inside")
            raise
    except ValueError as error:
        note("outside")
        raise error


def raised_anew(x):
    try:
        return log(x)
    except ValueError:
        raise RuntimeError(f"no logarithm of {x}") from None


def cleaned_up(x):
    try:
        y = log(x)
    finally:
        note("last")
    return y


def in_a_loop(x):
    total = 0.0
    for i in range(4):
        total += log(x + i) * x
    return total


def in_a_while(x):
    y = x
    while log(y) > 0.5:
        y = y * 0.5
    return y + log(y)


def in_a_branch(x):
    return log(x) if x > 1 else x


def in_an_operand(x):
    return x > 1 and log(x) > 0.5


def in_a_recursion(x, n=3):
    if n == 0:
        return log(x)
    return in_a_recursion(x * 1.5, n - 1) * 2


def after_an_assert(x):
    if x <= 1:
        raise AssertionError("too small")
    return log(x)


def after_a_failed_index(x):
    values = np.ones(3)
    k = int(x)
    return values[k] * log(x)


def in_a_comprehension(x):
    return sum([log(x + k) for k in (1, 2, 3)])


def in_order(x):
    note("first", x)
    y = log(x)
    note("second", y)
    if y > 1:
        note("large")
    for i in range(2):
        note(i)
    return y


def with_keywords(x):
    d = measured(x, np.array([1.0, 2.0, 3.0]), mode="prod")
    return d["a"] * d["b"][1] + d["n"]


def nothing_else(x):
    note(x)


PROGRAMS = [
    plain, caught, caught_outside, caught_inside_only, raised_again, raised_anew, cleaned_up,
    in_a_loop, in_a_while, in_a_branch, in_an_operand, in_a_recursion, after_an_assert,
    after_a_failed_index, in_a_comprehension, in_order, with_keywords, nothing_else,
]  # fmt: skip


def outcome(run: Callable[[], Any]) -> tuple[Any, list[Any]]:
    """A result or an exception, and the calls that were made."""
    seen.clear()
    try:
        result = run()
    except Exception as error:
        result = error
    return result, list(seen)


@pytest.mark.parametrize("fn", PROGRAMS, ids=lambda fn: fn.__name__)
@pytest.mark.parametrize("how", ["evaluator", "xla"])
def test_calls_are_those_of_python(fn: Any, how: str) -> None:
    compiled = anvil.jit(fn)
    for x in (2.0, 8.0, 0.5, -1.5, 3.0):
        want, calls = outcome(lambda x=x: fn(x))
        if how == "xla":
            got, made = outcome(lambda x=x: compiled(x))
        else:
            got, made = outcome(lambda x=x: call_reference(compiled, (x,), {}))
        same(want, got, fn.__name__)
        assert made == calls


def test_exceptions_reach_the_caller_with_their_place() -> None:
    compiled = anvil.jit(plain)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"^log of -1\.0") as caught:
            compiled(-1.0)
        assert "return log(x) + 1" in "".join(caught.value.__notes__)
        assert compiled(1.0) == 1.0


def test_the_classes_of_unrelated_handlers_are_told_apart() -> None:
    class Both(KeyError, ValueError):
        pass

    def fail(x: float) -> float:
        raise Both("both")

    failing = anvil.extern(fail, out=float)

    def f(x):
        try:
            return failing(x)
        except KeyError:
            return 1.0
        except ValueError:
            return 2.0

    with pytest.raises(AnvilTypeError, match="two unrelated classes"):
        call_reference(anvil.jit(f), (1.0,), {})


# ---- kinds of arguments and results


@pytest.mark.parametrize(
    "value",
    [1.5, np.float64(1.5), np.array([1.5]), np.zeros((2, 0)), 2, np.int32(2), True, 1j]
    + [np.array([[1, 0], [1, 1]], t) for t in (bool, np.int8, np.uint64, np.float16, np.complex64)],
)
def test_kinds_and_dtypes(value: Any) -> None:
    classes = []

    def echo(x: Any) -> Any:
        classes.append(type(x))
        return x

    identity = anvil.extern(echo, out=anvil.like(0))
    want = identity(value)
    same(want, anvil.jit(identity)(value), "identity")
    same(want, call_reference(anvil.jit(identity), (value,), {}), "identity")
    assert len(set(classes)) == 1


def test_known_things_and_containers_are_handed_over() -> None:
    given = []
    take = anvil.extern(lambda *a, **k: given.append((a, k)), out=None)

    def f(x):
        take("name", [x, (2.0, None)], {"k": x}, 3, slice(0, 2), mode=np.float32)

    f(1.0)
    anvil.jit(f)(1.0)
    assert given[0] == given[1]


def test_results_are_checked_inside_and_outside() -> None:
    single = anvil.extern(lambda x: np.float32(x), out=float)
    short = anvil.extern(lambda x: x[:2], out=anvil.like(0))
    masked = anvil.extern(lambda x: np.ma.masked_array(x, x > 0), out=anvil.like(0))
    for fn, x in ((single, 1.0), (short, np.ones(3)), (masked, np.ones(3))):
        for call in (fn, anvil.jit(fn)):
            with pytest.raises(AnvilTypeError, match="`out` says"):
                call(x)
    assert type(anvil.extern(lambda x: np.float64(x), out=float)(1.0)) is float


def test_arguments_are_copies() -> None:
    kept = []
    keep = anvil.extern(lambda x: kept.append(x), out=None)
    fill = anvil.extern(lambda x: x.fill(7.0), out=None)

    def f(x):
        y = x * 2
        keep(y)
        return y + 1

    np.testing.assert_array_equal(anvil.jit(f)(np.ones(3)), 3 * np.ones(3))
    kept[0][:] = 9.0
    for call in (fill, anvil.jit(fill)):
        x = np.ones(3)
        with pytest.raises(UnsupportedError, match="has written to one of its arguments"):
            call(x)
        np.testing.assert_array_equal(x, np.ones(3))


def test_results_are_not_shared() -> None:
    table = np.arange(3.0)
    look = anvil.extern(lambda: table, out=table)
    found = look()
    found[0] = 5.0
    assert table[0] == 0.0


# ---- effects


def test_a_call_is_made_once_where_nothing_is_differentiated() -> None:
    counter = Counter()
    count = anvil.extern(counter, out=float)

    def f(x):
        total = 0.0
        while total < x:
            total += count()
        return total

    assert anvil.jit(f)(20.0) == 21.0
    assert counter.n == 6


def test_a_failed_check_with_values_does_not_call_again() -> None:
    count = anvil.extern(Counter(), out=float)

    def f(x):
        c = count()
        if c > 1:
            raise ValueError(f"{c} is more than {x}")
        return c

    compiled = anvil.jit(f)
    assert compiled(1.0) == 1.0
    with pytest.raises(ValueError, match=r"2\.0 is more than 1\.0"):
        compiled(1.0)
    assert count() == 3.0


def test_a_deep_recursion_does_not_call_again() -> None:
    counter = Counter()
    count = anvil.extern(counter, out=float)

    def f(x, n):
        if n <= 0:
            return x
        return f(x + count(), n - 1) + 1

    assert anvil.jit(f)(0.0, 600) == 180300.0 + 600
    assert counter.n == 600


def test_a_list_that_nothing_bounds_does_not_call_again() -> None:
    counter = Counter()
    count = anvil.extern(counter, out=float)

    def f(x):
        found = []
        while len(found) == 0 or found[-1] < x:
            found.append(count())
        return sum(found)

    assert anvil.jit(f)(100.0) == 5050.0
    assert counter.n == 100


def test_effects_stay_where_something_is_differentiated() -> None:
    def f(w):
        for i in range(3):
            note(i, w)
            w = w * 2
        return w

    (value, slope), calls = outcome(lambda: anvil.value_and_grad(f)(1.0))
    assert (value, slope, calls) == (8.0, 8.0, [(0, 1.0), (1, 2.0), (2, 4.0)])


def test_a_state_is_read_once_beside_a_derivative() -> None:
    counter = Counter()
    count = anvil.extern(counter, out=float)

    def f(x):
        return count() * x + count() * x**2

    assert anvil.value_and_grad(f)(3.0) == (21.0, 13.0)
    assert counter.n == 2


def test_pure_calls_are_shared_and_left_out() -> None:
    def f(x):
        once(x + 1)
        return once(x) + once(x)

    def g(w):
        total = 0.0
        for i in range(3):
            total += once(float(i)) * w
        return total

    assert outcome(lambda: anvil.jit(f)(1.0)) == (4.0, [1.0])
    assert outcome(lambda: anvil.grad(g)(1.0)) == (6.0, [0.0, 1.0, 2.0])


def test_pure_calls_are_not_made_where_python_makes_none() -> None:
    def f(x):
        total = 0.0
        while total < x - 5:
            total += once(x)
        return total

    assert outcome(lambda: anvil.jit(f)(1.0)) == (0.0, [])


# ---- objects and lives


def test_another_function_under_the_name_is_seen() -> None:
    scope: dict[str, Any] = {"look": anvil.extern(lambda x: x * 2, out=float)}

    class Holder:
        look = staticmethod(scope["look"])

    def make(c: float) -> Any:
        look = anvil.extern(lambda x: x * c, out=float, fd=True)
        return lambda x: look(x)

    assert [anvil.jit(make(c))(1.0) for c in (1.0, 2.0)] == [1.0, 2.0]
    assert [anvil.grad(make(c))(1.0) for c in (1.0, 2.0)] == pytest.approx([1.0, 2.0])
    f = anvil.jit(lambda x: Holder.look(x))
    assert f(1.0) == 2.0
    Holder.look = staticmethod(anvil.extern(lambda x: x * 3, out=float))
    assert f(1.0) == 3.0


def test_methods() -> None:
    class Model:
        def __init__(self) -> None:
            self.k = 3.0

        @anvil.extern(out=float, fd=True)
        def scaled(self, x):
            return x * self.k

        def run(self, x):
            return self.scaled(x) + 1

    model = Model()
    assert model.run(2.0) == anvil.jit(model.run)(2.0) == 7.0
    assert anvil.grad(model.run)(2.0) == pytest.approx(3.0)
    assert anvil.grad(root)(4.0) == 0.25


def test_functions_live_as_long_as_what_calls_them() -> None:
    class Scale:
        def __call__(self, x: float) -> float:
            return x * 2

    scale = Scale()
    gone = weakref.ref(scale)
    look = anvil.extern(scale, out=float, fd=True)
    program = anvil.jit(look).ir(1.0, stage="parse").program
    name = next(n for n, f in _functions.items() if f.name.startswith("Scale"))
    read = parse(text(program))
    assert evaluate(program, [1.0])[0] == evaluate(read, [1.0])[0] == 2.0
    del look, scale, program
    anvil.api.transforms._MADE.clear()  # type: ignore[attr-defined]
    anvil.api.transforms._FAMILIES.clear()  # type: ignore[attr-defined]
    gc.collect()
    assert gone() is None
    assert name not in _functions
    with pytest.raises(Exception, match="no host function"):
        evaluate(read, [1.0])


def test_threads_get_their_own_exceptions() -> None:
    compiled, wrong = anvil.jit(plain), []
    compiled(1.0)

    def work(x: float) -> None:
        for _ in range(20):
            try:
                compiled(x)
            except ValueError as error:
                if str(error) != f"log of {x}":
                    wrong.append((x, error))

    threads = [threading.Thread(target=work, args=(-float(i),)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_compiled_code_inside_of_a_function_on_the_host() -> None:
    norm = anvil.jit(lambda x: np.sqrt(np.sum(x * x)))
    length = anvil.extern(lambda x: float(norm(x)), out=float, fd=True)
    x = np.array([3.0, 4.0])
    assert anvil.jit(lambda x: length(x))(x) == 5.0
    np.testing.assert_allclose(anvil.grad(lambda x: length(x))(x), [0.6, 0.8])


def test_results_follow_jax_arrays() -> None:
    found = anvil.jit(lambda x: sine(x) * 2)(jnp.arange(3.0))
    assert isinstance(found, jax.Array)
    np.testing.assert_allclose(found, 2 * np.sin(np.arange(3.0)), rtol=1e-6)
    with pytest.raises(ValueError, match="log of"):
        anvil.jit(lambda x: log(float(x)))(jnp.asarray(-1.0))


def test_foreign_jax_code() -> None:
    f = anvil.jit(lambda x: sine(x) * x)
    with jax.enable_x64(True):
        x = 1.5
        slope, curve = np.cos(x) * x + np.sin(x), 2 * np.cos(x) - np.sin(x) * x
        assert jax.jit(lambda x: f(x) + 1)(x) == pytest.approx(np.sin(x) * x + 1)
        assert jax.grad(lambda x: f(x))(x) == pytest.approx(slope)
        assert jax.hessian(lambda x: f(x))(x) == pytest.approx(curve, rel=1e-6)
        lanes = jax.vmap(lambda x: f(x))(jnp.array([1.5, 2.0]))
        np.testing.assert_allclose(lanes, [np.sin(1.5) * 1.5, np.sin(2.0) * 2.0])
        failing = jax.jit(lambda x: anvil.jit(plain)(x))
        with pytest.raises(Exception, match=r"ValueError: log of -1\.0"):
            failing(-1.0)
        assert failing(1.0) == 1.0
