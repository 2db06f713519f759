"""Random typed expressions: a table of productions per family of types."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tests.fuzz.scope import NF, NG, NI, PB, PF, PI, Draw, Scope, Type, matrix, vector

Production = Callable[["Expressions", Scope, int, Type], str]
TABLE: dict[str, list[tuple[Production, float, bool]]] = defaultdict(list)


def forms(families: str, text: str, weight: float = 1.0, leaf: bool = False) -> None:
    """Adds a production from a template: `{PF}` is an expression of that type, `{c}` a float
    number, `{j}` an int, `{C}` a condition, `{F}` any float scalar, `{V}` a vector of the length
    asked for, `{A}` an array of the type asked for, `{u}` a fresh name.
    """

    def produce(e: Expressions, s: Scope, depth: int, t: Type) -> str:
        return e.fill(text, s, depth, t)

    for family in families.split():
        TABLE[family].append((produce, weight, leaf))


def production(families: str, weight: float = 1.0, leaf: bool = False) -> Any:
    def add(function: Production) -> Production:
        for family in families.split():
            TABLE[family].append((function, weight, leaf))
        return function

    return add


class Expressions(Draw):
    """Draws expressions of a type."""

    def expr(self, s: Scope, t: Type, depth: int = 3) -> str:
        places = s.of(t)
        if places and self.chance(0.4 if depth > 0 else 0.85):
            return self.pick(places).text
        options = [(p, w) for p, w, leaf in TABLE[t.family] if leaf or depth > 0]
        produce = self.rng.choices([p for p, _ in options], [w for _, w in options])[0]
        return produce(self, s, depth - 1, t)

    def fill(self, text: str, s: Scope, depth: int, t: Type) -> str:
        parts = text.split("{")
        made = [parts[0]]
        for part in parts[1:]:
            hole, _, rest = part.partition("}")
            made += [self.hole(hole, s, depth, t), rest]
        return "".join(made)

    def hole(self, hole: str, s: Scope, depth: int, t: Type) -> str:
        if hole in SMALL:
            return self.pick(SMALL[hole])
        if hole in FIXED:
            return self.expr(s, FIXED[hole], depth)
        return str(getattr(self, "hole_" + hole)(s, depth, t))

    def hole_F(self, s: Scope, depth: int, t: Type) -> str:
        return self.expr(s, self.weighted({PF: 4, NF: 4, PI: 2}), depth)

    def hole_I(self, s: Scope, depth: int, t: Type) -> str:
        return self.expr(s, self.weighted({PI: 4, NI: 1}), depth)

    def hole_C(self, s: Scope, depth: int, t: Type) -> str:
        return self.condition(s, depth)

    def hole_A(self, s: Scope, depth: int, t: Type) -> str:
        return self.expr(s, t, depth)

    def hole_V(self, s: Scope, depth: int, t: Type) -> str:
        return self.expr(s, self.known(s, "V", t), depth)

    def known(self, s: Scope, family: str, t: Type) -> Type:
        """A type of the family: of t's length, or one of which something is in scope."""
        kind = {"V": "f", "Q": "i", "H": "g"}[family]
        if t.shape:
            return vector(t.shape[0], kind)
        types = [p.type for p in s.places if p.type.family == family]
        return self.pick(types) if types else vector(self.dim(), kind)

    def hole_Q(self, s: Scope, depth: int, t: Type) -> str:
        return self.expr(s, self.known(s, "Q", t), depth)

    def hole_H(self, s: Scope, depth: int, t: Type) -> str:
        return self.expr(s, self.known(s, "H", t), depth)

    def hole_M(self, s: Scope, depth: int, t: Type) -> str:
        types = [p.type for p in s.places if p.type.family == "M"]
        return self.expr(s, self.pick(types or [matrix(self.dim(), self.dim())]), depth)

    def condition(self, s: Scope, depth: int = 2) -> str:
        text = self.pick(CONDITIONS if depth > 0 else CONDITIONS[:5])
        return self.fill(text, s, depth - 1, PB)

    def index(self, s: Scope, n: int, depth: int = 1) -> str:
        """An index of an axis of n, out of range once in a while."""
        drawn = self.rng.random()
        if drawn < 0.6:
            return str(self.rng.randrange(-n, n))
        if drawn < 0.94:
            return f"{self.expr(s, PI, depth)} % {n}"
        return self.expr(s, PI, 0)


