"""vmap: a function of many lanes at once. Func -> Func; mapped values have the axis of lanes first.

    op              kind.batch; an op that reads nothing mapped is emitted as it is
    call @f         call @f.vmap for the parameters that are mapped (and a mask of live lanes)
    custom_call     custom_call of the mapped callee and rules, all of `wrt` mapped
    if p {t} {e}    p mapped: t masked by p, then e masked by not p, and select(p, t, e);
                    an array or token that both pass on in place goes through t, then through e
                    p not mapped: an if of mapped regions
    loops           vmap_loops.py

Lanes that are not live may compute anything; whatever could be seen of it is masked (mask.py). What
is mapped is decided before by lanes.py. Results that do not differ from lane to lane carry no axis
(`batch_func` says which); those of `vmap_func` all do. Tokens are never mapped: a program has one
sequence of effects, a print happens once, with the arrays of all lanes, and of checks that fail the
first one in the mapped program is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from anvil.ad import mask
from anvil.ad.context import ADBuilder, Indices, Session, mapped
from anvil.ad.expand import TRANSFORMS, register
from anvil.ad.inplace import UPDATES
from anvil.ad.lanes import Join, Lanes, custom_wants_mask, lanes_of, wants_mask
from anvil.ir.builder import Env
from anvil.ir.families import add_axis, type_at
from anvil.ir.loc import Derived
from anvil.ir.opkind import OpKind
from anvil.ir.records import Atom, Attrs, Func, FuncRef, Op, Origin, Program, Region, Value
from anvil.ir.types import BOOL, TOKEN, ArrayType, Type, array

Rule = Callable[["Batcher", Op], None]
RULES: dict[str, Rule] = {}
"""Batching of the structural kinds, by name; `vmap_loops` adds its own."""

Mask = tuple[bool, ...]


def batch_rule(*names: str) -> Callable[[Rule], Rule]:
    """Registers the batching of structural kinds."""

    def add(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(names, rule))
        return rule

    return add


class BatchBuilder(ADBuilder):
    """A builder that names the results of batching rules after the values they stand for."""

    hint = ""

    def _append(
        self,
        kind: type[OpKind],
        args: tuple[Atom, ...],
        attrs: Attrs,
        regions: tuple[Region, ...],
        types: Sequence[Type],
        hint: str,
        hints: Sequence[str] = (),
    ) -> Any:
        return super()._append(kind, args, attrs, regions, types, hint or self.hint, hints)


class Batcher:
    """Replays ops for all lanes: `env` maps old values to new ones, `live` masks (None: all)."""

    def __init__(self, b: BatchBuilder, lanes: Lanes, size: int) -> None:
        self.b = b
        self.lanes = lanes
        self.session = b.session
        self.size = size
        self.env: Env = {}
        self.live: Atom | None = None
        self.loops: dict[Atom, Any] = {}
        """How the loops that recorded these (old) histories were mapped (vmap_loops.py)."""

    # ---- values

    def read(self, atoms: Sequence[Atom]) -> tuple[Atom, ...]:
        """The new values of old ones; mapped ones carry the axis."""
        return mapped(atoms, self.env)

    def flags(self, atoms: Sequence[Atom]) -> Mask:
        """Which old values are mapped."""
        return tuple(map(self.lanes.is_mapped, atoms))

    def lifted(self, a: Atom) -> Atom:
        """The new value of an old one, with the axis of lanes."""
        (new,) = self.read((a,))
        return new if self.lanes.is_mapped(a) else add_axis(self.b, new, self.size)

    def aligned(self, a: Atom, like: Value) -> Atom:
        """The new value of `a`, with the axis if `like` is mapped."""
        return self.lifted(a) if self.lanes.is_mapped(like) else self.read((a,))[0]

    def bind(self, old: Value, new: Atom, axis: bool) -> None:
        """Records the new value of an old one; `axis` says whether it carries the axis of lanes."""
        if self.lanes.is_mapped(old) and not axis:
            new = add_axis(self.b, new, self.size)
        self.env[old] = new

    def bind_all(self, old: Sequence[Value], new: Sequence[Atom]) -> None:
        """Records new values that carry the axis where the old ones are mapped."""
        self.env.update(zip(old, new, strict=True))

    def types(self, values: Sequence[Value]) -> list[Type]:
        """The types of the new values of old ones."""
        return [with_axis(v.type, self.size) if self.lanes.is_mapped(v) else v.type for v in values]

    @contextmanager
    def under(self, live: Atom | None) -> Iterator[None]:
        """Masks what is emitted inside the block."""
        saved, self.live = self.live, live
        try:
            yield
        finally:
            self.live = saved

    # ---- ops

    def ops(self, ops: Sequence[Op]) -> None:
        """Replays ops for all lanes."""
        for op in ops:
            if op.kind.terminator:
                continue
            self.b.hint = op.outs[0].hint if len(op.outs) == 1 else ""
            with self.b.at(Derived("vmap", op.loc)):
                RULES.get(op.kind.name, _plain)(self, op)

    def same(self, op: Op) -> None:
        """Emits an op that is the same for all lanes as it is."""
        for v, a in zip(op.outs, self.b.copy(op, self.env), strict=True):
            self.bind(v, a, axis=False)


def with_axis(t: Type, size: int) -> Type:
    """An array type with the axis of lanes in front; other types as they are."""
    return t.with_shape((size, *t.shape)) if isinstance(t, ArrayType) else t


def _plain(run: Batcher, op: Op) -> None:
    args, flags = run.read(op.args), run.flags(op.args)
    if run.live is not None and op.kind.name in UPDATES and op in run.lanes.masked_updates:
        run.env[op.outs[0]] = mask.masked_update(run.b, op, args, flags, run.size, run.live)
    elif any(flags):
        run.bind_all(op.outs, mask.batch(run.b, op.kind, args, flags, run.size, op.attrs))
    else:
        run.same(op)


@batch_rule("check")
def _check(run: Batcher, op: Op) -> None:
    args, flags = run.read(op.args), run.flags(op.args)
    run.env[op.outs[0]] = mask.masked_check(run.b, op, args, flags, run.live)


@batch_rule("print")
def _print(run: Batcher, op: Op) -> None:
    run.env[op.outs[0]] = mask.masked_print(run.b, op, run.read(op.args), run.live)


@batch_rule("host_call")
def _host(run: Batcher, op: Op) -> None:
    """Once per lane where an operand differs from lane to lane, else once if a lane is live."""
    flags = run.flags(op.args)
    if not any(flags):
        if run.live is None:
            run.same(op)
            return
        token, live, *rest = run.read(op.args)
        shape = type_at(live).shape
        live = run.b.and_(live, run.b.broadcast_to(mask.any_live(run.b, run.live), shape))
        outs = run.b.emit_tuple("host_call", (token, live, *rest), op.attrs)
        run.bind_all(op.outs, outs)
        return
    attrs = op.attrs
    masked = run.live is not None or attrs["caught"]
    lifted = {*attrs["wrt"], *((1,) if masked else ())}
    flags = tuple(m or i in lifted for i, m in enumerate(flags))
    args = [run.lifted(a) if m else run.read((a,))[0] for a, m in zip(op.args, flags, strict=True)]
    if run.live is not None:
        args[1] = run.b.and_(args[1], mask.spread(run.b, run.live, args[1]))
    batch = ((run.size, indices(flags)), *attrs["batch"])
    attrs = {**attrs, "batch": batch}
    if attrs["fwd"] is not None:
        name = attrs["fwd"].name
        more = range(len(op.args), len(run.session.funcs[name].params))
        attrs["fwd"] = FuncRef(
            _whole(run.session, name, (*indices(flags), *more), run.size, False).name
        )
    run.bind_all(op.outs, run.b.emit_tuple("host_call", args, attrs))


# ---- branches


@batch_rule("if")
def _if(run: Batcher, op: Op) -> None:
    if run.lanes.is_mapped(op.args[0]):
        _both(run, op)
    elif run.live is None and not run.lanes.touches(op):
        run.same(op)
    else:
        _one(run, op)


def _one(run: Batcher, op: Op) -> None:
    regions = []
    for r in op.regions:
        run.b.begin(r.label)
        run.ops(r.ops)
        regions.append(run.b.end(_yielded(run, r, op)))
    run.bind_all(op.outs, run.b.emit_tuple("if", run.read(op.args), {}, tuple(regions)))


def _yielded(run: Batcher, region: Region, op: Op) -> list[Atom]:
    return [run.aligned(a, v) for a, v in zip(region.results, op.outs, strict=True)]


def _both(run: Batcher, op: Op) -> None:
    (p,) = run.read(op.args)
    then, orelse = op.regions
    joins = run.lanes.joins[op]
    with run.under(mask.narrow(run.b, run.live, p)):
        run.ops(then.ops)
        first = _yielded(run, then, op)
    saved = _continue_from(run, joins, first)
    with run.under(mask.narrow(run.b, run.live, run.b.not_(p))):
        run.ops(orelse.ops)
        second = _yielded(run, orelse, op)
    run.env.update(saved)
    for v, join, t, e in zip(op.outs, joins, first, second, strict=True):
        run.env[v] = _joined(run, v, join, p, t, e)


def _continue_from(run: Batcher, joins: Sequence[Join], first: Sequence[Atom]) -> Env:
    """Lets the else region update what the then region has updated; returns what to restore."""
    updated = {j.root: t for j, t in zip(joins, first, strict=True) if isinstance(j.root, Value)}
    saved = {v: run.env[v] for v in updated}
    run.env.update(updated)
    return saved


def _joined(run: Batcher, v: Value, join: Join, p: Atom, t: Atom, e: Atom) -> Atom:
    if join.way in ("else", "both"):
        return e
    if join.way == "then" or not run.lanes.is_mapped(v):
        return t
    return mask.choose(run.b, p, t, e)


# ---- calls


@batch_rule("call")
def _call(run: Batcher, op: Op) -> None:
    name, flags = op.attrs["callee"].name, run.flags(op.args)
    live = run.live if run.live is not None and wants_mask(run.session, name) else None
    if not any(flags) and live is None:
        run.same(op)
        return
    func, out = _batched(run.session, name, indices(flags), run.size, live is not None)
    args = run.read(op.args)
    outs = run.b.call(func, args if live is None else (live, *args))
    for v, a, axis in zip(op.outs, outs, out, strict=True):
        run.bind(v, a, axis)


@batch_rule("custom_call")
def _custom(run: Batcher, op: Op) -> None:
    masked = run.live is not None and custom_wants_mask(run.session, op)
    if not any(run.flags(op.args)) and not masked:
        run.same(op)
        return
    wrt = op.attrs["wrt"]
    flags = tuple(m or i in wrt for i, m in enumerate(run.flags(op.args)))
    args = [run.lifted(a) if m else run.read((a,))[0] for a, m in zip(op.args, flags, strict=True)]
    attrs = _custom_rules(run.session, op, indices(flags), run.size, masked)
    if masked:
        assert run.live is not None
        args.insert(0, run.live)
    outs = run.b.emit_tuple("custom_call", args, attrs, out_types=run.types(op.outs))
    run.bind_all(op.outs, outs)


def _custom_rules(session: Session, op: Op, given: Indices, size: int, masked: bool) -> Attrs:
    """The attributes of the mapped custom_call. A mask is its first parameter, and is handed to bwd
    as the last residual.
    """
    n = len(op.args)
    attrs = {**op.attrs, "wrt": tuple(i + masked for i in op.attrs["wrt"])}

    def ref(func: Func) -> FuncRef:
        return FuncRef(func.name)

    attrs["callee"] = ref(_whole(session, op.attrs["callee"].name, given, size, masked))
    name = op.attrs["fwd"].name
    if op.attrs["rule"] == "jvp":
        moving = range(n, len(session.funcs[name].params))
        attrs["fwd"] = ref(_whole(session, name, (*given, *moving), size, masked))
        return attrs
    fwd, bwd = session.funcs[name], session.funcs[op.attrs["bwd"].name]
    forward = _whole(session, name, given, size, masked)
    backward = _whole(session, bwd.name, tuple(range(len(bwd.params))), size, masked)
    if masked:
        residuals = len(fwd.results) - len(op.outs)
        forward = session.once(("keep", forward.name), lambda: _keep_mask(session, forward))
        key = ("hand", backward.name, residuals)
        backward = session.once(key, lambda: _mask_at(session, backward, residuals))
    return {**attrs, "fwd": ref(forward), "bwd": ref(backward)}


def _keep_mask(session: Session, f: Func) -> Func:
    """`f`, which also returns its first parameter."""
    b = ADBuilder(session, [p.type for p in f.params], [p.hint for p in f.params])
    results = (*b.call(f, b.params), b.params[0])
    return session.add(b.finish(session.fresh_name(f"{f.name}.keep"), results, f.origin))


def _mask_at(session: Session, f: Func, k: int) -> Func:
    """`f` with its first parameter moved behind the `k` next ones."""
    order = [*f.params[1 : 1 + k], f.params[0], *f.params[1 + k :]]
    b = ADBuilder(session, [p.type for p in order], [p.hint for p in order])
    results = b.call(f, (b.params[k], *b.params[:k], *b.params[k + 1 :]))
    return session.add(b.finish(session.fresh_name(f"{f.name}.hand"), results, f.origin))


# ---- functions


def indices(flags: Sequence[bool]) -> Indices:
    """The positions that are set."""
    return tuple(i for i, m in enumerate(flags) if m)


def _batched(
    session: Session, name: str, given: Indices, size: int, masked: bool, whole: bool = False
) -> tuple[Func, Mask]:
    """`name.vmap` and which of its results carry the axis: all of them if `whole`, tokens apart."""
    if size == 0:
        none = ("vmap", name, given, 0, masked)
        return session.once(none, lambda: _no_lanes(session, session.funcs[name], given, masked))
    found = lanes_of(session, name, given, masked).results
    arrays = tuple(isinstance(t, ArrayType) for t in session.funcs[name].results)
    whole = whole and found != arrays
    out = arrays if whole else found
    key = ("vmap", name, given, size, masked, whole)
    func = session.once(key, lambda: _make(session, session.funcs[name], given, size, masked, out))
    return func, out


def _whole(session: Session, name: str, given: Indices, size: int, masked: bool) -> Func:
    return _batched(session, name, given, size, masked, whole=True)[0]


def _begin(session: Session, f: Func, given: Indices, size: int, masked: bool) -> BatchBuilder:
    """A builder with the mapped parameters, after the mask of live lanes if there is one."""
    types = [with_axis(p.type, size) if i in given else p.type for i, p in enumerate(f.params)]
    hints = [p.hint for p in f.params]
    if masked:
        types, hints = [array(BOOL, (size,)), *types], ["live", *hints]
    return BatchBuilder(session, types, hints)


def _finish(b: BatchBuilder, f: Func, results: Sequence[Atom], given: Indices, size: int) -> Func:
    origin = Origin(f"vmap(@{f.name}, mapped={list(given)}, size={size})", f.origin.loc)
    return b.session.add(b.finish(b.session.fresh_name(f"{f.name}.vmap"), results, origin))


def _make(session: Session, f: Func, given: Indices, size: int, masked: bool, out: Mask) -> Func:
    b = _begin(session, f, given, size, masked)
    run = Batcher(b, lanes_of(session, f.name, given, masked), size)
    run.live = b.params[0] if masked else None
    for i, (p, a) in enumerate(zip(f.params, b.params[int(masked) :], strict=True)):
        run.bind(p, a, axis=i in given)
    run.ops(f.body.ops)
    results = f.body.results
    ends = [run.lifted(a) if m else run.read((a,))[0] for a, m in zip(results, out, strict=True)]
    return _finish(b, f, ends, given, size)


def _no_lanes(session: Session, f: Func, given: Indices, masked: bool) -> tuple[Func, Mask]:
    """Nothing happens in no lanes: results are empty, effects what they were."""
    b = _begin(session, f, given, 0, masked)
    tokens = [p for p in b.params if p.type is TOKEN]
    ends = [tokens[0] if t is TOKEN and tokens else b.zeros(with_axis(t, 0)) for t in f.results]
    return _finish(b, f, ends, given, 0), tuple(isinstance(t, ArrayType) for t in f.results)


def vmap_func(session: Session, name: str, given: Indices, size: int) -> Func:
    """`name` mapped over axis 0 of the parameters `given`; all results carry the axis at 0."""
    return _whole(session, name, given, size, masked=False)


def batch_func(program: Program, name: str, given: Indices, size: int) -> tuple[Program, str, Mask]:
    """Maps a function over axis 0 of the parameters `given`.

    Returns the program with the mapped function, its name, and which of its results carry the
    axis: results that are the same for all lanes do not. The program must have no transform calls.
    """
    session = Session.of(program)
    func, out = _batched(session, name, tuple(sorted(given)), size, masked=False)
    return session.program(program.entry, program.stage), func.name, out


@register(TRANSFORMS, "vmap_call")
def _vmap_call(b: ADBuilder, op: Op, args: tuple[Atom, ...]) -> tuple[Atom, ...]:
    given = tuple(sorted(op.attrs["mapped"]))
    func = vmap_func(b.session, op.attrs["callee"].name, given, op.attrs["size"])
    return b.call(func, args)
