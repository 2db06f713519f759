"""Productions of scalars, conditions, and values that are not arrays."""

from __future__ import annotations

from tests.fuzz.expressions import Expressions, conditions, production, table
from tests.fuzz.scope import MAYBE, PF, Scope, Type

conditions("""
5! {F} {cmp} {c}
4! {F} > {c}
4! {PI} {cmp} {j}
3! {PI} % 2 == 0
2! {PI} > {j}
2 {PB}
4 {F} {cmp} {F}
3 {PI} {cmp} {PI}
2 {c} < {F} <= {F}
1 {PI} < {PI} <= {PI} < {j}
1 not {F} < {c}
2 ({C} and {C})
2 ({C} or {C})
1 {PI} in (1, 2, {j})
1 {V}.max() > {c}
1 np.any({V} > {c})
1 np.all({V} > {c})
1 any({z} > {c} for {z} in {V})
1 all({z} > {c} for {z} in {L})
1 0 <= {PI} < 3 and {V}[{PI} % 3] > {c}
1 {I} != {I}
0.5 {S} == 'fast'
0.5 {S} in ('fast', 'slow')
0.4 isinstance({F}, float)
0.4 math.isfinite({F})
0.4 np.isnan({F})
0.4 not {L}
0.3 {PF} in {L}
0.4 {key} in {D}
0.3 (({z} := {F}) > {c} and {z} < 2.0)
0.3 len({V}[{V} > {c}]) > {j}
0.3 np.allclose({V3}, {V3})
""")

table(
    "PF",
    """
2! {c}
4 ({PF} {op} {PF})
2 ({PF} {op} {PI})
0.5 ({PI} * 0.5)
2.5 math.{msmooth}({F})
1 float({F})
0.2 float({NG})
0.8 abs({PF})
0.7 -{PF}
0.8 min({PF}, {PF})
0.8 max({PF}, {c})
0.8 ({PF} ** 2)
0.8 math.sqrt({PF} * {PF} + 0.5)
0.8 math.exp(-abs({PF}))
0.6 math.log(1.0 + {PF} ** 2)
0.1 math.log({PF})
0.1 math.sqrt({PF})
0.7 ({PF} / (1.0 + {PF} ** 2))
0.2 ({PF} / {PF})
0.3 ({PI} / {jp})
0.1 ({PI} / {PI})
0.4 ({PF} % {c})
0.2 ({PF} // 0.75)
0.2 divmod({PF}, {c})[1]
1.5 ({PF} if {C} else {PF})
0.5 ({PF} if {C} else {PF} if {C} else {c})
0.5 ({PF} or {PF})
0.4 ({PF} and {PF})
0.4 (lambda {z}: {z} * {PF} + {z})({PF})
0.5 sum([{PF}, {PF}, {PF}])
0.5 {V}[{ix}].item()
0.3 {V}.tolist()[{j1}]
0.3 sum({z} * {c} for {z} in [{PF}, {PF}])
0.4 math.hypot({PF}, {PF} + 1.5)
0.3 math.atan2({PF}, 2.0 + abs({PF}))
0.2 dict(a={PF}, b={PF})['b']
0.2 (lambda a, b={PF}, *, k=0.5: a * k - b)({PF}, k={PF})
0.1 round({PF}, 2)
0.2 max([{PF}, {PF}, {PF}], key=lambda {z}: -{z} * {z})
1.5 {L}[{ix}]
1 sum({L})
0.7 max({L})
0.3 sorted({L})[{j1}]
0.4 sum({z} ** 2 for {z} in {L})
0.2 sum({z} for {z} in {L} if {z} > {c})
0.3 sum({L}) / len({L})
0.2 next(reversed({L}))
0.2 functools.reduce(lambda p, {z}: p * 0.5 + {z}, {L}, {PF})
1 {D}[{key}]
0.5 {D}.get({keys}, {PF})
0.4 sum({D}.values())
0.2 max({D}.values())
0.7 {FN}({PF})
0.3 {Box}.a
0.3 {Vec}.x
0.3 {Vec}({PF})
0.2 {Vec}.dot({Vec})
0.2 ({Vec} + {c} * {Vec}).y
0.15 {Vec}[{PI}]
0.1 sum({Vec})
0.3 {Grid}[{PI}]
0.3 {Grid}.total()
0.3 {Shape}.area()
0.3 {Shape}.describe()
0.2 {Shape}.r
0.1 Shape.mean({PF}, {PF})
0.2 {PC}.real
0.1 {PC}.imag
0.2 abs({PC})
0.15 checked({PF}, 3.0)
0.1 Option({PF}, mode={mode}).scaled({PF})
0.1 replace(Option({PF}), rate={PF}).rate
0.2 float(np.{smooth}({PF}))
0.1 math.copysign({PF}, {PF})
0.1 math.fmod({PF}, 0.7)
0.1 math.fsum({L})
0.1 math.prod({L})
0.1 math.dist([{PF}, 1.0], [{PF}, {PF}])
""",
)

