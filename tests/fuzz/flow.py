"""Random control flow: branches, loops, match, try, with."""

from __future__ import annotations

from dataclasses import replace

from tests.fuzz.scope import (
    BOX,
    DICT,
    FUNCTION,
    MAYBE,
    NF,
    PB,
    PF,
    PI,
    VEC,
    Place,
    Scope,
    matrix,
    numbers,
    vector,
)
from tests.fuzz.statements import Made, Statements, indent, leave, maker


@maker(5)
def branch(g: Statements, s: Scope) -> Made | None:
    if g.deep(s):
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


@maker(1)
def walrus(g: Statements, s: Scope) -> Made | None:
    if g.deep(s):
        return None
    name, t = g.fresh("z"), g.pick((PF, NF, PI))
    inner = s.add(Place(name, t))
    if g.chance(0.3) and s.loop < 2:
        k = g.fresh("n")
        body, _ = g.nested(inner, loop=True)
        head = f"while ({name} := {g.expr(s, t)}) > {g.pick(('0', '0.5'))} and {k} < 3:"
        return [f"{k} = 0", head, f"    {k} += 1", *indent(body)], inner
    body, _ = g.nested(inner)
    lines = [f"if ({name} := {g.expr(s, t)}) {g.pick('<>')} {g.pick(('0', '0.5', '1'))}:"]
    return lines + indent(body), inner


@maker(1)
def narrowing(g: Statements, s: Scope) -> Made | None:
    """A test for None."""
    places = [p for p in s.of(MAYBE) if p.text.isidentifier()]
    if g.deep(s) or not places:
        return None
    p = g.recent(places)
    body, _ = g.nested(s.add(replace(p, type=PF)))
    other, _ = g.nested(s)
    form = g.pick(("is not None", "is None", "early"))
    if form == "is not None":
        return [f"if {p.text} is not None:", *indent(body), "else:", *indent(other)], s
    if form == "early":
        lines = [f"if {p.text} is None:", f"    {p.text} = {g.expr(s, PF)}"]
        return lines, s.add(replace(p, type=PF))
    return [f"if {p.text} is None:", *indent(other), "else:", *indent(body)], s


@maker(1.5)
def define_on_both(g: Statements, s: Scope) -> Made:
    t, name = g.any_value(s) if g.chance(0.8) else g.other_type(), g.fresh("b")
    lines = [f"if {g.condition(s)}:", f"    {name} = {g.fresh_value(s, t)}"]
    if g.chance(0.95):
        lines += ["else:", f"    {name} = {g.fresh_value(s, t)}"]
    return lines, g.named(s, name, t)


@maker(4)
def for_loop(g: Statements, s: Scope) -> Made | None:
    if s.loop >= 2 or g.deep(s):
        return None
    head, inner, after = loop_head(g, s)
    body, last = g.nested(inner, loop=True)
    lines = [head, *indent(body + tail(g, last))]
    if g.chance(0.15):
        more, _ = g.nested(s)
        lines += ["else:", *indent(more)]
    if g.chance(0.05):  # the loop variable afterwards, perhaps unbound
        return lines, after
    return lines, s


HEADS = {
    "for {i} in {range}:": 6,
    "for {e} in {V}:": 2,
    "for {e} in {L}:": 1.5,
    "for {i} in {LI}:": 0.7,
    "for {i}, {e} in enumerate({V}):": 1.5,
    "for {i}, {p} in enumerate({L}, start=1):": 0.7,
    "for {e}, {f} in zip({V}, {W}):": 1,
    "for {p}, {i} in zip({L}, range({n})):": 0.7,
    "for {i}, ({p}, {q}) in enumerate(zip({L}, {K})):": 0.3,
    "for {i} in reversed(range({n})):": 0.7,
    "for {p} in reversed({L}):": 0.4,
    "for {p} in ({P}, {P}, {P}):": 0.5,
    "for {r} in {M}:": 0.8,
    "for {i}, {r} in enumerate({M}):": 0.4,
    "for {e}, {f} in pairwise({V}):": 0.4,
    "for {t}, {p} in {D}.items():": 0.8,
    "for {p} in {D}.values():": 0.3,
    "for {p}, {i} in [({P}, {I}), ({P}, {I}), ({P}, {I})]:": 0.5,
    "for {F} in (math.sin, math.tanh, {FN}):": 0.3,
    "for {i}, {j} in itertools.product(range(2), range({n})):": 0.3,
    "for {i} in itertools.count():": 0.15,
    "for {e} in {V}[{part}]:": 0.3,
    "for {p} in sorted({L}):": 0.2,
    "for {e} in {M}.flat:": 0.15,
    "for {i} in range({n} - 1, -1, -1):": 0.4,
    "for {v} in ({Vec}, {Vec}):": 0.15,
    "for {i}, {j} in np.ndindex(2, 2):": 0.15,
}
RANGES = (
    "range(2)",
    "range(3)",
    "range(4)",
    "range({I} % 4)",
    "range(1, {I} % 5)",
    "range(4, 0, -1)",
    "range(len({V}))",
    "range(0, 6, {I} % 3 + 1)",
    "range(min({I}, 4))",
    "range({I} % 3, {I} % 5)",
)


