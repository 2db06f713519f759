"""What the front end raises to itself: an attempt is over, and how it may be taken up again."""

from __future__ import annotations

import ast

from anvil.errors import AnvilError
from anvil.ir.loc import AnyLoc
from anvil.ir.records import Value


class Signal(Exception):
    """What the front end raises to itself."""


class Blocked(Signal):
    """Something cannot be compiled as it stands, but could if more were known while compiling.

    `error` is what the user reads if nothing helps. `roots` are the parameters (of the function, of
    loops) that would have to be known; a loop that owns one of them, or any loop if there are none,
    tries to unroll. `exact` is a branch whose join has to keep apart what its paths have, or a
    window that has to have its full length; then the program is compiled again.

    `table` is where a dict or set is made in which the data decide the keys; then it is made a
    table, and the program compiled again.

    An index that cannot be made known is chosen at run time in the end: the place is among
    `Session.exact` then.
    """

    def __init__(
        self,
        error: AnvilError,
        roots: frozenset[Value] = frozenset(),
        unroll: ast.AST | None = None,
        exact: AnyLoc | None = None,
        table: AnyLoc | None = None,
    ) -> None:
        super().__init__(error)
        self.error = error
        self.table = table
        self.roots = roots
        self.unroll = unroll
        self.exact = exact


class NeedStatic(Blocked):
    """The value of a scalar is needed while compiling; `why` in a few words, at `loc`.

    If no parameter decides it, `unroll` is the loop that calculates it.
    """

    def __init__(
        self,
        error: AnvilError,
        roots: frozenset[Value],
        why: str,
        loc: AnyLoc,
        unroll: ast.AST | None = None,
        exact: AnyLoc | None = None,
    ) -> None:
        super().__init__(error, roots, unroll, exact)
        self.why = why
        self.loc = loc


class Refused(Blocked):
    """Something was refused in a loop; in an unrolled one more is known, and it may be accepted."""


class PathEnd(Signal):
    """The path that is being interpreted ends here: its last check always fails, or an exit is
    pending in its state.
    """
