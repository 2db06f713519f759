"""Objects and what they hold, from their forms and parts."""

from __future__ import annotations

from typing import Any

from anvil.parser.containers.collection_values import SetV
from anvil.parser.state.heap import Content, DictBox, ListBox, ObjectBox, SetBox, TableBox
from anvil.parser.state.values import Abstract, DictV, ListV, ObjectV


def object_of(t: Any, box: int) -> Abstract:
    """The object of form `t` that a box holds."""
    if t.kind == "list":
        return ListV(box)
    if t.kind == "object":
        return ObjectV(box, t.meta[0])
    made = t.meta[-1].made
    if t.kind == "set" or t.meta[0] == "set":
        return SetV(box, made)
    cls, factory = (t.meta[0] if t.kind == "dict" else t.meta[1]), t.meta[2]
    return DictV(box, cls, None if factory is None else factory.value, made)


def group_content(t: Any, items: tuple[Abstract, ...]) -> Content:
    """The contents of an object of form `t` with these parts."""
    if t.kind == "list":
        return ListBox(items)
    if t.kind in ("table", "set"):
        return TableBox(items) if t.kind == "table" else SetBox(t.meta[1])
    named = dict(zip(t.meta[1], items, strict=True))
    return DictBox(named) if t.kind == "dict" else ObjectBox(named)


def group_parts(content: Any) -> tuple[Abstract, ...]:
    """The parts of an object, from its contents."""
    if isinstance(content, ListBox):
        return content.items
    if isinstance(content, TableBox | SetBox):
        return content.lists if isinstance(content, TableBox) else ()
    return tuple(content.entries.values())
