"""Comparisons, membership, identity and truth of abstract values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.families import type_at
from anvil.ir.records import Atom, Const, Value
from anvil.ir.types import BOOL, array
from anvil.parser.arrays import exact, ranges
from anvil.parser.arrays.arraylike import is_arraylike, kind_of, strength
from anvil.parser.arrays.operators import folded, python_numbers, refuse
from anvil.parser.arrays.ragged import Ragged, dense
from anvil.parser.arrays.ragged_frames import elementwise
from anvil.parser.containers import (
    computed_keys,
    computed_ranges,
    open_lists,
    stack_lists,
    tables,
)
from anvil.parser.containers.open_lists import is_open
from anvil.parser.containers.same_rows import is_same
from anvil.parser.containers.set_order import elements_of
from anvil.parser.containers.table_boxes import table_of, viewed
from anvil.parser.control.choices import each, spread
from anvil.parser.control.streams import contains_, equal_
from anvil.parser.objects import overloading
from anvil.parser.reports import texts
from anvil.parser.state.memory import laid_out
from anvil.parser.state.number_choices import NumberChoice
from anvil.parser.state.object_keys import hashed_by_identity
from anvil.parser.state.values import (
    Abstract,
    Bound,
    Choice,
    Closure,
    DictV,
    Known,
    Lazy,
    ListV,
    NDArray,
    ObjectV,
    Scalar,
    TupleV,
    is_number,
    scalar,
)

if TYPE_CHECKING:
    from anvil.parser.context import Context

KINDS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_SWAPPED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_UFUNCS = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
_NUMBERS = ("py", "np", "array")


def compare(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract:
    """`a op b` for a comparison operator."""
    if isinstance(a, Choice) or isinstance(b, Choice):
        return _compare_choices(ctx, op, a, b)
    a, b = texts.settled(ctx, a), texts.settled(ctx, b)
    if op in ("is", "is not", "in", "not in"):
        found = _identity(ctx, a, b) if op.startswith("is") else contains(ctx, b, a)
        return negated(ctx, found) if "not" in op else found
    if type(a) is Known and type(b) is Known:
        return folded(ctx, op, a, b)
    ka, kb = kind_of(a), kind_of(b)
    own = _overloaded(ctx, op, a, b)
    if own is not None:
        return own
    if ka in _NUMBERS and kb in _NUMBERS:
        return _compare_numbers(ctx, op, a, b, python_numbers(ctx, a, b))
    if "array" in (ka, kb) and is_arraylike(ctx, a) and is_arraylike(ctx, b):
        return _compare_numbers(ctx, op, a, b, False)
    if ka == kb == "sequence":
        return _compare_sequences(ctx, op, a, b)
    answer = ctx.session.calls.container_comparison(ctx, op, a, b)
    if answer is not None:
        return answer
    if op in ("==", "!="):
        return _equal_others(ctx, op, a, b)
    refuse(ctx, op, a, b)


def _equal_others(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract:
    """Equality of what has none of its own: an `id` is that of one object."""
    pair = [v.fn for v in (a, b) if isinstance(v, Bound) and v.kind == "id"]
    if len(pair) == 1:
        refuse(ctx, op, a, b)
    if not pair:
        return Known(_is_function(ctx, a, b) == (op == "=="))
    same = compare(ctx, "is", *pair)
    return negated(ctx, same) if op == "!=" else same


def _is_function(ctx: Context, a: Abstract, b: Abstract) -> bool:
    """Whether two values are one function, or one method of one object; False for others."""
    if a is b:
        return True
    if type(a) is not type(b) or a.open()[0] != b.open()[0]:
        return False
    one = a.open()[1] == b.open()[1]
    if isinstance(a, Closure) and (one or not a.cells):
        ctx.error("bad-operand", f"whether {a.describe()} is made once has no fixed answer")
    if isinstance(a, Bound) and not one:
        pairs = zip(a.args, b.args, strict=True)  # type: ignore[attr-defined]
        return all(ctx.truth(_identity(ctx, x, y)) is True for x, y in pairs)
    return one and isinstance(a, Bound)


def _compare_choices(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract:
    if op in ("is", "is not") and isinstance(a, NumberChoice) and type(b) is Known:
        found = _is_known(ctx, a, b.value)
        return negated(ctx, found) if "not" in op else found
    if op in ("is", "is not"):
        if isinstance(a, Choice) and not isinstance(a, NumberChoice):
            return each(ctx, a, lambda o: compare(ctx, op, o, b), True)
        if isinstance(b, Choice) and not isinstance(b, NumberChoice):
            return each(ctx, b, lambda o: compare(ctx, op, a, o), True)
    use = lambda vs: compare(ctx, op, *vs)  # noqa: E731
    return spread(ctx, [a, b], use, probe=True, straight=True)


def _compare_numbers(ctx: Context, op: str, a: Abstract, b: Abstract, py: bool) -> Abstract:
    if type(a) is Ragged or type(b) is Ragged:
        return elementwise(ctx, lambda x, y: compare(ctx, op, x, y), (a, b), "zero")
    known = ranges.decide(ctx, op, a, b)
    if known is not None:
        return Known(known)
    kinds = strength(ctx, a)[0].kind, strength(ctx, b)[0].kind
    if "c" in kinds and op not in ("==", "!="):
        if py:
            refuse(ctx, op, a, b)
        found: Abstract = ctx.call(_UFUNCS[op], a, b)
        return found
    atom = exact.exactly(ctx, op, a, b)
    if atom is None:
        atom = ctx.b.emit(KINDS[op], ctx.operands(a, b))
    return scalar(atom, True) if py else laid_out(ctx, ctx.result(atom), (a, b))


def _compare_sequences(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract:
    if op in ("==", "!=") and _class(a) is _class(b) and (is_open(ctx, a) or is_open(ctx, b)):
        if isinstance(a, ListV) and isinstance(b, ListV) and a.box == b.box:
            return Known(op == "==")
        found: Abstract = ctx.session.calls.call_entry(ctx, equal_, [a, b], {})
        return negated(ctx, found) if op == "!=" else found
    xs, ys = ctx.items(a), ctx.items(b)
    if op not in ("==", "!="):
        if _class(a) is not _class(b):
            refuse(ctx, op, a, b)
        return _lexicographic(ctx, op, xs, ys)
    if len(xs) != len(ys) or _class(a) is not _class(b):
        return Known(op == "!=")
    atoms = [same(ctx, x, y) for x, y in zip(xs, ys, strict=True)]
    equal = conjunction(ctx, atoms)
    return negated(ctx, equal) if op == "!=" else equal


def _class(v: Abstract) -> type:
    """list, deque or tuple."""
    if isinstance(v, Known) and not isinstance(v.value, tuple):
        return type(v.value)
    if isinstance(v, ListV):
        return list if issubclass(v.cls, list) else v.cls
    return tuple


def same(ctx: Context, x: Abstract, y: Abstract) -> bool | Atom:
    """Equality of elements: an object equals itself, nan included."""
    if x is y and kind_of(x) in ("py", "np"):
        return True
    return ctx.truth(compare(ctx, "==", x, y))


def _lexicographic(
    ctx: Context, op: str, xs: tuple[Abstract, ...], ys: tuple[Abstract, ...]
) -> Abstract:
    if not xs or not ys:
        return Known(_by_length(op, len(xs), len(ys)))
    first = _as_bool(ctx, ctx.truth(compare(ctx, op[0], xs[0], ys[0])))
    if len(xs) == len(ys) == 1:
        return compare(ctx, op, xs[0], ys[0])
    equal = ctx.truth(compare(ctx, "==", xs[0], ys[0]))
    if equal is False:
        return scalar(first, True)
    same = _as_bool(ctx, equal)
    rest = _as_bool(ctx, ctx.truth(_lexicographic(ctx, op, xs[1:], ys[1:])))
    return scalar(ctx.b.or_(first, ctx.b.and_(same, rest)), True)


def _by_length(op: str, m: int, n: int) -> bool:
    """How sequences compare of which one begins with the other."""
    return "=" in op if m == n else (m < n) == (op[0] == "<")


def _truth_of_choice(ctx: Context, v: Choice) -> bool | Atom:
    """The truth of one of several values; it tells something about which one it is."""
    if isinstance(v, NumberChoice):
        return truth(ctx, scalar(v.common, True))
    known: dict[int, bool] = {}

    def use(vs: list[Abstract]) -> Abstract:
        found = _truth_value(ctx, vs[0])
        if isinstance(found, Known):
            known.update({k: found.value for k, o in enumerate(v.options) if o is vs[0]})
        return found

    found = truth(ctx, spread(ctx, [v], use, probe=True))
    if isinstance(found, Value):
        falsy = [k for k, t in known.items() if not t]
        ctx.session.truths[found] = (v.which, falsy, [k for k, t in known.items() if t])
    return found


def _truth_value(ctx: Context, v: Abstract) -> Abstract:
    return scalar(_as_bool(ctx, truth(ctx, v)), True)


def _as_bool(ctx: Context, v: bool | Atom) -> Atom:
    return Const(array(BOOL), v) if isinstance(v, bool) else v


def conjunction(ctx: Context, parts: list[bool | Atom]) -> Abstract:
    """Whether all of these hold."""
    if any(p is False for p in parts):
        return Known(False)
    atoms = [p for p in parts if not isinstance(p, bool)]
    if not atoms:
        return Known(True)
    total = atoms[0]
    for atom in atoms[1:]:
        total = ctx.b.and_(total, atom)
    return scalar(total, True)


def negated(ctx: Context, v: Abstract) -> Abstract:
    """`not v`."""
    t = truth(ctx, v)
    return Known(not t) if isinstance(t, bool) else scalar(ctx.b.not_(t), True)


def _identity(ctx: Context, a: Abstract, b: Abstract) -> Abstract:
    if type(a) is Known and type(b) is Known:
        if is_number(a.value) or isinstance(a.value, str):
            return Known(a.open()[0] == b.open()[0])
        for v in (a, b):
            if callable(v.value) and v.origin is not None:  # else guarded by what it does
                ctx.session.guards.identity(v.origin, v.value)
        return Known(a.value is b.value)
    if type(a) is Known or type(b) is Known:
        other, known = (b, a) if type(a) is Known else (a, b)
        assert isinstance(known, Known)
        flag = isinstance(known.value, bool)
        if flag and type(other) is Scalar and other.py and other.dtype is BOOL:
            return compare(ctx, "==", a, b)
        if flag and type(other) is Scalar and other.dtype is BOOL:  # Python's on another path?
            ctx.error(
                "bad-operand",
                f"`is {known.value}` of a NumPy bool, which may be Python's on another path, "
                "has no fixed answer",
                hint=f"Test its value, or `bool(...) is {known.value}`.",
            )
        return Known(False)
    return _one_object(ctx, a, b)


def _one_object(ctx: Context, a: Abstract, b: Abstract) -> Abstract:
    """`is` of what the program makes."""
    boxed = isinstance(a, DictV | ListV | ObjectV | NDArray) and type(a) is type(b)
    if boxed and not (isinstance(a, NDArray) and a.box == b.box):  # type: ignore[attr-defined]
        same = is_same(ctx, a, b)
        return Known(same) if isinstance(same, bool) else scalar(same, True)
    if isinstance(a, Closure) and isinstance(b, Closure):
        return Known(_is_function(ctx, a, b))
    if type(a) is type(b) and not isinstance(a, Scalar | TupleV):
        return Known(a.open() == b.open())
    if isinstance(a, Lazy) != isinstance(b, Lazy):
        return Known(False)  # an iterator is nothing else
    ctx.error("bad-operand", f"`is` of {a.describe()} and {b.describe()} has no fixed answer")


def _is_known(ctx: Context, v: NumberChoice, known: Any) -> Abstract:
    """Whether a number of one type or another is a known object: only Python's bools are unique."""
    hits = [k for k, o in enumerate(v.options) if strength(ctx, o) == (BOOL, True)]
    if not isinstance(known, bool) or not hits:
        return Known(False)
    value = ctx.b.eq(v.common, known) if v.common.type is array(BOOL) else None
    if value is None:
        return each(ctx, v, lambda o: _identity(ctx, o, Known(known)), probe=True)
    kind = ctx.b.eq(v.which, hits[0])
    return scalar(ctx.b.and_(kind, value), True)


