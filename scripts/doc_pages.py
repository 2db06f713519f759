"""Pages of documentation that are programs: their Python is executed, their dumps are regenerated.

A block fenced as ```python is executed, all blocks of a page in one namespace. In it

    f(2.0)          # -> 4.0            states what is printed, or else the str of the value;
                                        `...` stands for any text
    # root.py                           as first line names the file that the block pretends to be

What stands between `<!-- air: EXPRESSION -->` and `<!-- end -->` is the text of that expression,
evaluated in the namespace at that point, fenced as `air` (or mlir, text, numpy); `table:` is not
fenced. Expressions see the functions of scripts/doc_tables.py too.
"""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
import re
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import doc_tables

ROOT = Path(__file__).parents[1]
EXECUTED = (
    "README.md",
    "docs/index.md",
    "docs/architecture.md",
    "docs/language.md",
    "docs/random.md",
    "docs/derivatives.md",
    "docs/extern.md",
    "docs/adding-an-op.md",
    "docs/research.md",
)
"""The pages that are executed."""

_GENERATED = re.compile(r"<!-- (\w+): (.+) -->")
_END = "<!-- end -->"
_EXPECTED = re.compile(r"# -> (.*)$")
_BEGIN, _CHECK = "__begin__", "__check__"
_FENCES = {"numpy": "python"}


@dataclass(frozen=True)
class Part:
    """A piece of a page: `plain`, `code` (a block), or else generated from `expression`."""

    kind: str
    lines: tuple[str, ...]
    expression: str = ""


def parts(text: str) -> Iterator[Part]:
    """The pieces of a page, in order; what is generated comes with what stands there now."""
    lines = iter(text.splitlines())
    for line in lines:
        generated = _GENERATED.fullmatch(line)
        if generated:
            yield Part(generated[1], tuple(_until(lines, _END)), generated[2])
        elif line == "```python":
            yield Part("code", tuple(_until(lines, "```")))
        else:
            yield Part("plain", (line,))


def _until(lines: Iterator[str], end: str) -> Iterator[str]:
    for line in lines:
        if line == end:
            return
        yield line
    raise ValueError(f"a block is not closed by {end!r}")


def render(name: str) -> str:
    """The page `name` with everything generated anew; executes its code.

    Raises AssertionError where a block does not give what it says.
    """
    page = (ROOT / name).read_text(encoding="utf-8")
    module = types.ModuleType(f"page_{Path(name).stem.replace('-', '_')}")
    sys.modules[module.__name__] = module
    with doc_tables.registries_kept():
        return "\n".join(_rendered(Path(name).stem, page, module.__dict__)) + "\n"


def _rendered(stem: str, page: str, namespace: dict[str, Any]) -> Iterator[str]:
    number = 0
    for part in parts(page):
        if part.kind == "plain":
            yield from part.lines
        elif part.kind == "code":
            number += 1
            execute(part.lines, f"{stem}_{number}.py", namespace)
            yield from ("```python", *part.lines, "```")
        else:
            yield from _generate(part, namespace)


def _generate(part: Part, namespace: dict[str, Any]) -> list[str]:
    visible = {**vars(doc_tables), **namespace}
    text = str(eval(part.expression, visible)).strip("\n")
    body = text.splitlines()
    if part.kind != "table":
        body = [f"```{_FENCES.get(part.kind, part.kind)}", *body, "```"]
    return [f"<!-- {part.kind}: {part.expression} -->", *body, _END]


def execute(lines: tuple[str, ...], filename: str, namespace: dict[str, Any]) -> None:
    """Runs one block and compares what it states with what comes out."""
    named = re.fullmatch(r"# (\S+\.py)", lines[0]) if lines else None
    filename = named[1] if named else filename
    text = "\n".join(lines) + "\n"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    checks = _Checks(filename)
    module = ast.parse(text, filename)
    module.body = [s for old in module.body for s in _stating(old, lines)]
    namespace.update({_BEGIN: checks.begin, _CHECK: checks.check})
    exec(compile(module, filename, "exec", dont_inherit=True), namespace)


def _stating(statement: ast.stmt, lines: tuple[str, ...]) -> list[ast.stmt]:
    """A statement, with the calls around it that compare it with what its comment says."""
    expected = _EXPECTED.search(lines[(statement.end_lineno or 1) - 1])
    if not expected or not isinstance(statement, ast.Expr):
        return [statement]
    before = ast.parse(f"{_BEGIN}()").body[0]
    after = ast.parse(f"{_CHECK}({statement.lineno}, {expected[1]!r}, 0)").body[0]
    assert isinstance(after, ast.Expr)
    assert isinstance(after.value, ast.Call)
    after.value.args[2] = statement.value
    return [before, after]


class _Checks:
    """Compares what statements print, or their values, with what is said of them."""

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self.printing = contextlib.ExitStack()
        self.printed = io.StringIO()

    def begin(self) -> None:
        """Starts to listen."""
        self.printed = io.StringIO()
        self.printing.enter_context(contextlib.redirect_stdout(self.printed))

    def check(self, line: int, expected: str, value: Any) -> None:
        """Compares."""
        self.printing.close()
        got = self.printed.getvalue() or str(value)
        where = f"{self.filename}:{line}"
        assert _matches(expected, got), f"{where}: says {expected!r}, gives {got!r}"


def _matches(expected: str, got: str) -> bool:
    pieces = [re.escape(" ".join(p.split())) for p in expected.split("...")]
    return re.fullmatch(".*".join(pieces), " ".join(got.split())) is not None
