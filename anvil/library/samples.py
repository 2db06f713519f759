"""Sample arguments of the functions of the library: what the generated tests of derivatives call.

    arctanh        unit(3, 4)               the domain of a ufunc is its own; shapes are derived
    sort           x(3, 4)                  derived from NumPy's signature; axes and keepdims too
    interp         x(3), rising(5), x(5)    declared below: the arguments of a call
    fill_diagonal  o = 1 * x(3, 3); f(o, x(3)); return o

The names are families of float arrays: `x` any numbers, `pos` positive ones, `unit` in (-1, 1),
`prob` in (0, 1), `above` 1, `rising` along a vector, `square` regular matrices, `spd` symmetric
positive definite ones.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

FAMILIES = ("x", "pos", "unit", "prob", "above", "rising", "square", "spd")


def _named(table: Mapping[str, str]) -> dict[str, str]:
    return {name: text for names, text in table.items() for name in names.split()}


DOMAINS = _named(
    {
        "arccos acos arcsin asin arctanh atanh special.erfinv": "unit",
        "arccosh acosh": "above",
        "log log2 log10 log1p sqrt": "pos",
        "special.erfcinv special.ndtri special.logit": "prob",
        "power pow float_power": "pos x",
        "special.gamma special.gammaln special.loggamma special.digamma special.psi": "pos",
        "special.entr": "pos",
        "special.xlogy special.rel_entr special.kl_div": "pos pos",
        "special.xlog1py special.beta special.betaln special.huber special.pseudo_huber": "pos pos",
        "special.gammainc special.gammaincc special.binom": "pos pos",
        "special.gammaincinv special.gammainccinv special.stdtrit": "pos prob",
        "special.stdtr": "pos x",
        "special.betainc special.betaincc special.betaincinv special.betainccinv": "pos pos prob",
        "special.zeta": "above pos",
        "special.poch": "above above",
    }
)
"""The families of the operands of elementwise functions that are not defined everywhere."""

DISTANCES = (
    *("braycurtis", "canberra", "chebyshev", "cityblock", "correlation", "cosine", "euclidean"),
    "sqeuclidean",
)

SAMPLES = _named(
    {
        # ufuncs that are not elementwise, or not in every operand
        "ldexp": "x(3, 4), 2",
        "matmul": "x(3, 4), x(2, 4, 3)",
        "matvec": "x(3, 4), x(4)",
        "vecmat": "x(3), x(3, 4)",
        "vecdot linalg.vecdot": "x(3, 4), x(4)",
        "special.jv special.iv special.ive": "2, x(3, 4)",
        "special.yv special.yn special.kv special.kve special.kn special.expn": "2, pos(3, 4)",
        "special.eval_legendre special.eval_sh_legendre special.eval_laguerre": "3, x(3, 4)",
        "special.eval_chebyt special.eval_chebyu special.eval_chebyc": "3, x(3)",
        "special.eval_chebys special.eval_sh_chebyt special.eval_sh_chebyu": "3, x(3)",
        "special.eval_hermite special.eval_hermitenorm": "3, x(3, 4)",
        "special.eval_genlaguerre special.eval_gegenbauer": "3, 0.5, x(3, 4)",
        "special.eval_jacobi special.eval_sh_jacobi": "2, 1.5, 0.75, x(3, 4)",
        "special.multigammaln": "2 + pos(3, 4), 2",
        "special.lambertw": "pos(3, 4)",
        "special.polygamma": "2, pos(3, 4)",
        "special.comb": "7 + pos(3), prob(3)",
        "special.factorial": "pos(3, 4)",
        "special.zeta": "above(3), pos(3)",
        # products
        "dot": "x(3, 4), x(4)",
        "inner": "x(3, 4), x(4)",
        "outer linalg.outer": "x(3), x(4)",
        "vdot": "x(3), x(3)",
        "linalg.matmul": "x(3, 4), x(4, 2)",
        "tensordot linalg.tensordot": "x(2, 3, 4), x(3, 4)",
        "einsum": "'ij,jk,k->i', x(3, 4), x(4, 2), x(2)",
        "kron": "x(3), x(2, 2)",
        "cross linalg.cross": "x(3), x(2, 3)",
        "convolve correlate": "x(4), x(3)",
        "linalg.multi_dot": "[x(3, 4), x(4, 2), x(2)]",
        # selection
        "angle": "x(3, 4) + 1j",
        "append": "x(4), x(3)",
        "apply_along_axis": "lambda r: r * r.sum(), 0, x(3, 4)",
        "apply_over_axes": "np.sum, x(2, 3, 4), [0, 2]",
        "array_split split": "x(4, 3), 2",
        "astype": "x(3, 4), np.float64",
        "block": "[[x(3, 3), x(3, 1)], [x(1, 3), x(1, 1)]]",
        "broadcast_to": "x(4), (3, 4)",
        "broadcast_arrays": "x(3, 1), x(4)",
        "c_": "o = x(4); return f[o, x(4)]",
        "r_": "o = x(4); return f[o, 0, x(3)]",
        "choose": "[0, 1, 1, 0], [x(4), x(4)]",
        "clip": "x(3, 4), -0.5, x(4)",
        "column_stack dstack": "[x(3), x(3)]",
        "concat concatenate": "[x(3, 4), x(2, 4)]",
        "hstack vstack stack": "[x(4), x(4)]",
        "compress": "[True, False, True], x(3, 4), 0",
        "extract": "[True, False, True], x(3)",
        "copyto": "o = 1 * x(4); f(o, x(), where=[True, False, True, False]); return o",
        "delete": "x(4), 1",
        "dsplit": "x(2, 2, 4), 2",
        "hsplit vsplit": "x(4, 4), 2",
        "expand_dims": "x(3, 4), 1",
        "fill_diagonal": "o = 1 * x(3, 3); f(o, x(3)); return o",
        "fliplr flipud rot90 matrix_transpose linalg.matrix_transpose": "x(3, 4)",
        "fromfunction": "lambda i, j: i * x() + j * x(), (2, 3)",
        "fromiter": "(v * v for v in x(4)), float",
        "full": "(3, 4), x()",
        "full_like": "np.zeros((3, 4)), x()",
        "geomspace": "pos(3), pos(3), 4",
        "linspace": "x(3), x(), 4",
        "logspace": "x(3), x(), 4",
        "gradient": "x(3, 4)",
        "histogram": "x(5), 3, (-4.0, 4.0), weights=x(5)",
        "histogram2d": "x(5), x(5), 2, weights=x(5)",
        "histogramdd": "x(5, 2), 2, weights=x(5)",
        "insert": "x(4), [1, 3], x(2)",
        "interp": "x(3), rising(5), x(5)",
        "ix_ meshgrid": "x(3), x(4)",
        "kaiser": "5, x()",
        "moveaxis": "x(2, 3, 4), 0, 1",
        "ndenumerate": "return [v * v for _, v in f(x(2, 2))]",
        "pad": "x(3, 4), 2, mode='linear_ramp', end_values=x()",
        "partition": "x(3, 4), 2",
        "percentile nanpercentile": "x(3, 4), 30.0, axis=0",
        "quantile nanquantile": "x(3, 4), prob(2), axis=0",
        "piecewise": "x(4), [np.arange(4) < 2], [lambda t: -t, lambda t: t * t]",
        "place": "o = 1 * x(4); f(o, [True, False, True, False], x(3)); return o",
        "put": "o = 1 * x(4); f(o, [0, 2], x(2)); return o",
        "putmask": "o = 1 * x(4); f(o, [True, False, True, False], x(3)); return o",
        "put_along_axis": "o = 1 * x(3, 4); f(o, np.array([[2, 0, 1, 0]]), x(), 0); return o",
        "repeat tile": "x(3, 4), 2",
        "reshape": "x(3, 4), (4, -1)",
        "resize": "x(3, 4), (5, 3)",
        "roll": "x(3, 4), 1",
        "rollaxis": "x(2, 3, 4), 2",
        "select": "[x(4) > 1, x(4) > 0], [x(4), x(4)], x()",
        "swapaxes": "x(2, 3, 4), 0, 1",
        "take": "x(3, 4), [2, 0, -1]",
        "take_along_axis": "x(3, 4), np.array([[2, 0, 1, 0]]), axis=0",
        "unique unique_values": "return np.sum(f(np.array([3.0, 1.0])) * x())",
        "vander": "x(3), 4",
        "vectorize": "return f(lambda a, b: a * np.sin(b))(x(3, 4), x(4))",
        "where": "[True, False, True, False], x(3, 4), x(4)",
        "diag diagflat": "x(4)",
        "diagonal trace linalg.diagonal linalg.trace tril triu": "x(3, 4)",
        "cov": "x(3, 4), aweights=prob(4)",
        "corrcoef": "x(3, 4)",
        "average": "x(3, 4), axis=1, weights=pos(4)",
        "ediff1d": "x(4)",
        "trapezoid": "x(3, 4), x(4)",
        "unwrap": "3 * x(3, 4)",
        "unstack": "x(3, 4)",
        "flatnonzero nonzero": "return x(4)[f(np.array([1, 0, 1, 0]))]",
        # polynomials
        "poly": "x(3)",
        "roots": "return np.sort(f(np.stack([1.0 + pos(), -9.0, 1.0])).real)",
        "polyadd polysub polymul": "x(3), x(4)",
        "polydiv": "x(5), pos(3)",
        "polyder polyint": "x(5), 2",
        "polyval": "x(3), x(4)",
        "polyfit": "rising(5), x(5), 2",
        # np.linalg and scipy.linalg
        "linalg.cholesky linalg.cho_factor": "spd(3)",
        "linalg.cond linalg.det linalg.inv linalg.slogdet linalg.expm": "square(3)",
        "linalg.cosm linalg.sinm linalg.coshm linalg.sinhm": "square(3)",
        "linalg.eigh": "w, v = f(square(3)); return w, abs(v)",
        "linalg.eigvalsh": "square(3)",
        "linalg.eigvals": "return f(square(3)).real",
        "linalg.eig": "w, v = f(square(3)); return w.real, abs(v)",
        "linalg.sqrtm linalg.logm": "spd(3)",
        "linalg.matrix_power": "square(3), 3",
        "linalg.norm": "x(3, 4)",
        "linalg.lstsq": "return f(x(4, 2), x(4))[0]",
        "linalg.pinv linalg.svdvals linalg.matrix_norm": "x(3, 4)",
        "linalg.qr": "q, r = f(x(4, 3)); return q[:, :3], r",
        "linalg.lu": "x(4, 3)",
        "linalg.svd": "u, s, vh = f(x(3, 4), False); return (u * s**2) @ vh, s",
        "linalg.solve": "square(3), x(3, 2)",
        "linalg.tensorinv": "np.reshape(square(4), (2, 2, 2, 2))",
        "linalg.tensorsolve": "np.reshape(square(4), (2, 2, 4)), x(2, 2)",
        "linalg.block_diag linalg.khatri_rao": "x(2, 3), x(2, 3)",
        "linalg.toeplitz linalg.hankel": "x(3), x(4)",
        "linalg.circulant": "x(4)",
        "linalg.companion": "pos(4)",
        "linalg.polar": "square(3)",
        "linalg.solve_triangular": "square(3), x(3)",
        "linalg.cho_solve": "(np.tril(square(3)), True), x(3)",
        "linalg.lu_factor": "square(3)",
        "linalg.lu_solve": "(square(3), np.arange(3)), x(3)",
        "linalg.solve_banded": "(1, 1), np.array([[0.0], [5.0], [0.0]]) + x(3, 4), x(4)",
        "linalg.solve_toeplitz": "np.array([9.0, 0.0, 0.0]) + x(3), x(3)",
        "linalg.solve_sylvester": "square(3), square(2), x(3, 2)",
        "linalg.solve_continuous_lyapunov linalg.solve_lyapunov": "square(3), x(3, 3)",
        "linalg.solve_discrete_lyapunov": "square(3), x(3, 3)",
        "linalg.null_space": "z = f(x(2, 4)); return z @ np.conj(z.T)",
        "linalg.orth": "z = f(x(4, 2)); return z @ np.conj(z.T)",
        "linalg.subspace_angles linalg.orthogonal_procrustes": "x(4, 2), x(4, 2)",
        "linalg.solveh_banded": "np.array([[0.0], [9.0]]) + x(2, 4), x(4)",
        "linalg.cholesky_banded": "np.array([[0.0], [9.0]]) + x(2, 4)",
        "linalg.cho_solve_banded": "(np.array([[0.0], [9.0]]) + x(2, 4), False), x(4)",
        "linalg.eigvalsh_tridiagonal": "x(4), x(3)",
        "linalg.solve_circulant": "np.array([9.0, 0, 0, 0]) + x(4), x(4)",
        "linalg.matmul_toeplitz": "(x(3), x(4)), x(4)",
        "linalg.solve_discrete_are linalg.solve_continuous_are": "m = square(3); "
        "return f(0.2 * m, x(3, 2), m @ np.conj(m.T), np.eye(2) * (1 + pos()))",
        "linalg.fractional_matrix_power": "spd(3), 0.5",
        "linalg.expm_frechet": "square(3), x(3, 3)",
        "linalg.tanm linalg.tanhm": "0.1 * square(3)",
        "linalg.pinvh": "spd(3)",
        "linalg.leslie": "x(4), x(3)",
        "linalg.convolution_matrix": "x(3), 4, 'same'",
        "linalg.diagsvd": "x(3), 3, 4",
        # scipy.spatial
        " ".join(f"spatial.distance.{n}" for n in DISTANCES): "x(4), x(4)",
        "spatial.distance.minkowski": "x(4), x(4), 3, 1 + pos(4)",
        "spatial.distance.mahalanobis": "x(3), x(3), spd(3)",
        "spatial.distance.seuclidean": "x(4), x(4), pos(4)",
        "spatial.distance.jensenshannon": "pos(4), pos(4)",
        "spatial.distance.cdist spatial.distance_matrix": "x(3, 4), x(2, 4)",
        "spatial.distance.pdist": "x(3, 4)",
        "spatial.distance.squareform": "x(3)",
        # scipy.interpolate
        "interpolate.interp1d": "return f(rising(5), x(5), fill_value='extrapolate')(x(3))",
        "interpolate.CubicSpline": "return f(rising(5), x(5), bc_type='natural')(x(3))",
        # scipy.stats
        "stats.zscore stats.skew stats.kurtosis stats.sem stats.variation": "x(5)",
        "stats.iqr stats.median_abs_deviation": "x(5)",
        "stats.gzscore stats.gmean stats.hmean": "pos(5)",
        "stats.entropy": "pos(5), pos(5)",
        "stats.moment": "x(5, 2), 3, 1",
        "stats.pmean": "pos(5), 1.7",
        "stats.trim_mean": "x(5), 0.2",
        # np.fft
        "fft.fft2 fft.ifft2 fft.fftn fft.ifftn fft.rfft2 fft.rfftn": "x(3, 4)",
        "fft.irfft2 fft.irfftn": "x(3, 4)",
        "fft.fftfreq fft.rfftfreq": "5, d=x()",
        # the rest of scipy
        "integrate.cumulative_trapezoid integrate.trapezoid": "x(3, 4), rising(4)",
        "integrate.simpson": "x(3, 4), x=rising(4)",
        "ndimage.convolve ndimage.correlate": "x(3, 4), x(2, 3)",
        "ndimage.convolve1d ndimage.correlate1d": "x(3, 4), x(3)",
        "ndimage.gaussian_filter ndimage.gaussian_filter1d": "x(3, 4), 0.7",
        "ndimage.uniform_filter ndimage.uniform_filter1d": "x(3, 4), 3",
        "ndimage.map_coordinates": "x(3, 4), 1.0 + prob(2, 3), order=1",
        "signal.convolve signal.correlate signal.fftconvolve signal.oaconvolve": "x(5), x(3)",
        "signal.lfilter": "x(2), 3.0 + pos(2), x(5)",
        "signal.detrend": "x(3, 5)",
    }
)
"""Arguments that NumPy's signature does not tell."""

