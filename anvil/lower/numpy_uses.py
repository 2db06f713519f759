"""What NumPy source wants to know about a function's values before it is written."""

from __future__ import annotations

from collections.abc import Sequence

from anvil.ir.families import Elementwise
from anvil.ir.records import Const, Func, Op, Region, Value
from anvil.lower.numpy_text import function_name

Use = tuple[Op, Region]
_BLOCKS = {"dynamic_slice": 1, "dynamic_update_slice": 2, "dynamic_add_slice": 2}
_STRONG = {"select", "min", "max", "rem"}
_COMPARISONS = {"eq", "ne", "lt", "le", "gt", "ge"}
_REPEATED = {"broadcast", "iota"}
_COUNTER_BITS, _LIMIT = 40, 62


class Uses:
    """Who reads and who makes each value of a function."""

    def __init__(self, func: Func) -> None:
        self._uses: dict[Value, list[Use]] = {}
        self.makers: dict[Value, Op] = {}
        self.homes: dict[Value, Region] = {}
        self._plain: set[Value] = set()
        self._visit(func.body)

    def _visit(self, region: Region, results: Sequence[Value] | None = None) -> None:
        """Readers before what they read, so that what only idle ops read is idle too.

        `results` are what an enclosing `if` makes of what the region yields.
        """
        self.homes.update(dict.fromkeys(region.params, region))
        for op in reversed(region.ops):
            self.makers.update(dict.fromkeys(op.outs, op))
            self.homes.update(dict.fromkeys(op.outs, region))
            if self.idle(op):
                continue
            for i, a in enumerate(op.args):
                unread = op.kind.terminator and results is not None and not self.count(results[i])
                if isinstance(a, Value) and not unread:
                    self._uses.setdefault(a, []).append((op, region))
            for inner in reversed(op.regions):
                self._visit(inner, op.outs if op.kind.name == "if" else None)

    def idle(self, op: Op) -> bool:
        """Whether nobody reads the results of an op that does nothing else."""
        return not op.kind.structural and not any(self.count(v) for v in op.outs)

    def count(self, v: Value) -> int:
        """How often a value is read."""
        return len(self._uses.get(v, ()))

    def once(self, v: Value) -> bool:
        """Whether a value is read once, in the region that makes it."""
        found = self._uses.get(v, ())
        return len(found) == 1 and found[0][1] is self.homes[v]

    def only_repeats(self, v: Value) -> bool:
        """Whether every reader is elementwise and has another operand of the full shape."""
        return all(elementwise(op) and self._other(op) for op, _ in self._uses.get(v, ()))

    def _other(self, op: Op) -> bool:
        values = [a for a in op.args if isinstance(a, Value)]
        return any(not self.repeated(a) for a in values)

    def repeated(self, v: Value) -> bool:
        """Whether NumPy's broadcasting can stand for the op that makes the value."""
        maker = self.makers.get(v)
        return maker is not None and maker.kind.name in _REPEATED

    def counter(self, v: Value) -> bool:
        """Whether a loop's counter may be a Python int: every reader turns it into what NumPy
        would have made of an int64."""
        found = self._is_plain(v, _COUNTER_BITS)
        if found:
            self._mark(v)
        return found

    def _mark(self, v: Value) -> None:
        self._plain.add(v)
        for op, _ in self._uses.get(v, ()):
            if self._weak_result(op, v):
                self._mark(op.outs[0])

    def _weak_result(self, op: Op, v: Value) -> bool:
        """Whether the op would compute with Python numbers alone."""
        if op.kind.name not in _COMPARISONS | {"add", "sub", "mul"}:
            return False
        return all(isinstance(a, Const) or a is v or a in self._plain for a in op.args)

    def _is_plain(self, v: Value, bits: int) -> bool:
        return bits <= _LIMIT and all(self._allows(op, v, bits) for op, _ in self._uses.get(v, ()))

    def _allows(self, op: Op, v: Value, bits: int) -> bool:
        name = op.kind.name
        if name in _BLOCKS:
            return v not in op.args[: _BLOCKS[name]]
        if name == "if" or name in _STRONG:
            return name != "select" or v is op.args[0]
        if name == "convert":
            return bool(op.attrs["dtype"].inexact)
        if name not in _COMPARISONS | {"add", "sub", "mul"}:
            return False
        if not self._weak_result(op, v):
            return True
        known = [a.value for a in op.args if isinstance(a, Const)]
        wider = max([bits, *(abs(int(c.real)).bit_length() for c in known)]) + 1
        if name == "mul":
            wider = bits + sum(abs(int(c.real)).bit_length() for c in known) if known else 99
        return self._is_plain(op.outs[0], 0 if name in _COMPARISONS else wider)


def elementwise(op: Op) -> bool:
    """Whether operands of an op may be spelled as anything that broadcasts to its shape."""
    kind = op.kind
    if kind.name in ("select", "mulz"):
        return True
    if not issubclass(kind, Elementwise) or len(op.args) < 2:
        return False
    return bool(kind.source or function_name(kind.numpy))
