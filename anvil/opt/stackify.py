"""The pass `stackify`: recursion becomes loops, so that no later pass ever sees a cycle of calls.

Each group of functions that call each other is cut into blocks (blocks.py) and run by one loop
over an explicit stack (machine.py), in place of every member that is called from outside. Calls
in tail position keep nothing, so they need no stack. Parameters that every call hands on as they
came (captured arrays, say) stay outside the loop, and so does what is computed from them alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from anvil.ir.analysis import callees, refs, walk
from anvil.ir.builder import Builder, Env
from anvil.ir.records import Atom, Const, Func, Op, Program, Value
from anvil.ir.types import TOKEN
from anvil.opt.blocks import CALLS, Cutter
from anvil.opt.machine import Machine

Funcs = Mapping[str, Func]


def stackify(program: Program, depth: int = 0) -> Program:
    """Turns recursive functions into loops over an explicit stack.

    A stack has room for `depth` calls, or for as many as fit into some kilobytes if that is more.
    """
    if not is_recursive(program):
        return program
    funcs = dict(program.funcs)
    for group in _groups(program):
        members = {name: program.funcs[name] for name in group}
        heads = _heads(program, members)
        for name in members:
            del funcs[name]
        for name in heads:
            funcs[name] = _loop(members, members[name], depth)
    return replace(program, funcs={n: funcs[n] for n in program.funcs if n in funcs})


def is_recursive(program: Program) -> bool:
    """Whether any function calls itself, directly or through others."""
    return any(op.kind.name == "recur" for op in walk(program))


def _calls(func: Func) -> Iterator[Op]:
    return (op for op in walk(func) if op.kind.name in CALLS)


def _groups(program: Program) -> list[list[str]]:
    """The functions that can reach themselves by calls, by who can reach whom."""
    direct = {n: {op.attrs["callee"].name for op in _calls(f)} for n, f in program.funcs.items()}
    reach = {n: _reached(direct, n) for n in program.funcs}
    groups: dict[str, list[str]] = {}
    for name in program.funcs:
        if name in reach[name]:
            first = next(n for n in program.funcs if n in reach[name] and name in reach[n])
            groups.setdefault(first, []).append(name)
    return list(groups.values())


def _reached(direct: Mapping[str, set[str]], name: str) -> set[str]:
    seen: set[str] = set()
    todo = list(direct[name])
    while todo:
        n = todo.pop()
        if n not in seen:
            seen.add(n)
            todo.extend(direct[n])
    return seen


def _heads(program: Program, members: Funcs) -> list[str]:
    """The members that are called, or referred to, from outside."""
    outside = {n for f in program.funcs.values() if f.name not in members for n in callees(f)}
    kinds = (op for f in members.values() for op in walk(f) if op.kind.name not in CALLS)
    outside |= {n for op in kinds if op.kind.structural for n in refs(op.attrs)}
    return [n for n in members if n in outside or n == program.entry]


def _loop(members: Funcs, head: Func, depth: int) -> Func:
    """The head with a loop for its body."""
    b = Builder([p.type for p in head.params], [p.hint for p in head.params], head.origin.loc)
    env = _fixed(members, head, b.params)
    _hoist(b, members, env)
    machine = Machine(b, Cutter(members), head, env, depth)
    site = min(op.attrs["site"] for f in members.values() for op in _calls(f) if "site" in op.attrs)
    return b.finish(head.name, machine.run(b.params, site), head.origin)


_VARIES = object()


def _fixed(members: Funcs, head: Func, given: tuple[Value, ...]) -> Env:
    """Parameters of members that are the same in all calls: what they are."""
    known: dict[Value, object] = dict(zip(head.params, given, strict=True))
    todo = [head]
    while todo:
        func = todo.pop()
        for op in _calls(func):
            callee = members.get(op.attrs["callee"].name)
            if callee is None:
                continue
            changed = False
            for p, a in zip(callee.params, op.args, strict=True):
                new = known.get(a, _VARIES) if isinstance(a, Value) else a
                old = known.get(p, new)
                now = new if old == new and p.type is not TOKEN else _VARIES
                if p not in known or known[p] != now:
                    known[p], changed = now, True
            if changed:
                todo.append(callee)
    return {p: v for p, v in known.items() if isinstance(v, Value | Const)}


def _hoist(b: Builder, members: Funcs, env: Env) -> None:
    """Computes before the loop what members compute from fixed parameters alone."""

    def fixed(a: Atom) -> bool:
        return isinstance(a, Const) or a in env

    for func in members.values():
        for op in walk(func):
            pure = not (op.kind.structural or op.kind.terminator or op.regions)
            if pure and all(map(fixed, op.args)):
                for v, new in zip(op.outs, b.copy(op, env), strict=True):
                    env[v] = new
