"""The grammar of the text form, places in a text, and errors about its syntax."""

from __future__ import annotations

import hashlib
import linecache
import re
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark
from lark.exceptions import UnexpectedInput, UnexpectedToken

from anvil.errors import AnvilError, error
from anvil.ir.loc import Loc

VERSION = 1
_WORDS = {
    "LOCAL": "a value like %x",
    "GLOBAL": "a function like @f",
    "WORD": "a name",
    "INT": "a number",
    "FLOAT": "a number",
    "COMPLEX": "a number",
    "TRUE": "a number",
    "FALSE": "a number",
    "STRING": "a quoted string",
    "_NL": "the end of the line",
    "$END": "the end of the file",
}


@cache
def grammar() -> Lark:
    """The LALR parser of `grammar.lark`, built once."""
    return Lark.open(
        "grammar.lark",
        rel_to=__file__,
        parser="lalr",
        propagate_positions=True,
        maybe_placeholders=True,
    )


class Text:
    """The text being read; errors and later locations find it by its file's name."""

    def __init__(self, source: str, file: str) -> None:
        self.lines = source.split("\n")
        digest = hashlib.sha256(source.encode("utf-8", "replace")).hexdigest()
        self.file = file or f"<air {digest[:8]}>"
        if not Path(self.file).exists():
            lines = [line + "\n" for line in self.lines]
            linecache.cache[self.file] = (len(source), None, lines, self.file)

    def range(self, line: int, col: int, end_line: int, end_col: int, func: str = "") -> Loc:
        """A location from lines and columns that both count characters from 1."""
        return Loc(
            self.file, line, self._byte(line, col), end_line, self._byte(end_line, end_col), func
        )

    def _byte(self, line: int, col: int) -> int:
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return len(text[: col - 1].encode("utf-8", "replace"))

    def tree(self) -> Any:
        """The syntax tree. Raises ProgramTextError."""
        check_version(self)
        try:
            return grammar().parse("\n".join(self.lines) + "\n")
        except UnexpectedInput as problem:
            raise syntax_error(problem, self) from None

    def error(self, message: str, loc: Loc, hint: str = "") -> AnvilError:
        """An error at a place of the text."""
        return error("air-syntax", message, loc, hint=hint)


def check_version(here: Text) -> None:
    """The first line that says something is `air 1`."""
    for n, line in enumerate(here.lines, 1):
        code = line.split("//")[0].strip()
        if not code:
            continue
        found = re.fullmatch(r"air\s+(\d+)", code)
        whole = here.range(n, 1, n, len(line) + 1)
        if found is None:
            raise here.error("this is not a program text", whole, "begin with `air 1`")
        if int(found[1]) != VERSION:
            message = f"this is text of version {found[1]}; only version {VERSION} can be read"
            raise here.error(message, whole)
        return
    raise here.error("the text is empty", here.range(1, 1, 1, 1), "begin with `air 1`")


def syntax_error(problem: UnexpectedInput, here: Text) -> AnvilError:
    """What was found, and what was expected in its place."""
    line, col = max(problem.line, 1), max(problem.column, 1)
    if not isinstance(problem, UnexpectedToken):
        return here.error("this character starts nothing", here.range(line, col, line, col + 1))
    token = problem.token
    what, end = f"`{token}` is not expected here", col + len(token)
    if token.type == "_NL":
        what, end = "the line ends too early", col
    if token.type == "$END":
        line = len(here.lines)
        what, col = "the text ends too early", len(here.lines[-1]) + 1
        end = col
    names = problem.accepts or problem.expected
    wanted = dict.fromkeys(_terminal(name) for name in sorted(names))
    return here.error(what, here.range(line, col, line, end), f"expected {', or '.join(wanted)}")


def _terminal(name: str) -> str:
    if name in _WORDS:
        return _WORDS[name]
    found = [t for t in grammar().terminals if t.name == name]
    return f"`{found[0].pattern.value}`" if found else name
