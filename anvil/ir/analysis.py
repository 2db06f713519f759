"""Analyses: pure functions of the records, cached on identity, so they can never be stale.

    walk(x)              every op, outer before inner, in order of text
    free_values(region)  captures, in order of first use
    slice_of(ops, ...)   the ops that some values need
    uses(region)         how often each value is read, nested regions included
    definitions(region)  which op defines a value, nested regions included
    op_counts(x)         ops by kind name
    callees, call_order  who is called; callees first, recursion by anything but `recur` refused
    nbytes(type)         size in memory

A result never refers to the record it describes, so caches die with their programs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from anvil.ir.records import Func, FuncRef, Op, Program, Region, Value
from anvil.ir.types import TOKEN, ArrayType, HistType, Type

R = TypeVar("R")
X = TypeVar("X")
Scope: TypeAlias = Program | Func | Region


class RecursionRefused(Exception):
    """The call graph has a cycle: `cycle` names its functions, the first one again at the end."""

    def __init__(self, cycle: tuple[str, ...]) -> None:
        self.cycle = cycle
        super().__init__(f"recursive calls: {' -> '.join('@' + name for name in cycle)}")


def cached(fn: Callable[[X], R]) -> Callable[[X], R]:
    """Remembers `fn(record)` for as long as the record lives."""
    memo: WeakKeyDictionary[X, R] = WeakKeyDictionary()

    @wraps(fn)
    def look_up(record: X) -> R:
        try:
            return memo[record]
        except KeyError:
            result = memo[record] = fn(record)
            return result

    return look_up


def regions_of(x: Scope) -> Iterator[Region]:
    """The outermost regions of a program, function or region."""
    if isinstance(x, Region):
        yield x
    elif isinstance(x, Func):
        yield x.body
    else:
        for func in x.funcs.values():
            yield func.body


def walk(x: Scope) -> Iterator[Op]:
    """Every op, nested ones after the op that holds them."""
    open_regions = [iter(region.ops) for region in regions_of(x)][::-1]
    while open_regions:
        op = next(open_regions[-1], None)
        if op is None:
            open_regions.pop()
            continue
        yield op
        if op.regions:
            open_regions.extend(iter(region.ops) for region in reversed(op.regions))


def walk_regions(x: Scope) -> Iterator[Region]:
    """Every region, nested ones after the one that holds them."""
    stack = list(regions_of(x))[::-1]
    while stack:
        region = stack.pop()
        yield region
        stack.extend(r for op in reversed(region.ops) for r in reversed(op.regions))


@cached
def free_values(region: Region) -> tuple[Value, ...]:
    """Values of enclosing regions that `region` reads, also from inside, in order of first use."""
    known: set[Value] = set(region.params)
    found: dict[Value, None] = {}
    for op in region.ops:
        for value in op_reads(op):
            if value not in known:
                found[value] = None
        known.update(op.outs)
    return tuple(found)


def op_reads(op: Op) -> Iterator[Value]:
    """The values an op reads: its operands, then the captures of its regions (with repetition)."""
    for a in op.args:
        if type(a) is Value:
            yield a
    for region in op.regions:
        yield from free_values(region)


def captures(op: Op) -> tuple[Value, ...]:
    """The values an op's regions capture, in order of first use."""
    return tuple(dict.fromkeys(v for region in op.regions for v in free_values(region)))


def slice_of(
    ops: Sequence[Op], needed: Iterable[Value], stop: Iterable[Value] = ()
) -> tuple[Op, ...]:
    """The ops that compute `needed`, not going behind the values `stop`."""
    have = set(stop)
    wanted = {v for v in needed if v not in have}
    picked: list[Op] = []
    for op in reversed(ops):
        if not wanted.isdisjoint(op.outs):
            picked.append(op)
            wanted.update(v for v in op_reads(op) if v not in have)
    return tuple(reversed(picked))


