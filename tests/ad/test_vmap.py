"""vmap against the lanes one by one: alone, and before and after forward and reverse mode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from anvil.ad import Session, VmapRefused, batch_func, derive_steps, expand
from anvil.ad.forward import jvp_of
from anvil.ad.reverse import vjp_of
from anvil.ad.vmap import vmap_func
from anvil.ir.analysis import walk
from anvil.ir.evaluate import Counts, evaluate
from anvil.ir.records import Atom, FuncRef, Program
from anvil.ir.types import BOOL, I64, TOKEN, ArrayType, array
from anvil.ir.verify import verify
from tests.ad.programs import (
    PROGRAMS,
    SCALARS,
    N,
    V,
    X,
    branch,
    func,
    item,
    loop,
    loop_while,
    program,
    put,
)

LANES = 3
P = array(BOOL)


class Paths:
    """Functions derived from the entry: J forward, R reverse (of all inexact values), V vmap."""

    def __init__(self, source: Program, mapped: Sequence[int]) -> None:
        self.session = Session.of(source)
        self.entry = source.entry
        self.mapped = tuple(mapped)

    def derived(self, path: str) -> str:
        """The function that `path`, innermost first, makes of the entry."""
        name, mapped = self.entry, self.mapped
        for letter in path:
            f = self.session.funcs[name]
            wrt, outs = inexact([p.type for p in f.params]), inexact(f.results)
            given = len(f.params)
            if letter == "J":
                name = jvp_of(self.session, name, wrt)[0].name
                moved = range(given, given + len(wrt))
                mapped = (*mapped, *(j for i, j in zip(wrt, moved, strict=True) if i in mapped))
            elif letter == "R":
                name = vjp_of(self.session, name, wrt, outs).func.name
                mapped = (*mapped, *range(given, given + len(outs)))
            else:
                name = vmap_func(self.session, name, mapped, LANES).name
        return name

    def run(self, name: str, args: Sequence[Any], counts: Counts | None = None) -> list[Any]:
        """Evaluates one of the functions."""
        core = verify(self.session.program(self.entry, "core"))
        return list(evaluate(verify(derive_steps(core)), args, entry=name, counts=counts))


def inexact(types: Sequence[Any]) -> tuple[int, ...]:
    return tuple(i for i, t in enumerate(types) if isinstance(t, ArrayType) and t.dtype.inexact)


def lanes_of(args: Sequence[Any], rng: np.random.Generator) -> list[Any]:
    """Arguments for every lane, near `args`; integers grow from lane to lane."""
    out = []
    for a in args:
        if isinstance(a, int):
            out.append(np.arange(a, a + LANES))
        else:
            out.append(np.stack([a * (1 + 0.2 * rng.random()) for _ in range(LANES)]))
    return out


APART: dict[str, list[Any]] = {
    "branch taken": [np.array([0.3, -0.3, 0.5]), np.array([0.7, 0.9, 1.1])],
    "newton": [np.array([0.02, 2.0, 900.0])],
    "nested": [np.array([0.7, 0.1, 0.4]), np.array([0.3, 0.9, 0.6]), np.array([3, 1, 0])],
    "everything": [np.stack([SCALARS, -SCALARS, SCALARS * np.array([90.0, 1.0, 0.01, 3.0])])],
    "branch in loop": [np.stack([SCALARS, -SCALARS, 3 * SCALARS]), np.array([0.2, 0.9, -1.0])],
}
"""Arguments that take the lanes different ways."""


def stacked(lanes: Sequence[Sequence[Any]]) -> list[Any]:
    return [np.stack(column) for column in zip(*lanes, strict=True)]


def close(got: Sequence[Any], expected: Sequence[Any]) -> None:
    assert len(got) == len(expected)
    for g, e in zip(got, expected, strict=True):
        np.testing.assert_allclose(g, e, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("path", ["V", "JV", "RV", "VJ", "VR", "RRV", "RVR", "VRR", "JVR", "VRJ"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_every_order_equals_the_lanes(name: str, path: str) -> None:
    make, args = PROGRAMS[name]
    rng = np.random.default_rng(5)
    paths = Paths(make(), range(len(args)))
    mapped = list(APART[name]) if name in APART else lanes_of(args, rng)
    plain = paths.derived(path.replace("V", ""))
    for p in paths.session.funcs[plain].params[len(args) :]:
        assert isinstance(p.type, ArrayType)
        mapped.append(rng.normal(size=(LANES, *p.type.shape)))
    expected = stacked([paths.run(plain, [a[k] for a in mapped]) for k in range(LANES)])
    close(paths.run(paths.derived(path), mapped), expected)


@pytest.mark.parametrize("name", [n for n, (_, args) in PROGRAMS.items() if len(args) > 1])
@pytest.mark.parametrize("path", ["V", "RV", "VR"])
def test_parameters_that_are_not_mapped(name: str, path: str) -> None:
    make, args = PROGRAMS[name]
    rng = np.random.default_rng(5)
    for kept in range(len(args)):
        paths = Paths(make(), [i for i in range(len(args)) if i != kept])
        given = lanes_of(args, rng)
        given[kept] = args[kept]
        plain = paths.derived(path.replace("V", ""))
        extra = paths.session.funcs[plain].params[len(args) :]
        given += [rng.normal(size=(LANES, *p.type.shape)) for p in extra]  # type: ignore[attr-defined]
        lanes = [[a if i == kept else a[k] for i, a in enumerate(given)] for k in range(LANES)]
        expected = stacked([paths.run(plain, lane) for lane in lanes])
        if path == "VR" and not isinstance(args[kept], int):
            f = paths.session.funcs[paths.entry]
            at = len(f.results) + inexact([p.type for p in f.params]).index(kept)
            expected[at] = expected[at].sum(0)
        close(paths.run(paths.derived(path), given), expected)


def mapped_program(f: Program, mapped: Sequence[int], size: int, name: str = "main") -> Program:
    """A surface program that maps the entry of `f`."""

    def write(b: Any, *args: Atom) -> Sequence[Atom]:
        attrs = {"callee": FuncRef(f.entry), "mapped": tuple(mapped), "size": size}
        types = [
            t.with_shape((size, *t.shape)) if isinstance(t, ArrayType) else t
            for t in f.main.results
        ]
        outs: Sequence[Atom] = b.emit_tuple("vmap_call", args, attrs, out_types=types)
        return outs

    params = {}
    for i, p in enumerate(f.main.params):
        t = p.type
        if i in mapped:
            assert isinstance(t, ArrayType)
            t = t.with_shape((size, *t.shape))
        params[p.hint or f"a{i}"] = t
    main = func(name, params, write)
    return program(main, *f.funcs.values(), stage="surface")


def agree(
    f: Program, mapped: Sequence[int], size: int, args: Sequence[Any], counts: Counts | None = None
) -> list[Any]:
    """The mapped entry equals the evaluator's lanes; returns the results."""
    surface = verify(mapped_program(f, mapped, size))
    expected = evaluate(surface, args)
    got = evaluate(verify(expand(surface)), args, counts=counts)
    for g, e in zip(got, expected, strict=True):
        np.testing.assert_allclose(g, e, rtol=1e-13)
    return list(got)


