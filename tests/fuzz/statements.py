"""Random statements: assignments, control flow, mutation, containers, local functions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.fuzz.expressions import Expressions
from tests.fuzz.scope import NF, PB, PF, PI, Helper, Place, Scope, Type, matrix, vector

Made = tuple[list[str], Scope]
MAKERS: dict[str, tuple[Any, float]] = {}


def maker(weight: float) -> Any:
    def add(function: Any) -> Any:
        MAKERS[function.__name__] = function, weight
        return function

    return add


def indent(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


class Statements(Expressions):
    """Draws blocks of statements."""

    def block(self, s: Scope, low: int = 1, high: int = 4) -> Made:
        """A few statements, and the scope after them."""
        lines: list[str] = []
        for _ in range(self.rng.randint(low, high)):
            more, s = self.statement(s)
            lines += more
        return lines, s

    def statement(self, s: Scope) -> Made:
        while True:
            name = self.rng.choices(list(MAKERS), [w for _, w in MAKERS.values()])[0]
            made: Made | None = MAKERS[name][0](self, s)
            if made is not None:
                return made

    def nested(self, s: Scope, loop: bool = False, high: int = 3) -> Made:
        return self.block(s.deeper(loop), 1, max(1, high - s.depth))

    def bounded(self, s: Scope, t: Type) -> str:
        """An expression that does not grow from pass to pass of a loop."""
        text = self.expr(s, t)
        if not s.loop or self.chance(0.2):
            return text
        if t.kind in "fg":
            return f"math.tanh({text})" if t.py else f"np.tanh({text})"
        return f"({text}) % {self.pick((5, 7, 11))}" if t.kind == "i" else text

    def fresh_array(self, s: Scope, t: Type) -> str:
        """An expression of an array that nothing else can reach."""
        text = self.bounded(s, t)
        if self.chance(0.5):
            return f"({text}).copy()"
        return f"{text} * 1" if t.kind == "i" else f"np.sin({text})"

    def any_value(self, s: Scope) -> Type:
        return self.scalar_type() if self.chance(0.6) else self.array_type()

    def result(self, s: Scope) -> str:
        made = [self.expr(s, t, 2) for t in s.results]
        if s.container == "one":
            return made[0]
        if s.container == "dict":
            return "{" + ", ".join(f"'r{i}': {m}" for i, m in enumerate(made)) + "}"
        left, right = ("[", "]") if s.container == "list" else ("(", ",)")
        return left + ", ".join(made) + right


@maker(4)
def assign(g: Statements, s: Scope) -> Made:
    t = g.any_value(s)
    name = g.fresh({"f": "a", "i": "k", "b": "t", "g": "h"}[t.kind] if not t.shape else "u")
    fresh = bool(t.shape) and g.chance(0.8)
    text = g.fresh_array(s, t) if fresh else g.expr(s, t)
    return [f"{name} = {text}"], s.add(Place(name, t, fresh))


@maker(4)
def rebind(g: Statements, s: Scope) -> Made | None:
    places = s.where(lambda p: p.assignable)
    if not places:
        return None
    p = g.pick(places)
    t = p.type
    if not t.shape and g.chance(0.04):  # another kind of number
        t = g.scalar_type()
    text = g.fresh_array(s, t) if p.fresh else g.bounded(s, t)
    return [f"{p.text} = {text}"], s


@maker(4)
def augment(g: Statements, s: Scope) -> Made | None:
    places = s.where(lambda p: p.assignable and p.type.kind != "b" and not p.type.shape)
    if not places:
        return None
    p = g.pick(places)
    operator = g.pick(("+=", "-=", "*=")) if p.type.kind != "i" else g.pick(("+=", "-=", "^="))
    lines = [f"{p.text} {operator} {g.bounded(s, p.type)}"]
    if operator == "*=" or (s.loop and p.type.kind == "i"):
        lines.append(f"{p.text} {'%= 11' if p.type.kind == 'i' else '*= 0.5'}")
    return lines, s


@maker(3)
def augment_array(g: Statements, s: Scope) -> Made | None:
    places = s.where(lambda p: p.fresh and p.assignable and p.type.shape)
    if not places:
        return None
    p = g.pick(places)
    operator = g.pick(("+=", "-=", "*=")) if p.type.kind != "i" else g.pick(("+=", "-=", "|="))
    value = g.bounded(
        s,
        p.type
        if g.chance(0.6)
        else replace(p.type, shape=(), py=True, kind="i" if p.type.kind == "i" else "f"),
    )
    return [f"{p.text} {operator} {value}"], s


@maker(6)
def store(g: Statements, s: Scope) -> Made | None:
    places = s.where(lambda p: p.fresh and p.type.shape)
    if not places:
        return None
    p = g.pick(places)
    t, n = p.type, p.type.shape[0]
    kind = PI if t.kind == "i" else PF
    operator = g.weighted({"=": 5, "+=": 2, "-=": 1, "*=": 0.5})
    form = g.weighted({"item": 5, "slice": 2, "mask": 1, "fancy": 0.7, "step": 0.5, "at": 0.4})
    if len(t.shape) == 2:
        return matrix_store(g, s, p, form, operator)
    value = g.bounded(s, kind if g.chance(0.6) or t.kind == "i" else NF)
    if form == "item":
        return [f"{p.text}[{g.index(s, n)}] {operator} {value}"], s
    if form == "slice":
        part = g.pick(("1:", ":-1", ":2", "-2:", ":"))
        other = g.bounded(s, t)
        return [f"{p.text}[{part}] {operator} {g.pick((value, f'({other})[{part}]'))}"], s
    if form == "mask":
        return [f"{p.text}[{g.expr(s, t, 1)} > 0] {operator} {value}"], s
    if form == "fancy":
        return [f"{p.text}[[0, 2]] {operator} {value}"], s
    if form == "at":
        return [f"np.add.at({p.text}, {g.expr(s, vector(3, 'i'), 1)} % {n}, {value})"], s
    return [f"{p.text}[::{g.pick((2, -1, -2))}] {operator} {value}"], s


def matrix_store(g: Statements, s: Scope, p: Place, form: str, operator: str) -> Made:
    m, n = p.type.shape
    i, j = g.index(s, m), g.index(s, n)
    if form == "item":
        target = g.pick((f"{p.text}[{i}, {j}]", f"{p.text}[{i}][{j}]"))
        return [f"{target} {operator} {g.bounded(s, PF)}"], s
    if form == "slice":
        return [f"{p.text}[{i}] {operator} {g.bounded(s, vector(n))}"], s
    if form == "mask":
        return [f"{p.text}[{p.text} > {g.pick(('0.5', '0.0'))}] {operator} {g.bounded(s, PF)}"], s
    if form == "fancy":
        return [f"{p.text}[1:, :2] {operator} {g.bounded(s, PF)}"], s
    return [f"{p.text}[:, {j}] {operator} {g.bounded(s, vector(m))}"], s


@maker(2)
def view(g: Statements, s: Scope) -> Made | None:
    places = s.where(lambda p: p.type.shape and p.text.isidentifier())
    if not places:
        return None
    p, name = g.pick(places), g.fresh("w")
    if len(p.type.shape) == 2:
        m, n = p.type.shape
        text, t = g.pick(
            (
                (f"{p.text}[{g.index(s, m)}]", vector(n)),
                (f"{p.text}[:, {g.index(s, n)}]", vector(m)),
                (f"{p.text}.T", matrix(n, m)),
                (f"{p.text}[::-1]", p.type),
            )
        )
    elif p.type.shape == (4,):
        text, t = g.pick((f"{p.text}[1:]", f"{p.text}[:-1]")), replace(p.type, shape=(3,))
    else:
        text, t = g.pick((p.text, f"{p.text}[::-1]", f"{p.text}[:]")), p.type
    return [f"{name} = {text}"], s.add(Place(name, t, p.fresh))


@maker(1.5)
def swap(g: Statements, s: Scope) -> Made | None:
    p = g.pick(s.where(lambda p: p.assignable) or [None])
    others = s.where(
        lambda o: p and o.assignable and o.type == p.type and o.fresh == p.fresh and o != p
    )
    if others:
        q = g.pick(others)
        return [f"{p.text}, {q.text} = {q.text}, {p.text}"], s
    places = s.where(lambda p: p.fresh and len(p.type.shape) == 1)
    if not places:
        return None
    u = g.pick(places)
    i, j = g.index(s, 3), g.index(s, 3)
    return [f"{u.text}[{i}], {u.text}[{j}] = {u.text}[{j}], {u.text}[{i}]"], s


@maker(5)
def branch(g: Statements, s: Scope) -> Made | None:
    if s.depth > 3 or g.chance(0.2 * s.depth):
        return None
    lines = [f"if {g.condition(s)}:"]
    body, _ = g.nested(s)
    lines += indent(body + leave(g, s))
    while g.chance(0.25):
        body, _ = g.nested(s)
        lines += [f"elif {g.condition(s)}:", *indent(body + leave(g, s))]
    if g.chance(0.5):
        body, _ = g.nested(s)
        lines += ["else:", *indent(body)]
    return lines, s


def leave(g: Statements, s: Scope) -> list[str]:
    """Perhaps a statement that leaves the block."""
    options: dict[str, float] = {"": 6, "return": 0.7, "raise": 0.15}
    if s.loop:
        options |= {"break": 1.2, "continue": 1}
    form = g.weighted(options)
    if form == "return":
        return [f"return {g.result(s)}"]
    if form == "raise":
        return [g.pick(("raise ValueError('bad')", "raise Bad('x', 2)", "raise RuntimeError"))]
    return [form] if form else []


@maker(2)
def walrus(g: Statements, s: Scope) -> Made | None:
    if s.depth > 3 or g.chance(0.2 * s.depth):
        return None
    name, t = g.fresh("z"), g.pick((PF, NF, PI))
    inner = s.add(Place(name, t))
    body, _ = g.nested(inner)
    lines = [f"if ({name} := {g.expr(s, t)}) {g.pick('<>')} {g.pick(('0', '0.5', '1'))}:"]
    return lines + indent(body), inner


@maker(2)
def define_on_both(g: Statements, s: Scope) -> Made:
    t, name = g.any_value(s), g.fresh("b")
    lines = [
        f"if {g.condition(s)}:",
        f"    {name} = {g.fresh_array(s, t) if t.shape else g.expr(s, t)}",
    ]
    if g.chance(0.95):
        lines += ["else:", f"    {name} = {g.fresh_array(s, t) if t.shape else g.expr(s, t)}"]
    return lines, s.add(Place(name, t, bool(t.shape)))


@maker(4)
def for_loop(g: Statements, s: Scope) -> Made | None:
    if s.loop >= 2 or s.depth > 3 or g.chance(0.2 * s.depth):
        return None
    head, inner, after = loop_head(g, s)
    body, last = g.nested(inner, loop=True)
    body += tail(g, last)
    lines = [head, *indent(body)]
    if g.chance(0.12):
        more, _ = g.nested(s)
        lines += ["else:", *indent(more)]
    if g.chance(0.05):  # the loop variable afterwards, perhaps unbound
        return lines, after
    return lines, s


def loop_head(g: Statements, s: Scope) -> tuple[str, Scope, Scope]:
    i = g.fresh("i")
    counted = s.add(Place(i, PI))
    form = g.weighted(
        {
            "range": 5,
            "rows": 2,
            "enumerate": 1.5,
            "zip": 1,
            "reversed": 0.5,
            "tuple": 0.7,
            "matrix": 0.7,
        }
    )
    if form == "range":
        k = g.expr(s, PI, 1)
        stop = g.pick(
            (
                "2",
                "3",
                "4",
                f"{k} % 4",
                f"1, {k} % 5",
                "4, 0, -1",
                "len(" + g.expr(s, vector(3), 0) + ")",
                f"0, 6, {k} % 3 + 1",
                f"min({k}, 4)",
            )
        )
        return f"for {i} in range({stop}):", counted, counted
    e = g.fresh("e")
    item = s.add(Place(e, NF))
    u = g.expr(s, vector(g.dim()), 1)
    if form == "rows":
        return f"for {e} in {u}:", item, item
    if form == "enumerate":
        return f"for {i}, {e} in enumerate({u}):", counted.add(Place(e, NF)), counted
    if form == "zip":
        f = g.fresh("e")
        return (
            f"for {e}, {f} in zip({u}, {g.expr(s, vector(g.dim()), 1)}):",
            item.add(Place(f, NF)),
            item,
        )
    if form == "reversed":
        return f"for {i} in reversed(range(3)):", counted, counted
    if form == "tuple":
        items = ", ".join(g.expr(s, PF, 1) for _ in range(3))
        return f"for {e} in ({items}):", s.add(Place(e, PF)), s
    n = g.dim()
    row = s.add(Place(e, vector(n)))
    return f"for {e} in {g.expr(s, matrix(g.dim(), n), 1)}:", row, row


def tail(g: Statements, s: Scope) -> list[str]:
    """Perhaps a conditional exit at the end of a loop's body."""
    if g.chance(0.6):
        return []
    return [
        f"if {g.condition(s)}:",
        "    " + g.pick(("break", "continue", "break", f"return {g.result(s)}")),
    ]


