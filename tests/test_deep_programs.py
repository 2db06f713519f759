"""Programs whose regions are nested deeply: chains of early returns, of `elif` and of calls."""

from __future__ import annotations

import linecache

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference

DEPTH = 160


def made(text):
    name = f"<deep {abs(hash(text))}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    scope = {"np": np}
    exec(compile(text, name, "exec"), scope)
    return scope["f"]


def early_returns(n):
    tests = "".join(f"    if x < {i}:\n        return x * {i}.5\n" for i in range(n))
    return made(f"def f(x):\n{tests}    return x\n")


def elifs(n):
    tests = "".join(f"    elif x < {i}:\n        y = x * {i}.5\n" for i in range(1, n))
    return made(f"def f(x):\n    y = x\n    if x < 0:\n        y = 0.0 * x\n{tests}    return y\n")


def calls(n):
    inner = "".join(
        f"def f{i}(x):\n    if x > {i}:\n        return f{i - 1}(x * 0.5) + x\n"
        f"    return f{i - 1}(x) * 1.01\n"
        for i in range(1, n)
    )
    return made(f"def f0(x):\n    return np.sin(x)\n{inner}f = f{n - 1}\n")


@pytest.mark.parametrize("make", [early_returns, elifs])
def test_values(make):
    f = make(DEPTH)
    for x in (-0.5, 20.25, 158.5, 500.0):
        assert call_reference(anvil.jit(f), (x,), {}) == f(x)


@pytest.mark.parametrize("make", [early_returns, elifs, calls])
def test_derivatives(make):
    f = make(DEPTH // 4)
    for x in (-0.5, 20.25):
        h = 1e-6
        slope = (f(x + h) - f(x - h)) / (2 * h)
        np.testing.assert_allclose(call_reference(anvil.grad(f), (x,), {}), slope, rtol=1e-6)
