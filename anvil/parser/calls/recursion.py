"""Recursion while compiling: a function that is called again while it is being interpreted.

Every specialisation in progress is an `Activation`. A call of one of them reads what is assumed of
its result. At first nothing is: the call never returns, so that its path ends there, and what is
left are the paths without recursion. What they give is the next assumption, and so on until what
the function gives is what was assumed of it. Known numbers among the results are taken for
computed ones. Functions made on an assumption that did not hold are forgotten.

Calls that go round in circles are `recur` ops, which the pass `stackify` removes; all functions on
the circle take a token and return one, for the check that the calls are not nested too deeply.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from anvil.errors import AnvilError
from anvil.errors import error as make_error
from anvil.ir.loc import AnyLoc
from anvil.ir.records import Const, Op, Value
from anvil.ir.types import I64, array
from anvil.parser.reports.messages import Raised, static
from anvil.parser.state.heap import State, close_content, open_content
from anvil.parser.state.roots import roots_of
from anvil.parser.state.signals import Blocked, NeedStatic, PathEnd, Signal
from anvil.parser.state.values import (
    Abstract,
    Known,
    Scalar,
    is_py_number,
    known_number,
    number_dtype,
)
from anvil.parser.state.walks import Signature

if TYPE_CHECKING:
    from anvil.parser.calls.piling import Forms
    from anvil.parser.calls.revealing import Contents
    from anvil.parser.calls.specialise import Specialisation
    from anvil.parser.calls.widening import Outline
    from anvil.parser.interp import Interp
    from anvil.parser.source.functions import FunctionInfo
    from anvil.parser.state.session import Session

ROUNDS = 12
LEVELS_IN_ALL = 500
"""So many levels of a function may be specialised where the data decides how deep it goes."""
DEPTH_OF_RECURSION = "the depth of a recursion"
"""What is wanted where levels are nested too deeply."""
EXCEEDED = "maximum recursion depth exceeded"


@dataclass(slots=True, eq=False)
class Activation:
    """A specialisation in progress, and what is assumed of it; `hit` once it has been called.
    `forms`: the lists in its result that are of computed length, `uneven` those that may become so.
    """

    key: Hashable
    info: FunctionInfo
    loc: AnyLoc
    takes_token: bool
    flat: bool
    outline: Outline
    conditional: bool
    caught: frozenset[type[BaseException]] = frozenset()
    known: Contents = ()
    assumed: Specialisation | None = None
    hit: bool = False
    forms: Forms = field(default_factory=dict)
    uneven: Forms = field(default_factory=dict)


class Again(Signal):
    """The activation of `key` turned out to be recursive: it has to take a token."""

    def __init__(self, key: Hashable, infos: Iterable[FunctionInfo]) -> None:
        super().__init__()
        self.key, self.infos = key, frozenset(infos)


def assumption(session: Session, found: Activation, loc: AnyLoc) -> Specialisation:
    """What a call of an activation that is in progress reads. Ends the path if nothing is assumed
    yet.
    """
    circle = session.active[session.active.index(found) :]
    if any(a.flat for a in circle):
        message = f"{found.info.name} calls itself through a transform of itself"
        raise make_error("recursion-in-transform", message, loc)
    if not all(a.takes_token for a in circle):
        raise Again(circle[0].key, (a.info for a in circle))
    found.hit = True
    if found.assumed is None:
        session.bottoms.add(found.key)
        raise PathEnd
    raised = Raised(RecursionError, (static(EXCEEDED),))
    site = session.site(raised, found.loc, deepens=True)
    return replace(found.assumed, site=site)


def endless(found: Activation, loc: AnyLoc) -> AnvilError:
    """The error that a function has no path without recursion."""
    name = found.info.name
    return make_error(
        "recursion-limit",
        f"{name} calls itself on every path through it",
        loc,
        notes=["A recursion ends where a path returns without another call."],
    )


def may_raise(session: Session, ops: Iterable[Op]) -> bool:
    """Whether these ops, or what they call, check anything but that ints are not too large."""
    for op in ops:
        if op.kind.name == "check":
            site = session.sites[op.attrs["site"] - 1]
            if site.exception is not OverflowError:
                return True
        callee = session.funcs.get(op.attrs["callee"].name) if op.kind.name == "call" else None
        inner = [*op.regions, *([callee.body] if callee else ())]
        if any(may_raise(session, region.ops) for region in inner):
            return True
    return False


def unsettled(found: Activation, loc: AnyLoc) -> AnvilError:
    """The error that the type of the result changes with each level."""
    message = f"the result of {found.info.name} has another structure at each level of recursion"
    return make_error("branch-types", message, loc)


def interface(spec: Specialisation) -> Hashable:
    """All that a call of a specialisation depends on."""
    state = spec.state
    signature = Signature(state.heap)
    signature.boxes.update((box, i) for i, box in enumerate(spec.boxes))
    number = signature.boxes
    written = tuple(number[b] for b in spec.written)
    contents = []
    for box in spec.written:
        tag, parts = open_content(state.heap[box])
        contents.append((tag, *map(signature.key, parts)))
    ret = signature.key(spec.ret)
    raised = tuple((c, signature.key(e)) for c, e in spec.raised.items())
    if raised:
        ret = (ret, state.may, raised, signature.key(state.status))
    atoms = tuple(_role(spec, a) for a in signature.atoms)
    shared = frozenset(
        (number[b], frozenset(number[g] for g in mark.group if g in number))
        for b, mark in state.marks.items()
        if b in number and mark.group
    )
    hidden = tuple(h.origin.text for h in spec.hidden)
    return written, tuple(contents), ret, atoms, shared, hidden, spec.func.results


def _role(spec: Specialisation, atom: Any) -> Hashable:
    if atom in spec.given:
        return ("given", spec.given[atom])
    if atom in spec.results:
        return ("result", spec.results[atom])
    return ("constant", atom)


def loosened(state: State, ret: Abstract, written: list[int], own: set[int]) -> Abstract:
    """The result with known numbers as computed ones, in `written` boxes of the caller as well;
    others that are its `own` stay as they are.
    """
    seen = own - set(written)

    def visit(part: Any) -> Any:
        if isinstance(part, int):
            if part not in seen:
                seen.add(part)
                content = state.heap[part]
                parts = open_content(content)[1]
                if parts and not isinstance(content, Value | Const):
                    state.heap[part] = close_content(content, tuple(map(visit, parts)))
            return part
        if not isinstance(part, Abstract):
            return part
        if known_number(part):
            return computed(part)
        parts = part.open()[1]
        return part.close(tuple(map(visit, parts))) if parts else part

    for box in written:
        visit(box)
    out: Abstract = visit(ret)
    return out


def computed(v: Abstract) -> Abstract:
    """A known number as one that the program computes; an int that has no type stays as it is."""
    assert isinstance(v, Known)
    value = v.value if is_py_number(v.value) else v.value.item()
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return v
    return Scalar(Const(array(number_dtype(v.value)), value), is_py_number(v.value))


def too_deep(it: Interp, info: FunctionInfo, signature: Signature) -> Exception:
    """What is raised where specialisations are nested too deeply."""
    error = make_error("recursion-limit", f"calls of {info.name} are nested too deeply", it.b.loc)
    return by_depth(it, error, signature)


def too_many(session: Session, active: Activation) -> bool:
    """Whether the levels of a recursion that the data decides differ without end."""
    if not any(a.info is active.info for a in session.active):
        session.levels[active.info] = 0
    elif active.conditional:
        session.levels[active.info] += 1
    return session.levels[active.info] > LEVELS_IN_ALL


def by_depth(it: Interp, error: AnvilError, signature: Signature) -> Exception:
    """The error of a recursion, or what asks for the ints that decide how deep it is."""
    ints = [a for a in signature.atoms if isinstance(a, Value) and a.type is array(I64)]
    roots = frozenset(root for a in ints for root in roots_of(it.b, a))
    return NeedStatic(error, roots, DEPTH_OF_RECURSION, it.b.loc) if roots else error


def nested(session: Session, active: Activation, blocked: Blocked) -> bool:
    """Whether what blocks an inner level of a recursion is no matter of what its arguments hold:
    the first level decides the depth, and the data what inner levels are called with.
    """
    inner = any(a.info is active.info for a in session.active[:-1])
    deep = isinstance(blocked, NeedStatic) and blocked.why == DEPTH_OF_RECURSION
    return inner and (deep or active.conditional)
