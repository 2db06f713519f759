"""What the reverse of a loop keeps: bytes per step that do not grow with the arrays it updates."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.ir.analysis import nbytes, walk
from tests.opt.tape_programs import FLAT

Function = Callable[..., Any]
LOOPS = ("for", "while")
SHORT, LONG = 256, 1024


def data(n: int) -> Any:
    """Numbers of both signs, the same ones for every length."""
    return np.sin(np.arange(n) * 1.7) + 0.3 * np.cos(np.arange(n) * 0.61)


def carried(function: Function, n: int) -> int:
    """Bytes of all that the loops of the planned program carry, tapes included."""
    program = function.ir(data(n)).program
    loops = (op for op in walk(program) if op.kind.name in LOOPS)
    return sum(nbytes(a.type) for op in loops for a in op.args)


def assert_linear(function: Function) -> None:
    """Four times the steps carry at most about four times the bytes."""
    assert carried(function, LONG) < 5 * carried(function, SHORT)


def second(function: Function) -> Function:
    """The gradient of a directional derivative."""
    gradient = anvil.grad(function)
    return anvil.grad(lambda x: np.sum(gradient(x) * np.cos(np.arange(len(x)))))


@pytest.mark.filterwarnings("ignore::anvil.AnvilWarning")
@pytest.mark.parametrize("function", FLAT)
def test_elements_are_kept_not_arrays(function: Function) -> None:
    """Of first and second order."""
    assert_linear(anvil.grad(function))
    assert_linear(second(function))


@pytest.mark.filterwarnings("ignore::anvil.AnvilWarning")
@pytest.mark.parametrize("function", FLAT)
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
