"""Derivatives of np.linalg: both modes and second order against differences of CPython's values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference

RNG = np.random.default_rng(3)
A = RNG.normal(size=(3, 3)) + 2 * np.eye(3)
T = RNG.normal(size=(4, 2))
W = RNG.normal(size=(2, 3))
S = A + A.T
P = A @ A.T + np.eye(3)
L4 = RNG.normal(size=(4, 4))
BATCH = RNG.normal(size=(2, 2, 2)) + 2 * np.eye(2)
C = RNG.normal(size=(3, 3))
B = RNG.normal(size=(3, 2))
SINGULAR = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]])
RANK3 = np.array([[1.0, 2, 3, 4], [5, 6, 7, 9], [9, 10, 11, 12], [13, 14, 15, 16.5]])
RANK3[3] = RANK3[0] + RANK3[1]
RANK2 = np.outer(L4[0], L4[1]) + np.outer(L4[2], L4[3])
HERMITIAN = A + 1j * (C - C.T)


def _complex(x: Any) -> Any:
    return x + 1j * (C @ x)


def _square(x: Any) -> Any:
    return x @ x.T


CASES: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "solve": (lambda a: np.sum(np.sin(np.linalg.solve(a, B))), A),
    "solve, a vector": (lambda a: np.sum(np.linalg.solve(a, a[0] ** 2) ** 2), A),
    "solve, stacks": (lambda a: np.sum(np.sin(np.linalg.solve(a, B[:2]))), BATCH),
    "solve, complex": (lambda a: np.sum(np.abs(np.linalg.solve(_complex(a), B)) ** 2), A),
    "inv": (lambda a: np.sum(C * np.linalg.inv(a)), A),
    "det": (lambda a: np.linalg.det(a), A),
    "det, stacks": (lambda a: np.sum(np.linalg.det(a) ** 2), BATCH),
    "det of order 4": (lambda a: np.linalg.det(a), L4),
    "det, complex": (lambda a: np.abs(np.linalg.det(_complex(a))) ** 2, A),
    "det, singular": (lambda a: np.linalg.det(a), SINGULAR),
    "det, rank 1": (lambda a: np.linalg.det(a), np.ones((3, 3))),
    "det, rank 3 of 4": (lambda a: np.linalg.det(a), RANK3),
    "det, rank 2 of 4": (lambda a: np.linalg.det(a), RANK2),
    "det, of zeros": (lambda a: np.linalg.det(a), np.zeros((2, 2))),
    "slogdet": (lambda a: np.linalg.slogdet(a)[1], A),
    "slogdet, complex": (lambda a: np.linalg.slogdet(_complex(a)).logabsdet, A),
    "cholesky": (lambda a: np.sum(C * np.linalg.cholesky((a + a.T) / 2)), P),
    "cholesky, upper": (lambda a: np.sum(C * np.linalg.cholesky((a + a.T) / 2, upper=True)), P),
    "qr": (lambda a: sum(np.sum(np.sin(x)) for x in np.linalg.qr(a)), A),
    "qr, tall": (lambda a: sum(np.sum(np.sin(x)) for x in np.linalg.qr(a)), T),
    "qr, wide": (lambda a: sum(np.sum(np.sin(x)) for x in np.linalg.qr(a)), W),
    "qr, complete": (
        lambda a: np.sum(
            np.linalg.qr(a, "complete").Q[:, 2:] @ np.linalg.qr(a, "complete").Q[:, 2:].T * L4
        ),
        T,
    ),
    "qr, r": (lambda a: np.sum(np.linalg.qr(a, mode="r") ** 3), T),
    "svd": (
        lambda a: np.sum(C * (np.linalg.svd(a)[0] * np.array([1.0, 2, 3])) @ np.linalg.svd(a)[2]),
        A,
    ),
    "svd, full": (
        lambda a: np.sum(np.linalg.svd(a)[0][:, 2:] @ np.linalg.svd(a)[0][:, 2:].T * L4),
        T,
    ),
    "svd, thin": (lambda a: np.sum(np.linalg.svd(a, full_matrices=False).S ** 3), T),
    "svdvals": (lambda a: np.sum(np.sin(np.linalg.svdvals(a))), W),
    "svd, hermitian": (lambda a: np.sum(np.linalg.svd(a + a.T, hermitian=True)[1] ** 3), A),
    "eigh": (lambda a: np.sum(np.sin(np.linalg.eigh(a + a.T)[1])), A),
    "eigh, U": (lambda a: np.sum(np.linalg.eigh(a, "U").eigenvectors * C), A),
    "eigh, complex": (lambda a: np.sum(np.abs(np.linalg.eigh(a * HERMITIAN)[1]) ** 2 * C), A),
    "eigvalsh": (lambda a: np.sum(np.sin(np.linalg.eigvalsh(a))), A),
    "eig": (lambda a: np.sum(np.real(np.linalg.eig(a)[1] * np.linalg.eig(a)[0])), C),
    "eigvals": (lambda a: np.sum(np.abs(np.linalg.eigvals(a)) ** 2), C),
    "lstsq": (lambda a: np.sum(np.sin(np.linalg.lstsq(a, T[:, 0] ** 2)[0])), T),
    "lstsq, residuals": (lambda a: np.sum(np.linalg.lstsq(a, L4[:, 0])[1]), T),
    "lstsq, wide": (lambda a: np.sum(np.sin(np.linalg.lstsq(a, a[:, 0])[0])), W),
    "pinv": (lambda a: np.sum(np.sin(np.linalg.pinv(a))), T),
    "pinv, wide": (lambda a: np.sum(np.sin(np.linalg.pinv(a))), W),
    "matrix_power": (lambda a: np.sum(C * np.linalg.matrix_power(a, 3)), A),
    "matrix_power, negative": (lambda a: np.sum(C * np.linalg.matrix_power(a, -2)), A),
    "cond": (lambda a: np.linalg.cond(a), A),
    "cond, fro": (lambda a: np.linalg.cond(a, "fro"), A),
    "multi_dot": (lambda a: np.sum(np.linalg.multi_dot([a, C, a])), A),
    "tensorsolve": (
        lambda a: np.sum(np.linalg.tensorsolve(np.reshape(a, (2, 2, 4)), B[:2]) ** 2),
        L4,
    ),
    "tensorinv": (lambda a: np.sum(np.sin(np.linalg.tensorinv(np.reshape(a, (2, 2, 2, 2))))), L4),
    "norm 2": (lambda a: np.linalg.norm(a, 2), T),
    "norm -2": (lambda a: np.linalg.norm(a, -2), T),
    "norm nuc": (lambda a: np.linalg.norm(a, "nuc"), W),
    "cross": (lambda a: np.sum(np.linalg.cross(a, C) ** 2), A),
}


def reference(f: Callable[..., Any], *args: Any) -> Any:
    return call_reference(anvil.jit(f), args, {})


def differences(f: Callable[[Any], Any], x: Any, v: Any, h: float = 1e-3) -> Any:
    """The derivative along v, to fourth order."""
    near, far = (f(x + k * h * v) - f(x - k * h * v) for k in (1, 2))
    return (8 * near - far) / (12 * h)


def check_derivatives(f: Callable[[Any], Any], x: Any) -> None:
    """Value, both modes, and the derivative of the gradient."""
    v = np.random.default_rng(5).normal(size=x.shape)
    gradient = anvil.jit(anvil.grad(f))

    def everything(x: Any, v: Any) -> Any:
        g, hv = anvil.jvp(anvil.grad(f), (x,), (v,))
        return anvil.jvp(f, (x,), (v,)), g, hv

    (value, slope), g, hv = reference(everything, x, v)
    np.testing.assert_allclose(value, f(x), rtol=1e-12, atol=1e-14)
    scale = 1 + np.max(np.abs(g))
    np.testing.assert_allclose(slope, differences(f, x, v), rtol=1e-6, atol=1e-7 * scale)
    np.testing.assert_allclose(np.sum(g * v), slope, rtol=1e-10, atol=1e-10 * scale)
    moved = differences(lambda y: call_reference(gradient, (y,), {}), x, v)
    size = 1 + np.max(np.abs(moved))
    np.testing.assert_allclose(hv, moved, rtol=1e-5, atol=1e-6 * size)


@pytest.mark.parametrize("name", CASES)
def test_derivatives(name: str) -> None:
    """To second order."""
    check_derivatives(*CASES[name])


# ---- degenerate spectra


def test_functions_of_equal_eigenvalues_have_their_derivative() -> None:
    """The trace, the spectral norm's mean, a product of singular values at the identity."""
    eye = np.eye(3)
    g = reference(anvil.grad(lambda a: np.sum(np.linalg.eigvalsh(a) ** 2)), eye)
    np.testing.assert_allclose(g, 2 * eye, atol=1e-14)
    g = reference(anvil.grad(lambda a: np.sum(np.linalg.eigh(a)[0] ** 3)), eye)
    np.testing.assert_allclose(g, 3 * eye, atol=1e-14)
    g = reference(anvil.grad(lambda a: np.prod(np.linalg.svdvals(a))), 2 * eye)
    np.testing.assert_allclose(g, 4 * eye, atol=1e-14)
    g = reference(anvil.grad(lambda a: np.linalg.norm(a, "nuc")), eye)
    np.testing.assert_allclose(g, eye, atol=1e-14)


