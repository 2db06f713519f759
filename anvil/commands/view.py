"""`anvil view`: all stages side by side in one HTML file that needs nothing else.

Pointing at a line marks, in every column, the lines that came from the same line of the source.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from anvil.api.compile import optimise
from anvil.commands.stages import STAGES, Loaded, stage_program, stage_text
from anvil.errors import AnvilError
from anvil.ir.loc import primary
from anvil.ir.printer import Printer
from anvil.ir.records import Program
from anvil.opt.pipeline import Report

Line = tuple[str, str]
"""A line of text and the source line (`file:line`) that it came from, or nothing."""

_IR: Final = ("parse", "core", "adjoint", "opt", "jvp", "vjp")

_PAGE: Final = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>
:root {{ color-scheme: light dark; --edge: #8885; --mark: #fc06; }}
body {{ margin: 0; font: 13px/1.45 ui-monospace, Menlo, Consolas, monospace; }}
header {{ padding: 8px 12px; border-bottom: 1px solid var(--edge); }}
h1 {{ display: inline; font-size: 15px; margin-right: 2em; }}
label {{ margin-right: 1em; white-space: nowrap; }}
main {{ display: flex; height: calc(100vh - 44px); overflow-x: auto; }}
section {{ flex: 1 0 30em; overflow: auto; border-right: 1px solid var(--edge); }}
section.off {{ display: none; }}
h2 {{ position: sticky; top: 0; margin: 0; padding: 4px 12px; font-size: 13px;
  background: Canvas; border-bottom: 1px solid var(--edge); }}
h2 small {{ font-weight: normal; opacity: .7; }}
pre {{ margin: 0; padding: 8px 12px; }}
pre span {{ display: block; min-height: 1.45em; }}
.same {{ background: var(--mark); }}
</style>
<header><h1>{title}</h1>{boxes}</header>
<main>{columns}</main>
<script>
const spans = [...document.querySelectorAll("[data-at]")];
let marked = "";
document.addEventListener("mouseover", e => {{
  const at = e.target.dataset ? e.target.dataset.at || "" : "";
  if (at === marked) return;
  marked = at;
  for (const s of spans) s.classList.toggle("same", at !== "" && s.dataset.at === at);
}});
for (const box of document.querySelectorAll("input"))
  box.addEventListener("change", () =>
    document.getElementById(box.value).classList.toggle("off", !box.checked));
</script>
</html>
"""


@dataclass(frozen=True)
class Column:
    """One stage: its name, what it is, and its lines; `shown` at first."""

    name: str
    about: str
    lines: tuple[Line, ...]
    shown: bool = True


def page(title: str, columns: Sequence[Column]) -> str:
    """The HTML page."""
    boxes = "".join(
        f'<label><input type="checkbox" value="c{i}"{" checked" if c.shown else ""}>'
        f" {html.escape(c.name)}</label>"
        for i, c in enumerate(columns)
    )
    body = "".join(_column(i, c) for i, c in enumerate(columns))
    return _PAGE.format(title=html.escape(title), boxes=boxes, columns=body)


def _column(i: int, column: Column) -> str:
    off = "" if column.shown else ' class="off"'
    spans = "".join(_span(text, at) for text, at in column.lines)
    about = f" <small>{html.escape(column.about)}</small>" if column.about else ""
    return (
        f'<section id="c{i}"{off}><h2>{html.escape(column.name)}{about}</h2>'
        f"<pre>{spans}</pre></section>"
    )


def _span(text: str, at: str) -> str:
    data = f' data-at="{html.escape(at)}"' if at else ""
    return f"<span{data}>{html.escape(text)}</span>"


def columns(loaded: Loaded, stages: Iterable[str], *, passes: bool = False) -> list[Column]:
    """The source, the stages, and the program after each pass that changed it if asked for.

    Of a stage that the program does not have, the column says why.
    """
    found = [*_sources(loaded.program)]
    for stage in stages:
        found.append(Column(stage, STAGES[stage], _stage(loaded, stage)))
        if passes and stage == "parse":
            found += _passes(loaded.program)
    return found


def _stage(loaded: Loaded, stage: str) -> tuple[Line, ...]:
    try:
        if stage in _IR:
            return _lines(stage_program(loaded, stage))
        return _plain(stage_text(loaded, stage))
    except AnvilError as problem:
        if problem.code not in ("bad-option", "no-derivative", "grad-not-float"):
            raise
        return _plain(str(problem))


def _passes(program: Program) -> list[Column]:
    """The program after each pass that changed more than its stage."""
    report = Report(keep=True)
    optimise(program, report=report)
    found: list[Column] = []
    last = _lines(program)
    steps = zip(report.steps, report.stages, strict=True)
    for i, (step, (_, after)) in enumerate(steps, 1):
        lines = _lines(after)
        if lines[2:] != last[2:]:
            about = f"{step.seconds * 1e3:.2f} ms"
            found.append(Column(f"{i}: {step.name}", about, lines, shown=False))
        last = lines
    return found


def _lines(program: Program) -> tuple[Line, ...]:
    printer = Printer(abridged=True)
    printer.program(program)
    return tuple((text, _at(op)) for text, op in printer.lines)


def _at(op: object) -> str:
    loc = getattr(op, "loc", None)
    if loc is None:
        return ""
    where = primary(loc)
    return f"{where.file}:{where.line}" if where.line else ""


def _plain(text: str) -> tuple[Line, ...]:
    return tuple((line, "") for line in text.rstrip("\n").split("\n"))


def _sources(program: Program) -> list[Column]:
    """The Python file that the entry came from."""
    where = primary(program.main.origin.loc)
    path = Path(where.file)
    if path.suffix != ".py" or not path.is_file():
        return []
    text = path.read_text(encoding="utf-8", errors="replace").rstrip("\n").split("\n")
    lines = tuple((line, f"{where.file}:{n}") for n, line in enumerate(text, 1))
    return [Column(path.name, "", lines)]
