"""Calls of specialised functions: the op, its results, and what the callee has written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anvil.ir.records import Atom, FuncRef
from anvil.parser.containers import row_lists
from anvil.parser.control import exceptions
from anvil.parser.state.heap import Mark, RowBox
from anvil.parser.state.lift import hidden_atom
from anvil.parser.state.signals import PathEnd
from anvil.parser.state.values import Abstract
from anvil.parser.state.walks import Renaming

if TYPE_CHECKING:
    from anvil.parser.calls.specialise import Specialisation
    from anvil.parser.interp import Interp


def operands(it: Interp, spec: Specialisation, atoms: list[Atom]) -> list[Atom]:
    """All operands of a call: arguments, token, hidden inputs."""
    token = [it.token()] if spec.takes_token else []
    return [*atoms, *token, *(hidden_atom(it, h) for h in spec.hidden)]


def emit_call(it: Interp, spec: Specialisation, atoms: list[Atom], boxes: list[int]) -> Abstract:
    """Emits the call and reads its results."""
    outs: tuple[Any, ...] = ()
    if spec.gives_token or any(v not in spec.given for v in spec.results):
        args = operands(it, spec, atoms)
        kind, attrs = "call", {"callee": FuncRef(spec.func.name)}
        if spec.site:
            kind, attrs = "recur", {**attrs, "site": spec.site}  # type: ignore[dict-item]
        outs = it.b.emit_tuple(kind, args, attrs, out_types=spec.func.results)
    if spec.gives_token:
        it.state.token = outs[-1]
    values = [atoms[spec.given[v]] if v in spec.given else outs[i] for v, i in spec.results.items()]
    found = read_results(it, spec, values, boxes)
    if not spec.returns:
        raise PathEnd
    return found


def read_results(
    it: Interp, spec: Specialisation, values: list[Atom], boxes: list[int]
) -> Abstract:
    """The callee's result as a value of the caller, and its writes carried out there."""
    place = spec.results
    inner = dict(zip(spec.boxes, boxes, strict=True))

    def atom(a: Atom) -> Atom:
        return values[place[a]] if a in place else a

    renaming = Renaming(spec.state.heap, it.state.heap, atom, inner)
    _touch_objects(it, spec, inner)
    for box in spec.written:
        if box in spec.writes or not isinstance(spec.state.heap[box], RowBox):
            it.touch(inner[box], spec.writes.get(box))
        it.state.heap[inner[box]] = renaming.content(spec.state.heap[box])
    ret = renaming.value(spec.ret)
    if spec.raised:
        state = it.state
        state.status = atom(spec.state.status)
        state.may = spec.state.may
        for code, exc in spec.raised.items():
            state.locals[exceptions.waiting(code)] = renaming.value(exc)
    _take_marks(it, spec, inner)
    return ret


def _take_marks(it: Interp, spec: Specialisation, inner: dict[int, int]) -> None:
    """Marks what the callee has found to be shared, besides what the caller knows of."""
    marks = it.state.marks
    for box, mark in spec.state.marks.items():
        shared = mark.group or mark.code == "alias-types"
        old = marks.get(inner.get(box, 0))
        if shared and box in inner and (old is None or old.group):
            group = frozenset(inner[b] for b in mark.group if b in inner)
            group |= old.group if old is not None and mark.group else frozenset()
            marks[inner[box]] = Mark(mark.reason, group, mark.code, mark.at)


def _touch_objects(it: Interp, spec: Specialisation, inner: dict[int, int]) -> None:
    """To be called before what the callee has written to objects of pools is carried out."""
    for box in spec.boxes:
        held = it.state.heap[inner[box]]
        if box in spec.writes and isinstance(held, RowBox):
            row_lists.touched(it, held)
