"""Functions that call each other, cut into blocks at their recursive calls.

A block runs without a recursive call and then does one of

    Return(values)              hands its results to whoever called
    Enter(func, args, then)     calls; `then` is the block that goes on with the results
    Tail(func, args)            a call whose results are the caller's own: nothing comes after it
    Jump(block)                 goes on in another block: of a loop, or after a branch
    Choose(pred, first, second) one of two such ends, each with ops of its own

Loops and branches that contain recursive calls are cut as well; others stay ops of a block. What a
block reads from blocks before it is found by a fixed point over all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from anvil.ir.analysis import op_reads, walk
from anvil.ir.builder import Builder, Env
from anvil.ir.records import Atom, Const, Func, Op, Value
from anvil.ir.types import BOOL, I64, array

_SMALL = 6
"""So many ops after a branch are copied into both of its sides."""

CALLS = ("call", "recur")


@dataclass(slots=True, eq=False)
class Bind:
    """Values that are other ones from here on."""

    values: tuple[Value, ...]
    atoms: tuple[Atom, ...]


@dataclass(slots=True, eq=False)
class Return:
    """The end of a function."""

    values: tuple[Atom, ...]


@dataclass(slots=True, eq=False)
class Enter:
    """A call that is not the last thing its function does."""

    func: str
    args: tuple[Atom, ...]
    then: Block


@dataclass(slots=True, eq=False)
class Tail:
    """A call whose results are the function's."""

    func: str
    args: tuple[Atom, ...]


@dataclass(slots=True, eq=False)
class Jump:
    """Goes on in a block of the same function."""

    block: Block


@dataclass(slots=True, eq=False)
class Choose:
    """One of two continuations."""

    pred: Atom
    first: Tree
    second: Tree


def resolved(env: Env, atoms: Sequence[Atom]) -> list[Atom]:
    """Atoms under `env`."""
    return [env.get(a, a) if isinstance(a, Value) else a for a in atoms]


End: TypeAlias = "Return | Enter | Tail | Jump | Choose"


@dataclass(slots=True, eq=False)
class Tree:
    """Straight ops and bindings, then an end."""

    items: list[Op | Bind]
    end: End

    def emit(self, b: Builder, env: Env) -> None:
        """Emits the ops under `env`, which they and the bindings extend."""
        for item in self.items:
            if isinstance(item, Bind):
                env.update(zip(item.values, resolved(env, item.atoms), strict=True))
            else:
                b.copy(item, env)


@dataclass(slots=True, eq=False)
class Block:
    """A tree, the results of a call that it begins with (`given`), and what else it reads
    (`reads`).
    """

    given: tuple[Value, ...] = ()
    reads: list[Value] = field(default_factory=list)
    tree: Tree | None = None

    @property
    def code(self) -> Tree:
        """The tree, once it is there."""
        assert self.tree is not None
        return self.tree


Then: TypeAlias = Callable[[Sequence[Atom]], Tree]


