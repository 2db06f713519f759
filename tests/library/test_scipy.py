"""Functions of scipy, which are recognised once a program imports it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from anvil.errors import AnvilError
from anvil.library.scipy.table import Functions
from tests.library.harness import NAMESPACE, arguments, check, function, run
from tests.library.test_linalg import A, B, C, check_derivatives, reference

linalg = pytest.importorskip("scipy.linalg")
signal = pytest.importorskip("scipy.signal")
integrate = pytest.importorskip("scipy.integrate")
ndimage = pytest.importorskip("scipy.ndimage")
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


LINALG += """sl.solve(f33, f3)
sl.solve(f33, f34, lower=True, assume_a='sym')
sl.solve(f33 @ f33.T + np.eye(3), f34, assume_a='pos')
sl.solve(f33, f3, transposed=True)
sl.solve(f33, f3, assume_a='upper triangular')
sl.inv(c33)
sl.det(f33)
sl.qr(f43)
sl.qr(f34)
sl.qr(f43, mode='economic')
sl.qr(f43, mode='r')
sl.svd(f43)[1]
sl.svd(f43, False)[1]
sl.svdvals(f34)
sl.cholesky(f33 @ f33.T + np.eye(3))
sl.cholesky(c33 @ c33.conj().T + np.eye(3), lower=True)
sl.eigh(f33)[0]
sl.eigh(f33, lower=False)[0]
sl.eigh(f33, f33 @ f33.T + np.eye(3), eigvals_only=True)
sl.eigvalsh(c33)
sl.lstsq(f43, f4)[0]
sl.pinv(f43)
sl.norm(f34)
sl.norm(f34, 1, axis=0, keepdims=True)
sl.solve_banded((1, 1), f34, f4)
sl.solve_toeplitz(f3, f3)
sl.solve_toeplitz((f3, f3), f34)
sl.solve_sylvester(f33, f44, f34)
sl.solve_sylvester(c33, f44, f34)
sl.solve_continuous_lyapunov(f33, f33)
sl.solve_discrete_lyapunov(f33, f33)
sl.sqrtm(f33 @ f33.T + np.eye(3))
sl.sqrtm(np.eye(3) + f33 / 20)
sl.sqrtm(c33)
sl.logm(f33 @ f33.T + np.eye(3))
sl.logm(np.eye(3) + f33 / 20)
sl.logm(c33)
sl.cosm(f33)
sl.sinm(f33)
sl.coshm(f33)
sl.sinhm(f33)
sl.polar(f33)
sl.polar(f34, 'left')
sl.circulant(f4)
sl.hankel(f4)
sl.hankel(f4, f3)
sl.companion(f4)
sl.khatri_rao(f34, f34)""".splitlines()

scipy = pytest.importorskip("scipy")
for _name in ("signal", "integrate", "ndimage", "optimize", "interpolate"):
    NAMESPACE[_name] = pytest.importorskip(f"scipy.{_name}")

SAMPLES = """integrate.trapezoid(f34)
integrate.trapezoid(f34, f4, axis=-1)
integrate.simpson(f5)
integrate.simpson(f4)
integrate.simpson(f4, dx=0.5)
integrate.simpson(f34, axis=0)
integrate.simpson(f34, x=np.array([0.0, 1, 3, 3.5]))
integrate.simpson(f5, np.array([0.0, 1, 3, 3.5, 4]))
integrate.simpson(f34, x=np.cumsum(f34**2, axis=0), axis=0)
integrate.simpson(f34[:, :2], axis=1)
integrate.cumulative_trapezoid(f34)
integrate.cumulative_trapezoid(f34, np.array([0.0, 1, 3]), axis=0, initial=0)
integrate.cumulative_trapezoid(f4, dx=0.5, initial=0)
signal.convolve(f5, f3)
signal.convolve(f3, f5, 'same')
signal.convolve(f5, f4, 'same')
signal.convolve(f3, f5, mode='valid')
signal.convolve(f34, f33)
signal.convolve(f34, f33, 'same')
signal.convolve(f34, f33, 'valid')
signal.convolve(i34, i33)
signal.convolve(f5, f3, method='fft')
signal.convolve(c4, f3)
signal.fftconvolve(f34, f33, 'same')
signal.fftconvolve(c4, f3)
signal.correlate(f5, f3)
signal.correlate(c3, c4, 'same')
signal.correlate(f3, f5, 'valid')
signal.correlate(f34, f33, 'valid')
signal.lfilter(f3, [1.0, 0.5], f5)
signal.lfilter([0.5], f3, f34, axis=0)
signal.lfilter(f3, [2.0, 0.5], f5, zi=np.array([0.5, 0.25]))
signal.detrend(f34)
signal.detrend(f34, axis=0, type='constant')
ndimage.map_coordinates(f34, [[0.5, 1.2, 2, -0.3], [0.1, 2.5, 3, 3.4]], order=1)
ndimage.gaussian_filter1d(f34, 0.8)
ndimage.gaussian_filter1d(f34, 0.8, axis=0, mode='mirror', truncate=2.0)
ndimage.gaussian_filter(f34, (0.5, 0.8), mode='nearest')
ndimage.gaussian_filter(f34, 0.5, mode='constant', cval=1.0)
ndimage.uniform_filter(f34, 3, mode='wrap')
ndimage.uniform_filter1d(f5, 2)
ndimage.convolve(f34, f33)
ndimage.convolve(f34, f33[:2, :2], mode='mirror')
ndimage.correlate(f34, f33[:2], mode='nearest')
ndimage.correlate1d(f34, f3, axis=0)
ndimage.convolve1d(f5, f4)
ndimage.convolve1d(f5, f3, origin=1)""".splitlines()
SAMPLES += """np.lib.stride_tricks.sliding_window_view(f34, (2, 3))
np.lib.stride_tricks.sliding_window_view(f34, 2, axis=0)
np.lib.stride_tricks.sliding_window_view(f234, (2, 2), (0, -1))""".splitlines()
SAMPLES += [
    f"ndimage.map_coordinates(f34, [f5, yf5 * 2 + 0.25], order={order}, mode='{mode}', cval=0.5)"
    for order in (0, 1)
    for mode in (
        *("constant", "nearest", "wrap", "mirror", "reflect"),
        *("grid-wrap", "grid-constant", "grid-mirror"),
    )
]


@pytest.mark.parametrize("text", SAMPLES)
def test_samples_and_images(text: str) -> None:
    """What scipy gives."""
    check(text)


@pytest.mark.parametrize(
    "text, hint",
    [
        ("optimize.minimize(lambda x: x**2, Pf)", "anvil.value_and_grad"),
        ("optimize.brentq(lambda x: x, -1.0, Pf)", "Newton's iteration"),
        ("integrate.solve_ivp(lambda t, y: -y, (0, 1), f3)", "steps as a loop"),
        ("integrate.quad(lambda x: x, 0, Pf)", "nodes"),
        ("interpolate.interp1d(f3, f3, 'cubic')", "kind='linear'"),
        ("interpolate.PchipInterpolator(f3, f3)", "np.interp"),
    ],
)
def test_what_calls_back_is_refused(text: str, hint: str) -> None:
    """With what to do instead."""
    fn, names = function(text)
    with pytest.raises(AnvilError, match=hint):
        run(fn, arguments(names))


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
    "sqrtm": lambda a: np.sum(C * linalg.sqrtm(a @ a.T + np.eye(3))),
    "logm": lambda a: np.sum(C * linalg.logm(a @ a.T + np.eye(3))),
    "sylvester": lambda a: np.sum(linalg.solve_sylvester(a, B.T @ B, B) ** 2),
    "solve": lambda a: np.sum(linalg.solve(a @ a.T, B, assume_a="pos") ** 2),
    "images": lambda a: (
        np.sum(
            ndimage.map_coordinates(a, a * 0.1 + 0.7 + np.zeros((2, 3, 3)), order=1, mode="mirror")
        )
        + np.sum(ndimage.gaussian_filter(a, 0.6) ** 2)
    ),
    "signals": lambda a: (
        np.sum(signal.convolve(a, a[:2], "same") ** 2)
        + np.sum(signal.lfilter(a[0], [1.0, 0.3], a) ** 2)
    ),
    "samples": lambda a: integrate.simpson(a[0], x=np.cumsum(a[1] ** 2)),
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
    for f in (linalg.solve_triangular, lambda a, b: reference(linalg.solve_triangular, a, b)):
        with pytest.raises(np.linalg.LinAlgError, match="singular matrix"):
            f(a, np.ones(2))


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
