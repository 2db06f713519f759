"""Random programs of dicts, sets, counters, deques and heaps whose keys the data decide: stored to,
taken from, merged and iterated over under branches and loops, by any of their names and by helpers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.fuzz.generate import Program
from tests.fuzz.kinds.writer import Writer

HEAD = """import heapq
import math
from collections import Counter, OrderedDict, defaultdict, deque
from enum import Enum, IntEnum

import numpy as np

class Hue(Enum):
    RED = "r"
    BLUE = "b"
    GREEN = "g"

class Rank(IntEnum):
    LOW = 1
    HIGH = 3

class Cell:
    def __init__(self, z):
        self.z = z

def put(e, k, y):
    e[k] = y

def bump(e, k, y):
    e[k] = e.get(k, 0.0) + y
    return e

def drop(e, k):
    if k in e:
        del e[k]
    return len(e)

def fresh(k, y):
    e = {k: y}
    e[k] += 1.0
    return e
"""
FLAT = ("int", "int", "int", "str", "str", "bool", "hue", "rank", "maybe", "float")
SORTS = {"hue": ", key=lambda u: u.value", "maybe": ", key=str"}


class Tables(Writer):
    """`key`: the kind of the keys. `names`: of containers, by what they are."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.key: Any = self.pick(*FLAT, ("int", "int"), ("int", "str"), ("str", "bool"))
        self.names: dict[str, list[str]] = {}
        self.bound: list[str] = []
        self.guarded = 0
        self.iterated: list[str] = []

    # Keys, numbers and conditions

    def item(self) -> str:
        """A float that the data decide."""
        at = [f"v[{self.random.randrange(6)}]", *[f"v[{i} % 6]" for i in self.loops] * 3]
        return str(self.pick("x", "s", *at))

    def one(self, kind: Any) -> str:
        """A key of a kind."""
        y = self.item()
        if isinstance(kind, tuple):
            return f"({', '.join(map(self.one, kind))})"
        made = {
            "int": (f"int({y} * 2)", f"int({y})", "c % 3", "n", "2", *self.loops),
            "float": (f"round({y}, 1)", y, "0.5", f"abs({y})"),
            "str": (f"'a' if {y} > 0 else 'b'", "'b'", f"'c' if {y} < 0.5 else 'a'", "'d'"),
            "bool": (f"{y} > 0", f"{y} < s", "True"),
            "hue": (f"Hue.RED if {y} > 0 else Hue.BLUE", "Hue.RED", "Hue.GREEN"),
            "rank": (f"Rank.LOW if {y} > 0 else Rank.HIGH", "Rank.LOW"),
            "maybe": (f"'a' if {y} > 0 else None", "None", f"'b' if {y} > 0.5 else 'a'"),
        }
        text = str(self.pick(*made[kind]))
        return f"({text})" if " if " in text else text

    def k(self) -> str:
        if self.bound and self.chance(0.4):
            return str(self.pick(*self.bound))
        return self.one(self.key)

    def safe(self, kinds: str = "D") -> str:
        """A number read from a container without risk."""
        options = [
            f"len({self.any('DFCGRST')})",
            f"float({self.k()} in {self.any('DFCGRST')})",
            f"sum({self.any('D')}.values())",
            f"{self.any('D')}.get({self.k()}, 0.5)",
            f"max({self.any('D')}.values(), default=0.0)",
        ]
        if self.names.get("C"):
            options += [f"{self.any('C')}[{self.k()}]"] * 2
        if self.names.get("G"):
            options += [f"sum({self.any('G')}.get({self.k()}, []))"]
        if self.names.get("R"):
            r = self.any("R")
            options += [f"{r}.get({self.k()}, {{}}).get({self.k()}, -1.0)"]
            options += [f"sum(len(u) for u in {r}.values())"]
        if self.names.get("Q"):
            options += [f"sum({self.any('Q')})", f"float(len({self.any('Q')}))"]
        return str(self.pick(*options))

    def risky(self) -> str:
        d = self.any("D")
        return str(
            self.pick(
                f"{d}[{self.k()}]",
                f"{d}.pop({self.k()})",
                f"next(iter({d}.values()))",
                f"min({d}.values())",
                f"{d}[max({d}, key={d}.get)]",
                f"{d}.popitem()[1]",
            )
        )

    def number(self) -> str:
        """A float, mostly without risk."""
        if self.chance(0.5 if self.guarded else 0.08):
            return self.risky()
        if self.chance(0.3):
            return self.safe()
        y = self.item()
        return str(self.pick(y, f"{y} * 0.5", "1.0", f"{y} * {self.item()}"))

    def any(self, kinds: str) -> str:
        names = [n for kind in kinds for n in self.names.get(kind, ())]
        return str(self.pick(*(names or self.names["D"])))

    def test(self) -> str:
        return str(
            self.pick(
                f"{self.item()} > {self.pick('0', 's', '0.5')}",
                f"{self.k()} {self.pick('in', 'not in')} {self.any('DFCGRST')}",
                f"len({self.any('DFCGRST')}) > {self.random.randrange(4)}",
                f"{self.safe()} > {self.item()}",
                f"{self.any('DST')}",
                "n > 1",
            )
        )

    # Statements

    def simple(self, indent: int) -> None:
        table: dict[Callable[[], list[str]], float] = {
            self.stored: 5,
            self.taken: 2,
            self.summed: 2,
            self.merged: 1.5,
            self.renamed: 1,
            self.sets: 3 if self.names.get("S") else 0,
            self.counters: 3 if self.names.get("C") else 0,
            self.groups: 3 if self.names.get("G") else 0,
            self.nested: 3 if self.names.get("R") else 0,
            self.queues: 2 if self.names.get("Q") else 0,
        }
        self.emit(indent, *self.weighted(table))

    def stored(self) -> list[str]:
        d, k = self.any("D"), self.k()
        f = self.any("FD")
        return [
            self.pick(
                f"{d}[{k}] = {self.number()}",
                f"{d}[{k}] = {d}.get({k}, 0.0) + {self.number()}",
                f"{f}[{k}] += {self.number()}" if f.startswith("f") or self.guarded else "c += 1",
                f"{d}.setdefault({k}, {self.number()})",
                f"s += {d}.setdefault({k}, {self.number()})",
                f"put({d}, {k}, {self.number()})",
                f"bump({d}, {k}, {self.number()})[{self.k()}] = {self.number()}",
                f"{d}.update({{{k}: {self.number()}, {self.k()}: {self.number()}}})",
                f"{d}.update([({k}, {self.number()})])",
            )
        ]

    def taken(self) -> list[str]:
        d, k = self.any("D"), self.k()
        options = [
            f"s += {d}.pop({k}, 0.25)",
            f"c += drop({d}, {k})",
            f"if {k} in {d}: del {d}[{k}]",
            f"if {d}: s += {d}.popitem()[1]",
            f"s += 1.0 if {d}.get({k}) is None else 2.0",
            f"s = {self.number()}",
        ]
        if self.guarded:
            options += [f"del {d}[{k}]", f"s += {d}[{k}]", f"s += {d}.pop({k})"]
        if not self.iterated:
            options.append(f"{d}.clear()")
        return [self.pick(*options)]

    def ordered(self, of: str) -> str:
        if isinstance(self.key, tuple):
            return f"sorted({of})"
        return f"sorted({of}{SORTS.get(self.key, '')})"

    def summed(self) -> list[str]:
        """What reads all of a dict."""
        d, e = self.any("DF"), self.any("D")
        k, y = self.fresh("k"), self.fresh("y")
        return [
            self.pick(
                f"for {k}, {y} in {d}.items(): s = s * 0.5 + {y}",
                f"for {k} in {d}: s = s * 0.5 + {d}[{k}]",
                f"for {k} in {self.ordered(d)}: s = s * 0.5 + {d}[{k}]",
                f"for {y} in reversed({d}.values()): s = s * 0.5 + {y}",
                f"for {k}, {y} in list({d}.items()): {e}[{k}] = {y} + 1.0",
                f"for {k} in {d}: {d}[{k}] *= 0.5",
                f"for {k}, {y} in sorted({d}.items(), key=lambda p: p[1]): s = s * 0.5 + {y}",
                f"if {d}: out.append(max({d}, key={d}.get))",
                f"if {d}: out.append(min({d}, key=lambda u: {d}[u]))",
                f"if {d}: out.append(next(iter({d})))",
                f"out.extend(list({d}))",
                f"out.extend({self.ordered(d)}[:2])",
                f"s += sum({y} for {k}, {y} in {d}.items() if {y} > {self.item()})",
                f"s += float({d} == {e})",
                f"s += float({d}.keys() == {e}.keys())",
                f"s += len({d}.keys() & {e}.keys()) - len({d}.keys() - {e}.keys())",
                f"for {k}, {y} in enumerate({d}): s += {k} * {d}[{y}]",
            )
        ]

    def merged(self) -> list[str]:
        d, e, f = self.any("D"), self.any("D"), self.any("DF")
        k, y = self.fresh("k"), self.fresh("y")
        made = self.pick(
            f"{{{k}: {y} * 2 for {k}, {y} in {e}.items()}}",
            f"{{{k}: {y} for {k}, {y} in {e}.items() if {y} > {self.item()}}}",
            f"{{{self.k()}: {y} for {y} in {self.any('DF')}.values()}}",
            f"{{{self.one(self.key).replace('v[', '(v + 0.3)[')}: {y} for {y} in v}}",
            f"{{**{e}, {self.k()}: {self.number()}}}",
            f"dict({e})",
            f"{e}.copy()",
            f"{e} | {f}",
            f"{e} | {{{self.k()}: {self.number()}}}",
            f"fresh({self.k()}, {self.number()})",
            f"dict.fromkeys({e}, {self.number()})",
            f"dict(zip({e}, {f}.values()))",
            f"dict(sorted({e}.items(), key=lambda p: p[1]))",
            f"dict([({self.k()}, {self.number()}), ({self.k()}, {self.number()})])",
        )
        if self.chance(0.3) and not self.iterated:
            return [self.pick(f"{d} |= {made}", f"{d}.update({made})", f"{d} |= {f}")]
        return [f"{self.pick('d1', 'd2', 'o.z')} = {made}"]

    def renamed(self) -> list[str]:
        d, e = self.any("D"), self.any("D")
        name = self.fresh("e")
        return [
            self.pick(
                f"{name} = {d}; {name}[{self.k()}] = {self.number()}",
                f"{name} = {d} if {self.test()} else {e}; {name}[{self.k()}] = {self.number()}",
                f"for {name} in ({d}, {e}): {name}[{self.k()}] = {self.number()}",
                f"o.z = {d}",
                f"{self.pick('d1', 'd2')} = {e}",
                f"L = [{d}, {e}]",
                f"d1, d2 = {d}, {e}",
                f"L[c % 2][{self.k()}] = {self.number()}",
                f"s += float({d} is {e})",
            )
        ]

    def sets(self) -> list[str]:
        s, t, k = self.any("S"), self.any("S"), self.k()
        name = self.fresh("w")
        op = self.pick("|", "&", "-", "^")
        long = {"|": "update", "&": "intersection_update", "-": "difference_update"}
        made = self.pick(
            f"{s} {op} {t}",
            f"set({self.any('D')})",
            f"{{{k}, {self.k()}}}",
            f"{{{name} for {name} in {self.any('DS')}}}" if self.key == "int" else f"set({t})",
            f"{s} | set({self.any('D')}.keys())",
            f"{s}.copy()",
            f"{s}.{self.pick('union', 'difference', 'intersection')}({self.any('DS')})",
            f"{{{self.one(self.key)} for {name} in range(n)}}",
        )
        return [
            self.pick(
                f"{s}.add({k})",
                f"{s}.add({k})",
                f"{s}.discard({k})",
                f"{s}.remove({k})" if self.guarded else f"{s}.discard({k})",
                f"{s} {op}= {t}",
                f"{s}.{long.get(op, 'symmetric_difference_update')}({t})",
                f"{self.pick('s1', 's2')} = {made}",
                f"{name} = {s}; {name}.add({k})",
                f"out.extend({self.ordered(s)})",
                f"for {name} in {self.ordered(s)}: {self.any('D')}[{name}] = {self.number()}",
                f"s += float({s} {self.pick('<=', '<', '==', '>=')} {t})",
                f"s += float({s}.{self.pick('isdisjoint', 'issubset')}({t})) + len({made})",
                f"if {k} not in {s}: {s}.add({k}); s += 1.0",
            )
        ]

    def counters(self) -> list[str]:
        c, e, k = self.any("C"), self.any("C"), self.k()
        a, b = self.fresh("k"), self.fresh("y")
        most = self.pick("", "1", "2")
        made = f"Counter({self.one(self.key)} for {a} in range(n))"
        return [
            self.pick(
                f"{c}[{k}] += 1",
                f"{c}[{k}] += {self.pick('1', '2', '-1', 'n')}",
                f"{c}[{k}] -= 1",
                f"{c}.update([{k}, {self.k()}])",
                f"{c}.subtract([{k}])",
                f"{c} {self.pick('+=', '-=', '|=', '&=')} {e}",
                f"c1 = {c} {self.pick('+', '-', '|', '&')} {e}",
                f"c1 = {self.pick('+', '-')}{c}",
                f"c2 = {made}",
                f"c2 = Counter({self.any('DS')})" if self.names.get("S") else f"c2 = {made}",
                f"for {a}, {b} in {c}.most_common({most}): out.append({a}); s += {b}",
                f"s += {c}.total() + len(list({c}.elements()))"
                if self.chance(0.5)
                else f"s += {c}[{k}]",
                f"if {c}: out.append({c}.most_common(1)[0][0])",
                f"s += float({c} {self.pick('<=', '==', '>')} {e})",
                f"del {c}[{k}]",
                f"s += {c}.pop({k}, 0)",
                f"for {a} in {c}: s += {c}[{a}] * 0.5",
            )
        ]

    def groups(self) -> list[str]:
        g, k = self.any("G"), self.k()
        a, b = self.fresh("k"), self.fresh("g")
        return [
            self.pick(
                f"{g}[{k}].append({self.number()})",
                f"{g}[{k}].append({self.number()})",
                f"{g}.setdefault({k}, []).append({self.number()})",
                f"{g}[{k}] += [{self.number()}, {self.number()}]",
                f"{g}[{k}] = [{self.number()}]",
                f"if {g}[{k}]: s += {g}[{k}].pop()",
                f"for {a}, {b} in {g}.items(): s = s * 0.5 + sum({b})",
                f"for {a}, {b} in {g}.items(): {b}.append(float(len({b})))",
                f"for {b} in {g}.values(): {b}.sort()",
                f"{b} = {g}[{k}]; {b}.append({self.number()}); s += len({g}[{k}])",
                f"d2 = {{{a}: sum({b}) / (1 + len({b})) for {a}, {b} in {g}.items()}}",
                f"{g}.pop({k}, None)",
                f"{b} = {g}.get({k})\nif {b} is not None: {b}.append(1.0)",
                f"s += max((len({b}) for {b} in {g}.values()), default=0)",
                f"{g}[{k}] = {g}[{self.k()}]",
            )
        ]

    def nested(self) -> list[str]:
        r, k, other = self.any("R"), self.k(), self.k()
        a, b = self.fresh("k"), self.fresh("e")
        options = [
            f"{r}[{k}][{other}] = {self.number()}",
            f"{r}[{k}][{other}] = {r}[{k}].get({other}, 0.0) + {self.number()}",
            f"{r}.setdefault({k}, {{}})[{other}] = {self.number()}",
            f"for {a}, {b} in {r}.items(): s = s * 0.5 + sum({b}.values())",
            f"for {b} in {r}.values(): {b}[{other}] = {self.number()}",
            f"{b} = {r}[{k}]; {b}[{other}] = {self.number()}; s += len({r}[{k}])",
            f"{r}[{k}].update({{{other}: {self.number()}}})",
            f"{r}[{k}].pop({other}, None)",
            f"{r}.pop({k}, None)",
            f"s += float({other} in {r}[{k}])",
            f"for {a} in {r}: {r}[{a}][{other}] = {self.number()}",
            f"{r}[{k}] = {{{other}: {self.number()}}}" if "dict)" in self.made_r else "c += 1",
            f"d1 = dict({r}[{k}])",
            f"bump({r}[{k}], {other}, {self.number()})",
            f"{r}[{k}] = {r}[{other}]",
        ]
        return [self.pick(*options)]

    def queues(self) -> list[str]:
        k = self.k()
        a = self.fresh("y")
        return [
            self.pick(
                f"q.append({self.number()})",
                f"q.appendleft({self.number()})",
                "if q: s += q.popleft()",
                "if q: s += q.pop()",
                "q.rotate(1)",
                f"q.extend([{self.number()}, {self.number()}])",
                f"for {a} in q: s = s * 0.5 + {a}",
                f"heapq.heappush(h, ({self.number()}, {k}))",
                f"heapq.heappush(h, ({self.item()}, {k}))",
                f"if h: {a} = heapq.heappop(h); out.append({a}[1])",
                f"if h: s, {a} = heapq.heappop(h); {self.any('D')}[{a}] = s",
                f"for {a} in heapq.nsmallest(2, h): s = s * 0.5 + {a}[0]",
                "if h: s += h[0][0]",
            )
        ]

    def emit(self, indent: int, *lines: str) -> None:
        super().emit(indent, *[part for line in lines for part in line.split("\n")])

    # Compound statements

    def forms(self) -> dict[Callable[[int, int], None], float]:
        return {**super().forms(), self.tried: 1.5, self.over: 1.5, self.present: 1}

    def tried(self, depth: int, indent: int) -> None:
        self.emit(indent, "try:")
        self.guarded += 1
        self.block(depth, indent + 1)
        self.guarded -= 1
        kind = self.pick("KeyError", "KeyError", "(KeyError, ValueError)", "LookupError")
        self.emit(indent, f"except {kind}:")
        self.block(0, indent + 1, 1, 2)

    def over(self, depth: int, indent: int) -> None:
        """A loop over a copy of the items of a dict."""
        d, k, y = self.any("DF"), self.fresh("k"), self.fresh("y")
        self.emit(indent, f"for {k}, {y} in list({d}.items()):", f"    s = s * 0.5 + {y}")
        self.bound.append(k)
        self.inside_loop(depth, indent + 1)
        self.bound.pop()

    def present(self, depth: int, indent: int) -> None:
        """A key that is looked for first."""
        d, k = self.any("D"), self.fresh("k")
        self.emit(indent, f"{k} = {self.k()}", f"if {k} in {d}:")
        self.bound.append(k)
        self.emit(indent + 1, self.pick(f"s += {d}[{k}]", f"{d}[{k}] *= 0.5", f"s += {d}.pop({k})"))
        self.block(depth, indent + 1, 0, 2)
        if self.chance(0.6):
            self.emit(indent, "else:", f"    {d}[{k}] = {self.number()}")
        self.bound.pop()

    made_r = ""

    def started(self) -> None:
        """The containers, of some kinds."""
        k = self.k
        self.names["D"] = []
        empty = self.pick("{}", "{}", f"{{{k()}: x}}", f"{{{k()}: 1.0, {k()}: x}}", "OrderedDict()")
        self.emit(1, "s = x * 0.5; c = n; out = []")
        self.emit(1, f"d1 = {empty}; d2 = {self.pick('{}', f'{{{k()}: 2.0}}')}")
        self.emit(1, f"o = Cell({self.pick('d1', 'd2', '{}')}); L = [d1, {self.pick('d2', 'o.z')}]")
        self.names["D"] = ["d1"] * 3 + ["d2"] * 2 + ["o.z"]
        if self.chance(0.5):
            self.names["D"].append(self.pick("L[0]", "L[1]"))
        makers: dict[str, Callable[[], None]] = {
            "F": lambda: self.emit(1, "f = defaultdict(float)"),
            "S": lambda: self.emit(1, f"s1 = set(); s2 = {{{k()}, {k()}}}"),
            "C": lambda: self.emit(1, f"c1 = Counter(); c2 = Counter([{k()}, {k()}])"),
            "G": lambda: self.emit(1, "g = defaultdict(list)"),
            "R": lambda: self.emit(1, f"r = {self.made_r}"),
            "Q": lambda: self.emit(1, f"q = deque(maxlen={self.pick('2', '3', 'None')}); h = []"),
        }
        self.made_r = self.pick("defaultdict(dict)", "defaultdict(lambda: defaultdict(float))")
        names = {"F": "f", "S": "s1 s2", "C": "c1 c2", "G": "g", "R": "r", "Q": "q h"}
        for kind in self.random.sample(list(makers), self.random.randint(1, 2)):
            makers[kind]()
            self.names[kind] = names[kind].split()

    def results(self) -> str:
        out = ["s", "c", "out", *[self.shown(n) for n in ("d1", "d2", "o.z")]]
        for kind, names in self.names.items():
            if kind == "S":
                out += [self.ordered(n) if self.chance(0.7) else n for n in names]
            elif kind != "D":
                out += [self.shown(n) if n not in "qh" else n for n in names]
        return ", ".join(out)

    def shown(self, name: str) -> str:
        return str(self.pick(name, name, f"list({name}.items())"))


def generate(seed: int) -> Program:
    """The program of a seed."""
    g = Tables(seed)
    g.started()
    g.block(2, 1, 3, 7)
    body = "\n".join(g.lines)
    source = f"{HEAD}\ndef program(x, n, v):\n{body}\n    return {g.results()}\n"
    rng = np.random.default_rng(seed)
    cases = tuple(
        (x, n, np.round(rng.normal(size=6), 2)) for x, n in ((1.25, 2), (-0.375, 3), (0.5, 0))
    )
    return Program(seed, source, cases)