def test_nested_maps() -> None:
    for name, first, second in (
        ("newton", (0,), (0,)),
        ("nested", (0, 2), (0, 1)),
        ("branch in loop", (0,), (1,)),
    ):
        f = mapped_program(PROGRAMS[name][0](), first, 2, "inner")
        rng = np.random.default_rng(3)
        args: list[Any] = []
        for i, p in enumerate(f.main.params):
            assert isinstance(p.type, ArrayType)
            shape = (LANES, *p.type.shape) if i in second else p.type.shape
            whole = p.type.dtype is I64
            args.append(rng.integers(0, 4, shape) if whole else 0.5 + rng.random(shape))
        agree(f, second, LANES, args)


# ---- what is not live is not seen


def test_division_by_zero_in_the_untaken_branch() -> None:
    def f(b: Any, x: Atom) -> Sequence[Atom]:
        return branch(b, b.eq(x, 0.0), lambda: [b.const(1.0)], lambda: [b.div(b.sin(x), x)])

    x = np.array([0.0, 0.5, 0.0])
    with np.errstate(all="ignore"):
        agree(program(func("f", {"x": X}, f)), (0,), 3, [x])
        for path in ("RV", "VR", "JV", "VJ"):
            paths = Paths(program(func("f", {"x": X}, f)), (0,))
            _, dx = paths.run(paths.derived(path), [x, np.ones(3)])
            slope = (0.5 * np.cos(0.5) - np.sin(0.5)) / 0.25
            np.testing.assert_allclose(dx, [0.0, slope, 0.0], atol=1e-14)


