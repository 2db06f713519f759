"""The reference page of op kinds, `docs/ops.md`, written from the registry."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from typing import Any, Final

from anvil.ir import ops
from anvil.ir.families import linear_operands
from anvil.ir.opkind import REGISTRY, OpKind
from anvil.ir.types import ALL_DTYPES, FLOATS, INEXACT, INTEGERS, NUMBERS, REALS, DType

_HEAD: Final = """\
# Operations

Every operation of the IR, written from its declaration in `anvil/ir/ops/` by
`anvil.ir.reference`; a test keeps this page up to date.

Operands of elementwise operations have one shape; nothing broadcasts implicitly. The column
*derivative* says how an operation is differentiated: `smooth` by partial derivatives, `linear` by a
transpose (in the operands given), `rule` by a rule of its own, `none` not at all; *reverse* marks a
reverse rule of its own. *NumPy* names the function that an operation stands for.
"""

_KINKS: Final = """\
## Where the derivative is a convention

One table for both modes and all orders; equivalent spellings agree. A tangent or cotangent that is
zero because it came through an untaken side of `where`, `max` or an `if` stays zero beside an
infinite derivative, so `where(x > 0, sqrt(x), 0)` has derivative 0 at 0; `sqrt(x)` alone has inf.
"""

_ORDER: Final = (
    "arithmetic",
    "extrema",
    "elementary",
    "special",
    "logic",
    "conversion",
    "reductions",
    "sorting",
    "shape",
    "pieces",
    "indexing",
    "blocks",
    "contraction",
    "factorizations",
    "fourier",
    "systems",
    "spectra",
    "vectors",
    "spectral",
    "singular",
    "creation",
    "randomness",
    "structure",
    "host",
)
assert sorted(_ORDER) == sorted(ops.__all__)

_DTYPES: Final = {
    ALL_DTYPES: "all",
    NUMBERS: "numbers",
    REALS: "integers, floats",
    INTEGERS: "integers",
    FLOATS: "floats",
    INEXACT: "floats, complex",
}


def render_ops() -> str:
    """The text of docs/ops.md."""
    return "\n".join([_HEAD, *_modules(), _KINKS, *_kinks(), ""])


def _modules() -> Iterator[str]:
    for name in _ORDER:
        module = sys.modules[f"anvil.ir.ops.{name}"]
        kinds = [k for k in REGISTRY.values() if k.__module__ == module.__name__]
        title = _sentence(module)
        yield f"## {title}\n"
        if all(k.structural for k in kinds):
            yield "| op | attributes | |\n|---|---|---|"
            yield from (f"| `{k.name}` | {_attrs(k)} | {_doc(k)} |" for k in kinds)
        else:
            yield "| op | attributes | dtypes | derivative | NumPy | |\n|---|---|---|---|---|---|"
            yield from (_row(k) for k in kinds)
        yield ""


def _row(kind: type[OpKind]) -> str:
    cells = (f"`{kind.name}`", _attrs(kind), _dtypes(kind.dtypes), _derivative(kind), _python(kind))
    return f"| {' | '.join(cells)} | {_doc(kind)} |"


def _sentence(module: Any) -> str:
    return (module.__doc__ or "").strip().splitlines()[0].rstrip(".")


def _doc(kind: type[OpKind]) -> str:
    return " ".join(inspect.getdoc(kind).split()).replace("|", "\\|")  # type: ignore[union-attr]


def _attrs(kind: type[OpKind]) -> str:
    return ", ".join(kind.attrs)


def _dtypes(dtypes: tuple[DType, ...]) -> str:
    if dtypes in _DTYPES:
        return _DTYPES[dtypes]
    if dtypes and dtypes[0].name == "bool" and dtypes[1:] in _DTYPES:
        return f"bool, {_DTYPES[dtypes[1:]]}"
    return ", ".join(d.name for d in dtypes)


def _derivative(kind: type[OpKind]) -> str:
    reverse = ", reverse" if kind.vjp is not None else ""
    if kind.nondiff:
        return "none"
    if kind.transpose is not None:
        where = "any" if hasattr(kind, "linear_in") else _operands(linear_operands(kind, ()))
        return f"linear ({where}){reverse}"
    return ("smooth" if kind.partials else "rule") + reverse


def _operands(indices: Any) -> str:
    return ", ".join(map(str, indices))


def _python(kind: type[OpKind]) -> str:
    return ", ".join(f"`np.{f.__name__}`" for f in kind.python if type(f).__module__ == "numpy")


def _kinks() -> Iterator[str]:
    yield "| op | convention | for example (operands: derivatives) |\n|---|---|---|"
    for kind in REGISTRY.values():
        if kind.at_kinks:
            shown = "; ".join(_example(row) for row in kind.kinks)
            yield f"| `{kind.name}` | {kind.at_kinks} | {shown} |"


def _example(row: tuple[float, ...]) -> str:
    n = len(row) // 2
    return f"{_numbers(row[:n])}: {_numbers(row[n:])}"


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{v:g}" for v in values)
