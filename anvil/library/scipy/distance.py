"""Distances of scipy.spatial, in plain Python: of two vectors, of all pairs of rows.

A metric is a function of arrays along their last axis, so both use the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from anvil.library.refusal import refuse, static
from anvil.library.scipy.special import rel_entr


def _norm(d: Any, p: Any) -> Any:
    return np.linalg.norm(d, p, axis=-1)


def _weighed(x: Any, w: Any) -> Any:
    """The sum along the last axis."""
    return np.sum(x if w is None else x * w, axis=-1)


def _ratio(a: Any, b: Any) -> Any:
    """a / b, 0 where b is."""
    empty = b == 0
    return np.where(empty, 0.0, a / np.where(empty, 1.0, b))


def _share(w: Any) -> Any:
    return None if w is None else w / np.sum(w)


def _root(x: Any, power: Any) -> Any:
    """A power of a number that is not negative; as a norm, it does not move where that is 0."""
    none = x <= 0
    return np.where(none, 0.0, np.where(none, 1.0, x) ** power)[()]


# ---- metrics


def _sqeuclidean(x: Any, y: Any, w: Any = None) -> Any:
    d = x - y
    return _weighed(d * d, w)


def _minkowski(x: Any, y: Any, p: Any = 2, w: Any = None) -> Any:
    if not p > 0:
        raise ValueError("p must be greater than 0")
    d = x - y
    if w is None:
        return _norm(d, p)
    if p == np.inf:
        return np.max(np.where(w != 0, np.abs(d), 0.0), axis=-1)
    return _root(_weighed(np.abs(d) ** p, w), 1.0 / p)


def _euclidean(x: Any, y: Any, w: Any = None) -> Any:
    return _minkowski(x, y, 2, w)


def _cityblock(x: Any, y: Any, w: Any = None) -> Any:
    return _weighed(np.abs(x - y), w)


def _chebyshev(x: Any, y: Any, w: Any = None) -> Any:
    d = np.abs(x - y)
    return np.max(d if w is None else np.where(w > 0, d, 0.0), axis=-1)


def _mean_of(x: Any, w: Any) -> Any:
    return np.mean(x, axis=-1, keepdims=True) if w is None else _weighed(x, w)[..., np.newaxis]


def _correlation(x: Any, y: Any, w: Any = None, centered: Any = True) -> Any:
    w = _share(w)
    if centered:
        x, y = x - _mean_of(x, w), y - _mean_of(y, w)
    found = 1.0 - _weighed(x * y, w) / np.sqrt(_weighed(x * x, w) * _weighed(y * y, w))
    found = np.where(found < 0.0, 0.0, found)
    return np.where(found > 2.0, 2.0, found)


def _cosine(x: Any, y: Any, w: Any = None) -> Any:
    return _correlation(x, y, w, False)


def _braycurtis(x: Any, y: Any, w: Any = None) -> Any:
    return _weighed(np.abs(x - y), w) / _weighed(np.abs(x + y), w)


def _canberra(x: Any, y: Any, w: Any = None) -> Any:
    return _weighed(_ratio(np.abs(x - y), np.abs(x) + np.abs(y)), w)


def _hamming(x: Any, y: Any, w: Any = None) -> Any:
    differ = (x != y) + 0.0
    return np.mean(differ, axis=-1) if w is None else _weighed(differ, _share(w))


def _jaccard(x: Any, y: Any, w: Any = None) -> Any:
    some = ((x != 0) | (y != 0)) + 0.0
    return _ratio(_weighed(((x != 0) != (y != 0)) + 0.0, w), _weighed(some, w))


def _mahalanobis(x: Any, y: Any, VI: Any) -> Any:
    d = x - y
    return _root(np.sum((d @ np.asarray(VI)) * d, axis=-1), 0.5)


def _seuclidean(x: Any, y: Any, V: Any) -> Any:
    return _norm((x - y) / np.sqrt(np.asarray(V)), 2)


METRICS: dict[str, Callable[..., Any]] = {
    "euclidean": _euclidean,
    "sqeuclidean": _sqeuclidean,
    "minkowski": _minkowski,
    "cityblock": _cityblock,
    "chebyshev": _chebyshev,
    "cosine": _cosine,
    "correlation": _correlation,
    "braycurtis": _braycurtis,
    "canberra": _canberra,
    "hamming": _hamming,
    "jaccard": _jaccard,
    "mahalanobis": _mahalanobis,
    "seuclidean": _seuclidean,
}
_EXACT = ("cityblock", "chebyshev", "hamming", "jaccard")
"""Those that keep whole numbers."""
_ALIASES = {
    **dict.fromkeys(("euclid", "eu", "e"), "euclidean"),
    **dict.fromkeys(("sqeuclid", "sqe"), "sqeuclidean"),
    **dict.fromkeys(("manhattan", "cblock", "cb", "c"), "cityblock"),
    **dict.fromkeys(("chebychev", "cheby", "cheb", "ch"), "chebyshev"),
    **dict.fromkeys(("mi", "m", "pnorm"), "minkowski"),
    "cos": "cosine",
    "co": "correlation",
}


# ---- two vectors


def _real(x: Any) -> Any:
    x = np.asarray(x)
    if x.dtype.kind == "c":
        refuse("bad-operand", "distances are compiled for real numbers")
    return x


def _vector(x: Any, exact: Any = False) -> Any:
    x = _real(x)
    if x.ndim != 1:
        raise ValueError("Input vector should be 1-D.")
    return x if exact or x.dtype.kind == "f" else x.astype(float)


def _weights(w: Any) -> Any:
    if w is None:
        return None
    w = _vector(w)
    if np.any(w < 0):
        raise ValueError("Input weights should be all non-negative")
    return w


def _of_two(name: str) -> Callable[..., Any]:
    metric, exact = METRICS[name], name in _EXACT

    def distance(u: Any, v: Any, w: Any = None) -> Any:
        return metric(_vector(u, exact), _vector(v, exact), _weights(w))

    return distance


def _minkowski_of_two(u: Any, v: Any, p: Any = 2, w: Any = None) -> Any:
    whole = np.asarray(u).dtype.kind != "f" and np.asarray(v).dtype.kind != "f"
    found = _minkowski(_vector(u), _vector(v), p, _weights(w))
    return float(found) if p == 2 and not (whole and w is None) else found


def _euclidean_of_two(u: Any, v: Any, w: Any = None) -> Any:
    return _minkowski_of_two(u, v, 2, w)


def _correlation_of_two(u: Any, v: Any, w: Any = None, centered: Any = True) -> Any:
    return _correlation(_vector(u), _vector(v), _weights(w), centered)


def _mahalanobis_of_two(u: Any, v: Any, VI: Any) -> Any:
    return _mahalanobis(_vector(u), _vector(v), VI)


def _seuclidean_of_two(u: Any, v: Any, V: Any) -> Any:
    return float(_seuclidean(_vector(u), _vector(v), V))


def _jensenshannon(
    p: Any, q: Any, base: Any = None, *, axis: Any = 0, keepdims: Any = False
) -> Any:
    p, q = _real(p), _real(q)
    p = p / np.sum(p, axis=axis, keepdims=True)
    q = q / np.sum(q, axis=axis, keepdims=True)
    m = (p + q) / 2.0
    found = np.sum(rel_entr(p, m), axis=axis, keepdims=keepdims)
    found = found + np.sum(rel_entr(q, m), axis=axis, keepdims=keepdims)
    if base is not None:
        found = found / np.log(base)
    return np.asarray(_root(found / 2.0, 0.5), dtype=np.result_type(p, q))[()]


# ---- all pairs


def _rows(x: Any) -> Any:
    x = _real(x)
    if x.ndim != 2:
        raise ValueError("A 2-dimensional array must be passed.")
    return x if x.dtype == np.float64 else x.astype(float)


def _pairs(x: Any, y: Any, metric: Any, kwargs: Any) -> Any:
    """The metric of rows that go together."""
    if isinstance(metric, str):
        name = static(metric).lower()
        name = _ALIASES.get(name, name)
        if name not in METRICS:
            refuse("unsupported-argument", f"distances are not compiled with metric={metric!r}")
        return METRICS[name](x, y, **kwargs)
    return np.vectorize(metric, signature="(n),(n)->()")(x, y, **kwargs)


def _given(name: Any, rows: Any, kwargs: Any) -> Any:
    """The parameters of a metric that scipy takes from the data."""
    if name == "seuclidean" and kwargs.get("V") is None:
        return {**kwargs, "V": np.var(rows, axis=0, ddof=1)}
    if name == "mahalanobis" and kwargs.get("VI") is None:
        return {**kwargs, "VI": np.linalg.inv(np.cov(rows.T)).T}
    return kwargs


def _cdist(XA: Any, XB: Any, metric: Any = "euclidean", *, out: Any = None, **kwargs: Any) -> Any:
    x, y = _rows(XA), _rows(XB)
    if out is not None:
        refuse("unsupported-argument", "cdist is compiled without out=")
    if x.shape[1] != y.shape[1]:
        raise ValueError("XA and XB must have the same number of columns (i.e. feature dimension.)")
    kwargs = _given(metric, np.concatenate((x, y)), kwargs)
    return np.asarray(_pairs(x[:, np.newaxis, :], y[np.newaxis, :, :], metric, kwargs))


def _pdist(X: Any, metric: Any = "euclidean", *, out: Any = None, **kwargs: Any) -> Any:
    x = _rows(X)
    if out is not None:
        refuse("unsupported-argument", "pdist is compiled without out=")
    first, second = np.triu_indices(x.shape[0], 1)
    kwargs = _given(metric, x, kwargs)
    return np.asarray(_pairs(x[first], x[second], metric, kwargs))


def _squareform(X: Any, force: Any = "no", checks: Any = True) -> Any:
    """Between the distances of pairs and their matrix; a matrix counts as symmetric."""
    x = np.asarray(X)
    if x.ndim == 2 and force != "tomatrix":
        return x[np.triu_indices(x.shape[0], 1)]
    size = x.shape[0]
    n = 1
    while n * (n - 1) < 2 * size:
        n += 1
    if n * (n - 1) != 2 * size:
        raise ValueError(
            "Incompatible vector size. It must be a binomial coefficient n choose 2 for some "
            "integer n >= 2."
        )
    first, second = np.triu_indices(n, 1)
    found = np.zeros((n, n), dtype=x.dtype)
    found[first, second] = x
    found[second, first] = x
    return found


def _distance_matrix(x: Any, y: Any, p: Any = 2.0, threshold: Any = 1000000) -> Any:
    x, y = _real(x), _real(y)
    return _norm((x[:, np.newaxis, :] - y[np.newaxis, :, :]) + 0.0, p)


_OF_TWO = (
    *("sqeuclidean", "cityblock", "chebyshev", "cosine", "braycurtis"),
    *("canberra", "hamming", "jaccard"),
)

SCIPY: dict[str, Any] = {
    **{f"scipy.spatial.distance.{name}": _of_two(name) for name in _OF_TWO},
    "scipy.spatial.distance.euclidean": _euclidean_of_two,
    "scipy.spatial.distance.minkowski": _minkowski_of_two,
    "scipy.spatial.distance.correlation": _correlation_of_two,
    "scipy.spatial.distance.mahalanobis": _mahalanobis_of_two,
    "scipy.spatial.distance.seuclidean": _seuclidean_of_two,
    "scipy.spatial.distance.jensenshannon": _jensenshannon,
    "scipy.spatial.distance.cdist": _cdist,
    "scipy.spatial.distance.pdist": _pdist,
    "scipy.spatial.distance.squareform": _squareform,
    "scipy.spatial.distance_matrix": _distance_matrix,
}
