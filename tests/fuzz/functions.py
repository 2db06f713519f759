"""Random local functions: helpers, closures with state, recursion, generators."""

from __future__ import annotations

from dataclasses import replace

from tests.fuzz.scope import (
    FUNCTION,
    NF,
    PF,
    PI,
    Helper,
    Place,
    Scope,
    Type,
    matrix,
    numbers,
    vector,
)
from tests.fuzz.statements import Made, Statements, indent, maker

STYLES = {
    "plain": 4,
    "default": 2,
    "recursive": 0.7,
    "star": 0.5,
    "nonlocal": 1.5,
    "keywords": 0.4,
    "decorated": 0.5,
}


@maker(2.5)
def helper(g: Statements, s: Scope) -> Made | None:
    if s.function or s.depth > 2:
        return None
    name = g.fresh("f")
    style = g.weighted(STYLES)
    params = tuple(g.pick((PF, NF, PI, vector(3), vector(4))) for _ in range(g.rng.randint(1, 3)))
    if style == "default":
        params = (*params, PF)
    if style == "recursive":
        params = (PI, *params)
    t = g.pick((PF, NF, PI, vector(3), matrix(3, 3)))
    if style == "decorated":
        t = g.pick((PF, NF, vector(3)))
    made = Helper(name, params, t, style)
    inner = replace(s.locked(), results=(t,), container="one", helpers=s.helpers)
    names = [f"p{i}" for i, _ in enumerate(params)]
    inner = inner.add(*(Place(n, p) for n, p in zip(names, params, strict=True)))
    spelled = [*names]
    if style == "default":
        spelled[-1] = f"last={g.expr(s, PF, 1)}"
        inner = inner.add(Place("last", PF))
    inner, start = opening(g, s, inner, style, names, t)
    body, last = g.block(inner, 0, 3)
    last = replace(last, results=(t,), container="one")
    value = g.result(last, last=True)
    if style == "recursive":
        args = ", ".join([f"{names[0]} - 1", *(g.expr(last, p, 1) for p in params[1:])])
        value = combine(g, t, value, f"{name}({args})")
    lines = [f"def {name}({', '.join(spelled)}):", *indent([*start, *body, f"return {value}"])]
    if style == "decorated":
        lines = ["@halved", *lines]
    return lines, replace(s, helpers=(*s.helpers, made))


def opening(
    g: Statements, s: Scope, inner: Scope, style: str, names: list[str], t: Type
) -> tuple[Scope, list[str]]:
    """The first lines of a local function."""
    if style == "nonlocal":
        outer = s.where(lambda p: p.assignable and p.text.isidentifier())[-3:]
        if outer:
            p = g.pick(outer)
            return inner.add(p), [f"nonlocal {p.text}"]
    if style == "recursive":
        return inner, [f"if {names[0]} <= 0:", f"    return {g.expr(inner, t, 1)}"]
    return inner, []


def combine(g: Statements, t: Type, value: str, call: str) -> str:
    if t == PF:
        return f"math.tanh({value} + {call})"
    return f"({value} + {call}) % 13" if t.kind == "i" else f"np.sin({value} + {call})"


@maker(0.7)
def recursion(g: Statements, s: Scope) -> Made | None:
    """Functions that call themselves, or each other, as deep as the data says."""
    if s.function or s.depth > 1:
        return None
    f, h, x = g.fresh("f"), g.fresh("h"), Place("x", PF)
    inner = replace(s.locked(), helpers=()).add(x, Place("depth", PI, assignable=False))
    base, other = g.expr(inner, PF), g.expr(inner, PF)
    stop = g.pick(
        ("depth >= 4", "depth > 2 or x > 1.5", f"x < {g.pick(('0.3', '0.1'))} or depth > 3")
    )
    form = g.weighted({"linear": 2, "tail": 1, "double": 1, "mutual": 1})
    rest = {
        "linear": f"math.tanh({other}) + 0.5 * {f}(x * 0.5, depth + 1)",
        "tail": f"{f}(math.sin({other}), depth + 1)",
        "double": f"0.5 * {f}(x - 0.25, depth + 1) - 0.3 * {f}(x * 0.5, depth + 2)",
        "mutual": f"{h}(x * 0.75, depth + 1) + 0.1",
    }[form]
    lines = [f"def {f}(x, depth):", f"    if {stop}:", f"        return {base}"]
    if g.chance(0.4):
        body, _ = g.block(inner.deeper(), 1, 2)
        lines += indent(body)
    lines.append(f"    return {rest}")
    if form == "mutual":
        lines += [f"def {h}(x, depth):", f"    return {f}(x, depth + 1) * {g.expr(inner, PF, 1)}"]
    name = g.fresh("a")
    call = f"{name} = {f}({g.expr(s, PF, 1)}, {g.pick(('0', '1', g.expr(s, PI, 0)))})"
    after = s.add(Place(name, PF))
    return [*lines, call], replace(after, helpers=(*after.helpers, Helper(f, (PF, PI), PF)))


