"""Functions of scipy, which are recognised once a program imports it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from anvil.library.scipy_table import Functions
from tests.library.harness import NAMESPACE, check
from tests.library.test_linalg import A, B, C, check_derivatives, reference

linalg = pytest.importorskip("scipy.linalg")
NAMESPACE["sl"] = linalg

LINALG = """sl.block_diag(f34, f33, Pf)
sl.block_diag(i33, [1, 2])
sl.block_diag(f234, s33)
sl.block_diag()
sl.toeplitz(f3, f4)
sl.toeplitz(c3)
sl.solve_triangular(f33, f3)
sl.solve_triangular(f33, f34, lower=True)
sl.solve_triangular(c33, f3, trans='T')
sl.solve_triangular(c33, f34, trans=2, lower=True, unit_diagonal=True)
sl.cho_factor(f33 @ f33.T + np.eye(3))
sl.cho_factor(c33 @ c33.conj().T + np.eye(3), lower=True)
sl.cho_solve(sl.cho_factor(f33 @ f33.T + np.eye(3)), f34)
sl.cho_solve(sl.cho_factor(c33 @ c33.conj().T + np.eye(3), True), f3)
sl.lu_factor(f33)
sl.lu(f43)
sl.lu(f34, permute_l=True)
sl.lu(c33, p_indices=True)[1]
sl.lu_solve(sl.lu_factor(f33), f3)
sl.lu_solve(sl.lu_factor(c33), f34, 1)
sl.lu_solve(sl.lu_factor(c33), f34, 2)
sl.expm(f33)
sl.expm(c33 / 10)
sl.expm(2 * f33)
sl.expm(i33 * 0)
sl.expm(np.stack([f33, yf33]))""".splitlines()


@pytest.mark.parametrize("text", LINALG)
def test_scipy_linalg(text: str) -> None:
    """What scipy gives."""
    check(text)


SMOOTH = {
    "solve_triangular": lambda a: np.sum(np.sin(linalg.solve_triangular(a, B, lower=True))),
    "solve_triangular, T": lambda a: np.sum(linalg.solve_triangular(a, B, "T") ** 2),
    "cho_solve": lambda a: np.sum(linalg.cho_solve(linalg.cho_factor(a @ a.T), B) ** 2),
    "lu": lambda a: np.sum(np.sin(linalg.lu(a)[1])) + np.sum(linalg.lu(a)[2] ** 2),
    "lu_solve": lambda a: np.sum(linalg.lu_solve(linalg.lu_factor(a), a[0], 1) ** 2),
    "expm": lambda a: np.sum(C * linalg.expm(a / 4)),
    "expm, squared": lambda a: np.sum(C * linalg.expm(2 * a)),
    "toeplitz": lambda a: np.sum(linalg.toeplitz(a[0], a[1]) ** 3),
    "block_diag": lambda a: np.sum(np.sin(linalg.block_diag(a, a[:2]))),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives(name: str) -> None:
    """To second order."""
    check_derivatives(SMOOTH[name], A)


def test_a_zero_on_the_diagonal_of_a_triangle() -> None:
    """LinAlgError, as scipy raises."""
    a = np.array([[1.0, 2.0], [0.0, 0.0]])
    for run in (linalg.solve_triangular, lambda a, b: reference(linalg.solve_triangular, a, b)):
        with pytest.raises(np.linalg.LinAlgError, match="singular matrix"):
            run(a, np.ones(2))


def test_importing_anvil_does_not_import_scipy() -> None:
    """The core does not need it."""
    code = "import anvil.library, sys; assert 'scipy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_names_are_resolved_when_their_module_is_there() -> None:
    """By identity, dotted attributes included; names that a version lacks are left out."""
    found = Functions(
        {abs: 0}, {"scipy.linalg.det": 1, "scipy.linalg.nothing": 2, "scipy.none.x": 3}
    )
    assert found.get(linalg.det) == 1
    assert linalg.det in found
    assert found.get(np.sin, 5) == 5
    assert None not in found
