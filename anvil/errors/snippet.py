"""Source lines with carets under an exact range.

Columns of `ast` count UTF-8 bytes; a terminal counts cells. A line is therefore laid out character
by character: wide characters take two cells, combining ones none, tabs go to the next stop.
"""

from __future__ import annotations

import linecache
import os
import unicodedata
from pathlib import Path
from typing import Protocol

_PACKAGE = str(Path(__file__).parents[1]) + os.sep

WIDTH = 96  # cells of a source line that are shown
LINES = 4  # lines of a range that are shown; a longer one is elided in the middle
TAB = 4


class SourceRange(Protocol):
    """A range of a source file: lines from 1, columns from 0 in UTF-8 bytes, 0 for no end."""

    @property
    def file(self) -> str:
        """The file as Python knows it."""

    @property
    def line(self) -> int:
        """The first line, 0 if unknown."""

    @property
    def col(self) -> int:
        """The first byte of the range within its line."""

    @property
    def end_line(self) -> int:
        """The last line."""

    @property
    def end_col(self) -> int:
        """The byte after the range within its last line."""

    @property
    def func(self) -> str:
        """The enclosing function."""


def is_anvil(file: str) -> bool:
    """Whether a file is one of anvil's own."""
    return file.startswith(_PACKAGE)


def short_path(file: str) -> str:
    """The path relative to the working directory where that is shorter."""
    try:
        inside = os.path.relpath(file) if os.path.isabs(file) else file
    except (OSError, ValueError):  # no working directory, or another drive
        return file
    return file if inside.startswith("..") else inside


def source_lines(file: str) -> list[str]:
    """The lines of a file or of a source registered with `linecache`, without line ends."""
    return "".join(linecache.getlines(file)).split("\n")


def position(where: SourceRange) -> str:
    """`file:line:col`, the column counted from 1 in characters as editors do."""
    lines = source_lines(where.file)
    known = where.line <= len(lines)
    column = _chars(lines[where.line - 1], where.col) if known else where.col
    return f"{short_path(where.file)}:{where.line}:{column + 1}"


def segment(where: SourceRange, text: str | None = None) -> str:
    """The source text of a range, on one line; `text` is that of the file, if at hand."""
    known = source_lines(where.file) if text is None else text.split("\n")
    lines = known[where.line - 1 : max(where.end_line, where.line)]
    if not lines:
        return ""
    if where.end_line:
        lines[-1] = lines[-1][: _chars(lines[-1], where.end_col)]
    lines[0] = lines[0][_chars(lines[0], where.col) :]
    return " ".join(" ".join(lines).split())


def snippet(where: SourceRange) -> list[str]:
    """The numbered source lines of a range, each with carets below; nothing if unavailable."""
    lines = source_lines(where.file)
    last = min(max(where.end_line, where.line), len(lines))
    numbers = _shown(where.line, last)
    texts = {n: lines[n - 1] for n in numbers if n and n <= len(lines)}
    if not any(text.strip() for text in texts.values()):
        return []
    margin = _margin([text for text in texts.values() if text.strip()])
    digits = max(len(str(last)), 3 if None in numbers else 0)
    out: list[str] = []
    for n in numbers:
        if n is None:
            out.append(f"{'...':>{digits}} |")
            continue
        start, end = _columns(where, n, texts[n])
        text, marks = _layout(texts[n], margin, start, end)
        out.append(f"{n:>{digits}} | {text}".rstrip())
        if texts[n].strip():
            out.append(f"{'':>{digits}} | {marks}")
    return out


def _shown(first: int, last: int) -> list[int | None]:
    """The line numbers to print, None for those left out."""
    if last - first < LINES:
        return list(range(first, last + 1))
    return [first, first + 1, None, last]


def _margin(texts: list[str]) -> int:
    """The length of the indentation that all lines share."""
    indents = [_indent(text) for text in texts]
    return next(
        (n for n in range(min(map(len, indents)), 0, -1) if len({i[:n] for i in indents}) == 1), 0
    )


def _indent(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


def _chars(text: str, byte: int) -> int:
    """The character at a UTF-8 byte offset."""
    return len(text.encode("utf-8", "replace")[:byte].decode("utf-8", "ignore"))


def _columns(where: SourceRange, n: int, text: str) -> tuple[int, int]:
    """The characters of line `n` that belong to the range, blanks at either side left out."""
    start = _chars(text, where.col) if n == where.line else 0
    ends_here = where.end_line == n
    end = _chars(text, where.end_col) if ends_here else len(text)
    return max(start, len(_indent(text))), min(end, len(text.rstrip()))


def _layout(text: str, margin: int, start: int, end: int) -> tuple[str, str]:
    """The line as printed, without its margin, and the line of carets below it."""
    cells, starts = _cells(text, margin)
    left, right = starts[max(start - margin, 0)], starts[max(end - margin, 0)]
    if starts[-1] <= WIDTH:
        return "".join(cells), " " * left + "^" * max(right - left, 1)
    return _clipped(cells, starts, left, right)


def _cells(text: str, margin: int) -> tuple[list[str], list[int]]:
    """Printable characters, and the cell at which each begins; one more for the end."""
    cells: list[str] = []
    starts = [0]
    for char in text[margin:]:
        if char == "\t":
            char = " " * (TAB - starts[-1] % TAB)
        elif unicodedata.category(char) == "Cc":
            char = " "
        cells.append(char)
        starts.append(starts[-1] + (len(char) if char.isspace() else _width(char)))
    return cells, starts


def _width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _clipped(cells: list[str], starts: list[int], left: int, right: int) -> tuple[str, str]:
    """A long line cut to a window that shows the range, or the beginning of it."""
    origin = 0 if right < WIDTH else max(0, min(left - WIDTH // 4, starts[-1] - WIDTH))
    inside = [
        i for i, at in enumerate(starts[:-1]) if origin <= at and starts[i + 1] <= origin + WIDTH
    ]
    first, last = inside[0], inside[-1]
    head = "…" if first else ""
    tail = "…" if last + 1 < len(cells) else ""
    shown = head + "".join(cells[first : last + 1]) + tail
    begin = max(left, starts[first])
    finish = max(min(right, starts[last + 1]), begin + 1)
    return shown, " " * (len(head) + begin - starts[first]) + "^" * (finish - begin)
