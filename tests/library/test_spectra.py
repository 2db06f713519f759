"""What depends on no choice of eigenvectors or singular vectors has its derivative where values are
equal; the rest is nan there, never another number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.library.test_linalg import differences

RNG = np.random.default_rng(0)
X, M, C = RNG.normal(size=3), RNG.normal(size=(3, 2)), RNG.normal(size=(3, 3))
W = np.array([1.0, 2.0, 3.0])
Q = np.linalg.qr(C)[0]
V = RNG.normal(size=(3, 3))

Case = Callable[..., Any]


def svd(a: Any) -> Any:
    return np.linalg.svd(a, full_matrices=False)


def _evolved(w: Any, v: Any) -> Any:
    u = X
    for k in range(3):
        u = v @ (np.exp(-0.1 * k * w) * (v.T @ u))
        u = u / np.sqrt(np.sum(u * u))
    return np.sum(u * W)


def _steps(w: Any, v: Any) -> Any:
    u, k = X, 0
    while k < 4:
        if k % 2 == 0:
            u = v @ (np.cos(w) * (v.T @ u))
        else:
            u = (v * np.sin(w)) @ v.T @ u
            u = u / 2.0
        k += 1
    return np.sum(u * W)


def _sorted(w: Any, v: Any) -> Any:
    order = np.argsort(w)[::-1]
    w, v = w[order], v[:, order]
    return np.sum(((v * np.sqrt(w)) @ v.T) * C)


def _branch(w: Any, v: Any) -> Any:
    if w[0] > 0:
        m = v @ np.diag(1 / np.sqrt(w)) @ v.T
    else:
        m = v @ np.diag(w) @ v.T
        m = m / 2.0
    return np.sum(m * C)


def _helper(w: Any, v: Any) -> Any:
    def of(f: Any) -> Any:
        return v @ np.diag(f(w)) @ v.T

    return np.sum((of(np.exp) + of(np.sin)) * C)


def _density(w: Any, v: Any) -> Any:
    y = v.T @ X
    return -0.5 * np.sum(y * y / w) - 0.5 * np.sum(np.log(w))


def _pseudo(w: Any, v: Any) -> Any:
    inverse = np.where(w > 1e-10, 1 / w, 0.0)
    return X @ (v @ (inverse * (v.T @ X)))


EIGEN: dict[str, Case] = {
    "vector": lambda w, v: np.sum(X * (v @ (np.sqrt(w) * (v.T @ W)))),
    "form": lambda w, v: np.sum(np.log(w) * (v.T @ X) ** 2),
    "columns": lambda w, v: np.sum((v.T @ M) ** 2 * np.exp(w)[:, None]),
    "diagonal": lambda w, v: np.sum(np.exp(w) * np.diag(v.T @ C @ v)),
    "einsum": lambda w, v: np.sum(np.exp(w) * np.einsum("ai,ab,bi->i", v, C, v)),
    "sums": lambda w, v: np.sum(np.exp(w) * np.sum(v * (C @ v), axis=0)),
    "weights of a dot": lambda w, v: np.exp(-w) @ np.abs(v.T @ X) ** 2,
    "phases": lambda w, v: np.sum(np.abs(v @ (np.exp(-0.3j * w) * (v.T @ X))) ** 2 * W),
    "phases, a matrix": lambda w, v: np.sum(np.abs((v * np.exp(-1j * w)) @ v.T @ X) * W),
    "solve": lambda w, v: np.sum((v @ (v.T @ M / w[:, None])) ** 2),
    "einsum of four": lambda w, v: np.sum(np.einsum("ij,j,kj,k->i", v, np.sqrt(w), v, X) * W),
    "half": lambda w, v: np.sum(((v * np.sqrt(w)) @ (v * np.sqrt(w)).T) * C),
    "rows": lambda w, v: (v[0] * np.exp(w)) @ v[1],
    "elements of rows": lambda w, v: np.sum(v[0] ** 2 / (w + 1.0)),
    "trace": lambda w, v: np.trace(v @ np.diag(w**3) @ v.T @ C),
    "all": lambda w, v: np.sum(v @ v.T * C) + 0.0 * w[2],
    "norms": lambda w, v: np.sum(np.linalg.norm((v.T @ M) * np.sqrt(w)[:, None], axis=0)),
    "sum of two": lambda w, v: np.log(np.sum(np.exp(-w) * (v[0] * v[1] + v[2] ** 2))),
    "projector": lambda w, v: np.sum((v[:, :2] @ (v[:, :2].T @ X)) * W) * w[2],
    "eigvalsh": lambda w, v: ((v * (w - 1.0)) @ v.T)[0, 1],
    "evolved": _evolved,
    "steps": _steps,
    "sorted": _sorted,
    "branch": _branch,
    "helper": _helper,
    "density": _density,
    "pseudo": _pseudo,
}
PAIR = {"identity": np.eye(3), "pair": Q @ np.diag([1.0, 1.0, 2.0]) @ Q.T}
APART = Q @ np.diag([0.5, 1.0, 2.0]) @ Q.T


def _check(f: Callable[[Any], Any], a: Any, v: Any) -> None:
    """Both modes against differences."""

    def everything(a: Any, v: Any) -> Any:
        return anvil.jvp(f, (a,), (v,)), anvil.grad(f)(a)

    (value, slope), g = call_reference(anvil.jit(everything), (a, v), {})
    want = differences(f, a, v)
    np.testing.assert_allclose(value, f(a), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(slope, want, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(np.sum(g * v), slope, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", EIGEN)
def test_functions_of_eigenvectors(name: str) -> None:
    """At equal eigenvalues and apart."""
    f = lambda a: EIGEN[name](*np.linalg.eigh(a))  # noqa: E731
    for where, a in PAIR.items():
        if (name, where) != ("projector", "identity"):
            _check(f, a, V + V.T)
    _check(f, APART, V + V.T)


STACKED: dict[str, Case] = {
    "product": lambda w, v: np.sum(((v * np.sqrt(w)[:, None, :]) @ np.swapaxes(v, -1, -2)) * C),
    "einsum": lambda w, v: np.sum(np.einsum("...ij,...j,...kj->...ik", v, np.log(w), v) * C),
    "columns": lambda w, v: np.sum((v @ (np.exp(w)[..., None] * (v.transpose(0, 2, 1) @ M))) ** 2),
}


@pytest.mark.parametrize("name", STACKED)
def test_stacks(name: str) -> None:
    """Of matrices, and mapped."""
    f = lambda a: STACKED[name](*np.linalg.eigh(np.stack([a, 2.0 * a])))  # noqa: E731
    for a in PAIR.values():
        _check(f, a, V + V.T)


SINGULAR: dict[str, Case] = {
    "polar": lambda a: np.sum(svd(a)[0] @ svd(a)[2] * _like(a)),
    "by a diagonal matrix": lambda a: np.sum(
        svd(a)[0] @ np.diag(svd(a)[1] / (1 + svd(a)[1])) @ svd(a)[2] * _like(a)
    ),
    "columns": lambda a: np.sum((svd(a).U * np.tanh(svd(a).S)) @ svd(a).Vh * _like(a)),
    "solve": lambda a: np.sum(svd(a)[2].T @ (svd(a)[0].T @ X[: len(a)] / svd(a)[1])),
    "left": lambda a: np.sum((svd(a)[0] * np.log(svd(a)[1])) @ svd(a)[0].T * _left(a)),
    "right": lambda a: np.sum((svd(a)[2].T * np.sqrt(svd(a)[1])) @ svd(a)[2] * _left(a.T)),
    "shrunk": lambda a: np.sum(
        np.einsum("ij,j,jk->ik", svd(a)[0], np.maximum(svd(a)[1] - 0.3, 0), svd(a)[2]) * _like(a)
    ),
    "full": lambda a: np.sum(_completed(*np.linalg.svd(a)) * _like(a)),
    "values": lambda a: np.linalg.norm(a, "nuc") + np.sum(np.linalg.svdvals(a) ** 3),
    "pinv": lambda a: np.sum(np.linalg.pinv(a) ** 2),
}


def _completed(u: Any, s: Any, vh: Any) -> Any:
    return (u[:, : len(s)] * np.exp(s)) @ vh[: len(s)]


def _like(a: Any) -> Any:
    return C[: a.shape[0], : a.shape[1]]


def _left(a: Any) -> Any:
    return C[: a.shape[0], : a.shape[0]]


@pytest.mark.parametrize("name", SINGULAR)
def test_functions_of_singular_vectors(name: str) -> None:
    """Of orthogonal matrices, of pairs, tall and wide."""
    f = SINGULAR[name]
    pair = Q @ np.diag([1.0, 1.0, 2.0]) @ Q.T[::-1]
    for a in (Q, pair, 1.5 * Q[:, :2], Q[:2]):
        _check(f, a, V[: a.shape[0], : a.shape[1]])


def test_low_rank() -> None:
    """Of a matrix of that rank, and a projector on what is left, whatever is equal within."""
    a, v = np.outer(Q[0], Q[1]) + np.outer(Q[1], Q[2]), V

    def nearest(a: Any) -> Any:
        u, s, vh = svd(a)
        return np.sum((u[:, :2] * s[:2]) @ vh[:2] * C)

    def rest(a: Any) -> Any:
        u = np.linalg.svd(a)[0]
        return np.sum(u[:, 2:] @ u[:, 2:].T * C)

    _check(nearest, a, v)
    _check(rest, Q[:, :2], V[:, :2])


BASE = np.linalg.qr(C + 1j * V)[0]
HERMITIAN, ALONG = BASE @ np.diag([1.0, 1.0, 2.0]) @ BASE.conj().T, C + C.T + 1j * (V - V.T)
Z = X + 1j * W
COMPLEX: dict[str, Case] = {
    "matrix": lambda w, v: np.sum(np.abs(((v * np.exp(w)) @ v.conj().T) * C) ** 2),
    "phases": lambda w, v: np.sum(np.abs(v @ (np.exp(-1j * w) * (v.conj().T @ Z))) ** 2 * W),
    "chances": lambda w, v: np.sum(np.abs(v.conj().T @ Z) ** 2 * np.exp(-w)),
    "products": lambda w, v: np.real(np.vdot(v.conj().T @ Z, w**2 * (v.conj().T @ Z))),
    "diagonal": lambda w, v: np.real(np.sum(np.exp(-w) * np.diag(v.conj().T @ C @ v))),
    "einsum": lambda w, v: np.real(np.einsum("ia,a,ja,ij->", v, np.exp(w), np.conj(v), C)),
}


@pytest.mark.parametrize("name", COMPLEX)
def test_hermitian_matrices(name: str) -> None:
    """With a pair of equal eigenvalues."""
    _check(lambda t: COMPLEX[name](*np.linalg.eigh(HERMITIAN + t * ALONG)), 0.0, 1.0)


def test_complex_singular_vectors() -> None:
    """Of a unitary matrix."""

    def f(t: Any) -> Any:
        u, s, vh = np.linalg.svd(BASE + t * ALONG)
        both = (u * np.exp(s)) @ u.conj().T + (vh.conj().T * np.log(s)) @ vh
        return np.real(np.sum((u @ vh + both) * C))

    _check(f, 0.0, 1.0)


# ---- some of the vectors


def _principal(w: Any, v: Any) -> Any:
    order = np.argsort(w)[::-1]
    return np.sum((M.T @ v[:, order][:, :1]) ** 2)


CHOSEN: dict[str, Case] = {
    "last": lambda w, v: (v[:, -1] @ X) ** 2,
    "largest": lambda w, v: v[:, np.argmax(w)] @ C @ v[:, np.argmax(w)] + w[np.argmax(w)],
    "components": _principal,
    "outer": lambda w, v: np.sum(w[2] * np.outer(v[:, 2], v[:, 2]) * C),
}


@pytest.mark.parametrize("name", CHOSEN)
def test_separate_vectors(name: str) -> None:
    """Beside equal ones."""
    _check(lambda a: CHOSEN[name](*np.linalg.eigh(a)), PAIR["pair"], V + V.T)


def test_separate_singular_vectors() -> None:
    """Left and right, mapped."""

    def f(a: Any) -> Any:
        u, s, vh = np.linalg.svd(a)
        return np.sum(s[0] * np.outer(u[:, 0], vh[0]) * C) + (u[:, 0] @ X) * (vh[0] @ X)

    a = Q @ np.diag([1.0, 1.0, 2.0]) @ Q.T[::-1]
    _check(f, a, V)
    each = anvil.vmap(anvil.grad(f))
    g = call_reference(anvil.jit(each), (np.stack([a, 2.0 * a]),), {})
    np.testing.assert_allclose(np.sum(g[1] * V), differences(f, 2.0 * a, V), rtol=1e-7)


# ---- never another number


def _filled(w: Any, v: Any) -> Any:
    g = np.zeros(3)
    for i in range(3):
        g[i] = w[i] - 1.0
    return ((v * g) @ v.T)[0, 1]


def _outer(w: Any, v: Any) -> Any:
    total = np.zeros((3, 3))
    for i in range(3):
        total = total + (w[i] - 1.0) * np.outer(v[:, i], v[:, i])
    return total[0, 1]


UNKNOWN: dict[str, Case] = {
    "sorted": lambda w, v: ((v * (np.sort(w) - 1.0)) @ v.T)[0, 1],
    "filled": _filled,
    "outer": _outer,
    "stacked": lambda w, v: np.stack([(w - 1.0) * v[0], w])[0] @ v[1],
    "masked": lambda w, v: ((v * np.where(np.arange(3) < 1, w - 1.0, 0.0)) @ v.T)[0, 1],
    "elements": lambda w, v: sum((w[i] - 1.0) * v[0, i] * v[1, i] for i in range(3)),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_products_that_are_not_found_are_nan(name: str) -> None:
    """Also where all numbers beside the vectors are 0, so that every cotangent is."""
    f = lambda a: UNKNOWN[name](*np.linalg.eigh(a))  # noqa: E731
    g = call_reference(anvil.jit(anvil.grad(f)), (np.eye(3),), {})
    assert not np.all(np.isfinite(g))


def test_on_xla() -> None:
    """Gradients as the evaluator's."""

    def f(a: Any) -> Any:
        w, v = np.linalg.eigh(a)
        u, _, vh = np.linalg.svd(a)
        return np.sum(v @ (np.sqrt(w) * (v.T @ X)) * W) + np.sum(u @ vh * C) + (u[:, 0] @ X) ** 2

    gradient, a = anvil.grad(f), PAIR["pair"]
    np.testing.assert_allclose(
        gradient(a), call_reference(anvil.jit(gradient), (a,), {}), rtol=1e-9, atol=1e-11
    )