@maker(2.5)
def while_loop(g: Statements, s: Scope) -> Made | None:
    if s.loop >= 2 or s.depth > 3 or g.chance(0.2 * s.depth):
        return None
    k = g.fresh("n")
    counter = s.add(Place(k, PI, assignable=False))
    body, last = g.nested(counter, loop=True)
    limit = g.pick((2, 3, 4))
    form = g.pick(("and", "true", "down"))
    step = [f"{k} += 1"]
    if form == "true":
        lines = [f"{k} = 0", "while True:"]
        body = [*step, f"if {k} > {limit}:", "    break", *body]
    elif form == "down":
        lines = [f"{k} = {limit}", f"while {k}:"]
        body = [f"{k} -= 1", *body, *tail(g, last)]
    else:
        lines = [f"{k} = 0", f"while {k} < {limit} and {g.condition(s)}:"]
        body = [*step, *body] if g.chance(0.5) else [*body, *step]
        if body[-1] == step[0] and any("continue" in line for line in body):
            body = [*step, *body[:-1]]
    lines += indent(body)
    if g.chance(0.12):
        more, _ = g.nested(s)
        lines += ["else:", *indent(more)]
    return lines, counter


@maker(2.5)
def helper(g: Statements, s: Scope) -> Made | None:
    if s.function or s.depth > 2:
        return None
    name = g.fresh("f")
    style = g.weighted({"plain": 4, "default": 2, "recursive": 1, "star": 0.7, "nonlocal": 1.5})
    params = tuple(g.pick((PF, NF, PI, vector(3), vector(4))) for _ in range(g.rng.randint(1, 3)))
    if style == "default":
        params = (*params, PF)
    if style == "recursive":
        params = (PI, *params)
    t = g.pick((PF, NF, PI, vector(3), matrix(3, 3)))
    made = Helper(name, params, t, style)
    inner = replace(s.locked(), results=(t,), container="one", helpers=s.helpers)
    names = [g.fresh("p") for _ in params]
    inner = inner.add(*(Place(n, p) for n, p in zip(names, params, strict=True)))
    spelled = [*names]
    if style == "default":
        spelled[-1] = f"last={g.expr(s, PF, 1)}"
        inner = inner.add(Place("last", PF))
    start: list[str] = []
    if style == "nonlocal":
        outer = s.where(lambda p: p.assignable and p.text.isidentifier())[:3]
        if outer:
            p = g.pick(outer)
            start = [f"nonlocal {p.text}"]
            inner = inner.add(p)
    if style == "recursive":
        start = [f"if {names[0]} <= 0:", f"    return {g.expr(inner, t, 1)}"]
    body, last = g.block(inner, 0, 3)
    last = replace(last, results=(t,), container="one")
    value = g.result(last)
    if style == "recursive":
        args = ", ".join([f"{names[0]} - 1", *(g.expr(last, p, 1) for p in params[1:])])
        value = combine(g, t, value, f"{name}({args})")
    lines = [f"def {name}({', '.join(spelled)}):", *indent([*start, *body, f"return {value}"])]
    return lines, replace(s, helpers=(*s.helpers, made))


