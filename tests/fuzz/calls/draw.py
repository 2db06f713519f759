"""Random arguments of calls: arrays of every dtype and layout, and the values of keywords.

A drawer is a method of `Draw`; it returns the text of the argument, and puts arrays and numbers
that are data among the call's arguments. `self.first` is the first array drawn: axes, masks and
other operands fit its shape.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float16", "float32", "float64"]
ALL = ["bool", *INTEGERS, *FLOATS, "complex64", "complex128"]
COMMON = [*["float64"] * 6, "int64", "int64", "float32", "complex128", "bool", "uint8", "int32"]
REAL = [d for d in COMMON if d != "complex128"]
DTYPES = (
    *("float", "int", "complex", "bool", "np.float32", "np.float64", "'f4'", "np.int32"),
    *("np.uint8", "np.complex64", "np.int64", "np.float16", "np.dtype('i2')"),
)
NAMES = "abcdefgh"


class Draw:
    """Draws the arguments of one call."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.numpy = np.random.default_rng(seed)
        self.args: list[Any] = []
        self.first: Any = None

    def pick(self, *options: Any) -> Any:
        return self.rng.choice(options)

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def data(self, value: Any) -> str:
        """The name of an argument with that value."""
        self.args.append(value)
        return NAMES[len(self.args) - 1]

    # ---- arrays

    def shape(self, low: int, high: int) -> tuple[int, ...]:
        sizes = [self.pick(1, 2, 3, 3, 4) for _ in range(self.rng.randint(low, high))]
        if sizes and self.chance(0.05):
            sizes[self.rng.randrange(len(sizes))] = 0
        return tuple(sizes)

    def values(self, shape: tuple[int, ...], name: str) -> Any:
        """Finite numbers, small whole ones for integers, in one of NumPy's layouts."""
        dtype = np.dtype(name)
        if dtype.kind == "b":
            return self.laid_out(self.numpy.random(shape) < 0.5)
        if dtype.kind in "iu":
            low = 0 if dtype.kind == "u" else -5
            return self.laid_out(self.numpy.integers(low, 8, shape).astype(dtype))
        found = self.numpy.normal(size=shape) * self.pick(1, 1, 3)
        if dtype.kind == "c":
            found = found + 1j * np.round(self.numpy.normal(size=shape), 2)
        return self.laid_out(np.asarray(found).astype(dtype))

    def laid_out(self, a: Any) -> Any:
        """The same values, reversed, transposed or strided in memory at times."""
        a = np.asarray(a)
        how = self.rng.random()
        if a.ndim and how < 0.1:
            return np.flip(a, self.rng.randrange(a.ndim))
        if a.ndim > 1 and how < 0.2:
            return a.T.copy().T
        if a.ndim and how < 0.3:
            return np.repeat(a, 2, axis=-1)[..., ::2]
        return a

    def operand(self, shape: tuple[int, ...], dtypes: list[str]) -> Any:
        """An array; at times nested lists, a Python number or a NumPy scalar."""
        a = self.values(shape, self.rng.choice(dtypes))
        how = self.rng.random()
        if how < 0.1:
            kind = {"b": bool, "i": int, "u": int, "f": float, "c": complex}[a.dtype.kind]
            return a.astype(kind).tolist()
        if how < 0.2 and a.size:
            one = a.ravel()[0]
            return one if how < 0.15 else one.item()
        return a

    def part_of(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """A shape that broadcasts to that one."""
        kept = shape[self.rng.randint(0, len(shape)) :]
        return tuple(1 if self.chance(0.2) else n for n in kept)

    def named(self, value: Any) -> str:
        self.first = value if self.first is None else self.first
        return self.data(value)

    # ---- drawers of operands

    def any(self) -> str:
        return self.named(self.operand(self.shape(0, 3), COMMON))

    def real(self) -> str:
        return self.named(self.operand(self.shape(0, 3), REAL))

    def array(self) -> str:
        return self.named(self.values(self.shape(1, 3), self.rng.choice(COMMON)))

    def matrix(self) -> str:
        return self.named(self.values(self.shape(2, 3), self.rng.choice(COMMON)))

    def vector(self) -> str:
        return self.named(self.values((self.rng.randint(1, 5),), self.rng.choice(COMMON)))

    def reals(self) -> str:
        return self.named(self.values((self.rng.randint(1, 5),), self.rng.choice(REAL)))

    def rising(self) -> str:
        return self.named(np.sort(self.values((self.rng.randint(1, 5),), self.rng.choice(REAL))))

    def whole(self) -> str:
        return self.named(self.numpy.integers(0, 4, self.rng.randint(1, 5)))

    def other(self) -> str:
        return self.data(self.operand(self.part_of(np.shape(self.first)), COMMON))

    def mask(self) -> str:
        return self.data(self.values(self.part_of(np.shape(self.first)), "bool"))

    def same(self) -> str:
        return self.data(self.values(np.shape(self.first)[-1:], "float64"))

    def weights(self) -> str:
        return self.data(np.abs(self.values(np.shape(self.first), "float64")) + 0.1)

    def arrays(self) -> str:
        shape = self.shape(1, 3)
        self.first = np.zeros(shape)
        kinds = [self.rng.choice(COMMON) for _ in range(self.rng.randint(1, 3))]
        return "[" + ", ".join(self.data(self.values(shape, k)) for k in kinds) + "]"

    # ---- drawers of keywords

    def axis(self) -> str:
        n = np.ndim(self.first)
        return str(self.pick(*range(-n, n), 0, "7")) if n else self.pick("0", "-1", "None")

    def axes(self) -> str:
        n = np.ndim(self.first)
        several = ["(0, 1)", "(-1, 0)", "(1,)", "(0, 0)"] if n > 1 else ["(0,)", "7"]
        return str(self.pick(*range(-n, n), "None", "()", *several))

    def flag(self) -> str:
        return str(self.pick("True", "False", "1"))

    def dtype(self) -> str:
        return str(self.pick(*DTYPES))

    def few(self) -> str:
        return str(self.pick("0", "1", "2", "-1"))

    def count(self) -> str:
        return str(self.pick("1", "2", "3", "4"))

    def number(self) -> str:
        return str(
            self.pick("0", "1", "2.5", "True", self.data(self.pick(1.5, 2, np.float32(0.5))))
        )

    def share(self) -> str:
        return str(self.pick("0.5", "0.25", "[0.25, 0.75]", "(0.1, 0.9)", self.data(0.3)))

    def places(self) -> str:
        n = max(1, np.shape(self.first)[0]) if np.ndim(self.first) else 1
        found = self.numpy.integers(-n, n, self.pick((2,), (), (2, 2)))
        return self.data(found if found.ndim else int(found))

    def shift(self) -> str:
        return str(self.pick("1", "-1", "(1, 2)", self.data(2)))

    def repeats(self) -> str:
        return str(self.pick("2", "0", "3", "(2, 1)"))

    def widths(self) -> str:
        return str(self.pick("1", "2", "(1, 2)", "0"))

    def border(self) -> str:
        return str(self.pick("'constant'", "'edge'", "'wrap'", "'symmetric'"))

    def side(self) -> str:
        return str(self.pick("'left'", "'right'"))

    def mode(self) -> str:
        return str(self.pick("'full'", "'same'", "'valid'"))

    def norm(self) -> str:
        return str(self.pick("None", "1", "2", "np.inf", "-np.inf", "'fro'", "0", "3"))

    def scale(self) -> str:
        return str(self.pick("None", "'ortho'", "'forward'"))

    def length(self) -> str:
        return str(self.pick("None", "3", "5", "8"))
