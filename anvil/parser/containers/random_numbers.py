"""Random generators made inside from a known seed: they draw while compiling, NumPy's own stream.

The state of a generator is part of the heap, so it advances in program order, through calls too.
Where the parameters of a normal, uniform or exponential distribution are computed, standard draws
are scaled in the program, as NumPy does, so that results have derivatives by the parameters.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.types import F64
from anvil.parser.containers.collection_values import DequeV, RandomV
from anvil.parser.containers.dicts import write
from anvil.parser.state.heap import ListBox, RandomBox, fresh_box
from anvil.parser.state.values import NONE, Abstract, Conflict, Known, ListV, NDArray

if TYPE_CHECKING:
    from anvil.parser.context import Context

Kwargs = dict[str, Abstract]
_HINT = (
    "Seed it by a number, `np.random.default_rng(0)`, draw with keys (`anvil.random`), or pass the "
    "random numbers as an array."
)


def _maker(cls: type, make: Callable[..., Any]) -> Callable[..., Abstract]:
    def made(ctx: Context, seed: Abstract = NONE) -> Abstract:
        known = _known(ctx, seed, "the seed of a random generator")
        if known is None:
            text = "this generator has no seed: it gives other numbers at every call"
            ctx.error("hidden-state", text, hint=_HINT)
        generator = _draw(ctx, make, known)
        box = fresh_box()
        ctx.state.heap[box] = RandomBox(generator)
        return RandomV(box, cls)

    return made


MAKERS: dict[Any, Callable[..., Abstract]] = {
    np.random.default_rng: _maker(np.random.Generator, np.random.default_rng),
    np.random.RandomState: _maker(np.random.RandomState, np.random.RandomState),
}


def _known(ctx: Context, v: Abstract, what: str) -> Any:
    found = ctx.known_array(v) if isinstance(v, NDArray) else None
    return ctx.known(v, what) if found is None else found


def draws(cls: type, name: str) -> bool:
    """Whether a generator has a method of this name that draws."""
    return not name.startswith("_") and name not in _OTHER and callable(getattr(cls, name, None))


_OTHER = ("spawn", "seed", "get_state", "set_state", "bytes")


def call_method(
    ctx: Context, v: RandomV, name: str, args: Sequence[Abstract], kwargs: Kwargs
) -> Abstract:
    """`v.name(*args, **kwargs)`: draws, and advances the generator."""
    held = ctx.state.heap[v.box]
    if isinstance(held, Conflict) and held.loop is None:
        ctx.error(
            "hidden-state",
            "the data decide whether this generator has been drawn from",
            hint="Draw before the branch, and use the number inside it.",
        )
    content = ctx.content(v.box, "random generator")
    assert isinstance(content, RandomBox)
    generator = copy.deepcopy(content.generator)
    ctx.touch(v.box)
    found = _drawn(ctx, generator, name, args, kwargs)
    ctx.state.heap[v.box] = RandomBox(generator)
    return found


def _draw(ctx: Context, draw: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What NumPy gives; what it raises is raised at run time."""
    try:
        return draw(*args, **kwargs)
    except (ValueError, TypeError) as error:
        ctx.fail(type(error), *error.args)


def _drawn(
    ctx: Context, generator: Any, name: str, args: Sequence[Abstract], kwargs: Kwargs
) -> Abstract:
    rule = _ON_DATA.get(name)
    if rule is not None:
        found = rule(ctx, generator, name, args, kwargs)
        if found is not None:
            return found
    if "out" in kwargs:
        ctx.error("unsupported-argument", "`out=` of a random generator is not compiled")
    what = f"an argument of {name}()"
    given = [_known(ctx, a, what) for a in args]
    named = {k: _known(ctx, a, what) for k, a in kwargs.items()}
    return ctx.constant(_draw(ctx, getattr(generator, name), *given, **named))


# ---- on data


def _is_known(ctx: Context, v: Abstract) -> bool:
    return ctx.is_known(v) if not isinstance(v, NDArray) else ctx.known_array(v) is not None


def _scaled(
    names: tuple[str, ...], standard: str, combine: Callable[..., Any]
) -> Callable[..., Abstract | None]:
    """A distribution that is a standard one, scaled by parameters."""

    def rule(
        ctx: Context, generator: Any, name: str, args: Sequence[Abstract], kwargs: Kwargs
    ) -> Abstract | None:
        given = {**dict(zip((*names, "size"), args, strict=False)), **kwargs}
        params = [given.get(n, Known(d)) for n, d in zip(names, _DEFAULTS[name], strict=True)]
        if all(_is_known(ctx, p) for p in params) or given.keys() - {*names, "size"}:
            return None
        size = ctx.known(given.get("size", NONE), "the size of a sample")
        scalars = size is None and all(ctx.kind_of(p) in ("py", "np") for p in params)
        shape = ctx.broadcast_shapes(*map(ctx.shape_of, params)) if size is None else size
        plain = _draw(ctx, getattr(generator, standard), None if scalars else shape)
        values = [ctx.result(ctx.atom(p, F64)) for p in params]
        found = combine(ctx, ctx.constant(plain), *values)
        return ctx.call(float, found) if scalars else found

    return rule


