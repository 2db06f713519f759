"""One IR function per specialisation: a Python function interpreted once for each signature of its
arguments.

The signature is the structure of arguments and captured variables: known constants, types,
containers, which boxes are shared, which must not be written. The callee works on a store of its
own, made of fresh parameters; what it writes to boxes of its caller becomes extra results, written
back after the call.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from anvil.errors import AnvilError
from anvil.ir.builder import Builder
from anvil.ir.loc import AnyLoc
from anvil.ir.records import Atom, Func, Origin, Value
from anvil.ir.types import TOKEN
from anvil.parser.calls.emission import emit_call
from anvil.parser.calls.piling import keep_room, pile_up, with_open_lists
from anvil.parser.calls.recursion import (
    ROUNDS,
    Activation,
    Again,
    assumption,
    by_depth,
    endless,
    interface,
    loosened,
    may_raise,
    nested,
    too_deep,
    too_many,
    unsettled,
)
from anvil.parser.calls.revealing import Reveal, assume, contents_of, sources, wanted_contents
from anvil.parser.calls.widening import (
    Outline,
    Widen,
    check_levels,
    conditional,
    forget_widening,
    outline,
    widened,
)
from anvil.parser.containers.templates import has_identity
from anvil.parser.control import exceptions
from anvil.parser.control.branches import go_on, scoped
from anvil.parser.control.choices import not_none
from anvil.parser.control.generators import refuse_suspended
from anvil.parser.control.rolled import settle_exit
from anvil.parser.source.functions import FunctionInfo, written
from anvil.parser.state.guards import Hidden
from anvil.parser.state.heap import (
    RETURN,
    Content,
    RowBox,
    StackBox,
    State,
    open_content,
    reachable,
)
from anvil.parser.state.results import describe_result, plain_numbers
from anvil.parser.state.roots import loop_of, roots_of, window_of
from anvil.parser.state.signals import Blocked, NeedStatic, PathEnd
from anvil.parser.state.signature import Spec
from anvil.parser.state.values import NONE, Abstract, CellRef, Conflict, Partial, Scalar, Undefined
from anvil.parser.state.walks import Renaming, Signature

if TYPE_CHECKING:
    from anvil.parser.interp import Interp
    from anvil.parser.state.session import Session

DEPTH = 150
_RESULT = "<result>"


@dataclass(slots=True, eq=False)
class Specialisation:
    """A function made for one signature, and how its results are read.

    `boxes` are the caller's boxes as numbered in the callee, in the order of the signature;
    `written` those it writes. `results` gives the position of each result; `given` the position of
    the arguments that are returned as they are. A `flat` specialisation is one to be transformed:
    its result is described by `out`, whose leaves follow the other results. With a `site` it is
    what is assumed of one in progress. It does not return where every path through it raises.
    """

    func: Func
    state: State
    ret: Abstract
    boxes: list[int]
    written: list[int]
    writes: dict[int, AnyLoc]
    results: dict[Atom, int]
    given: dict[Atom, int]
    hidden: list[Hidden]
    takes_token: bool
    gives_token: bool
    out: Spec | None = None
    site: int = 0
    raised: dict[int, Abstract] = field(default_factory=dict)
    returns: bool = True

    @property
    def leaves(self) -> range:
        """Positions of the leaves of `out` among the results."""
        return range(len(self.results), len(self.func.results) - self.gives_token)


def call_specialised(
    it: Interp, info: FunctionInfo, bound: dict[str, Abstract], cells: dict[str, CellRef]
) -> Abstract:
    """Calls a function: specialises it for these arguments unless that has been done, and emits the
    call.
    """
    spec, atoms, boxes = specialised(it, info, bound, cells)
    result = emit_call(it, spec, atoms, boxes)
    go_on(it)
    return result


def specialised(
    it: Interp,
    info: FunctionInfo,
    bound: dict[str, Abstract],
    cells: dict[str, CellRef],
    actual: Mapping[Atom, Atom] | None = None,
    catching: bool = True,
) -> tuple[Specialisation, list[Atom], list[int]]:
    """The specialisation for these arguments, with the atoms and boxes to call it with.

    With `actual` it is a flat one: the arguments hold placeholders, which `actual` maps to what
    they stand for. `catching`: exceptions that a handler may catch are among the results.
    """
    session = it.session
    cells = _class_cells(it, cells)
    if info in session.recursive:
        it.token()
    seen, bound = _widest(it, info, bound, cells)
    signature, key = signature_of(it, info, [*bound.values(), *cells.values()])
    atoms = signature.atoms
    caught = frozenset[type[BaseException]]()
    if catching and (caught := it.caught.union(*it.catchers)):
        key = (key, caught)
    if actual is not None:
        key = (key, "flat")
        signature.given = [actual.get(a, a) for a in atoms]
    key = (key, tuple(session.rules), it.raising) if session.rules or it.raising else key
    plain, known = key, contents_of(it, sources(signature), session.revealed.get(key, ()))
    key = (key, known) if known else key
    spec = session.specialisations.get(key)
    if spec is None and key in session.activations:
        spec = assumption(session, session.activations[key], it.b.loc)
    elif spec is None:
        check_levels(it, seen)
        flat = actual is not None
        active = Activation(
            key,
            info,
            it.b.loc,
            it.state.token is not None,
            flat,
            seen,
            conditional(it),
            caught,
            known,
        )
        forget = session.remember()
        try:
            spec = _specialise(it, active, bound, cells, signature)
        except (Again, Widen, Reveal) as again:
            if again.key != key:
                raise
            forget()
            call = partial(specialised, it, info, bound, cells, actual, catching)
            return _once_more(it, again, seen, plain, call)
        session.specialisations[key] = spec
    return spec, atoms, list(signature.boxes)


def _widest(
    it: Interp, info: FunctionInfo, bound: dict[str, Abstract], cells: dict[str, CellRef]
) -> tuple[Outline, dict[str, Abstract]]:
    """The outline of a call and its arguments, in the form that has been found for a recursion."""
    session = it.session
    seen = outline(it.state.heap, info, [*bound.values(), *cells.values()])
    done: set[Hashable] = set()
    while seen.key in session.piles and seen.key not in done:
        done.add(seen.key)
        pile_up(it, seen.roots.boxes, session.piles[seen.key])
        seen = outline(it.state.heap, info, [*bound.values(), *cells.values()])
    if session.piles and keep_room(it, info, seen.roots):
        seen = outline(it.state.heap, info, [*bound.values(), *cells.values()])
    if seen.key in session.wide:
        bound = widened(it, bound, cells, session.wide[seen.key])
    return seen, bound


def _once_more(
    it: Interp,
    again: Again | Widen | Reveal,
    seen: Outline,
    plain: Hashable,
    call: Callable[[], tuple[Specialisation, list[Atom], list[int]]],
) -> tuple[Specialisation, list[Atom], list[int]]:
    """`specialised` after something has been found out about a recursion."""
    session = it.session
    if isinstance(again, Again):
        session.recursive |= again.infos
        return call()
    if isinstance(again, Reveal):
        before = session.revealed.get(plain, frozenset())
        session.revealed[plain] = before | again.places
        return call()
    if again.piles:
        return _with_piles(it, again, seen, call)
    session.wide[seen.key] = session.wide.get(seen.key, frozenset()) | again.places
    forget = session.remember()
    try:
        return call()
    except (AnvilError, Blocked):
        forget()
        forget_widening(session, seen.key)
        return call()


def _with_piles(
    it: Interp,
    found: Widen,
    seen: Outline,
    call: Callable[[], tuple[Specialisation, list[Atom], list[int]]],
) -> tuple[Specialisation, list[Atom], list[int]]:
    """`specialised` after lists have been found that grow at each level of a recursion."""
    session, before = it.session, it.state
    it.state = before.fork()
    session.piles[seen.key] = found.piles
    forget = session.remember()
    try:
        return call()
    except (AnvilError, Blocked) as error:
        forget()
        it.state = before
        del session.piles[seen.key]
        session.unpiled.add(seen.info)
        try:
            return call()
        except (AnvilError, Blocked):
            raise error from None


def _class_cells(it: Interp, cells: dict[str, CellRef]) -> dict[str, CellRef]:
    """Captured variables, and those that methods of classes made while compiling may read."""
    if not it.session.cells:
        return cells
    held = it.state.locals.items()
    return {**{n: v for n, v in held if n[0] == "<" and isinstance(v, CellRef)}, **cells}


def signature_of(
    it: Interp, info: FunctionInfo, roots: list[Abstract]
) -> tuple[Signature, Hashable]:
    """The signature of these arguments, and the key of the specialisation."""
    signature = Signature(it.state.heap)
    parts = tuple(map(signature.key, roots))
    return signature, (info, parts, it.state.token is not None)


def _specialise(
    it: Interp,
    active: Activation,
    bound: dict[str, Abstract],
    cells: dict[str, CellRef],
    signature: Signature,
) -> Specialisation:
    session, info, loc = it.session, active.info, it.b.loc
    if len(session.active) > DEPTH or too_many(session, active):
        raise too_deep(it, info, signature)
    session.active.append(active)
    session.activations[active.key] = active
    name = session.name(info.name)

    def interpreted() -> Specialisation | None:
        return _interpreted(it, active, bound, cells, signature, name)

    try:
        return _settled(session, active, interpreted, lambda e: by_depth(it, e, signature))
    except AnvilError as error:
        if not info.library:
            error.called_from(loc)
        raise
    finally:
        session.active.pop()
        del session.activations[active.key]


def _settled(
    session: Session,
    active: Activation,
    interpreted: Callable[[], Specialisation | None],
    refused: Callable[[AnvilError], Exception],
) -> Specialisation:
    """The fixed point of what a function that may call itself gives."""
    for _ in range(ROUNDS):
        forget = session.remember()
        outer, session.bottoms = session.bottoms, set()
        try:
            spec = interpreted()
        except AnvilError:
            if active.forms or not active.uneven:
                raise
            forget()
            active.forms, active.assumed = active.uneven, None
            continue
        finally:
            others = session.bottoms - {active.key}
            session.bottoms = outer | others
        if spec is None:
            if others:
                raise PathEnd  # until something is known of what it calls
            raise endless(active, active.loc)
        before = active.assumed
        if not active.hit or (before is not None and interface(spec) == interface(before)):
            return spec
        forget()
        active.assumed = spec
    raise refused(unsettled(active, active.loc))


def _interpreted(
    it: Interp,
    active: Activation,
    bound: dict[str, Abstract],
    cells: dict[str, CellRef],
    signature: Signature,
    name: str,
) -> Specialisation | None:
    """One run through the function's body, loops unrolled where that is needed; None if it does not
    return as far as is known.
    """
    unroll: frozenset[ast.AST] = frozenset()
    while True:
        params: list[Value] = []
        try:
            child = _child(it, active.info, bound, cells, signature, params)
            child.unroll, child.caught = unroll, active.caught
            assume(it, params, active.known)
            return _run(child, name, params, active)
        except Blocked as blocked:
            places = wanted_contents(it, blocked, params, sources(signature))
            if places - {i for i, _ in active.known} and not nested(it.session, active, blocked):
                raise Reveal(active.key, places) from None
            if blocked.unroll is None or written(blocked.unroll) in unroll:
                raise _outside(it, blocked, params, signature) from None
            unroll |= {written(blocked.unroll)}


def _outside(it: Interp, blocked: Blocked, params: list[Value], signature: Signature) -> Blocked:
    """What blocked a callee, in terms of its caller."""
    blocked.error.called_from(it.b.loc)
    place = {p: i for i, p in enumerate(params)}
    roots: set[Value] = set()
    for root in blocked.roots:
        if root in it.session.hidden:
            roots.add(root)
            continue
        if root not in place:
            return Blocked(blocked.error, frozenset((root,)))
        found = roots_of(it.b, (signature.given or signature.atoms)[place[root]])
        roots |= found
    if isinstance(blocked, NeedStatic):
        loop = blocked.unroll
        atoms = signature.given or signature.atoms
        given = [atoms[place[r]] for r in blocked.roots if r in place]
        if loop is None and not roots:
            loop = next(filter(None, (loop_of(it.b, a, it.session.rolled) for a in given)), None)
        windows: list[AnyLoc | None] = [blocked.exact, *(window_of(it, a) for a in given)]
        exact = next((w for w in windows if w is not None), None)
        return NeedStatic(blocked.error, frozenset(roots), blocked.why, blocked.loc, loop, exact)
    return Blocked(blocked.error, frozenset(roots), exact=blocked.exact, table=blocked.table)


def _child(
    it: Interp,
    info: FunctionInfo,
    bound: dict[str, Abstract],
    cells: dict[str, CellRef],
    signature: Signature,
    params: list[Value],
) -> Interp:
    """An interpreter whose variables hold copies of the arguments, all atoms replaced by
    parameters.
    """
    loc = it.b.loc if info.library else info.code.loc(info.code.node)
    child = type(it)(it.session, Builder(loc=loc), info)
    params.extend(Value(a.type, "") for a in signature.atoms)
    fresh = iter(params)
    boxes: dict[int, int] = {}
    state = child.state
    renaming = Renaming(it.state.heap, state.heap, lambda a: next(fresh), boxes)
    copies = {n: renaming.value(v) for n, v in bound.items()}
    captured = {n: renaming.value(v) for n, v in cells.items()}
    for name, v in copies.items():
        if name in info.code.cells:
            state.locals[name] = child.new_cell(name)
        child.store(name, v)
    state.locals.update(captured)
    for name in info.code.cells:
        if name not in state.locals:
            state.locals[name] = child.new_cell(name)
    child.raising = frozenset() if info.library else it.raising
    child.external = {boxes[b] for b in signature.boxes}
    child.argument_boxes = [boxes[b] for b in signature.boxes]
    if it.state.token is not None:
        state.token = child.token_param = Value(TOKEN, "token")
    return child


def run_body(child: Interp) -> Abstract:
    """Interprets a function's body; what it returns."""
    if child.info.run is not None:
        return _run_host(child)
    if child.info.code.has_yield:
        child.b.loc = child.info.code.loc(child.info.code.node)
        what = f"{child.info.name} is a generator function, which gives no array or number"
        child.error("unsupported-value", what, hint="Compile the function that consumes it.")
    child.block(child.info.code.body)
    if RETURN in child.state.may:
        child.when_falling(lambda: return_none(child))
    state = child.state
    if RETURN not in state.may:
        return NONE
    ret = state.ret
    assert ret is not None
    if isinstance(ret, Conflict | Partial | Undefined):
        child.b.loc = state.where.get("return", child.b.loc)
        if isinstance(ret, Conflict):
            child.refuse_conflict("the result of this function", ret)
    settle_exit(child, RETURN)
    child.state.ret = None
    if child.session.suspended:
        refuse_suspended(child, ret)
    return ret


