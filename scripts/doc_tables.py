"""What pages of documentation may show: tables written from the registries, and excerpts."""

from __future__ import annotations

import ast
import contextlib
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from anvil.ad import REVERSE
from anvil.ir.builder import Builder
from anvil.ir.opkind import PYTHON, REGISTRY
from anvil.ir.stages import STAGES
from anvil.library import LIBRARY
from anvil.library.random import ENTRIES
from anvil.lower.numpy_source import to_numpy
from anvil.opt.passes import PASSES
from anvil.opt.pipeline import PIPELINES
from anvil.opt.rewrite import RULES
from anvil.parser.interp import EXPRESSIONS, STATEMENTS
from anvil.parser.state.inputs import ACCEPTED, REFUSED

ROOT = Path(__file__).parents[1]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    cells = [[cell.replace("|", "\\|") for cell in row] for row in lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def code(names: Iterable[str]) -> str:
    """Names in code font."""
    return ", ".join(f"`{name}`" for name in names)


# ---- tables


def stages() -> str:
    """The stages of a program and what each forbids."""
    return table(
        ("stage", "", "not legal there"),
        ((f"`{s.name}`", s.doc, code(s.forbidden)) for s in STAGES.values()),
    )


def distributions() -> str:
    """The functions of anvil.random."""
    return table(
        ("", "", "derivatives in", "as in jax.random"),
        (
            (f"`{e.signature}`", e.doc, _parameters(e.derivative), f"`{e.jax}`" if e.jax else "")
            for e in ENTRIES.values()
        ),
    )


def _parameters(names: str) -> str:
    return names if names in ("", "none") else code(names.split(", "))


def passes() -> str:
    """Every pass."""
    return table(
        ("pass", "", "stages"),
        ((f"`{p.name}`", first_sentence(p.doc), _stages(p)) for p in PASSES.values()),
    )


def _stages(item: Any) -> str:
    where = "all" if set(item.stages) == set(STAGES) else code(item.stages)
    return f"{where} → `{item.result}`" if item.result else where


def order() -> str:
    """The constraints on the order of passes, with their reasons."""
    rows = [
        (f"`{p.name}`", f"{how} `{other}`", reason)
        for p in PASSES.values()
        for how, table_ in (("after", p.after), ("needs", p.needs))
        for other, reason in table_.items()
    ]
    return table(("pass", "", "because"), rows)


def pipelines() -> str:
    """The pipelines, pass by pass."""
    return table(
        ("pipeline", "passes, in order"), ((name, code(steps)) for name, steps in PIPELINES.items())
    )


def kinks() -> str:
    """Where the derivative of an op is a convention."""
    return table(
        ("op", "convention"),
        ((f"`{k.name}`", k.at_kinks) for k in REGISTRY.values() if k.at_kinks),
    )


def syntax() -> str:
    """Python's syntax by the nodes of `ast`: what the front end has a rule for, and the rest."""
    rows = []
    for title, base, rules in (
        ("statements", ast.stmt, STATEMENTS),
        ("expressions", ast.expr, EXPRESSIONS),
    ):
        python = (n for n in base.__subclasses__() if n.__module__ in ("ast", "_ast"))
        nodes = [n for n in python if n not in _PARTS]
        compiled = [n.__name__ for n in nodes if n in rules]
        refused = [n.__name__ for n in nodes if n not in rules]
        rows.append((title, code(compiled), code(refused)))
    return table(("", "compiled", "refused"), rows)


_PARTS = (ast.FormattedValue,)
"""Nodes that only stand inside others."""


def inputs() -> str:
    """What can be passed."""
    return table(("accepted", "in compiled code"), ((r.title, r.inside) for r in ACCEPTED))


def refused_inputs() -> str:
    """What cannot be passed."""
    return table(("refused", "instead"), ((r.title, r.hint) for r in REFUSED))


def modules(package: str) -> str:
    """The modules of a package with the first sentences of their docstrings."""
    folder = ROOT / "anvil" / package
    files = sorted(p for p in folder.glob("*.py") if p.name != "__init__.py")
    return table(("module", ""), ((f"`{package}/{p.name}`", docstring(p)) for p in files))


def docstring(file: Path) -> str:
    """The first sentence of a module."""
    return first_sentence(ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "")


def first_sentence(text: str) -> str:
    """The first sentence, or the first paragraph up to a colon."""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return paragraph.split(". ")[0].rstrip(".:")


# ---- excerpts


def lines(text: Any, first: int, last: int) -> str:
    """Some lines of a text, counted from 1, with dots where others are left out."""
    found = str(text).strip("\n").splitlines()
    before = ["..."] if first > 1 else []
    after = ["..."] if last < len(found) else []
    return "\n".join([*before, *found[first - 1 : last], *after])


def between(text: Any, start: str, end: str) -> str:
    """The lines from the first that contains `start` to the next that begins with `end`."""
    found = str(text).splitlines()
    first = next(i for i, line in enumerate(found) if start in line)
    last = next(i for i, line in enumerate(found) if i > first and line.startswith(end))
    return textwrap.dedent("\n".join(found[first : last + 1]))


def block(text: Any, start: str, last: bool = False) -> str:
    """A statement with its regions: from the first (or last) line that contains `start`."""
    found = str(text).splitlines()
    where = [i for i, line in enumerate(found) if start in line]
    first = where[-1 if last else 0]
    indent = found[first][: len(found[first]) - len(found[first].lstrip())]
    end = next(i for i in range(first + 1, len(found)) if found[i] == f"{indent}}}")
    return textwrap.dedent("\n".join(found[first : end + 1]))


def jvp_source(function: Any, *args: Any) -> str:
    """NumPy source of the forward derivative of a compiled function."""
    return to_numpy(function.ir(*args, stage="jvp").program)


def raised(function: Callable[..., Any], *args: Any) -> str:
    """The report of the exception that a call raises, as a user sees it."""
    try:
        function(*args)
    except Exception as error:
        notes = "\n".join(getattr(error, "__notes__", ()))
        return f"{type(error).__name__}: {error}\n{notes}".rstrip()
    raise AssertionError(f"{function} was to raise")


@contextlib.contextmanager
def registries_kept() -> Iterator[None]:
    """Takes back what is registered meanwhile: ops, rules, library functions, transforms."""
    registries: list[Any] = [REGISTRY, PYTHON, LIBRARY.functions, RULES, REVERSE]
    before = [dict(registry) for registry in registries]
    try:
        yield
    finally:
        for registry, entries in zip(registries, before, strict=True):
            for name in registry.keys() - entries.keys():
                if name in vars(Builder):  # the method that a builder made for a new op
                    delattr(Builder, name)
            registry.clear()
            registry.update(entries)