def combine(g: Statements, t: Type, value: str, call: str) -> str:
    if t == PF:
        return f"math.tanh({value} + {call})"
    return f"({value} + {call}) % 13" if t.kind == "i" else f"np.sin({value} + {call})"


@maker(1.5)
def containers(g: Statements, s: Scope) -> Made:
    a, b = g.any_value(s), g.any_value(s)
    x = g.fresh_array(s, a) if a.shape else g.expr(s, a)
    y = g.fresh_array(s, b) if b.shape else g.expr(s, b)
    form = g.pick(("list", "tuple", "dict", "unpack", "star"))
    name = g.fresh("c")
    if form == "unpack":
        other = g.fresh("c")
        return [f"{name}, {other} = {x}, {y}"], s.add(
            Place(name, a, bool(a.shape)), Place(other, b, bool(b.shape))
        )
    if form == "star":
        return [f"{name}, *rest = [{x}, {y}, 1]"], s.add(
            Place(name, a, bool(a.shape)), Place("rest[0]", b, bool(b.shape))
        )
    keys = ("['a']", "['b']") if form == "dict" else ("[0]", "[-1]")
    left, right = {"list": "[]", "tuple": "()", "dict": "{}"}[form]
    marks = ("'a': ", "'b': ") if form == "dict" else ("", "")
    line = f"{name} = {left}{marks[0]}{x}, {marks[1]}{y}{right}"
    can = form != "tuple"
    return [line], s.add(
        Place(name + keys[0], a, bool(a.shape), can), Place(name + keys[1], b, bool(b.shape), can)
    )