def test_frozen_lanes_do_not_poison_gradients() -> None:
    """A finished lane sits where the body's derivative is infinite."""

    def f(b: Any, x: Atom) -> Sequence[Atom]:
        return loop_while(b, [x], lambda s: b.gt(s, 0.0), lambda s: [b.sub(b.sqrt(s), 1.0)])

    x = np.array([0.0, 0.25, 4.0])
    with np.errstate(all="ignore"):
        for path in ("RV", "VR", "JV", "VJ"):
            paths = Paths(program(func("f", {"x": X}, f)), (0,))
            _, dx = paths.run(paths.derived(path), [x, np.ones(3)])
            plain = paths.derived(path.replace("V", ""))
            lanes = [paths.run(plain, [v, np.float64(1.0)])[1] for v in x]
            np.testing.assert_allclose(dx, lanes)


def guarded() -> Program:
    """Checks inside a branch, after a loop with a check of its own."""

    def f(b: Any, t: Atom, x: Atom, n: Atom) -> Sequence[Atom]:
        def body(i: Atom, t: Atom, s: Atom) -> Sequence[Atom]:
            return [b.emit("check", (t, b.lt(i, 4)), {"site": 1}), b.add(s, x)]

        t, s = loop(b, n, [t, x], body)
        return branch(
            b,
            b.gt(x, 0.0),
            lambda: [b.emit("check", (t, b.gt(b.sqrt(x), 0.1)), {"site": 2}), s],
            lambda: [b.emit("check", (t, b.lt(s, -1.0)), {"site": 3}), b.neg(s)],
        )

    return program(func("f", {"t": TOKEN, "x": X, "n": N}, f))


@pytest.mark.parametrize(
    "x, n, site",
    [
        ((1.0, 2.0, -3.0), (1, 4, 0), 0),
        ((1.0, 2.0, -3.0), (1, 5, 0), 1),
        ((1.0, 1e-4, -3.0), (1, 4, 0), 2),
        ((1.0, 2.0, -0.1), (1, 4, 0), 3),
    ],
)
def test_checks_fire_for_live_lanes_only(
    x: tuple[float, ...], n: tuple[int, ...], site: int
) -> None:
    args = [0, np.array(x), np.array(n)]
    surface = mapped_program(guarded(), (1, 2), 3)
    with np.errstate(all="ignore"):
        got = evaluate(verify(expand(surface)), args)
        assert got[0] == site == evaluate(surface, args)[0]
        if not site:
            close(got[1:], evaluate(surface, args)[1:])


def test_checks_in_a_called_function_are_masked() -> None:
    def g(b: Any, t: Atom, x: Atom) -> Sequence[Atom]:
        t = b.emit("check", (t, b.gt(x, 0.0)), {"site": 9})
        return [t, b.sqrt(x)]

    root = func("g", {"t": TOKEN, "x": X}, g)

    def f(b: Any, t: Atom, x: Atom) -> Sequence[Atom]:
        return branch(b, b.gt(x, 0.0), lambda: b.call(root, [t, x]), lambda: [t, x])

    p = program(func("f", {"t": TOKEN, "x": X}, f), root)
    with np.errstate(all="ignore"):
        token, y = agree(p, (1,), 2, [0, np.array([4.0, -1.0])])
    assert token == 0
    close([y], [np.array([2.0, -1.0])])


def test_loops_in_untaken_branches_do_not_run() -> None:
    """The condition holds for ever where the branch is not taken."""

    def f(b: Any, x: Atom, y: Atom) -> Sequence[Atom]:
        def run() -> Sequence[Atom]:
            (s,) = loop_while(b, [x], lambda s: b.lt(s, 10.0), lambda s: [b.mul(s, 2.0)])
            (u,) = loop_while(b, [y], lambda u: b.lt(u, 10.0), lambda u: [b.mul(u, 2.0)])
            return [b.add(s, u)]

        return branch(b, b.gt(x, 0.0), run, lambda: [x])

    p = program(func("f", {"x": X, "y": X}, f))
    agree(p, (0,), 3, [np.array([1.0, -1.0, 0.3]), 1.0])
    agree(p, (0,), 2, [np.array([-1.0, -2.0]), -1.0])