FIXED = {
    "PF": PF,
    "NF": NF,
    "PI": PI,
    "NI": NI,
    "PB": PB,
    "NG": NG,
    "V3": vector(3),
    "V4": vector(4),
}
SMALL = {
    "c": ("-1.5", "-0.5", "0.25", "0.5", "0.75", "1.25", "2.0", "0.0", "1.0"),
    "j": ("0", "1", "2", "3", "5", "7", "-1", "-2"),
    "jp": ("1", "2", "3", "5", "7"),
    "cmp": ("<", ">", "<=", ">=", "<", ">", "==", "!="),
    "op": ("+", "-", "*"),
    "iop": ("+", "-", "*", "&", "|", "^", "+", "-"),
    "smooth": ("sin", "cos", "tanh", "arctan"),
    "msmooth": ("sin", "cos", "tanh", "atan"),
    "red": ("sum", "mean", "max", "min"),
    "wide": ("sin", "tanh", "abs", "exp", "square", "sign", "floor", "negative", "cbrt"),
}
CONDITIONS = (
    "{F} {cmp} {c}",
    "{F} > {c}",
    "{PI} {cmp} {j}",
    "{PI} % 2 == 0",
    "{PI} > {j}",
    "{PB}",
    "{F} {cmp} {F}",
    "{PI} {cmp} {PI}",
    "{c} < {F} <= {F}",
    "not {F} < {c}",
    "({C} and {C})",
    "({C} or {C})",
    "{PI} in (1, 2, {j})",
    "{V}.max() > {c}",
    "np.any({V} > {c})",
    "np.all({V} > {c})",
    "any(e > {c} for e in {V})",
    "(0 <= {PI} < 3 and {V}[{PI} % 3] > {c})",
    "{I} != {I}",
)

# Python floats
forms("PF", "{c}", 2, leaf=True)
forms("PF", "({PF} {op} {PF})", 4)
forms("PF", "({PF} {op} {PI})", 2)
forms("PF", "math.{msmooth}({F})", 3)
forms("PF", "float({F})", 1)
forms("PF", "float({NG})", 0.2)
forms("PF", "abs({PF})")
forms("PF", "(-{PF})")
forms("PF", "min({PF}, {PF})")
forms("PF", "max({PF}, {c})")
forms("PF", "({PF} ** 2)")
forms("PF", "math.sqrt({PF} * {PF} + 0.5)")
forms("PF", "math.exp(-abs({PF}))")
forms("PF", "math.log(1.0 + {PF} ** 2)")
forms("PF", "math.log({PF})", 0.3)
forms("PF", "math.sqrt({PF})", 0.2)
forms("PF", "({PF} / (1.0 + {PF} ** 2))")
forms("PF", "({PF} / {PF})", 0.5)
forms("PF", "({PI} / {PI})", 0.5)
forms("PF", "({PF} % {c})", 0.5)
forms("PF", "({PF} // 0.75)", 0.3)
forms("PF", "({PF} if {C} else {PF})", 2)
forms("PF", "({PF} or {PF})", 0.7)
forms("PF", "({PF} and {PF})", 0.5)
forms("PF", "(lambda z: z * {PF} + z)({PF})", 0.5)
forms("PF", "sum([{PF}, {PF}, {PF}])", 0.5)
forms("PF", "{V}[{ix}].item()", 0.5)
forms("PF", "{V}.tolist()[{j1}]", 0.3)
forms("PF", "sum(e * {c} for e in [{PF}, {PF}])", 0.4)
forms("PF", "math.hypot({PF}, {PF} + 1.5)", 0.5)
forms("PF", "math.atan2({PF}, 2.0 + abs({PF}))", 0.3)
forms("PF", "dict(a={PF}, b={PF})['b']", 0.3)
forms("PF", "(lambda a, b={PF}, *, k=0.5: a * k - b)({PF}, k={PF})", 0.4)
forms("PF", "round({PF}, 2)", 0.1)
forms("PF", "max([{PF}, {PF}, {PF}], key=lambda e: -e * e)", 0.2)
forms("PF", "[{PF}, {PF}, {PF}][{PI} % 3]", 0.2)

