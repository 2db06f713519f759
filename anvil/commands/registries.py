"""`anvil ops`, `passes` and `rules`: what is registered, with its documentation."""

from __future__ import annotations

import difflib
import inspect
import textwrap
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any

from anvil.commands.output import show, table
from anvil.errors import error
from anvil.ir import ops as _ops
from anvil.ir.opkind import REGISTRY, OpKind
from anvil.ir.printer import attr_text, is_attr
from anvil.opt.passes import PASSES, Pass
from anvil.opt.pipeline import PIPELINES
from anvil.opt.rewrite import RULES, Rule

assert _ops.__all__, "importing the declarations registers them"


def ops(args: Namespace) -> int:
    """All kinds, one a line, or one in full."""
    if args.name:
        show(_op(_find(REGISTRY, args.name, "op")))
    else:
        show(table([(k.name, _first_line(inspect.getdoc(k))) for k in REGISTRY.values()]))
    return 0


def passes(args: Namespace) -> int:
    """All passes and pipelines, or one pass in full."""
    if args.name:
        show(_pass(_find(PASSES, args.name, "pass")))
        return 0
    rows = [(p.name, ", ".join(p.stages), _first_line(p.doc)) for p in PASSES.values()]
    lines = [f"{name}: {' '.join(table)}" for name, table in PIPELINES.items()]
    wrapped = [textwrap.fill(line, 96, subsequent_indent="    ") for line in lines]
    show("\n".join([table(rows), "", "Pipelines", *wrapped]))
    return 0


def rules(args: Namespace) -> int:
    """All rewrite rules, or one in full."""
    if args.name:
        show(_rule(_find(RULES, args.name, "rule")))
    else:
        show(table([(r.name, r.equal, _first_line(r.doc)) for r in RULES.values()]))
    return 0


def _find(registry: Mapping[str, Any], name: str, what: str) -> Any:
    found = registry.get(name)
    if found is None:
        close = difflib.get_close_matches(name, registry, n=3)
        plural = "passes" if what == "pass" else f"{what}s"
        hint = f"did you mean {' or '.join(close)}?" if close else f"`anvil {plural}` lists them"
        raise error("bad-option", f"no {what} is called {name!r}", hint=hint)
    return found


def _first_line(doc: str | None) -> str:
    """The first sentence, or as much of it as the first paragraph has."""
    paragraph = " ".join((doc or "").strip().split("\n\n")[0].split())
    sentence = paragraph.split(". ")[0].rstrip(".:")
    return textwrap.shorten(sentence, 90, placeholder=" …")


def _op(kind: type[OpKind]) -> str:
    attrs = [
        f"{name}={attr_text(value)}" if is_attr(value) and value != () else name
        for name, value in kind.attrs.items()
    ]
    rows = [
        ("attributes", ", ".join(attrs)),
        ("regions", ", ".join(kind.labels)),
        ("dtypes", ", ".join(d.name for d in kind.dtypes)),
        ("stands for", ", ".join(map(_callable, kind.python))),
        ("derivative", _derivative(kind)),
        ("at kinks", kind.at_kinks),
    ]
    facts = table([row for row in rows if row[1]], "  ")
    return "\n\n".join([kind.name, textwrap.indent(inspect.getdoc(kind) or "", "  "), facts])


def _callable(fn: Any) -> str:
    home = getattr(fn, "__module__", "") or type(fn).__module__
    home = {"numpy": "np", "builtins": ""}.get(home, home)
    name = getattr(fn, "__name__", repr(fn))
    return f"{home}.{name}" if home else name


def _derivative(kind: type[OpKind]) -> str:
    if kind.structural:
        return "by the transform's own rule"
    if kind.nondiff:
        return "none"
    if kind.transpose is not None:
        return "linear, by its transpose"
    return "partial derivatives" if kind.partials is not None else "a rule of its own"


def _pass(item: Pass) -> str:
    rows = [("stages", ", ".join(item.stages)), ("makes stage", item.result)]
    rows += [("follows", f"{other}: {why}") for other, why in item.after.items()]
    rows += [("needs", f"{other}: {why}") for other, why in item.needs.items()]
    rows.append(("removes", ", ".join(item.removes)))
    rows.append(("pipelines", _uses(item.name)))
    facts = table([row for row in rows if row[1]], "  ")
    return "\n\n".join([item.name, textwrap.indent(inspect.cleandoc(item.doc), "  "), facts])


def _uses(name: str) -> str:
    def places(names: Sequence[str]) -> str:
        return ", ".join(str(i) for i, n in enumerate(names, 1) if n == name)

    found = {pipeline: places(names) for pipeline, names in PIPELINES.items()}
    return "; ".join(f"{pipeline} at {at}" for pipeline, at in found.items() if at)


def _rule(rule: Rule) -> str:
    dtypes = {"b": "bool", "i": "int", "u": "unsigned", "f": "float", "c": "complex"}
    rows = [
        ("pattern", str(rule.pattern)),
        ("equal", rule.equal),
        ("dtypes", ", ".join(dtypes[k] for k in rule.kinds)),
    ]
    doc = textwrap.indent(inspect.cleandoc(rule.doc), "  ")
    return "\n\n".join([rule.name, doc, table(rows, "  ")])
