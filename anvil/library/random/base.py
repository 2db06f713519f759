"""Keys, random bits and what every distribution needs: the primitives of this package, run while
compiling.

    key            uint32[2], the high and the low half of a word of 64 bits
    word(key, i)   threefry(key, i), i the place of an element in C order
    split(key, n)  the words 0 ... n - 1, halved;   fold_in(key, i)  word i
    bits           64: the word; 32: its halves xored; 16 and 8: the low bits of that
    unit           the leading bits as the mantissa of a number in [1, 2), less 1

These are jax.random's definitions (for `jax_threefry_partitionable`, its default).

The same numbers come out of a distribution that runs by itself and of one inside a program: its
parameters and its result are `rounded`, so that no multiply-add reaches across, and nothing is
divided by a parameter, for a known divisor becomes a factor.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from anvil.ir.ops.randomness import halves
from anvil.ir.records import Atom
from anvil.ir.types import DTYPES, F16, F32, F64, I64, U32, U64, DType
from anvil.library.arrays.creation import shape_argument
from anvil.library.atoms import absent, dtype_argument, shape_in, type_in
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract, Known, NDArray, TupleV

Shape = tuple[int, ...]

_MANTISSA = {F16: 10, F32: 23, F64: 52}


def primitive(run: Callable[..., Abstract]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declares what a function of this package means to the compiler."""

    def add(fn: Callable[..., Any]) -> Callable[..., Any]:
        FUNCTIONS[fn] = Intrinsic(run)
        return fn

    return add


FUNCTIONS: dict[Any, Intrinsic] = {}


# ---- keys


def key_word(ctx: Context, key: Any) -> Atom:
    """The word of a key. Refuses anything that is no key."""
    b = ctx.b
    if not (ctx.is_arraylike(key) and isinstance(key, NDArray)):
        _no_key(ctx, key)
    x = ctx.atom(key)
    t = type_in(x)
    if t.dtype is U32 and t.ndim > 1 and t.shape[-1] == 2:
        ctx.error(
            "not-a-key",
            f"an array of {math.prod(t.shape[:-1])} keys stands where one key is expected",
            hint="Take one of them, `keys[i]`, or map the function over them with `anvil.vmap`.",
        )
    if t.dtype is not U32 or t.shape != (2,):
        _no_key(ctx, key)
    parts = [
        b.cast(b.reshape(b.slice(x, starts=(i,), limits=(i + 1,), strides=(1,)), shape=()), U64)
        for i in (0, 1)
    ]
    out: Atom = b.or_(b.shift_left(parts[0], 32), parts[1])
    return out


def _no_key(ctx: Context, key: Any) -> None:
    whole = ctx.is_known(key) and isinstance(ctx.known(key), int)
    hint = f"Make one of it: `anvil.random.key({ctx.known(key)})`." if whole else ""
    ctx.error("not-a-key", f"{ctx.describe(key)} is not a key of random numbers", hint=hint)


def pair(ctx: Context, words: Atom) -> Abstract:
    """Words as keys: their halves along a new last axis."""
    b, shape = ctx.b, (*shape_in(words), 1)
    parts = [b.reshape(half, shape=shape) for half in halves(b, words)]
    return ctx.array(b.concatenate(*parts, axis=len(shape) - 1))


def words(ctx: Context, key: Any, shape: Shape) -> Atom:
    """A word for each element of an array of this shape."""
    b, word, n = ctx.b, key_word(ctx, key), math.prod(shape)
    counter = b.zeros_like(word)
    if shape:
        counter = b.reshape(b.iota(shape=(n,), axis=0, dtype=U64), shape=shape)
    out: Atom = b.threefry(b.broadcast_to(word, shape), counter)
    return out


def _key(ctx: Context, seed: Any) -> Abstract:
    if ctx.is_known(seed):
        value = ctx.known(seed)
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            ctx.error("bad-operand", f"a seed is an int, not {ctx.describe(seed)}")
        if not -(1 << 63) <= int(value) < 1 << 64:
            ctx.fail(ValueError, f"a seed has 64 bits, and {value} does not fit")
        word = np.uint64(int(value) % (1 << 64))
        return ctx.array(ctx.b.const(np.array([word >> np.uint64(32), word]).astype(np.uint32)))
    x = ctx.atom(seed)
    t = type_in(x)
    if t.shape or t.dtype.kind not in "iu":
        ctx.error("bad-operand", f"a seed is an int, not {ctx.describe(seed)}")
    return pair(ctx, ctx.cast(ctx.cast(x, I64) if t.dtype.kind == "i" else x, U64))


@primitive(_key)
def key(seed: Any) -> Any:
    """The key of a seed, an int of 64 bits."""
    raise AssertionError


def _split(ctx: Context, key: Any, num: Any = 2) -> Abstract:
    return pair(ctx, words(ctx, key, shape_argument(ctx, num)))


@primitive(_split)
def split(key: Any, num: Any = 2) -> Any:
    """New keys, independent of each other: `num` of them, an int or a shape."""
    raise AssertionError


