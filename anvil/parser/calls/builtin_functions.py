"""Python's builtins that deal with structure: sequences, types, attributes. Numeric ones (abs, min,
sum ...) are the library's.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from anvil.ir.records import Atom
from anvil.parser.arrays import comparisons
from anvil.parser.arrays.ragged import Ragged, length
from anvil.parser.arrays.whole import position
from anvil.parser.calls.sampling import refuse_types
from anvil.parser.containers import (
    collection_makers,
    computed_ranges,
    open_lists,
    random_numbers,
    sequences,
    sets,
    table_methods,
)
from anvil.parser.containers.collection_values import OpenTupleV
from anvil.parser.containers.dicts import filled_dict
from anvil.parser.containers.known_containers import refuse_unhashable
from anvil.parser.containers.set_order import elements_of
from anvil.parser.containers.stack_lists import stack_of
from anvil.parser.containers.table_boxes import size_of, viewed
from anvil.parser.control import range_items, streams
from anvil.parser.control.choices import choose
from anvil.parser.control.generators import iterator_of, next_of
from anvil.parser.control.iteration import iterator, listed
from anvil.parser.objects import records
from anvil.parser.objects.attributes import (
    content,
    delete_attribute,
    generic_delete,
    generic_set,
    get_attribute,
    set_attribute,
    type_of_value,
)
from anvil.parser.objects.function_attributes import own_attributes, update_wrapper
from anvil.parser.objects.instances import new_object
from anvil.parser.objects.overloading import defines
from anvil.parser.reports import telling, texts
from anvil.parser.state.signals import PathEnd
from anvil.parser.state.values import (
    NONE,
    Abstract,
    Bound,
    Closure,
    Known,
    Lazy,
    ListV,
    NDArray,
    ObjectV,
    Partial,
    RangeV,
    Scalar,
    TupleV,
    scalar,
)

if TYPE_CHECKING:
    from anvil.parser.interp import Interp


def _range(it: Interp, *args: Abstract) -> Abstract:
    if not 1 <= len(args) <= 3:
        it.error("wrong-arguments", f"range expects 1 to 3 arguments, got {len(args)}")
    args = tuple(position(it, a) for a in args)
    start, stop, step = _bounds(*args)
    range_items.check_step(it, step)
    if all(isinstance(a, Known) for a in args):
        return Known(range(*(int(a.value) for a in args)))  # type: ignore[attr-defined]
    return RangeV(start, stop, step)


def _bounds(*args: Abstract) -> tuple[Abstract, Abstract, Abstract]:
    if len(args) == 1:
        return Known(0), args[0], Known(1)
    return args[0], args[1], args[2] if len(args) == 3 else Known(1)


def _rows(it: Interp, v: NDArray | Ragged) -> Abstract:
    if isinstance(v, Ragged):
        return length(it, v, 0)
    if not v.type.shape:
        it.error("bad-operand", "len() of a 0-d array", raises=TypeError)
    return Known(v.type.shape[0])


def _len(it: Interp, v: Abstract) -> Abstract:
    v = texts.settled(it, v)
    if isinstance(v, NDArray | Ragged):
        return _rows(it, v)
    if isinstance(v, ObjectV) or defines(v, "__len__"):
        return it.session.calls.method(it, v, "__len__", [])
    if isinstance(v, RangeV):
        return computed_ranges.count_of(it, v)
    return _length(it, v)


def _length(it: Interp, v: Abstract) -> Abstract:
    """The length of a container."""
    stack, table = stack_of(it, v), viewed(it, v)
    if stack is not None:
        return stack.length
    if table is not None:
        return size_of(it, table)
    if isinstance(v, ListV | TupleV) or (isinstance(v, Lazy) and not v.box):
        return Known(len(it.items(v)))
    elements = elements_of(it, v)
    found = it.dict_keys(v) if elements is None else elements
    if found is not None:
        return Known(len(found))
    if isinstance(v, Known) and hasattr(v.value, "__len__"):
        return Known(len(v.value))
    it.error("bad-operand", f"{v.describe()} has no len()", raises=TypeError)


def _lazy(kind: str) -> Callable[..., Abstract]:
    return lambda it, *args: iterator(it, kind, args)


def _map(it: Interp, *args: Abstract) -> Abstract:
    if len(args) < 2:
        it.error("wrong-arguments", "map() must have at least two arguments.")
    return iterator(it, "map", args)


def _iter(it: Interp, v: Abstract, sentinel: Abstract | None = None) -> Abstract:
    if sentinel is not None:
        made: Abstract = it.session.calls.call_entry(it, streams.iter_, [v, sentinel], {})
        return made
    single = isinstance(v, Scalar) or (isinstance(v, NDArray) and not v.type.shape)
    if single or (isinstance(v, Known) and not hasattr(v.value, "__iter__")):
        it.error("bad-operand", f"{v.describe()} is not iterable", raises=TypeError)
    return iterator_of(it, v)


def _enumerate(it: Interp, v: Abstract, start: Abstract = Known(0)) -> Abstract:  # noqa: B008
    return iterator(it, "enumerate", (v, start))


def _zip(it: Interp, *args: Abstract, strict: Abstract = Known(False)) -> Abstract:  # noqa: B008
    return iterator(it, "zip", (strict, *args))


def _tuple(it: Interp, v: Abstract | None = None) -> Abstract:
    if v is not None and open_lists.is_open(it, v):
        return OpenTupleV(open_lists.listed(it, v).box)  # type: ignore[attr-defined]
    return it.tuple([] if v is None else listed(it, v))


def _list(it: Interp, v: Abstract | None = None) -> Abstract:
    if v is not None and open_lists.is_open(it, v):
        return open_lists.listed(it, v)
    return it.list([] if v is None else listed(it, v))


def _dict(it: Interp, v: Abstract | None = None, **more: Abstract) -> Abstract:
    return filled_dict(it, dict, None, v, more)


def _set(it: Interp, v: Abstract | None = None) -> Abstract:
    return sets.new_set(it, []) if v is None else sets.set_of(it, v)


def _frozenset(it: Interp, v: Abstract | None = None) -> Abstract:
    return sets.made(it, Known(frozenset()), () if v is None else sets.keys_in(it, v))


def _id(it: Interp, v: Abstract) -> Abstract:
    """`id(v)`, which may be a key: of objects of the program it is no number."""
    if isinstance(v, ObjectV):
        return Bound("id", v, ())
    return Known(id(it.known(v, "the argument of id()")))


def _known(fn: Callable[..., Any], what: str) -> Callable[..., Abstract]:
    """A builtin that needs known arguments."""

    def run(it: Interp, *args: Abstract) -> Abstract:
        refuse_types(it, fn, args, {})
        given = [it.known(a, what) for a in args]
        try:
            return Known(fn(*given))
        except (ValueError, OverflowError) as problem:
            it.fail(type(problem), *problem.args)
        except TypeError as problem:
            it.error("bad-operand", str(problem))

    return run


def _hash(it: Interp, v: Abstract) -> Abstract:
    refuse_unhashable(it, v)
    return _known(hash, "the argument of hash()")(it, v)


# ---- types


def _isinstance(it: Interp, v: Abstract, classes: Abstract) -> Abstract:
    wanted = it.known(classes, "a class")
    try:
        return Known(issubclass(type_of_value(v), wanted))
    except TypeError:
        it.error("bad-operand", "isinstance() arg 2 must be a type, a tuple of types, or a union")


def _type(it: Interp, v: Abstract) -> Abstract:
    return Known(type_of_value(v))


def _callable(it: Interp, v: Abstract) -> Abstract:
    if isinstance(v, Known):
        return Known(callable(v.value))
    return Known(isinstance(v, Closure | Bound) or defines(v, "__call__"))


# ---- attributes


def _getattr(it: Interp, v: Abstract, name: Abstract, default: Abstract | None = None) -> Abstract:
    key = it.known(name, "the name of an attribute")
    if default is None:
        return get_attribute(it, v, key)
    found = has_attribute(it, v, key)
    if isinstance(found, bool):
        return get_attribute(it, v, key) if found else default
    return choose(it, found, lambda: get_attribute(it, v, key), lambda: default)


def has_attribute(it: Interp, v: Abstract, name: str) -> bool | Atom:
    """Whether `v.name` can be read."""
    if isinstance(v, ObjectV):
        slot = inspect.getattr_static(v.cls, name, None)
        own = hasattr(v.cls, name) and not isinstance(slot, types.MemberDescriptorType)
        held = content(it, v).attrs.get(name)
        if own or (held is not None and not isinstance(held, Partial)):
            return True
        answers = hasattr(v.cls, "__getattr__") and _answers(it, v, name)
        return held.defined if isinstance(held, Partial) and not answers else answers
    if name in own_attributes(it, v):
        return True
    if isinstance(v, Known):
        found = hasattr(v.value, name)
        if v.origin is not None:
            it.session.guards.has(v.origin, name, found)
        return found
    return hasattr(type_of_value(v), name)


def _answers(it: Interp, v: Abstract, name: str) -> bool:
    """Whether a user's `__getattr__` gives an attribute; the attempt leaves no trace."""
    entry, depth = it.state, it.b.depth
    it.b.begin("then")
    it.state = entry.fork()
    try:
        get_attribute(it, v, name)
        return True
    except PathEnd:
        return False
    finally:
        it.b.abort(depth)
        it.state = entry


