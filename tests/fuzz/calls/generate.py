"""Random calls: of ufuncs, of their methods, and of functions by a table of their arguments."""

from __future__ import annotations

import copy
import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.fuzz.calls.draw import ALL, DTYPES, INTEGERS, NAMES, Draw

FUNCTIONS = """
sum any axis=axes dtype=dtype keepdims=flag initial=number where=mask
prod any axis=axes dtype=dtype keepdims=flag initial=number where=mask
max any axis=axes keepdims=flag initial=number where=mask
min any axis=axes keepdims=flag initial=number where=mask
mean any axis=axes keepdims=flag where=mask
var any axis=axes ddof=few keepdims=flag where=mask
std any axis=axes ddof=few keepdims=flag
all any axis=axes keepdims=flag where=mask
any any axis=axes keepdims=flag where=mask
ptp any axis=axes keepdims=flag
argmax any axis=axis keepdims=flag
argmin any axis=axis keepdims=flag
count_nonzero any axis=axes keepdims=flag
nansum any axis=axes keepdims=flag
nanmax any axis=axes keepdims=flag
nanmean any axis=axes keepdims=flag where=mask
median real axis=axes keepdims=flag
average any axis=axes weights=weights keepdims=flag
cumsum any axis=axis dtype=dtype
cumprod any axis=axis
diff array n=few axis=axis
gradient array
trapezoid any dx=number axis=axis
interp real rising same left=number
clip any min=number max=number
round any decimals=few
angle any deg=flag
convolve vector vector mode=mode
correlate vector vector mode=mode
moveaxis matrix axis axis
swapaxes matrix axis axis
expand_dims any axes
squeeze any axis=axes
roll any shift axis=axis
flip any axis=axes
rot90 matrix k=few
tile any repeats
repeat any count axis=axis
concatenate arrays axis=axis
stack arrays axis=axis
vstack arrays
column_stack arrays
array_split array count axis=axis
pad array widths mode=border
triu matrix k=few
diag array k=few
trace matrix offset=few
sort any axis=axis
argsort any axis=axis kind=none
searchsorted rising real side=side
digitize real rising right=flag
bincount whole minlength=eight
take array places axis=axis
isclose any other rtol=share_
dot array other
inner array other
outer any any
kron any any
cross vector vector
vander vector N=count increasing=flag
polyval vector any
linspace number number num=count endpoint=flag retstep=flag dtype=dtype
full_like any number dtype=dtype
array any dtype=dtype ndmin=few
where mask_ other other
select mask_ other
linalg.norm any ord=norm axis=axes keepdims=flag
fft.fft array n=length axis=axis norm=scale
fft.irfft array n=length axis=axis norm=scale
fft.fftshift array axes=axes
""".strip().splitlines()
"""A function, the drawers of its arguments, those of its keywords."""

UFUNCS = [u for u in vars(np).values() if isinstance(u, np.ufunc) and not u.signature]
ELEMENTWISE = sorted({u.__name__ for u in UFUNCS if u not in (np.isnat, np.reciprocal)})
BINARY = sorted({u.__name__ for u in UFUNCS if u.nin == 2 and u.nout == 1})
COMPARISONS = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"}
BITS = {"left_shift", "right_shift", "bitwise_count", "gcd", "lcm", "bitwise_or", "bitwise_xor"}
UNSAFE = {"power", "float_power", "arctan2", "reciprocal", "ldexp", "left_shift", "right_shift"}
"""Ufuncs whose reductions NumPy's vector loops combine otherwise, or whose results no standard
says."""


@dataclass(frozen=True, slots=True)
class Call:
    """The body of a function with one call, and its arguments."""

    seed: int
    lines: tuple[str, ...]
    args: tuple[Any, ...]

    @property
    def source(self) -> str:
        names = ", ".join(NAMES[: len(self.args)])
        return f"def call({names}):\n" + "".join(f"    {line}\n" for line in self.lines)


def generate(seed: int) -> Call:
    d = Draw(seed)
    lines = d.pick(elementwise, elementwise, method, function, function, function)(d)
    return Call(seed, tuple(lines), tuple(d.args))


