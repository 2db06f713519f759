"""Random writes: elements, slices, masks, views, swaps, and the methods that work in place."""

from __future__ import annotations

from dataclasses import replace

from tests.fuzz.scope import NF, PF, PI, Place, Scope, Type, matrix, vector
from tests.fuzz.statements import Made, Statements, maker


def arrays(s: Scope, axes: int = 0) -> list[Place]:
    """The arrays that may be written to."""
    return s.where(lambda p: p.fresh and p.type.array and (not axes or len(p.type.shape) == axes))


def number_for(t: Type) -> Type:
    return PI if t.kind in "ix" else PF


@maker(2)
def augment_array(g: Statements, s: Scope) -> Made | None:
    places = [p for p in arrays(s) if p.assignable]
    if not places:
        return None
    p = g.recent(places)
    integer = p.type.kind in "ix"
    operator = g.pick(("+=", "-=", "|=", "//=", "%=") if integer else ("+=", "-=", "*=", "/="))
    if operator in ("//=", "%=", "/="):
        return [f"{p.text} {operator} {g.pick(('2', '3', '4'))}"], s
    value = g.bounded(s, p.type if g.chance(0.6) else number_for(p.type))
    return [f"{p.text} {operator} {value}"], s


@maker(5)
def store(g: Statements, s: Scope) -> Made | None:
    places = arrays(s)
    if not places:
        return None
    p = g.recent(places)
    t, n = p.type, p.type.shape[0]
    operator = g.weighted({"=": 5, "+=": 2, "-=": 1, "*=": 0.5})
    if len(t.shape) == 2:
        return matrix_store(g, s, p, operator)
    value = g.bounded(s, number_for(t) if g.chance(0.6) or t.kind in "ixg" else NF)
    other = g.bounded(s, t)
    part = g.hole_part(s, 1, t)
    forms = {
        f"{p.text}[{g.index(s, n)}] {operator} {value}": 6.0,
        f"{p.text}[{part}] {operator} {value}": 1.5,
        f"{p.text}[{part}] {operator} ({other})[{part}]": 1.0,
        f"{p.text}[{g.pick(('1:', ':-1', ':2', '-2:', ':'))}] {operator} {value}": 1.0,
        f"{p.text}[1:] {operator} {p.text}[:-1]": 0.7,
        f"{p.text}[{g.expr(s, t, 1)} > 0] {operator} {value}": 1.0,
        f"{p.text}[{p.text} < 0] = 0": 0.5,
        f"{p.text}[({(m := g.expr(s, t, 1))}) > 0] {operator} ({other})[({m}) > 0]": 0.5,
        f"{p.text}[[0, 2]] {operator} {value}": 0.5,
        f"{p.text}[{g.expr(s, vector(3, 'i'), 1)} % {n}] {operator} {value}": 0.5,
        f"np.add.at({p.text}, {g.expr(s, vector(3, 'i'), 1)} % {n}, {value})": 0.3,
        f"{p.text}[::{g.pick((2, -1, -2))}] {operator} {value}": 0.5,
        f"{p.text}[:2], {p.text}[2:] = {value}, {g.bounded(s, number_for(t))}": 0.2,
        f"{p.text}[...] = {value}": 0.2,
        f"{p.text}.fill({value})": 0.2,
        f"{p.text}.sort()": 0.3,
        f"np.copyto({p.text}, {other})": 0.1,
        f"{p.text}.put([0, -1], {value})": 0.1,
        f"np.{g.pick(('add', 'multiply', 'maximum'))}({p.text}, {value}, out={p.text})": 0.3,
        f"np.clip({p.text}, -1, 1, out={p.text})": 0.2,
        f"np.putmask({p.text}, {g.expr(s, t, 1)} > 0, {value})": 0.1,
    }
    return [g.weighted(forms)], s


def matrix_store(g: Statements, s: Scope, p: Place, operator: str) -> Made:
    m, n = p.type.shape
    i, j, k = g.index(s, m), g.index(s, n), g.expr(s, PI, 1)
    x = g.bounded(s, PF)
    forms = {
        f"{p.text}[{i}, {j}] {operator} {x}": 4.0,
        f"{p.text}[{i}][{j}] {operator} {x}": 1.5,
        f"{p.text}[{i}] {operator} {g.bounded(s, vector(n))}": 2.0,
        f"{p.text}[:, {j}] {operator} {g.bounded(s, vector(m))}": 2.0,
        f"{p.text}[{p.text} > {g.pick(('0.5', '0.0'))}] {operator} {x}": 1.0,
        f"{p.text}[1:, :2] {operator} {x}": 0.7,
        f"{p.text}[{k} % {m}:, {j}] {operator} {x}": 0.7,
        f"{p.text}[{i}, :{k} % {n}] {operator} {x}": 0.7,
        f"{p.text}[1:] {operator} {p.text}[:-1]": 0.5,
        f"{p.text}.T[{j}] {operator} {x}": 0.5,
        f"{p.text}[[0, 1]] = {p.text}[[1, 0]]": 0.4,
        f"{p.text}[{i}, ::-1] = {g.bounded(s, vector(n))}": 0.3,
        f"np.fill_diagonal({p.text}, {x})": 0.3,
        f"{p.text}.flat[{k} % {m * n}] = {x}": 0.2,
        f"{p.text}.sort(axis={g.pick((0, 1))})": 0.2,
        f"{p.text}[np.arange({min(m, n)}), np.arange({min(m, n)})] {operator} {x}": 0.3,
        f"{p.text}[{g.expr(s, vector(m), 1)} > 0] {operator} {x}": 0.3,
    }
    return [g.weighted(forms)], s


