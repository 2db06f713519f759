"""A grid of points for every differentiable function of the library, and what must hold there.

A point is a body of `anvil.library.samples` with arrays in it: random ones, with ties, with zeros,
all equal, empty, of size one, of no axes, in single precision, complex. Memory layouts, of which
compiled code sees nothing, are tested for many functions at once.
What NumPy refuses must be refused. Where it computes a value:

    <w, J v> = <J' w, v>                                   forward against reverse, to 1e-12
    D- f <= J v <= D+ f, element by element                 one-sided differences: equal where the
                                                            function is smooth, else a convention
                                                            that lies between
    d(J' w) = (d/dt) J'(x + t v) w                          second order against differences of the
                                                            gradient, where both sides agree
"""

from __future__ import annotations

import ast
import importlib
import itertools
import linecache
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import anvil
from anvil.api.compile import optimise
from anvil.ir.evaluate import evaluate
from anvil.library import SCIPY, coverage
from anvil.library.differences import DIFFERS
from anvil.library.samples import FAMILIES, method_samples, samples
from anvil.library.scipy.special_more import COMPUTED
from anvil.parser.state.signature import describe_argument, rebuild

Array = Any
_COUNTER = itertools.count()


# ---- functions


@dataclass(frozen=True)
class Sampled:
    """A function of the library and the body that calls it."""

    name: str
    obj: Any
    body: str

    def __str__(self) -> str:
        return f"{self.name}: {self.body}"


OUTSIDE = tuple(f"scipy.stats.{n}" for n in ("rv_", "distributions.", "_multivariate."))
"""Families with tests of their own for every declaration: methods of distributions."""

NO_DERIVATIVE = coverage.NO_DERIVATIVE | {"matrix_rank", "device", "itemsize", "nbytes"}
NO_DERIVATIVE |= {"gammasgn", "hamming", "jaccard", "issymmetric", "ishermitian"}
"""Names whose results do not depend on floats."""


def functions() -> Iterator[tuple[str, Any]]:
    """The differentiable functions that are declared: dotted names and objects; an alias once."""
    seen = set()
    for namespace in ("numpy", "numpy.linalg", "numpy.fft"):
        for row in coverage.rows(namespace):
            obj = _attribute(f"{namespace}.{row.name}")
            if row.kind != "function" or row.name in NO_DERIVATIVE or id(obj) in seen:
                continue
            if not isinstance(obj, type) or row.name in ("vectorize", "ndenumerate"):
                seen.add(id(obj))
                yield f"{namespace}.{row.name}", obj
    for name in SCIPY:
        known = name in COMPUTED or name.rpartition(".")[2] in NO_DERIVATIVE
        if not name.startswith(OUTSIDE) and not known:
            yield name, _attribute(name)


def methods() -> Iterator[tuple[str, Any]]:
    """The differentiable methods and attributes of arrays."""
    for row in coverage.rows("numpy.ndarray"):
        if row.kind == "function" and row.name not in NO_DERIVATIVE:
            yield f"numpy.ndarray.{row.name}", getattr(np.ndarray, row.name)


def grid() -> Iterator[Sampled]:
    """Every function with each of its bodies; a body is empty where there is none."""
    for name, obj in functions():
        for body in samples(name.split(".", 1)[1], obj) or [""]:
            yield Sampled(name, obj, body)
    for name, obj in methods():
        for body in method_samples(name.rpartition(".")[2], obj):
            yield Sampled(name, obj, body)


def _attribute(name: str) -> Any:
    module, _, rest = name.rpartition(".")
    return getattr(importlib.import_module(module), rest)


class _Leaves(ast.NodeTransformer):
    """Calls of families become parameters."""

    def __init__(self) -> None:
        self.found: list[tuple[str, tuple[int, ...]]] = []

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id in FAMILIES:
            self.found.append((node.func.id, tuple(ast.literal_eval(a) for a in node.args)))
            return ast.Name(f"a{len(self.found) - 1}", ast.Load())
        return self.generic_visit(node)