def return_none(child: Interp) -> None:
    """What a function does at its end."""
    child.state.ret = NONE
    child.state.exit(RETURN)


def _run_host(child: Interp) -> Abstract:
    """The result of a function that is host code."""

    def body() -> None:
        assert child.info.run is not None
        child.state.locals[_RESULT] = child.info.run(child)

    scoped(child, body)
    found: Abstract = child.state.locals.get(_RESULT, NONE)
    return found


def _run(
    child: Interp, name: str, params: list[Value], active: Activation
) -> Specialisation | None:
    before = {box: child.state.heap[box] for box in child.argument_boxes}
    ret = run_body(child)
    state = child.state
    if child.session.bottoms and not state.may and not _ends_by_raising(child, active):
        return None
    ret = with_open_lists(child, active, ret)
    changed = [b for b in child.argument_boxes if _differs(state.heap[b], before[b])]
    written = _written(child, changed, [ret, *_raised(state).values()])
    if active.hit:
        child.token()
        ret = loosened(state, ret, written, set(child.argument_boxes))
    leaves: list[Atom] = []
    out: Spec | None = None
    if active.flat:
        flat = plain_numbers(child, not_none(child, ret))
        out, leaves = describe_result(child, flat, known_numbers=False)
        ret = NONE
    raised = _raised(state)
    results = _result_atoms(state, [ret, *raised.values()], written)
    if raised and isinstance(state.status, Value):
        results.setdefault(state.status, len(results))
    places = {p: i for i, p in enumerate(params)}
    given = {v: places[v] for v in results if v in places}  # type: ignore[index]
    gives_token = active.hit or (state.token is not None and state.token is not child.token_param)
    token = [child.token()] if gives_token else []
    func = finish(child, name, params, [*results, *leaves, *token])
    hidden = [child.session.guards.hidden[text] for text in child.hidden]
    takes_token = child.token_param is not None
    return Specialisation(
        func,
        state,
        ret,
        child.argument_boxes,
        written,
        child.writes,
        results,
        given,
        hidden,
        takes_token,
        gives_token,
        out,
        raised=raised,
        returns=bool(state.may),
    )


