"""The context API: what host code that runs while a function is compiled may do.

Library functions that cannot be written as plain Python (they look at dtypes, build shapes, emit
ops) are *intrinsics*: host functions `run(ctx, *args, **kwargs)` that are called with abstract
values (`anvil.parser.state.values`) and return one. Arguments arrive exactly as the program
passed them, keywords by name; defaults are the host function's own Python defaults, so an omitted
argument is a plain Python object (`None`, `False`) and every method below accepts plain Python
objects beside abstract values: `ctx.known(None) is None`.

    def reduce_sum(ctx, a, axis=None, keepdims=False):
        x = ctx.atom(a)                    # an IR atom; lists of numbers are stacked
        axes = ctx.axes(axis, x)           # known and normalised, or refused in NumPy's words
        total = ctx.b.reduce_sum(x, axes=axes)
        return ctx.result(total)           # an ndarray, or a NumPy scalar if the shape is ()

    Library(functions={np.sum: Intrinsic(reduce_sum)}, methods={"sum": Intrinsic(reduce_sum)})

    Reading     is_known known known_or_none items kind_of type_of strength is_arraylike atom
                operands shape_of known_array
    Making      result array scalar py_scalar constant tuple list view reshaped permuted copy
    Rules       promote cast axis axes broadcast
    Store       read write
    Failing     error check fail warn
    Calling     call binary unary compare truth
    Emitting    ctx.b is the Builder; ctx.loc the location of the call

`ctx.known` raises a signal when the value is not known; it must not be caught. Do not keep a
context or a value beyond the call. Everything an intrinsic emits is stamped with the location of
the call.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from anvil.errors import error as make_error
from anvil.ir.families import type_at
from anvil.ir.loc import AnyLoc
from anvil.ir.records import Atom, Const
from anvil.ir.types import ArrayType, DType, Shape, array
from anvil.parser.arrays import arraylike, comparisons, operators
from anvil.parser.arrays.promotion import Strength, promote
from anvil.parser.arrays.ragged import Ragged, dense
from anvil.parser.containers import dicts, list_arrays, pools, stack_lists
from anvil.parser.containers.collection_values import SetV
from anvil.parser.containers.known_containers import key_of, known_container, object_of
from anvil.parser.control import exceptions, iteration
from anvil.parser.objects import wording
from anvil.parser.reports import texts
from anvil.parser.reports.conflicts import conflict_error, refuse_partial
from anvil.parser.reports.spelling import spelled
from anvil.parser.state import memory, roots
from anvil.parser.state.heap import (
    Content,
    DictBox,
    ListBox,
    Mark,
    ObjectBox,
    RowBox,
    StackBox,
    State,
    fresh_box,
)
from anvil.parser.state.object_keys import ByIdentity
from anvil.parser.state.signals import Blocked
from anvil.parser.state.values import (
    Abstract,
    Conflict,
    DictV,
    Known,
    Lazy,
    ListV,
    NDArray,
    RangeV,
    Scalar,
    SliceV,
    TupleV,
    scalar,
)
from anvil.parser.state.views import Frozen, Permuted, Reshaped, Step

if TYPE_CHECKING:
    from anvil.ir.builder import Builder
    from anvil.parser.state.session import Session

Items = tuple[Abstract, ...]
Keys = tuple[Any, ...]
Atoms = tuple[Atom, ...]
Bounds = tuple[int, int]


class Context:
    """See the module's docstring."""

    def __init__(self, session: Session, b: Builder) -> None:
        self.session = session
        self.b = b
        self.state = State()
        self.bounds: dict[Atom, Bounds] = session.bounds
        self.checks: list[Any] | None = None
        self.only_if: Atom | None = None
        self.writes: dict[int, AnyLoc] = {}
        self.external: set[int] = set()
        self.raising: frozenset[str] = frozenset()

    @property
    def loc(self) -> AnyLoc:
        """The source location of what is being compiled."""
        return self.b.loc

    # ---- reading

    def is_known(self, v: Any) -> bool:
        """Whether `v` is known while compiling, all of its parts included."""
        if isinstance(v, TupleV):
            return v.cls is None and all(map(self.is_known, v.items))
        if isinstance(v, ListV):
            stack = stack_lists.stack_of(self, v)
            return stack is None and all(map(self.is_known, self.items(v)))
        if isinstance(v, Lazy):
            return all(map(self.is_known, v.items))
        return isinstance(v, Known | SetV) or not isinstance(v, Abstract)

    def known(self, v: Any, what: str = "this value") -> Any:
        """The Python object that `v` is (tuples and lists of known things included); `what` names
        it in messages.

        A number that is not known is asked for: its function is compiled again with the argument it
        depends on as a constant, or the loop that it depends on is unrolled. Failing that the user
        is told that `what` is needed while compiling.
        """
        if type(v) is Known:
            return v.value
        if not isinstance(v, Abstract):
            return v
        if isinstance(v, TupleV | ListV | Lazy | DictV | SetV):
            return known_container(self, v, what)
        if isinstance(v, NDArray | Scalar):
            found = self.known_array(v)
            if found is not None:
                return arraylike.host_of(v, found)
        if (deciding := roots.deciding(self, v)) is not None:
            self.need_static(deciding, what)
        if isinstance(v, texts.TextV):
            return texts.known_text(self, v)
        if isinstance(v, Ragged):
            dense(self, v)
        if isinstance(v, SliceV | RangeV):
            parts = (self.known(p, what) for p in (v.start, v.stop, v.step))
            return (slice if isinstance(v, SliceV) else range)(*parts)
        self.error("value-needed", f"{what} has to be known while compiling, and is {v.describe()}")

    def key(self, v: Any, what: str = "the key of a dict") -> Any:
        """What can be a key of a dict or an element of a set."""
        return key_of(self, v, what)

    def known_or_none(self, v: Any) -> Any:
        """The Python object that `v` is, or None if it is not known."""
        return self.known(v) if self.is_known(v) else None

    def need_static(self, atom: Atom, what: str, hint: str = "") -> NoReturn:
        """Asks for the value of a scalar atom while compiling (see `known`)."""
        text = f"{what} is needed while compiling, and depends on data"
        error = make_error("value-needed", text, self.loc, hint=hint)
        raise roots.asked_for(self, error, atom, what, self.loc)

    def known_array(self, v: Any) -> np.ndarray[Any, Any] | None:
        """The contents of an array (or of anything array-like) if they are known while compiling;
        not to be written.
        """
        return arraylike.known_array(self, v)

    def items(self, v: Any) -> Items:
        """The elements of a tuple, list, or known sequence."""
        if isinstance(v, TupleV):
            return v.items
        if isinstance(v, ListV):
            content = self.content(v.box, "list")
            if isinstance(content, StackBox):
                return stack_lists.all_items(self, content)
            assert isinstance(content, ListBox)
            return content.items
        if isinstance(v, Lazy):
            return tuple(iteration.listed(self, v))
        if isinstance(v, Known) and isinstance(v.value, list | tuple | range | str):
            return tuple(map(self.constant, v.value))
        if isinstance(v, list | tuple | range):
            return tuple(map(self.constant, v))
        self.error("unsupported-value", f"a tuple or list is expected here, not {self.describe(v)}")

    def dict_keys(self, v: Any) -> Keys | None:
        """The keys of a dict, None for anything else."""
        if not isinstance(v, DictV):
            return None
        return tuple(dicts.dict_box(self, v).entries)

    def dict_entries(self, v: Any) -> Mapping[Any, Abstract]:
        """The entries of a dict."""
        return dicts.dict_box(self, v).entries

    def kind_of(self, v: Any) -> str:
        """`array`, `np` (NumPy scalar), `py` (Python number), `sequence` or `other`."""
        return arraylike.kind_of(v)

    def is_arraylike(self, v: Any) -> bool:
        """Whether NumPy would take `v` for an array of numbers: an array, a number, nested lists of
        these.
        """
        return arraylike.is_arraylike(self, v)

    def type_of(self, v: Any) -> ArrayType:
        """The type that `np.asarray(v)` would have."""
        return arraylike.type_of(self, v)

    def strength(self, v: Any) -> Strength:
        """The dtype of an array-like, and whether it is weak (a Python number)."""
        return arraylike.strength(self, v)

    def shape_of(self, v: Any) -> Shape:
        """The shape of an array-like."""
        return arraylike.type_of(self, v).shape

    def atom(self, v: Any, dtype: DType | None = None, shape: Shape | None = None) -> Atom:
        """The value as an IR atom, converted to `dtype` and broadcast to `shape` where these are
        given.

        Known numbers become constants, nested lists and tuples of numbers are stacked.
        """
        x = arraylike.atom(self, v, dtype)
        return x if shape is None else self.broadcast(x, shape)

    def operands(self, *vs: Any, dtype: DType | None = None) -> Atoms:
        """The values as atoms of one dtype (NumPy's promotion, or `dtype`) and one shape (NumPy's
        broadcasting).
        """
        common = dtype or self.promote(*vs)
        atoms = [self.atom(v, common) for v in vs]
        shapes = [type_at(a).shape for a in atoms]
        first = shapes[0]
        if all(s == first for s in shapes):
            return tuple(atoms)
        shape = self.broadcast_shapes(*shapes)
        return tuple(self.b.broadcast_to(a, shape) for a in atoms)

    # ---- making

    def result(self, atom: Atom) -> Abstract:
        """What a NumPy function returns: a fresh ndarray, or a NumPy scalar if the shape is ()."""
        if not type_at(atom).shape:
            return scalar(atom, False)
        box = fresh_box()
        self.state.heap[box] = atom
        return NDArray(box, (), type_at(atom))

    def array(self, atom: Atom) -> NDArray:
        """A fresh ndarray, 0-d included (`np.array(1.0)`)."""
        box = fresh_box()
        self.state.heap[box] = atom
        return NDArray(box, (), type_at(atom))

    def scalar(self, atom: Atom) -> Abstract:
        """A NumPy scalar."""
        return scalar(atom, False)

    def py_scalar(self, atom: Atom) -> Abstract:
        """A Python bool, int, float or complex; the atom must be bool, i64, f64 or c128."""
        return scalar(atom, True)

    def constant(self, obj: Any) -> Abstract:
        """A Python object as a value: arrays of numbers become constant arrays, lists and tuples
        containers.
        """
        if isinstance(obj, ByIdentity):
            return object_of(obj)
        return arraylike.constant(self, obj)

    def tuple(self, items: Sequence[Abstract]) -> TupleV:
        """A tuple."""
        return TupleV(tuple(items))

    def list(self, items: Sequence[Abstract]) -> ListV:
        """A fresh list."""
        box = fresh_box()
        self.state.heap[box] = ListBox(tuple(items))
        return ListV(box)

    def view(self, a: NDArray, step: Step, shape: Shape, dtype: DType | None = None) -> NDArray:
        """`a` seen through one more step, which gives it that shape."""
        return NDArray(a.box, (*a.path, step), array(dtype or a.type.dtype, shape))

    def permuted(self, a: NDArray, perm: Sequence[int]) -> NDArray:
        """The view of `a` with its axes in the order `perm` (what `np.transpose` returns)."""
        perm = tuple(perm)
        if perm == tuple(range(len(perm))):
            return NDArray(a.box, a.path, a.type)
        return self.view(a, Permuted(perm), tuple(a.type.shape[i] for i in perm))

    def reshaped(self, a: NDArray, shape: Shape) -> NDArray:
        """`a` in another shape: a view where NumPy gives one, otherwise a fresh array."""
        if shape == a.type.shape:
            return NDArray(a.box, a.path, a.type)
        step = Reshaped(a.type.shape, shape)
        plain = not a.path and a.box not in self.session.orders
        lies = None if plain else self.memory(a)
        if not plain and (lies is None or memory.reshaped(lies, shape) is None):
            return self.array(step.read(self.b, self.read(a)))
        return self.view(a, step, shape)

    def memory(self, a: NDArray) -> np.ndarray | None:
        """An array that lies in memory as NumPy's does; None where that is not known."""
        order = self.session.orders.get(a.box)
        return memory.memory(a, type_at(self.state.heap[a.box]), order)

    def frozen(
        self,
        a: Any,
        key: Hashable,
        reader: Callable[[Builder, Atom], Atom],
        like: Callable[[Any], Any] | None = None,
    ) -> NDArray:
        """What `reader` shows of an array-like, not to be written; `key` says what it does, `like`
        is NumPy's function for it.
        """
        base = a if isinstance(a, NDArray) else self.array(self.atom(a))
        t = type_at(reader(self.b, self.read(base)))
        return self.view(base, Frozen(key, base.type.shape, reader, like), t.shape)

    def copy(self, a: NDArray) -> NDArray:
        """A fresh array with the contents of `a`."""
        return self.array(self.read(a))

    # ---- rules

    def promote(self, *vs: Any) -> DType:
        """The dtype that NumPy computes in with these operands."""
        strengths = [self.strength(v) for v in vs]
        try:
            return promote(*strengths)
        except (TypeError, KeyError):
            names = ", ".join(d.np.name for d, _ in strengths)
            self.error("bad-operand", f"NumPy has no common dtype for {names}")

    def cast(self, atom: Atom, dtype: DType) -> Atom:
        """`atom` converted to `dtype`."""
        return self.b.cast(atom, dtype)

    def broadcast(self, atom: Atom, shape: Shape) -> Atom:
        """`atom` broadcast to `shape` as NumPy does; refused if it does not fit."""
        have = type_at(atom).shape
        if have == shape:
            return atom
        if self.broadcast_shapes(have, shape) != shape:
            pair = f"from shape {spelled(have)} into shape {spelled(shape)}"
            self.error("shape-mismatch", f"could not broadcast input array {pair}")
        return self.b.broadcast_to(atom, shape)

    def broadcast_shapes(self, *shapes: Shape) -> Shape:
        """The common shape of operands; refused if there is none."""
        if len(kept := {s for s in shapes if s}) < 2:
            return kept.pop() if kept else ()
        try:
            return np.broadcast_shapes(*shapes)
        except ValueError:
            words = "operands could not be broadcast together with shapes"
            self.error("shape-mismatch", " ".join((words, *map(spelled, shapes))))

    def axis(self, v: Any, ndim: int | Atom) -> int:
        """A known axis as a number from 0; `ndim` may be given by an atom."""
        n, axis = ndim if isinstance(ndim, int) else type_at(ndim).ndim, self.known(v, "the axis")
        if not isinstance(axis, int | np.integer):
            self.error("bad-operand", f"an axis must be an int, not {self.describe(v)}")
        if not -n <= axis < n:
            self.error("bad-axis", f"axis {axis} is out of bounds for array of dimension {n}")
        return int(axis) % n

    def axes(self, v: Any, ndim: int | Atom) -> Shape:
        """Known axes, sorted: all for None, one for an int, several for a tuple."""
        n = ndim if isinstance(ndim, int) else type_at(ndim).ndim
        known = self.known(v, "the axis")
        if known is None:
            return tuple(range(n))
        if not isinstance(known, tuple | list):
            return (self.axis(known, n),)
        out = sorted(self.axis(a, n) for a in known)
        if len(set(out)) != len(out):
            self.error("bad-value", "duplicate value in 'axis'")
        return tuple(out)

    # ---- store

    def read(self, a: NDArray) -> Atom:
        """The present contents of an array."""
        x: Atom = self.state.heap[a.box]  # type: ignore[assignment]
        for step in a.path:
            x = step.read(self.b, x)
        return x

    def write(self, a: NDArray, atom: Atom) -> None:
        """Replaces the contents of an array (of the same type) in place: all aliases and views see
        it.
        """
        if a.path and not a.writable:
            self.fail(ValueError, "assignment destination is read-only")
        self.touch(a.box)
        x: Atom = self.state.heap[a.box]  # type: ignore[assignment]
        seen = [x]
        for step in a.path[:-1]:
            x = step.read(self.b, x)
            seen.append(x)
        for step, base in zip(reversed(a.path), reversed(seen), strict=False):
            atom = step.write(self.b, base, atom)
        self.state.heap[a.box] = atom

    def content(self, box: int, what: str) -> Content:
        """What a box holds; refused if two paths left it in different forms."""
        content = self.state.heap[box]
        if isinstance(content, Conflict):
            self.refuse_conflict(f"this {what}", content, box)
        if isinstance(content, ObjectBox) and what == "dict":  # the `__dict__` of an instance
            refuse_partial(self, content)
        return pools.contents(self, content) if isinstance(content, RowBox) else content

    def replace(self, box: int, content: Content) -> None:
        """Replaces the contents of a list, dict or object, which may be written."""
        held = self.state.heap[box]
        now = pools.contents(self, held) if isinstance(held, RowBox) else held
        if isinstance(now, ObjectBox) and isinstance(content, DictBox):
            content = ObjectBox(content.entries)
        if isinstance(held, RowBox):
            pools.replace_contents(self, held, content)
        elif isinstance(held, StackBox):
            stack_lists.replace_contents(self, box, content)
        else:
            self.state.heap[box] = content

    def refuse_conflict(self, what: str, v: Conflict, box: int = 0) -> NoReturn:
        """Refuses to read what two paths left in different forms, as a dict or set whose keys they
        decide may be made a table; `box` is what holds it.
        """
        error = conflict_error(what, v, self.loc)
        made = self.session.places.get(box)
        if made not in self.session.tables and not self.session.known_keys:
            self.session.tabled[error] = made
        if v.loop is not None and (v.grows or error.diagnostic.code == "growing-list"):
            self.session.growable[error] = v.loop
        if v.pred is not None:
            why = "a condition that decides what a variable is"
            raise roots.asked_for(self, error, v.pred, why, self.loc)
        raise Blocked(error, unroll=v.loop)

    def touch(self, box: int, at: AnyLoc | None = None) -> None:
        """To be called before a box is written (by a callee: `at` the place where it does)."""
        where = self.loc if at is None else at
        self.writes.setdefault(box, where)
        mark = self.state.marks.get(box)
        if mark is None or not self.matters(box, mark):
            return
        error = make_error(mark.code, mark.reason, where)
        if at is not None:
            error.called_from(self.loc)
        raise Blocked(error, exact=mark.at)

    def matters(self, box: int, mark: Mark) -> bool:
        """Whether a mark forbids a write."""
        return True

    def known_length(self, v: ListV, what: str) -> int:
        """The length of a list."""
        stack = stack_lists.stack_of(self, v)
        return len(self.items(v)) if stack is None else stack_lists.known_length(self, stack, what)

    def column_type(self, v: ListV) -> ArrayType | None:
        """The type of a stacked list of numbers or arrays as one array; None for others."""
        return list_arrays.column_type(self, v)

    def column(self, v: ListV) -> Atom:
        """A stacked list of numbers or arrays as one array."""
        return list_arrays.column(self, v)

    def owns(self, box: int) -> bool:
        """Whether a list was made by this function, which may hold it in another form."""
        mark = self.state.marks.get(box)
        return mark is None or bool(mark.group)

    # ---- failing

    def describe(self, v: Any) -> str:
        """What `v` is, for messages."""
        return v.describe() if isinstance(v, Abstract) else repr(v)

    def error(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
        notes: Sequence[Any] = (),
        raises: type[Exception] | None = None,
        words: str | None = None,
    ) -> NoReturn:
        """Refuses the program: `code` is one of `anvil.errors.codes`, `message` is one line.

        What Python would raise here as well (`raises`, or by the code) is raised where a handler
        may catch it, with Python's own `words` if they are known.
        """
        error = make_error(code, message, self.loc, notes=notes, hint=hint)
        cls = raises or exceptions.PYTHONS.get(code)
        if cls is not None and self.catches(cls):
            said: Any = exceptions.Unstated(error) if words is None else words
            exceptions.throw(self, exceptions.new_exception(self, cls, [said]))
        raise error

    def warn(self, code: str, message: str) -> None:
        """Warns the user at this line, once the program is compiled."""
        self.session.warn(code, message, self.loc)

    def check(self, pred: Atom, exception: type[BaseException], *args: Any) -> None:
        """Raises `exception(*args)` at run time unless the scalar bool `pred` holds; decided now
        where it is constant. Arguments may be texts with computed numbers (`ctx.text`).
        """
        if isinstance(pred, Const):
            if not pred.value:
                self.fail(exception, *args)
            return
        pred = exceptions.conditional(self, pred, (exception, args))
        exceptions.throw_unless(self, pred, exceptions.new_exception(self, exception, args))

    def catches(self, cls: type[BaseException]) -> bool:
        """Whether a handler around this point may catch exceptions of a class."""
        return False

    def words(self, v: Abstract, conversion: str, spec: str) -> texts.Pieces | None:
        """`{v!conversion:spec}` of an instance whose class words it; None for anything else."""
        return wording.words(self, v, conversion, spec)

    def text(self, *parts: Any) -> Abstract:
        """A str made of strings and of values that are formatted at run time."""
        return texts.text(self, *parts)

    def token(self) -> Atom:
        """The effect token at this point."""
        if self.state.token is None:
            self.state.token = self.b.token()
        return self.state.token

    def fail(self, exception: type[BaseException], *args: Any) -> NoReturn:
        """Raises `exception(*args)` at run time when this point is reached: the path ends here."""
        exceptions.throw(self, exceptions.new_exception(self, exception, args))

    # ---- calling

    def call(self, fn: Any, *args: Any, **kwargs: Any) -> Abstract:
        """Calls a callable value, or a host callable (library or user function), with these
        arguments.
        """
        given = {n: self.lifted(v) for n, v in kwargs.items()}
        found: Abstract = self.session.calls.call(
            self, self.lifted(fn), list(map(self.lifted, args)), given
        )
        return found

    def call_library(self, rule: Any, *args: Any) -> Abstract:
        """Calls a function of the library that is written in plain Python."""
        given = list(map(self.lifted, args))
        found: Abstract = self.session.calls.call_entry(self, rule, given, {})
        return found

    def lifted(self, v: Any) -> Abstract:
        """`v` itself, or the value of a plain Python object."""
        return v if isinstance(v, Abstract) else self.constant(v)

    def binary(self, op: str, a: Any, b: Any) -> Abstract:
        """Python's binary operator (`+`, `//`, `@`, ...) on two values."""
        return operators.binary(self, op, self.lifted(a), self.lifted(b))

    def unary(self, op: str, a: Any) -> Abstract:
        """Python's unary operator (`-`, `+`, `~`) on a value."""
        return operators.unary(self, op, self.lifted(a))

    def compare(self, op: str, a: Any, b: Any) -> Abstract:
        """Python's comparison (`<`, `==`, ...) of two values."""
        return comparisons.compare(self, op, self.lifted(a), self.lifted(b))

    def truth(self, v: Any) -> bool | Atom:
        """Python's truth of a value: known, or a scalar bool atom."""
        return comparisons.truth(self, self.lifted(v))