def test_print_happens_once_and_only_for_live_lanes(capsys: pytest.CaptureFixture[str]) -> None:
    def f(b: Any, t: Atom, x: Atom) -> Sequence[Atom]:
        return branch(
            b, b.gt(x, 0.0), lambda: [b.emit("print", (t, x), {"fmt": "{}"})], lambda: [t]
        )

    p = expand(mapped_program(program(func("f", {"t": TOKEN, "x": X}, f)), (1,), 2))
    evaluate(verify(p), [0, np.array([-1.0, -2.0])])
    assert capsys.readouterr().out == ""
    evaluate(p, [0, np.array([-1.0, 2.0])])
    assert capsys.readouterr().out == "[-1.  2.]\n"


# ---- arrays are updated in place


def biggest_select(p: Program) -> int:
    """The number of elements of the largest select."""
    sizes = [op.outs[0].type.size for op in walk(p) if op.kind.name == "select"]  # type: ignore[attr-defined]
    return max(sizes, default=0)


def test_carried_arrays_are_masked_where_they_are_updated() -> None:
    def f(b: Any, x: Atom, n: Atom) -> Sequence[Atom]:
        def step(k: Atom, y: Atom) -> Sequence[Atom]:
            (y,) = branch(
                b,
                b.gt(item(b, y, b.rem(k, 4)), 0.5),
                lambda: [put(b, y, b.rem(k, 4), b.const(0.25))],
                lambda: [put(b, y, b.rem(b.add(k, 1), 4), b.add(item(b, y, b.rem(k, 4)), 0.5))],
            )
            (y,) = loop(b, b.i64(2), [y], lambda i, z: [put(b, z, i, b.mul(item(b, z, i), 1.5))])
            return [b.add(k, 1), y]

        return loop_while(b, [b.i64(0), x], lambda k, y: b.lt(k, n), step)

    p = program(func("f", {"x": V, "n": N}, f))
    rng = np.random.default_rng(0)
    agree(p, (0, 1), 3, [rng.random((3, 4)), np.array([0, 7, 3])])
    agree(p, (1,), 3, [rng.random(4), np.array([0, 7, 3])])
    assert biggest_select(expand(mapped_program(p, (0, 1), 3))) == 3


def test_branches_that_read_what_the_other_updates() -> None:
    """Both branches update one array, read it before and after, and yield it more than once."""

    def f(b: Any, p: Atom, q: Atom, x: Atom) -> Sequence[Atom]:
        def then() -> Sequence[Atom]:
            y = put(b, x, b.i64(0), b.const(5.0))
            return [y, b.mul(item(b, y, b.i64(0)), item(b, x, b.i64(0))), x, y]

        def orelse() -> Sequence[Atom]:
            first, second = branch(
                b,
                q,
                lambda: [put(b, x, b.i64(1), item(b, x, b.i64(2))), x],
                lambda: [x, put(b, x, b.i64(3), b.const(2.0))],
            )
            return [first, item(b, x, b.i64(0)), second, put(b, x, b.i64(2), b.const(9.0))]

        return branch(b, p, then, orelse)

    p = program(func("f", {"p": P, "q": P, "x": V}, f))
    flags = np.array([True, True, False, False]), np.array([True, False, True, False])
    agree(p, (0, 1, 2), 4, [*flags, np.random.default_rng(0).random((4, 4))])
    agree(p, (0, 1), 4, [*flags, np.random.default_rng(0).random(4)])


def test_updates_in_a_called_function() -> None:
    g = func(
        "g",
        {"x": V, "v": X},
        lambda b, x, v: loop(b, b.i64(2), [x], lambda i, y: [put(b, y, i, b.add(v, b.const(1.0)))]),
    )

    def f(b: Any, x: Atom, v: Atom) -> Sequence[Atom]:
        return branch(b, b.gt(v, 0.0), lambda: b.call(g, [x, v]), lambda: [x])

    p = program(func("f", {"x": V, "v": X}, f), g)
    rng = np.random.default_rng(0)
    agree(p, (0, 1), 3, [rng.random((3, 4)), np.array([1.0, -1.0, 2.0])])
    agree(p, (1,), 3, [rng.random(4), np.array([1.0, -1.0, 2.0])])
    assert biggest_select(expand(mapped_program(p, (0, 1), 3))) <= 3