def compiled(case: Sampled) -> tuple[Callable[..., Any], list[tuple[str, tuple[int, ...]]]]:
    """The function that a body stands for, and the families and shapes of its parameters."""
    leaves = _Leaves()
    tree = leaves.visit(ast.parse("\n".join(case.body.split("; "))))
    text = ast.unparse(ast.fix_missing_locations(tree))
    params = ", ".join(f"a{i}" for i in range(len(leaves.found)))
    source = f"def case({params}):\n" + "".join(f"    {line}\n" for line in text.splitlines())
    file = f"<grid {next(_COUNTER)}: {case}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    scope: dict[str, Any] = {"np": np, "f": case.obj}
    exec(compile(source, file, "exec"), scope)
    return scope["case"], leaves.found


# ---- points


def base(family: str, shape: tuple[int, ...], seed: int) -> Array:
    """Numbers of a family."""
    rng = np.random.default_rng(seed)
    u = rng.uniform(0.12, 0.88, shape)
    if family in ("square", "spd"):
        n = shape[0]
        m = rng.normal(size=(n, n)) + (n + 1) * np.eye(n)
        return m @ m.T / n if family == "spd" else m
    made = {
        "x": lambda: np.round(rng.normal(0, 1.5, shape), 3),
        "pos": lambda: 3 * u,
        "unit": lambda: 2 * u - 1,
        "prob": lambda: u,
        "above": lambda: 1 + 2 * u,
        "rising": lambda: np.cumsum(0.5 + u, axis=-1) - 2,
    }
    return np.asarray(made[family]())


SPECIAL: dict[str, dict[str, Callable[[Array], Array]]] = {
    "x": {"ties": np.round, "zeros": lambda a: _some(a, 0.0), "equal": lambda a: _all(a, 1.5)},
    "pos": {
        "ties": lambda a: np.round(a) + 1,
        "zeros": lambda a: _some(a, 0.0),
        "equal": lambda a: _all(a, 1.0),
    },
    "unit": {"ties": lambda a: np.round(2 * a) / 4, "zeros": lambda a: _some(a, 0.0)},
    "prob": {"ties": lambda a: _all(a, 0.5)},
    "above": {"ties": lambda a: _all(a, 2.0)},
}
"""Points where conventions apply."""

SHAPES: dict[str, Callable[[tuple[int, ...]], tuple[int, ...]]] = {
    "empty": lambda s: (0,) * len(s),
    "an empty axis": lambda s: (0, *s[1:]) if s else s,
    "of size one": lambda s: (1,) * len(s),
    "no axes": lambda s: (),
}
LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "reversed": lambda a: a[..., ::-1].copy()[..., ::-1] if a.ndim else a,
    "transposed": lambda a: a.T.copy().T,
}
DTYPES = {"single": np.float32, "complex": np.complex128}


def _some(a: Array, value: float) -> Array:
    out = np.array(a)
    out.reshape(-1)[::3] = value
    return out


def _all(a: Array, value: float) -> Array:
    return np.full_like(a, value)


def points(leaves: list[tuple[str, tuple[int, ...]]]) -> Iterator[tuple[str, list[Array]]]:
    """Named arguments; those that are as the plain ones are left out."""
    plain = [base(g, s, 11 + i) for i, (g, s) in enumerate(leaves)]
    yield "plain", plain
    for kind in ("ties", "zeros", "equal"):
        made = [
            SPECIAL.get(g, {}).get(kind, np.copy)(a)
            for (g, _), a in zip(leaves, plain, strict=True)
        ]
        if not _same(made, plain):
            yield kind, made
    for kind, change in SHAPES.items():
        if kind == "of size one" or not any(g in ("square", "spd") for g, _ in leaves):
            shapes = [change(s) for _, s in leaves]
            if shapes != [s for _, s in leaves]:
                made = [
                    base(g, s, 11 + i)
                    for i, ((g, _), s) in enumerate(zip(leaves, shapes, strict=True))
                ]
                yield kind, made
    yield "single", [a.astype(np.float32) for a in plain]
    if any(g in ("x", "square") for g, _ in leaves):
        turned = [
            a * (1 + 0.3j) if g in ("x", "square") else a
            for (g, _), a in zip(leaves, plain, strict=True)
        ]
        yield "complex", turned


