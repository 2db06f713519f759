"""Random programs of views and in-place arithmetic: chains of views, written through any of their
names, in containers, helpers and closures, under branches and loops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from tests.fuzz.generate import Program
from tests.fuzz.kinds.writer import Writer

Shape = tuple[int, ...]

HEAD = """import numpy as np

class Cell:
    def __init__(self, z):
        self.z = z

def fill(z, v):
    z[0] = v
    z[-1] *= 0.5

def halve(z):
    z *= 0.5
    return z

def mix(z, w):
    z += 0.25 * w
    return w[::-1]

def tail(z):
    return z[1:]

def program(x, n, v, m):
    a = v.copy(); b = np.ones(6); c = np.arange(6.0); M = m.copy(); N = np.zeros((4, 3)) + x
    S = np.arange(9.0).reshape(3, 3) * 0.5; B = np.linspace(-1.0, 1.0, 12)
    T = np.ones((2, 2, 3)) * x
    q = np.arange(6); Q = np.arange(12).reshape(3, 4) % 5; z = np.ones(6, complex) * x
    h = np.full(6, 0.5, np.float32); w = np.arange(6) % 2 == 0
    k = int(abs(x) * 3); s = x * 0.5
    L = [a, B[::2]]; d = {'q': b, 'r': c}; t = (a, B); o = Cell(c); P = Cell(M)
    def get():
        return b
    def put(e):
        a[1:3] = e
    def bump():
        nonlocal s
        s = s * 0.5 + 0.1
        b[::2] += s
