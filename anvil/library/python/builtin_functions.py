"""The builtins that compute: conversions, abs, round, min, max, sum, pow, any, all."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.ir.types import BOOL, C128, DTYPES, F64, I64
from anvil.library.arrays.selection import gather_along, rows_of
from anvil.library.atoms import absent, dtype_in, shape_in, truth
from anvil.library.python.numbers import accumulated, evaluated, to_int, to_python
from anvil.library.python.storing import modular_power
from anvil.parser.arrays import overflow
from anvil.parser.arrays.whole import position
from anvil.parser.containers.set_order import elements_of
from anvil.parser.context import Context
from anvil.parser.control.choices import choose
from anvil.parser.control.iteration import is_long, listed
from anvil.parser.control.number_joins import picked
from anvil.parser.control.streams import NO_MAX, NO_MIN
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.number_choices import is_numeric
from anvil.parser.state.values import Abstract, Lazy, ListV, NDArray, TupleV


def _abs(ctx: Context, x: Any) -> Abstract:
    if ctx.kind_of(x) != "py":
        return ctx.call(np.absolute, x)
    atom = ctx.atom(x)
    if dtype_in(atom) is BOOL:
        atom = ctx.cast(atom, I64)
    if dtype_in(atom) is I64:
        overflow.check_negation(ctx, atom)
    return ctx.py_scalar(ctx.b.abs(atom))


def _int(ctx: Context, x: Any = 0, *base: Any, **named: Any) -> Abstract:
    given = [*base, *named.values()]
    if given and not (ctx.is_known(x) and isinstance(ctx.known(x), str | bytes)):
        position(ctx, given[0])
        words = "int() can't convert non-string with explicit base"
        ctx.error("bad-operand", words, raises=TypeError)
    if ctx.is_known(x) and not isinstance(x, NDArray):
        return evaluated(ctx, int, x, *given)
    a = _single(ctx, x, "int")
    if dtype_in(a).kind == "c":
        ctx.error(
            "bad-operand", "int() argument must be a real number, not 'complex'", raises=TypeError
        )
    if dtype_in(a).inexact:
        return ctx.py_scalar(to_int(ctx, ctx.b.trunc(ctx.cast(a, F64))))
    return ctx.py_scalar(to_python(ctx, a))


def _single(ctx: Context, x: Any, name: str) -> Atom:
    a = ctx.atom(x)
    if shape_in(a):
        ctx.error(
            "bad-operand",
            "only 0-dimensional arrays can be converted to Python scalars",
            hint=f"{name}(x[0]), or x.item()",
            raises=TypeError,
        )
    return a


def _to_float(ctx: Context, x: Any = 0.0) -> Abstract:
    if ctx.is_known(x) and not isinstance(x, NDArray):
        return evaluated(ctx, float, x)
    a = _single(ctx, x, "float")
    if dtype_in(a).kind == "c":
        ctx.error(
            "bad-operand", "float() argument must be a real number, not 'complex'", raises=TypeError
        )
    return ctx.py_scalar(ctx.cast(a, F64))


def _to_complex(ctx: Context, real: Any = 0, imag: Any = None) -> Abstract:
    a = ctx.cast(_single(ctx, real, "complex"), C128)
    if ctx.is_known(imag) and ctx.known(imag) is None:
        return ctx.py_scalar(a)
    c = ctx.cast(_single(ctx, imag, "complex"), C128)
    return ctx.py_scalar(ctx.b.add(a, ctx.b.mul(c, 1j)))


def _to_bool(ctx: Context, x: Any = False) -> Abstract:
    t = ctx.truth(x)
    return ctx.constant(t) if isinstance(t, bool) else ctx.py_scalar(t)


# ---- min and max: the first of equals, an element replaced only if another is better


def _fold(name: str, op: str) -> Intrinsic:
    def run(ctx: Context, *args: Any, key: Any = None, **kwargs: Any) -> Abstract:
        if not args or kwargs.keys() - {"default"} or (kwargs and len(args) > 1):
            ctx.error("wrong-arguments", f"these are not the arguments of {name}()")
        plain = absent(ctx, key)
        elements = elements_of(ctx, args[0]) if plain and len(args) == 1 else None
        if elements:
            return ctx.constant((max if name == "max" else min)(elements))
        long = long_list(ctx, args[0]) if len(args) == 1 else None
        if long is not None:
            default = (ctx.lifted(kwargs["default"]),) if "default" in kwargs else ()
            return ctx.call_library(_LONGEST[name], long, ctx.lifted(key), *default)
        if len(args) == 1 and plain and ctx.kind_of(args[0]) == "array":
            items = _best_of_array(ctx, name, args[0])
        else:
            items = listed(ctx, args[0]) if len(args) == 1 else list(args)
        if not items:
            if "default" in kwargs:
                return ctx.lifted(kwargs["default"])
            ctx.fail(ValueError, NO_MAX if name == "max" else NO_MIN)
        keys = items if plain else [ctx.call(key, i) for i in items]
        best = keys[0], items[0]
        for pair in zip(keys[1:], items[1:], strict=True):
            best = _better(ctx, op, pair, best)
        found: Abstract = best[1]
        return found

    return Intrinsic(run)


def _largest(items: Any, key: Any, *default: Any) -> Any:
    if len(items) == 0:
        if default:
            return default[0]
        raise ValueError(NO_MAX)
    best = items[0]
    if key is None:
        for item in items:
            if item > best:
                best = item
        return best
    best_key = key(best)
    for item in items[1:]:
        item_key = key(item)
        if item_key > best_key:
            best, best_key = item, item_key
    return best


def _smallest(items: Any, key: Any, *default: Any) -> Any:
    if len(items) == 0:
        if default:
            return default[0]
        raise ValueError(NO_MIN)
    best = items[0]
    if key is None:
        for item in items:
            if item < best:
                best = item
        return best
    best_key = key(best)
    for item in items[1:]:
        item_key = key(item)
        if item_key < best_key:
            best, best_key = item, item_key
    return best


_LONGEST: dict[str, Any] = {"max": _largest, "min": _smallest}


def long_list(ctx: Context, v: Any) -> Abstract | None:
    """A list or tuple, also one made by a generator expression, that a loop runs over best."""
    if isinstance(v, Lazy) and v.kind == "generator":
        v = v.items[0]
    return v if isinstance(v, ListV | TupleV) and is_long(ctx, v) else None


Pair = tuple[Any, Any]


def _better(ctx: Context, op: str, new: Pair, best: Pair) -> Pair:
    t = ctx.truth(ctx.compare(op, new[0], best[0]))
    if isinstance(t, bool):
        return new if t else best
    item = chosen(ctx, t, new[1], best[1])
    return (item if new[0] is new[1] else chosen(ctx, t, new[0], best[0])), item


def chosen(ctx: Context, pred: Atom, new: Any, old: Any) -> Abstract:
    """One of two values: of numbers, arrays of one shape and tuples of these by a select."""
    kinds = {ctx.kind_of(new), ctx.kind_of(old)}
    if _plain_tuple(new) and _plain_tuple(old) and len(new.items) == len(old.items):
        pairs = zip(ctx.items(new), ctx.items(old), strict=True)
        return ctx.tuple([chosen(ctx, pred, *pair) for pair in pairs])
    if is_numeric(new) and is_numeric(old):
        return picked(ctx, pred, new, old)
    if not kinds <= {"py", "np", "array"} or ctx.shape_of(new) != ctx.shape_of(old):
        return choose(ctx, pred, lambda: new, lambda: old)
    x, y = ctx.operands(new, old)
    found = ctx.b.select(ctx.broadcast(pred, shape_in(x)), x, y)
    return ctx.array(found) if "array" in kinds else ctx.scalar(found)


def _plain_tuple(v: Any) -> bool:
    return isinstance(v, TupleV) and v.cls is None


def _best_of_array(ctx: Context, name: str, a: Any) -> list[Any]:
    """The best element of a vector, by Python's comparisons: nan is replaced by nothing else, and
    replaces nothing."""
    x, b = ctx.atom(a), ctx.b
    if len(shape_in(x)) != 1:
        return rows_of(ctx, a)
    if shape_in(x)[0] == 0:
        return []
    if dtype_in(x).kind == "c":
        ctx.error("bad-operand", f"{name}() is not defined for complex numbers")
    keys = b.cast(x, I64) if dtype_in(x) is BOOL else x
    if dtype_in(x).inexact:
        keys = b.select(b.is_nan(x), -math.inf if name == "max" else math.inf, x)
    place = b.emit(f"arg{name}", (keys,), {"axis": 0})
    if dtype_in(x).inexact:
        first = b.reshape(b.slice(x, starts=(0,), limits=(1,), strides=(1,)), shape=())
        place = b.select(b.is_nan(first), b.zeros_like(place), place)
    return [ctx.scalar(gather_along(ctx, x, place, 0))]


def _sum(ctx: Context, iterable: Any, start: Any = 0) -> Abstract:
    return accumulated(ctx, "+", np.sum, iterable, start)


def _divmod(ctx: Context, a: Any, b: Any) -> Abstract:
    if ctx.kind_of(a) == ctx.kind_of(b) == "py" and ctx.promote(a, b) is F64:
        fine = ctx.b.ne(ctx.atom(b, F64), 0)
        ctx.check(fine, ZeroDivisionError, "float divmod()")
    return ctx.tuple((ctx.binary("//", a, b), ctx.binary("%", a, b)))


def _pow(ctx: Context, base: Any, exp: Any, mod: Any = None) -> Abstract:
    if absent(ctx, mod):
        return ctx.binary("**", base, exp)
    for v in (base, exp, mod):
        if ctx.kind_of(v) not in ("py", "np") or ctx.strength(v)[0].kind not in "biu":
            ctx.error("bad-operand", "pow() 3rd argument not allowed unless all are integers")
    if all(map(ctx.is_known, (base, exp, mod))):
        return evaluated(ctx, pow, base, exp, mod)
    return ctx.call(modular_power, base, exp, mod)


def _numpy_type(dtype: Any) -> Intrinsic:
    def run(ctx: Context, x: Any = 0) -> Abstract:
        if dtype.kind in "iuf" and ctx.kind_of(x) == "py" and ctx.strength(x)[0].kind == "c":
            ctx.error(
                "bad-operand",
                "float() argument must be a real number, not 'complex'",
                raises=TypeError,
            )
        return ctx.result(ctx.atom(x, dtype))

    return Intrinsic(run)


def _quantifier(op: str, neutral: bool) -> Intrinsic:
    def run(ctx: Context, iterable: Any) -> Abstract:
        if ctx.kind_of(iterable) == "array":
            x = truth(ctx, iterable)
            if len(shape_in(x)) != 1:
                ctx.error("ambiguous-truth", "the truth of rows of an array is ambiguous")
            kind = "reduce_and" if neutral else "reduce_or"
            return ctx.py_scalar(ctx.b.emit(kind, (x,), {"axes": (0,)}))
        found: Any = neutral
        for item in listed(ctx, iterable):
            t = ctx.truth(item)
            if isinstance(t, bool) and isinstance(found, bool):
                found = (found and t) if neutral else (found or t)
            elif isinstance(t, bool):
                found = found if t is neutral else (not neutral)
            elif isinstance(found, bool):
                found = t if found is neutral else found
            else:
                found = ctx.b.emit(op, (found, t))
        return ctx.constant(found) if isinstance(found, bool) else ctx.py_scalar(found)

    return Intrinsic(run)


FUNCTIONS: dict[Any, Intrinsic] = {
    abs: Intrinsic(_abs),
    int: Intrinsic(_int),
    float: Intrinsic(_to_float),
    complex: Intrinsic(_to_complex),
    bool: Intrinsic(_to_bool),
    max: _fold("max", ">"),
    min: _fold("min", "<"),
    sum: Intrinsic(_sum),
    divmod: Intrinsic(_divmod),
    pow: Intrinsic(_pow),
    all: _quantifier("and", True),
    any: _quantifier("or", False),
    **{d.np.type: _numpy_type(d) for d in DTYPES.values()},
}