def _ends_by_raising(child: Interp, active: Activation) -> bool:
    """Whether a function that has no path that returns may raise before it calls itself for ever,
    or may not be called at all.
    """
    session = child.session
    session.may_raise = session.may_raise or may_raise(session, child.b.frames[0].ops)
    return session.bottoms == {active.key} and (active.conditional or session.may_raise)


def finish(child: Interp, name: str, params: list[Value], outs: list[Atom]) -> Func:
    """Closes the function and adds it to the program."""
    token = () if child.token_param is None else (child.token_param,)
    child.b.frames[0].params = (*params, *token, *child.hidden.values())
    func = child.b.finish(name, outs, Origin(child.info.name, _origin(child)))
    child.session.funcs[name] = func
    return func


def _origin(child: Interp) -> AnyLoc:
    return child.info.code.loc(child.info.code.node)


def _raised(state: State) -> dict[int, Abstract]:
    """The exceptions that a function may leave by."""
    return {code: state.locals[exceptions.waiting(code)] for code in state.raised}


def _written(child: Interp, changed: list[int], results: list[Abstract]) -> list[int]:
    """The boxes of the caller that are written: not those that the function only holds in another
    form, unless what it writes or returns refers to that.
    """
    heap = child.state.heap
    kept = [b for b in changed if b not in child.writes and _is_form(heap[b])]
    written = [b for b in changed if b not in kept]
    while True:
        reached = reachable(iter([*written, *results]), heap)
        more = [b for b in kept if b in reached or _pool(heap[b]) in reached]
        if not more:
            return [b for b in changed if b in set(written)]
        written += more
        kept = [b for b in kept if b not in more]


