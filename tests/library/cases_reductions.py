"""Cases of reductions."""

from __future__ import annotations

_EACH = [
    "sum",
    "prod",
    "mean",
    "max",
    "min",
    "var",
    "std",
    "any",
    "all",
    "argmax",
    "argmin",
    "ptp",
    "count_nonzero",
]
_METHODS = ["sum", "prod", "mean", "max", "min", "var", "std", "any", "all", "argmax", "argmin"]
_NO_EMPTY = {"max", "min", "argmax", "argmin", "ptp"}

CASES = [
    *(
        f"np.{n}({x})"
        for n in _EACH
        for x in (
            "f34",
            "s34",
            "h34",
            "i34",
            "j4",
            "a4",
            "u4",
            "b34",
            "f_",
            "F",
            "Pf",
            "[1.0, Pf, 3.0]",
            "[[1, 2], [3, Pi]]",
            "nans34",
            "f1",
            "f234",
        )
        if not (n == "ptp" and x == "b34") and not (n in ("mean", "var", "std") and x == "h34")
    ),
    *(
        f"np.{n}({x}, axis={a})"
        for n in _EACH
        for x in ("f34", "i34", "b34", "f03", "f30")
        for a in (0, -1)
        if not (n == "ptp" and x == "b34")
        and not (n in _NO_EMPTY and (x, a) in (("f03", 0), ("f30", -1), ("f03", -1), ("f30", 0)))
    ),
    *(
        f"np.{n}(f234, axis={a}, keepdims={k})"
        for n in _EACH
        for a in ("(0, 2)", "(-1, 0)", "None", "1", "()")
        for k in (False, True)
        if not (n.startswith("arg") and "(" in a)
        and not (n in ("ptp", "count_nonzero") and a == "()")
    ),
    *(
        f"np.{n}({x})"
        for n in ("sum", "prod", "mean", "var", "std", "any", "all")
        for x in ("f0", "i0", "b0", "f03")
    ),
    *(
        f"{x}.{n}()"
        for n in _METHODS
        for x in ("f34", "i34", "b4", "F", "f_", "c34")
        if not (x == "c34" and n in _NO_EMPTY)
    ),
    *(f"f34.{n}(axis=1)" for n in _METHODS),
    *(f"f34.{n}(1)" for n in _METHODS),
    *(f"f34.{n}(axis=-2, keepdims=True)" for n in _METHODS),
    *(
        f"np.{n}(c34, axis=0)"
        for n in ("sum", "prod", "mean", "var", "std", "any", "all", "count_nonzero")
    ),
    *(f"np.{n}(z4)" for n in ("sum", "prod", "mean", "var", "std", "any", "all")),
    *(f"np.{n}(h34)" for n in ("mean", "var", "std")),
    "np.mean(h34, axis=0)",
    "np.sum(i4, dtype=np.float32)",
    "np.sum(f4, dtype=np.float32)",
    "np.mean(i4, dtype=np.float32)",
    "np.sum(b4, dtype=np.int8)",
    "np.var(s4, dtype=np.float64)",
    "np.sum(f4, initial=10)",
    "np.sum(f34, axis=0, initial=Pf)",
    "np.prod(i4, initial=2)",
    "np.max(f4, initial=100.0)",
    "np.max(f0, initial=1.0)",
    "np.min(f34, axis=1, initial=0)",
    "np.max(i4, initial=3)",
    "np.sum(f34, where=b34)",
    "np.sum(f34, axis=0, where=b4)",
    "np.prod(f34, axis=1, where=b34)",
    "np.max(f34, where=b34, initial=-9.0)",
    "np.min(f34, axis=0, where=b34, initial=np.inf)",
    "np.mean(f34, where=f34 > -9)",
    "np.mean(f34, axis=0, where=f34 > -9)",
    "np.any(f34, where=b34)",
    "np.all(f34, axis=0, where=b34)",
    "np.var(f34, where=f34 > -1)",
    "np.std(f34, axis=0, ddof=1)",
    "np.var(f34, ddof=1)",
    "np.var(f34, axis=1, ddof=2)",
    "np.var(f34, correction=1)",
    "np.std(f4, ddof=1.5)",
    "np.var(f1, ddof=1)",
    "np.var(f34, axis=0, mean=np.mean(f34, axis=0, keepdims=True))",
    "o = np.zeros(4); r = np.sum(f34, axis=0, out=o); return o, r",
    "o = np.zeros(4); np.mean(f34, 0, None, o); return o",
    "o = np.zeros(3, dtype=np.int64); np.argmax(f34, axis=1, out=o); return o",
    "o = np.zeros(()); np.sum(f34, out=o); return o",
    "o = np.zeros(4); np.max(f34, axis=0, out=o); return o",
    "np.argmax(ties6)",
    "np.argmin(ties6)",
    "np.argmax(nans34)",
    "np.argmin(nans34, axis=0)",
    "np.argmax(nans34, axis=1)",
    "np.argmax(b34)",
    "np.argmin(b34, axis=0)",
    "np.max(nans34)",
    "np.min(nans34, axis=1)",
    "np.amax(f34)",
    "np.amin(f34, 0)",
    "np.max(b34, axis=0)",
    "np.min(b34)",
    "np.max(h4)",
    "np.nansum(nans34)",
    "np.nansum(nans34, axis=0)",
    "np.nanmean(nans34, axis=1)",
    "np.nanmax(nans34)",
    "np.nanmin(nans34, axis=0)",
    "np.nanprod(nans34)",
    "np.nanvar(nans34, axis=1)",
    "np.nanstd(nans34)",
    "np.average(f34)",
    "np.average(f34, axis=0)",
    "np.average(f34, weights=f34 * f34)",
    "np.average(f34, axis=1, weights=f4 * f4)",
    "np.average(i4)",
    "np.average(f4, weights=[1, 2, 3, 4], returned=True)",
    "np.median(f4)",
    "np.median(f34, axis=0)",
    "np.median(f5)",
    "np.median(i4)",
    "np.median(f34, axis=1, keepdims=True)",
    "np.median(nan5)",
    "np.cumsum(f4)",
    "np.cumsum(f34)",
    "np.cumsum(f34, axis=0)",
    "np.cumsum(i4)",
    "np.cumprod(f4)",
    "np.cumprod(f34, axis=1)",
    "f4.cumsum()",
    "np.cumsum(b4)",
    "np.cumsum(f0)",
    "np.cumsum(s4)",
    "f34.cumprod(axis=0)",
    "np.ptp(i34, axis=0)",
    "np.count_nonzero(f34, axis=(0, 1))",
    "np.count_nonzero(Pi)",
    "np.linalg.norm(f4)",
    "np.linalg.norm(f34)",
    "np.linalg.norm(f34, axis=0)",
    "np.linalg.norm(f34, axis=1, keepdims=True)",
    "np.linalg.norm(f34, 'fro')",
    "np.linalg.norm(f4, 1)",
    "np.linalg.norm(f4, np.inf)",
    "np.linalg.norm(f4, -np.inf)",
    "np.linalg.norm(f4, 0)",
    "np.linalg.norm(f4, 3)",
    "np.linalg.norm(f34, 1)",
    "np.linalg.norm(f34, np.inf)",
    "np.linalg.norm(f34, ord=2, axis=1)",
    "np.linalg.norm(i4)",
    "np.linalg.norm(c4)",
    "np.linalg.norm(s4)",
    "np.linalg.norm(f234)",
    "np.linalg.norm(f234, axis=(1, 2))",
    "np.linalg.norm(f34, -1)",
    "np.linalg.norm(zero3)",
    "np.linalg.norm([3.0, Pf])",
    "np.cov(f34)",
    "np.corrcoef(f34)",
    "np.percentile(f5, 50)",
    "np.quantile(f5, 0.25)",
    "np.quantile(f34, [0.1, 0.9], axis=0)",
    "np.trapezoid(f4)",
    "np.trapezoid(f4, dx=0.5)",
    "np.trapezoid(f4, exp4)",
    "np.trapezoid(f34, axis=0)",
    "np.bincount(exp4, minlength=6)",
]
