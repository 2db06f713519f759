"""docs/scipy.md, written from the library's declarations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from anvil.library import SCIPY
from anvil.library.differences import differences
from anvil.library.scipy.stats.continuous import CONTINUOUS
from anvil.library.scipy.stats.discrete import DISCRETE
from anvil.library.scipy.stats.entries import MOMENTS, OUTSIDE, POINTWISE
from anvil.library.scipy.stats.records import Distribution

_INTRODUCTION = """\
# SciPy

What compiled code may use of SciPy, written from the library's own tables. Functions are recognised
by identity once a program has imported them; anvil does not need SciPy and does not import it.
SciPy's values, dtypes and shapes are the specification; what differs is said below. All results
have derivatives of every order, but those that are whole numbers or bools.
"""

_NOTES: Mapping[str, str] = {
    "scipy.special": "Elementwise functions take `out=` and `where=`, and real numbers. Values are "
    "within 1e-10 of the exact ones, relatively; [accuracy](accuracy-special.md) has exceptions. "
    "Quantiles that are found by iteration (`gammaincinv`, `betaincinv`, `stdtrit` ...) are exact "
    "up to their seventh derivative. The orders of Bessel functions and of `expn` and the degrees "
    "of polynomials are known while compiling: whole numbers (`kv` and `kve` take halves), for "
    "`jv`, `iv` and `ive` up to 25, else up to 200. `lambertw` is compiled where it is real, "
    "`wofz` on the real line, `poch` and `beta` for positive arguments.",
    "scipy.linalg": "What SciPy may compute in place (`overwrite_a`) is computed elsewhere; inputs "
    "are not searched for nan (`check_finite`). What SciPy gives as a list, of stacks of matrices, "
    "is a tuple; booleans are computed in double precision. `null_space`, `orth` and "
    "`subspace_angles` are compiled for matrices of full rank, and raise ValueError for others: "
    "the rank would decide a shape.",
    "scipy.interpolate": "`interp1d` of vectors, linear; `CubicSpline` along the first axis, with "
    "the conditions `not-a-knot`, `natural`, `clamped` and values of derivatives. Both are made "
    "and called inside of compiled code.",
    "scipy.spatial.distance": "`cdist` and `pdist` take the names below and functions of two rows.",
}

_STATS = """
## scipy.stats

Distributions of one number, called directly (`stats.norm.logpdf(x, loc, scale)`) or frozen
(`stats.norm(loc, scale).logpdf(x)`), inside or outside of the compiled function. Parameters
broadcast. A density is 0 outside of the support, with derivative 0, and at infinity, where SciPy
has nan for some; parameters that are not allowed give nan. `support`, `median` and `interval` go
with the others. `ppf` of a discrete distribution is a whole number and does not move.

| distribution | compiled |
| --- | --- |
{rows}

Of samples: {summaries}.

Distributions of vectors: `multivariate_normal` (`logpdf`, `pdf`, `entropy`; of a regular
covariance), `dirichlet` (`logpdf`, `pdf`, `mean`, `var`, `entropy`) and `multinomial` (`logpmf`,
`pmf`), frozen too.

Other subclasses of `rv_continuous` and `rv_discrete`, SciPy's and your own, are compiled
from the methods that their class defines (`_pdf`, `_logpdf`, `_cdf`, `_ppf` ...) where these can be
compiled. Refused: {outside}.
"""


def compiled(record: Distribution, discrete: bool) -> list[str]:
    """The methods of a distribution that a record gives."""
    found = [
        method
        for method, (_, needs) in POINTWISE[discrete].items()
        if not needs or any(getattr(record, n) for n in needs)
    ]
    return found + [m for m in MOMENTS if getattr(record, "var" if m == "std" else m)]


def render_scipy() -> str:
    """The page, in Markdown."""
    modules = sorted({name.rsplit(".", 1)[0] for name in SCIPY if "scipy.stats" not in name})
    parts = [_INTRODUCTION, *("\n".join(_section(m)) + "\n" for m in modules)]
    outside = ", ".join(f"`{n}`" for n in OUTSIDE)
    own = (n.removeprefix("scipy.stats.") for n in sorted(SCIPY) if n.startswith("scipy.stats."))
    summaries = ", ".join(f"`{n}`" for n in own if "." not in n)
    rows = "\n".join(_distributions())
    parts.append(_STATS.format(rows=rows, outside=outside, summaries=summaries))
    parts.append("\n".join(["\n## Differences at single points\n", *differences("scipy")]) + "\n")
    return "".join(parts)


def _section(module: str) -> Iterator[str]:
    yield f"\n## {module}\n"
    if module in _NOTES:
        yield f"{_NOTES[module]}\n"
    names = sorted(n.rsplit(".", 1)[1] for n in SCIPY if n.rsplit(".", 1)[0] == module)
    yield ", ".join(f"`{n}`" for n in names)


def _distributions() -> Iterator[str]:
    for discrete, table in ((False, CONTINUOUS), (True, DISCRETE)):
        for name, record in table.items():
            methods = ", ".join(f"`{m}`" for m in compiled(record, discrete))
            yield f"| `{name}` | {methods} |"