def _is_form(now: Content) -> bool:
    """Whether contents may be those from before in another form: writes to such are noted."""
    return isinstance(now, RowBox) or (isinstance(now, StackBox) and not has_identity(now.template))


def _pool(now: Content) -> int:
    return now.pool if isinstance(now, RowBox) else 0


def _differs(now: Content, before: Content) -> bool:
    if now is before:
        return False
    (tag, parts), (old_tag, old_parts) = open_content(now), open_content(before)
    if tag != old_tag or len(parts) != len(old_parts):
        return True
    return any(p is not q and p != q for p, q in zip(parts, old_parts, strict=True))


def _result_atoms(state: State, rets: list[Abstract], written: list[int]) -> dict[Atom, int]:
    """The values that results consist of, numbered."""
    found: dict[Atom, int] = {}
    seen: set[int] = set()

    def visit(part: Any) -> None:
        if isinstance(part, Scalar):
            found.setdefault(part.atom, len(found))
        elif isinstance(part, Abstract):
            for p in part.open()[1]:
                visit(p)
        elif isinstance(part, int):
            if part not in seen:
                seen.add(part)
                for p in open_content(state.heap[part])[1]:
                    visit(p)
        elif type(part) is Value:
            found.setdefault(part, len(found))

    for part in (*written, *rets):
        visit(part)
    return found