@cached
def uses(region: Region) -> Mapping[Value, int]:
    """How often each value is an operand in `region` and the regions inside it."""
    counts: Counter[Value] = Counter()
    for op in walk(region):
        counts.update(a for a in op.args if type(a) is Value)
    return MappingProxyType(counts)


@cached
def definitions(region: Region) -> Mapping[Value, Op]:
    """The op that defines each value of `region` and of regions inside it; not its parameters."""
    return MappingProxyType({v: op for op in walk(region) for v in op.outs})


def op_counts(x: Scope) -> Counter[str]:
    """The number of ops of each kind, terminators left out."""
    return Counter(op.kind.name for op in walk(x) if not op.kind.terminator)


def size(x: Scope) -> int:
    """The number of ops, terminators left out."""
    return sum(1 for op in walk(x) if not op.kind.terminator)


@cached
def touches_tokens(region: Region) -> bool:
    """Whether an effect may happen in `region`: an op there takes or makes a token."""
    return any(v.type is TOKEN for op in walk(region) for v in (*op.args, *op.outs)) or any(
        p.type is TOKEN for p in region.params
    )


def refs(attrs: Any) -> Iterator[str]:
    """Names of the functions an attribute value (or the attributes of an op) refers to."""
    if isinstance(attrs, FuncRef):
        yield attrs.name
    elif isinstance(attrs, tuple):
        for item in attrs:
            yield from refs(item)
    elif isinstance(attrs, Mapping):
        for item in attrs.values():
            yield from refs(item)


@cached
def callees(func: Func) -> tuple[str, ...]:
    """Functions that `func` refers to (calls and transforms of them), in order of first mention."""
    ops = (op for op in walk(func) if op.attrs and op.kind.structural)
    return tuple(dict.fromkeys(name for op in ops for name in refs(op.attrs)))


@cached
def _callees_before(func: Func) -> tuple[str, ...]:
    """The callees that `call_order` puts before `func`: not those of `recur`."""
    ops = (op for op in walk(func) if op.attrs and op.kind.structural and op.kind.name != "recur")
    return tuple(dict.fromkeys(name for op in ops for name in refs(op.attrs)))


@cached
def call_order(program: Program) -> tuple[str, ...]:
    """All functions, callees before callers: the proof that the call graph is acyclic, `recur`
    apart.

    Raises RecursionRefused with the cycle. Missing functions are the verifier's concern.
    """
    order: dict[str, None] = {}
    for root in program.funcs:
        _visit(program, root, order)
    return tuple(order)


def _visit(program: Program, root: str, order: dict[str, None]) -> None:
    path: dict[str, Iterator[str]] = {}
    stack = [] if root in order else [root]
    while stack:
        name = stack[-1]
        if name not in path:
            path[name] = iter(_callees_before(program.funcs[name]))
        for callee in path[name]:
            if callee in path:
                names = [*path, callee]
                raise RecursionRefused(tuple(names[names.index(callee) :]))
            if callee in program.funcs and callee not in order:
                stack.append(callee)
                break
        else:
            stack.pop()
            del path[name]
            order[name] = None


@cached
def reachable(program: Program) -> tuple[str, ...]:
    """The functions that the entry needs, itself first."""
    seen = {program.entry: None}
    todo = [program.entry]
    while todo:
        for name in callees(program.funcs[todo.pop()]):
            if name not in seen:
                seen[name] = None
                todo.append(name)
    return tuple(seen)


@cached
def call_sites(program: Program) -> Mapping[str, int]:
    """How often each function is referred to."""
    ops = (op for op in walk(program) if op.attrs and op.kind.structural)
    counts = Counter(name for op in ops for name in refs(op.attrs))
    return MappingProxyType({name: counts[name] for name in program.funcs})


def nbytes(type: Type) -> int:
    """Bytes of a value; a history counts one recorded state, a token its i32."""
    if isinstance(type, ArrayType):
        return type.size * max(type.dtype.bits // 8, 1)
    if isinstance(type, HistType):
        return sum(nbytes(t) for t in type.states)
    return 4