# NumPy floats
forms("NF", "np.float64({c})", 1, leaf=True)
forms("NF", "np.{smooth}({F})", 3)
forms("NF", "({NF} {op} {F})", 3)
forms("NF", "({F} {op} {NF})", 2)
forms("NF", "{V}[{ix}]", 4)
forms("NF", "{V}.{red}()", 2)
forms("NF", "np.{red}({V})")
forms("NF", "{M}.{red}()")
forms("NF", "{M}[{ix}, {ix}]", 2)
forms("NF", "({V3} @ {V3})")
forms("NF", "np.dot({V4}, {V4})")
forms("NF", "np.prod({V})", 0.5)
forms("NF", "np.std({V})", 0.3)
forms("NF", "({NF} if {C} else {NF})", 2)
forms("NF", "({NF} / (1.0 + {NF} ** 2))")
forms("NF", "({NF} / {NF})", 0.3)
forms("NF", "({NF} or {NF})", 0.3)
forms("NF", "np.where({C}, {NF}, {NF})[()]", 0.5)
forms("NF", "np.maximum({NF}, {F})", 0.5)
forms("NF", "np.minimum({NF}, {F})", 0.5)
forms("NF", "np.clip({NF}, -0.75, 0.5)", 0.5)
forms("NF", "sum({V})", 0.5)
forms("NF", "max({V})", 0.5)
forms("NF", "np.trace({M})", 0.3)
forms("NF", "np.sqrt(np.sum({V} ** 2) + 0.1)", 0.5)
forms("NF", "np.linalg.norm({V})", 0.2)
forms("NF", "sum(a * b for a, b in zip({V3}, {V3}))", 0.4)
forms("NF", "np.sum({V}, where={V4} > {c})".replace("{V}", "{V4}"), 0.3)
forms("NF", "np.median({V})", 0.1)
forms("NF", "(np.float64({PF}) % {c})", 0.3)
forms("NF", "np.sqrt({NF})", 0.2)
forms("NF", "np.log(np.abs({NF}))", 0.2)
forms("NF", "np.interp({PF}, [-1.0, 0.0, 1.0], [{PF}, {PF}, {PF}])", 0.1)
forms("NF", "np.polyval([{PF}, {PF}, 0.5], {NF})", 0.15)

# float32 scalars
forms("NG", "np.float32({c})", 1, leaf=True)
forms("NG", "({NG} {op} {NG})", 2)
forms("NG", "({NG} {op} {PF})", 2)
forms("NG", "np.float32({F})")
forms("NG", "{H}[{ix}]", 2)
forms("NG", "{H}.sum()", 1)
forms("NG", "np.{smooth}({NG})")

# Python ints
forms("PI", "{j}", 3, leaf=True)
forms("PI", "({PI} {iop} {PI})", 4)
forms("PI", "({PI} % {jp})", 2)
forms("PI", "({PI} // {jp})", 1)
forms("PI", "({PI} // {PI})", 0.3)
forms("PI", "({PI} % {PI})", 0.3)
forms("PI", "int({PF})", 1)
forms("PI", "int({NF})", 0.5)
forms("PI", "int({C})", 0.5)
forms("PI", "len({V})", 0.5)
forms("PI", "abs({PI})")
forms("PI", "(-{PI})")
forms("PI", "(~{PI})", 0.3)
forms("PI", "min({PI}, {PI})")
forms("PI", "max({PI}, {PI}, {j})")
forms("PI", "({PI} if {C} else {PI})", 2)
forms("PI", "({PI} or {PI})", 0.5)
forms("PI", "divmod({PI}, {jp})[1]", 0.5)
forms("PI", "({PI} << {jp})", 0.3)
forms("PI", "({PI} >> 1)", 0.3)
forms("PI", "(({PI} % 7) ** 2)", 0.5)
forms("PI", "round({PF})", 0.3)
forms("PI", "int({NI})", 0.5)
forms("PI", "math.floor({PF})", 0.3)
forms("PI", "sum(1 for e in {V} if e > {c})", 0.3)
forms("PI", "sum([i * {jp} for i in range(4)])", 0.2)
forms("PI", "({PI} + True)", 0.1)
forms("PI", "math.gcd({PI}, {jp})", 0.1)
forms("PI", "pow(abs({PI}), 2, 5)", 0.1)

# NumPy ints
forms("NI", "np.int64({j})", 1, leaf=True)
forms("NI", "({NI} {iop} {PI})", 2)
forms("NI", "({NI} {iop} {NI})", 1)
forms("NI", "{Q}[{ix}]", 2)
forms("NI", "{Q}.{ired}()", 1)
forms("NI", "np.argmax({V})", 1)
forms("NI", "np.sum({V} > {c})", 0.5)
forms("NI", "({NI} % {jp})", 0.7)
forms("NI", "({NI} // {jp})", 0.7)
forms(
    "NI",
    "np.count_nonzero({V} > {c})".replace("np.count_nonzero", "np.int64(np.count_nonzero") + ")",
    0.2,
)

# booleans
forms("PB", "True", 0.3, leaf=True)
forms("PB", "False", 0.3, leaf=True)
forms("PB", "({PF} {cmp} {PF})", 2)
forms("PB", "({PI} {cmp} {PI})", 2)
forms("PB", "bool({F})", 0.5)
forms("PB", "(not {C})", 1)
forms("PB", "({PB} and {PB})", 0.5)
forms("NB", "({NF} {cmp} {F})", 2, leaf=True)
forms("NB", "np.any({V} > {c})", 1)

