"""What the reverse of a loop keeps: bytes per step that do not grow with the arrays it updates."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.ir.analysis import walk
from anvil.ir.types import HistType
from anvil.opt.histories import split_step, tape_bytes
from tests.opt.tape_programs import FLAT, NESTED, monotone_stack

Function = Callable[..., Any]
SHORT, LONG = 256, 1024


def data(n: int) -> Any:
    """Numbers of both signs, the same ones for every length."""
    return np.sin(np.arange(n) * 1.7) + 0.3 * np.cos(np.arange(n) * 0.61)


def kept(function: Function, n: int) -> int:
    """The most bytes that the reverse of a loop keeps of a step."""
    program = function.ir(data(n), stage="adjoint").program
    found = [0]
    for op in walk(program):
        if op.kind.name == "loop_rev":
            history = op.args[0].type
            assert isinstance(history, HistType)
            found.append(tape_bytes(split_step(op.regions[0], history).kept))
    return max(found)


def assert_elements(function: Function) -> None:
    """A step keeps a few elements, whatever the size of the arrays."""
    few = kept(function, SHORT)
    assert kept(function, LONG) == few
    assert few < 400


def second(function: Function) -> Function:
    """The gradient of a directional derivative."""
    gradient = anvil.grad(function)
    return anvil.grad(lambda x: np.sum(gradient(x) * np.cos(np.arange(len(x)))))


@pytest.mark.filterwarnings("ignore::anvil.AnvilWarning")
@pytest.mark.parametrize("function", [*FLAT, *NESTED])
def test_elements_are_kept_not_arrays(function: Function) -> None:
    """Of first and second order."""
    assert_elements(anvil.grad(function))
    assert_elements(second(function))


@pytest.mark.filterwarnings("ignore::anvil.AnvilWarning")
@pytest.mark.parametrize("function", [*FLAT, *NESTED])
def test_gradients(function: Function) -> None:
    """As optimised and as derived, against forward mode."""
    x, v = data(40), np.cos(np.arange(40))
    plain = call_reference(anvil.grad(function), (x,), {})
    tuned = call_reference(anvil.grad(function), (x,), {}, "O2")
    np.testing.assert_allclose(tuned, plain, rtol=1e-13, atol=1e-13)
    _, forward = call_reference(anvil.jit(lambda x: anvil.jvp(function, (x,), (v,))), (x,), {})
    np.testing.assert_allclose(tuned @ v, forward, rtol=1e-10)


def copies_in_loops(function: Function, x: Any) -> int:
    """Copies of whole arrays outside of the entry computation of XLA's program."""
    inside = str(function.hlo(x)).split("ENTRY ")[0]
    shapes = rf"{len(x)}|{len(x) // 4},4|{len(x) + 1}"
    return len(re.findall(rf"= \w+\[(?:{shapes})\]\S* copy\(", inside))


@pytest.mark.parametrize("function", FLAT[:5])
def test_in_place(function: Function) -> None:
    """XLA copies no array in the loops of a gradient."""
    gradient, x = anvil.grad(function), data(400)
    expected = call_reference(gradient, (x,), {}, "O2")
    np.testing.assert_allclose(gradient(x), expected, rtol=1e-10, atol=1e-12)
    assert copies_in_loops(gradient, x) == 0


def in_branches(x: Any) -> Any:
    """Scatters on both sides of a branch."""
    a, places, s = x.copy(), np.array([0, 1, 2]), 0.0
    for i in range(20):
        if x[i] > 0:
            a[places + i] *= 0.9 * x[i]
            s += np.sum(a[places + i] ** 2)
        else:
            a[places + i] += x[i] ** 2
    return s


@pytest.mark.parametrize(("function", "n"), [(monotone_stack, 400), (in_branches, 5000)])
def test_forward_in_place(function: Function, n: int) -> None:
    """Loops that only read an array have ended before it is updated; scatters leave branches."""
    compiled, x = anvil.jit(function), data(n)
    np.testing.assert_allclose(compiled(x), function(x), rtol=1e-12)
    assert copies_in_loops(compiled, x) == 0


def test_gradient_of_scatters_in_branches() -> None:
    """What is written over is found by comparison of a few places."""
    x, v = data(5000), np.cos(np.arange(5000))
    gradient = call_reference(anvil.grad(in_branches), (x,), {}, "O2")
    np.testing.assert_array_equal(gradient, call_reference(anvil.grad(in_branches), (x,), {}))
    _, forward = call_reference(anvil.jit(lambda x: anvil.jvp(in_branches, (x,), (v,))), (x,), {})
    np.testing.assert_allclose(gradient @ v, forward, rtol=1e-10)