def loop_head(g: Statements, s: Scope) -> tuple[str, Scope, Scope]:
    """A `for` line, the scope inside, and the scope with its targets."""
    n, m = g.dim(), g.dim()
    text = g.weighted(HEADS)
    text = text.replace("{range}", g.pick(RANGES))
    names = {"i": PI, "j": PI, "e": NF, "f": NF, "p": PF, "q": PF, "F": FUNCTION, "v": VEC}
    targets = {**names, "r": vector(n)}
    targets["t"] = PB  # a string, which no expression asks for
    sources = {
        "{V}": vector(n),
        "{W}": vector(m),
        "{L}": numbers(n),
        "{K}": numbers(m),
        "{LI}": numbers(n, "i"),
        "{M}": matrix(m, n),
        "{D}": DICT,
        "{P}": PF,
        "{I}": PI,
        "{FN}": FUNCTION,
        "{Vec}": VEC,
    }
    added: list[Place] = []
    for hole, t in targets.items():
        if "{" + hole + "}" in text:
            name = g.fresh("e" if hole in "efpqr" else "i")
            text = text.replace("{" + hole + "}", name)
            if hole != "t":
                added.append(Place(name, t))
    for mark, t in sources.items():
        while mark in text:
            text = text.replace(mark, g.expr(s, t, 1), 1)
    text = text.replace("{n}", str(n)).replace("{part}", g.hole_part(s, 0, vector(n)))
    inner = s.add(*added)
    if "count()" in text:
        return f"{text}\n    if {added[0].text} > 2:\n        break", inner, inner
    return text, inner, inner if added else s


def tail(g: Statements, s: Scope) -> list[str]:
    """Perhaps a conditional exit at the end of a loop's body."""
    if g.chance(0.65):
        return []
    out = g.pick(("break", "continue", "break", f"return {g.result(s)}"))
    return [f"if {g.condition(s)}:", f"    {out}"]


@maker(2)
def while_loop(g: Statements, s: Scope) -> Made | None:
    if s.loop >= 2 or g.deep(s):
        return None
    k = g.fresh("n")
    counter = s.add(Place(k, PI, assignable=False))
    body, last = g.nested(counter, loop=True)
    limit = g.pick((2, 3, 4))
    form = g.pick(("and", "true", "down", "halve"))
    step = [f"{k} += 1"]
    if form == "true":
        lines = [f"{k} = 0", "while True:"]
        body = [*step, f"if {k} > {limit}:", "    break", *body]
    elif form == "down":
        lines = [f"{k} = {limit}", f"while {k}:"]
        body = [f"{k} -= 1", *body, *tail(g, last)]
    elif form == "halve":
        e = g.fresh("e")
        lines = [f"{e} = abs({g.expr(s, PF)}) + 0.1", f"{k} = 0", f"while {e} > 0.3 and {k} < 4:"]
        body = [f"{e} *= 0.5", *step, *body]
    else:
        lines = [f"{k} = 0", f"while {k} < {limit} and ({g.condition(s)}):"]
        body = [*step, *body] if g.chance(0.5) else [*body, *step]
        if body[-1] == step[0] and any("continue" in line for line in body):
            body = [*step, *body[:-1]]
    lines += indent(body)
    if g.chance(0.2):
        more, _ = g.nested(s)
        lines += ["else:", *indent(more)]
    return lines, counter