def contains(ctx: Context, container: Abstract, item: Abstract) -> Abstract:
    """`item in container`."""
    if overloading.defines(container, "__contains__"):
        return _contained(ctx, container, item)
    table = table_of(ctx, container)
    if table is not None:
        return tables.contains(ctx, table, item)
    if viewed(ctx, container) is not None:
        container = open_lists.listed(ctx, container)
    keys = ctx.dict_keys(container)
    if keys is not None:
        return _among_keys(ctx, keys, item)
    if type(container) is Known and type(item) is Known:
        try:
            return Known(item.value in container.value)
        except TypeError as error:
            ctx.error("bad-operand", str(error))
    within = computed_ranges.contains(ctx, container, item)
    if within is not None:
        return within
    elements = elements_of(ctx, container)
    if elements is not None and (
        type(item) is Known or (isinstance(item, ObjectV) and hashed_by_identity(item.cls))
    ):
        return Known(ctx.key(item, "an element of a set") in elements)
    return _contained(
        ctx, container if elements is None else TupleV(tuple(map(ctx.constant, elements))), item
    )


def _among_keys(ctx: Context, keys: tuple[Any, ...], item: Abstract) -> Abstract:
    """Whether one of these keys of a dict is the item."""
    if not keys:
        return Known(False)
    where = computed_keys.place(ctx, keys, item, "the key")
    return Known(ctx.key(item, "the key") in keys) if where is None else scalar(where.found, True)


