"""Measures elementary functions, XLA's own and anvil's, against NumPy; writes docs/accuracy.md.

    PYTHONPATH=. python scripts/accuracy.py [--points N] [--output docs/accuracy.md]

The rules of `anvil.ir.ops.accurate` are emitted into jax.lax by a builder with the IR builder's
interface, so that what is measured is the compiled formula alone.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import lax

from anvil.ir.ops import accurate
from anvil.ir.types import BOOL, ArrayType, DType, array, dtype_of

Array = npt.NDArray[Any]

UNARY: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "exp": (lax.exp, np.exp),
    "exp2": (lax.exp2, np.exp2),
    "expm1": (lax.expm1, np.expm1),
    "log": (lax.log, np.log),
    "log1p": (lax.log1p, np.log1p),
    "log2": (jnp.log2, np.log2),
    "log10": (jnp.log10, np.log10),
    "sqrt": (lax.sqrt, np.sqrt),
    "cbrt": (lax.cbrt, np.cbrt),
    "sin": (lax.sin, np.sin),
    "cos": (lax.cos, np.cos),
    "tan": (lax.tan, np.tan),
    "asin": (lax.asin, np.arcsin),
    "acos": (lax.acos, np.arccos),
    "atan": (lax.atan, np.arctan),
    "sinh": (lax.sinh, np.sinh),
    "cosh": (lax.cosh, np.cosh),
    "tanh": (lax.tanh, np.tanh),
    "asinh": (lax.asinh, np.arcsinh),
    "acosh": (lax.acosh, np.arccosh),
    "atanh": (lax.atanh, np.arctanh),
}
BINARY: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "pow": (lax.pow, np.power),
    "atan2": (lax.atan2, np.arctan2),
    "floor_div": (jnp.floor_divide, np.floor_divide),
    "mod": (jnp.remainder, np.remainder),
    "rem": (lax.rem, np.fmod),
    "hypot": (jnp.hypot, np.hypot),
    "logaddexp": (jnp.logaddexp, np.logaddexp),
    "logaddexp2": (jnp.logaddexp2, np.logaddexp2),
}
REAL_ONLY = ("cbrt",)
SUMS = ("logaddexp", "logaddexp2")
"""Their error is that of a sum: counted in ulps of the largest of operands and result."""


# --- a builder over jax.lax -----------------------------------------------------------------------


class Traced:
    """An atom: a traced array with an IR type."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.type = array(dtype_of(value.dtype), value.shape)


_LAX: dict[str, Callable[..., Any]] = {
    "and_": lax.bitwise_and,
    "or_": lax.bitwise_or,
    "xor": lax.bitwise_xor,
    "not_": lax.bitwise_not,
    "quot": lax.div,
    "round": lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN),
    "is_nan": lambda x: lax.ne(x, x),
    "rounded": lambda x: x,
}


class LaxBuilder:
    """The part of the IR builder's interface that the rules use, emitting XLA's ops."""

    def __getattr__(self, name: str) -> Callable[..., Traced]:
        native = UNARY.get(name) or BINARY.get(name)
        op = _LAX.get(name) or (native[0] if native else getattr(lax, name))

        def emit(*args: Any) -> Traced:
            typed = [a for a in args if isinstance(a, Traced)]
            like = next((a for a in typed if a.type.dtype is not BOOL), typed[0]).value
            full = (a.value if isinstance(a, Traced) else jnp.full_like(like, a) for a in args)
            return Traced(op(*full))

        return emit

    def bitcast(self, x: Traced, dtype: DType) -> Traced:
        """The bits of x as another dtype of the same size."""
        return Traced(lax.bitcast_convert_type(x.value, dtype.np))

    def convert(self, x: Traced, dtype: DType) -> Traced:
        """x converted."""
        return Traced(x.value.astype(dtype.np))

    def const(self, value: Any, type: ArrayType) -> Traced:
        """A splat."""
        return Traced(jnp.full(type.shape, value, type.dtype.np))


def anvil_function(name: str) -> Callable[..., Any]:
    """The rule as a function of traced arrays; XLA's op where the rule declines or is missing."""
    rule = getattr(accurate, name, None)
    native = (UNARY.get(name) or BINARY[name])[0]

    def call(*args: Any) -> Any:
        found = rule(LaxBuilder(), *map(Traced, args)) if rule else None
        return native(*args) if found is None else found.value

    return call


# --- operands -------------------------------------------------------------------------------------


