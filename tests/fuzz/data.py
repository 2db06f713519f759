"""Random containers and objects."""

from __future__ import annotations

from tests.fuzz.scope import KEYS, MAYBE, NF, PF, PI, Place, Scope, matrix, numbers, vector
from tests.fuzz.statements import Made, Statements, indent, maker


@maker(1.2)
def containers(g: Statements, s: Scope) -> Made:
    a, b = g.any_value(s), g.any_value(s)
    x, y = g.fresh_value(s, a), g.fresh_value(s, b)
    form = g.pick(("list", "tuple", "dict", "unpack", "star"))
    name = g.fresh("c")
    if form == "unpack":
        other = g.fresh("c")
        return [f"{name}, {other} = {x}, {y}"], s.add(
            Place(name, a, a.array), Place(other, b, b.array)
        )
    if form == "star":
        return [f"{name}, *rest = [{x}, {y}, 1]"], s.add(
            Place(name, a, a.array), Place("rest[0]", b, b.array)
        )
    keys = ("['a']", "['b']") if form == "dict" else ("[0]", "[-1]")
    left, right = {"list": "[]", "tuple": "()", "dict": "{}"}[form]
    marks = ("'a': ", "'b': ") if form == "dict" else ("", "")
    line = f"{name} = {left}{marks[0]}{x}, {marks[1]}{y}{right}"
    can = form != "tuple"
    return [line], s.add(
        Place(name + keys[0], a, a.array, can), Place(name + keys[1], b, b.array, can)
    )


@maker(1.5)
def objects(g: Statements, s: Scope) -> Made:
    name, n = g.fresh("o"), g.dim()
    form = g.weighted({"Box": 3, "Pair": 1, "Vec": 1.5, "Option": 1, "Ring": 1, "Config": 0.7})
    x, y = g.expr(s, PF), g.expr(s, PF, 1)
    if form == "Box":
        return [f"{name} = Box({x}, {g.fresh_value(s, vector(n))}, {g.expr(s, PI, 1)})"], s.add(
            Place(f"{name}.a", PF),
            Place(f"{name}.u", vector(n), True),
            Place(f"{name}.k", PI),
            Place(f"{name}.size", PI, assignable=False),
            Place(f"{name}.value({y})", NF, assignable=False),
            Place(f"{name}.push({y})", PF, assignable=False),
        )
    if form == "Pair":
        return [f"{name} = Pair({x}, u={g.fresh_value(s, vector(n))})"], s.add(
            Place(f"{name}.x", PF, assignable=False),
            Place(f"{name}[1]", vector(n), True, False),
            Place(f"{name}.norm()", NF, assignable=False),
            Place(f"{name}._replace(x={y}).x", PF, assignable=False),
        )
    if form == "Vec":
        cls = g.pick(("Vec", "Turned"))
        return [f"{name} = {cls}({x}, {y})"], s.add(
            Place(f"{name}.x", PF),
            Place(f"({name} + {name} * 2.0).y", PF, assignable=False),
            Place(f"{name}({y})", PF, assignable=False),
            Place(f"{name}[{g.expr(s, PI, 1)}]", PF, assignable=False),
            Place(f"{name}.dot(0.5 * {name})", PF, assignable=False),
        )
    if form == "Ring":
        return [f"{name} = Ring({x}, {y})"], s.add(
            Place(f"{name}.r", PF),
            Place(f"{name}.hole", PF),
            Place(f"{name}.width", PF, assignable=False),
            Place(f"{name}.area()", PF, assignable=False),
            Place(f"{name}.describe()", PF, assignable=False),
        )
    if form == "Config":
        line = f"{name} = Config(Box({x}, {g.fresh_value(s, vector(3))}), [{y}, 0.5], {{'a': {y}}})"
        return [line], s.add(
            Place(f"{name}.box.a", PF),
            Place(f"{name}.box.u", vector(3), True),
            Place(f"{name}.rates[{g.expr(s, PI, 1)} % 2]", PF),
            Place(f"{name}.table['a']", PF),
            Place(f"len({name}.rates)", PI, assignable=False),
        )
    mode = g.pick(("Mode.LINEAR", "Mode.CUBIC"))
    lines = [f"{name} = Option({x}, name={g.pick(('fast', 'slow'))!r}, mode={mode})"]
    if g.chance(0.4):
        lines.append(f"{name} = replace({name}, rate={name}.rate * {y}, steps={g.expr(s, PI, 1)})")
    return lines, s.add(
        Place(f"{name}.rate", PF, assignable=False),
        Place(f"{name}.steps", PI, assignable=False),
        Place(f"{name}.scaled({y})", PF, assignable=False),
    )