def _not_negative(ctx: Context, v: Abstract, message: str) -> None:
    holds = ctx.atom(ctx.call(np.all, ctx.compare(">=", v, Known(0.0))))
    ctx.check(holds, ValueError, message)


def _normal(ctx: Context, z: Abstract, loc: Abstract, scale: Abstract) -> Abstract:
    _not_negative(ctx, scale, "scale < 0")
    return ctx.binary("+", loc, ctx.binary("*", scale, z))


def _uniform(ctx: Context, z: Abstract, low: Abstract, high: Abstract) -> Abstract:
    width = ctx.binary("-", high, low)
    _not_negative(ctx, width, "high < low")
    return ctx.binary("+", low, ctx.binary("*", width, z))


def _exponential(ctx: Context, z: Abstract, scale: Abstract) -> Abstract:
    _not_negative(ctx, scale, "scale < 0")
    return ctx.binary("*", scale, z)


_DEFAULTS: dict[str, tuple[float, ...]] = {
    "normal": (0.0, 1.0),
    "uniform": (0.0, 1.0),
    "exponential": (1.0,),
}


def _shuffle(
    ctx: Context, generator: Any, name: str, args: Sequence[Abstract], kwargs: Kwargs
) -> Abstract | None:
    v = args[0] if args else NONE
    if len(args) != 1 or kwargs:
        ctx.error("unsupported-argument", "shuffle() along another axis is not compiled")
    if isinstance(v, ListV) and not isinstance(v, DequeV):
        places = list(range(len(ctx.items(v))))
        generator.shuffle(places)
        items = ctx.items(v)
        write(ctx, v.box, ListBox(tuple(items[i] for i in places)))
        return NONE
    if not isinstance(v, NDArray) or not v.type.shape:
        ctx.error("bad-operand", f"{v.describe()} cannot be shuffled in place")
    rows = _rows(v)
    generator.shuffle(rows)
    ctx.write(v, ctx.atom(_taken(ctx, v, rows.reshape(-1))))
    return NONE


def _rows(v: NDArray) -> Any:
    """The numbers of the rows of an array, in an array of as many dimensions."""
    return np.arange(v.type.shape[0]).reshape(-1, *(1 for _ in v.type.shape[1:]))


def _taken(ctx: Context, v: Abstract, places: Any, axis: int = 0) -> Abstract:
    return ctx.call(np.take, v, ctx.constant(places), Known(axis))


def _permutation(
    ctx: Context, generator: Any, name: str, args: Sequence[Abstract], kwargs: Kwargs
) -> Abstract | None:
    if not args or _is_known(ctx, args[0]) or ctx.kind_of(args[0]) == "py":
        return None
    if len(args) != 1 or kwargs:
        ctx.error("unsupported-argument", "a permutation along another axis is not compiled")
    v = ctx.array(ctx.atom(args[0]))
    return _taken(ctx, v, generator.permutation(_rows(v)).reshape(-1))


def _choice(
    ctx: Context, generator: Any, name: str, args: Sequence[Abstract], kwargs: Kwargs
) -> Abstract | None:
    if not args or _is_known(ctx, args[0]) or ctx.kind_of(args[0]) == "py":
        return None
    rest = [_known(ctx, a, "an argument of choice()") for a in args[1:]]
    named = {k: _known(ctx, a, "an argument of choice()") for k, a in kwargs.items()}
    v = ctx.array(ctx.atom(args[0]))
    axis = operator.index(named.get("axis", 0))
    named.pop("axis", None)
    places = _draw(ctx, generator.choice, v.type.shape[axis], *rest, **named)
    return _taken(ctx, v, places, axis)


_ON_DATA: dict[str, Callable[..., Abstract | None]] = {
    "normal": _scaled(("loc", "scale"), "standard_normal", _normal),
    "uniform": _scaled(("low", "high"), "random", _uniform),
    "exponential": _scaled(("scale",), "standard_exponential", _exponential),
    "shuffle": _shuffle,
    "permutation": _permutation,
    "choice": _choice,
}