METHODS = _named(
    {
        "astype": "np.float64",
        "choose": "return np.array([0, 1, 1, 0]).choose([x(4), x(4)])",
        "compress": "[True, False, True], 0",
        "dot": "x(4)",
        "fill": "o = 1 * x(4); o.fill(x()); return o",
        "item": "return x(3, 4).item(1, 2)",
        "partition": "o = 1 * x(3, 4); o.partition(2); return o",
        "put": "o = 1 * x(4); o.put([0, 2], x(2)); return o",
        "sort": "o = 1 * x(3, 4); o.sort(axis=0); return o",
        "repeat take": "[2, 0, 1], axis=0",
        "reshape": "4, -1",
        "swapaxes": "0, 1",
        "view": "",
        "nonzero": "return x(4)[np.array([1, 0, 1, 0]).nonzero()]",
        "clip": "-0.5, x(4)",
        "tolist": "return x(2, 2).tolist()[1]",
        "flat": "return x(3, 4).flat[5] * 2",
    }
)
"""Arguments of the methods of arrays."""


def samples(name: str, obj: Any) -> list[str]:
    """Bodies of functions that call `f`: for the name without `numpy.` or `scipy.`; [] if they can
    be derived from nothing.
    """
    if name in SAMPLES:
        return [_body(SAMPLES[name]), *_along_axes(SAMPLES[name], obj)]
    if isinstance(obj, np.ufunc) or name in DOMAINS:
        return _elementwise(name, obj)
    if name.startswith("fft.") or len(_required(obj)) == 1:
        return [_body("x(3, 4)"), *_along_axes("x(3, 4)", obj)]
    return []