@pytest.mark.parametrize("kind", ["dynamic_add_slice", "scatter", "scatter_add"])
def test_other_updates_are_masked(kind: str) -> None:
    def f(b: Any, p: Atom, x: Atom, i: Atom, v: Atom) -> Sequence[Atom]:
        def then() -> Sequence[Atom]:
            update = b.reshape(v, shape=(1,))
            if kind == "dynamic_add_slice":
                return [b.dynamic_add_slice(x, update, i)]
            return [b.emit(kind, (x, b.reshape(i, shape=(1, 1)), update), {"axes": (0,)})]

        return branch(b, p, then, lambda: [x])

    p = program(func("f", {"p": P, "x": V, "i": N, "v": X}, f))
    flags, values = np.array([True, False, True]), np.array([7.0, 8.0, 9.0])
    rows, x = np.array([0, 1, 3]), np.random.default_rng(0).random((3, 4))
    agree(p, (0, 1, 2, 3), 3, [flags, x, rows, values])
    agree(p, (0, 2), 3, [flags, x[0], rows, 7.0])
    agree(p, (0,), 3, [flags, x[0], 2, 7.0])


# ---- rules given by the user


def clipped(rule: str) -> Program:
    """y = x * x * w with a rule that says half of the slope, called where x > 0 only."""

    def g(b: Any, x: Atom, w: Atom) -> Sequence[Atom]:
        (s,) = loop_while(b, [x], lambda s: b.lt(s, 0.0), lambda s: [b.mul(s, 2.0)])
        return [b.mul(b.mul(s, s), w)]

    def forward(b: Any, x: Atom, w: Atom, dx: Atom, dw: Atom) -> Sequence[Atom]:
        (y,) = g(b, x, w)
        return [y, b.add(b.mul(b.mul(x, w), dx), b.mul(b.mul(x, x), dw))]

    def backward(b: Any, x: Atom, w: Atom, ct: Atom) -> Sequence[Atom]:
        (s,) = loop_while(b, [x], lambda s: b.lt(s, 0.0), lambda s: [b.mul(s, 2.0)])
        return [b.mul(b.mul(s, w), ct), b.mul(b.mul(x, x), ct)]

    callee = func("g", {"x": X, "w": X}, g)
    if rule == "jvp":
        funcs = [func("g.rule", dict.fromkeys(("x", "w", "dx", "dw"), X), forward)]
    else:
        keep = func("g.rule", {"x": X, "w": X}, lambda b, x, w: [*g(b, x, w), x, w])
        funcs = [keep, func("g.back", dict.fromkeys(("x", "w", "ct"), X), backward)]

    def f(b: Any, x: Atom, w: Atom) -> Sequence[Atom]:
        attrs = {
            "callee": FuncRef("g"), "rule": rule, "fwd": FuncRef("g.rule"),
            "bwd": FuncRef("g.back") if rule == "vjp" else None, "wrt": (0, 1), "outs": (0,),
        }  # fmt: skip
        return branch(
            b,
            b.gt(x, 0.0),
            lambda: b.emit_tuple("custom_call", (x, w), attrs, out_types=[X]),
            lambda: [b.mul(w, 3.0)],
        )

    return program(func("f", {"x": X, "w": X}, f), callee, *funcs)


@pytest.mark.parametrize("path", ["V", "JV", "RV", "VJ", "VR"])
@pytest.mark.parametrize("rule", ["jvp", "vjp"])
def test_custom_rules_stay_rules(rule: str, path: str) -> None:
    x, w, one = np.array([0.5, -0.5, 2.0]), np.array([3.0, 4.0, 5.0]), np.ones(3)
    paths = Paths(clipped(rule), (0, 1))
    name = paths.derived(path)
    args = [x, w, one, one][: len(paths.session.funcs[name].params)]
    core = paths.session.program(name, "surface")
    y, *moved = evaluate(derive_steps(expand(core)), args)
    np.testing.assert_allclose(y, [0.75, 12.0, 20.0])
    dx, dw = np.array([1.5, 0.0, 10.0]), np.array([0.25, 3.0, 4.0])
    close(moved, {"V": [], "J": [dx + dw], "R": [dx, dw]}[path.replace("V", "") or "V"])


# ---- what is the same for all lanes stays so