def _contained(ctx: Context, container: Abstract, item: Abstract) -> Abstract:
    """Membership by comparing elements, or by a method."""
    calls = ctx.session.calls
    if isinstance(container, ObjectV) and not hasattr(container.cls, "__contains__"):
        return calls.call_entry(ctx, contains_, [container, item], {})
    if isinstance(container, ObjectV) or overloading.defines(container, "__contains__"):
        return calls.method(ctx, container, "__contains__", [item])
    if isinstance(container, Ragged):
        return ctx.call(np.any, compare(ctx, "==", container, item))
    if isinstance(container, NDArray):
        x, y = ctx.operands(container, item)
        axes = tuple(range(type_at(x).ndim))
        return scalar(ctx.b.reduce_or(ctx.b.eq(x, y), axes=axes), True)
    opened = open_lists.open_stack(ctx, container)
    if opened is not None:
        return open_lists.contains(ctx, container, opened, item)
    found = [same(ctx, x, item) for x in ctx.items(container)]
    absent = conjunction(ctx, [(not f) if isinstance(f, bool) else ctx.b.not_(f) for f in found])
    return negated(ctx, absent)


def truth(ctx: Context, v: Abstract) -> bool | Atom:
    """The truth of a value: known, or a scalar bool atom."""
    if type(v) is Scalar:
        found = ctx.known_array(v)
        if found is not None:
            return bool(found)
        return v.atom if v.dtype is BOOL else ctx.b.ne(v.atom, 0)
    if type(v) is Known:
        return bool(v.value)
    if type(v) is NDArray:
        if v.type.size != 1:
            message = f"the truth value of {v.describe()} is ambiguous"
            ctx.error("ambiguous-truth", message)
        x = ctx.b.reshape(ctx.read(v), shape=())
        return truth(ctx, scalar(x, False))
    if isinstance(v, Ragged):
        dense(ctx, v)
    if isinstance(v, ListV | TupleV) and not overloading.defines(v, "__bool__"):
        stack = stack_lists.stack_of(ctx, v)
        return bool(ctx.items(v)) if stack is None else truth(ctx, stack.length)
    if isinstance(v, Choice):
        return _truth_of_choice(ctx, v)
    if isinstance(v, texts.TextV):
        return bool(texts.known_text(ctx, v))
    return ctx.session.calls.truth(ctx, v)


def _overloaded(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract | None:
    """A comparison by the methods of the operands' classes: of the right operand first if its
    class refines that of the left one. None for anything but instances without such methods.
    """
    x, y = overloading.class_of(a), overloading.class_of(b)
    if x is y is None:
        return None
    calls = ctx.session.calls
    order = [(a, b, op), (b, a, _SWAPPED[op])]
    if x is not None and y is not None and x is not y and issubclass(y, x):
        order.reverse()
    for left, right, sign in order:
        if overloading.class_of(left) is not None:
            result: Abstract | None = calls.comparison(ctx, left, KINDS[sign], right)
            if result is not None:
                return result
    if not isinstance(a, ObjectV) and not isinstance(b, ObjectV):
        return None
    if op not in ("==", "!="):
        refuse(ctx, op, a, b)
    same = isinstance(a, ObjectV) and isinstance(b, ObjectV) and is_same(ctx, a, b)
    if not isinstance(same, bool):
        return scalar(same if op == "==" else ctx.b.not_(same), True)
    return Known(same == (op == "=="))