@maker(1.5)
def objects(g: Statements, s: Scope) -> Made:
    name, n = g.fresh("o"), g.dim()
    form = g.weighted({"Box": 3, "Pair": 1.5, "Vec": 2, "Option": 0.7})
    x = g.expr(s, PF, 2)
    if form == "Box":
        return [f"{name} = Box({x}, {g.fresh_array(s, vector(n))}, {g.expr(s, PI, 1)})"], s.add(
            Place(f"{name}.a", PF),
            Place(f"{name}.u", vector(n), True),
            Place(f"{name}.k", PI),
            Place(f"{name}.size", PI, assignable=False),
            Place(f"{name}.value({x})", NF, assignable=False),
            Place(f"{name}.push({g.expr(s, PF, 1)})", PF, assignable=False),
        )
    if form == "Pair":
        return [f"{name} = Pair({x}, u={g.fresh_array(s, vector(n))})"], s.add(
            Place(f"{name}.x", PF, assignable=False), Place(f"{name}[1]", vector(n), True, False)
        )
    if form == "Vec":
        cls, y = g.pick(("Vec", "Turned")), g.expr(s, PF, 2)
        return [f"{name} = {cls}({x}, {y})"], s.add(
            Place(f"{name}.x", PF),
            Place(f"({name} + {name} * 2.0).y", PF, assignable=False),
            Place(f"{name}({g.expr(s, PF, 1)})", PF, assignable=False),
            Place(f"{name}[{g.expr(s, PI, 1)}]", PF, assignable=False),
            Place(f"{name}.dot(0.5 * {name})", PF, assignable=False),
        )
    return [f"{name} = Option({x}, name={g.pick(('fast', 'slow'))!r})"], s.add(
        Place(f"{name}.rate", PF, assignable=False), Place(f"{name}.steps", PI, assignable=False)
    )


