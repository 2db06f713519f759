"""The texts in which the source of a code object may be found, most likely first."""

from __future__ import annotations

import ast
import linecache
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

_HISTORY = 50  # lines that a statement typed at a prompt may go on after the function's last one


@dataclass(frozen=True, slots=True)
class Text:
    """A whole source text and the name under which its lines are shown."""

    filename: str
    text: str

    def publish(self) -> None:
        """Makes the lines available to error messages."""
        if "".join(linecache.getlines(self.filename)) != self.text:
            lines = self.text.splitlines(keepends=True)
            linecache.cache[self.filename] = (len(self.text), None, lines, self.filename)


def texts(code: CodeType, namespace: dict[str, Any]) -> Iterator[Text]:
    """Candidate texts: files, cells and whatever is registered with `linecache`; `-c`; the prompt.

    `linecache` may hold a text from before the file was edited and imported again, so the file
    is looked at once more where that text was of no use. Modules that are frozen into Python have
    their files in the library all the same.
    """
    file = code.co_filename
    if file.startswith("<frozen "):
        file = str(namespace.get("__file__") or file)
    known = "".join(linecache.getlines(file, namespace))
    if known:
        yield Text(file, known)
    linecache.checkcache(file)
    fresh = "".join(linecache.getlines(file, namespace))
    if fresh and fresh != known:
        yield Text(file, fresh)
    if file == "<string>":
        yield from _command_line()
    if file == "<stdin>":
        yield from _prompt(code)


def _command_line() -> Iterator[Text]:
    """The program of `python -c`."""
    arguments = iter(sys.orig_argv[1:])
    for argument in arguments:
        option = re.fullmatch(r"-[A-Za-bd-ln-z?]*?(?:([cmWX])(.*))?", argument, re.DOTALL)
        if option is None or option[1] == "m":
            return
        if option[1] in ("W", "X") and not option[2]:
            next(arguments, None)
        elif option[1] == "c":
            text = option[2] or next(arguments, "")
            yield Text("<python -c>", text)
            yield Text("<python -c>", textwrap.dedent(text))  # what Python 3.14 does
            return


def _prompt(code: CodeType) -> Iterator[Text]:
    """Statements in the prompt's history that may define the function, the latest first.

    The history has lines, not statements: a statement begins so that the function is on its line,
    and ends where the lines parse.
    """
    readline = sys.modules.get("readline")
    if readline is None:
        return
    count = readline.get_current_history_length()
    lines = [readline.get_history_item(i) or "" for i in range(1, count + 1)]
    first = code.co_firstlineno
    length = max((line for *_, line in code.co_lines() if line is not None), default=first)
    wanted = "lambda" if code.co_name == "<lambda>" else code.co_name
    for start in range(count - length, -1, -1):
        head = lines[start + first - 1]
        if wanted not in head and not head.lstrip().startswith("@"):
            continue
        text = _statement(lines, start, start + length)
        if text is not None:
            yield Text(f"<prompt {start + 1}>", text)


def _statement(lines: list[str], start: int, end: int) -> str | None:
    """The shortest text from `start`, at least up to `end`, that parses."""
    for stop in range(end, min(len(lines), end + _HISTORY) + 1):
        text = "\n".join(lines[start:stop]) + "\n"
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        return text
    return None
