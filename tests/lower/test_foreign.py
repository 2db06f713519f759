"""Modules under jax's own transforms: the rules of the primitive, nested."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from anvil.lower.module import Module
from anvil.lower.runtime import Executable

from .foreign import F64, module_of

Scalar = Callable[..., Any]


def pair(x: Any, y: Any) -> tuple[Any, Any]:
    return jnp.sin(x) * y * y, x.sum() * jnp.exp(y)


@pytest.fixture(scope="module")
def compiled() -> Executable:
    return Executable(module_of(pair, [(F64, (3,)), (F64, ())]))


def total(pieces: tuple[Any, Any]) -> Any:
    return pieces[0].sum() * pieces[1]


def stack(x: Any) -> Any:
    return jnp.stack([x, x + 1])


TRANSFORMS: dict[str, Callable[[Scalar, Any, Any], Any]] = {
    "eager": lambda g, x, y: g(x, y),
    "jit": lambda g, x, y: jax.jit(g)(x, y),
    "jvp": lambda g, x, y: jax.jvp(g, (x, y), (x, y)),
    "grad": lambda g, x, y: jax.grad(g, (0, 1))(x, y),
    "grad of one": lambda g, x, y: jax.grad(g, 1)(x, y),
    "jit of grad": lambda g, x, y: jax.jit(jax.grad(g, (0, 1)))(x, y),
    "hessian": lambda g, x, y: jax.hessian(g, (0, 1))(x, y),
    "forward twice": lambda g, x, y: jax.jacfwd(jax.jacfwd(g))(x, y),
    "reverse twice": lambda g, x, y: jax.jacrev(jax.jacrev(g))(x, y),
    "reverse of forward": lambda g, x, y: jax.jacrev(jax.jacfwd(g, 1), 1)(x, y),
    "forward of reverse": lambda g, x, y: jax.jvp(jax.grad(g), (x, y), (x, y)),
    "vmap": lambda g, x, y: jax.vmap(g, (0, None))(stack(x), y),
    "vmap of grad": lambda g, x, y: jax.vmap(jax.grad(g, (0, 1)), (None, 0))(x, stack(y)),
    "grad of vmap": lambda g, x, y: jax.grad(
        lambda x, y: jax.vmap(g, (None, 0))(x, stack(y)).sum(), (0, 1)
    )(x, y),
    "vmap of hessian": lambda g, x, y: jax.vmap(jax.hessian(g))(stack(x), stack(y)),
    "linearize": lambda g, x, y: jax.linearize(g, x, y)[1](x, y),
    "jvp of linearize": lambda g, x, y: jax.jvp(
        lambda a: jax.linearize(g, a, y)[1](x, y), (x,), (x,)
    ),
    "grad of linearize": lambda g, x, y: jax.grad(lambda a: jax.linearize(g, a, y)[1](a, y))(x),
    "grad of scan": lambda g, x, y: jax.grad(
        lambda x: jax.lax.scan(lambda c, _: (c * g(c, y) / 9, None), x, None, length=3)[0].sum()
    )(x),
    "grad of cond": lambda g, x, y: jax.grad(
        lambda x: jax.lax.cond(x.sum() > 0, lambda x: g(x, y), lambda x: x.sum(), x)
    )(x),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_module_transforms_as_its_function_does(name: str, compiled: Executable) -> None:
    with jax.enable_x64(True):
        x, y = jnp.arange(3.0) + 0.5, jnp.asarray(0.7)
        ours = TRANSFORMS[name](lambda x, y: total(tuple(compiled([x, y]))), x, y)
        theirs = TRANSFORMS[name](lambda x, y: total(pair(x, y)), x, y)
        for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_allclose(a, b, rtol=1e-12)


def test_foreign_code_in_single_precision() -> None:
    f32 = np.dtype("f4")
    f = Executable(module_of(lambda x: (jnp.sin(x),), [(f32, ())]))
    slope = jax.grad(lambda x: f([x])[0])(jnp.float32(0.5))
    assert slope.dtype == f32
    np.testing.assert_allclose(slope, np.cos(0.5), rtol=1e-6)


def test_without_rules_the_refusal_names_the_program() -> None:
    made = module_of(lambda x: (jnp.sin(x),), [(F64, ())])
    f = Executable(Module(made.text, made.in_types, made.out_types, "lonely"))
    with jax.enable_x64(True), pytest.raises(NotImplementedError, match="lonely"):
        jax.grad(lambda x: f([x])[0])(0.5)