@maker(1)
def comprehension(g: Statements, s: Scope) -> Made:
    name, e, n = g.fresh("l"), g.fresh("e"), g.dim()
    inner = s.add(Place(e, NF))
    source = g.expr(s, vector(n), 1)
    form = g.pick(("array", "list", "append", "nested"))
    if form == "array":
        return [f"{name} = np.array([{g.expr(inner, NF, 2)} for {e} in {source}])"], s.add(
            Place(name, vector(n), True)
        )
    if form == "nested":
        inner = s.add(Place(e, PI), Place(e + "_", PI))
        made = g.expr(inner, PF, 2)
        return [f"{name} = np.array([[{made} for {e} in range({n})] for {e}_ in range(3)])"], s.add(
            Place(name, matrix(3, n), True)
        )
    if form == "list":
        return [f"{name} = [{g.expr(inner, NF, 2)} for {e} in {source}]"], s.add(
            Place(f"{name}[0]", NF),
            Place(f"{name}[-1]", NF),
            Place(f"sum({name})", NF, assignable=False),
        )
    lines = [f"{name} = []", f"for {e} in {source}:", f"    {name}.append({g.expr(inner, NF, 2)})"]
    return lines, s.add(
        Place(f"{name}[1]", NF), Place(f"np.array({name})", vector(n), False, False)
    )