def _same(xs: list[Array], ys: list[Array]) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(xs, ys, strict=True))


# ---- what must hold

ACCIDENTS = {
    ("numpy.average", "empty"),
    ("numpy.median", "empty"),
    ("numpy.nanquantile", "empty"),
    ("numpy.nanquantile", "an empty axis"),
    ("numpy.poly", "no axes"),
    ("numpy.nanmean", "no axes"),
    ("numpy.nanvar", "no axes"),
    ("numpy.nanstd", "no axes"),
    ("numpy.cov", "an empty axis"),
    ("scipy.linalg.hankel", "no axes"),
    ("scipy.linalg.companion", "zeros"),
    ("scipy.linalg.lu_solve", "of size one"),
    ("scipy.linalg.solveh_banded", "of size one"),
    ("scipy.spatial.distance.seuclidean", "zeros"),
    ("scipy.spatial.distance.squareform", "no axes"),
    ("numpy.fft.fftshift", "no axes"),
    ("numpy.fft.ifftshift", "no axes"),
}
"""Where NumPy's code raises, or gives another shape, because it did not think of the case."""

SINGULAR = ("linalg.qr", "linalg.svd", "linalg.lu", "linalg.orthogonal_procrustes")
"""Factorisations without a derivative, so nan, where the matrix is singular."""


def leaves_of(tree: Any) -> list[Array]:
    """The float and complex arrays in a result."""
    found: list[Any] = []
    describe_argument(tree, found)
    return [a for x in found if (a := np.asarray(x)).dtype.kind in "fc"]