class Cutter:
    """Cuts the functions of one recursive group; `entries` are their first blocks."""

    def __init__(self, funcs: Mapping[str, Func]) -> None:
        self.group = funcs
        self.blocks: list[Block] = []
        self.entries: dict[str, Block] = {}
        for name, func in funcs.items():
            self.entries[name] = self._block(lambda f=func: self._function(f), func.params)  # type: ignore[misc]

    def _function(self, func: Func) -> Tree:
        return self._tree(func.body.ops, lambda values: Tree([], Return(tuple(values))))

    def _block(self, make: Callable[[], Tree], given: tuple[Value, ...] = ()) -> Block:
        block = Block(given)
        self.blocks.append(block)
        block.tree = make()
        return block

    def inside(self, op: Op) -> bool:
        """Whether the op calls into the group, itself or in a region."""
        return self.calls(op) or any(self.calls(inner) for r in op.regions for inner in walk(r))

    def calls(self, op: Op) -> bool:
        """Whether the op is a call into the group."""
        return op.kind.name in CALLS and op.attrs["callee"].name in self.group

    # ---- one sequence of ops

    def _tree(self, ops: Sequence[Op], after: Then) -> Tree:
        items: list[Op | Bind] = []
        for i, op in enumerate(ops):
            if op.kind.terminator:
                rest = after(op.args)
                return Tree([*items, *rest.items], rest.end)
            if not self.inside(op):
                items.append(op)
                continue

            def go_on(following: Sequence[Op] = ops[i + 1 :]) -> Tree:
                return self._tree(following, after)

            done = self._cut(op, go_on, len(ops) - i - 2)
            return Tree([*items, *done.items], done.end)
        raise AssertionError("a region without a terminator")

    def _cut(self, op: Op, go_on: Callable[[], Tree], rest: int) -> Tree:
        name = op.kind.name
        if name in CALLS:
            return self._call(op, go_on)
        if name == "if":
            return self._if(op, go_on, rest)
        return self._while(op, go_on) if name == "while" else self._for(op, go_on)

    def _call(self, op: Op, go_on: Callable[[], Tree]) -> Tree:
        callee = op.attrs["callee"].name
        then = go_on()
        if _returns(then, op.outs):
            return Tree([], Tail(callee, op.args))
        block = Block(op.outs, tree=then)
        self.blocks.append(block)
        return Tree([], Enter(callee, op.args, block))

    def _if(self, op: Op, go_on: Callable[[], Tree], rest: int) -> Tree:
        join = go_on
        probe = go_on() if rest <= _SMALL else None
        if probe is None or not _is_small(probe):
            block = self._block(lambda: probe or go_on())
            join = lambda: Tree([], Jump(block))  # noqa: E731

        def after(values: Sequence[Atom]) -> Tree:
            tree = join()
            return Tree([Bind(op.outs, tuple(values)), *tree.items], tree.end)

        first, second = (self._tree(r.ops, after) for r in op.regions)
        return Tree([], Choose(op.args[0], first, second))

    def _while(self, op: Op, go_on: Callable[[], Tree]) -> Tree:
        cond, body = op.regions
        head = Block()
        self.blocks.append(head)

        def again(values: Sequence[Atom]) -> Tree:
            return Tree([Bind(cond.params, tuple(values))], Jump(head))

        def test(values: Sequence[Atom]) -> Tree:
            inner = self._tree(body.ops, again)
            inner.items.insert(0, Bind(body.params, cond.params))
            leave = go_on()
            leave.items.insert(0, Bind(op.outs, cond.params))
            return Tree([], Choose(values[0], inner, leave))

        head.tree = self._tree(cond.ops, test)
        return again(op.args)

    def _for(self, op: Op, go_on: Callable[[], Tree]) -> Tree:
        (body,) = op.regions
        index, states = body.params[0], body.params[1:]
        count = op.args[0]
        head = Block()
        self.blocks.append(head)
        more, less = _op("lt", (index, count), op, BOOL), _op("add", (index, _ONE), op, I64)

        def again(values: Sequence[Atom]) -> Tree:
            return Tree([less, Bind(body.params, (less.outs[0], *values))], Jump(head))

        inner = self._tree(body.ops, again)
        leave = go_on()
        leave.items.insert(0, Bind(op.outs, states))
        head.tree = Tree([more], Choose(more.outs[0], inner, leave))
        start = Const(array(I64), 0)
        return Tree([Bind(body.params, (start, *op.args[1:]))], Jump(head))

    # ---- what blocks read

    def liveness(self, known: Callable[[Value], bool]) -> None:
        """Finds `reads` of every block; values that are `known` everywhere are left out."""
        changed = True
        while changed:
            changed = False
            for block in self.blocks:
                assert block.tree is not None
                live = _live(block.tree)
                reads = [v for v in live if v not in block.given and not known(v)]
                if len(reads) != len(block.reads):
                    block.reads = reads
                    changed = True


_ONE = Const(array(I64), 1)


def _op(kind: str, args: tuple[Atom, ...], like: Op, dtype: object) -> Op:
    b = Builder(loc=like.loc)
    frame = b.begin("op")
    out = b.emit(kind, args)
    assert out.type.dtype is dtype
    return frame.ops[-1]


def _returns(tree: Tree, outs: tuple[Value, ...]) -> bool:
    """Whether a tree returns `outs` and does nothing else."""
    if not isinstance(tree.end, Return):
        return False
    env: dict[Atom, Atom] = {}
    for item in tree.items:
        if not isinstance(item, Bind):
            return False
        new = [env.get(a, a) for a in item.atoms]
        env.update(zip(item.values, new, strict=True))
    return tuple(env.get(a, a) for a in tree.end.values) == outs


def _is_small(tree: Tree) -> bool:
    if isinstance(tree.end, Choose | Enter):
        return False
    ops = [item for item in tree.items if isinstance(item, Op)]
    return len(ops) <= _SMALL and not any(op.regions for op in ops)


def _live(tree: Tree) -> dict[Value, None]:
    """The values that a tree reads, in a fixed order."""
    live = _live_end(tree.end)
    for item in reversed(tree.items):
        if isinstance(item, Bind):
            pairs = list(zip(item.values, item.atoms, strict=True))
            read = [a for v, a in pairs if v in live and isinstance(a, Value)]
            for v in item.values:
                live.pop(v, None)
        else:
            for v in item.outs:
                live.pop(v, None)
            read = list(op_reads(item))
        live.update(dict.fromkeys(read))
    return live


def _live_end(end: End) -> dict[Value, None]:
    if isinstance(end, Choose):
        live = {**_live(end.first), **_live(end.second)}
        return {**live, **_values((end.pred,))}
    if isinstance(end, Jump):
        return dict.fromkeys(end.block.reads)
    if isinstance(end, Enter):
        after = [v for v in end.then.reads if v not in end.then.given]
        return {**_values(end.args), **dict.fromkeys(after)}
    return _values(end.values if isinstance(end, Return) else end.args)


def _values(atoms: Sequence[Atom]) -> dict[Value, None]:
    return {a: None for a in atoms if isinstance(a, Value)}


def ends(tree: Tree) -> list[End]:
    """The ends of a tree, those of choices taken apart."""
    if isinstance(tree.end, Choose):
        return [*ends(tree.end.first), *ends(tree.end.second)]
    return [tree.end]
