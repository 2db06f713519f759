"""grad, value_and_grad, jvp, vjp, linearize, stop_gradient of functions inside compiled code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import FunctionType
from typing import TYPE_CHECKING, Any, NoReturn

from anvil.errors import CODES, Note
from anvil.ir.loc import Loc
from anvil.ir.records import Atom, Const
from anvil.parser.source.function_source import get_source, header_loc
from anvil.parser.state.lengths import is_counted
from anvil.parser.state.results import described_inside
from anvil.parser.state.signature import (
    LENGTH,
    NUMBER,
    ArraySpec,
    KeySpec,
    ScalarSpec,
    Spec,
    StaticSpec,
    TupleSpec,
    in_texts,
    leaves,
)
from anvil.parser.state.values import NONE, Abstract, Bound, Closure, Known, Parts, TupleV
from anvil.parser.transforms.closing import (
    Closed,
    Opened,
    close,
    is_inexact,
    one,
    open_argument,
    rebuilt,
    result_value,
)
from anvil.parser.transforms.matching_lengths import matched_lengths, with_lengths
from anvil.parser.transforms.options import Options

if TYPE_CHECKING:
    from collections.abc import Hashable

    from anvil.parser.interp import Interp

Kwargs = Mapping[str, Abstract]


@dataclass(slots=True, eq=False)
class Differentiated:
    """A closed function and the arguments with respect to which it is differentiated."""

    closed: Closed
    opened: list[Opened]

    @property
    def wrt(self) -> tuple[int, ...]:
        """The operands that are differentiated, leaf by leaf."""
        return tuple(self.closed.places[o.placeholders[i]] for o in self.opened for i in o.inexact)


def misuse(it: Interp, fn: Abstract, code: str, message: str) -> NoReturn:
    """Refuses a call of a transform; the `def` line of the function is shown as well."""
    notes: list[str | Note] = [CODES[code].meaning]
    where = defined_at(fn)
    here = it.loc.source_range()
    if where is not None and (where.file, where.line) != (here.file, here.line):
        notes.append(Note("The function:", where))
    it.error(code, message, notes=notes)


def defined_at(fn: Abstract) -> Loc | None:
    """The first line of a function of the user, if `fn` is one."""
    if isinstance(fn, Known) and isinstance(fn.value, FunctionType):
        return header_loc(get_source(fn.value))
    if isinstance(fn, Closure):
        loc = fn.info.code.loc(fn.info.code.node)
        return replace(loc, end_line=loc.line, end_col=0) if loc.end_line > loc.line else loc
    return None


def argnums_of(it: Interp, fn: Abstract, options: Options, n: int) -> tuple[tuple[int, ...], bool]:
    """The arguments to differentiate, counted from 0, and whether one int was given."""
    given = options.get("argnums", 0)
    single = isinstance(given, int)
    nums = tuple(given) if isinstance(given, tuple | list) else (given,)
    if not nums or not all(isinstance(i, int) and -n <= i < n for i in nums):
        s = "s" * (n != 1)
        message = f"argnums={given} of a function called with {n} positional argument{s}"
        misuse(it, fn, "bad-argnums", message)
    if len({i % n for i in nums}) != len(nums):
        misuse(it, fn, "bad-argnums", f"argnums={given} names an argument twice")
    return tuple(i % n for i in nums), single


def differentiate(
    it: Interp, fn: Abstract, args: Sequence[Abstract], kwargs: Kwargs, nums: Sequence[int]
) -> Differentiated:
    """Closes `fn` with placeholders for the leaves of the arguments `nums`."""
    values = list(args)
    opened = [open_argument(it, args[i]) for i in nums]
    actual: dict[Atom, Atom] = {}
    for i, o in zip(nums, opened, strict=True):
        values[i] = o.value
        actual.update(zip(o.placeholders, o.atoms, strict=True))
    closed = close(it, fn, values, kwargs, actual, catching=True)
    if not closed.returns:
        closed.finish(it, called(it, closed))
    return Differentiated(closed, opened)


def called(it: Interp, closed: Closed) -> tuple[Any, ...]:
    """Emits the call as it is."""
    if not closed.results:
        return ()
    attrs = {"callee": closed.callee}
    return it.b.emit_tuple("call", closed.operands, attrs, out_types=closed.results)


def call_gradient(it: Interp, fn: Bound, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    """`grad(f)(*args)` or `value_and_grad(f)(*args)`."""
    options: Any = fn.static
    nums, single = argnums_of(it, fn.fn, options, len(args))
    d = differentiate(it, fn.fn, args, kwargs, nums)
    if not d.wrt:
        what = " and ".join(args[i].describe() for i in nums)
        misuse(it, fn.fn, "grad-not-float", f"{fn.describe()} with respect to {what}")
    has_aux = bool(options.get("has_aux", False))
    outs, bars = _pull(
        it, d, _loss(it, fn, d.closed, has_aux), options.get("transform") or "default"
    )
    leaf_atoms = d.closed.finish(it, outs)
    gradients = [_container(it, o, bars) for o in d.opened]
    gradient: Abstract = gradients[0] if single else it.tuple(gradients)
    value = result_value(it, d.closed.out, leaf_atoms)
    if fn.kind == "grad":
        return it.tuple([gradient, it.items(value)[1]]) if has_aux else gradient
    return it.tuple([value, gradient])


def _container(it: Interp, o: Opened, bars: list[Atom]) -> Abstract:
    """The gradient of one argument; takes its leaves off `bars`."""
    active = set(o.inexact)
    moved = [bars.pop(0) if i in active else None for i in range(len(o.atoms))]
    return rebuilt(it, o.spec, with_lengths(o.spec, moved, o.atoms))


def _loss(it: Interp, fn: Bound, closed: Closed, has_aux: bool) -> list[tuple[int, Atom]]:
    """The result to differentiate and its cotangent."""
    out = value_spec(it, fn, closed, has_aux)
    found = list(leaves(out))
    shape = found[0].type.shape if len(found) == 1 else None
    if isinstance(out, StaticSpec | TupleSpec) or shape is None or found[0].type.dtype.kind != "f":
        message = f"{fn.fn.describe()} returns {_describe(out)}, not one float"
        misuse(it, fn.fn, "grad-not-scalar", message)
    if shape != ():
        message = f"{fn.fn.describe()} returns an array of shape {shape}, not one float"
        misuse(it, fn.fn, "grad-not-scalar", message)
    return [(closed.spec.leaves[0], one(found[0].type))]


def value_spec(it: Interp, fn: Bound, closed: Closed, has_aux: bool) -> Spec:
    """What is differentiated of the results: with `has_aux` the first of two."""
    out = closed.out
    if not has_aux:
        return out
    if not isinstance(out, TupleSpec) or len(out.items) != 2:
        message = f"with has_aux=True {fn.fn.describe()} must return (value, aux)"
        misuse(it, fn.fn, "grad-not-scalar", message)
    return out.items[0]


def _describe(out: Spec) -> str:
    found = list(leaves(out))
    if isinstance(out, StaticSpec):
        return repr(out.value)
    if len(found) == 1 and not isinstance(out, TupleSpec):
        return str(found[0].type)
    return f"{len(found)} values"


def _pull(
    it: Interp, d: Differentiated, cts: list[tuple[int, Atom]], transform: str = "default"
) -> tuple[tuple[Any, ...], list[Atom]]:
    """Emits vjp_call with cotangents of some results; the primal results, and cotangents of the
    arguments.
    """
    closed, wrt = d.closed, d.wrt
    attrs = {
        "callee": closed.callee,
        "wrt": wrt,
        "outs": tuple(i for i, _ in cts),
        "transform": transform,
    }
    types = (*closed.results, *(closed.operands[i].type for i in wrt))
    args = [*closed.operands, *(ct for _, ct in cts)]
    outs = it.b.emit_tuple("vjp_call", args, attrs, out_types=types)
    n = len(closed.results)
    return outs[:n], list(outs[n:])


# ---- forward mode


def call_jvp(it: Interp, fn: Abstract, primals: Abstract, tangents: Abstract) -> Abstract:
    """`jvp(f, primals, tangents)`: the result and its tangent."""
    args = it.items(primals)
    given = it.items(tangents)
    if len(args) != len(given):
        it.error("bad-tangent", f"{len(args)} primals and {len(given)} tangents")
    d = differentiate(it, fn, args, {}, range(len(args)))
    moved: list[Atom] = []
    for o, t in zip(d.opened, given, strict=True):
        moved.extend(matched(it, o.spec, o.atoms, t, "tangent"))
    outs, dys = push(it, d.closed, d.wrt, moved)
    atoms = d.closed.finish(it, outs)
    value = result_value(it, d.closed.out, atoms)
    return it.tuple([value, tangent_value(it, d.closed, dys, atoms)])


def push(
    it: Any, closed: Closed, wrt: Sequence[int], tangents: Sequence[Atom]
) -> tuple[tuple[Any, ...], list[Atom]]:
    """Emits jvp_call; the primal results, and the tangents of those that carry derivatives."""
    outs = closed.inexact_outs
    attrs = {"callee": closed.callee, "wrt": tuple(wrt), "outs": tuple(outs)}
    types = (*closed.results, *(closed.results[i] for i in outs))
    all_outs = it.b.emit_tuple("jvp_call", [*closed.operands, *tangents], attrs, out_types=types)
    n = len(closed.results)
    return all_outs[:n], list(all_outs[n:])


def tangent_value(
    it: Interp, closed: Closed, dys: Sequence[Atom], atoms: Sequence[Atom]
) -> Abstract:
    """The tangents of a result, whose leaves are `atoms`, in its own structure."""
    moved = iter(dys)
    outs = set(closed.inexact_outs)
    found = [next(moved) if i in outs else None for i in closed.spec.leaves]
    return rebuilt(it, closed.out, with_lengths(closed.out, found, atoms))


def matched(
    it: Interp, spec: Spec, atoms: Sequence[Atom], given: Abstract, what: str
) -> list[Atom]:
    """The leaves of a tangent or cotangent that belong to inexact leaves, in their types."""
    if given is NONE or (isinstance(given, Known) and given.value is None):
        return [it.b.zeros(a.type) for a in atoms if is_inexact(a.type)]
    if is_counted(spec):
        return matched_lengths(it, spec, atoms, given, what)
    parts = list(zip(leaves(spec), atoms, in_texts(spec), strict=True))
    shown = [(leaf, a) for leaf, a, text in parts if not text]
    moved = iter(_matched(it, shown, given, what))
    inexact = [(a, text) for _, a, text in parts if is_inexact(a.type)]
    return [it.b.zeros(a.type) if text else next(moved) for a, text in inexact]


def _matched(
    it: Interp, parts: Sequence[tuple[Any, Atom]], given: Abstract, what: str
) -> list[Atom]:
    atoms = [a for _, a in parts]
    shape, found = described_inside(it, given, known_numbers=True)
    slots = list(_slots(shape, iter(found)))
    if len(found) < len(slots) == len(atoms):
        pairs = zip(atoms, slots, strict=True)
        found = [it.b.zeros(a.type) if t is None else t for a, t in pairs]
    if len(found) != len(atoms) and len(found) != sum(is_inexact(a.type) for a in atoms):
        _know_choices(it, parts, f"the structure of the {what}'s value")
        it.error("bad-tangent", f"the {what} has {len(found)} leaves, its value {len(atoms)}")
    whole = len(found) == len(atoms)
    belong = atoms if whole else [a for a in atoms if is_inexact(a.type)]
    out = []
    for atom, t in zip(belong, found, strict=True):
        if not is_inexact(atom.type):
            if not whole or _is_zero(t):
                continue
            it.error("bad-tangent", f"the {what} of an {atom.type} is None or zero")
        want: Any = atom.type
        have: Any = t.type
        if have.shape != want.shape or (have.dtype.kind == "c") > (want.dtype.kind == "c"):
            it.error("bad-tangent", f"the {what} is {have}, its value {want}")
        out.append(it.b.cast(t, want.dtype))
    return out


def _know_choices(it: Interp, parts: Sequence[tuple[Any, Atom]], what: str) -> None:
    """Asks for the int and bool arguments that decide which of several things a value is."""
    for leaf, atom in parts:
        if leaf == NUMBER and not isinstance(atom, Const):
            it.need_static(atom, what)


def _slots(spec: Spec, found: Iterator[Atom]) -> Iterator[Atom | None]:
    """The leaves of a tangent or cotangent, None where it says that there is none."""
    if isinstance(spec, StaticSpec):
        if spec.value is None:
            yield None
    elif isinstance(spec, ArraySpec | ScalarSpec):
        yield next(found)
    else:
        for item in spec.items:
            yield from _slots(item, found)


def _is_zero(atom: Atom) -> bool:
    return isinstance(atom, Const) and not atom.value


# ---- pullbacks


@dataclass(slots=True, eq=False)
class Pullback(Abstract):
    """The second result of vjp or linearize: a closed function at fixed operands."""

    d: Differentiated
    operands: tuple[Atom, ...]
    lengths: tuple[Atom, ...] = ()

    def open(self) -> tuple[Hashable, Parts]:
        n = len(self.lengths)
        return ("pullback", self.d.closed.spec, self.d.wrt, n), (*self.lengths, *self.operands)

    def close(self, parts: Parts) -> Abstract:
        n = len(self.lengths)
        return Pullback(self.d, parts[n:], parts[:n])  # type: ignore[arg-type]

    def describe(self) -> str:
        return "a pullback"

    def at(self) -> Differentiated:
        """The differentiated function with the operands it has here."""
        c = self.d.closed
        closed = Closed(c.spec, list(self.operands), c.places, [])
        return Differentiated(closed, self.d.opened)


def call_vjp(it: Interp, fn: Abstract, *primals: Abstract, has_aux: Abstract = NONE) -> Abstract:
    """`vjp(f, *primals)`: the result and the pullback."""
    if it.known(has_aux):
        it.error("unsupported-argument", "vjp with has_aux is not compiled inside a function")
    return _at_point(it, fn, primals, "pullback")


def make_linear(it: Interp, fn: Abstract, *primals: Abstract) -> Abstract:
    """`linearize(f, *primals)`: the result and the derivative at that point."""
    return _at_point(it, fn, primals, "linear")


def _at_point(it: Interp, fn: Abstract, primals: Sequence[Abstract], kind: str) -> Abstract:
    d = differentiate(it, fn, primals, {}, range(len(primals)))
    if d.closed.spec.written:
        it.error("unsupported-call", f"{fn.describe()} writes to a captured array")
    atoms = d.closed.finish(it, called(it, d.closed))
    value = result_value(it, d.closed.out, atoms)
    pairs = zip(leaves(d.closed.out), atoms, strict=True)
    lengths = tuple(a for leaf, a in pairs if _is_carried(leaf))
    pullback = Pullback(d, tuple(d.closed.operands), lengths)
    return it.tuple([value, Bound(kind, pullback, ())])


def _is_carried(leaf: Any) -> bool:
    """Whether a pullback needs the value of a leaf: a length, or keys of a dict."""
    return leaf in (LENGTH, NUMBER) or isinstance(leaf, KeySpec)


def call_pullback(it: Interp, fn: Bound, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    """`pullback(cotangent)`: cotangents of the primals, as a tuple."""
    assert isinstance(fn.fn, Pullback)
    if len(args) != 1 or kwargs:
        it.error("wrong-arguments", "a pullback takes one argument, the cotangent of the result")
    d = fn.fn.at()
    outs = list(d.closed.spec.leaves)
    lengths = iter(fn.fn.lengths)
    pairs = zip(leaves(d.closed.out), outs, strict=True)
    zeros = [
        next(lengths) if _is_carried(leaf) else it.b.zeros(d.closed.results[i]) for leaf, i in pairs
    ]
    cts = matched(it, d.closed.out, zeros, args[0], "cotangent")
    places = [i for i in outs if is_inexact(d.closed.results[i])]
    _, bars = _pull(it, d, list(zip(places, cts, strict=True)))
    return TupleV(tuple(_container(it, o, bars) for o in d.opened))


def call_linear(it: Interp, fn: Bound, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    """The derivative of `linearize` applied to tangents of the primals."""
    assert isinstance(fn.fn, Pullback)
    d = fn.fn.at()
    if len(args) != len(d.opened) or kwargs:
        it.error("wrong-arguments", f"a linearized function takes {len(d.opened)} tangents")
    moved: list[Atom] = []
    for o, t in zip(d.opened, args, strict=True):
        moved.extend(matched(it, o.spec, o.atoms, t, "tangent"))
    outs, dys = push(it, d.closed, d.wrt, moved)
    return tangent_value(it, d.closed, dys, [outs[i] for i in d.closed.spec.leaves])


def stop_gradient(it: Interp, v: Abstract) -> Abstract:
    """`stop_gradient(x)`: the same value, constant for derivatives."""
    spec, atoms = described_inside(it, v)

    def stopped(atom: Atom) -> Atom:
        if isinstance(atom, Const) or not is_inexact(atom.type):
            return atom
        return it.b.stop_gradient(atom)  # type: ignore[no-any-return]

    return result_value(it, spec, [stopped(a) for a in atoms])