def test_results_that_do_not_differ_carry_no_axis() -> None:
    def f(b: Any, x: Atom, y: Atom) -> Sequence[Atom]:
        s, k = loop(b, b.i64(3), [x, y], lambda i, s, k: [b.mul(s, k), b.add(k, 1.0)])
        return [s, k, b.mul(y, y)]

    p = program(func("f", {"x": X, "y": X}, f))
    made, name, out = batch_func(p, "f", (0,), 2)
    assert out == (True, False, False)
    got = evaluate(verify(made), [np.array([1.0, 2.0]), 3.0], entry=name)
    close(got, [np.array([60.0, 120.0]), 6.0, 9.0])
    agree(p, (0,), 2, [np.array([1.0, 2.0]), 3.0])


def test_ops_that_do_not_differ_are_not_repeated() -> None:
    def f(b: Any, x: Atom, y: Atom) -> Sequence[Atom]:
        return [b.mul(x, b.sin(y))]

    p = program(func("f", {"x": X, "y": X}, f))
    made, name, _ = batch_func(p, "f", (0,), 5)
    sines = [op for op in walk(made.funcs[name]) if op.kind.name == "sin"]
    assert [op.outs[0].type for op in sines] == [X]


def test_no_lanes() -> None:
    for name in ("newton", "for", "everything"):
        make, args = PROGRAMS[name]
        empty = [np.zeros((0, *np.shape(a)), np.asarray(a).dtype) for a in args]
        agree(make(), range(len(args)), 0, empty)


def test_unexpanded_transforms_are_refused() -> None:
    inner = mapped_program(PROGRAMS["newton"][0](), (0,), 2)
    with pytest.raises(VmapRefused, match="vmap_call must be expanded"):
        batch_func(inner, "main", (0,), 2)


def test_each_map_is_made_once() -> None:
    session = Session.of(PROGRAMS["calls"][0]())
    assert vmap_func(session, "f", (0,), 2) is vmap_func(session, "f", (0,), 2)
    assert vmap_func(session, "f", (0,), 2) is not vmap_func(session, "f", (0, 1), 2)


# ---- cotangents over a history that is the same for all lanes


def test_reversed_loops_at_the_adjoint_stage() -> None:
    """Mapped cotangents of one loop: its states stay the same for all lanes (Jacobians)."""
    for name in ("for", "newton", "nested", "recurrence"):
        make, args = PROGRAMS[name]
        paths = Paths(make(), ())
        reverse = paths.derived("R")
        n = len(args)
        seeds = range(n, len(paths.session.funcs[reverse].params))
        ready = derive_steps(paths.session.program(paths.entry, "core"))
        made, vmapped, _ = batch_func(ready, reverse, tuple(seeds), LANES)
        rng = np.random.default_rng(1)
        shapes = [ready.funcs[reverse].params[i].type.shape for i in seeds]  # type: ignore[attr-defined]
        cts = [rng.normal(size=(LANES, *s)) for s in shapes]
        lanes = [paths.run(reverse, [*args, *(c[k] for c in cts)]) for k in range(LANES)]
        got = evaluate(verify(made), [*args, *cts], entry=vmapped)
        results = len(ready.funcs[paths.entry].results)
        close(got[results:], stacked(lanes)[results:])
        loops = [op for op in walk(made.funcs[vmapped]) if op.kind.name in ("for", "while")]
        assert all(v.type in (X, N, V) for op in loops[:1] for v in op.outs[:1])


def test_reversed_loops_with_lanes_of_their_own_at_the_adjoint_stage() -> None:
    for name in ("for", "newton", "nested", "everything", "branch in loop"):
        make, args = PROGRAMS[name]
        paths = Paths(make(), ())
        reverse = paths.derived("R")
        ready = derive_steps(paths.session.program(paths.entry, "core"))
        rng = np.random.default_rng(1)
        given = lanes_of(args, rng)
        for p in ready.funcs[reverse].params[len(args) :]:
            given.append(rng.normal(size=(LANES, *p.type.shape)))  # type: ignore[attr-defined]
        made, vmapped, _ = batch_func(ready, reverse, tuple(range(len(given))), LANES)
        lanes = [paths.run(reverse, [a[k] for a in given]) for k in range(LANES)]
        close(evaluate(verify(made), given, entry=vmapped), stacked(lanes))