@maker(1)
def comprehension(g: Statements, s: Scope) -> Made:
    name, e, n = g.fresh("l"), g.fresh("e"), g.dim()
    inner = s.add(Place(e, NF))
    source = g.expr(s, vector(n), 1)
    form = g.pick(("array", "list", "append", "nested", "filter", "dict", "counted"))
    made = g.expr(inner, NF)
    if form == "array":
        return [f"{name} = np.array([{made} for {e} in {source}])"], s.add(
            Place(name, vector(n), True)
        )
    if form == "nested":
        inner = s.add(Place(e, PI), Place(e + "_", PI))
        made = g.expr(inner, PF)
        return [f"{name} = np.array([[{made} for {e} in range({n})] for {e}_ in range(3)])"], s.add(
            Place(name, matrix(3, n), True)
        )
    if form == "list":
        return [f"{name} = [{made} for {e} in {source}]"], s.add(
            Place(f"{name}[0]", NF),
            Place(f"{name}[-1]", NF),
            Place(f"sum({name})", NF, assignable=False),
        )
    if form == "filter":
        made = g.expr(s.add(Place(e, PI)), PF)
        test = g.pick((f"{e} % 2 == 0", f"{e} != 3", f"{e} > 1"))
        count = sum(eval(test, {e: i}) for i in range(5))
        return [f"{name} = [{made} for {e} in range(5) if {test}]"], s.add(
            Place(name, numbers(count), True)
        )
    if form == "dict":
        made = g.expr(s.add(Place(e, PF)), PF)
        line = f"{name} = {{k: {made} for k, {e} in zip({KEYS!r}, {g.expr(s, numbers(3), 1)})}}"
        return [line], s.add(*(Place(f"{name}[{k!r}]", PF) for k in KEYS))
    if form == "counted":
        i = g.fresh("i")
        made = g.bounded(s.add(Place(i, PI)).deeper(True), PF)
        lines = [f"{name} = []", f"for {i} in range({n}):", f"    {name}.append({made})"]
        return lines, s.add(Place(name, numbers(n), True))
    lines = [f"{name} = []", f"for {e} in {source}:", f"    {name}.append({made})"]
    return lines, s.add(
        Place(f"{name}[1]", NF), Place(f"np.array({name})", vector(n), False, False)
    )


@maker(0.8)
def dict_update(g: Statements, s: Scope) -> Made:
    """A dict that is made and updated, key by key or in a loop."""
    name, k = g.fresh("d"), g.fresh("key")
    x = g.expr(s, PF)
    lines = [f"{name} = {{'a': {x}, 'b': {g.expr(s, PF, 1)}}}"]
    inner = s.add(Place(f"{name}[{k}]", PF)).deeper(True)
    value = g.bounded(inner, PF)
    forms = {
        "loop": [f"for {k} in {name}:", f"    {name}[{k}] = {value}"],
        "items": [f"for {k}, e in {name}.items():", f"    {name}[{k}] = e * {g.bounded(s, PF)}"],
        "update": [f"{name}.update(b={x}, c={g.expr(s, PF)})"],
        "key": [f"{name}['b'] += {x}", f"{name}['c'] = {name}.pop('a') * 0.5"],
        "default": [f"{name}['a'] = {name}.get('c', {x}) + {name}.setdefault('b', 1.0)"],
        "counted": [f"for {k} in ('a', 'b', 'a'):", f"    {name}[{k}] += {g.bounded(s, PF)}"],
    }
    form = g.pick(list(forms))
    places = [Place(f"{name}['b']", PF), Place(f"sum({name}.values())", PF, assignable=False)]
    if form != "key":
        places.append(Place(f"{name}['a']", PF))
    return [*lines, *forms[form]], s.add(*places)