# vectors of floats
forms("V", "np.{smooth}({A})", 3)
forms("V", "({A} {op} {A})", 3)
forms("V", "({A} {op} {F})", 2)
forms("V", "({F} {op} {A})", 1)
forms("V", "({A})[::-1]", 0.7)
forms("V", "np.where({A} > {c}, {A}, {A})", 1)
forms("V", "np.where({A} > {A}, {A}, {F})", 0.5)
forms("V", "np.{wide}({A})", 1)
forms("V", "({A} / (1.0 + {A} ** 2))", 1)
forms("V", "np.maximum({A}, {F})", 0.5)
forms("V", "np.minimum({A}, {A})", 0.5)
forms("V", "np.cumsum({A})", 0.5)
forms("V", "np.sort({A})", 0.3)
forms("V", "np.roll({A}, {j})", 0.3)
forms("V", "np.clip({A}, -0.5, {c})", 0.3)
forms("V", "{A}.copy()", 0.7)
forms("V", "(-{A})", 0.7)
forms("V", "abs({A})", 0.3)
forms("V", "({A} ** 2)", 0.5)
forms("V", "({A} + {Q})", 0.5)
forms("V", "({A} * ({A} > {c}))", 0.4)
forms("V", "{A}[{Q} % {n}]", 0.4)
forms("V", "({C1} if {C} else {A})".replace("{C1}", "{A}"), 0.7)
forms("V", "np.sqrt({A})", 0.1)
forms("V", "({A} / {A})", 0.2)
forms("V", "np.zeros({n})", 0.5, leaf=True)
forms("V", "np.ones({n})", 0.5, leaf=True)
forms("V", "(np.arange({n}) * {c})", 0.5, leaf=True)
forms("V", "np.full({n}, {F})", 0.5)
forms("V", "np.linspace({c}, {PF}, {n})", 0.3)
forms("V", "np.array([{F} * e for e in {A}])", 0.5)
forms("V", "np.array([{PF} + i for i in range({n})])", 0.4)
forms("V", "{A}.astype(np.float64)", 0.2)
forms("V", "np.array({A}.tolist())", 0.1)
forms("V", "np.asarray({A})", 0.1)
forms("V", "({H} + {A})", 0.3)
forms("V", "np.diff(np.append({A}, {F}))", 0.2)

# vectors of ints and of float32
forms("Q", "np.arange({n})", 1, leaf=True)
forms("Q", "np.full({n}, {j})", 0.5, leaf=True)
forms("Q", "({A} {iop} {A})", 2)
forms("Q", "({A} {iop} {PI})", 1)
forms("Q", "({A} % {jp})", 1)
forms("Q", "({A} // {jp})", 1)
forms("Q", "({A} // {A})", 0.2)
forms("Q", "np.argsort({V})", 0.5)
forms("Q", "({V} * 4.0).astype(np.int64)", 0.5)
forms("Q", "({V} > {c}).astype(int)", 0.5)
forms("Q", "np.cumsum({A})", 0.4)
forms("Q", "np.abs({A})", 0.4)
forms("Q", "np.where({V} > {c}, {A}, {j})", 0.5)
forms("Q", "{A}[::-1]", 0.4)
forms("H", "np.ones({n}, np.float32)", 0.5, leaf=True)
forms("H", "np.zeros({n}, dtype='float32')", 0.5, leaf=True)
forms("H", "({A} {op} {A})", 2)
forms("H", "({A} {op} {PF})", 1)
forms("H", "{V}.astype(np.float32)", 1)
forms("H", "np.{smooth}({A})", 1)
forms("H", "{A}[::-1]", 0.5)

# matrices
forms("M", "np.{smooth}({A})", 2)
forms("M", "({A} {op} {A})", 2)
forms("M", "({A} {op} {F})", 1)
forms("M", "np.zeros({shape})", 0.5, leaf=True)
forms("M", "np.ones({shape})", 0.5, leaf=True)
forms("M", "np.full({shape}, {F})", 0.3)
forms("M", "np.where({A} > {c}, {A}, {A})", 0.5)
forms("M", "{A}.copy()", 0.5)
forms("M", "{A}[::-1]", 0.3)
forms("M", "{A}[:, ::-1]", 0.3)
forms("M", "(np.arange({size}).reshape({shape}) * {c})", 0.3, leaf=True)
forms("M", "np.cumsum({A}, axis={axis})", 0.3)
forms("M", "np.sort({A}, axis={axis})", 0.1)
forms("M", "({A} - {A}.mean(axis={axis}, keepdims=True))", 0.3)
forms("M", "({A} if {C} else {A})", 0.4)


