"""sort: several arrays moved together by the order of the first ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from anvil.ir.families import (
    Args,
    Batched,
    arrays,
    check_axes,
    expand_unbatched,
    same_shape,
    type_at,
)
from anvil.ir.opkind import OpKind, RuleError
from anvil.ir.records import Op
from anvil.ir.samples import shaped
from anvil.ir.types import BOOL, I64, REALS, Type


def _order(b: Any, keys: Args, axis: int) -> Any:
    """The position from which each element of the sorted arrays came."""
    place = b.iota(shape=type_at(keys[0]).shape, axis=axis, dtype=I64)
    return b.emit_tuple("sort", (*keys, place), {"axis": axis, "num_keys": len(keys)})[-1]


class Sort(OpKind):
    """All operands reordered along `axis` so that the first `num_keys` ascend, earlier keys first;
    stable, nan last."""

    name, attrs, dtypes = "sort", {"axis": 0, "num_keys": 1}, (BOOL, *REALS)
    at_kinks = "ties: derivatives follow the stable order"
    samples = shaped(
        ((6,), {"axis": 0, "num_keys": 1}),
        ((2, 5), (2, 5), {"axis": 1, "num_keys": 1}),
        ((4, 2), (4, 2), (4, 2), {"axis": 0, "num_keys": 2}),
    )

    @staticmethod
    def type(*types: Type, axis: int, num_keys: int) -> tuple[Type, ...]:
        """Those of the operands."""
        ts = arrays("sort", types)
        if not 1 <= num_keys <= len(ts):
            raise RuleError(f"sort by {num_keys} keys of {len(ts)} operands")
        same_shape("sort", ts)
        check_axes("sort", ts[0], (axis,))
        if any(t.dtype not in Sort.dtypes for t in ts[:num_keys]):
            raise RuleError(f"sort has no order of {ts[0].dtype}")
        return tuple(ts)

    @staticmethod
    def numpy(*args: Any, axis: int, num_keys: int) -> Any:
        """np.lexsort, whose last key comes first."""
        order = np.lexsort(args[:num_keys][::-1], axis=axis)
        moved = tuple(np.take_along_axis(a, order, axis) for a in args)
        return moved if len(moved) > 1 else moved[0]

    @staticmethod
    def hlo(e: Any, op: Op) -> None:
        """stablehlo.sort with a comparator that puts nan last and takes 0.0 and -0.0 as equal."""
        names = ", ".join([e.operand(a) for a in op.args])
        types = ", ".join([e.mlir(a.type) for a in op.args])
        scalars = [e.mlir(type_at(a).with_shape(())) for a in op.args]
        params = [(e.fresh(), e.fresh()) for _ in op.args]
        head = ", ".join(f"{p}: {t}" for pair, t in zip(params, scalars, strict=True) for p in pair)
        lines: list[str] = []
        before = ""
        for i in reversed(range(op.attrs["num_keys"])):
            floats = type_at(op.args[i]).dtype.kind == "f"
            before = _before(e, lines, params[i], scalars[i], floats, before)
        body = "\n".join(lines)
        e.results(
            op.outs,
            f'"stablehlo.sort"({names}) ({{\n^bb0({head}):\n{body}\n'
            f"stablehlo.return {before} : tensor<i1>\n}}) "
            f"{{dimension = {op.attrs['axis']} : i64, is_stable = true}} : ({types}) -> ({types})",
        )

    @staticmethod
    def jvp(b: Any, args: Args, outs: Args, tangents: Args, *, axis: int, num_keys: int) -> Any:
        """Tangents move along."""
        moving = [i for i, t in enumerate(tangents) if t is not None]
        attrs = {"axis": axis, "num_keys": num_keys}
        keys = args[:num_keys]
        moved = b.emit_tuple("sort", (*keys, *(tangents[i] for i in moving)), attrs)
        found = dict(zip(moving, moved[num_keys:], strict=True))
        return tuple(found.get(i) for i in range(len(args)))

    @staticmethod
    def vjp(t: Any, cts: Args, args: Args, outs: Args, *, axis: int, num_keys: int) -> None:
        """Sorting by where each element came from moves it back."""
        moving = [i for i, ct in enumerate(cts) if ct is not None and t.needs(i)]
        if not moving:
            return
        order = _order(t.b, args[:num_keys], axis)
        attrs = {"axis": axis, "num_keys": 1}
        back = t.b.emit_tuple("sort", (order, *(cts[i] for i in moving)), attrs)
        for i, ct in zip(moving, back[1:], strict=True):
            t.add(i, ct)

    @staticmethod
    def batch(b: Any, args: Args, batched: Batched, size: int, *, axis: int, num_keys: int) -> Any:
        """Along the axis moved by one."""
        full = expand_unbatched(b, args, batched, size)
        return b.emit("sort", full, {"axis": axis + 1, "num_keys": num_keys})

    @staticmethod
    def simplify(b: Any, args: Args, attrs: Any) -> Any:
        """Of at most one element along the axis."""
        if type_at(args[0]).shape[attrs["axis"]] > 1:
            return None
        return tuple(args) if len(args) > 1 else args[0]


def _before(
    e: Any, lines: list[str], pair: tuple[str, str], t: str, floats: bool, later: str
) -> str:
    """Writes `a < b, or equal and later keys decide` (`later`: their verdict); returns its name."""

    def put(text: str) -> str:
        name: str = e.fresh()
        lines.append(f"{name} = {text}")
        return name

    def compare(direction: str, x: str, y: str) -> str:
        return put(f"stablehlo.compare {direction}, {x}, {y} : ({t}, {t}) -> tensor<i1>")

    def both(op: str, x: str, y: str) -> str:
        return put(f"stablehlo.{op} {x}, {y} : tensor<i1>")

    a, b = pair
    less = compare("LT", a, b)
    equal = compare("EQ", a, b) if later else ""
    if floats:
        a_nan, b_nan = compare("NE", a, a), compare("NE", b, b)
        a_number = put(f"stablehlo.not {a_nan} : tensor<i1>")
        less = both("or", less, both("and", a_number, b_nan))
        equal = both("or", equal, both("and", a_nan, b_nan)) if later else ""
    return both("or", less, both("and", equal, later)) if later else less
