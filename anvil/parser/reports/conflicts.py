"""What is said of a value that two paths left in different forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anvil.errors import AnvilError
from anvil.errors import error as make_error
from anvil.ir.loc import AnyLoc
from anvil.parser.state.values import Conflict, Partial

if TYPE_CHECKING:
    from anvil.parser.context import Context
    from anvil.parser.state.heap import DictBox

_GROWING = (
    "Hold it in a list of its greatest length, `items = [0.0] * n`, with a counter for how much "
    "of it is used."
)


def conflict_error(what: str, v: Conflict, loc: AnyLoc) -> AnvilError:
    """The error that `what` is one thing on one path and another thing on another."""
    code = "branch-types" if v.loop is None else "loop-types"
    first = f"{v.first}{_line(v.first_loc)}"
    second = f"{v.second}{_line(v.second_loc)}"
    paths = ("on one path", "on another")
    if v.loop is not None:
        paths = ("before the loop", "after a step of it")
    message = f"{what} is {first} {paths[0]} and {second} {paths[1]}"
    hint = ""
    lists = "a list of" in v.first and "a list of" in v.second
    if v.loop is not None and lists and v.first != v.second:
        code, hint = "growing-list", _GROWING
    return make_error(code, message, loc, hint=hint)


def refuse_partial(ctx: Context, content: DictBox) -> None:
    """Refuses an instance as a whole that has an attribute on some paths only."""
    for name, v in content.entries.items():
        if isinstance(v, Partial):
            text = f"the attribute {name!r} is there on some of the paths that lead here only"
            hint = "Set it on all paths; `None` may stand for no value."
            ctx.error("branch-types", text, hint=hint)


def _line(loc: AnyLoc | None) -> str:
    return "" if loc is None else f" (line {loc.source_range().line})"
