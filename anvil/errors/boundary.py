"""Tracebacks that show the user's frames and none of anvil's.

CPython adds a frame to the traceback where an exception is raised in it, and not where a bare
`raise` in an `except` clause passes it on. So the public functions write

    try:
        ...
    except Exception as error:
        trim(error)
        raise

and the caller's line is the innermost one printed. `ANVIL_TRACEBACK=full` keeps everything.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from types import FrameType, TracebackType
from typing import ParamSpec, TypeVar

from anvil.errors.diagnostic import Chain, Location, place
from anvil.errors.snippet import is_anvil
from anvil.errors.tree import AnvilError, InternalError

_P = ParamSpec("_P")
_R = TypeVar("_R")


def trim(error: BaseException) -> None:
    """Takes anvil's frames out of a report to the user; other exceptions keep theirs.

    A report is an `AnvilError`, or the user's own exception with a place added by `located`. An
    exception that anvil did not mean to raise stays whole: it is a bug, and shows where.
    """
    if isinstance(error, AnvilError) and not error.diagnostic.placed:
        where = caller()
        if where is not None:
            error.args = (replace(error.diagnostic, loc=where),)
    ours = isinstance(error, AnvilError) and not isinstance(error, InternalError)
    if not (ours or hasattr(error, "_anvil_place")) or os.environ.get("ANVIL_TRACEBACK") == "full":
        return
    error.__traceback__ = _without_anvil(error.__traceback__)
    error.__suppress_context__ = True


@dataclass(frozen=True, slots=True)
class CallSite:
    """Where the user's own code called anvil."""

    file: str
    line: int
    col: int
    end_line: int
    end_col: int
    func: str

    def source_range(self) -> CallSite:
        """Itself."""
        return self

    def transforms(self) -> str:
        """Nothing was derived from it."""
        return ""


def caller() -> CallSite | None:
    """The innermost call in the stack that is not in anvil's own files."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and is_anvil(frame.f_code.co_filename):
        frame = frame.f_back
    if frame is None:
        return None
    code = frame.f_code
    at = next(islice(code.co_positions(), frame.f_lasti // 2, None), (None,) * 4)
    line, end_line, col, end_col = (n or 0 for n in at)
    func = "" if code.co_name == "<module>" else code.co_qualname
    return CallSite(code.co_filename, line or frame.f_lineno, col, end_line, end_col, func)


def boundary(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Decorates a public function: what it reports to the user shows none of anvil's frames."""

    @functools.wraps(function)
    def public(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            trim(error)
            raise

    return public


def located(error: BaseException, loc: Location, chain: Chain | None = None) -> BaseException:
    """Adds to a user's own exception the place in compiled code that raised it, and the calls that
    led there.
    """
    if not hasattr(error, "_anvil_place"):
        error.__dict__["_anvil_place"] = loc
        lines = place(loc)
        if lines:
            lines += chain.lines() if chain is not None else ()
            error.add_note(
                "raised in compiled code at\n" + "\n".join(f"  {line}" for line in lines)
            )
    return error


def _hidden(file: str) -> bool:
    """Whether a frame is anvil's, or one of functools between two of anvil's."""
    return is_anvil(file) or file == functools.__file__


def _without_anvil(tb: TracebackType | None) -> TracebackType | None:
    kept: list[TracebackType] = []
    while tb is not None:
        if not _hidden(tb.tb_frame.f_code.co_filename):
            kept.append(tb)
        tb = tb.tb_next
    chain: TracebackType | None = None
    for tb in reversed(kept):
        chain = TracebackType(chain, tb.tb_frame, tb.tb_lasti, tb.tb_lineno)
    return chain