def _with(h: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    """A loss through eigenvalues and eigenvectors, in functions of their own."""
    return lambda a: np.sum(C * h(*np.linalg.eigh(a)))


def _gibbs(w: Any, v: Any) -> Any:
    p = np.exp(-w) / np.sum(np.exp(-w))
    return (v * p) @ v.T


SPECTRAL: dict[str, Callable[[Any], Any]] = {
    "root": _with(lambda w, v: (v * np.sqrt(w)) @ v.T),
    "exp, by a diagonal matrix": _with(lambda w, v: v @ np.diag(np.exp(w)) @ v.T),
    "square, einsum": _with(lambda w, v: np.einsum("ij,j,kj->ik", v, w**2, v)),
    "inverse": _with(lambda w, v: (v / w) @ v.T),
    "log, rows": _with(lambda w, v: v @ (np.log(w)[:, None] * v.T)),
    "less one": _with(lambda w, v: (v * (w - 1.0)) @ v.T),
    "clipped": _with(lambda w, v: (v * np.maximum(w, 0.1)) @ v.conj().T),
    "with a sum over all": _with(_gibbs),
}
ONE = np.linalg.qr(A)[0]
DEGENERATE = {
    "identity": np.eye(3),
    "diagonal": np.diag([1.0, 1.0, 2.0]),
    "but for rounding": ONE @ np.diag([1.0, 2.0, 2.0]) @ ONE.T,
    "nearly": ONE @ np.diag([1.0, 1.0 + 1e-9, 2.0]) @ ONE.T,
    "apart": ONE @ np.diag([0.4, 1.3, 2.0]) @ ONE.T,
}


@pytest.mark.parametrize("where", DEGENERATE)
@pytest.mark.parametrize("name", SPECTRAL)
def test_matrix_functions_have_their_derivative_at_equal_eigenvalues(name: str, where: str) -> None:
    """Forward, reverse, an element alone; the second derivative is right or nan."""
    f, a, v = SPECTRAL[name], DEGENERATE[where], B @ B.T

    def everything(a: Any, v: Any) -> Any:
        return anvil.jvp(f, (a,), (v,)), *anvil.jvp(anvil.grad(f), (a,), (v,))

    (value, slope), g, hv = reference(everything, a, v)
    np.testing.assert_allclose(value, f(a), rtol=1e-12)
    np.testing.assert_allclose(slope, differences(f, a, v, 1e-4), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(np.sum(g * v), slope, rtol=1e-11)
    gradient = anvil.jit(anvil.grad(f))
    moved = differences(lambda y: call_reference(gradient, (y,), {}), a, v)
    assert np.all(np.isnan(hv) | (abs(hv - moved) <= 1e-5 * (1 + abs(moved))))
    if where == "apart":
        assert np.all(np.isfinite(hv))


def test_projectors() -> None:
    """On all vectors of an eigenvalue: their derivative. On a part of them: nan."""
    f = _with(lambda w, v: v[:, :2] @ v[:, :2].T)
    v = B @ B.T
    for a in (np.diag([1.0, 1.0, 2.0]), DEGENERATE["apart"]):
        g = reference(anvil.grad(f), a)
        np.testing.assert_allclose(np.sum(g * v), differences(f, a, v), rtol=1e-7)
    assert np.isnan(np.sum(reference(anvil.grad(f), np.diag([1.0, 2.0, 2.0]))))
    assert np.isnan(reference(lambda a: anvil.jvp(f, (a,), (v,))[1], np.eye(3)))


@pytest.mark.parametrize(
    "f",
    [
        lambda w, v: np.sin(v),
        lambda w, v: v[0, 2],
        lambda w, v: v @ ((w - 2.0) * np.sin(v.T @ C[0])),
        lambda w, v: (v * w[::-1]) @ v.T,
        lambda w, v: (v * np.cumsum(w)) @ v.T,
        lambda w, v: (v * np.array([1.0, 2.0, 3.0])) @ v.T,
    ],
)
def test_vectors_of_equal_eigenvalues_have_no_derivative(f: Any) -> None:
    """A function through them is nan, never another number: also where eigenvalues are equal but
    for rounding.
    """
    for a in (np.eye(3), DEGENERATE["but for rounding"]):
        assert not np.all(np.isfinite(reference(anvil.grad(_with(f)), a)))
        _, slope = reference(lambda a: anvil.jvp(_with(f), (a,), (B @ B.T,)), a)
        assert not np.isfinite(slope)


def test_spectral_forms_on_xla_and_in_complex_matrices() -> None:
    """The gradient is the evaluator's; Hermitian matrices with equal eigenvalues."""
    f, a = SPECTRAL["root"], DEGENERATE["diagonal"]
    np.testing.assert_allclose(anvil.grad(f)(a), reference(anvil.grad(f), a), rtol=1e-10)

    def size(t: Any) -> Any:
        w, v = np.linalg.eigh(t * HERMITIAN + np.eye(3))
        return np.sum(np.abs(C * ((v * np.exp(w)) @ np.conj(v).T)) ** 2)

    g = reference(anvil.grad(size), 0.0)
    np.testing.assert_allclose(g, differences(size, 0.0, 1.0), rtol=1e-7)
    batch = np.stack([np.eye(3), a])
    both = reference(lambda x: anvil.vmap(anvil.grad(f))(x), batch)
    np.testing.assert_allclose(both[1], reference(anvil.grad(f), a), rtol=1e-12)


def test_a_separate_eigenvector_has_a_derivative_beside_equal_ones() -> None:
    """Vectors of other eigenvalues are not touched."""

    def last(a: Any) -> Any:
        v = np.linalg.eigh(a)[1][:, 2]
        return v @ C @ v

    a, v = np.diag([1.0, 1.0, 2.0]), C + C.T
    g = reference(anvil.grad(last), a)
    np.testing.assert_allclose(np.sum(g * v), differences(last, a, v), rtol=1e-7)


def test_the_pseudo_inverse_of_a_rank_deficient_matrix() -> None:
    """Along matrices of its rank."""
    x, y = T[:, :1], W[:1]
    f = lambda x: np.sum(np.sin(np.linalg.pinv(x @ y, 1e-10)))  # noqa: E731
    g = reference(anvil.grad(f), x)
    np.testing.assert_allclose(np.sum(g * x[::-1]), differences(f, x, x[::-1]), rtol=1e-7)


# ---- what NumPy raises


def _caught(a: Any) -> Any:
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return np.zeros_like(a)


NAN = np.array([[np.nan, 1.0], [1.0, 2.0]])
RAISES: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "Singular matrix": (np.linalg.inv, np.array([[1.0, 2.0], [2.0, 4.0]])),
    "Singular matrix, solve": (lambda a: np.linalg.solve(a, a[0]), np.zeros((2, 2))),
    "Singular matrix, one of two": (np.linalg.inv, np.stack([np.eye(2), np.ones((2, 2))])),
    "Singular matrix, power": (lambda a: np.linalg.matrix_power(a, -1), np.ones((2, 2))),
    "Matrix is not positive definite": (np.linalg.cholesky, -np.eye(2)),
    "SVD did not converge": (np.linalg.svd, NAN),
    "SVD did not converge, values": (np.linalg.svdvals, NAN),
    "SVD did not converge, pinv": (np.linalg.pinv, NAN),
    "Array must not contain infs or NaNs": (np.linalg.eig, NAN),
    "Array must not contain infs or NaNs, values": (np.linalg.eigvals, NAN),
}


@pytest.mark.parametrize("what", RAISES)
def test_linalg_error(what: str) -> None:
    """Raised when the program runs, as NumPy does."""
    f, a = RAISES[what]
    for run in (f, lambda a: reference(f, a)):
        with pytest.raises(np.linalg.LinAlgError, match=what.split(",")[0]):
            run(a)


def test_linalg_error_can_be_caught() -> None:
    """By the program itself."""
    for a in (np.ones((2, 2)), 2 * np.eye(2)):
        np.testing.assert_array_equal(reference(_caught, a), _caught(a))


SHAPES: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "not square": (np.linalg.inv, np.ones((2, 3))),
    "a vector": (np.linalg.det, np.ones(3)),
    "sizes": (lambda a: np.linalg.solve(a, np.ones(3)), np.eye(2)),
    "UPLO": (lambda a: np.linalg.eigh(a, "X"), np.eye(2)),
    "mode": (lambda a: np.linalg.qr(a, "x"), np.eye(2)),
    "order": (lambda a: np.linalg.norm(a, 3), np.eye(2)),
    "tolerances": (lambda a: np.linalg.pinv(a, 0.1, rtol=0.1), np.eye(2)),
    "one array": (lambda a: np.linalg.multi_dot([a]), np.eye(2)),
    "index": (lambda a: np.linalg.tensorinv(a, 0), np.eye(2)),
}