def host(fn: Callable[..., Any], args: list[Array]) -> Any:
    """What CPython gives."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fn(*[a.copy() for a in args])


def direction(tree: Any, seed: int) -> Any:
    """Random tangents of the float and complex leaves, None for the others."""
    rng = np.random.default_rng(seed)

    def take(leaf: Any) -> Any:
        dtype = leaf.type.dtype.np
        if dtype.kind not in "fc":
            return None
        v = rng.normal(size=leaf.type.shape)
        if dtype.kind == "c":
            v = v + 1j * rng.normal(size=leaf.type.shape)
        return np.asarray(v, dtype)[()]

    return rebuild(describe_argument(tree), take)


def pairing(xs: list[Array], ys: list[Array]) -> float:
    """The sum of products; of complex functions the real part is kept."""
    return float(sum((np.sum(np.real(x * y)) for x, y in zip(xs, ys, strict=True)), 0.0))


class Planned:
    """A function compiled once for the kinds of its arguments, run by the reference semantics."""

    def __init__(self, fn: Callable[..., Any], args: list[Array]) -> None:
        values: list[Any] = []
        specs = [describe_argument(a, values) for a in args]
        self.parsed = anvil.jit(fn).parse(specs, {}, values)
        assert not self.parsed.promoted
        self.program = optimise(self.parsed.program, "O0", stop_after="derive-steps")

    def __call__(self, args: list[Array]) -> Any:
        with np.errstate(all="ignore"):
            results = list(
                evaluate(
                    self.program,
                    [*map(np.array, args), *(np.asarray(h.get()) for h in self.parsed.hidden)],
                )
            )
        if self.parsed.effects and (token := results.pop()):
            raise self.parsed.sites[token - 1].error(token.values)
        return rebuild(self.parsed.out, lambda _: np.asarray(results.pop(0)))


def derivatives(fn: Callable[..., Any], v: Any, w: Any) -> Any:
    """Functions to compile: the tangents and cotangents; the derivative of the latter along v."""

    def back(*args: Any) -> Any:
        return anvil.vjp(fn, *args)[1](w)

    def both(*args: Any) -> Any:
        value, pullback = anvil.vjp(fn, *args)
        return anvil.jvp(fn, args, v)[1], pullback(w), value

    def second(*args: Any) -> Any:
        return anvil.jvp(back, args, v)[1]

    return both, second


def check(case: Sampled, kind: str, fn: Callable[..., Any], args: list[Array]) -> None:
    """Raises AssertionError where something does not hold."""
    if (case.name, kind) in ACCIDENTS or (case.name, kind) in DIFFERS:
        return
    try:
        value = host(fn, args)
    except Exception:
        refused(fn, args)
        return
    want = leaves_of(value)
    if not want or not args:
        return
    v, w = tuple(direction(a, 5 + i) for i, a in enumerate(args)), direction(value, 2)
    forms = derivatives(fn, v, w)
    try:
        both = Planned(forms[0], args)
    except anvil.AnvilError:
        if kind == "complex":
            return
        raise
    tangent, bars, found = both(args)
    agree(leaves_of(found), want)
    tangents = leaves_of(tangent)
    assert list(map(kind_of, bars)) == list(map(kind_of, args)), "kinds of cotangents"
    assert list(map(kind_of, tangents)) == list(map(kind_of, want)), "kinds of tangents"
    if not all(np.all(np.isfinite(x)) for x in want) or any(x.size == 0 for x in args):
        return
    ws = leaves_of(w)
    one, other = pairing(tangents, ws), pairing(bars, list(v))
    single = any(x.dtype == np.float32 for x in (*args, *want))
    size = sum(float(np.sum(np.abs(x * y))) for x, y in zip(tangents, ws, strict=True))
    near(one, other, (1e-4 if single else 1e-12) * (1 + size), "forward and reverse")
    if case.name.endswith(SINGULAR) and np.isnan(one):
        return
    if kind not in ("plain", "complex", *SPECIAL["x"]):
        return
    between(fn, args, v, tangents)
    if kind != "complex" and not case.name.endswith(ITERATED):
        curved(Planned(forms[1], args), both, args, v)


ITERATED = ("gammaincinv", "gammainccinv", "betaincinv", "betainccinv", "stdtrit")
"""Long loops, whose second derivatives are tested once, in test_scipy_special."""


def kind_of(x: Array) -> Any:
    """Dtype and shape."""
    return x.dtype, x.shape


def refused(fn: Callable[..., Any], args: list[Array]) -> None:
    """What NumPy refuses must raise here too."""
    try:
        Planned(fn, args)(args)
    except Exception:
        return
    raise AssertionError("NumPy raises, anvil does not")


def agree(found: list[Array], want: list[Array]) -> None:
    """Values are NumPy's."""
    for x, y in zip(found, want, strict=True):
        assert (x.dtype, x.shape) == (y.dtype, y.shape), (
            f"value {x.dtype}{x.shape} for {y.dtype}{y.shape}"
        )
        tolerance = 2e-5 if y.dtype in (np.float32, np.complex64) else 1e-10
        scale = float(np.max(np.abs(y), initial=0, where=np.isfinite(y)))
        np.testing.assert_allclose(
            x, y, rtol=tolerance, atol=1e-14 + tolerance * scale, err_msg="value"
        )


def near(x: Any, y: Any, tolerance: Any, what: str) -> None:
    """Equal, or neither is a number."""
    if np.isfinite(x) and np.isfinite(y):
        assert abs(x - y) <= tolerance, f"{what}: {x} and {y}"
    else:
        assert np.isfinite(x) == np.isfinite(y), f"{what}: {x} and {y}"


def moved(args: list[Array], v: Any, t: float) -> list[Array]:
    """x + t v."""
    return [np.asarray(x + t * dx) for x, dx in zip(args, v, strict=True)]


