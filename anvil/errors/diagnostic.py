"""What an error consists of, and how it is laid out on one screen."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from anvil.errors.codes import CODES
from anvil.errors.snippet import (
    WIDTH,
    SourceRange,
    is_anvil,
    position,
    segment,
    short_path,
    snippet,
)

FRAMES = 8  # call sites that are listed; of a longer chain, the outermost and innermost
CALL_WIDTH = 60  # columns of a call site's text


class Location(Protocol):
    """A source range, perhaps seen through transforms (`anvil.ir.loc` has the records)."""

    def source_range(self) -> SourceRange:
        """The user's source range."""

    def transforms(self) -> str:
        """How the code there was derived, such as `vjp of jvp`; empty if it was not."""


@dataclass(frozen=True, slots=True)
class Operand:
    """One value involved: `x: f64[3, 4]`, and where its shape came from."""

    name: str
    type: str
    origin: str = ""
    loc: Location | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence, and the source lines it speaks of, if any."""

    text: str
    loc: Location | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error in parts: what is wrong, where, with which operands, why, and what to do.

    Without `notes` or a `hint` the text declared with the code is shown. `frames` are the call
    sites in the user's code that led there, the outermost first.
    """

    code: str
    message: str
    loc: Location | None = None
    operands: tuple[Operand, ...] = ()
    notes: tuple[Note, ...] = ()
    hint: str = ""
    frames: tuple[Location, ...] = ()

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise KeyError(f"{self.code!r} is not declared in anvil/errors/codes.py")

    def render(self) -> str:
        """The whole message, about one screen."""
        code = CODES[self.code]
        loc, frames = self._users()
        notes = self.notes or (Note(code.meaning),)
        blocks = [
            [*place(loc), *_operands(self.operands)],
            [line for note in notes for line in (*_wrapped(note.text), *place(note.loc))],
            _wrapped(f"hint: {self.hint or code.remedy}"),
            Chain(tuple((f,) for f in frames)).lines(),
            [f"see {code.anchor}"],
        ]
        body = "\n\n".join("\n".join(f"  {line}" for line in block) for block in blocks if block)
        return f"{self.message}\n\n{body}"

    @property
    def placed(self) -> bool:
        """Whether a place in the user's own files is known."""
        return self._users()[0] is not None

    def _users(self) -> tuple[Location | None, tuple[Location, ...]]:
        """The innermost known place outside anvil's own files, and the calls around it."""
        chain = [loc for loc in (*self.frames, self.loc) if loc is not None and _known(loc)]
        outside = [loc for loc in chain if not is_anvil(loc.source_range().file)]
        return (outside[-1], tuple(outside[:-1])) if outside else (None, ())


@dataclass(frozen=True, slots=True)
class Chain:
    """The user's calls around a place, the outermost first; for each of them, every call that it
    may have been.
    """

    calls: tuple[tuple[Location, ...], ...] = ()

    def lines(self) -> list[str]:
        """The calls, the innermost last, repeated ones counted; nothing if there are none."""
        blocks: list[list[str]] = []
        for block, same in groupby(map(_alternatives, self.calls)):
            count = sum(1 for _ in same)
            blocks.append(block if count == 1 else [*block[:-1], f"{block[-1]}   ({count} times)"])
        if len(blocks) > FRAMES:
            left, right = FRAMES // 2, FRAMES - FRAMES // 2
            blocks[left:-right] = [[f"... {len(blocks) - FRAMES} more"]]
        return (
            ["called from", *(f"  {line}" for block in blocks for line in block)] if blocks else []
        )


def _alternatives(calls: Sequence[Location]) -> list[str]:
    lines = [_call(loc) for loc in calls[:FRAMES]]
    if len(calls) > FRAMES:
        lines.append(f"... {len(calls) - FRAMES} more")
    return lines if len(lines) == 1 else ["one of", *(f"  {line}" for line in lines)]


def _known(loc: Location) -> bool:
    return loc.source_range().line > 0


def place(loc: Location | None) -> list[str]:
    """`file:line:col, in function` and the source lines with carets; nothing if unknown."""
    if loc is None or not _known(loc):
        return []
    where = loc.source_range()
    derived = f" ({loc.transforms()} of this line)" if loc.transforms() else ""
    inside = f", in {where.func}" if where.func else ""
    return [f"{position(where)}{inside}{derived}", *(f"  {line}" for line in snippet(where))]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _operands(operands: Sequence[Operand]) -> list[str]:
    """Operands as a table: name and type, then where the type came from."""
    heads = [f"{operand.name}: {operand.type}" for operand in operands]
    width = max(map(len, heads), default=0)
    return [
        f"  {head:<{width}}   {_origin(operand)}".rstrip()
        for head, operand in zip(heads, operands, strict=True)
    ]


def _origin(operand: Operand) -> str:
    if operand.loc is None or not _known(operand.loc):
        return operand.origin
    where = operand.loc.source_range()
    at = f"{short_path(where.file)}:{where.line}"
    return f"{operand.origin} ({at})" if operand.origin else f"from {at}"


def _call(loc: Location) -> str:
    where = loc.source_range()
    inside = f", in {where.func}" if where.func else ""
    text = segment(where)
    if len(text) > CALL_WIDTH:
        text = f"{text[: CALL_WIDTH - 1]}…"
    return f"{position(where)}{inside}: {text}" if text else f"{position(where)}{inside}"
