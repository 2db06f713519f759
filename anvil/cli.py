"""The command `anvil` (docs/cli.md): what a user did wrong is one screen and exit code 2."""

from __future__ import annotations

import linecache
import os
import sys
import traceback
import warnings
from argparse import Namespace
from collections.abc import Sequence
from typing import TextIO

from anvil.commands.options import make_parser
from anvil.commands.output import print_error, report_text
from anvil.errors import AnvilError, AnvilWarning, InternalError

REFUSED, RAISED, INTERRUPTED = 2, 1, 130
"""Exit codes: anvil refused, the user's program raised while it ran, the user interrupted."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns the exit code. A mistake in anvil keeps its traceback."""
    args = make_parser().parse_args(argv)
    linecache.checkcache()
    try:
        return _run(args)
    except BrokenPipeError:
        return _broken_pipe()
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as problem:
        if _is_report(problem):
            print_error(report_text(problem))
            return REFUSED
        if hasattr(problem, "_anvil_place"):
            print_error("".join(traceback.format_exception_only(problem)).rstrip())
            return RAISED
        raise


def _run(args: Namespace) -> int:
    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        code: int = args.command(args)
        sys.stdout.flush()
        return code


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """anvil's own warnings have their place in the text."""
    if issubclass(category, AnvilWarning):
        print_error(f"warning: {message}")
    else:
        print_error(warnings.formatwarning(message, category, filename, lineno, line).rstrip())


def _is_report(problem: Exception) -> bool:
    """Whether anvil tells the user something; what a pass broke is a mistake in anvil."""
    broken = any(note.startswith("after pass") for note in getattr(problem, "__notes__", ()))
    return isinstance(problem, AnvilError) and not isinstance(problem, InternalError) and not broken


def _broken_pipe() -> int:
    """The reader has gone (`| head`): nothing more is written, not even at exit."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
    return 0