def _hasattr(it: Interp, v: Abstract, name: Abstract) -> Abstract:
    found = has_attribute(it, v, it.known(name, "the name of an attribute"))
    return Known(found) if isinstance(found, bool) else scalar(found, True)


def _setattr(it: Interp, v: Abstract, name: Abstract, value: Abstract) -> Abstract:
    set_attribute(it, v, it.known(name, "the name of an attribute"), value)
    return NONE


def _object_setattr(it: Interp, v: Abstract, name: Abstract, value: Abstract) -> Abstract:
    key = it.known(name, "the name of an attribute")
    if not isinstance(v, ObjectV):
        it.error("bad-operand", f"attributes of {v.describe()} cannot be set")
    generic_set(it, v, key, value)
    return NONE


def _object_delattr(it: Interp, v: Abstract, name: Abstract) -> Abstract:
    if not isinstance(v, ObjectV):
        it.error("bad-operand", f"attributes of {v.describe()} cannot be deleted")
    generic_delete(it, v, it.known(name, "the name of an attribute"))
    return NONE


def _delattr(it: Interp, v: Abstract, name: Abstract) -> Abstract:
    delete_attribute(it, v, it.known(name, "the name of an attribute"))
    return NONE


def _super(it: Interp, *args: Abstract) -> Abstract:
    """`super()`: the object seen as an instance of the classes after one in its order."""
    if args:
        cls, obj = it.known(args[0], "the class of super()"), args[1]
    else:
        cell = it.info.host_cells.get("__class__")
        names = it.info.code.params.names
        if cell is None or not names:
            it.error("unsupported-call", "`super()` outside a method of a class is not compiled")
        cls, obj = cell.cell_contents, it.load(names[0])
    return Bound("super", obj, (), cls)


