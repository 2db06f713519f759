"""Which values to keep for later: a minimum cut between what is given and what is needed.

A list of pure ops computes values that a later piece of code (`needed`) uses. Keeping a value costs
its weight; a kept value cuts off everything it was computed from. The cheapest set of values from
which all needed ones can be recomputed is a minimum vertex cut (Checkmate and AOTAutograd's
partitioner use the same formulation), found as a maximum flow (Dinic 1970) on the graph where every
value is an edge of its weight:

    source -> in(v)        v is given only if kept (a parameter), or its op must not be run again
    in(v) -> out(v)        weight(v): the price of keeping v
    out(u) -> in(v)        the op of v reads u
    out(v) -> sink         v is needed

Of several minimum cuts the one nearest the sink is taken: the least is recomputed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from anvil.ir.analysis import op_reads
from anvil.ir.records import Op, Value

INFINITE = float("inf")


def residual_cut(
    ops: Sequence[Op],
    needed: Iterable[Value],
    given: Iterable[Value],
    weight: Callable[[Value], float],
    rerun: Callable[[Op], bool],
) -> list[Value]:
    """The values to keep, in order of definition.

    `given` are values that the later code can have only if kept; values that are neither given nor
    computed by `ops` are available anyway. `rerun(op)` says whether an op may be run again. A value
    of infinite weight is never kept, so it (and what leads to it) is recomputed; an op that may not
    be rerun must have results of finite weight.
    """
    graph = _Graph()
    order: list[Value] = list(dict.fromkeys(given))
    index = {v: i for i, v in enumerate(order)}
    for v in order:
        graph.edge(0, graph.entry(index[v]), INFINITE)
    for op in ops:
        pinned = not rerun(op)
        reads = [index[u] for u in op_reads(op) if u in index]
        for out in op.outs:
            i = index[out] = len(order)
            order.append(out)
            if pinned:
                graph.edge(0, graph.entry(i), INFINITE)
            else:
                for u in reads:
                    graph.edge(graph.exit(u), graph.entry(i), INFINITE)
    for v, i in index.items():
        graph.edge(graph.entry(i), graph.exit(i), weight(v))
    for v in dict.fromkeys(needed):
        if v in index:
            graph.edge(graph.exit(index[v]), 1, INFINITE)
    graph.saturate()
    late = graph.reaching_sink()
    return [
        v
        for v, i in index.items()
        if graph.entry(i) not in late and graph.exit(i) in late and weight(v) > 0
    ]


class _Graph:
    """A flow network: node 0 is the source, 1 the sink; edges e and e ^ 1 reverse each other."""

    def __init__(self) -> None:
        self.head: list[list[int]] = [[], []]
        self.to: list[int] = []
        self.room: list[float] = []

    @staticmethod
    def entry(i: int) -> int:
        return 2 + 2 * i

    @staticmethod
    def exit(i: int) -> int:
        return 3 + 2 * i

    def edge(self, a: int, b: int, capacity: float) -> None:
        while len(self.head) <= max(a, b):
            self.head.append([])
        for u, v, room in ((a, b, capacity), (b, a, 0.0)):
            self.head[u].append(len(self.to))
            self.to.append(v)
            self.room.append(room)

    def saturate(self) -> None:
        """Dinic's algorithm: blocking flows on level graphs until the sink is out of reach."""
        while True:
            level = self._levels()
            if level[1] < 0:
                return
            cursor = [0] * len(self.head)
            while self._augment(level, cursor):
                pass

    def _levels(self) -> list[int]:
        level = [-1] * len(self.head)
        level[0] = 0
        queue = deque([0])
        while queue:
            u = queue.popleft()
            for e in self.head[u]:
                if self.room[e] > 0 and level[self.to[e]] < 0:
                    level[self.to[e]] = level[u] + 1
                    queue.append(self.to[e])
        return level

    def _augment(self, level: list[int], cursor: list[int]) -> bool:
        """Pushes flow along one path of the level graph (an explicit stack: graphs are deep)."""
        path: list[int] = []
        u = 0
        while u != 1:
            for k in range(cursor[u], len(self.head[u])):
                e = self.head[u][k]
                if self.room[e] > 0 and level[self.to[e]] == level[u] + 1:
                    cursor[u] = k
                    path.append(e)
                    u = self.to[e]
                    break
            else:
                if not path:
                    return False
                e = path.pop()
                u = self.to[e ^ 1]
                cursor[u] += 1
        flow = min(self.room[e] for e in path)
        assert flow < INFINITE, "a needed value can be neither kept nor recomputed"
        for e in path:
            self.room[e] -= flow
            self.room[e ^ 1] += flow
        return True

    def reaching_sink(self) -> set[int]:
        """Nodes from which the sink can still be reached."""
        seen = {1}
        queue = deque([1])
        while queue:
            v = queue.popleft()
            for e in self.head[v]:
                u = self.to[e]
                if u not in seen and self.room[e ^ 1] > 0:
                    seen.add(u)
                    queue.append(u)
        return seen