table(
    "NF",
    """
1! np.float64({c})
3 np.{smooth}({F})
3 ({NF} {op} {F})
2 ({F} {op} {NF})
4 {V}[{ix}]
2 {V}.{red}()
1 np.{red}({V})
0.8 {M}.{red}()
1.5 {M}[{ix}, {ix}]
1 ({V3} @ {V3})
0.8 np.dot({V4}, {V4})
0.4 np.prod({V})
0.3 np.std({V})
1.5 ({NF} if {C} else {NF})
0.8 ({NF} / (1.0 + {NF} ** 2))
0.3 ({NF} / {NF})
0.3 ({NF} or {NF})
0.3 np.where({C}, {NF}, {NF})[()]
0.5 np.maximum({NF}, {F})
0.5 np.minimum({NF}, {F})
0.4 np.clip({NF}, -0.75, 0.5)
0.5 sum({V})
0.5 max({V})
0.3 np.trace({M})
0.5 np.sqrt(np.sum({V} ** 2) + 0.1)
0.2 np.linalg.norm({V})
0.4 sum(a * b for a, b in zip({V3}, {V3}))
0.3 np.sum({V4}, where={V4} > {c})
0.1 np.median({V})
0.3 (np.float64({PF}) % {c})
0.15 np.sqrt({NF})
0.15 np.log(np.abs({NF}))
0.1 np.interp({PF}, [-1.0, 0.0, 1.0], [{PF}, {PF}, {PF}])
0.15 np.polyval([{PF}, {PF}, 0.5], {NF})
0.8 {V}[{part}].sum()
0.4 {V}[{V} > {c}].sum()
0.2 np.mean({V}[{V} > {c}])
0.2 np.max({V}[{part}], initial={c})
0.1 {V}[{PI} % 4:].max()
0.1 {V}[4:].sum()
0.1 {V}[:0].mean()
0.2 np.nanmean(np.where({V} > {c}, {V}, np.nan))
0.1 np.nan_to_num({NF} / {NF})
0.1 np.inner({V3}, {V3})
0.1 np.linalg.det({M33} + 2.0 * np.eye(3))
0.2 {Box}.value({F})
0.2 {Box}.u[{ix}]
0.15 {NC}.real
0.1 np.abs({NC})
0.3 np.float64({PI})
0.2 np.sum([{PF}, {PF}, {NF}])
0.2 np.mean({L})
0.2 {M}[{ix}].sum()
0.1 {M}[:, {PI} % 3].max()
""",
)

table(
    "NG",
    """
1! np.float32({c})
2 ({NG} {op} {NG})
2 ({NG} {op} {PF})
1 np.float32({F})
2 {H}[{ix}]
1 {H}.sum()
1 np.{smooth}({NG})
""",
)

table(
    "PC",
    """
1! complex({c}, {c})
0.5! 1j
2 ({PC} {op} {PC})
1.5 ({PC} {op} {PF})
1.5 complex({PF}, {PF})
0.5 {PC}.conjugate()
0.5 ({PC} ** 2)
0.3 ({PC} / (2.0 + abs({PC})))
0.5 ({PC} if {C} else {PC})
0.3 cmath.exp({PC} * 0.25)
0.2 -{PC}
0.2 sum([{PC}, {PC}])
""",
)
table(
    "NC",
    """
1! np.complex128({c})
2 ({NC} {op} {PC})
1 np.exp({NC} * 0.25)
1 {Z}[{ix}]
0.5 {Z}.sum()
0.5 np.conj({NC})
0.5 ({NC} * {NF})
""",
)

table(
    "PI",
    """
3! {j}
4 ({PI} {iop} {PI})
2 ({PI} % {jp})
1 ({PI} // {jp})
0.1 ({PI} // {PI})
0.1 ({PI} % {PI})
0.8 int({PF})
0.4 int({NF})
0.5 int({C})
0.5 len({V})
0.4 len({L})
0.8 abs({PI})
0.5 -{PI}
0.3 ~{PI}
0.8 min({PI}, {PI})
0.8 max({PI}, {PI}, {j})
1.5 ({PI} if {C} else {PI})
0.4 ({PI} or {PI})
0.5 divmod({PI}, {jp})[1]
0.3 (({PI} % 7) << {jq})
0.3 ({PI} >> 1)
0.5 (({PI} % 7) ** 2)
0.2 ((-2) ** ({PI} % 4))
0.2 round({PF})
0.4 int({NI})
0.3 math.floor({PF})
0.3 sum(1 for {z} in {V} if {z} > {c})
0.3 sum({z} > {c} for {z} in {L})
0.2 sum([{z} * {jp} for {z} in range(4)])
0.2 sum({z} for {z} in range(6) if {z} % 2 == {jb})
0.1 ({PI} + True)
0.1 math.gcd({PI}, {jp})
0.1 pow(abs({PI}), 2, 5)
0.8 {LI}[{ix}]
0.5 sum({LI})
0.3 {LI}.count({PI})
0.3 max({LI})
0.1 {LI}.index({PI})
0.1 math.isqrt(abs({PI}))
0.2 bool({F}) + {PI}
0.1 [{PI}, {PI}, {j}].index(min({PI}, {j}))
0.15 len({V}[{V} > {c}])
0.1 Level.MID + {PI}
0.1 {Box}.k
0.1 {Box}.size
0.1 len({Grid})
0.1 {Grid}.writes
0.1 int(np.argmax({V}))
0.1 min(range(3), key=lambda {z}: {V3}[{z}])
0.05 ({PI} & 5).bit_count()
""",
)