@pytest.mark.parametrize("what", SHAPES)
def test_misuse_is_a_value_error(what: str) -> None:
    """Before anything runs."""
    f, a = SHAPES[what]
    for run in (f, lambda a: reference(f, a)):
        with pytest.raises(ValueError, match=r"\w"):
            run(a)


def test_half_precision_is_refused() -> None:
    """As by NumPy."""
    with pytest.raises(TypeError, match="float16 is unsupported in linalg"):
        reference(np.linalg.inv, np.eye(2, dtype=np.float16))


def test_nan_is_passed_on_where_numpy_does() -> None:
    """By elimination: no error."""
    for f in (np.linalg.inv, np.linalg.det, lambda a: np.linalg.slogdet(a)[1]):
        with np.errstate(all="ignore"):
            np.testing.assert_array_equal(np.isnan(reference(f, NAN)), np.isnan(f(NAN)))


# ---- on XLA


def _many(a: Any, t: Any) -> Any:
    s = a + a.T
    return (
        np.linalg.solve(a, t[:3]),
        np.linalg.inv(a),
        np.linalg.det(a),
        np.linalg.slogdet(a),
        np.linalg.cholesky(s @ s.T + np.eye(3)),
        np.linalg.qr(t),
        np.linalg.svd(t),
        np.linalg.eigh(s),
        np.linalg.eigvals(s + 1j * a),
        np.linalg.lstsq(t, t[:, 0], rcond=None),
        np.linalg.pinv(t),
        np.linalg.cond(a),
    )


