"""Random statements: how blocks are drawn, assignments, and what leaves a block."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.fuzz.expressions import Expressions
from tests.fuzz.scope import FUNCTION, MAYBE, NF, PB, PF, PI, TEXT, Place, Scope, Type

Made = tuple[list[str], Scope]
MAKERS: dict[str, tuple[Any, float]] = {}
STEMS = {"f": "a", "i": "k", "b": "t", "g": "h", "x": "j", "c": "z"}
FORMS = {"L": "l", "D": "d", "O": "o", "FN": "f", "S": "s"}
RAISES = (
    "raise ValueError('bad')",
    "raise Bad('x', 2)",
    "raise RuntimeError",
    "raise TooLarge({PF})",
    "raise KeyError({PI})",
    "raise ValueError(f'no step: <%{PI}%>')",
)


def maker(weight: float) -> Any:
    def add(function: Any) -> Any:
        MAKERS[function.__name__] = function, weight
        return function

    return add


def indent(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


def mutable(t: Type) -> bool:
    """Whether values of this type can be written to."""
    return t.array or t.form in ("L", "D", "Box", "Vec", "Grid", "Shape")


class Statements(Expressions):
    """Draws blocks of statements."""

    def block(self, s: Scope, low: int = 1, high: int = 4) -> Made:
        """A few statements, and the scope after them."""
        lines: list[str] = []
        for _ in range(self.rng.randint(low, high)):
            more, s = self.statement(s)
            lines += more
        return lines or ["pass"], s

    def statement(self, s: Scope) -> Made:
        while True:
            name = self.rng.choices(list(MAKERS), [w for _, w in MAKERS.values()])[0]
            made: Made | None = MAKERS[name][0](self, s)
            if made is not None:
                return made

    def nested(self, s: Scope, loop: bool = False, high: int = 3) -> Made:
        return self.block(s.deeper(loop), 1, max(1, high - s.depth))

    def deep(self, s: Scope, most: int = 3) -> bool:
        """Whether no further block is to be opened here."""
        return s.depth > most or self.chance(0.25 * s.depth)

    def bounded(self, s: Scope, t: Type, depth: int = 2) -> str:
        """An expression that does not grow from pass to pass of a loop."""
        text = self.expr(s, t, depth)
        if t.form or not s.loop or self.chance(0.2):
            return text
        if t.kind in "fg":
            return f"math.tanh({text})" if t.py else f"np.tanh({text})"
        return f"({text}) % {self.pick((5, 7, 11))}" if t.kind in "ix" else text

    def fresh_value(self, s: Scope, t: Type) -> str:
        """An expression of a value that nothing else can reach, if it can be written to."""
        text = self.bounded(s, t)
        if not mutable(t):
            return text
        if t.array:
            copied = self.chance(0.5) or t.kind not in "fgix"
            return (
                f"({text}).copy()"
                if copied
                else f"{text} * 1"
                if t.kind in "ix"
                else f"np.sin({text})"
            )
        if t.form in ("L", "D"):
            name = "list" if t.form == "L" else "dict"
            return text if text[-1] in "]}" and text[0] in "[{" else f"{name}({text})"
        return f"copy.copy({text})" if text.isidentifier() else text

    def named(self, s: Scope, name: str, t: Type, fresh: bool = True) -> Scope:
        """The scope after `name = fresh_value`, with the parts of what is bound."""
        return s.add(Place(name, t, fresh and mutable(t)), *self.parts(s, name, t))

    def parts(self, s: Scope, name: str, t: Type) -> tuple[Place, ...]:
        """What can be read from, or assigned in, a value that a name is bound to."""
        if t.form == "Box":
            return (
                Place(f"{name}.a", PF),
                Place(f"{name}.k", PI),
                Place(f"{name}.push({self.expr(s, PF, 1)})", PF, assignable=False),
            )
        if t.form == "Vec":
            return Place(f"{name}.x", PF), Place(f"{name}.y", PF)
        if t.form == "Grid":
            return (Place(f"{name}[{self.expr(s, PI, 1)}]", PF),)
        if t.form == "Shape":
            return (Place(f"{name}.r", PF),)
        if t.form == "D":
            return Place(f"{name}['a']", PF), Place(f"{name}['c']", PF)
        return ()

    def any_value(self, s: Scope) -> Type:
        return self.scalar_type() if self.chance(0.6) else self.array_type()

    def result(self, s: Scope, last: bool = False) -> str:
        made = [self.mixture(s, t) if last else self.expr(s, t) for t in s.results]
        if s.container == "one":
            return made[0]
        if s.container == "dict":
            return "{" + ", ".join(f"'r{i}': {m}" for i, m in enumerate(made)) + "}"
        if s.container == "Pair":
            return f"Pair({', '.join(made)})"
        left, right = ("[", "]") if s.container == "list" else ("(", ",)")
        return left + ", ".join(made) + right

    def mixture(self, s: Scope, t: Type) -> str:
        """An expression that depends on several of the variables."""
        text = self.expr(s, t)
        if t.kind not in "fi" or t.form or self.chance(0.15):
            return text
        kinds = (PI,) if t.kind == "i" else (PF, PI) if t.py else (PF, NF, PI)
        places = s.where(lambda p: p.type in kinds)
        for place in self.rng.sample(places, min(len(places), self.rng.randint(1, 4))):
            text = f"{text} {self.pick('++-*')} {place.text}"
        return f"({text})" if places else text


@maker(5)
def assign(g: Statements, s: Scope) -> Made:
    t = g.any_value(s) if g.chance(0.75) else g.other_type()
    stem = FORMS.get(t.form) or t.form.lower() or ("u" if t.shape else STEMS[t.kind])
    name = g.fresh(stem)
    fresh = g.chance(0.85)
    text = g.fresh_value(s, t) if fresh else g.expr(s, t)
    return [f"{name} = {text}"], g.named(s, name, t, fresh)


@maker(4)
def rebind(g: Statements, s: Scope) -> Made | None:
    places = s.where(lambda p: p.assignable)
    if not places:
        return None
    p = g.recent(places)
    t = p.type
    if not t.shape and not t.form and g.chance(0.04):  # another kind of number
        t = g.scalar_type()
    text = g.fresh_value(s, t) if p.fresh else g.bounded(s, t)
    return [f"{p.text} = {text}"], s


@maker(5)
def augment(g: Statements, s: Scope) -> Made | None:
    places = s.where(
        lambda p: p.assignable and p.type.kind != "b" and not p.type.shape and not p.type.form
    )
    if not places:
        return None
    p = g.recent(places)
    integer = p.type.kind == "i"
    operator = g.pick(("+=", "-=", "^=", "//=") if integer else ("+=", "-=", "*=", "+="))
    value = g.pick(("2", "3")) if operator == "//=" else g.bounded(s, p.type)
    lines = [f"{p.text} {operator} {value}"]
    if operator == "*=" or (s.loop and integer):
        lines.append(f"{p.text} {'%= 11' if integer else '*= 0.5'}")
    return lines, s


@maker(0.5)
def several(g: Statements, s: Scope) -> Made:
    """Unpacking, chained targets, stars."""
    a, b = g.fresh("a"), g.fresh("b")
    pair = (Place(a, PF), Place(b, PF))
    x, y = g.bounded(s, PF), g.bounded(s, PF)
    texts = {
        f"{a}, {b} = {x}, {y}": pair,
        f"{a} = {b} = {x}": pair,
        f"({a}, {b}), _ = ({x}, {y}), 0": pair,
        f"{a}, *{b} = {g.expr(s, Type('f', (4,), True, 'L'))}": (
            Place(a, PF),
            Place(b, Type("f", (3,), True, "L"), True),
        ),
        f"*{b}, {a} = {x}, {y}, {g.expr(s, PF)}, 0.5": (
            Place(a, PF),
            Place(b, Type("f", (3,), True, "L"), True),
        ),
        f"{a}, _, {b} = {g.expr(s, Type('f', (3,)))}": (Place(a, NF), Place(b, NF)),
        f"{a}, {b} = {g.expr(s, Type('f', form='Vec'))}": pair,
        f"{a}, {b} = divmod({x}, 0.75)": pair,
    }
    text = g.pick(list(texts))
    return [text], s.add(*texts[text])


def leave(g: Statements, s: Scope) -> list[str]:
    """Perhaps a statement that leaves the block."""
    options: dict[str, float] = {"": 6, "return": 0.6, "raise": 0.15}
    if s.loop:
        options |= {"break": 1.2, "continue": 1}
    form = g.weighted(options)
    if form == "return":
        return [f"return {g.result(s)}"]
    if form == "raise":
        return [g.fill(g.pick(RAISES), s, 1, PF)]
    return [form] if form else []


@maker(0.4)
def check(g: Statements, s: Scope) -> Made:
    return [f"assert {g.condition(s)} or {g.condition(s)}, 'failed'"], s


@maker(0.2)
def forget(g: Statements, s: Scope) -> Made | None:
    names = s.where(lambda p: p.text.isidentifier() and p.assignable)
    if len(names) < 4 or s.depth or s.helpers:
        return None
    p = g.pick(names)
    others = tuple(q for q in s.places if q is not p and not q.text.startswith(p.text))
    return [f"del {p.text}"], replace(s, places=others)


@maker(0.7)
def flags(g: Statements, s: Scope) -> Made:
    name = g.fresh("t")
    return [f"{name} = {g.condition(s)}"], s.add(Place(name, PB))


@maker(0.6)
def options(g: Statements, s: Scope) -> Made:
    """A function, a name or None, by data or known."""
    t = g.pick((FUNCTION, MAYBE, TEXT))
    name = g.fresh(FORMS[t.form])
    return [f"{name} = {g.expr(s, t)}"], s.add(Place(name, t))
