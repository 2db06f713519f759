"""Random typed expressions: productions per family of types, and what fills their holes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tests.fuzz.scope import (
    BOX,
    DICT,
    FUNCTION,
    GRID,
    MAYBE,
    NB,
    NC,
    NF,
    NG,
    NI,
    PB,
    PC,
    PF,
    PI,
    SHAPE,
    TEXT,
    VEC,
    Draw,
    Scope,
    Type,
    matrix,
    numbers,
    vector,
)

Production = Callable[["Expressions", Scope, int, Type], str]
TABLE: dict[str, list[tuple[Production, float, bool]]] = defaultdict(list)
CONDITIONS: list[tuple[str, float, bool]] = []


def forms(families: str, text: str, weight: float = 1.0, leaf: bool = False) -> None:
    """Adds a production from a template: `{PF}` is an expression of that type, `{c}` a float
    number, `{j}` an int, `{C}` a condition, `{F}` any float scalar, `{V}` a vector of the length
    asked for, `{A}` an array of the type asked for, `{z}` a fresh name (the same in one template).
    """

    def produce(e: Expressions, s: Scope, depth: int, t: Type) -> str:
        return e.fill(text, s, depth, t)

    for family in families.split():
        TABLE[family].append((produce, weight, leaf))


def table(families: str, text: str) -> None:
    """Adds productions, one a line: a weight, `!` if it may end an expression, and a template."""
    for line in text.strip().splitlines():
        weight, template = line.strip().split(" ", 1)
        forms(families, template.strip(), float(weight.strip("!")), weight.endswith("!"))


def conditions(text: str) -> None:
    for line in text.strip().splitlines():
        weight, template = line.strip().split(" ", 1)
        CONDITIONS.append((template.strip(), float(weight.strip("!")), weight.endswith("!")))


def production(families: str, weight: float = 1.0, leaf: bool = False) -> Any:
    def add(function: Production) -> Production:
        for family in families.split():
            TABLE[family].append((function, weight, leaf))
        return function

    return add


class Expressions(Draw):
    """Draws expressions of a type."""

    def expr(self, s: Scope, t: Type, depth: int = 2) -> str:
        places = s.of(t)
        if places and self.chance(0.5 if depth > 0 else 0.88):
            return self.recent(places).text
        options = [(p, w) for p, w, leaf in TABLE[t.family] if leaf or depth > 0]
        produce = self.rng.choices([p for p, _ in options], [w for _, w in options])[0]
        return produce(self, s, depth - 1, t)

    def fill(self, text: str, s: Scope, depth: int, t: Type) -> str:
        name = self.fresh("z") if "{z}" in text else ""
        parts = text.split("{")
        made = [parts[0]]
        for part in parts[1:]:
            hole, closed, rest = part.partition("}")
            if hole == "z":
                made += [name, rest]
            elif closed and hole.isalnum():
                made += [self.hole(hole, s, depth, t), rest]
            else:  # a brace of the program
                made += ["{", part]
        return "".join(made).replace("<%", "{").replace("%>", "}")

    def hole(self, hole: str, s: Scope, depth: int, t: Type) -> str:
        if hole in SMALL:
            return self.pick(SMALL[hole])
        if hole in FIXED:
            return self.expr(s, FIXED[hole], depth)
        return str(getattr(self, "hole_" + hole)(s, depth, t))

    def hole_F(self, s: Scope, depth: int, t: Type) -> str:
        return self.expr(s, self.weighted({PF: 5, NF: 3, PI: 2}), depth)

    def hole_I(self, s: Scope, depth: int, t: Type) -> str:
        return self.expr(s, self.weighted({PI: 4, NI: 1}), depth)

    def hole_C(self, s: Scope, depth: int, t: Type) -> str:
        return self.condition(s, depth)

    def hole_A(self, s: Scope, depth: int, t: Type) -> str:
        return self.expr(s, t, depth)

    def hole_V(self, s: Scope, depth: int, t: Type) -> str:
        return self.expr(s, self.known(s, "V", t), depth)

    def hole_Q(self, s: Scope, depth: int, t: Type) -> str:
        return self.expr(s, self.known(s, "Q", t), depth)

    def hole_H(self, s: Scope, depth: int, t: Type) -> str:
        return self.expr(s, self.known(s, "H", t), depth)

    def hole_X(self, s: Scope, depth: int, t: Type) -> str:
        return self.expr(s, self.known(s, "X", t), depth)

    def hole_Z(self, s: Scope, depth: int, t: Type) -> str:
        return self.expr(s, self.known(s, "Z", t), depth)

    def hole_L(self, s: Scope, depth: int, t: Type) -> str:
        return self.expr(s, self.known(s, "L", t), depth)

    def hole_LI(self, s: Scope, depth: int, t: Type) -> str:
        return self.expr(s, self.known(s, "LI", t), depth)

    def known(self, s: Scope, family: str, t: Type) -> Type:
        """A type of the family: of t's length, or one of which something is in scope."""
        kind = {"V": "f", "Q": "i", "H": "g", "X": "x", "Z": "c", "L": "f", "LI": "i"}[family]
        make = numbers if family[0] == "L" else vector
        if t.shape:
            return make(t.shape[0], kind)
        types = [p.type for p in s.places if p.type.family == family]
        return self.recent(types) if types else make(self.dim(), kind)

    def hole_M(self, s: Scope, depth: int, t: Type) -> str:
        types = [p.type for p in s.places if p.type.family == "M"]
        return self.expr(s, self.recent(types or [matrix(self.dim(), self.dim())]), depth)

    def hole_n(self, s: Scope, depth: int, t: Type) -> str:
        return str(t.shape[0])

    def hole_shape(self, s: Scope, depth: int, t: Type) -> str:
        return str(t.shape)

    def hole_size(self, s: Scope, depth: int, t: Type) -> str:
        return str(t.shape[0] * t.shape[1])

    def hole_axis(self, s: Scope, depth: int, t: Type) -> str:
        return self.pick(("0", "1", "-1"))

    def hole_ix(self, s: Scope, depth: int, t: Type) -> str:
        return self.index(s, 3, depth)

    def hole_part(self, s: Scope, depth: int, t: Type) -> str:
        """Bounds of a slice, mostly computed."""
        return self.fill(self.pick(PARTS), s, depth, t)

    def condition(self, s: Scope, depth: int = 1) -> str:
        options = [(text, w) for text, w, leaf in CONDITIONS if leaf or depth > 0]
        text = self.rng.choices([x for x, _ in options], [w for _, w in options])[0]
        return self.fill(text, s, depth - 1, PB)

    def index(self, s: Scope, n: int, depth: int = 1) -> str:
        """An index of an axis of n, out of range once in a while."""
        drawn = self.rng.random()
        if drawn < 0.5:
            return str(self.rng.randrange(-n, n))
        if drawn < 0.96:
            return f"{self.expr(s, PI, min(depth, 1))} % {n}"
        return self.expr(s, PI, 0)


