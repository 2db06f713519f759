"""Functions of the library whose partial derivatives are written next to them.

    f = sloped(value, d1, d2)     f(x1, x2) is value(x1, x2), and df = d1 dx1 + d2 dx2
                                  with di = di(f(x1, x2), x1, x2)

for values that are iterations, quadratures or pieces, where the derivative has a closed form that
is exact and cheaper. Operands of one shape, in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anvil.parser.transforms.ruled import by_jvp

Formula = Callable[..., Any]


def sloped(value: Formula, *partials: Formula) -> Formula:
    """The function with its partial derivatives; these may call it again."""

    def rule(primals: Any, tangents: Any) -> Any:
        y = found(*primals)
        moved = 0.0
        for partial, tangent in zip(partials, tangents, strict=True):
            moved = moved + partial(y, *primals) * tangent
        return y, moved

    def found(*xs: Any) -> Any:
        return by_jvp(value, rule, *xs)

    return found
