"""Which local variables may be read after each statement: what a join or a loop has to carry.

A backward pass over the structured statements. Conservative: a name counts as read wherever it
occurs in an expression, inner functions and comprehensions included; only plain assignments to
names end a variable's life.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

Names = frozenset[str]
_NONE: Names = frozenset()
_NAMED = (ast.FunctionDef, ast.ClassDef, ast.MatchAs, ast.MatchStar)


def names_used(node: ast.AST) -> Names:
    """Names read anywhere in an expression or statement; remembered on the node."""
    try:
        found: Names = node._anvil_used  # type: ignore[attr-defined]
    except AttributeError:
        nodes = list(ast.walk(node))
        read = [n for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
        read += [
            n.target
            for n in nodes
            if isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name)
        ]
        found = frozenset(n.id for n in read)
        found |= {n._anvil_reads for n in nodes if hasattr(n, "_anvil_reads")}
        node._anvil_used = found  # type: ignore[attr-defined]
    return found


def mark_super(body: Sequence[ast.stmt], first: str) -> None:
    """Notes that `super()` reads the first parameter of the function."""
    for stmt in body:
        for n in ast.walk(stmt):
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "super":
                n._anvil_reads = first  # type: ignore[attr-defined]


def names_stored(node: ast.AST) -> Names:
    """Names bound anywhere in a statement (assignments, loop targets, walrus, `def`, patterns)."""
    found = set()
    for n in ast.walk(node):
        if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load):
            found.add(n.id)
        elif isinstance(n, _NAMED) and n.name:
            found.add(n.name)
        elif isinstance(n, ast.MatchMapping) and n.rest:
            found.add(n.rest)
    return frozenset(found)


def names_written_through(node: ast.AST) -> Names:
    """Names whose arrays or objects a statement may write to in place: `x[i] = v`, `x.a = v`, `x +=
    v`.
    """
    found = set()
    for n in ast.walk(node):
        if isinstance(n, ast.Subscript | ast.Attribute) and not isinstance(n.ctx, ast.Load):
            base: ast.AST = n
            while isinstance(base, ast.Subscript | ast.Attribute):
                base = base.value
            if isinstance(base, ast.Name):
                found.add(base.id)
        elif isinstance(n, ast.AugAssign) and isinstance(n.target, ast.Name):
            found.add(n.target.id)
    return frozenset(found)


class Liveness:
    """`after[s]`: names live after a statement, however it ends; `exits[s]`: where a break or
    continue in it leads; `head[s]`: at the head of a loop, before its test or next item.
    """

    def __init__(self, body: list[ast.stmt]) -> None:
        self.after: dict[ast.stmt, Names] = {}
        self.exits: dict[ast.stmt, Names] = {}
        self.head: dict[ast.stmt, Names] = {}
        self._raising: Names = _NONE
        self._block(body, _NONE, _NONE, _NONE)

    def at_end(self, stmts: Sequence[ast.stmt]) -> Names | None:
        """The names live where one block of statements ends, by an exit that is pending too; None
        if that is not known.
        """
        after = self.after.get(stmts[-1])
        if after is None:
            return None
        return after.union(*(self.exits.get(s, _NONE) for s in stmts))

    def extend(self, body: list[ast.stmt], names: Names) -> None:
        """Adds statements in which all of these names live throughout."""
        self._block(body, names, names, names)
        for stmt in (n for part in body for n in ast.walk(part) if isinstance(n, ast.stmt)):
            for table in (self.after, self.exits, self.head):
                if stmt in table:
                    table[stmt] |= names

    def _block(
        self, stmts: list[ast.stmt], out: Names, on_break: Names, on_continue: Names
    ) -> Names:
        for stmt in reversed(stmts):
            leaves = _exits(stmt)
            exits = (on_break if ast.Break in leaves else _NONE) | (
                on_continue if ast.Continue in leaves else _NONE
            )
            exits |= self._raising
            self.exits[stmt] = exits
            self.after[stmt] = out | exits
            out = self._stmt(stmt, out, on_break, on_continue) | self._raising
        return out

    def _stmt(self, s: Any, out: Names, on_break: Names, on_continue: Names) -> Names:
        kind = type(s)
        if kind is ast.Assign:
            return (out - _targets(s.targets)) | names_used(s)
        if kind is ast.If:
            then = self._block(s.body, out, on_break, on_continue)
            return names_used(s.test) | then | self._block(s.orelse, out, on_break, on_continue)
        if kind is ast.While:
            return self._loop(s, names_used(s.test), _NONE, out, on_break, on_continue)
        if kind is ast.For:
            bound = _targets([s.target])
            head = self._loop(s, names_used(s.target), bound, out, on_break, on_continue)
            return head | names_used(s.iter)
        if kind is ast.Return or kind is ast.Raise:
            return names_used(s)
        if kind is ast.Break:
            return on_break
        if kind is ast.Continue:
            return on_continue
        if kind is ast.AugAssign:
            own = frozenset([s.target.id]) if isinstance(s.target, ast.Name) else _NONE
            return out | names_used(s) | own
        if kind is ast.AnnAssign:
            gone = _targets([s.target]) if s.value is not None else _NONE
            return (out - gone) | (names_used(s.value) if s.value is not None else _NONE)
        return self._other(s, out, on_break, on_continue)

    def _inside(
        self, body: list[ast.stmt], raising: Names, out: Names, on_break: Names, on_continue: Names
    ) -> Names:
        """A block that an exception may leave anywhere, for where the names `raising` are live."""
        saved, self._raising = self._raising, self._raising | raising
        live = self._block(body, out, on_break, on_continue) | self._raising
        self._raising = saved
        return live

    def _try(self, s: ast.Try, out: Names, on_break: Names, on_continue: Names) -> Names:
        last = self._block(s.finalbody, out | on_break | on_continue, on_break, on_continue)
        orelse = self._inside(s.orelse, last, last, on_break, on_continue)
        handled = last
        for h in s.handlers:
            used = names_used(h.type) if h.type is not None else _NONE
            handled |= used | self._inside(h.body, last, last, on_break, on_continue)
        return self._inside(s.body, handled, orelse, on_break, on_continue)

    def _other(self, s: Any, out: Names, on_break: Names, on_continue: Names) -> Names:
        if isinstance(s, ast.Try):
            return self._try(s, out, on_break, on_continue)
        if isinstance(s, ast.With):
            body = self._inside(s.body, out, out, on_break, on_continue)
            return body.union(*map(names_used, s.items))
        live = out | names_used(s)
        if isinstance(s, ast.Delete):  # it fails where the name is not bound
            live |= _targets(s.targets)
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            for part in getattr(s, name, []):
                if isinstance(s, ast.FunctionDef | ast.ClassDef):
                    continue
                inner = (
                    part.body
                    if hasattr(part, "body") and not isinstance(part, ast.stmt)
                    else [part]
                )
                live |= self._block(inner, live, on_break, on_continue)
        return live

    def _loop(
        self, s: Any, test: Names, bound: Names, out: Names, on_break: Names, on_continue: Names
    ) -> Names:
        head = test | self._block(s.orelse, out, on_break, on_continue)
        for _ in range(2):
            head = head | (self._block(s.body, head, out, head) - bound)
        self.head[s] = head
        return head


def _exits(node: ast.AST) -> frozenset[type]:
    """How a statement may leave the loop around it: Break, Continue; remembered on the node."""
    if isinstance(node, ast.Break | ast.Continue):
        return frozenset((type(node),))
    if isinstance(node, ast.expr | ast.FunctionDef | ast.ClassDef):
        return frozenset()
    try:
        found: frozenset[type] = node._anvil_exits  # type: ignore[attr-defined]
    except AttributeError:
        inner = node.orelse if isinstance(node, ast.For | ast.While) else ast.iter_child_nodes(node)
        found = frozenset[type]().union(*map(_exits, inner))
        node._anvil_exits = found  # type: ignore[attr-defined]
    return found


def _targets(targets: list[Any]) -> Names:
    """Plain names among assignment targets."""
    found = []
    todo = list(targets)
    while todo:
        t = todo.pop()
        if isinstance(t, ast.Name):
            found.append(t.id)
        elif isinstance(t, ast.Tuple | ast.List):
            todo.extend(t.elts)
        elif isinstance(t, ast.Starred):
            todo.append(t.value)
    return frozenset(found)
