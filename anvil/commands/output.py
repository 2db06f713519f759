"""What commands print: headings and errors, in colour on a terminal, and values."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from typing import IO, Any, Final

import numpy as np

BOLD, RED, CYAN, DIM = "1", "31;1", "36", "2"

_IR: Final = re.compile(
    r"(?P<comment>//.*$)|(?P<text>\"(?:\\.|[^\"\\])*\")|(?P<name>[%@][\w.]+)"
    r"|(?P<word>\b(?:func|stage|entry|air|return|yield)\b)",
    re.MULTILINE,
)
_STYLES: Final = {"comment": DIM, "text": DIM, "name": CYAN, "word": BOLD}


def coloured(stream: IO[str] | None = None) -> bool:
    """Whether colours are wanted: on a terminal, unless NO_COLOR is set."""
    stream = sys.stdout if stream is None else stream
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not plain


def paint(text: str, style: str, stream: IO[str] | None = None) -> str:
    """`text` in a style, if the stream takes colours."""
    return f"\x1b[{style}m{text}\x1b[0m" if coloured(stream) else text


def highlight(text: str) -> str:
    """A program's text with its names and keywords in colour, if wanted."""
    if not coloured():
        return text
    return _IR.sub(lambda m: paint(m[0], _STYLES[str(m.lastgroup)]), text)


def show(text: str) -> None:
    """Prints text that ends in one newline."""
    sys.stdout.write(text.rstrip("\n") + "\n")


def heading(title: str, mark: str = "//") -> str:
    """A line above one of several texts; a comment in most of them."""
    return paint(f"{mark} ---- {title} ----", BOLD)


def value_text(value: Any) -> str:
    """A result as Python writes it, NumPy scalars as numbers; floats are the shortest exact."""
    if isinstance(value, np.generic):
        return repr(value.item())
    if isinstance(value, dict):
        items = ", ".join(f"{k!r}: {value_text(v)}" for k, v in value.items())
        return f"{{{items}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        inner = ", ".join(map(value_text, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if hasattr(value, "__array__"):
        return _array_text(np.asarray(value))
    return repr(value)


def _array_text(array: Any) -> str:
    if array.ndim == 0:
        return repr(array.item())
    return np.array2string(array, separator=", ", floatmode="unique", max_line_width=100)


def report_text(problem: Exception) -> str:
    """A report of anvil's as printed: its code, the screen of text, notes that were added."""
    code = getattr(problem, "code", "")
    notes = [n for n in getattr(problem, "__notes__", ()) if not n.startswith("in pass")]
    return "\n".join([f"error[{code}]: {problem}", *notes])


def print_error(text: str) -> None:
    """Prints an error on standard error, the first line in red on a terminal."""
    sys.stdout.flush()
    first, _, rest = text.partition("\n")
    print(paint(first, RED, sys.stderr) + (f"\n{rest}" if rest else ""), file=sys.stderr)


def table(rows: Sequence[Sequence[str]], indent: str = "") -> str:
    """Rows in columns; the last is as long as it likes."""
    count = max(map(len, rows), default=0)
    widths = [max((len(row[i]) for row in rows if i < len(row)), default=0) for i in range(count)]
    lines = []
    for row in rows:
        cells = [f"{cell:<{widths[i]}}" for i, cell in enumerate(row)]
        lines.append((indent + "  ".join(cells)).rstrip())
    return "\n".join(lines)