PARTS = (
    ":{PI} % 4",
    "{PI} % 3:",
    "{PI} % 2:{PI} % 4",
    ":",
    "1:",
    ":-1",
    "::2",
    "::-1",
    "{PI} % 3::-1",
    ":len({V}) - 1",
)
FIXED = {
    "PF": PF,
    "NF": NF,
    "PI": PI,
    "NI": NI,
    "PB": PB,
    "NB": NB,
    "NG": NG,
    "PC": PC,
    "NC": NC,
    "D": DICT,
    "O": MAYBE,
    "FN": FUNCTION,
    "S": TEXT,
    "Box": BOX,
    "Vec": VEC,
    "Grid": GRID,
    "Shape": SHAPE,
    "V3": vector(3),
    "V4": vector(4),
    "L3": numbers(3),
    "LI3": numbers(3, "i"),
    "M33": matrix(3, 3),
    "L4": numbers(4),
    "Q4": vector(4, "i"),
}
SMALL = {
    "c": ("-1.5", "-0.5", "0.25", "0.5", "0.75", "1.25", "2.0", "0.1", "1.0"),
    "j": ("0", "1", "2", "3", "5", "7", "-1", "-2"),
    "jp": ("2", "3", "5", "7", "-3"),
    "cmp": ("<", ">", "<=", ">=", "<", ">", "==", "!="),
    "op": ("+", "-", "*"),
    "iop": ("+", "-", "*", "&", "|", "^", "+", "-"),
    "smooth": ("sin", "cos", "tanh", "arctan"),
    "msmooth": ("sin", "cos", "tanh", "atan"),
    "red": ("sum", "mean", "max", "min"),
    "ired": ("sum", "max", "min"),
    "wide": ("sin", "tanh", "abs", "exp", "square", "sign", "floor", "negative", "cbrt"),
    "j1": ("0", "1", "-1", "2"),
    "tol": ("1e-3", "0.1", "1e-6"),
    "jq": ("1", "2", "3"),
    "jb": ("0", "1"),
    "gn": ("2", "3", "4"),
    "mode": ("Mode.LINEAR", "Mode.CUBIC"),
    "key": ("'a'", "'b'", "'c'"),
    "keys": ("'a'", "'b'", "'c'", "'a'", "'b'", "'d'"),
}
