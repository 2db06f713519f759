"""What `dataclasses`, `vars` and named tuples do with records, on values."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from anvil.parser.containers import dicts
from anvil.parser.objects.attributes import content
from anvil.parser.reports.conflicts import refuse_partial
from anvil.parser.state.heap import ObjectBox, fresh_box
from anvil.parser.state.values import Abstract, DictV, Known, ListV, ObjectV, Partial, TupleV

if TYPE_CHECKING:
    from anvil.parser.interp import Interp


_NO_INIT = "it cannot be specified with replace()"


def _class_of(it: Interp, v: Abstract) -> Any:
    cls = v.cls if isinstance(v, ObjectV) else v.value if isinstance(v, Known) else None
    kind = cls if isinstance(cls, type) else type(cls)
    if not dataclasses.is_dataclass(kind):
        it.error("bad-operand", f"{v.describe()} is not a dataclass instance")
    return kind


def fields(it: Interp, v: Abstract) -> Abstract:
    """`dataclasses.fields(v)`."""
    return Known(dataclasses.fields(_class_of(it, v)))


def is_dataclass(it: Interp, v: Abstract) -> Abstract:
    """`dataclasses.is_dataclass(v)`."""
    return Known(dataclasses.is_dataclass(v.cls if isinstance(v, ObjectV) else it.known(v)))


def _opened(
    it: Interp, v: Abstract, around: Callable[[list[tuple[str, Abstract]]], Abstract]
) -> Abstract:
    """A record with its fields handed to `around`, in containers too."""
    if isinstance(v, ObjectV) and dataclasses.is_dataclass(v.cls):
        names = [f.name for f in dataclasses.fields(v.cls)]
        return around([(n, _opened(it, it.attribute(v, n), around)) for n in names])
    if isinstance(v, Known) and dataclasses.is_dataclass(v.value) and not isinstance(v.value, type):
        names = [f.name for f in dataclasses.fields(v.value)]
        return around([(n, _opened(it, it.attribute(v, n), around)) for n in names])
    if isinstance(v, TupleV):
        return TupleV(tuple(_opened(it, i, around) for i in v.items), v.cls)
    if isinstance(v, ListV):
        return it.list([_opened(it, i, around) for i in it.items(v)])
    if isinstance(v, DictV):
        entries = {k: _opened(it, x, around) for k, x in it.dict_entries(v).items()}
        return dicts.new_dict(it, entries, v.cls, v.factory)
    return _copied(it, v)


def _copied(it: Interp, v: Abstract) -> Abstract:
    """`copy.deepcopy` of a leaf."""
    return it.copy(v) if it.kind_of(v) == "array" else v  # type: ignore[arg-type]


def asdict(it: Interp, v: Abstract) -> Abstract:
    """`dataclasses.asdict(v)`."""
    _class_of(it, v)
    return _opened(it, v, lambda pairs: dicts.new_dict(it, dict(pairs)))


def astuple(it: Interp, v: Abstract) -> Abstract:
    """`dataclasses.astuple(v)`."""
    _class_of(it, v)
    return _opened(it, v, lambda pairs: it.tuple([x for _, x in pairs]))


def replace(it: Interp, v: Abstract, **changes: Abstract) -> Abstract:
    """`dataclasses.replace(v, **changes)`."""
    cls = _class_of(it, v)
    given = dict(changes)
    for f in dataclasses.fields(cls):
        if not f.init:
            if f.name in changes:
                it.fail(ValueError, f"field {f.name} is declared with init=False, " + _NO_INIT)
            continue
        if f.name not in given:
            given[f.name] = it.attribute(v, f.name)
    return it.call(Known(cls), **given)


def vars_(it: Interp, v: Abstract) -> Abstract:
    """`vars(v)` of an instance."""
    return it.attribute(v, "__dict__")


def dir_(it: Interp, v: Abstract) -> Abstract:
    """`dir(v)`."""
    if isinstance(v, ObjectV):
        box = content(it, v)
        refuse_partial(it, box)
        return it.constant(sorted({*dir(v.cls), *box.attrs}))
    return it.constant(dir(it.known(v, "the argument of dir()")))


def shallow(it: Interp, v: Abstract) -> Abstract:
    """`copy.copy(v)`."""
    if isinstance(v, ListV):
        return it.list(it.items(v))
    if isinstance(v, DictV):
        box = dicts.dict_box(it, v)
        return dicts.new_dict(it, dict(box.entries), v.cls, v.factory)
    if isinstance(v, ObjectV):
        return _object(it, v, dict(content(it, v).attrs))
    return _copied(it, v)


def _object(it: Interp, v: ObjectV, attrs: dict[str, Abstract]) -> Abstract:
    if any(hasattr(v.cls, n) for n in ("__copy__", "__deepcopy__")):
        it.error("unsupported-call", f"{v.cls.__name__} copies itself in its own way")
    box = fresh_box()
    it.state.heap[box] = ObjectBox(attrs)
    return ObjectV(box, v.cls)


def deep(it: Interp, v: Abstract) -> Abstract:
    """`copy.deepcopy(v)`; what is shared stays shared."""
    return _deep(it, v, {})


def _deep(it: Interp, v: Abstract, memo: dict[int, Abstract]) -> Abstract:
    box = getattr(v, "box", None)
    if box is not None and not getattr(v, "path", ()) and box in memo:
        return memo[box]
    made: Abstract
    if isinstance(v, ListV):
        made = it.list([_deep(it, i, memo) for i in it.items(v)])
    elif isinstance(v, DictV):
        held = dicts.dict_box(it, v)
        keys = [it.key(_deep(it, it.constant(k), memo)) for k in held.entries]
        values = [_deep(it, x, memo) for x in held.entries.values()]
        entries = dict(zip(keys, values, strict=True))
        made = dicts.new_dict(it, entries, v.cls, v.factory)
    elif isinstance(v, ObjectV):
        made = _object(it, v, {n: _deep(it, x, memo) for n, x in content(it, v).attrs.items()})
    elif isinstance(v, Partial):
        return v.close((_deep(it, v.value, memo), v.defined))
    elif isinstance(v, TupleV):
        return TupleV(tuple(_deep(it, i, memo) for i in v.items), v.cls)
    else:
        made = _copied(it, v)
    if box is not None and not getattr(v, "path", ()):
        memo[box] = made
    return made