@maker(1)
def matching(g: Statements, s: Scope) -> Made | None:
    if s.depth > 2:
        return None
    form = g.pick(("int", "tuple", "guard", "object", "list", "text"))
    name, other = g.fresh("z"), g.fresh("z")
    inner = s
    k, x = g.expr(s, PI, 1), g.expr(s, PF, 1)
    if form == "int":
        heads = [f"match {k}:", f"case 0 | {g.pick(('1', '2'))}:", f"case {g.pick(('3', '-1'))}:"]
    elif form == "tuple":
        heads = [f"match ({k} % 2, bool({g.condition(s)})):", "case (0, True):", "case (_, False):"]
    elif form == "object":
        heads = [f"match {g.expr(s, BOX, 1)}:", f"case Box(a={name}, k=1):", "case Box(k=2):"]
        inner = s.add(Place(name, PF))
    elif form == "list":
        source = g.expr(s, numbers(3), 1)
        heads = [f"match {source}:", f"case [{name}, *{other}] if {name} > 0:", "case [_, 0.5, _]:"]
        inner = s.add(Place(name, PF), Place(other, numbers(2)))
    elif form == "text":
        heads = [f"match {g.fill('{S}', s, 1, PF)}:", "case 'fast':", "case 'slow' | 'mid':"]
    else:
        inner = s.add(Place(name, PF))
        heads = [f"match {x}:", f"case {name} if {name} > {g.pick(('0.5', '-0.5'))}:", "case 0.25:"]
    first, second, third = (indent(indent(g.nested(scope, high=2)[0])) for scope in (inner, s, s))
    lines = [heads[0], f"    {heads[1]}", *first, f"    {heads[2]}", *second]
    return [*lines, "    case _:", *third], s


FAILING = {
    "{PF} / {PI}": 2.0,
    "{PF} / ({PI} % 2)": 2.0,
    "1.0 / {PF}": 1.0,
    "math.sqrt({PF})": 1.5,
    "math.log({PF})": 1.5,
    "{L}[{PI}]": 2.0,
    "{V}[{PI}].item()": 1.0,
    "float({V}[{PI}])": 1.0,
    "checked({PF})": 2.0,
    "checked({PF}, {c})": 1.0,
    "{PI} // ({PI} % 2) + 0.5": 0.7,
    "math.exp({PF} * 800.0)": 0.3,
    "{D}[{keys}]": 0.6,
    "float({LI}.index({PI}))": 0.3,
    "math.acos({PF})": 0.5,
    "float({PF} % ({PI} % 2))": 0.4,
    "{PF} ** ({PI} % 3 - 1)": 0.4,
    "max([{z} for {z} in {L} if {z} > {c}])": 0.2,
    "float(np.linalg.inv(np.full((3, 3), {PF}) + np.eye(3) * ({PI} % 2))[0, 0])": 0.15,
    "next({z} for {z} in {L} if {z} > {c})": 0.2,
    "{FN}({PF} / {PI})": 0.3,
    "float(int({PF} / {PF}))": 0.2,
}
CLAUSES = {
    "ZeroDivisionError": 2.0,
    "ValueError": 2.0,
    "IndexError": 1.5,
    "(ValueError, ZeroDivisionError)": 1.5,
    "(IndexError, KeyError)": 0.7,
    "ArithmeticError": 0.7,
    "LookupError": 0.5,
    "Exception": 1.0,
    "Bad": 1.0,
    "TooLarge": 0.7,
}


def failing(g: Statements, s: Scope) -> str:
    return g.fill(g.weighted(FAILING), s, 1, PF)


@maker(1.8)
def try_value(g: Statements, s: Scope) -> Made:
    """A number that may fail to be computed, and another one instead."""
    name = g.fresh("a")
    lines = ["try:", f"    {name} = {failing(g, s)}"]
    after = s.add(Place(name, PF))
    if g.chance(0.25):
        lines.append(f"    {name} += {failing(g, after)}")
    clauses = ["Exception"] if g.chance(0.5) else [g.weighted(CLAUSES)]
    clauses += ["Exception"] if g.chance(0.7) and clauses != ["Exception"] else []
    for clause in clauses:
        if clause == "TooLarge":
            error = g.fresh("error")
            lines += [
                f"except TooLarge as {error}:",
                f"    {name} = {error}.amount - {error}.limit",
            ]
        else:
            lines += [f"except {clause}:", f"    {name} = {g.expr(s, PF)}"]
    if g.chance(0.25):
        lines += ["else:", f"    {name} *= {g.expr(s, PF, 1)}"]
    if g.chance(0.2):
        more, _ = g.nested(s, high=2)
        lines += ["finally:", *indent(more)]
    return lines, after


