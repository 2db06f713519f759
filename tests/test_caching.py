"""What compiled functions notice, what they share, and when they warn that they compile again."""

from __future__ import annotations

import functools
import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.errors import AnvilWarning
from anvil.parser.entry import parse

X = np.arange(3.0)


class Items:
    """Elements of a list or an array, for `monkeypatch.setitem`."""

    def __init__(self, of: Any) -> None:
        self.of = of

    def get(self, key: Any, default: Any) -> Any:
        """What is there."""
        return self.of[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self.of[key] = value


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of functions as they are compiled."""
    names: list[str] = []

    def counted(root: Any, *args: Any, **kwargs: Any) -> Any:
        names.append(repr(root))
        return parse(root, *args, **kwargs)

    monkeypatch.setattr("anvil.api.function.parse", counted)
    return names


class Model:
    """State that programs read."""

    rate = 2.0

    def __init__(self) -> None:
        self.gain = 3.0
        self.layers = [1.0, 2.0]
        self.options = {"n": 1}

    @property
    def twice(self) -> float:
        """Computed state."""
        return self.gain * 2

    def scaled(self, x: Any) -> Any:
        """A method."""
        return x * self.gain * self.rate

    def summed(self, x: Any) -> Any:
        """Reads containers."""
        return x * sum(self.layers) * self.options["n"]


model = Model()
module = types.ModuleType("settings")
module.k = 2.0  # type: ignore[attr-defined]
numbers = [1.0, 2.0]
nested: dict[str, Any] = {"a": {"b": [1, 2.0]}}
bias = np.ones(3)
maybe: Any = None


def helper(x: Any) -> Any:
    """Is redefined."""
    return x + 1


def by_default(x: Any, k: Any = [2.0]) -> Any:  # noqa: B006
    """Its default is written to."""
    return x * k[0]


def calls_helper(x: Any) -> Any:
    """Calls what is redefined."""
    return helper(x)


def with_attribute(x: Any) -> Any:
    """A function's attribute is state as well."""
    return x * with_attribute.scale  # type: ignore[attr-defined]


with_attribute.scale = 2.0  # type: ignore[attr-defined]


def local() -> tuple[Callable[..., Any], Callable[[Any], None]]:
    """A function and how to change the variable that it has captured."""
    c = 2.0

    def set_c(v: Any) -> None:
        nonlocal c
        c = v

    return lambda x: x * c, set_c


CAPTURING, SET_C = local()

CHANGES: dict[str, tuple[Callable[..., Any], Callable[[pytest.MonkeyPatch], Any]]] = {
    "a cell": (CAPTURING, lambda m: SET_C(5.0)),
    "a module's attribute": (
        lambda x: x * module.k,  # type: ignore[attr-defined]
        lambda m: m.setattr(module, "k", 7.0),
    ),
    "an instance's attribute": (model.scaled, lambda m: m.setattr(model, "gain", 5.0)),
    "a class's attribute": (model.scaled, lambda m: m.setattr(Model, "rate", 5.0)),
    "a class's attribute is hidden": (
        model.scaled,
        lambda m: m.setattr(model, "rate", 9.0, raising=False),
    ),
    "a list of an instance grows": (
        model.summed,
        lambda m: m.setattr(model, "layers", [1.0, 2.0, 3.0]),
    ),
    "an element of a list": (model.summed, lambda m: m.setitem(Items(model.layers), 0, 9.0)),
    "an entry of a dict": (model.summed, lambda m: m.setitem(model.options, "n", 4)),
    "a nested entry": (
        lambda x: x * nested["a"]["b"][0],
        lambda m: m.setitem(Items(nested["a"]["b"]), 0, 5),
    ),
    "the contents of a default": (
        by_default,
        lambda m: m.setitem(Items(by_default.__defaults__[0]), 0, 4.0),
    ),
    "the defaults": (by_default, lambda m: m.setattr(by_default, "__defaults__", ([6.0],))),
    "a function's attribute": (with_attribute, lambda m: m.setattr(with_attribute, "scale", 3.0)),
    "a helper": (calls_helper, lambda m: m.setitem(globals(), "helper", lambda x: x + 2)),
    "a helper's code": (
        calls_helper,
        lambda m: m.setattr(helper, "__code__", (lambda x: x + 3).__code__),
    ),
    "the function's own code": (
        calls_helper,
        lambda m: m.setattr(calls_helper, "__code__", (lambda x: x * 3).__code__),
    ),
    "a method of the class": (
        lambda x: model.scaled(x),
        lambda m: m.setattr(Model, "scaled", lambda self, x: x * 8),
    ),
    "a method of the instance": (
        lambda x: model.scaled(x),
        lambda m: m.setattr(model, "scaled", lambda x: x * 9),
    ),
    "a property": (
        lambda x: x * model.twice,
        lambda m: m.setattr(Model, "twice", property(lambda self: 50.0)),
    ),
    "what a property reads": (lambda x: x * model.twice, lambda m: m.setattr(model, "gain", 9.0)),
    "hasattr": (
        lambda x: x * (2 if hasattr(model, "extra") else 3),
        lambda m: m.setattr(model, "extra", 1, raising=False),
    ),
    "a missing attribute": (
        lambda x: x * getattr(model, "extra", 3.0),
        lambda m: m.setattr(model, "extra", 4.0, raising=False),
    ),
    "a builtin is hidden": (
        lambda x: x * len(numbers),
        lambda m: m.setitem(globals(), "len", lambda v: 7),
    ),
    "an array is written to": (lambda x: x * bias, lambda m: m.setitem(Items(bias), 0, 4.0)),
    "an array of another shape": (
        lambda x: x * bias,
        lambda m: m.setitem(globals(), "bias", np.full(1, 7.0)),
    ),
    "None becomes an array": (
        lambda x: x if maybe is None else x * maybe,
        lambda m: m.setitem(globals(), "maybe", np.full(3, 2.0)),
    ),
    "an int becomes a bool": (
        lambda x: x * nested["a"]["b"][0],
        lambda m: m.setitem(Items(nested["a"]["b"]), 0, True),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_noticed_at_the_next_call(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    function, change = CHANGES[name]
    jitted = anvil.jit(function)
    np.testing.assert_array_equal(jitted(X), function(X))
    change(monkeypatch)
    np.testing.assert_array_equal(jitted(X), function(X))
    np.testing.assert_array_equal(jitted(X), function(X))
    monkeypatch.undo()
    np.testing.assert_array_equal(jitted(X), function(X))


def test_the_code_of_a_differentiated_function_is_watched() -> None:
    def f(x: Any) -> Any:
        return x * 2.0

    derivative = anvil.grad(f)
    assert derivative(1.0) == 2.0
    f.__code__ = (lambda x: x * 3.0).__code__
    assert derivative(1.0) == 3.0


# ---- functions made again by the same code


def scaled_by(c: Any) -> Callable[[Any], Any]:
    """A closure over `c`."""
    return lambda x: np.sum(x**2 * c)


def test_a_lambda_made_anew_is_compiled_once(compiled: list[str]) -> None:
    for _ in range(5):
        assert anvil.grad(lambda x: x**2)(3.0) == 6.0
    assert len(compiled) == 1


@pytest.mark.parametrize("c", [2.0, np.ones(2), (1.0, 2.0)], ids=repr)
def test_equal_captured_values_share_a_program(compiled: list[str], c: Any) -> None:
    def plain(c: Any) -> Callable[[Any], Any]:
        return lambda x: x * np.sum(np.asarray(c))

    for _ in range(3):
        assert anvil.jit(plain(c))(1.0) == np.sum(c)
    assert len(compiled) == 1


def test_other_captured_values_are_those_of_each_function(compiled: list[str]) -> None:
    for i in range(6):
        assert anvil.grad(scaled_by(float(i % 2)))(1.0) == 2.0 * (i % 2)
    assert len(compiled) == 2
    compiled.clear()
    for i in range(3):
        assert anvil.grad(scaled_by(np.full(3, float(i))))(1.0) == 6.0 * i
    assert len(compiled) == 1


def test_two_functions_in_use_at_once_keep_their_own_values() -> None:
    one, two = (anvil.jit(scaled_by(np.full(2, c))) for c in (1.0, 5.0))
    assert (one(1.0), two(1.0), one(1.0), two(1.0)) == (2.0, 10.0, 2.0, 10.0)


def test_captured_functions_are_followed(compiled: list[str]) -> None:
    def outer(c: float) -> Callable[[float], float]:
        def inner(x: float) -> float:
            return x * c

        return lambda x: inner(x) ** 2

    assert [anvil.jit(outer(c))(1.0) for c in (2.0, 2.0, 3.0, 2.0)] == [4.0, 4.0, 9.0, 4.0]
    assert len(compiled) == 2


def test_a_variable_shared_by_two_captured_functions() -> None:
    def pair(shared: bool) -> Callable[[float], float]:
        def of(c: list[float]) -> Callable[[float], float]:
            return lambda x: x * c[0]

        first, second = [2.0], [3.0]
        f, g = of(first), of(first if shared else second)
        return lambda x: f(x) + g(x)

    assert [anvil.jit(pair(s))(1.0) for s in (True, False, True)] == [4.0, 5.0, 4.0]


def test_one_captured_function_twice_or_two_alike() -> None:
    def made(c: float) -> Callable[[float], float]:
        return lambda x: x * c

    def both(f: Any, g: Any) -> Callable[[float], float]:
        return lambda x: f(x) + g(x)

    same = made(2.0)
    assert anvil.jit(both(same, same))(1.0) == 4.0
    assert anvil.jit(both(made(2.0), made(3.0)))(1.0) == 5.0


def test_which_function_it_is_may_be_asked() -> None:
    def made() -> Callable[[float], float]:
        return lambda x: x

    one = made()

    def asks(f: Any) -> Callable[[float], float]:
        return lambda x: x if f is one else -x

    assert [anvil.jit(asks(f))(1.0) for f in (one, made(), one)] == [1.0, -1.0, 1.0]


def test_partials_made_anew(compiled: list[str]) -> None:
    def scale(a: Any, x: Any, *, b: int = 1) -> Any:
        return x * a * b

    values = [anvil.jit(functools.partial(scale, a, b=b))(X) for a, b in ((X, 1), (X + 1, 1))]
    np.testing.assert_array_equal(values, [X * X, X * (X + 1)])
    assert len(compiled) == 1
    assert anvil.jit(functools.partial(scale, 2.0, b=3))(1.0) == 6.0


def test_an_array_in_a_partial_is_read_at_each_call() -> None:
    held = np.ones(3)
    function = anvil.jit(functools.partial(lambda a, x: x * a, held))
    assert function(1.0)[0] == 1.0
    held[0] = 5.0
    assert function(1.0)[0] == 5.0


def test_transforms_of_transforms_made_anew(compiled: list[str]) -> None:
    for i in range(3):
        mapped = anvil.vmap(anvil.grad(scaled_by(np.full(2, float(i)))))
        np.testing.assert_array_equal(mapped(np.ones(2)), np.full(2, 4.0 * i))
    assert len(compiled) == 1


def test_values_seen_before_are_not_compiled_again(compiled: list[str]) -> None:
    c = 0.0
    function = anvil.jit(lambda x: x * c)
    for i in (1, 2, 1, 2, 1):
        c = float(i)
        assert function(1.0) == i
    assert len(compiled) == 2


# ---- the warning


def warned(call: Callable[[int], Any], times: int) -> list[str]:
    """The first lines of the warnings of repeated calls from one line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for i in range(1, times + 1):
            call(i)
    assert all(w.category is AnvilWarning for w in caught)
    assert all(w.filename == __file__ and "#recompiled" in str(w.message) for w in caught)
    return [str(w.message).split("\n")[0] for w in caught]


def test_the_third_compilation_after_the_first_warns_once() -> None:
    def first(x: Any, n: int) -> Any:
        return x[:n]

    function = anvil.jit(first)
    assert warned(lambda i: function(X, i % 3), 3) == []
    (text,) = warned(lambda i: function(np.arange(9.0), i), 6)
    assert "compiled first 4 times" in text
    assert "n = 4 (before: 3), static as the stop of a slice" in text


def test_the_warning_names_shapes_and_values_read_outside() -> None:
    doubled = anvil.jit(lambda x: x * 2)
    (text,) = warned(lambda i: doubled(np.zeros(i)), 6)
    assert "x: f64[4] (before: f64[3])" in text

    def call(i: int) -> Any:
        return anvil.jit(lambda x: x * i)(1.0)

    (text,) = warned(call, 6)
    assert "another value of i" in text


# ---- static arguments


@pytest.mark.parametrize("given", [2, -3, (1, -1), (0, 5)])
def test_static_argnums_are_positions_of_parameters(given: Any) -> None:
    with pytest.raises(ValueError, match="static_argnums"):
        anvil.jit(lambda x, n: x[:n], static_argnums=given)


@pytest.mark.parametrize("given", [1, -1])
def test_static_argnums_count_from_either_end(given: int) -> None:
    function = anvil.jit(lambda x, n: x * n, static_argnums=given)
    np.testing.assert_array_equal(function(X, 2), X * 2)
    np.testing.assert_array_equal(function(X, 3), X * 3)
    assert "2 specialisation(s)" in function.explain()


def test_static_argnums_may_name_what_stars_take() -> None:
    assert anvil.jit(lambda *args: args[0] * args[2], static_argnums=2)(2.0, 0.0, 3) == 6.0
