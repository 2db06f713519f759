"""`anvil.__all__` is what is visible, all of it documented, and importing it costs little."""

from __future__ import annotations

import inspect
import subprocess
import sys
from types import ModuleType

import pytest

import anvil

PROMISED = {
    "ShapeDtype",
    "check_grads",
    "custom_jvp",
    "custom_vjp",
    "extern",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jit",
    "jvp",
    "like",
    "linearize",
    "stop_gradient",
    "value_and_grad",
    "vjp",
    "vmap",
}


def test_all_is_sorted_and_unique() -> None:
    assert list(anvil.__all__) == sorted(set(anvil.__all__))


def test_all_is_what_is_visible() -> None:
    for name in anvil.__all__:
        getattr(anvil, name)
    visible = {
        name
        for name, value in vars(anvil).items()
        if not name.startswith("_") and not _internal(name, value)
    }
    assert visible - {"annotations"} <= set(anvil.__all__)
    assert {n for n in dir(anvil) if not n.startswith("_")} >= set(anvil.__all__)


def _internal(name: str, value: object) -> bool:
    """A subpackage, bound in the package by its import."""
    return isinstance(value, ModuleType) and value.__name__ == f"anvil.{name}"


def test_what_was_promised_is_there() -> None:
    assert set(anvil.__all__) >= PROMISED


@pytest.mark.parametrize("name", anvil.__all__)
def test_every_public_object_is_documented(name: str) -> None:
    value = getattr(anvil, name)
    if not (inspect.isroutine(value) or inspect.isclass(value) or inspect.ismodule(value)):
        assert isinstance(value, str), f"anvil.{name}: neither documented nor a version string"
        return
    assert inspect.getdoc(value), f"anvil.{name} has no docstring"
    members = vars(value).items() if inspect.isclass(value) else ()
    for member, thing in members:
        if not member.startswith("_") and (inspect.isroutine(thing) or isinstance(thing, property)):
            assert inspect.getdoc(thing), f"anvil.{name}.{member} has no docstring"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        anvil.no_such_name  # noqa: B018


def test_importing_anvil_imports_no_jax() -> None:
    code = "import sys, anvil; print(sorted({'jax', 'jaxlib'} & set(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "[]"