table(
    "NI",
    """
1! np.int64({j})
2 ({NI} {iop} {PI})
1 ({NI} {iop} {NI})
2 {Q}[{ix}]
1 {Q}.{ired}()
0.7 np.argmax({V})
0.5 np.sum({V} > {c})
0.7 ({NI} % {jp})
0.7 ({NI} // {jp})
0.2 np.int64(np.count_nonzero({V} > {c}))
0.2 np.sum({LI})
0.2 np.abs({NI})
""",
)

table(
    "PB",
    """
0.3! True
0.3! False
2 ({PF} {cmp} {PF})
2 ({PI} {cmp} {PI})
0.5 bool({F})
1 (not {C})
0.5 ({PB} and {PB})
0.3 ({PB} ^ {PB})
0.2 isinstance({PI}, int)
0.2 any([{PB}, {PB}])
""",
)
table(
    "NB",
    """
2! ({NF} {cmp} {F})
1 np.any({V} > {c})
""",
)

table(
    "S",
    """
1! 'fast'
1! 'slow'
0.5 ('fast' if {C} else 'slow')
0.3 'FAST'.lower()
0.2 {S}.strip()
""",
)
table(
    "D",
    """
2! <%'a': {PF}, 'b': {PF}, 'c': {PF}%>
0.7 <%{z}: {PF} for {z} in ('a', 'b', 'c')%>
0.5 dict(zip('abc', {L3}))
0.7 <%**{D}, {key}: {PF}%>
0.4 <%{z}: e * 0.5 for {z}, e in {D}.items()%>
0.3 dict({D})
0.2 ({D} | <%'a': {PF}%>)
""",
)
table(
    "O",
    """
2! None
1 {PF}
2 ({PF} if {C} else None)
1 next(({z} for {z} in {L} if {z} > {c}), None)
""",
)
table(
    "FN",
    """
2! math.sin
1! math.tanh
1! abs
0.5! float
1 (lambda {z}: {z} * {PF})
1 (lambda {z}: {z} + {PF} if {z} > {c} else {PF})
0.7 (math.cos if {C} else math.atan)
0.7 [math.sin, math.cos, lambda {z}: {z} * 0.5][{PI} % 3]
0.3 partial(min, {PF})
0.3 partial(checked, limit={c})
0.3 composed(math.sin, {FN})
0.2 <%'fast': math.sin, 'slow': math.cos%>[{S}]
0.2 halved({FN})
""",
)
table(
    "Box",
    """
1! Box({PF}, {V}.copy(), {PI})
0.5 Box({PF}, u=np.zeros(3))
0.2 replace({Box}, a={PF})
""",
)
table(
    "Vec",
    """
1! Vec({PF}, {PF})
0.5! Turned({PF}, {PF})
0.5 ({Vec} + {Vec})
0.3 ({Vec} * {PF})
0.2 -{Vec}
0.2 ({Vec} if {C} else {Vec})
0.1 min({Vec}, {Vec})
""",
)
table(
    "Grid",
    """
1! Grid({gn})
0.5 Grid({gn}, {PF})
""",
)
table(
    "Shape",
    """
1! Shape({PF})
1! Disk({PF})
1! Ring({PF}, hole={c})
0.3 Disk.unit()
0.4 (Shape({PF}) if {C} else Disk({PF}))
""",
)


@production("PF", 0.6)
def narrowed(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    """Of a number that may be None."""
    places = [p for p in s.of(MAYBE) if p.text.isidentifier()]
    if not places:
        return e.expr(s, PF, depth)
    o, other = e.recent(places).text, e.expr(s, PF, depth)
    return e.pick((f"({o} if {o} is not None else {other})", f"({o} or {other})"))


@production("PF NF PI NI V M", 1.5)
def helper_call(e: Expressions, s: Scope, depth: int, t: Type) -> str:
    fitting = [h for h in s.helpers if h.result == t]
    if not fitting or depth < 0:
        return e.expr(s, t, max(depth, 0))
    h = e.recent(fitting)
    args = [e.expr(s, p, depth - 1) for p in h.params]
    if h.style == "default" and e.chance(0.5):
        args = args[:-1]
    elif h.style == "default":
        args[-1] = f"last={args[-1]}"
    elif h.style == "recursive":
        args[0] = e.pick(("0", "1", "2", "3"))
    elif h.style == "star":
        return f"{h.name}(*[{', '.join(args)}])"
    elif h.style == "keywords":
        pairs = ", ".join(f"'p{i}': {a}" for i, a in enumerate(args))
        return f"{h.name}(**{{{pairs}}})"
    return f"{h.name}({', '.join(args)})"
