"""The exception classes; `anvil.errors` draws the tree and re-exports them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from anvil.errors.diagnostic import Diagnostic, Location, Operand


class AnvilError(Exception):
    """Anything that anvil refuses or reports; its text is one screen about the user's own lines."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic)

    @property
    def diagnostic(self) -> Diagnostic:
        """The parts of the message, for programs."""
        diagnostic: Diagnostic = self.args[0]
        return diagnostic

    @property
    def code(self) -> str:
        """The name of the error in docs/errors.md, such as `shape-mismatch`."""
        return self.diagnostic.code

    def locate(self, loc: Location) -> None:
        """Fills in where it happened, if that is not known yet."""
        if self.diagnostic.loc is None or not self.diagnostic.loc.source_range().line:
            self.args = (replace(self.diagnostic, loc=loc),)

    def involve(self, operands: tuple[Operand, ...]) -> None:
        """Fills in the values involved, if none are known yet."""
        if not self.diagnostic.operands:
            self.args = (replace(self.diagnostic, operands=operands),)

    def called_from(self, loc: Location) -> None:
        """Adds the next caller outwards to the user's chain of calls."""
        frames = (loc, *self.diagnostic.frames)
        self.args = (replace(self.diagnostic, frames=frames),)

    def __str__(self) -> str:
        return self.diagnostic.render()


class UnsupportedError(AnvilError, NotImplementedError):
    """Python that CPython runs and anvil does not compile."""


class SourceError(UnsupportedError):
    """The source text of a function cannot be had, or is not what was compiled by Python."""


class AnvilTypeError(AnvilError, TypeError):
    """Operands, arguments or dtypes that do not fit."""


class AnvilValueError(AnvilError, ValueError):
    """A value that the operation does not accept."""


class ShapeError(AnvilValueError):
    """Shapes that do not fit together."""


class MatrixError(ShapeError, np.linalg.LinAlgError):
    """An array whose shape linear algebra does not take."""


class AnvilIndexError(AnvilError, IndexError):
    """An index outside its axis or sequence, or one of the wrong kind."""


class AxisError(ShapeError, AnvilIndexError, np.exceptions.AxisError):
    """An axis that the array does not have; NumPy's is a ValueError and an IndexError as well."""


class AnvilKeyError(AnvilError, KeyError):
    """A key that the dictionary does not have."""


class AnvilNameError(AnvilError, NameError):
    """A name that nothing defines."""


class AnvilUnboundLocalError(AnvilNameError, UnboundLocalError):
    """A local variable that is read before it is assigned."""


class AnvilAttributeError(AnvilError, AttributeError):
    """An attribute that the object does not have."""


class AnvilOverflowError(AnvilError, OverflowError):
    """A Python number too large for its compiled type."""


class AnvilRecursionError(AnvilError, RecursionError):
    """Calls nested too deeply."""


class ProgramTextError(AnvilError, ValueError):
    """A `.air` text that cannot be read.

    It is no SyntaxError: Python prints those in a form of its own, without the diagnostic.
    """


class VerificationError(AnvilError, ValueError):
    """A program that breaks a rule of the IR."""


class UsageError(AnvilError, ValueError):
    """A command line that asks for something that is not there."""


class InternalError(AnvilError, RuntimeError):
    """A mistake in anvil itself."""


class AnvilWarning(UserWarning):
    """Something that is right but probably not what was meant."""
