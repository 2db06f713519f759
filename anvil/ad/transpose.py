"""The reverse of one plain op, derived from its record, and of the linear fragments that jvp
rules write.

    vjp override            as the kind says
    partials                xbar_i += scale(ybar, dy/dx_i)
    linear                  kind.transpose
    otherwise               dy = kind.jvp(x, y, dx) on symbolic dx, written into a discarded frame:
                            its ops that do not depend on dx are emitted for good, those that do
                            are linear and reversed at once

A linear op is reversed like any other, with the rule that nothing it emits may read a symbolic
tangent: that is what linear means. Structural ops inside a fragment (an `if`, a call) are
reversed at the point where the tangents are zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from anvil.ad.activity import IDLE, PLAIN, Activity
from anvil.ad.context import ADBuilder, inexact, mapped
from anvil.ad.forward import apply_jvp
from anvil.ad.linearity import FIXED, LINEAR, ZERO, linear_in, plain_level
from anvil.ad.reach import DROPPING
from anvil.ad.reverse import PLAIN_OP, RULES, Cotangents, Sweep, reverse_rule
from anvil.errors import AnvilError, error
from anvil.ir.analysis import op_reads
from anvil.ir.builder import Env
from anvil.ir.records import Atom, Const, Op, Value


class OpTransposer:
    """The `Transposer` of one op of a sweep: operand i's accumulator is that of the value it
    reads.
    """

    def __init__(self, sweep: Sweep, op: Op) -> None:
        self.b: ADBuilder = sweep.b
        self.sweep = sweep
        self.op = op
        self.drops = op.kind.name in DROPPING

    def needs(self, i: int) -> bool:
        """Whether operand `i` wants a cotangent."""
        return self.sweep.active(self.op.args[i])

    def add(self, i: int, ct: Atom | None) -> None:
        """Adds a dense cotangent to the accumulator of operand `i`."""
        self.sweep.add(self.op.args[i], ct, masked=self.drops)

    def update(self, i: int, into: Callable[[Atom], Atom]) -> None:
        """Replaces the accumulator of operand `i` by `into` of it."""
        a = self.op.args[i]
        if not self.sweep.active(a):
            return
        assert isinstance(a, Value)
        total = into(self.sweep.dense(a))
        self.sweep.ct[a] = total
        self.b.mark(total)


@reverse_rule(PLAIN_OP)
def _reverse_plain(sweep: Sweep, k: int, op: Op, cts: Cotangents) -> None:
    """Adds to the operands' accumulators what the cotangents of the results of a plain op give
    them.
    """
    kind, t = op.kind, OpTransposer(sweep, op)
    wanted = [i for i in range(len(op.args)) if t.needs(i)]
    if kind.nondiff or not wanted:
        return
    if kind.vjp is not None:
        kind.vjp(t, cts, op.args, op.outs, **op.attrs)
    elif kind.partials is not None:
        _by_partials(t, op, cts[0])
    elif kind.transpose is not None and set(wanted) <= set(linear_in(op)):
        kind.transpose(t, cts[0], op.args, **op.attrs)
    else:
        _by_fragment(t, op, cts, wanted)


def _by_partials(t: OpTransposer, op: Op, ct: Atom | None) -> None:
    assert ct is not None
    assert op.kind.partials is not None
    for i, partial in enumerate(op.kind.partials):
        if partial is not None and t.needs(i):
            p = partial(t.b, op.outs[0], *op.args, **op.attrs)
            if p is not None:
                t.add(i, t.b.scale(ct, p))


def _by_fragment(t: OpTransposer, op: Op, cts: Cotangents, wanted: Sequence[int]) -> None:
    b = t.b
    frame = b.begin("fragment", [op.args[i].type for i in wanted])
    tangents: list[Atom | None] = [None] * len(op.args)
    for i, p in zip(wanted, frame.params, strict=True):
        tangents[i] = p
    found = apply_jvp(b, op, op.args, op.outs, tangents)
    b.abort(b.depth - 1)
    inner = Fragment(b, t.sweep, frame.params, op)
    linear = inner.split(frame.ops)
    for dy, ct in zip(found, cts, strict=True):
        if dy is not None and ct is not None:
            inner.add(dy, ct, masked=b.is_masked(ct))
    for o in reversed(linear):
        inner.reverse_linear(o)
    for i, p in zip(wanted, frame.params, strict=True):
        t.add(i, inner.ct.get(p))


class Fragment(Sweep):
    """The sweep over the ops of a jvp rule that are linear in its symbolic tangents."""

    def __init__(self, b: ADBuilder, outer: Sweep, tangents: Sequence[Value], owner: Op) -> None:
        super().__init__(b, Activity(outer.session))
        self.owner = owner
        self.env: Env = {}
        self.linear: dict[Value, int] = dict.fromkeys(tangents, PLAIN)
        self.activity.level = self.linear

    def split(self, ops: Sequence[Op]) -> list[Op]:
        """Emits the ops that do not depend on the tangents and returns the others."""
        linear = []
        for op in ops:
            if any(v in self.linear for v in op_reads(op)):
                linear.append(op)
                self.linear.update((v, PLAIN) for v in op.outs if inexact(v))
            else:
                self.b.copy(op, self.env)
        return linear

    def add(self, a: Atom, ct: Atom | None, masked: bool = False) -> None:
        """`Sweep.add`; a result that is an affine constant instead of linear is refused."""
        if ct is not None and not self.active(a) and not (isinstance(a, Const) and a.value == 0):
            raise self._refusal("a result that does not depend on the tangents")
        super().add(a, ct, masked)

    def reverse_linear(self, op: Op) -> None:
        """Reverses one linear op; it may not read tangents doing so."""
        cts: Cotangents = [self.ct.pop(v, None) for v in op.outs]
        if all(ct is None for ct in cts):
            return
        if op.kind.name in RULES:
            self._reverse_at_zero(op, cts)
            return
        start = len(self.frame.ops)
        plain = Op(op.kind, mapped(op.args, self.env), op.outs, op.attrs, (), op.loc)
        if not _LinearOp(self, plain).reverse(cts):
            raise self._refusal(op.kind.name)
        if any(v in self.linear for o in self.frame.ops[start:] for v in op_reads(o)):
            raise self._refusal(op.kind.name)

    def _refusal(self, what: str) -> AnvilError:
        message = f"the jvp rule of {self.owner.kind.name} is not linear in the tangents: {what}"
        return error("internal", message, self.owner.loc)

    def _reverse_at_zero(self, op: Op, cts: Cotangents) -> None:
        read = [v for v in dict.fromkeys(op_reads(op)) if v in self.linear]
        zeros = [self.b.placeholder(v.type) for v in read]
        env = {**self.env, **dict(zip(read, zeros, strict=True))}
        start = len(self.frame.ops)
        outs = self.b.copy(op, env)
        moving = dict.fromkeys(zeros, PLAIN)
        inner = Sweep(self.b, Activity(self.session, lambda v: moving.get(v, IDLE)))
        ops = self.frame.ops[start:]
        inner.activity.ops(ops)
        for a, ct in zip(outs, cts, strict=True):
            inner.add(a, ct)
        inner.run(start, start + len(ops))
        for v, z in zip(read, zeros, strict=True):
            super().add(v, inner.ct.get(z))


class _LinearOp(OpTransposer):
    """The transposer of one op of a fragment."""

    def __init__(self, sweep: Fragment, op: Op) -> None:
        super().__init__(sweep, op)
        self.fragment = sweep

    def add(self, i: int, ct: Atom | None) -> None:
        """As `OpTransposer.add`; operands that do not depend on tangents take nothing."""
        if self.needs(i):
            super().add(i, ct)

    def reverse(self, cts: Cotangents) -> bool:
        """Transposes the op; False if it is not linear in the operands that depend on tangents."""
        op = self.op
        levels = [LINEAR if self.needs(i) else _still(a) for i, a in enumerate(op.args)]
        if plain_level(op, levels) != LINEAR:
            return False
        if op.kind.transpose is not None:
            op.kind.transpose(self, cts[0], op.args, **op.attrs)
        else:
            _by_partials(self, op, cts[0])
        return True


def _still(a: Atom) -> int:
    return ZERO if isinstance(a, Const) and a.value == 0 else FIXED
