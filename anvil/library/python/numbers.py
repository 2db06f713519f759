"""What `math` and the builtins share: conversion to int, known arguments, sums and products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anvil.ir.families import type_at
from anvil.ir.records import Atom
from anvil.ir.types import DTYPES, I64
from anvil.parser.context import Context
from anvil.parser.control.iteration import is_long, listed
from anvil.parser.state.values import Abstract

_U64 = DTYPES["u64"]


def not_infinite(b: Any, x: Atom) -> Atom:
    """Finite or nan."""
    out: Atom = b.or_(b.is_finite(x), b.is_nan(x))
    return out


def to_int(ctx: Context, x: Atom) -> Atom:
    """A whole float as int64; nan, infinities and what does not fit raise."""
    b = ctx.b
    ctx.check(b.not_(b.is_nan(x)), ValueError, "cannot convert float NaN to integer")
    ctx.check(not_infinite(b, x), OverflowError, "cannot convert float infinity to integer")
    fits = b.and_(b.ge(x, -(2.0**63)), b.lt(x, 2.0**63))
    ctx.check(fits, OverflowError, "Python int too large for anvil's 64-bit integers")
    return ctx.cast(x, I64)


def to_python(ctx: Context, x: Atom) -> Atom:
    """A bool or an integer of any dtype as a Python int; a uint64 that does not fit raises."""
    if type_at(x).dtype is _U64:
        message = "Python int too large for anvil's 64-bit integers"
        ctx.check(ctx.b.le(x, 2**63 - 1), OverflowError, message)
    return ctx.cast(x, I64)


def evaluated(ctx: Context, fn: Callable[..., Any], *args: Any) -> Abstract:
    """A Python function of known arguments; its exceptions are the program's."""
    try:
        return ctx.constant(fn(*map(ctx.known, args)))
    except (ValueError, OverflowError, ZeroDivisionError) as problem:
        ctx.fail(type(problem), *problem.args)
    except TypeError as problem:
        ctx.error("bad-operand", str(problem))


def total_of(iterable: Any, start: Any) -> Any:
    """`sum` of what is best added up by a loop."""
    total = start
    for item in iterable:
        total = total + item
    return total


def product_of(iterable: Any, start: Any) -> Any:
    """`math.prod` of what is best multiplied by a loop."""
    total = start
    for item in iterable:
        total = total * item
    return total


def accumulated(ctx: Context, op: str, reduction: Any, iterable: Any, start: Any) -> Abstract:
    """`sum` and `math.prod`: Python's operator from left to right; a reduction over an array."""
    if ctx.kind_of(iterable) != "array":
        if isinstance(iterable, Abstract) and is_long(ctx, iterable):
            rule = total_of if op == "+" else product_of
            return ctx.call_library(rule, iterable, start)
        total = ctx.lifted(start)
        for item in listed(ctx, iterable):
            total = ctx.binary(op, total, item)
        return total
    if not ctx.shape_of(iterable):
        ctx.error("bad-operand", "iteration over a 0-d array")
    if ctx.shape_of(iterable)[0] == 0:
        return ctx.lifted(start)
    dtype = ctx.constant(ctx.promote(start, iterable).np)
    return ctx.binary(op, start, ctx.call(reduction, iterable, axis=ctx.constant(0), dtype=dtype))