@maker(1.5)
def view(g: Statements, s: Scope) -> Made | None:
    places = s.where(lambda p: p.type.array and p.text.isidentifier())
    if not places:
        return None
    p, name = g.recent(places), g.fresh("w")
    if len(p.type.shape) == 2:
        m, n = p.type.shape
        text, t = g.pick(
            (
                (f"{p.text}[{g.index(s, m)}]", vector(n)),
                (f"{p.text}[:, {g.index(s, n)}]", vector(m)),
                (f"{p.text}.T", matrix(n, m)),
                (f"{p.text}[::-1]", p.type),
                (f"{p.text}.reshape({n}, {m})", matrix(n, m)),
            )
        )
    elif p.type.shape == (4,):
        start = g.expr(s, PI, 0)
        text = g.pick((f"{p.text}[1:]", f"{p.text}[:-1]", f"{p.text}[{start} % 2:{start} % 2 + 3]"))
        t = replace(p.type, shape=(3,))
    else:
        text, t = g.pick((p.text, f"{p.text}[::-1]", f"{p.text}[:]")), p.type
    lines = [f"{name} = {text}"]
    if p.fresh and t.kind == "f" and g.chance(0.5):
        lines.append(f"{name} {g.pick(('+=', '-=', '*='))} {g.bounded(s, PF)}")
    return lines, s.add(Place(name, t, p.fresh))


@maker(1.5)
def swap(g: Statements, s: Scope) -> Made | None:
    p = g.pick(s.where(lambda p: p.assignable) or [None])
    others = s.where(
        lambda o: p and o.assignable and o.type == p.type and o.fresh == p.fresh and o != p
    )
    if others and g.chance(0.5):
        q = g.pick(others)
        return [f"{p.text}, {q.text} = {q.text}, {p.text}"], s
    places = s.where(lambda p: p.fresh and p.type.family in ("V", "Q", "L", "LI", "M"))
    if not places:
        return None
    u = g.recent(places)
    i, j = g.index(s, 3), g.index(s, 3)
    if u.type.family == "M":
        return [f"{u.text}[{i}], {u.text}[{j}] = {u.text}[{j}].copy(), {u.text}[{i}].copy()"], s
    return [f"{u.text}[{i}], {u.text}[{j}] = {u.text}[{j}], {u.text}[{i}]"], s


@maker(3)
def list_store(g: Statements, s: Scope) -> Made | None:
    """An element of a list, at a known or a computed index."""
    places = s.where(lambda p: p.fresh and p.type.form == "L")
    if not places:
        return None
    p = g.recent(places)
    n, t = p.type.shape[0], number_for(p.type)
    x = g.bounded(s, t)
    forms = {
        f"{p.text}[{g.index(s, n)}] = {x}": 4.0,
        f"{p.text}[{g.index(s, n)}] += {x}": 2.0,
        f"{p.text}[{g.expr(s, PI, 1)} % len({p.text})] = {x}": 1.5,
        f"{p.text}.sort()": 0.4,
        f"{p.text}.reverse()": 0.3,
        f"{p.text}[:2] = [{x}, {g.bounded(s, t)}]": 0.2,
        f"{p.text}.append({p.text}.pop(0))": 0.3,
        f"{p.text}.insert(0, {p.text}.pop())": 0.3,
        f"{p.text}[-1], {p.text}[0] = {p.text}[0], {x}": 0.3,
    }
    return [g.weighted(forms)], s


@maker(0.8)
def grow(g: Statements, s: Scope) -> Made | None:
    """A list made longer or shorter, outside of loops and branches."""
    places = s.where(
        lambda p: p.fresh and p.type.form == "L" and p.text.isidentifier() and p.assignable
    )
    if not places or s.depth:
        return None
    p = g.recent(places)
    n, x = p.type.shape[0], g.bounded(s, number_for(p.type))
    if g.chance(0.4) and n > 2:
        name = g.fresh("a")
        last = g.pick(("", "0", "-1", "1"))
        after = s.add(replace(p, type=replace(p.type, shape=(n - 1,))))
        return [f"{name} = {p.text}.pop({last})"], after.add(Place(name, number_for(p.type)))
    text = g.pick((".append({x})", ".extend([{x}])", " += [{x}]", ".insert(1, {x})"))
    after = s.add(replace(p, type=replace(p.type, shape=(n + 1,))))
    return [p.text + text.replace("{x}", x)], after