def sized(function: Callable[[Type], Any]) -> Any:
    return lambda self, s, depth, t: function(t)


Expressions.hole_n = sized(lambda t: t.shape[0])  # type: ignore[attr-defined]
Expressions.hole_shape = sized(lambda t: t.shape)  # type: ignore[attr-defined]
Expressions.hole_size = sized(lambda t: t.shape[0] * t.shape[1])  # type: ignore[attr-defined]
Expressions.hole_axis = lambda self, s, depth, t: self.pick((0, 1, -1))  # type: ignore[attr-defined]
Expressions.hole_ix = lambda self, s, depth, t: self.index(s, 3, depth)  # type: ignore[attr-defined]
Expressions.hole_j1 = lambda self, s, depth, t: self.pick((0, 1, -1, 2))  # type: ignore[attr-defined]
Expressions.hole_ired = lambda self, s, depth, t: self.pick(("sum", "max", "min"))  # type: ignore[attr-defined]


@production("V", 0.6)
def row_of_matrix(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    m = e.dim()
    return f"{e.expr(s, matrix(m, t.shape[0]), depth)}[{e.index(s, m)}]"


@production("V", 0.4)
def column_of_matrix(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    n = e.dim()
    return f"{e.expr(s, matrix(t.shape[0], n), depth)}[:, {e.index(s, n)}]"


@production("V", 0.6)
def reduced_matrix(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    n, axis = e.dim(), e.pick((0, 1))
    shape = (n, t.shape[0]) if axis == 0 else (t.shape[0], n)
    return f"{e.expr(s, matrix(*shape), depth)}.{e.pick(('sum', 'mean', 'max'))}(axis={axis})"


@production("V", 0.6)
def matrix_times_vector(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    n = e.dim()
    return f"({e.expr(s, matrix(t.shape[0], n), depth)} @ {e.expr(s, vector(n), depth)})"


@production("V", 0.6)
def array_of_scalars(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    made = ", ".join(e.expr(s, e.pick((PF, NF)), depth - 1) for _ in range(t.shape[0]))
    return f"np.array([{made}])"


@production("V", 0.5)
def joined_slices(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    n, m = e.dim(), t.shape[0]
    first, second = e.expr(s, vector(n), depth), e.expr(s, t, depth)
    return f"np.concatenate([{first}[:1], {second}[{e.pick(('1:', ':-1'))}]])" if m else ""


@production("V", 0.3)
def longer_slice(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    if t.shape[0] == 3:
        return f"{e.expr(s, vector(4), depth)}[{e.pick(('1:', ':-1', ':3', '-3:'))}]"
    return f"np.append({e.expr(s, vector(3), depth)}, {e.expr(s, PF, depth)})"


@production("M", 0.7)
def transposed(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    return f"{e.expr(s, matrix(*t.shape[::-1]), depth)}.T"


@production("M", 0.7)
def product(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    n = e.dim()
    a, b = matrix(t.shape[0], n), matrix(n, t.shape[1])
    return f"({e.expr(s, a, depth)} @ {e.expr(s, b, depth)})"


@production("M", 1)
def outer(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    a, b = (e.expr(s, vector(n), depth) for n in t.shape)
    return e.pick(
        (f"np.outer({a}, {b})", f"({a}[:, None] * {b})", f"({a}[:, None] - {b}[None, :])")
    )


@production("M", 0.6)
def with_row(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    return f"({e.expr(s, t, depth)} {e.pick('+-*')} {e.expr(s, vector(t.shape[1]), depth)})"


@production("M", 0.4)
def stacked(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    rows = ", ".join(e.expr(s, vector(t.shape[1]), depth - 1) for _ in range(t.shape[0]))
    return f"np.{e.pick(('array', 'stack', 'vstack'))}([{rows}])"


@production("PF NF PI NI V M", 1.5)
def helper_call(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    fitting = [h for h in s.helpers if h.result == t]
    if not fitting or depth < 0:
        return e.expr(s, t, 0) if depth < 0 else e.expr(s, t, depth)
    h = e.pick(fitting)
    args = [e.expr(s, p, depth - 1) for p in h.params]
    if h.style == "default" and e.chance(0.5):
        args = args[:-1]
    elif h.style == "default":
        args[-1] = f"last={args[-1]}"
    elif h.style == "recursive":
        args[0] = e.pick(("0", "1", "2", "3"))
    elif h.style == "star":
        return f"{h.name}(*[{', '.join(args)}])"
    return f"{h.name}({', '.join(args)})"
