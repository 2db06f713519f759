"""How NumPy source spells reading and writing parts of arrays; see `numpy_ops`.

Starts are clamped, so `x[i]` is written only where i is known to stay inside x.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from anvil.ir.records import Atom, Op
from anvil.ir.types import ArrayType
from anvil.lower import numpy_helpers as helpers
from anvil.lower.numpy_text import ATOM, Expr, fill

Spelling = Callable[[Any, Op], Expr | None]


def type_of(a: Any) -> ArrayType:
    """The array type of an operand or result."""
    t: ArrayType = a.type
    return t


def same(e: Any) -> Expr:
    """An expression as it is."""
    out: Expr = e
    return out


def _span(lo: int, hi: int, step: int, n: int) -> str:
    text = f"{lo or ''}:{hi if hi < n else ''}"
    return f"{text}:{step}" if step != 1 else text


def index(marks: Sequence[str]) -> str:
    """What stands between brackets; whole axes at the end go without saying."""
    kept = list(marks)
    while len(kept) > 1 and kept[-1] == ":":
        kept.pop()
    return ", ".join(kept)


def slice_of(w: Any, op: Op, operands: Sequence[Expr], dropped: set[int]) -> Expr:
    """Basic indexing; axes of length 1 that are `dropped` are integers."""
    spans = zip(
        op.attrs["starts"],
        op.attrs["limits"],
        op.attrs["strides"],
        type_of(op.args[0]).shape,
        strict=True,
    )
    marks = [str(s[0]) if i in dropped else _span(*s) for i, s in enumerate(spans)]
    return fill(f"{{0}}[{index(marks)}]", operands) if marks else operands[0]


def _fits(w: Any, start: Atom, size: int, length: int) -> bool:
    known = w.range(start)
    return known is not None and known[0] >= 0 and known[1] <= length - size


def read(w: Any, op: Op, operands: Sequence[Expr], dropped: set[int]) -> Expr | None:
    """`x[i]` where i is known to fit, a helper elsewhere; None if only a block will do."""
    shape, sizes = type_of(op.args[0]).shape, op.attrs["sizes"]
    rest = [i for i in range(len(shape)) if i not in dropped]
    lead = list(range(len(dropped)))
    if sorted(dropped) != lead or any(sizes[i] != shape[i] for i in rest):
        return None
    starts = operands[1 : 1 + len(lead)]
    holes = ", ".join(f"{{{i + 1}}}" for i in lead)
    if all(_fits(w, op.args[1 + i], 1, shape[i]) for i in lead):
        return fill(f"{{0}}[{holes}]", [operands[0], *starts])
    return fill(f"{w.helper(helpers.item)}({{0}}, {holes})", [operands[0], *starts])


def dynamic_slice(w: Any, op: Op) -> Expr:
    """A slice where the starts are known to fit, a helper elsewhere."""
    shape, sizes = type_of(op.args[0]).shape, op.attrs["sizes"]
    args = [w.expr(op.args[0]), *(w.weak(a) for a in op.args[1:])]
    if not sizes:
        return same(args[0])
    whole = [k == n for k, n in zip(sizes, shape, strict=True)]
    simple = [a.prec == ATOM and a.text.isidentifier() for a in args[1:]]
    fits = [
        whole[i] or (simple[i] and _fits(w, op.args[1 + i], sizes[i], n))
        for i, n in enumerate(shape)
    ]
    if all(fits):
        marks = [":" if whole[i] else f"{{{i + 1}}}:{{{i + 1}}} + {k}" for i, k in enumerate(sizes)]
        return fill(f"{{0}}[{index(marks)}]", args)
    starts = ", ".join(f"{{{i + 1}}}" for i in range(len(sizes)))
    starts += "," * (len(sizes) == 1)
    return fill(f"{w.helper(helpers.block)}({{0}}, ({starts}), {tuple(sizes)})", args)


def write(into_item: Any, into_block: Any) -> Spelling:
    """Writing into a copy."""

    def spell(w: Any, op: Op) -> Expr:
        """Of one element or row where the update is a reshape of that, of a block elsewhere."""
        x, update, *starts = op.args
        target, places = w.expr(x), [w.weak(a) for a in starts]
        if not starts:
            return fill(f"{w.helper(into_block)}({{0}}, (), {{1}})", [target, w.expr(update)])
        inner = w.folded(update, "reshape")
        shape = type_of(x).shape
        had = type_of(inner[0].args[0]).shape if inner else ()
        lead = len(shape) - len(had)
        row = (*(1,) * lead, *shape[lead:])
        if inner and had == shape[lead:] and type_of(update).shape == row and lead:
            holes = ", ".join(f"{{{i + 2}}}" for i in range(lead))
            name = w.helper(into_item)
            return fill(f"{name}({{0}}, {{1}}, {holes})", [target, inner[1][0], *places[:lead]])
        holes = ", ".join(f"{{{i + 2}}}" for i in range(len(starts))) + "," * (len(starts) == 1)
        name = w.helper(into_block)
        return fill(f"{name}({{0}}, ({holes}), {{1}})", [target, w.expr(update), *places])

    return spell


def gather(w: Any, op: Op) -> Expr | None:
    """np.take along the first axis."""
    (x, indices), axes = op.args, op.attrs["axes"]
    if tuple(axes) != (0,) or not type_of(x).shape[0]:
        return None
    inner = w.folded(indices, "reshape")
    shape = type_of(indices).shape
    if inner and type_of(inner[0].args[0]).shape == shape[:-1]:
        return fill("np.take({0}, {1}, axis=0, mode='clip')", [w.expr(x), inner[1][0]])
    return fill("np.take({0}, {1}[..., 0], axis=0, mode='clip')", [w.expr(x), w.expr(indices)])
