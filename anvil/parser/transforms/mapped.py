"""vmap of functions inside compiled code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anvil.errors import error as make_error
from anvil.ir.analysis import op_reads
from anvil.ir.builder import Builder
from anvil.ir.records import Atom, Const, Value
from anvil.ir.types import I64, ArrayType, Type, array
from anvil.parser.calls.emission import read_results
from anvil.parser.control.branches import go_on
from anvil.parser.state.heap import FALL, STATUS
from anvil.parser.state.results import described_inside
from anvil.parser.state.signature import (
    ArraySpec,
    ChoiceSpec,
    Container,
    Counted,
    DictSpec,
    ListSpec,
    ObjectSpec,
    ScalarSpec,
    Spec,
    StackSpec,
    StaticSpec,
    TableSpec,
    TextSpec,
    TrimmedSpec,
    TupleSpec,
    leaves,
)
from anvil.parser.state.values import Abstract, Bound
from anvil.parser.state.views import Window
from anvil.parser.transforms.closing import Closed, around, close, result_value

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

Kwargs = Mapping[str, Abstract]


@dataclass(slots=True, eq=False)
class Lanes:
    """The arguments of a mapped call, lane by lane."""

    values: list[Abstract]
    actual: dict[Atom, Atom]
    mapped: set[Value]
    size: int | None = None


def call_mapped(it: Interp, fn: Bound, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    """`vmap(f, in_axes, out_axes)(*args)`."""
    options: Any = fn.static
    if kwargs:
        args, kwargs = [*args, *kwargs.values()], {}
    in_axes = options.get("in_axes", 0)
    axes = list(in_axes) if isinstance(in_axes, tuple | list) else [in_axes] * len(args)
    if len(axes) != len(args):
        message = f"in_axes names {len(axes)} arguments, the call has {len(args)}"
        it.error("bad-mapped-axis", message)
    lanes = Lanes([], {}, set())
    for v, axis in zip(args, axes, strict=True):
        lanes.values.append(v if axis is None else _lane(it, v, axis, lanes))
    if lanes.size is None:
        it.error("bad-mapped-axis", "vmap of a call without a mapped argument")
    closed = close(it, fn.fn, lanes.values, {}, lanes.actual, catching=True)
    if closed.spec.written:
        it.error("unsupported-call", f"{fn.fn.describe()}, under vmap, writes to a captured array")
    places = tuple(sorted(closed.places[v] for v in lanes.mapped))
    outs = emit_vmap(it, closed, closed.operands, places, lanes.size)
    atoms = [outs[i] for i in closed.spec.leaves]
    if closed.spec.gives_token:
        it.state.token = outs[-1]
    if closed.spec.raised:
        _raised(it, closed, outs, lanes.size)
    axes = _out_axes(it, closed, options.get("out_axes", 0), places if lanes.size else None)
    return _gathered(it, closed, atoms, axes)


def _out_axes(it: Interp, closed: Closed, given: Any, mapped: Sequence[int] | None) -> list[Any]:
    """The mapped axis of each result; None for one that all lanes share. `mapped` is None where
    there are no lanes.
    """
    axes = _leaf_axes(it, closed.out, given)
    if None not in axes:
        return axes
    varying = _varying(closed, mapped or ())
    for i, axis in zip(closed.spec.leaves, axes, strict=True):
        if axis is None and (i in varying or mapped is None):
            differs = "that differs from lane to lane" if i in varying else "of no lane"
            it.error("bad-mapped-axis", f"out_axes is None for a result {differs}")
    return axes


def _varying(closed: Closed, mapped: Sequence[int]) -> frozenset[int]:
    """The results that may differ from lane to lane, the operands `mapped` doing so."""
    func = closed.spec.func
    seen: set[Any] = {func.params[i] for i in mapped}
    for op in func.body.ops:
        if seen.intersection(op_reads(op)):
            seen.update(op.outs)
    return frozenset(i for i, r in enumerate(func.body.results) if r in seen)


def _raised(it: Interp, closed: Closed, outs: Sequence[Any], size: int) -> None:
    """Goes on where no lane has raised an exception; the others leave by that of the first one."""
    b, spec = it.b, closed.spec
    lane: Atom = Const(array(I64), 0)
    status = spec.state.status
    if isinstance(status, Value) and size:
        failed = b.ne(outs[spec.results[status]], b.const(FALL, array(STATUS.dtype, (size,))))
        lane = b.argmax(failed, axis=0)
    values = [_of_lane(b, outs[i], lane) for i in range(len(spec.results))]
    read_results(it, spec, values, closed.boxes)
    go_on(it)


def _of_lane(b: Builder, x: Value, lane: Atom) -> Atom:
    """What one lane gives; zeros if there is none."""
    assert isinstance(x.type, ArrayType)
    size, *rest = x.type.shape
    shape = tuple(rest)
    if not size:
        return b.zeros(x.type.with_shape(shape))
    starts, strides = (None, *(0 for _ in shape)), (1,) * len(x.type.shape)
    return Window(x.type.shape, starts, (1, *shape), strides, shape, (lane,)).read(b, x)


def emit_vmap(
    it: Any, closed: Closed, operands: Sequence[Atom], mapped: Sequence[int], size: int
) -> tuple[Any, ...]:
    """Emits vmap_call; every result but the token carries the mapped axis in front."""
    types = tuple(with_axis(t, size) for t in closed.results)
    attrs = {"callee": closed.callee, "mapped": tuple(mapped), "size": size}
    outs: tuple[Any, ...] = it.b.emit_tuple("vmap_call", operands, attrs, out_types=types)
    return outs


def with_axis(t: Type, size: int) -> Type:
    """The type with a mapped axis in front."""
    return t.with_shape((size, *t.shape)) if isinstance(t, ArrayType) else t


def _lane(it: Interp, v: Abstract, axis: Any, lanes: Lanes) -> Abstract:
    """One lane of an argument; `axis` may be a tree that begins like the argument."""
    spec, atoms = described_inside(it, v)
    axes = iter(_leaf_axes(it, spec, axis))
    placeholders: list[Atom] = []
    for atom in atoms:
        k = next(axes)
        t: Any = atom.type
        if k is None:
            placeholder = Value(t)
        else:
            if not isinstance(k, int) or not -t.ndim <= k < t.ndim:
                it.error("bad-mapped-axis", f"axis {k} of {t} is to be mapped")
            k %= t.ndim
            _same_size(it, lanes, t.shape[k])
            placeholder = Value(t.drop((k,)))
            lanes.mapped.add(placeholder)
            order = (k, *(i for i in range(t.ndim) if i != k))
            atom = it.b.transpose(atom, perm=order) if k else atom
        lanes.actual[placeholder] = atom
        placeholders.append(placeholder)
    return around(it, _lane_spec(spec, iter(placeholders)), placeholders)


def _same_size(it: Interp, lanes: Lanes, size: int) -> None:
    if lanes.size is not None and lanes.size != size:
        it.error("bad-mapped-axis", f"mapped axes have the sizes {lanes.size} and {size}")
    lanes.size = size


def _leaf_axes(it: Interp, spec: Spec, axis: Any) -> list[Any]:
    """The mapped axis of each leaf."""
    if axis is None or isinstance(axis, int):
        return [axis] * len(list(leaves(spec)))
    if isinstance(spec, DictSpec) and isinstance(axis, dict):
        return [
            a
            for k, s in zip(spec.keys, spec.items, strict=True)
            for a in _leaf_axes(it, s, axis[k])
        ]
    if isinstance(spec, TupleSpec | ListSpec) and isinstance(axis, tuple | list):
        return [a for s, k in zip(spec.items, axis, strict=True) for a in _leaf_axes(it, s, k)]
    it.error("bad-mapped-axis", f"in_axes {axis!r} does not fit its argument")


def _lane_spec(spec: Spec, atoms: Any) -> Spec:
    """The structure of one lane: rows of 1-d arrays are NumPy scalars."""
    if isinstance(spec, ArraySpec | ScalarSpec):
        t: ArrayType = next(atoms).type
        if t.shape or (isinstance(spec, ArraySpec) and t is spec.type):
            return ArraySpec(t)
        return ScalarSpec(t.dtype, isinstance(spec, ScalarSpec) and spec.py)
    if isinstance(spec, StaticSpec):
        return spec
    items = tuple(_lane_spec(s, atoms) for s in spec.items)
    return replace_items(spec, items)


def replace_items(
    spec: Container | Counted | TableSpec | ChoiceSpec | TextSpec, items: tuple[Spec, ...]
) -> Spec:
    """The container around other items."""
    if isinstance(spec, ChoiceSpec):
        raise make_error("unsupported-value", "the lanes of a vmap hold unlike things")
    if isinstance(spec, TextSpec):
        raise make_error("unsupported-value", "the lanes of a vmap hold texts with numbers in them")
    if isinstance(spec, StackSpec | TrimmedSpec | TableSpec):
        raise make_error("dynamic-shape", "the lanes of a vmap have lengths that the data decide")
    if isinstance(spec, TupleSpec):
        return TupleSpec(items, spec.cls)
    if isinstance(spec, ListSpec):
        return ListSpec(items, spec.cls, spec.maxlen)
    if isinstance(spec, DictSpec):
        return DictSpec(spec.keys, items, spec.cls, spec.factory)
    return ObjectSpec(spec.cls, spec.names, items)


def _gathered(it: Interp, closed: Closed, atoms: list[Atom], axes: Sequence[Any]) -> Abstract:
    """The results with the mapped axes in these places; None for one result of all lanes."""
    moved: list[Atom] = []
    for atom, axis in zip(atoms, axes, strict=True):
        t: Any = atom.type
        if axis is None:
            moved.append(_of_lane(it.b, atom, Const(array(I64), 0)))  # type: ignore[arg-type]
            continue
        if not isinstance(axis, int) or not -t.ndim <= axis < t.ndim:
            it.error("bad-mapped-axis", f"out_axes {axis} of a result of type {t}")
        axis %= t.ndim
        order = [*range(1, t.ndim)]
        order.insert(axis, 0)
        moved.append(it.b.transpose(atom, perm=tuple(order)) if axis else atom)
    return result_value(it, batched_spec(closed.out, iter(moved)), moved)


def batched_spec(spec: Spec, atoms: Any) -> Spec:
    """The structure with all leaves replaced by arrays of the atoms' types."""
    if isinstance(spec, ArraySpec | ScalarSpec):
        found = next(atoms).type
        return spec if found == spec.type else ArraySpec(found)  # without a mapped axis
    if isinstance(spec, StaticSpec):
        return spec
    return replace_items(spec, tuple(batched_spec(s, atoms) for s in spec.items))