def _loss(a: Any, t: Any) -> Any:
    w, v = np.linalg.eigh(a + a.T)
    u, s, vh = np.linalg.svd(t, full_matrices=False)
    q, r = np.linalg.qr(a)
    return (
        np.linalg.det(a)
        + np.sum(np.linalg.solve(a, t[:3]) ** 2)
        + np.sum(w * v[0])
        + np.sum((u * s**2) @ vh)
        + np.sum(q * r)
        + np.sum(np.linalg.pinv(t))
    )


def test_on_xla() -> None:
    """Values, named results, a gradient, an error."""
    got, want = anvil.jit(_many)(A, T), _many(A, T)
    for g, w in zip(got, want, strict=True):
        assert type(g) is type(w)
        for x, y in zip(g, w, strict=True) if isinstance(w, tuple) else [(g, w)]:
            assert np.asarray(x).dtype == np.asarray(y).dtype
            np.testing.assert_allclose(x, y, rtol=1e-11, atol=1e-12)
    gradient = anvil.grad(_loss)
    np.testing.assert_allclose(
        gradient(A, T), call_reference(anvil.jit(gradient), (A, T), {}), rtol=1e-9
    )
    with pytest.raises(np.linalg.LinAlgError, match="Singular matrix"):
        anvil.jit(np.linalg.inv)(np.ones((2, 2)))


def test_programs_share_what_the_lowering_made() -> None:
    """The pseudo-inverse calls jax's svd, whatever its name in each module."""
    np.testing.assert_allclose(anvil.jit(np.linalg.pinv)(T), np.linalg.pinv(T), rtol=1e-12)
    both = anvil.jit(lambda t: (np.linalg.svdvals(t), np.linalg.pinv(t)))(T)
    np.testing.assert_allclose(both[1], np.linalg.pinv(T), rtol=1e-12)


def test_under_vmap() -> None:
    """Lanes are matrices of one stack."""
    batch = np.stack([A, A.T, P])
    for f in (np.linalg.inv, np.linalg.det, np.linalg.eigvalsh, np.linalg.cholesky):
        lanes = batch @ np.swapaxes(batch, 1, 2)
        got = reference(lambda x, f=f: anvil.vmap(f)(x), lanes)
        np.testing.assert_allclose(got, f(lanes), rtol=1e-10)