@maker(0.8)
def table(g: Statements, s: Scope) -> Made:
    """A list of lists, read and written at computed indices."""
    name, r = g.fresh("rows"), g.fresh("r")
    x, i, j = g.expr(s, PF), g.expr(s, PI, 1), g.expr(s, PI, 1)
    start = g.pick(
        (
            f"{name} = [[0.0] * 3 for _ in range(2)]",
            f"{name} = [{g.expr(s, numbers(3))}, {g.expr(s, numbers(3))}]",
            f"{name} = [[{x} + i * j for j in range(3)] for i in range(2)]",
            f"{name} = {g.expr(s, matrix(3, 3), 1)}.tolist()",
        )
    )
    lines = [start, f"{name}[{i} % 2][{j} % 3] = {x}"]
    if g.chance(0.4):
        lines.append(f"{name}[0], {name}[1] = {name}[1], {name}[0]")
    if g.chance(0.4):
        lines += [f"for {r} in {name}:", f"    {r}[{g.index(s, 3)}] += {g.bounded(s, PF)}"]
    if g.chance(0.2):
        lines.append(f"{name} = [list(c) for c in zip(*{name})][:2]")
        return lines, s.add(Place(f"{name}[0][{i} % 2]", PF))
    return lines, s.add(
        Place(f"{name}[{j} % 2]", numbers(3), True),
        Place(f"{name}[{i} % 2][0]", PF),
        Place(f"sum(map(sum, {name}))", PF, assignable=False),
    )


@maker(0.8)
def found(g: Statements, s: Scope) -> Made | None:
    """A search that starts with None."""
    if s.loop >= 2 or s.depth > 2:
        return None
    best, e, n = g.fresh("best"), g.fresh("e"), g.dim()
    inner = s.add(Place(e, PF)).deeper(True)
    test = g.condition(inner)
    lines = [
        f"{best} = None",
        f"for {e} in {g.expr(s, numbers(n), 1)}:",
        f"    if {test} and ({best} is None or {e} {g.pick('<>')} {best}):",
        f"        {best} = {e}",
    ]
    if g.chance(0.4):
        other = g.expr(s, PF)
        return [*lines, f"{best} = {other} if {best} is None else {best}"], s.add(Place(best, PF))
    return lines, s.add(Place(best, MAYBE))


@maker(0.5)
def records(g: Statements, s: Scope) -> Made | None:
    """A list of objects that are changed in a loop."""
    if s.loop >= 2 or s.depth > 2:
        return None
    name, e = g.fresh("items"), g.fresh("e")
    kind = g.pick(("Vec", "Box", "Ring"))
    extra = {"Vec": "{x}", "Box": "np.ones(3)", "Ring": "0.25"}[kind]
    made = [f"{kind}({g.expr(s, PF, 1)}, {extra.replace('{x}', g.expr(s, PF, 1))})" for _ in "ab"]
    attribute = {"Vec": "x", "Box": "a", "Ring": "r"}[kind]
    inner = s.add(Place(f"{e}.{attribute}", PF)).deeper(True)
    body = [f"{e}.{attribute} {g.pick(('=', '+='))} {g.bounded(inner, PF)}"]
    if g.chance(0.4):
        body = [f"if {g.condition(inner)}:", *indent(body)]
    lines = [f"{name} = [{', '.join(made)}]", f"for {e} in {name}:", *indent(body)]
    index = g.expr(s, PI, 1)
    return lines, s.add(
        Place(f"{name}[0].{attribute}", PF),
        Place(f"sum({e}.{attribute} for {e} in {name})", PF, assignable=False),
        Place(f"{name}[{index} % 2].{attribute}", PF, assignable=False),
    )