"""
NAMES: dict[str, tuple[Shape, str]] = {
    **dict.fromkeys(("a", "b", "c", "L[0]", "L[1]", "d['q']", "d['r']", "o.z"), ((6,), "f")),
    "t[0]": ((6,), "f"),
    "get()": ((6,), "f"),
    "t[1]": ((12,), "f"),
    "B": ((12,), "f"),
    "M": ((3, 4), "f"),
    "P.z": ((3, 4), "f"),
    "N": ((4, 3), "f"),
    "S": ((3, 3), "f"),
    "T": ((2, 2, 3), "f"),
    "q": ((6,), "i"),
    "Q": ((3, 4), "i"),
    "z": ((6,), "c"),
    "h": ((6,), "g"),
    "w": ((6,), "b"),
}
HELD = ("L[0]", "L[1]", "d['q']", "d['r']", "o.z")
OUT = "a, b, c, M, N, S, B, T, q, Q, z, h, w, k, s, L[0], L[1], d['q'], d['r'], o.z, P.z"
FACTORS = ("0.5", "0.25", "-0.5", "x", "s")


class Views(Writer):
    """`names`: the arrays in scope, with shape and kind: f, g (float32), i, c or b."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.names = dict(NAMES)

    # Views of a shape

    def named(self, shape: Shape, kind: str) -> list[str]:
        return [n for n, of in self.names.items() if of == (shape, kind)]

    def view(self, shape: Shape, kind: str, depth: int = 2) -> str:
        """An array of this shape, by a name or by steps from arrays in scope."""
        options = self.named(shape, kind)
        if options and (not depth or self.chance(0.45)):
            return str(self.pick(*options))
        steps = list(getattr(self, f"to_{len(shape)}d")(shape, kind, depth - 1))
        if depth < -3:
            return self.made(shape, kind)
        if not steps and not options:
            return self.made(shape, kind)
        return str(self.pick(*(steps or options)))

    def made(self, shape: Shape, kind: str) -> str:
        dtype = {"f": "float", "g": "np.float32", "i": "int", "c": "complex", "b": "bool"}[kind]
        return f"np.ones({shape}, {dtype})"

    def any(self, kind: str = "") -> tuple[str, Shape, str]:
        """A view of any shape, and what it is."""
        kind = kind or self.random.choices("figcb", (12, 3, 1.5, 1.5, 1))[0]
        shapes: list[Shape] = [(6,)] * 4 + [(3,), (4,), (2,), (5,)]
        if kind in "fi":
            shapes += [(12,), (3, 4), (3, 4), (4, 3), (3, 3), (2, 3), (2, 2), (6, 2), (2, 6)]
        shape = self.random.choice(shapes)
        return self.view(shape, kind, self.random.randint(0, 3)), shape, kind

    def to_1d(self, shape: Shape, kind: str, depth: int) -> Iterator[Callable[[], str]]:
        (size,) = shape
        yield lambda: f"{self.view(shape, kind, depth)}[::-1]"
        yield lambda: f"{self.view(shape, kind, depth)}[:]"
        for longer in (n for n in (3, 4, 5, 6, 12) if n > size and (kind in "fi" or n == 6)):
            yield from self.parts(size, longer, kind, depth)
        if kind == "f" and size == 6:
            yield lambda: f"{self.view(shape, 'c', 0)}.{self.pick('real', 'imag')}"
        if kind in "fi":
            yield from self.from_2d(size, kind, depth)

    def parts(self, size: int, longer: int, kind: str, depth: int) -> Iterator[Callable[[], str]]:
        """Parts of a longer vector."""
        low, step = self.random.randrange(longer - size + 1), longer // size

        def whole() -> str:
            return self.view((longer,), kind, depth)

        yield lambda: f"{whole()}[{low}:{low + size}]"
        if step > 1 and (longer + step - 1) // step == size:
            yield lambda: f"{whole()}[::{step}]"
            yield lambda: f"{whole()}[::-{step}]"
        if longer % size == 0:
            yield lambda: f"np.split({whole()}, {step})[{self.random.randrange(step)}]"
        if longer == size + 1:
            yield lambda: f"tail({whole()})"

    def from_2d(self, size: int, kind: str, depth: int) -> Iterator[Callable[[], str]]:
        """Rows, columns and the elements of matrices."""
        for r, c in ((3, 4), (4, 3), (3, 3), (2, 3)):
            if c == size:
                yield lambda r=r, c=c: f"{self.view((r, c), kind, depth)}[{self.at(r)}]"
            if r == size:
                yield lambda r=r, c=c: f"{self.view((r, c), kind, depth)}[:, {self.at(c)}]"
            if r * c == size:
                yield lambda r=r, c=c: f"{self.view((r, c), kind, depth)}.{self.flat()}"
        if size == 3:
            yield lambda: f"{self.view((3, 3), kind, depth)}.diagonal()"
            if kind == "f":
                yield lambda: f"T[{self.at(2)}, {self.at(2)}]"

    def flat(self) -> str:
        return str(self.pick("ravel()", "reshape(-1)", "flatten()", "ravel('F')"))

    def to_2d(self, shape: Shape, kind: str, depth: int) -> Iterator[Callable[[], str]]:
        r, c = shape
        yield lambda: f"{self.view((c, r), kind, depth)}{self.pick('.T', '.swapaxes(0, 1)')}"
        yield lambda: f"{self.view(shape, kind, depth)}{self.pick('[::-1]', '[:, ::-1]', '[:]')}"
        if r * c in (6, 12):
            yield lambda: f"{self.view((r * c,), kind, depth)}.reshape({r}, {c})"
            yield lambda: f"{self.view((r * c,), kind, depth)}.reshape({r}, {c}, order='F')"
        for big in ((3, 4), (4, 3), (3, 3), (2, 6)):
            if big != shape and big[0] >= r and big[1] >= c:
                i, j = (self.random.randrange(m - n + 1) for m, n in zip(big, shape, strict=True))
                index = f"[{i}:{i + r}, {j}:{j + c}]"
                yield lambda big=big, index=index: f"{self.view(big, kind, depth)}{index}"
        if kind == "f" and shape == (2, 3):
            yield lambda: self.pick(f"T[{self.at(2)}]", f"T[:, {self.at(2)}]")

    # Numbers and conditions

    def number(self, kind: str) -> str:
        """A scalar that can be stored to an array of a kind."""
        if kind == "b":
            return self.test()
        if kind == "i":
            return str(self.pick("k", "n", "3", "-1", *self.loops, f"q[{self.at(6)}]"))
        name, shape, _ = self.any("f") if self.chance(0.6) else (self.pick("a", "b", "c"), (6,), "")
        item = f"{name}[{', '.join(self.at(m) for m in shape)}]"
        return str(self.pick("x", "s", str(self.random.randint(-4, 4) * 0.5), item, item))

    def test(self) -> str:
        return str(
            self.pick(
                f"a[{self.at(6)}] > {self.pick('0', 's', 'x')}",
                "k % 2 == 0",
                "x > 0",
                f"M[{self.at(3)}, {self.at(4)}] < B[{self.at(12)}]",
                f"w[{self.at(6)}]",
                "s < 0.3",
                "n > 1",
            )
        )

    def value(self, shape: Shape, kind: str) -> str:
        """An expression that can be stored to an array of this shape and kind."""
        view = self.view(shape, kind, self.random.randint(0, 2))
        if kind == "b":
            other = self.view(shape, "f", 1)
            return str(self.pick(view, f"~{view}", f"{other} > 0", f"{view} & ({other} < x)"))
        if kind == "i":
            return str(
                self.pick(view, f"{view} + 1", f"{view} % 3", f"{view} // 2", self.number(kind))
            )
        other = self.view(shape, self.pick("f", kind), 1)
        factor = self.pick(*FACTORS)
        real = kind != "c"
        some = [f"np.sin({view})", f"np.where({other} > 0, {view}, {other})"] if real else []
        if real and len(shape) == 2:
            some += [self.view(shape[1:], "f", 1), f"{self.view(shape[:1], 'f', 1)}[:, None]"]
        return str(
            self.pick(view, f"{view} * {factor}", f"{view} + {other}", f"{view} - {other}", *some)
        )

    # Statements

    def simple(self, indent: int) -> None:
        name, shape, kind = self.any()
        lines = self.weighted(
            {
                lambda: self.rebind(): 3,
                lambda: self.local(indent): 2,
                lambda: [f"{name}[{self.part(shape)}] {self.op(kind)} {self.number(kind)}"]: 4,
                lambda: [f"{name}[...] = {self.value(shape, kind)}"]: 2,
                lambda: self.augmented(shape, kind): 4,
                lambda: self.overlapping(name, shape, kind): 3,
                lambda: self.fancy(name, shape, kind): 4,
                lambda: self.swapped(name, shape): 2,
                lambda: self.ufunc(shape): 3,
                lambda: self.helper(shape): 2,
                lambda: self.method(name, shape, kind): 2,
                lambda: self.cast(): 1.5,
                lambda: ["k += 1"]: 0.7,
                lambda: [f"s = s * 0.5 + {self.number('f')}"]: 0.7,
            }
        )
        self.emit(indent, *lines)

    def local(self, indent: int) -> list[str]:
        """A name for a view, that the rest of its block may use."""
        name, shape, kind = self.any()
        fresh = self.fresh("u")
        if indent == 1:
            self.names[fresh] = (shape, kind)
            return [f"{fresh} = {name}"]
        lines = [f"{fresh} = {name}"]
        before = dict(self.names)
        self.names[fresh] = (shape, kind)
        lines += self.augmented(shape, kind, fresh)
        self.names = before
        return lines

    def rebind(self) -> list[str]:
        target = self.pick("a", "b", "c", *HELD, *HELD, "M", "P.z", "N", "S", "q", "h", "z")
        shape, kind = NAMES[target]
        return [f"{target} = {self.random.choice((self.value, self.view))(shape, kind)}"]

    def part(self, shape: Shape) -> str:
        return ", ".join(self.at(m) for m in shape)

    def op(self, kind: str) -> str:
        if kind == "b":
            return str(self.pick("=", "&=", "|=", "^="))
        if kind == "i":
            return str(self.pick("=", "+=", "-=", "*=", "//=", "%="))
        return str(self.pick("=", "+=", "-=", "*="))

    def target(self, shape: Shape, kind: str) -> str:
        """A view that can stand on the left of an augmented assignment."""
        name = self.view(shape, kind, self.random.randint(0, 2))
        return name if name[-1] in "]zq" or name in NAMES else f"{name}[:]"

    def augmented(self, shape: Shape, kind: str, name: str = "") -> list[str]:
        name = name or self.target(shape, kind)
        if name == "get()" or "ones" in name:
            name = "b"
            shape, kind = NAMES[name]
        if kind == "b":
            return [f"{name} {self.pick('&=', '|=', '^=')} {self.value(shape, kind)}"]
        if kind == "i":
            return [f"{name} {self.pick('+=', '-=', '//=', '%=')} {self.value(shape, kind)}"]
        op = self.pick("+=", "-=", "*=", "*=")
        if op == "*=":
            return [f"{name} *= {self.pick('0.5', '-0.5', 'x', 's')}"]
        return [f"{name} {op} 0.5 * ({self.value(shape, kind)})"]

    def overlapping(self, name: str, shape: Shape, kind: str) -> list[str]:
        """Shifts within an array."""
        op = self.op(kind) if kind in "bi" else self.pick("=", "+=", "-=")
        if kind == "i" and op in ("*=", "//=", "%="):
            op = "="
        n = shape[0]
        i, j = self.random.randrange(n), self.random.randrange(n)
        row = "[:]" if len(shape) > 1 else ""
        if n < 4:
            return [f"{name}[{i}]{row} {op} {name}[{j}]"]
        return [
            self.pick(
                f"{name}[1:] {op} {name}[:-1]",
                f"{name}[:-2] {op} {name}[2:]",
                f"{name}[::-1] {op} {name}",
                f"{name}[1:3], {name}[:2] = {name}[:2], {name}[1:3]",
                f"{name}[{i}]{row} {op} {name}[{j}]",
            )
        ]

    def fancy(self, name: str, shape: Shape, kind: str) -> list[str]:
        n = shape[0]
        if "diagonal" in name:  # which NumPy's ufunc.at would write to, read-only as it is
            return [f"{name}.fill({self.number(kind)})"]
        places = [self.random.randrange(-n, n) for _ in range(3)]
        index = self.pick(
            f"{places}", f"np.array({places})", "q[:3] % 2", f"[{places[0]}, {self.at(n)}]"
        )
        count = 2 if index[0] == "[" and index.count(",") == 1 else 3
        rest = (count, *shape[1:])
        if kind == "b":
            return [f"{name}[{index}] = {self.test()}"]
        if kind == "i":
            return [self.pick(f"{name}[{index}] += 1", f"np.add.at({name}, {index}, 2)")]
        mask = f"{self.view(shape, 'f', 1)} > {self.pick('0', 's', '0.4')}"
        add = f"np.add.at({name}, {index}, {self.pick(*FACTORS)})"
        options = [
            f"{name}[{index}] += {self.pick(*FACTORS)}",
            f"{name}[{index}] *= {self.pick(*FACTORS)}",
            f"{name}[{index}] = {self.pick(*FACTORS)}",
            add,
            f"{name}[{mask}] = {self.pick(*FACTORS)}",
            f"{name}[{mask}] *= 0.5",
            f"{name}[{mask}] += {name}[{mask}] * 0.5",
        ]
        if rest in ((3,), (2,), (3, 4), (3, 3), (2, 3)):
            value = self.view(rest, "f", 1)
            options += [
                f"{name}[{index}] = {value}",
                f"{name}[{index}] += {value}",
                f"np.add.at({name}, {index}, {value})",
                f"np.maximum.at({name}, {index}, {value})" if kind != "c" else add,
            ]
        return [self.pick(*options)]

    def swapped(self, name: str, shape: Shape) -> list[str]:
        one, two = self.random.sample(("a", "b", "c", "o.z", "L[0]", "d['q']"), 2)
        at, to = self.at(shape[0]), self.at(shape[0])
        options = [f"{one}, {two} = {two}, {one}"]
        if len(shape) == 1:
            options.append(f"{name}[{at}], {name}[{to}] = {name}[{to}], {name}[{at}]")
        else:
            options.append(f"{name}[[{at}, {to}]] = {name}[[{to}, {at}]]")
            options.append(f"{name}[{at}], {name}[{to}] = {name}[{to}], {name}[{at}]")
        return [self.pick(*options)]

    def ufunc(self, shape: Shape) -> list[str]:
        """Results put into a view by `out=`."""
        out, one, two = (self.view(shape, "f", self.random.randint(0, 2)) for _ in range(3))
        if self.chance(0.3):
            one = out
        two = self.pick(two, "0.5", "s")
        name = self.pick("add", "subtract", "minimum", "maximum")
        options = [
            f"np.{name}({one}, {two}, out={out})",
            f"np.multiply({one}, 0.5, out={out})",
            f"np.tanh({one}, out={out})",
            f"np.add({one}, {two}, out={out}, where={self.view(shape, 'f', 1)} > 0)",
            f"np.copyto({out}, {one})",
            f"np.copyto({out}, {two}, where={self.view(shape, 'f', 1)} > 0)",
            f"np.clip({one}, -1.0, 1.0, out={out})",
            f"np.cumsum({one}, out={out})" if len(shape) == 1 else f"np.negative({one}, out={out})",
        ]
        line = self.pick(*options)
        if self.chance(0.2) and "copyto" not in line and shape == (6,):
            line = f"{self.pick('a', 'b', 'c', *HELD)} = {line}"
        return [line]

    def helper(self, shape: Shape) -> list[str]:
        name = self.view((6,), "f", self.random.randint(0, 2))
        other = self.view(shape, "f", 1)
        target = self.pick("a", "b", "c", *HELD)
        return [
            self.pick(
                f"fill({self.view((self.pick(2, 3, 4, 6),), 'f', 2)}, {self.number('f')})",
                f"halve({other})",
                f"{target} = halve({name})",
                f"{target} = mix({name}, {self.view((6,), 'f', 1)})",
                f"put({self.number('f')})",
                f"put({self.view((2,), 'f', 2)})",
                "bump()",
            )
        ]

    def method(self, name: str, shape: Shape, kind: str) -> list[str]:
        fill = self.number(kind)
        options = [f"{name}.fill({fill})", f"np.put({name}, [0, {self.at(shape[0])}], {fill})"]
        if kind in "fgi":
            options.append(f"{name}.sort({self.pick('', '') if len(shape) == 1 else 'axis=0'})")
        if len(shape) == 2 and shape[0] == shape[1]:
            options += [f"np.fill_diagonal({name}, {fill})"] * 2
        if len(shape) == 2:
            row = self.fresh("r")
            options.append(f"for {row} in {name}: {row}[:] = {row}[::-1]")
            if kind == "f":
                options.append(f"for {row} in {name}: {row} *= {self.pick('0.5', 's')}")
                two = self.fresh("r")
                both = f"zip({name}, {self.view(shape, 'f', 1)})"
                options.append(f"for {row}, {two} in {both}: {row} += 0.5 * {two}")
        elif kind == "f":
            j, e = self.fresh("j"), self.fresh("e")
            options.append(f"for {j}, {e} in enumerate({name}): {name}[-{j} - 1] = {e} * 0.5")
        return [self.pick(*options)]

    def cast(self) -> list[str]:
        size = self.view((6,), "f", 1)
        return [
            self.pick(
                f"q[:] = {size} * 3",
                f"h += {size}",
                f"h[:3] = {size}[3:]",
                f"a += {self.view((6,), 'g', 1)}",
                f"b[:] = {self.view((6,), 'i', 1)}",
                f"c += {self.view((6,), 'b', 1)}",
                f"w[:] = {self.view((6,), 'i', 1)}",
                f"z += {size}",
                f"z.imag[1:] = {size}[:-1]",
                f"Q[{self.at(3)}] = {self.view((4,), 'f', 1)}",
                f"q[{self.at(6)}] = 2.7",
                f"h[{self.at(6)}] = {self.number('f')}",
            )
        ]

    def inside_loop(self, depth: int, indent: int) -> None:
        before = dict(self.names)
        super().inside_loop(depth, indent)
        self.names = before


def generate(seed: int) -> Program:
    """The program of a seed."""
    g = Views(seed)
    g.block(2, 1, 4, 9)
    if g.chance(0.5):
        g.emit(1, g.pick("a[0] += 10.0", "B[3:] -= 10.0", "M += 10.0", "b[:] = 7.0"))
    body = "\n".join(g.lines)
    source = f"{HEAD}{body}\n    return {OUT}\n"
    rng = np.random.default_rng(seed)
    cases = tuple(
        (x, n, np.round(rng.normal(size=6), 3), np.round(rng.normal(size=(3, 4)), 3))
        for x, n in ((1.25, 2), (-0.375, 3), (0.5, 0))
    )
    return Program(seed, source, cases)
