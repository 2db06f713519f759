"""The formulas of `anvil.ir.ops.accurate`, compiled by XLA, against NumPy on small grids."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

Array = npt.NDArray[Any]
SCRIPT = Path(__file__).parents[2] / "scripts" / "accuracy.py"
REALS = ("float64", "float32", "float16")
COMPLEXES = ("complex128", "complex64")


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


accuracy = load(SCRIPT)


def ours(names: tuple[str, ...], *args: Array) -> dict[str, Array]:
    functions = {k: accuracy.anvil_function(k) for k in names}
    found: dict[str, Array] = accuracy.evaluate(functions, args)
    return found


def worst(name: str, got: Array, args: tuple[Array, ...], skip_subnormal: bool) -> str:
    want = accuracy.reference(name, args)
    error = accuracy.error_of(name, got, want, args)
    if skip_subnormal:
        for a in (*args, want):
            error = np.where(accuracy.subnormal(a), 0.0, error)
    i = int(np.argmax(error))
    if error[i] <= 4:
        return ""
    return f"{name}{tuple(a[i] for a in args)}: {got[i]} for {want[i]}, {error[i]} ulp"


@pytest.mark.parametrize("dtype", REALS)
def test_functions_of_one_number_are_within_4_ulp_subnormals_included(dtype: str) -> None:
    x = accuracy.reals(dtype, 2000)
    found = ours(tuple(accuracy.UNARY), x)
    assert [w for k, y in found.items() if (w := worst(k, y, (x,), False))] == []


@pytest.mark.parametrize("dtype", REALS)
def test_functions_of_two_numbers_are_within_4_ulp(dtype: str) -> None:
    x, y = accuracy.pairs(dtype, 2000)
    found = ours(tuple(accuracy.BINARY), x, y)
    assert [w for k, z in found.items() if (w := worst(k, z, (x, y), True))] == []


@pytest.mark.parametrize("dtype", COMPLEXES)
def test_complex_functions_are_within_4_ulp_in_norm(dtype: str) -> None:
    z = accuracy.complexes(dtype, 2000)
    names = [k for k in accuracy.UNARY if k not in accuracy.REAL_ONLY]
    rows = accuracy.measure_complex(names, z)
    assert [r for r in rows if not r.anvil <= 4] == []


def signs(z: Array) -> list[tuple[bool, bool]]:
    return list(zip(np.signbit(z.real).tolist(), np.signbit(z.imag).tolist(), strict=True))


def test_branch_cuts_have_two_sides() -> None:
    names = ("sqrt", "log", "asin", "acos", "atan", "asinh", "acosh", "atanh")
    real, zero = np.array([-2.0, -0.5, -0.0, 0.0, 0.5, 2.0]), np.array([0.0, -0.0])
    x, y = (a.ravel() for a in np.meshgrid(real, zero))
    along_real, along_imag = np.empty(12, complex), np.empty(12, complex)
    along_real.real, along_real.imag = x, y
    along_imag.real, along_imag.imag = y, x
    for z in (along_real, along_imag):
        for name, got in ours(names, z).items():
            want = accuracy.reference(name, (z,))
            np.testing.assert_allclose(got, want, rtol=1e-14, atol=1e-15, err_msg=name)
            assert signs(got) == signs(want), name


def test_powers_of_the_base_are_exact() -> None:
    n = np.arange(-1074.0, 1024.0)
    powers = np.ldexp(1.0, n.astype(int))
    assert np.array_equal(ours(("log2",), powers)["log2"], n)
    assert np.array_equal(ours(("exp2",), n)["exp2"], powers)
    tens = np.array([10.0**k for k in range(23)])
    assert np.array_equal(ours(("log10",), tens)["log10"], np.arange(23.0))


def test_division_has_the_signs_of_python() -> None:
    values = [0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 7.0, -7.0, 1e300, math.inf, -math.inf]
    pairs = [(a, c) for a in values for c in values if c != 0]
    x, y = np.array(pairs).T
    found = ours(("floor_div", "mod"), x, y)
    for i, (a, c) in enumerate(pairs):
        if math.isinf(a):
            assert math.isnan(found["floor_div"][i])
            assert math.isnan(found["mod"][i])
            continue
        quotient, remainder = divmod(a, c)
        assert str(found["floor_div"][i]) == str(np.float64(quotient))
        assert str(found["mod"][i]) == str(np.float64(remainder))


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64", "uint64"])
def test_integer_division_is_numpys(dtype: str) -> None:
    info = np.iinfo(dtype)
    some = [0, 1, 2, 3, 7, info.max, info.max - 1, info.min]
    some += [-1, -2, -3, -7] if info.min else []
    x, y = (a.ravel() for a in np.meshgrid(*[np.array(some, dtype)] * 2))
    for name, got in ours(("floor_div", "mod", "rem"), x, y).items():
        assert np.array_equal(got, accuracy.reference(name, (x, y))), name
