"""Productions of arrays and lists."""

from __future__ import annotations

from tests.fuzz.expressions import Expressions, production, table
from tests.fuzz.scope import NF, PF, Scope, Type, matrix, vector

table(
    "V",
    """
0.4! np.zeros({n})
0.4! np.ones({n})
0.5! (np.arange({n}) * {c})
0.3! np.linspace(0.0, 1.0, {n})
3 np.{smooth}({A})
3 ({A} {op} {A})
2 ({A} {op} {F})
1 ({F} {op} {A})
0.7 {A}[::-1]
0.8 np.where({A} > {c}, {A}, {A})
0.5 np.where({A} > {A}, {A}, {F})
1 np.{wide}({A})
0.7 ({A} / (1.0 + {A} ** 2))
0.5 np.maximum({A}, {F})
0.5 np.minimum({A}, {A})
0.5 np.cumsum({A})
0.3 np.sort({A})
0.3 np.roll({A}, {j})
0.3 np.clip({A}, -0.5, {c})
0.6 {A}.copy()
0.5 -{A}
0.3 abs({A})
0.5 ({A} ** 2)
0.4 ({A} + {Q})
0.4 ({A} * ({A} > {c}))
0.4 {A}[{Q} % {n}]
0.6 ({A} if {C} else {A})
0.1 np.sqrt({A})
0.2 ({A} / {A})
0.4 np.full({n}, {F})
0.2 np.linspace({c}, {PF}, {n})
0.4 np.array([{F} * {z} for {z} in {A}])
0.3 np.array([{PF} + {z} for {z} in range({n})])
0.2 {A}.astype(np.float64)
0.1 np.array({A}.tolist())
0.1 np.asarray({A})
0.3 ({H} + {A})
0.2 ({X} * {A})
0.2 np.diff(np.append({A}, {F}))
0.5 np.array({L})
0.2 np.multiply({A}, {A}, where={A} > {c}, out=np.zeros({n}))
0.1 np.divide({A}, {A}, out=np.zeros({n}), where={A} != 0)
0.1 np.nan_to_num({A} / {A})
0.1 np.real({Z})
0.1 np.abs({Z})
0.1 np.fft.fft({A}).real
0.1 np.select([{A} > {c}, {A} < -0.5], [{A}, {A}], {c})
0.1 np.where(np.isnan({A} / {A}), 0.0, {A})
0.1 np.linalg.solve(np.eye({n}) * 2.0 + 0.1, {A})
0.1 np.outer({A}, {A}).sum(axis={axis})
0.1 np.convolve({A}, [0.25, 0.5, 0.25], mode='same')
0.1 np.take({A}, {Q}, mode='wrap')
0.1 np.cumprod({A})
0.1 np.stack([{A}, {A}]).max(axis=0)
0.1 np.average([{A}, {A}], axis=0, weights=[0.25, 0.75])
0.1 np.mean([{A}, {A}], axis=0)
0.1 np.gradient({A})
0.1 np.tile({V}[:1], {n})
0.1 np.repeat({F}, {n})
0.1 np.concatenate(({V}[:1], {A}[1:]))
0.1 np.vectorize(lambda {z}: {z} * {PF})({A})
""",
)

table(
    "Q",
    """
1! np.arange({n})
0.5! np.full({n}, {j})
2 ({A} {iop} {A})
1 ({A} {iop} {PI})
1 ({A} % {jp})
1 ({A} // {jp})
0.2 ({A} // {A})
0.5 np.argsort({V}, kind="stable")
0.5 ({V} * 4.0).astype(np.int64)
0.5 ({V} > {c}).astype(int)
0.4 np.cumsum({A})
0.4 np.abs({A})
0.5 np.where({V} > {c}, {A}, {j})
0.4 {A}[::-1]
0.3 np.array({LI})
0.2 ({A} ** 2)
0.1 -{A}
0.1 np.searchsorted([-1.0, 0.0, 1.0], {V})
0.1 np.bincount({A} % {n}, minlength={n})
0.1 {X}.astype(np.int64)
0.2 ({A} << 1)
0.1 ({A} >> {A} % 3)
""",
)
table(
    "X",
    """
1! np.arange({n}, dtype=np.int32)
0.5! np.ones({n}, np.int32)
2 ({A} {iop} {A})
1 ({A} {iop} {j})
1 {Q}.astype(np.int32)
0.5 {A}[::-1]
0.5 ({A} // {jp})
""",
)
table(
    "H",
    """
0.5! np.ones({n}, np.float32)
0.5! np.zeros({n}, dtype='float32')
2 ({A} {op} {A})
1 ({A} {op} {PF})
1 {V}.astype(np.float32)
1 np.{smooth}({A})
0.5 {A}[::-1]
""",
)
table(
    "Z",
    """
1! np.zeros({n}, complex)
2 ({V} * 1j)
1.5 ({A} {op} {A})
1 ({A} {op} {PC})
1 np.exp(1j * {V})
0.5 np.fft.fft({V})
0.5 np.conj({A})
0.3 ({V} + 1j * {V})
""",
)
table(
    "M",
    """
0.5! np.zeros({shape})
0.5! np.ones({shape})
0.4! (np.arange({size}).reshape({shape}) * {c})
2 np.{smooth}({A})
2 ({A} {op} {A})
1 ({A} {op} {F})
0.3 np.full({shape}, {F})
0.5 np.where({A} > {c}, {A}, {A})
0.5 {A}.copy()
0.3 {A}[::-1]
0.3 {A}[:, ::-1]
0.3 np.cumsum({A}, axis={axis})
0.1 np.sort({A}, axis={axis})
0.4 ({A} - {A}.mean(axis={axis}, keepdims=True))
0.2 ({A} / (1.0 + np.abs({A}).sum(axis={axis}, keepdims=True)))
0.4 ({A} if {C} else {A})
0.1 np.maximum({A}, {A}.max(axis={axis}, keepdims=True) * 0.5)
0.1 np.clip({A}, -1.0, {c})
0.1 np.einsum('ij->ij', {A})
0.1 np.array([[{PF} for _ in range(r)] for r in {shape}[1:] * {shape}[0]])
0.1 np.roll({A}, 1, axis={axis})
0.1 np.apply_along_axis(np.cumsum, {axis}, {A})
0.1 np.multiply.outer({A}[:, 0], {A}[0])
""",
)