def elementwise(d: Draw) -> list[str]:
    """A ufunc, at times with its keywords and with an array that it writes into."""
    name = d.rng.choice(ELEMENTWISE)
    fn, kinds = getattr(np, name), INTEGERS if name in BITS and d.chance(0.8) else ALL
    shape = d.shape(0, 3)
    shapes = [shape, *(d.part_of(shape) for _ in range(fn.nin - 1))]
    given = [d.data(d.operand(s, kinds)) for s in d.rng.sample(shapes, fn.nin)]
    if d.chance(0.15):
        given[d.rng.randrange(fn.nin)] = d.pick("2", "1.5", "True", "300", "2j", "[1, 2, 3]")
    keywords = []
    if d.chance(0.15):
        keywords.append(f"dtype={d.dtype()}")
    if d.chance(0.1):
        keywords.append("casting=" + d.pick("'unsafe'", "'same_kind'", "'safe'", "'no'"))
    if fn.nout > 1 or d.chance(0.8):
        return [f"return np.{name}({', '.join([*given, *keywords])})"]
    d.first = np.zeros(shape)
    if d.chance(0.5) and name not in COMPARISONS:  # NumPy may crash on these
        keywords.append(f"where={d.mask()}")
    made = f"out = np.full({shape}, 1, dtype='{d.rng.choice(ALL)}')"
    call = f"np.{name}({', '.join([*given, *keywords, 'out=out'])})"
    return [made, f"return {call}, out"]


def method(d: Draw) -> list[str]:
    """`reduce`, `accumulate`, `outer` or `at` of a ufunc of two operands."""
    name = d.rng.choice([n for n in BINARY if getattr(np, n).__name__ not in UNSAFE])
    kinds = INTEGERS if name in BITS else ALL
    how = d.pick("reduce", "accumulate", "outer", "at")
    if how == "outer":
        return [f"return np.{name}.outer({d.any()}, {d.any()})"]
    a = d.named(d.values(d.shape(1, 3), d.rng.choice(kinds)))
    if how == "at":
        places, b = d.places(), d.data(d.values((), d.rng.choice(kinds)))
        call = f"np.{name}.at(t, {places}, {b})"
        return [f"t = {a}.copy()", call, "return t"] if d.first.size else [f"return {a}"]
    keywords = [f"axis={d.axis() if how == 'accumulate' else d.axes()}"]
    if d.chance(0.2):
        keywords.append(f"dtype={d.rng.choice(DTYPES)}")
    if how == "reduce" and d.chance(0.3):
        keywords.append(f"keepdims={d.flag()}")
    return [f"return np.{name}.{how}({', '.join([a, *keywords])})"]


def function(d: Draw) -> list[str]:
    """A function by the table; keywords at times by position, operands by name."""
    name, *rest = d.rng.choice(FUNCTIONS).split()
    given = [drawn(d, drawer) for drawer in rest if "=" not in drawer]
    chosen = dict(part.split("=") for part in rest if "=" in part and d.chance(0.45))
    keywords = [f"{key}={drawn(d, drawer)}" for key, drawer in chosen.items()]
    fn = getattr(np, name) if "." not in name else _found(name)
    if len(given) == 1 and d.chance(0.15) and not name.startswith("array"):
        parameter = next(iter(inspect.signature(fn).parameters.values()))
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
            given = [f"{parameter.name}={given[0]}"]
    return [f"return np.{name}({', '.join([*given, *keywords])})"]


def _found(name: str) -> Any:
    module, _, rest = name.partition(".")
    return getattr(getattr(np, module), rest)


def drawn(d: Draw, drawer: str) -> str:
    special = {"none": "None", "eight": "8", "share_": "0.25"}
    if drawer == "mask_":
        d.first = np.zeros(d.shape(1, 2))
        return d.data(d.values(d.first.shape, "bool"))
    return special[drawer] if drawer in special else str(getattr(d, drawer)())


def fresh(call: Call) -> list[Any]:
    """Copies of the arguments, which keep their layout."""
    return copy.deepcopy(list(call.args))
