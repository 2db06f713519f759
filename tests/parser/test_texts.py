# ruff: noqa: UP031
"""Strings with computed numbers in them as results: the host formats them."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest

import anvil
from anvil import AnvilError
from tests.parser.harness import agree, run

X = np.array([1.0, -2.0, 0.5])


def fields(x, n):
    return f"{x:.3f}", f"{n:05d} {n!r:>4}", f"{x=:.2f}", f"{'a':>5}|{x:>{10}.{3}f}", f"{x > n} {n}"


def other_ways(x, n):
    return str(x), repr(x), "%-8.2f|%+d" % (x, n), f"{x:.1e} {n:>5}", "%(x)g" % {"x": x}


def kinds(x, n):
    return (
        f"{np.float32(x)!r}",
        f"{X * x}",
        f"{np.float64(x)}",
        str([x, n]),
        str((n, "s", x)),
        f"{x + 2j}",
    )


def grown(x, n):
    log = f"start {x}"
    for i in range(3):
        log += f" {i}:{x * i:.1f}"
    return log + " end"


def joined_texts(x, n):
    d = {"loss": x, "n": n}
    rows = [f"{k}={v}" for k, v in d.items()]
    return ", ".join(rows), " ".join(f"{v:.1f}" for v in X * x), "-".join(["a", f"{n}", "b"])


def by_path(x, n):
    if x > 0:
        return f"above {x}"
    return f"below {x:.1f} {n}"


def chosen_name(x, n):
    name = "up" if x > n else "down"
    return f"{name:>6}|{name!r}", {"name": name, "text": f"{name} {x}"}


def number_of_either_type(x, n):
    y = max(x, 0)
    return f"{y} {y!r}"


def of_objects(x, n):
    class Point:
        def __repr__(self) -> str:
            return f"Point({x:.1f})"

    return repr(Point()), f"{Point()} {n}"


def of_a_helper(x, n):
    def label(name: str, v: Any) -> str:
        return "%s: %8.3f" % (name, v)

    return [label(name, x * i) for i, name in enumerate(("a", "b"))]


ALL = [f for f in list(vars().values()) if getattr(f, "__module__", "") == __name__]


@pytest.mark.parametrize("f", ALL)
@pytest.mark.parametrize("x", [2.5, -1e-7])
def test_results_are_formatted_as_python_does(f, x):
    agree(f, x, 3)


def test_an_auxiliary_result_may_be_a_text():
    def loss(x):
        return x**2, f"x is {x:.2f}"

    def both(x):
        return anvil.value_and_grad(loss, has_aux=True)(x)

    (value, text), slope = anvil.jit(both)(1.5)
    assert (float(value), text, float(slope)) == (2.25, "x is 1.50", 3.0)


def test_what_a_text_cannot_do():
    with pytest.raises(AnvilError, match="number in this text is needed"):
        run(lambda x: f"{x}".upper(), 2.5)
    with pytest.raises(AnvilError, match="number in this text is needed"):
        run(lambda x: {f"{x}": 1.0}, 2.5)
    with pytest.raises(AnvilError, match="lanes of a vmap hold texts"):
        anvil.vmap(lambda x: f"{x}")(X)
    with pytest.raises(AnvilError, match="jax does not know yet"):
        jax.jit(anvil.jit(lambda x: f"{x}"))(2.5)


def described(x):
    return {"y": x**3, "text": f"{x:.2f}", "more": [x * 2.0, str(x)]}


def test_texts_have_no_derivatives():
    y, moved = anvil.jvp(described, (2.0,), (1.0,))
    assert y["text"] == "2.00"
    assert moved == {"y": 12.0, "text": None, "more": [2.0, None]}
    pull = anvil.vjp(described, 2.0)[1]
    assert pull({"y": 1.0, "text": None, "more": [0.5, None]}) == (13.0,)
    assert pull({"y": 1.0, "text": "2.00", "more": [0.5, "2.0"]}) == (13.0,)
    assert anvil.jacobian(described)(2.0) == moved
    assert anvil.linearize(described, 2.0)[1](1.0) == moved