table(
    "L",
    """
3 {V}.tolist()
0.5 list(map(math.sin, {A}))
1 [{z} * {PF} for {z} in {A}]
1 [{PF} + {z} for {z} in range({n})]
0.7 sorted({A})
0.5 {A}[::-1]
0.4 [float({z}) for {z} in {V}]
0.3 list({A})
0.3 [a + b for a, b in zip({A}, {A})]
0.3 [{z} if {z} > {c} else {PF} for {z} in {A}]
0.2 [*{A}[1:], {PF}]
0.2 sorted({A}, key=lambda {z}: -{z})
0.2 list(itertools.accumulate({A}))
0.4! ([0.0] * {n})
""",
)
table(
    "LI",
    """
1! list(range({n}))
0.5! ([0] * {n})
1 [{z} % {jp} for {z} in {A}]
1 [{PI} + {z} for {z} in range({n})]
0.7 sorted({A})
0.5 {Q}.tolist()
0.3 [int({z} > {c}) for {z} in {V}]
0.3 {A}[::-1]
0.2 [{z} for {z} in range(2 * {n}) if {z} % 2 == 0]
""",
)


@production("L LI", 2, leaf=True)
def list_display(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    items = Type(t.kind, py=True)
    return "[" + ", ".join(e.expr(s, items, depth - 1) for _ in range(t.shape[0])) + "]"


@production("V", 0.6)
def row_of_matrix(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    m = e.dim()
    return f"{e.expr(s, matrix(m, t.shape[0]), depth)}[{e.index(s, m)}]"


@production("V", 0.4)
def column_of_matrix(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    n = e.dim()
    return f"{e.expr(s, matrix(t.shape[0], n), depth)}[:, {e.index(s, n)}]"


@production("V", 0.7)
def reduced_matrix(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    n, axis = e.dim(), e.pick((0, 1))
    a = e.expr(s, matrix(*((n, t.shape[0]) if axis == 0 else (t.shape[0], n))), depth)
    form = e.pick(("{a}.{r}(axis={x})", "np.{r}({a}, axis={x})", "np.{r}({a}, {x})"))
    if e.chance(0.15):
        return f"np.sum({a}, axis={axis}, where={a} > {e.pick(('0.0', '0.5'))})"
    return form.format(a=a, r=e.pick(("sum", "mean", "max", "min", "prod", "std")), x=axis)


@production("V", 0.6)
def matrix_times_vector(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    n = e.dim()
    return f"({e.expr(s, matrix(t.shape[0], n), depth)} @ {e.expr(s, vector(n), depth)})"


@production("V", 0.6)
def array_of_scalars(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    made = ", ".join(e.expr(s, e.pick((PF, NF)), depth - 1) for _ in range(t.shape[0]))
    return f"np.array([{made}])"


@production("V", 0.4)
def joined_slices(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    n = e.dim()
    first, second = e.expr(s, vector(n), depth), e.expr(s, t, depth)
    return f"np.concatenate([{first}[:1], {second}[{e.pick(('1:', ':-1'))}]])"


@production("V", 0.3)
def longer_slice(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    if t.shape[0] == 3:
        return f"{e.expr(s, vector(4), depth)}[{e.pick(('1:', ':-1', ':3', '-3:'))}]"
    return f"np.append({e.expr(s, vector(3), depth)}, {e.expr(s, PF, depth)})"


@production("V", 0.2)
def window(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    """A slice of known length at a computed place."""
    if t.shape[0] == 4:
        return e.expr(s, t, depth)
    i = e.fresh("z")
    return f"{e.expr(s, vector(4), depth)}[({i} := {e.expr(s, Type('i', py=True), 0)} % 2):{i} + 3]"


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
