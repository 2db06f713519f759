"""Methods of containers, and their operators."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from anvil.parser.arrays.comparisons import contains
from anvil.parser.arrays.subscripts import get_item, set_item
from anvil.parser.containers import counting, deques, dicts, random_numbers, sets
from anvil.parser.containers import list_methods as containers
from anvil.parser.containers.collection_values import DequeV, OpenTupleV, RandomV, SetV
from anvil.parser.containers.set_order import elements_of
from anvil.parser.state.number_choices import is_numeric
from anvil.parser.state.values import NONE, Abstract, DictV, ListV, SliceV, TupleV

if TYPE_CHECKING:
    from anvil.parser.context import Context

Args = Sequence[Abstract]


def _table(v: Abstract) -> Mapping[str, Callable[..., Abstract]]:
    """The methods of a container."""
    if isinstance(v, DequeV):
        return deques.METHODS
    if isinstance(v, OpenTupleV):
        return containers.TUPLE
    if isinstance(v, ListV):
        return containers.LIST
    if isinstance(v, SetV):
        return sets.METHODS
    if isinstance(v, DictV):
        return dicts.METHODS
    return containers.TUPLE if isinstance(v, TupleV) else sets.FROZEN


def _put(ctx: Context, v: Abstract, index: Abstract, value: Abstract) -> Abstract:
    set_item(ctx, v, index, value)
    return NONE


_SPECIAL: dict[str, Callable[..., Abstract]] = {
    "__getitem__": get_item,
    "__setitem__": _put,
    "__contains__": contains,
}


def has_method(v: Abstract, name: str) -> bool:
    """Whether a container has a method that is compiled."""
    if isinstance(v, RandomV):
        return random_numbers.draws(v.cls, name)
    if name in _SPECIAL:
        return (name != "__setitem__" or isinstance(v, ListV | DictV)) and (
            name != "__getitem__" or not isinstance(v, SetV)
        )
    return name in _table(v) or _written(v, name) is not None


def _written(v: Abstract, name: str) -> Any:
    """The method of a subclass of dict that is written in Python."""
    if not isinstance(v, DictV):
        return None
    known = (table[name] for c, table in counting.METHODS.items() if c is v.cls and name in table)
    return next(known, None)


def call_method(
    ctx: Context, v: Abstract, name: str, args: Args, kwargs: dict[str, Abstract]
) -> Abstract:
    """`v.name(*args, **kwargs)`."""
    if isinstance(v, RandomV):
        return random_numbers.call_method(ctx, v, name, args, kwargs)
    written = _written(v, name)
    if written is not None:
        made: Abstract = ctx.session.calls.call_entry(ctx, written, [v, *args], kwargs)
        return made
    method = _SPECIAL.get(name) or _table(v)[name]
    try:
        return method(ctx, v, *args, **kwargs)
    except TypeError:
        if _takes(method, ctx, v, *args, **kwargs):
            raise
        ctx.error("wrong-arguments", f"wrong arguments for .{name}() of {v.describe()}")


def _takes(method: Callable[..., Abstract], *args: Any, **kwargs: Any) -> bool:
    """Whether a method has parameters for these arguments."""
    try:
        inspect.signature(method).bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def binary(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract | None:
    """An operator on two dicts, random_numbers, sets or deques; None if these are not."""
    for rule in (deques.binary, dicts.merged, sets.binary):
        found = rule(ctx, op, a, b)
        if found is not None:
            return found
    return None


def in_place(ctx: Context, op: str, target: Abstract, value: Abstract) -> bool:
    """`target op= value` where that writes to a container; False for anything else."""
    if isinstance(target, OpenTupleV):
        return False
    if isinstance(target, ListV) and op == "+":
        rule = deques.extend if isinstance(target, DequeV) else containers.extend
        rule(ctx, target, value)  # type: ignore[arg-type]
    elif isinstance(target, ListV) and op == "*" and is_numeric(value):
        _replaced(ctx, target, ctx.binary(op, target, value))
    elif isinstance(target, DictV):
        return _dict_in_place(ctx, op, target, value)
    elif isinstance(target, SetV) and sets.opens(ctx, target, value):
        if not isinstance(value, SetV) or op not in sets.IN_PLACE:
            return False
        sets.METHODS[sets.IN_PLACE[op]](ctx, target, value)
    elif isinstance(target, SetV) and elements_of(ctx, value) is not None:
        found = sets.binary(ctx, op, target, value)
        if found is None:
            return False
        sets.write(ctx, target, sets.keys_in(ctx, found))
    else:
        return False
    return True


def _dict_in_place(ctx: Context, op: str, target: DictV, value: Abstract) -> bool:
    if issubclass(target.cls, Counter):
        if not isinstance(value, DictV) or op not in counting.IN_PLACE:
            return False
        ctx.session.calls.call_entry(ctx, counting.IN_PLACE[op], [target, value], {})
        return True
    if op == "|":
        dicts.METHODS["update"](ctx, target, value)
    return op == "|"


def _replaced(ctx: Context, v: ListV, found: Abstract) -> None:
    """Gives a list the contents of another one."""
    if isinstance(v, DequeV):
        deques.METHODS["clear"](ctx, v)
        deques.extend(ctx, v, found)
    else:
        set_item(ctx, v, SliceV(NONE, NONE, NONE), found)


def compare(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract | None:
    """A comparison of two dicts or sets; None if these are not."""
    found = dicts.equal(ctx, op, a, b)
    return sets.compare(ctx, op, a, b) if found is None else found