def _new_tuple(it: Interp, cls: Abstract, v: Abstract | None = None) -> Abstract:
    """`tuple.__new__(cls, items)`, which named tuples are made with."""
    made = it.known(cls)
    items = () if v is None else tuple(listed(it, v))
    return TupleV(items, None if made is tuple else made)


# ---- functions


def _partial(it: Interp, fn: Abstract, *args: Abstract, **kwargs: Abstract) -> Abstract:
    return Bound("partial", fn, (*args, *kwargs.values()), tuple(kwargs))


def _wraps(it: Interp, wrapped: Abstract) -> Abstract:
    """`functools.wraps(wrapped)`."""
    return Bound("partial", Known(functools.update_wrapper), (wrapped,), ("wrapped",))


def _print(it: Interp, *args: Abstract, **kwargs: Abstract) -> Abstract:
    options = {n: it.known(v, f"`{n}`") for n, v in kwargs.items()}
    for name in options:
        if name not in ("sep", "end", "flush", "file"):
            it.error("wrong-arguments", f"print() got an unexpected keyword argument '{name}'")
    if options.get("file") is not None:
        it.error("unsupported-argument", "print to a file is not compiled")
    sep, end = (d if (v := options.get(n)) is None else v for n, d in (("sep", " "), ("end", "\n")))
    pieces: list[str | texts.Slot] = []
    for i, a in enumerate(args):
        pieces += [sep if i else "", *texts.text_of(it, a, "s")]
    return telling.emit(it, texts.joined(pieces), end)


