"""docs/errors.md, made from the table of codes."""

from __future__ import annotations

from itertools import groupby

from anvil.errors import tree
from anvil.errors.codes import CODES, Code

_INTRODUCTION = """\
# Errors

Every error names its code in its last line, `see docs/errors.md#CODE`, and as `error.code`. The
classes are in `anvil.errors`; each also derives from what Python or NumPy would raise at that line,
so that `except IndexError` means the same in compiled code. All derive from `AnvilError`.

No frame of anvil's own files appears in the traceback of such an error; set `ANVIL_TRACEBACK=full`
to see them. An exception that a program raises itself keeps its class and arguments and gets a note
with the line and the calls that led there; where a helper is called at several places, with all of
these.

This page is generated: `python scripts/gen_docs.py`.
"""


def render_reference() -> str:
    """The reference page of all errors, in Markdown."""
    parts = [_INTRODUCTION]
    for area, codes in groupby(CODES.values(), key=lambda code: code.area):
        rows = list(codes)
        parts.append(f"\n## {area}\n")
        parts.extend(_entry(code) for code in rows)
    return "".join(parts)


def _entry(code: Code) -> str:
    return (
        f"\n### {code.name}\n\n**{code.title}.** `{code.raises}`{_bases(code)}\n\n"
        f"{code.meaning}\n\n{code.remedy}\n"
    )


def _bases(code: Code) -> str:
    """The Python exceptions that a handler may name instead."""
    cls: type[BaseException] = getattr(tree, code.raises)
    plain = [base.__name__ for base in cls.__mro__ if base.__module__ == "builtins"]
    general = {"Exception", "BaseException", "object", "Warning", "RuntimeError", "LookupError"}
    general |= {"ArithmeticError"}
    named = [f"`{name}`" for name in plain if name not in general]
    return f", also {' and '.join(named)}." if named else "."