def method_samples(name: str, obj: Any) -> list[str]:
    """The same for a method or an attribute of arrays, called without `f`."""
    declared = METHODS.get(name)
    if declared is not None and "return" in declared:
        return [declared]
    if not callable(obj):
        return [f"return x(3, 4).{name} * x()"]
    return [f"return x(3, 4).{name}({declared or ''})"]


def _body(text: str) -> str:
    return text if "return" in text else f"return f({text})"


def _elementwise(name: str, obj: Any) -> list[str]:
    """Operands of one shape and of shapes that broadcast, 0-d ones among them."""
    n = obj.nin if isinstance(obj, np.ufunc) else len(DOMAINS[name].split())
    families = DOMAINS.get(name, " ".join(["x"] * n)).split()
    shapes = (("3, 4", "4", "3, 1"), ("", "3", ""), ("3, 1", "1, 4", "4"))
    chosen = shapes[: 1 if n == 1 else None]
    if name.startswith("special."):  # many loops
        chosen = (("3", "2, 1", ""),)
    calls = [", ".join(f"{g}({s})" for g, s in zip(families, row, strict=False)) for row in chosen]
    return [_body(c) for c in calls]


def _required(obj: Any) -> list[str]:
    """The names of the parameters without a default."""
    try:
        found = inspect.signature(obj).parameters.values()
    except (TypeError, ValueError):
        return []
    several = (inspect.Parameter.VAR_KEYWORD,)
    return [p.name for p in found if p.default is p.empty and p.kind not in several]


def _along_axes(text: str, obj: Any) -> list[str]:
    """Calls with `axis=` and `keepdims=`, of functions that take them."""
    try:
        taken = inspect.signature(obj).parameters
    except (TypeError, ValueError):
        return []
    if "axis" not in taken or taken["axis"].default is inspect.Parameter.empty:
        return []
    if text != "x(3, 4)":
        return []
    kept = ", keepdims=True" if "keepdims" in taken else ""
    axes = ("-1", "(0, 2)", "None")
    return [_body(f"x(2, 3, 4), axis={axis}{kept if i else ''}") for i, axis in enumerate(axes)]