def _str(it: Interp, *args: Abstract) -> Abstract:
    if len(args) != 1:
        return _known(str, "an argument of str()")(it, *args)
    (v,) = args
    return texts.joined(texts.text_of(it, v, "s"))


def _repr(it: Interp, v: Abstract) -> Abstract:
    return texts.joined(texts.text_of(it, v, "r"))


def _format(it: Interp, v: Abstract, spec: Abstract = NONE) -> Abstract:
    known = it.known(spec, "the format")
    return texts.joined(texts.text_of(it, v, "", known or ""))


def _reduce(it: Interp, fn: Abstract, v: Abstract, *initial: Abstract) -> Abstract:
    items = [*initial, *listed(it, v)]
    if not items:
        it.fail(TypeError, "reduce() of empty iterable with no initial value")
    total = items[0]
    for item in items[1:]:
        total = it.call(fn, total, item)
    return total


def _cache(it: Interp, fn: Abstract) -> Abstract:
    return Bound("cached", fn, (fn,))


def _lru_cache(it: Interp, maxsize: Abstract = NONE, typed: Abstract = NONE) -> Abstract:
    plain = isinstance(maxsize, Known) and not callable(maxsize.value)
    return Bound("partial", Known(functools.cache), (), ()) if plain else _cache(it, maxsize)


def _bool(it: Interp, v: Abstract = NONE) -> Abstract:
    t = comparisons.truth(it, v)
    return Known(t) if isinstance(t, bool) else scalar(t, True)


TABLE: dict[Any, Callable[..., Abstract]] = {
    range: _range,
    len: _len,
    enumerate: _enumerate,
    zip: _zip,
    reversed: _lazy("reversed"),
    map: _map,
    iter: _iter,
    next: next_of,
    tuple: _tuple,
    list: _list,
    dict: _dict,
    set: _set,
    table_methods.elements: sets.elements,
    table_methods.empty: sets.empty,
    frozenset: _frozenset,
    **collection_makers.TABLE,
    **random_numbers.MAKERS,
    str: _str,
    isinstance: _isinstance,
    issubclass: _known(issubclass, "a class"),
    type: _type,
    callable: _callable,
    getattr: _getattr,
    hasattr: _hasattr,
    setattr: _setattr,
    object.__setattr__: _object_setattr,
    object.__delattr__: _object_delattr,
    object.__new__: new_object,
    delattr: _delattr,
    vars: records.vars_,
    dir: records.dir_,
    copy.copy: records.shallow,
    copy.deepcopy: records.deep,
    dataclasses.fields: records.fields,
    dataclasses.is_dataclass: records.is_dataclass,
    dataclasses.asdict: records.asdict,
    dataclasses.astuple: records.astuple,
    dataclasses.replace: records.replace,
    super: _super,
    tuple.__new__: _new_tuple,
    functools.partial: _partial,
    functools.reduce: _reduce,
    functools.wraps: _wraps,
    functools.update_wrapper: update_wrapper,
    functools.cache: _cache,
    functools.lru_cache: _lru_cache,
    print: _print,
    **telling.FUNCTIONS,
    **sequences.TABLE,
    types.MethodType: lambda it, fn, obj: Bound("method", fn, (obj,)),
    repr: _repr,
    format: _format,
    bool: _bool,
    id: _id,
    hash: _hash,
    slice: _known(slice, "a part of a slice"),
    **{f: _known(f, f"the argument of {f.__name__}()") for f in (bin, hex, oct, chr, ord, ascii)},
}
