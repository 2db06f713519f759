"""What makes the containers of `collections`."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from anvil.parser.containers import counting, deques, table_methods
from anvil.parser.containers.computed_keys import become_table, known_key, may_be_table
from anvil.parser.containers.dicts import KEY, filled_dict, new_dict
from anvil.parser.containers.open_lists import is_open
from anvil.parser.control.iteration import listed
from anvil.parser.state.values import NONE, Abstract, Known

if TYPE_CHECKING:
    from anvil.parser.interp import Interp


def _default_dict(it: Interp, factory: Abstract = NONE, *args: Abstract, **more: Abstract) -> Any:
    known = isinstance(factory, Known) and factory.value is None
    given = args[0] if args else None
    return filled_dict(it, defaultdict, None if known else factory, given, more)


def _ordered_dict(it: Interp, v: Abstract | None = None, **more: Abstract) -> Abstract:
    return filled_dict(it, OrderedDict, None, v, more)


def _counter(it: Interp, *args: Abstract, **counts: Abstract) -> Abstract:
    made = new_dict(it, {}, Counter)
    it.session.calls.call_entry(it, counting.update, [made, *args], counts)
    return made


def _from_keys(cls: type) -> Callable[..., Abstract]:
    """`dict.fromkeys`, or that of a subclass."""

    def made(it: Interp, keys: Abstract, value: Abstract = NONE) -> Abstract:
        start = new_dict(it, {}, cls)
        if is_open(it, keys) and may_be_table(it, start):
            become_table(it, start.made, KEY)
        if start.made in it.session.tables:
            it.session.calls.call_entry(it, table_methods.fill_, [start, keys, value], {})
            return start
        names = [known_key(it, start, k, KEY) for k in listed(it, keys)]
        return new_dict(it, dict.fromkeys(names, value), cls)

    return made


def _named_tuple(it: Interp, *args: Abstract, **kwargs: Abstract) -> Abstract:
    """`collections.namedtuple(...)`: one class for each place of the program that makes it."""
    given = [it.known(a, "a part of a named tuple") for a in args]
    named = {k: it.known(v, "a part of a named tuple") for k, v in kwargs.items()}
    key = ("namedtuple", it.loc, repr(given), repr(named))
    made = it.session.classes.get(key)
    if made is None:
        try:
            made = it.session.classes[key] = namedtuple(*given, **named)
        except (TypeError, ValueError) as error:
            it.fail(type(error), *error.args)
    return Known(made)


TABLE: dict[Any, Callable[..., Abstract]] = {
    deque: deques.make,
    defaultdict: _default_dict,
    OrderedDict: _ordered_dict,
    Counter: _counter,
    dict.fromkeys: _from_keys(dict),
    OrderedDict.fromkeys: _from_keys(OrderedDict),
    namedtuple: _named_tuple,
}