@maker(0.8)
def stateful(g: Statements, s: Scope) -> Made | None:
    """A function that makes functions which share a variable."""
    if s.function or s.depth > 1:
        return None
    make, step, total = g.fresh("make"), g.fresh("step"), g.fresh("total")
    kind = g.pick((PF, PF, PI))
    outer = replace(s.locked(), helpers=()).add(Place("start", kind, assignable=False))
    inner = outer.add(Place(total, kind), Place("e", kind))
    body, last = g.block(replace(inner, results=(kind,), container="one").deeper(), 0, 2)
    lines = [f"def {make}(start):", f"    {total} = start", "    def step(e):"]
    lines += indent(indent([f"nonlocal {total}", *body]))
    update = g.bounded(last.deeper(True), kind)
    lines += [f"        {total} = {update}", f"        return {total} + e", "    return step"]
    lines.append(f"{step} = {make}({g.expr(s, kind, 1)})")
    fun = (Place(step, FUNCTION),) if kind == PF else ()
    return lines, replace(s.add(*fun), helpers=(*s.helpers, Helper(step, (kind,), kind)))


@maker(0.6)
def chosen(g: Statements, s: Scope) -> Made:
    """Functions in a container, one of which is called."""
    table, name = g.fresh("table"), g.fresh("a")
    own = [h.name for h in s.helpers if h.params == (PF,) and h.result == PF and h.style == "plain"]
    made = ", ".join([*own[:1], *(g.expr(s, FUNCTION, 1) for _ in range(3 - len(own[:1])))])
    x, k = g.expr(s, PF, 1), g.expr(s, PI, 1)
    if g.chance(0.3):
        keys = ("'fast'", "'slow'", "'mid'")
        pairs = ", ".join(f"{a}: {b}" for a, b in zip(keys, made.split(", "), strict=False))
        if made.count(", ") == 2:
            line = f"{name} = {table}[{g.fill('{S}', s, 1, PF)}]({x})"
            return [f"{table} = {{{pairs}}}", line], s.add(Place(name, PF))
    left, right = g.pick(("[]", "()"))
    return [f"{table} = {left}{made}{right}", f"{name} = {table}[{k} % 3]({x})"], s.add(
        Place(name, PF), Place(f"{table}[1]", FUNCTION, assignable=False)
    )


@maker(0.8)
def generator(g: Statements, s: Scope) -> Made | None:
    if s.function or s.depth > 2:
        return None
    name, e, limit = g.fresh("g"), g.fresh("e"), g.pick(("3", "len(p)", "2"))
    inner = replace(s.locked(), helpers=()).add(Place("p", vector(3), assignable=False))
    i = g.fresh("i")
    counted = inner.add(Place(i, PI))
    yielded = f"        yield p[{i}] * {g.expr(counted, PF, 1)}"
    stop = [f"        if {g.condition(counted)}:", "            return"] if g.chance(0.3) else []
    lines = [f"def {name}(p):", f"    for {i} in range({limit}):", *stop, yielded]
    if g.chance(0.3):
        lines.append(f"    yield np.float64({g.expr(inner, PF, 1)})")
    source, total = f"{name}({g.expr(s, vector(3), 1)})", g.fresh("a")
    form = g.pick(("sum", "loop", "list"))
    if form == "sum":
        return [*lines, f"{total} = np.float64(sum({source}))"], s.add(Place(total, NF))
    if form == "list":
        call = f"{total} = np.float64(sum([{e} * {e} for {e} in {source}]))"
        return [*lines, call], s.add(Place(total, NF))
    after = s.add(Place(total, NF), Place(e, NF))
    body, _ = g.nested(after, loop=True, high=2)
    start = [f"{total} = np.float64(0.0)", f"for {e} in {source}:", f"    {total} += {e}"]
    return [*lines, *start, *indent(body)], s.add(Place(total, NF))


@maker(0.4)
def many_results(g: Statements, s: Scope) -> Made | None:
    """A function of star arguments and keywords with several results."""
    if s.function or s.depth > 1:
        return None
    f, a, b = g.fresh("f"), g.fresh("a"), g.fresh("b")
    inner = replace(s.locked(), helpers=()).add(
        Place("x", PF), Place("scale", PF), Place("rest", numbers(2), assignable=False)
    )
    x, y, z = (g.expr(s, PF, 1) for _ in range(3))
    lines = [
        f"def {f}(x, *rest, scale=0.5, **others):",
        f"    return {g.expr(inner, PF)}, sum(rest) * scale + others.get('shift', 0.0)",
    ]
    call = g.pick(
        (
            f"{a}, {b} = {f}({x}, {y}, {z})",
            f"{a}, {b} = {f}({x}, *[{y}, {z}], scale={g.expr(s, PF, 1)})",
            f"{a}, {b} = {f}({x}, {y}, {z}, shift={g.expr(s, PF, 1)})",
            f"{a}, {b} = {f}(*({x}, {y}, {z}), **{{'scale': 2.0, 'shift': {z}}})",
        )
    )
    return [*lines, call], s.add(Place(a, PF), Place(b, PF))
