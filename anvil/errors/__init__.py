"""Errors: what anvil raises, and the one screen of text that goes with it.

    AnvilError
      UnsupportedError          NotImplementedError   Python that anvil does not compile
        SourceError                                   no source text, or not the right one
      AnvilTypeError            TypeError
      AnvilValueError           ValueError
        ShapeError
          AxisError             np.exceptions.AxisError (also an AnvilIndexError)
          MatrixError           np.linalg.LinAlgError
      AnvilIndexError           IndexError
      AnvilKeyError             KeyError
      AnvilNameError            NameError
        AnvilUnboundLocalError  UnboundLocalError
      AnvilAttributeError       AttributeError
      AnvilOverflowError        OverflowError
      AnvilRecursionError       RecursionError
      ProgramTextError          ValueError            a `.air` text that cannot be read
      VerificationError         ValueError            a program that breaks a rule of the IR
      UsageError                ValueError            the command line
      InternalError             RuntimeError          a mistake in anvil
    AnvilWarning                UserWarning

Each class also derives from what Python or NumPy would raise (second column), so that a program's
own `except` clauses keep working. Which class is raised, the documentation and the anchor hang on
the code: `raise error("shape-mismatch", ...)`, declared in `codes.py`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from anvil.errors import tree
from anvil.errors.boundary import boundary, caller, located, trim
from anvil.errors.codes import CODES, Code
from anvil.errors.diagnostic import Chain, Diagnostic, Location, Note, Operand, place
from anvil.errors.reference import render_reference
from anvil.errors.snippet import SourceRange, position, short_path, snippet
from anvil.errors.tree import (
    AnvilAttributeError,
    AnvilError,
    AnvilIndexError,
    AnvilKeyError,
    AnvilNameError,
    AnvilOverflowError,
    AnvilRecursionError,
    AnvilTypeError,
    AnvilUnboundLocalError,
    AnvilValueError,
    AnvilWarning,
    AxisError,
    InternalError,
    MatrixError,
    ProgramTextError,
    ShapeError,
    SourceError,
    UnsupportedError,
    UsageError,
    VerificationError,
)

__all__ = [
    "CODES",
    "AnvilAttributeError",
    "AnvilError",
    "AnvilIndexError",
    "AnvilKeyError",
    "AnvilNameError",
    "AnvilOverflowError",
    "AnvilRecursionError",
    "AnvilTypeError",
    "AnvilUnboundLocalError",
    "AnvilValueError",
    "AnvilWarning",
    "AxisError",
    "Chain",
    "Code",
    "Diagnostic",
    "InternalError",
    "Location",
    "MatrixError",
    "Note",
    "Operand",
    "ProgramTextError",
    "ShapeError",
    "SourceError",
    "SourceRange",
    "UnsupportedError",
    "UsageError",
    "VerificationError",
    "boundary",
    "caller",
    "error",
    "located",
    "place",
    "position",
    "render_reference",
    "short_path",
    "snippet",
    "trim",
    "warn",
]

for _name in __all__:  # tracebacks print `anvil.errors.ShapeError`
    if hasattr(tree, _name):
        getattr(tree, _name).__module__ = __name__


def error(
    code: str,
    message: str,
    loc: Location | None = None,
    *,
    operands: Iterable[Operand] = (),
    notes: Iterable[str | Note] = (),
    hint: str = "",
    frames: Iterable[Location] = (),
) -> AnvilError:
    """The exception for `code`, to be raised: its class is the one declared with the code.

    `message` is one line that says what is wrong, `notes` say why, `hint` what to write instead.
    """
    diagnostic = _diagnostic(code, message, loc, operands, notes, hint, frames)
    cls: type[AnvilError] = getattr(tree, CODES[code].raises)
    return cls(diagnostic)


def warn(
    code: str,
    message: str,
    loc: Location,
    *,
    operands: Iterable[Operand] = (),
    notes: Iterable[str | Note] = (),
    hint: str = "",
) -> None:
    """Warns at the user's line; Python's filters decide how often it is shown."""
    where = loc.source_range()
    text = _diagnostic(code, message, loc, operands, notes, hint, ()).render()
    category: type[Warning] = getattr(tree, CODES[code].raises)
    warnings.warn_explicit(text, category, where.file, where.line, "anvil", _warned)


_warned: dict[str | tuple[str, type[Warning], int], int] = {}


def _diagnostic(
    code: str,
    message: str,
    loc: Location | None,
    operands: Iterable[Operand],
    notes: Iterable[str | Note],
    hint: str,
    frames: Iterable[Location],
) -> Diagnostic:
    records = tuple(Note(note) if isinstance(note, str) else note for note in notes)
    return Diagnostic(code, message, loc, tuple(operands), records, hint, tuple(frames))
