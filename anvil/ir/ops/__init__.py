"""Every op kind: importing this package registers them."""

from anvil.ir.ops import (
    arithmetic,
    blocks,
    contraction,
    conversion,
    creation,
    elementary,
    extrema,
    factorizations,
    indexing,
    logic,
    pieces,
    reductions,
    shape,
    sorting,
    special,
    structure,
)

__all__ = [
    "arithmetic",
    "blocks",
    "contraction",
    "conversion",
    "creation",
    "elementary",
    "extrema",
    "factorizations",
    "indexing",
    "logic",
    "pieces",
    "reductions",
    "shape",
    "sorting",
    "special",
    "structure",
]