def special_values(dtype: npt.DTypeLike) -> Array:
    """Zeros, infinities, nan, limits and neighbours of branch points."""
    info = np.finfo(dtype)
    tiny, least, eps = float(info.tiny), float(info.smallest_subnormal), float(info.eps)
    some = [0.0, 0.5, 1.0, 1 + eps, 1 - eps / 2, 2.0, 3.0, 7.5, 10.0, 0.1, tiny, 2 * tiny, least]
    some += [tiny - least, float(info.max), np.inf, 19.0, 88.7, 89.4, 709.7, 710.4, 745.0, 1e3, 1e4]
    with np.errstate(over="ignore"):
        values = np.array(some).astype(dtype)
    return np.concatenate([values, -values, np.array([np.nan], dtype)])


def reals(dtype: npt.DTypeLike, points: int) -> Array:
    """Numbers of every size: random bits, ranges, neighbourhoods of +-1, special values."""
    rng = np.random.default_rng(0)
    n = max(points // 8, 8)
    width = np.dtype(dtype).itemsize
    bits = rng.integers(0, 256, n * width, dtype=np.uint8).view(dtype)
    sign = rng.choice([-1, 1], n)
    parts = [rng.uniform(-r, r, n) for r in (1, 10, 750)]
    parts += [s + rng.uniform(-1, 1, n) * 10.0 ** rng.uniform(-16, 0, n) for s in (1, -1)]
    parts += [sign * 10.0 ** rng.uniform(-20, 3, n), sign * 2.0 ** rng.uniform(-60, 20, n)]
    with np.errstate(over="ignore"):
        rest = np.concatenate(parts).astype(dtype)
    return np.concatenate([bits, rest, special_values(dtype)])


def pairs(dtype: npt.DTypeLike, points: int) -> tuple[Array, Array]:
    """Pairs of numbers, all pairs of special values among them."""
    rng = np.random.default_rng(1)
    n = max(points // 5, 8)
    s = special_values(dtype)
    x, y = (a.ravel() for a in np.meshgrid(s, s))
    sign = rng.choice([-1, 1], (2, n))
    xs = [rng.uniform(-10, 10, n), sign[0] * 2.0 ** rng.uniform(-99, 99, n)]
    xs += [np.abs(rng.normal(size=n)), 1 + rng.normal(size=n) / 1e4, rng.integers(-50, 50, n)]
    ys = [rng.uniform(-10, 10, n), sign[1] * 2.0 ** rng.uniform(-99, 99, n)]
    ys += [rng.uniform(-300, 300, n), rng.normal(size=n) * 1e5, rng.integers(-50, 50, n)]
    with np.errstate(over="ignore"):
        return np.append(x, np.concatenate(xs).astype(dtype)), np.append(
            y, np.concatenate(ys).astype(dtype)
        )


def complexes(dtype: npt.DTypeLike, points: int) -> Array:
    """Complex numbers of many sizes, and near +-1, i and the unit circle."""
    rng = np.random.default_rng(2)
    n = max(points // 6, 8)

    def spread(low: float, high: float) -> Array:
        size = 10.0 ** rng.uniform(low, high, (2, n)) * rng.choice([-1, 1], (2, n))
        return np.asarray(size[0] + 1j * size[1])

    normal = rng.normal(size=n) + 1j * rng.normal(size=n)
    near = [c + spread(-12, 0) for c in (1, -1, 1j)]
    return np.concatenate([normal, spread(-12, 1.7), spread(-30, 6), *near]).astype(dtype)


# --- distance -------------------------------------------------------------------------------------


def ulps(got: Array, want: Array) -> Array:
    """The number of floats between; inf where nan, infinity or the sign of zero differ."""

    def rank(a: Array) -> Array:
        bits = a.view(f"i{a.dtype.itemsize}").astype(np.int64)
        return np.where(bits < 0, np.iinfo(a.view(f"i{a.dtype.itemsize}").dtype).min - bits, bits)

    g, w = rank(got), rank(want)
    with np.errstate(all="ignore"):
        distance = np.abs(g.astype(float) - w.astype(float))
        exact = np.abs(np.where(distance < 2**50, g - w, 0)).astype(float)
        distance = np.where(distance < 2**50, exact, distance)
    both = np.isnan(got) & np.isnan(want)
    wrong = (np.isnan(got) != np.isnan(want)) | (np.isinf(got) != np.isinf(want)) & (distance > 4)
    wrong |= (got == 0) & (want == 0) & (np.signbit(got) != np.signbit(want))
    return np.where(both, 0.0, np.where(wrong, np.inf, distance))


def error_of(name: str, got: Array, want: Array, args: Iterable[Array]) -> Array:
    """Errors in ulps; for functions that are sums, of the largest operand."""
    error = ulps(got, want)
    if name not in SUMS:
        return error
    with np.errstate(all="ignore"):
        sizes = [np.abs(a) for a in (*args, want)]
        unit = np.spacing(np.max(sizes, axis=0)).astype(float)
        relative = np.abs(got.astype(float) - want.astype(float)) / unit
        finite = np.isfinite(got) & np.isfinite(want)
        return np.where(finite & np.isfinite(relative), relative, error)


def normwise(got: Array, want: Array, exact: Array) -> Array:
    """Distance of complex results from `exact`, of a wider type, in ulps of its modulus."""
    eps = np.finfo(want.dtype).eps
    with np.errstate(all="ignore"):
        size = np.abs(exact)
        error = np.abs(got.astype(exact.dtype) - exact) / (size * eps)
        top = np.finfo(want.dtype).max
        usual = np.isfinite(want) & (size < top / 4) & (size > np.finfo(want.dtype).tiny / eps)
    return np.where(usual, error, 0.0).astype(float)


def subnormal(a: Array) -> Array:
    """Where |a| is between zero and the smallest normal number."""
    return (a != 0) & (np.abs(a) < np.finfo(a.dtype).tiny)


# --- measurement ----------------------------------------------------------------------------------


@dataclass
class Row:
    """One line of the table."""

    function: str
    dtype: str
    native: float
    anvil: float
    worst: tuple[Any, ...]
    native_subnormal: float
    anvil_subnormal: float
    nanoseconds: tuple[float, float] | None = None


def reference(name: str, args: tuple[Array, ...]) -> Array:
    """What NumPy computes."""
    with np.errstate(all="ignore"):
        return np.asarray((UNARY.get(name) or BINARY[name])[1](*args))


def exact_complex(name: str, z: Array) -> Array:
    """NumPy's result in a wider type; log1p by the formula that keeps small z."""
    wide = np.clongdouble if z.dtype == np.complex128 else np.complex128
    if name == "exp2":
        return reference("exp", ((z * z.real.dtype.type(np.log(2))).astype(wide),))
    z = z.astype(wide)
    if name != "log1p":
        return reference(name, (z,))
    x, y = z.real, z.imag
    with np.errstate(divide="ignore"):
        near = np.log1p(x * (x + 2) + y * y) / 2
        size = np.where(np.abs(z) < 0.5, near, np.log(np.hypot(1 + x, y)))
    return np.asarray(size + 1j * np.arctan2(y, 1 + x))


def evaluate(functions: dict[str, Callable[..., Any]], args: tuple[Array, ...]) -> dict[str, Array]:
    """All functions on the same operands in one compiled program."""
    with jax.enable_x64(True):
        program = jax.jit(lambda *a: {k: f(*a) for k, f in functions.items()})
        return {k: np.asarray(v) for k, v in program(*args).items()}


def measure(names: Iterable[str], args: tuple[Array, ...]) -> list[Row]:
    """Rows of real functions on `args`."""
    names = list(names)
    table = UNARY if len(args) == 1 else BINARY
    native = evaluate({k: table[k][0] for k in names}, args)
    ours = evaluate({k: anvil_function(k) for k in names}, args)
    rows = []
    for k in names:
        want = reference(k, args)
        special = subnormal(want)
        for a in args:
            special |= subnormal(a)
        e0, e1 = error_of(k, native[k], want, args), error_of(k, ours[k], want, args)
        usual = np.where(special, -1.0, e1)
        i = int(np.argmax(usual))
        low = [float(np.max(e[special], initial=0.0)) for e in (e0, e1)]
        high = float(np.max(np.where(special, 0.0, e0)))
        worst = tuple(a[i] for a in args)
        rows.append(Row(k, args[0].dtype.name, high, float(usual[i]), worst, low[0], low[1]))
    return rows


def measure_complex(names: Iterable[str], z: Array) -> list[Row]:
    """Rows of complex functions: errors in norm, against a wider type."""
    names = list(names)
    native = evaluate({k: UNARY[k][0] for k in names}, (z,))
    ours = evaluate({k: anvil_function(k) for k in names}, (z,))
    rows = []
    for k in names:
        want, exact = reference(k, (z,)), exact_complex(k, z)
        e0, e1 = normwise(native[k], want, exact), normwise(ours[k], want, exact)
        i = int(np.argmax(e1))
        high = float(np.max(np.where(np.isnan(e0), np.inf, e0)))
        rows.append(Row(k, z.dtype.name, high, float(e1[i]), (z[i],), 0.0, 0.0))
    return rows


def time_of(function: Callable[..., Any], args: tuple[Array, ...]) -> float:
    """Nanoseconds per element, best of seven."""
    with jax.enable_x64(True):
        compiled, operands = jax.jit(function), [jnp.asarray(a) for a in args]
        best = np.inf
        for _ in range(8):
            start = time.perf_counter()
            compiled(*operands).block_until_ready()
            best = min(best, time.perf_counter() - start)
    return best * 1e9 / args[0].size


def add_times(rows: list[Row]) -> None:
    """Fills in the times, on a million normally distributed numbers."""
    rng = np.random.default_rng(0)
    for row in rows:
        table = UNARY if row.function in UNARY else BINARY
        count = 1 if table is UNARY else 2
        args = tuple(np.abs(rng.normal(size=10**6)).astype(row.dtype) for _ in range(count))
        native, ours = table[row.function][0], anvil_function(row.function)
        row.nanoseconds = time_of(native, args), time_of(ours, args)


def all_rows(points: int) -> list[Row]:
    """Every function and dtype."""
    rows: list[Row] = []
    for dtype in ("float64", "float32", "float16"):
        part = measure(UNARY, (reals(dtype, points),)) + measure(BINARY, pairs(dtype, points))
        if dtype != "float16":
            add_times(part)
        rows += part
    for dtype in ("complex128", "complex64"):
        names = [k for k in UNARY if k not in REAL_ONLY]
        rows += measure_complex(names, complexes(dtype, points))
    return rows


# --- the page -------------------------------------------------------------------------------------


def cell(error: float) -> str:
    """An error in ulps as text."""
    if error == np.inf:
        return "wrong"
    return f"{error:.3g}" if error < 1e6 else f"{error:.0e}"


def page(rows: list[Row], points: int) -> str:
    """docs/accuracy.md."""
    lines = [INTRODUCTION.format(points=points, jax=jax.__version__, numpy=np.__version__,
                                 machine=platform.machine(), date=date.today())]  # fmt: skip
    for dtype in dict.fromkeys(r.dtype for r in rows):
        lines += [f"\n## {dtype}\n", HEADER]
        for r in (r for r in rows if r.dtype == dtype):
            worst = ", ".join(f"{w:.17g}" for w in r.worst) if r.anvil else ""
            ns = ("", "") if r.nanoseconds is None else tuple(f"{t:.1f}" for t in r.nanoseconds)
            low = cell(r.native_subnormal), cell(r.anvil_subnormal)
            cells = (r.function, cell(r.native), cell(r.anvil), worst, *low, *ns)
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


HEADER = (
    "| function | XLA, ulp | anvil, ulp | anvil's worst at "
    "| XLA, subnormal | anvil, subnormal | XLA, ns | anvil, ns |\n|" + "---|" * 8
)
INTRODUCTION = """# Accuracy of elementary functions

Generated by `scripts/accuracy.py`: about {points} operands per function and dtype on XLA's CPU
backend, against NumPy {numpy}; jax {jax}, {machine}, {date}.

XLA's own elementary functions are up to hundreds of ulp off (1 ulp is the distance to the next
float), and some depend on the program around them: `cbrt` is exact alone and 117 ulp off inside a
loop, `atan` 0 or 5. anvil lowers the functions below to formulas of its own over basic StableHLO
operations (`anvil/ir/ops/accurate*.py`) and stays within 4 ulp of NumPy over the whole domain.
Infinities, nan and signed zeros are NumPy's. XLA's own are used for `sin`, `cos`, `tan`, `pow`
and `rem`, where they are within 2 ulp, and inside the complex inverse functions and `sqrt`.

- The **ulp** columns are the largest error over normal operands and results; `wrong` means nan,
  infinity or the sign of a zero where NumPy has something else. NumPy's own functions are up to 1
  ulp (4 in float32) from the exact value.
- The **subnormal** columns are the same where an operand or the result is subnormal. CPU programs
  treat subnormals as zero in every arithmetic operation; functions of one number are exempt here,
  because they are computed through the bits.
- `logaddexp` is a sum and may cancel: its errors are in ulps of its largest operand.
- Complex errors are distances in the plane from NumPy's result in the next wider type, in ulps of
  its modulus, for `log1p` from log1p(x (x + 2) + y^2) / 2 + i atan2(y, 1 + x): NumPy's loses small
  z. `exp2` is compared with exp of the rounded z ln 2, which is what NumPy computes.
- Times are nanoseconds per element of an array of a million, on a shared machine: a rough guide.
"""


def main() -> None:
    """Measures and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=800_000)
    parser.add_argument("--output", type=Path, default=Path("docs/accuracy.md"))
    options = parser.parse_args()
    options.output.write_text(page(all_rows(options.points), options.points))


if __name__ == "__main__":
    main()
