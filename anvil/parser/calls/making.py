"""Functions made while compiling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anvil.parser.objects.function_attributes import own_box
from anvil.parser.state.values import UNDEFINED, CellRef, Closure

if TYPE_CHECKING:
    from anvil.parser.interp import Interp
    from anvil.parser.source.functions import FunctionInfo


def make_function(it: Interp, node: Any) -> Closure:
    """The closure that a `def` or `lambda` makes."""
    defaults = tuple(it.eval(d) for d in node.args.defaults)
    kw_defaults = tuple(UNDEFINED if d is None else it.eval(d) for d in node.args.kw_defaults)
    cells = {n: v.box for n, v in it.state.locals.items() if isinstance(v, CellRef)}
    owner: FunctionInfo = getattr(node, "_anvil_owner", it.info)
    info = owner.nested(node, frozenset(cells))
    free = tuple(cells[n] for n in info.free)
    return Closure(info, free, defaults, kw_defaults, own_box(it, info))