@maker(1.2)
def try_block(g: Statements, s: Scope) -> Made | None:
    """Blocks under try, whose writes stay when they are left halfway."""
    if g.deep(s, 2):
        return None
    body, _ = g.nested(s)
    x = failing(g, s)
    place = g.pick(s.where(lambda p: p.assignable and p.type == PF) or [None])
    risky = [f"{place.text} {g.pick(('=', '+='))} {x}"] if place else [f"{g.fresh('a')} = {x}"]
    risky = [*risky, *g.nested(s, high=2)[0]] if g.chance(0.4) else risky
    lines = ["try:", *indent(body + risky)]
    form = g.weighted({"except": 5, "both": 2, "finally": 1})
    if form != "finally":
        clause = g.weighted(CLAUSES)
        handler, _ = g.nested(s, high=2)
        out = leave(g, s) if g.chance(0.3) else []
        lines += [f"except {clause}:", *indent(handler + out)]
        if g.chance(0.4) and clause != "Exception":
            handler, _ = g.nested(s, high=2)
            again = ["raise"] if g.chance(0.15) else []
            lines += ["except Exception:", *indent(handler + again)]
        if g.chance(0.25):
            lines += ["else:", *indent(g.nested(s, high=2)[0])]
    if form != "except":
        lines += ["finally:", *indent(g.nested(s, high=2)[0])]
    return lines, s


@maker(1)
def managed(g: Statements, s: Scope) -> Made | None:
    """Blocks under `with`."""
    if g.deep(s, 2):
        return None
    name = g.fresh("c")
    form = g.weighted(
        {"lowered": 1, "shifted": 1, "scaled": 1, "suppress": 1.5, "guarded": 1, "errstate": 0.5}
        | {"null": 0.2}
    )
    inner, after, start = s, s, [""]
    if form == "lowered":
        start = [f"with Lowered({g.expr(s, BOX, 1)}, {g.expr(s, PF, 1)}) as {name}:"]
        inner = s.add(Place(f"{name}.a", PF), Place(f"{name}.k", PI))
    elif form == "shifted":
        fresh = s.where(lambda p: p.fresh and p.type.family == "V")
        if not fresh:
            return None
        p = g.recent(fresh)
        start = [f"with shifted({p.text}, {g.expr(s, PF, 1)}) as {name}:"]
        inner = s.add(Place(name, p.type, True))
    elif form in ("scaled", "null"):
        call = "scaled" if form == "scaled" else "nullcontext"
        start = [f"with {call}({g.expr(s, PF, 1)}) as {name}:"]
        inner = s.add(Place(name, PF))
    elif form == "suppress":
        start = [f"with suppress({g.weighted(CLAUSES).strip('()')}):"]
    elif form == "guarded":
        start = [f"with Guarded() as {name}:"]
        after = s.add(Place(f"{name}.failed", PB, assignable=False))
    else:
        start = ["with np.errstate(divide='ignore', invalid='ignore'):"]
    body, last = g.nested(inner)
    if form in ("suppress", "guarded"):
        place = g.pick(last.where(lambda p: p.assignable and p.type == PF) or [None])
        body.append(f"{place.text if place else '_'} = {failing(g, s)}")
    return [*start, *indent(body)], after


@maker(0.8)
def item_loop(g: Statements, s: Scope) -> Made | None:
    """A loop that writes to what it indexes."""
    places = s.where(lambda p: p.fresh and (p.type.family in ("V", "L", "Q", "LI")))
    if not places or s.loop >= 2 or g.deep(s):
        return None
    p = g.recent(places)
    i, n = g.fresh("i"), p.type.shape[0]
    inner = s.add(Place(i, PI, assignable=False))
    t = PI if p.type.kind == "i" else PF
    head = g.pick((f"range({n})", f"range(1, {n})", f"range(len({p.text}) - 1)"))
    body = [f"{p.text}[{i}] {g.pick(('=', '+=', '-='))} {g.bounded(inner.deeper(True), t)}"]
    if head != f"range({n})" and g.chance(0.6):
        off = "- 1" if "1," in head else "+ 1"
        body.append(f"{p.text}[{i}] = {p.text}[{i} {off}] {g.pick('+-')} {g.bounded(inner, t, 1)}")
    if g.chance(0.3):
        body = [f"if {g.condition(inner)}:", *indent(body)]
    if g.chance(0.3):
        body += g.nested(inner, loop=True, high=2)[0]
    return [f"for {i} in {head}:", *indent(body)], s
