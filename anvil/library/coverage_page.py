"""docs/numpy.md, written from the tables of coverage.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from anvil.library import coverage
from anvil.library.coverage import Row
from anvil.library.differences import differences

_INTRODUCTION = """\
# NumPy

What compiled code may use of NumPy {version}, written from the library's own tables. NumPy's
values, dtypes, shapes and errors are the specification; what differs is said in the last column.
Arguments that are not named there are taken as NumPy takes them; `order=`, `subok=`, `device=` and
`like=` have no effect, for compiled code has no memory layout.

| namespace | numerical names | compiled |
| --- | --- | --- |
{shares}

Every ufunc takes `out=`, `where=`, `dtype=` and `casting=`, and has `reduce`, `accumulate`,
`reduceat`, `outer` and `at` where NumPy's has them. Functions of the library are functions like any
other: `anvil.grad(np.sin)`, `map(np.exp, xs)` and `functools.reduce(np.add, xs)` compile.

The derivative is *smooth* where it is one everywhere inside the domain, *none* where the result
does not depend on floats; otherwise the convention at a kink is named.
"""

_TITLES = {
    "numpy": "Functions",
    "numpy.ndarray": "Methods and attributes of arrays",
    "numpy.linalg": "numpy.linalg",
    "numpy.fft": "numpy.fft",
    "numpy.random": "numpy.random",
}
_QUIET = (
    "order",
    "subok",
    "device",
    "like",
    "signature",
    "kind",
    "stable",
    "copy",
    "overwrite_input",
)


def render_coverage() -> str:
    """The page, in Markdown."""
    version = ".".join(np.__version__.split(".")[:2])
    shares = "\n".join(_shares())
    parts = [_INTRODUCTION.format(version=version, shares=shares)]
    for namespace, title in _TITLES.items():
        parts.append("\n".join(_section(namespace, title)))
    parts.append("\n".join(["\n## Differences at single points\n", *differences("numpy")]))
    return "\n".join(parts) + "\n"


def _shares() -> Iterator[str]:
    for namespace in _TITLES:
        found = [r for r in coverage.rows(namespace) if r.numerical]
        if found:
            yield f"| {namespace} | {len(found)} | {coverage.percentage(namespace):.1f} % |"


def _section(namespace: str, title: str) -> Iterator[str]:
    found = list(coverage.rows(namespace))
    functions = [r for r in found if r.kind == "function"]
    values = [r for r in found if r.kind == "value"]
    refused = [r for r in found if not r.supported]
    yield f"\n## {title}\n"
    if functions:
        yield "| name | derivative | what differs |"
        yield "| --- | --- | --- |"
        yield from (_function(r) for r in functions)
    if values:
        yield f"\nKnown while compiling: {', '.join(f'`{r.name}`' for r in values)}.\n"
    if refused:
        yield "\nNot compiled:\n"
        for reason in dict.fromkeys(r.reason for r in refused):
            names = ", ".join(f"`{r.name}`" for r in refused if r.reason == reason)
            yield f"- {reason or 'no entry'}: {names}"


def _function(row: Row) -> str:
    kinks, differs = coverage.by_name(coverage.KINKS), coverage.by_name(coverage.DIFFERS)
    derivative = "none" if _whole(row) else kinks.get(row.name, "smooth")
    notes = [differs[row.name]] if row.name in differs else []
    missing = [n for n in coverage.missing_arguments(_object(row), row.entry) if n not in _QUIET]
    if missing:
        notes.append(f"not taken: {', '.join(f'`{n}=`' for n in missing)}")
    return f"| `{row.name}` | {derivative} | {'; '.join(notes)} |"


def _whole(row: Row) -> bool:
    """Whether the result does not depend on floats."""
    obj = _object(row)
    discrete = isinstance(obj, type) and issubclass(obj, np.integer | np.bool)
    return discrete or row.name in coverage.NO_DERIVATIVE


def _object(row: Row) -> Any:
    obj: Any = np
    for part in (*row.namespace.split(".")[1:], row.name):
        obj = getattr(obj, part)
    return obj