Sides = list[tuple[Array, Array]]
STEP = 2e-4


def one_sided(at: Callable[[float], list[Array]]) -> Sides:
    """For each array the derivatives to both sides; nan where they do not settle."""
    f = {k: at(k * STEP) for k in range(-3, 4)}

    def slopes(*points: list[Array]) -> list[Array]:
        found = []
        for a, b, c, d in zip(*points, strict=True):
            rough, fine = (-3 * a + 4 * b - c) / 2, (-11 * a + 18 * b - 9 * c + 2 * d) / 6
            with np.errstate(all="ignore"):
                settled = abs(rough - fine) <= 1e-4 * STEP + 1e-4 * abs(fine)
            found.append(np.where(settled, fine / STEP, np.nan))
        return found

    left = [-x for x in slopes(f[0], f[-1], f[-2], f[-3])]
    return list(zip(left, slopes(f[0], f[1], f[2], f[3]), strict=True))


def between(fn: Callable[..., Any], args: list[Array], v: Any, tangents: list[Array]) -> None:
    """Tangents lie between the one-sided derivatives, or between those at points close by."""

    def at(t: float) -> list[Array]:
        return leaves_of(host(fn, moved(args, v, t)))

    sides = one_sided(at)
    if outside(sides, tangents, 1e-6):
        around = nearby(lambda x: leaves_of(host(fn, x)), args, v)
        found = outside(widest(sides, around), tangents, 1e-2)
        assert not found, f"forward and differences: {found}"


def outside(sides: Sides, got: list[Array], tolerance: float) -> str:
    """Shows real or imaginary parts that are not between those of the two sides."""
    for (low, high), x in zip(sides, got, strict=True):
        for part in (np.real, np.imag):
            a, b = np.minimum(part(low), part(high)), np.maximum(part(low), part(high))
            room = tolerance * (1 + np.maximum(abs(a), abs(b)))
            room = room + (0.2 * (b - a) if tolerance > 1e-3 else 0.0)
            off = ~np.isnan(a) & ~((part(x) >= a - room) & (part(x) <= b + room))
            if np.any(off):
                return f"{part(x)[off]} not in {a[off]} .. {b[off]}"
    return ""


def nearby(f: Callable[[list[Array]], list[Array]], args: list[Array], v: Any) -> list[list[Array]]:
    """Derivatives along v at points that no kink is near."""
    found = []
    for seed in range(24):
        x = moved(args, direction(tuple(args), 100 + seed), 1e-3)
        up, down = f(moved(x, v, 1e-6)), f(moved(x, v, -1e-6))
        found.append([(a - b) / 2e-6 for a, b in zip(up, down, strict=True)])
    return found


def widest(sides: Sides, around: list[list[Array]]) -> Sides:
    """The least and the largest of the derivatives."""
    found = []
    for i, (a, b) in enumerate(sides):
        every = np.stack([a, b, *(x[i] for x in around)])
        parts = [np.min(every.real, 0), np.max(every.real, 0)]
        if every.dtype.kind == "c":
            parts = [
                p + 1j * q
                for p, q in zip(parts, (np.min(every.imag, 0), np.max(every.imag, 0)), strict=True)
            ]
        found.append((parts[0], parts[1]))
    return found


def curved(second: Planned, both: Planned, args: list[Array], v: Any) -> None:
    """The derivative of the cotangents, where those of both sides agree."""
    got = list(second(args))
    sides = one_sided(lambda t: list(both(moved(args, v, t))[1]))
    agreed = []
    for a, b in sides:
        with np.errstate(all="ignore"):
            same = abs(a - b) <= 1e-5 * (1 + abs(a))
        agreed.append((np.where(same, a, np.nan), np.where(same, b, np.nan)))
    if outside(agreed, got, 1e-5):
        around = nearby(lambda x: list(both(x)[1]), args, v)
        found = outside(widest(agreed, around), got, 1e-2)
        assert not found, f"second order and differences: {found}"