@maker(0.5)
def check(g: Statements, s: Scope) -> Made:
    return [f"assert {g.condition(s)} or {g.condition(s)}, 'failed'"], s


@maker(0.3)
def forget(g: Statements, s: Scope) -> Made | None:
    names = s.where(lambda p: p.text.isidentifier() and p.assignable)
    if len(names) < 4 or s.depth or s.helpers:
        return None
    p = g.pick(names)
    return [f"del {p.text}"], replace(s, places=tuple(q for q in s.places if q is not p))


@maker(0.7)
def flags(g: Statements, s: Scope) -> Made:
    name = g.fresh("t")
    return [f"{name} = {g.expr(s, PB, 2)}"], s.add(Place(name, PB))


@maker(1.2)
def matching(g: Statements, s: Scope) -> Made | None:
    if s.depth > 2:
        return None
    form = g.pick(("int", "tuple", "guard"))
    bodies = [indent(indent(g.nested(s, high=2)[0])) for _ in range(3)]
    k, x = g.expr(s, PI, 1), g.expr(s, PF, 1)
    if form == "int":
        heads = [f"match {k}:", f"case 0 | {g.pick(('1', '2'))}:", f"case {g.pick(('3', '-1'))}:"]
    elif form == "tuple":
        heads = [f"match ({k} % 2, {g.condition(s)}):", "case (0, True):", "case (_, False):"]
    else:
        name = g.fresh("z")
        inner = s.add(Place(name, PF))
        bodies[0] = indent(indent(g.nested(inner, high=2)[0]))
        heads = [f"match {x}:", f"case {name} if {name} > {g.pick(('0.5', '-0.5'))}:", "case 0.25:"]
    lines = [heads[0], f"    {heads[1]}", *bodies[0], f"    {heads[2]}", *bodies[1]]
    return [*lines, "    case _:", *bodies[2]], s


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


@maker(0.8)
def items(g: Statements, s: Scope) -> Made | None:
    """A loop over a dict, a list of unlike things, or neighbours."""
    if s.loop >= 2 or s.depth > 2:
        return None
    a, b = g.fresh("e"), g.fresh("e")
    form = g.pick(("items", "pairs", "lists"))
    if form == "pairs":
        u = g.expr(s, vector(g.dim()), 1)
        head, inner = f"for {a}, {b} in pairwise({u}):", s.add(Place(a, NF), Place(b, NF))
    elif form == "items":
        made = ", ".join(f"'{k}': {g.expr(s, PF, 1)}" for k in "xyz")
        head, inner = f"for {a}, {b} in {{{made}}}.items():", s.add(Place(b, PF))
    else:
        made = ", ".join(f"({g.expr(s, PF, 1)}, {g.expr(s, PI, 1)})" for _ in range(3))
        head, inner = f"for {a}, {b} in [{made}]:", s.add(Place(a, PF), Place(b, PI))
    body, last = g.nested(inner, loop=True, high=2)
    return [head, *indent(body + tail(g, last))], s
