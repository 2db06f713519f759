"""Programs with functions of scipy.linalg and scipy.spatial: values and kinds are those of scipy,
derivatives of both modes and second order agree with differences.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from tests.corpus.test_corpus import check_derivatives, check_same, directions

L = pytest.importorskip("scipy.linalg")
D = pytest.importorskip("scipy.spatial.distance")
S = pytest.importorskip("scipy.spatial")
N = pytest.importorskip("scipy.interpolate")


@dataclass
class Entry:
    """A program and its arguments."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    rtol: float = 1e-9


PROGRAMS: list[Entry] = []


def program(*args: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def add(f: Callable[..., Any]) -> Callable[..., Any]:
        PROGRAMS.append(Entry(f, args))
        return f

    return add


RNG = np.random.default_rng(0)
A, SPD = RNG.normal(size=(4, 4)), np.eye(4)
SPD = A @ A.T + SPD
WIDE, TALL, B = RNG.normal(size=(2, 4)), RNG.normal(size=(4, 2)), RNG.normal(size=4)
P, R = RNG.normal(size=(4, 3)), RNG.normal(size=(5, 3))
WEIGHTS = np.array([0.5, 1.0, 2.0])


@program(WIDE, TALL)
def bases(w, t):
    z, q = L.null_space(w), L.orth(t)
    return z @ z.T, q @ q.T, L.subspace_angles(t, w.T), L.orthogonal_procrustes(t, w.T)


@program(np.array([[0, 1.0, 2, 1], [9, 8, 7, 6]]), B)
def upper_bands(ab, b):
    c = L.cholesky_banded(ab)
    return L.solveh_banded(ab, b), c, L.cho_solve_banded((c, False), b)


@program(np.array([[9, 8, 7, 6], [0.5, 1.0, 2, 0]]), B)
def lower_bands(ab, b):
    c = L.cholesky_banded(ab, lower=True)
    return L.solveh_banded(ab, b, lower=True), c, L.cho_solve_banded((c, True), b)


@program(np.array([4.0, 1, 2, 0.5]), B)
def circulant_systems(c, b):
    return L.solve_circulant(c, b), L.matmul_toeplitz(c, b), L.eigvalsh_tridiagonal(c, b[1:])


@program(np.array([[1.0, 0.1], [0, 1]]), np.array([[0.0], [0.1]]), np.eye(2), np.array([[0.5]]))
def regulators(a, b, q, r):
    q, r = q + q.T, r + r.T
    return L.solve_discrete_are(a, b, q, r), L.solve_continuous_are(a, b, q, r)


@program(0.3 * A, 0.2 * A.T)
def matrix_functions(a, e):
    both = L.expm_frechet(a, e)
    return both, L.expm_frechet(a, e, compute_expm=False), L.tanm(a), L.tanhm(a)


@program(SPD)
def symmetric(a):
    return L.pinvh(a), L.issymmetric(a), L.ishermitian(a), L.issymmetric(a + np.triu(a), atol=1.0)


@program(np.array([0.1, 2.0, 1.0]), np.array([0.2, 0.8]))
def forms(f, s):
    rows = [L.convolution_matrix(f, n, m) for n, m in ((4, "full"), (4, "same"), (2, "valid"))]
    return L.leslie(f, s), rows, L.diagsvd(f, 3, 4)


@program(SPD)
def eigenvalues(a):
    w, v = L.eig(a)
    return np.real(np.sum(w)), np.sum(np.abs(v) ** 2), np.real(L.eig(a, right=False)).sum()


@program(B, A)
def norms(b, a):
    return L.norm(b), L.norm(a), L.norm(a, 1), L.norm(b, 2), L.norm(b, 1), L.norm(a, 2)


@program(P[0], R[0])
def of_two(u, v):
    first = D.euclidean(u, v), D.sqeuclidean(u, v), D.cityblock(u, v), D.chebyshev(u, v)
    rest = D.minkowski(u, v, 3), D.braycurtis(u, v), D.canberra(u, v), D.hamming(u, v)
    return first, D.cosine(u, v), D.correlation(u, v), rest


@program(P[0], R[0], WEIGHTS)
def with_weights(u, v, w):
    first = D.euclidean(u, v, w), D.sqeuclidean(u, v, w), D.cityblock(u, v, w)
    rest = D.minkowski(u, v, 3, w), D.braycurtis(u, v, w), D.canberra(u, v, w)
    return first, D.cosine(u, v, w), D.correlation(u, v, w=w), D.chebyshev(u, v, w), rest


@program(abs(P[0]), abs(R[0]), 2 * np.eye(3))
def of_data(p, q, m):
    js = D.jensenshannon(p, q), D.jensenshannon(p, q, 2.0)
    return js, D.mahalanobis(p, q, m), D.seuclidean(p, q, [1.0, 2, 3])


@program(P, R)
def all_pairs(a, b):
    names = ("euclidean", "sqeuclidean", "cosine", "cityblock", "correlation", "chebyshev")
    more = D.cdist(a, b, "canberra"), D.cdist(a, b, metric="minkowski", p=3.0)
    data = D.cdist(a, b, "mahalanobis"), D.cdist(a, b, "seuclidean")
    return [D.cdist(a, b, n) for n in names], more, data, S.distance_matrix(a, b)


@program(P, R)
def own_metric(a, b):
    return D.cdist(a, b, lambda u, v: np.sum((u - v) ** 2 * WEIGHTS))


@program(P)
def condensed(a):
    d = D.pdist(a)
    return d, D.squareform(d), D.pdist(a, "cosine"), D.squareform(D.squareform(d))


@program(P)
def kernel(a):
    return np.exp(-0.5 * D.cdist(a, a, "sqeuclidean")), D.cdist(a, a)


@program([1, 0, 1], [0, 1, 1])
def whole_numbers(u, v):
    sets = D.jaccard([True, False, True], [True, True, False]), D.hamming(u, v)
    return sets, D.euclidean(u, v), D.cityblock(u, v), D.chebyshev(u, v), D.sqeuclidean(u, v)


KNOTS, HEIGHTS = np.array([0.0, 1.0, 2.5, 3.0, 4.2]), np.array([1.0, 3.0, 2.0, 5.0, 4.0])


@program(KNOTS, HEIGHTS, np.array([0.3, 1.7, 2.9]))
def polygons(x, y, t):
    inside, beyond = N.interp1d(x, y), 2.0 * t - 1.0
    filled = N.interp1d(x, y, bounds_error=False, fill_value=(1.0, 2.0))(beyond)
    return inside(t), inside(0.7), N.interp1d(x, y, fill_value="extrapolate")(beyond), filled


@program(KNOTS, HEIGHTS, np.array([0.3, 1.7, 2.9]))
def splines(x, y, t):
    s = N.CubicSpline(x, y)
    kinds = ("natural", "clamped", ((1, 0.5), (2, -1.0)))
    others = [N.CubicSpline(x, y, bc_type=k)(t) for k in kinds]
    few = N.CubicSpline(x[:3], y[:3])(t), N.CubicSpline(x[:2], y[:2])(t)
    return s(t), s(t, 1), s(t, 2), s(1.3), others, few, N.CubicSpline(x, np.stack([y, y * x], 1))(t)


def test_numbers_beyond_a_polygon_raise_as_in_scipy() -> None:
    """The same words."""
    f = lambda t: N.interp1d(KNOTS, HEIGHTS)(t)  # noqa: E731
    for t in (np.array([0.5, -1.0]), np.array([4.0, 7.5])):
        with pytest.raises(ValueError, match="A value") as want:
            f(t)
        with pytest.raises(ValueError, match="A value") as got:
            call_reference(anvil.jit(f), (t,), {})
        assert got.value.args == want.value.args


@pytest.mark.parametrize("case", PROGRAMS, ids=lambda c: c.function.__name__)
def test_programs(case: Entry) -> None:
    """Values, kinds, derivatives."""
    args = copy.deepcopy(case.args)
    want = case.function(*args)
    check_same(call_reference(anvil.jit(case.function), args, {}), want, case)
    v, w = directions(args, seed=1), directions(want, seed=2)
    if case.function.__name__ in ("whole_numbers",):
        return

    def back(*args: Any) -> Any:
        return anvil.vjp(case.function, *args)[1](w)

    def everything(*args: Any) -> Any:
        return anvil.jvp(case.function, args, v)[1], back(*args), anvil.jvp(back, args, v)[1]

    check_derivatives(case, call_reference(anvil.jit(everything), args, {}), v, w)


def test_a_rank_that_decides_a_shape_must_be_full() -> None:
    """An error, not another basis."""
    for f in (L.null_space, L.orth):
        with pytest.raises(ValueError, match="full rank"):
            call_reference(anvil.jit(f), (np.ones((2, 3)),), {})
