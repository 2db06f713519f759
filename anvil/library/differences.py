"""Where values differ from those of NumPy and SciPy, at points that the tests of derivatives try.

The tests leave these out, and docs/numpy.md and docs/scipy.md list them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

POINTS: Mapping[str, str] = {
    "zeros": "zeros among the arguments",
    "equal": "equal numbers",
    "empty": "arrays without elements",
    "an empty axis": "an axis of length 0",
    "single": "single precision",
    "no axes": "numbers and arrays of no axes",
}
"""What the names of points mean."""

DIFFERS: Mapping[tuple[str, str], str] = {
    ("numpy.polymul", "zeros"): "a leading zero raises ValueError",
    ("numpy.polymul", "empty"): "an empty polynomial",
    ("numpy.polymul", "an empty axis"): "an empty polynomial",
    ("numpy.polydiv", "zeros"): "a leading zero raises ValueError",
    ("numpy.polydiv", "single"): "a remainder's small leading numbers are not dropped",
    ("numpy.vectorize", "single"): "the dtype is that of all results",
    ("numpy.linalg.lstsq", "equal"): "residuals have a shape that does not depend on the rank",
    ("numpy.linalg.lstsq", "empty"): "refused",
    ("numpy.linalg.lstsq", "an empty axis"): "refused",
    ("scipy.linalg.lstsq", "empty"): "refused",
    ("scipy.linalg.lstsq", "an empty axis"): "refused",
    **{
        (f"scipy.{name}", "single"): "single or double precision of the result"
        for name in (
            *("special.comb", "special.factorial", "integrate.simpson", "linalg.det"),
            *("linalg.solve_sylvester", "linalg.solve_lyapunov", "linalg.logm"),
            *("linalg.solve_continuous_lyapunov", "linalg.fractional_matrix_power"),
            *("linalg.solve_discrete_are", "linalg.solve_continuous_are", "linalg.expm_frechet"),
            *("linalg.eigvalsh_tridiagonal", "linalg.matmul_toeplitz", "linalg.solve_circulant"),
            *("stats.moment", "spatial.distance_matrix", "spatial.distance.minkowski"),
            *("spatial.distance.seuclidean", "spatial.distance.braycurtis"),
            *("spatial.distance.canberra", "spatial.distance.euclidean"),
        )
    },
    **{
        (f"scipy.linalg.{name}", "equal"): "the rank must be full: it decides a shape"
        for name in ("null_space", "orth", "subspace_angles")
    },
    **{
        (f"scipy.{name}", kind): "arrays without elements are refused, or not"
        for kind in ("empty", "an empty axis")
        for name in (
            *("ndimage.gaussian_filter", "ndimage.gaussian_filter1d", "ndimage.uniform_filter"),
            *("ndimage.uniform_filter1d", "signal.fftconvolve", "signal.oaconvolve"),
            *(
                "stats.variation",
                "stats.iqr",
                "signal.detrend",
                "special.logsumexp",
                "integrate.cumulative_trapezoid",
            ),
        )
    },
    ("numpy.ndarray.fill", "no axes"): "NumPy's scalars have the method, and do not change",
    ("scipy.special.logsumexp", "no axes"): "keeps no axes of a number",
}
"""By function and point."""

AT_INFINITY: Mapping[str, str] = {
    "ive kve wofz powm1": "the limit; SciPy has nan",
    "ellipk ellipe ellipkm1 ellipkinc ellipeinc owens_t boxcox": "the limit; SciPy has nan or "
    "another number",
}
"""Of scipy.special, at infinite arguments."""

BETWEEN: Mapping[str, str] = {
    "scipy.special.betaln": "nan where one argument is a whole number below 1; SciPy has a limit "
    "where the other is a whole number too",
    "scipy.stats.hypergeom": "between whole numbers distribution functions are those of the whole "
    "number below; SciPy has nan or another number",
    "scipy.stats": "a density at infinity is 0; SciPy has nan for some distributions",
}
"""Of scipy.stats."""


def limits() -> tuple[str, ...]:
    """Functions of scipy.special that differ at infinity."""
    return tuple(name for names in AT_INFINITY for name in names.split())


def differences(package: str) -> list[str]:
    """The rows of a table: functions, where, and what differs."""
    rows = ["| functions | with | what differs |", "| --- | --- | --- |"]
    return [*rows, *_rows(package)]


def _rows(package: str) -> Iterator[str]:
    grouped: dict[tuple[str, str], list[str]] = {}
    for (name, point), reason in DIFFERS.items():
        if name.startswith(f"{package}."):
            grouped.setdefault((POINTS[point], reason), []).append(name)
    for (point, reason), names in grouped.items():
        yield f"| {', '.join(f'`{n}`' for n in names)} | {point} | {reason} |"
    if package == "scipy":
        for words, reason in AT_INFINITY.items():
            shown = ", ".join(f"`scipy.special.{n}`" for n in words.split())
            yield f"| {shown} | infinity | {reason} |"
        for name, reason in BETWEEN.items():
            yield f"| `{name}` | | {reason} |"