def _fold_in(ctx: Context, key: Any, data: Any) -> Abstract:
    b, x = ctx.b, ctx.atom(data)
    t = type_in(x)
    if t.shape or t.dtype.kind not in "iu":
        ctx.error("bad-operand", f"an int is folded into a key, not {ctx.describe(data)}")
    counter = b.cast(b.cast(x, U32), U64)
    return pair(ctx, b.threefry(key_word(ctx, key), counter))


@primitive(_fold_in)
def fold_in(key: Any, data: Any) -> Any:
    """The key numbered `data` (an int of 32 bits) of those that come from `key`."""
    raise AssertionError


# ---- bits and numbers of them


def bits_of(ctx: Context, key: Any, shape: Shape, dtype: DType) -> Atom:
    """Random unsigned integers."""
    b, found = ctx.b, words(ctx, key, shape)
    if dtype is U64:
        return found
    out: Atom = b.cast(b.xor(*halves(b, found)), dtype)
    return out


def _bits(ctx: Context, key: Any, size: Any = None, dtype: Any = np.uint32) -> Abstract:
    wanted = dtype_argument(ctx, dtype) or U32
    if wanted.kind != "u":
        ctx.error("bad-operand", f"random bits are unsigned integers, not {wanted.np.name}")
    return ctx.result(bits_of(ctx, key, _shape(ctx, size), wanted))


@primitive(_bits)
def bits(key: Any, size: Any = None, dtype: Any = np.uint32) -> Any:
    """Random unsigned integers, all values equally likely."""
    raise AssertionError


def _unit(ctx: Context, key: Any, shape: Any, dtype: Any) -> Abstract:
    wanted, b = float_dtype(ctx, dtype), ctx.b
    whole, mantissa = DTYPES[f"u{wanted.bits}"], _MANTISSA[wanted]
    leading = b.shift_right_logical(
        bits_of(ctx, key, ctx.known(shape), whole), wanted.bits - mantissa
    )
    one = int(np.ones((), wanted.np).view(whole.np))
    return ctx.result(b.sub(b.bitcast(b.or_(leading, one), dtype=wanted), 1.0))


@primitive(_unit)
def unit(key: Any, shape: Any, dtype: Any) -> Any:
    """Random numbers in [0, 1)."""
    raise AssertionError


def float_dtype(ctx: Context, dtype: Any) -> DType:
    """A `dtype=` argument that has to be real."""
    wanted = dtype_argument(ctx, dtype) or F64
    if wanted.kind != "f":
        ctx.error("bad-operand", f"these random numbers are floats, not {wanted.np.name}")
    return wanted


# ---- sizes and parameters


def _shape(ctx: Context, size: Any) -> Shape:
    return () if absent(ctx, size) else shape_argument(ctx, size)


def _sized(ctx: Context, size: Any, *params: Any) -> Abstract:
    for p in params:
        if isinstance(p, TupleV) or (isinstance(p, Known) and isinstance(p.value, tuple)):
            ctx.error(
                "bad-operand",
                f"a parameter of a distribution is a number or an array, not {ctx.describe(p)}",
                hint="A shape is given by name, `size=...`; parameters may be lists.",
            )
    common = ctx.broadcast_shapes(*(ctx.shape_of(p) for p in params))
    if absent(ctx, size):
        return ctx.constant(common)
    shape = shape_argument(ctx, size)
    fits = len(common) <= len(shape) and all(
        m in (1, n) for m, n in zip(reversed(common), reversed(shape), strict=False)
    )
    if not fits:
        message = f"parameters of shape {common} cannot be broadcast to the size {shape}"
        ctx.error("shape-mismatch", message)
    return ctx.constant(shape)


@primitive(_sized)
def sized(size: Any, *params: Any) -> Any:
    """The shape of a sample: `size`, or that of the parameters together."""
    raise AssertionError


def _real(ctx: Context, x: Any) -> Abstract:
    if not ctx.is_arraylike(x) or ctx.type_of(x).dtype.kind == "c":
        message = f"a parameter of a distribution is a real number, not {ctx.describe(x)}"
        ctx.error("bad-operand", message)
    return ctx.result(ctx.b.rounded(ctx.atom(x, F64)))


@primitive(_real)
def real(x: Any) -> Any:
    """A parameter as float64."""
    raise AssertionError


def _delivered(ctx: Context, x: Any, shape: Any, dtype: Any) -> Abstract:
    wanted = float_dtype(ctx, dtype)
    return ctx.result(ctx.b.rounded(ctx.broadcast(ctx.atom(x, wanted), ctx.known(shape))))


@primitive(_delivered)
def delivered(x: Any, shape: Any, dtype: Any) -> Any:
    """A sample in its dtype and shape, a NumPy scalar for the shape ()."""
    raise AssertionError


def require(fine: Any, message: Any) -> None:
    """Raises NumPy's ValueError unless all hold."""
    if not np.all(fine):
        raise ValueError(message)
