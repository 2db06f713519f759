"""What a program reads from outside: guards and hidden inputs."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
import pytest

from anvil.errors import AnvilNameError
from tests.parser.harness import compile_for, run

RATE = 2.0
COUNT = 3
WEIGHTS = np.arange(3.0)
CONFIG: dict[str, Any] = {"rate": 0.5, "n": 2, "name": "x", "w": np.ones(3)}
LAYERS = [(np.ones(3), 1.0), (np.zeros(3), 2.0)]
settings = types.SimpleNamespace(gain=4.0, bias=np.ones(3))


def numbers(x):
    return x * RATE + COUNT


def arrays(x):
    return x * WEIGHTS


def containers(x):
    return x * CONFIG["rate"] * CONFIG["w"][: CONFIG["n"]]


def nested(x):
    for w, b in LAYERS:
        x = x * w + b
    return x


def attributes(x):
    return x * settings.gain + settings.bias


def helper(x):
    return x + 1.0


def calls(x):
    return helper(x)


def closure(k):
    def fn(x):
        return x * k

    return fn


@pytest.fixture(autouse=True)
def unchanged(monkeypatch):
    """Globals are restored after each test."""
    monkeypatch.setitem(CONFIG, "rate", 0.5)
    monkeypatch.setattr(settings, "gain", 4.0)


@pytest.mark.parametrize(
    "fn, value",
    [
        (numbers, 5.0),
        (arrays, WEIGHTS),
        (containers, np.full(2, 0.5)),
        (nested, np.full(3, 2.0)),
        (attributes, np.full(3, 5.0)),
        (calls, 2.0),
        (closure(3.0), 3.0),
        (closure(np.ones(2)), np.ones(2)),
    ],
)
def test_reads_the_present_value(fn, value):
    np.testing.assert_array_equal(run(fn, 1.0), value)


def test_a_changed_number_fails_the_guard(monkeypatch):
    parsed, _ = compile_for(numbers, 1.0)
    assert parsed.holds()
    monkeypatch.setitem(numbers.__globals__, "RATE", 2)
    assert not parsed.holds()
    monkeypatch.setitem(numbers.__globals__, "RATE", 2.0)
    assert parsed.holds()
    monkeypatch.delitem(numbers.__globals__, "RATE")
    assert not parsed.holds()


def test_a_changed_function_fails_the_guard(monkeypatch):
    parsed, _ = compile_for(calls, 1.0)
    monkeypatch.setitem(calls.__globals__, "helper", lambda x: x)
    assert not parsed.holds()


def test_arrays_are_inputs_that_are_read_at_each_call(monkeypatch):
    parsed, values = compile_for(arrays, 1.0)
    assert [h.origin.name for h in parsed.hidden] == ["WEIGHTS"]
    assert values[1] is WEIGHTS
    monkeypatch.setitem(arrays.__globals__, "WEIGHTS", np.zeros(3))
    assert parsed.holds()
    assert not parsed.hidden[0].get().any()
    monkeypatch.setitem(arrays.__globals__, "WEIGHTS", np.zeros(4))
    assert not parsed.holds()


def test_floats_in_containers_are_inputs_and_ints_are_known(monkeypatch):
    parsed, _ = compile_for(containers, 1.0)
    assert {h.origin.name for h in parsed.hidden} == {"CONFIG['rate']", "CONFIG['w']"}
    monkeypatch.setitem(CONFIG, "rate", 7.0)
    assert parsed.holds()
    monkeypatch.setitem(CONFIG, "n", 3)
    assert not parsed.holds()


def test_a_changed_structure_fails_the_guard(monkeypatch):
    parsed, _ = compile_for(nested, 1.0)
    monkeypatch.setitem(nested.__globals__, "LAYERS", LAYERS[:1])
    assert not parsed.holds()


def test_closure_variables_are_read_again():
    k = 2.0

    def fn(x):
        return x * k

    parsed, _ = compile_for(fn, 1.0)
    assert parsed.holds()
    k = 3.0
    assert not parsed.holds()
    assert run(fn, 1.0) == 3.0


def test_numpy_and_builtins_are_not_guarded():
    def fn(x):
        return np.sin(x) + len([1]) + np.pi

    parsed, _ = compile_for(fn, 1.0)
    assert set(parsed.guarded.guards.names) == {"np", "len"}


def test_undefined_names_are_named():
    with pytest.raises(AnvilNameError, match="the name 'nowhere' is not defined"):
        run(lambda x: nowhere(x), 1.0)  # noqa: F821


def test_an_empty_cell_is_refused():
    def fn(x):
        return x * later

    with pytest.raises(AnvilNameError, match="'later' has no value yet"):
        run(fn, 1.0)
    later = 1.0
    assert later
