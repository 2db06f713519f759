"""What the type rules refuse, and the one sentence they say."""

from __future__ import annotations

import re
from typing import Any

import pytest

from anvil.ir.builder import Builder
from anvil.ir.opkind import RuleError
from anvil.ir.types import BOOL, C128, F32, F64, I32, I64, TOKEN, Type, array

V, W, M = array(F64, (3,)), array(F64, (4,)), array(F64, (3, 4))
S, N, I2 = array(F64), array(I64), array(I64, (2, 2))
DOT = {"lhs_contract": (1,), "rhs_contract": (0,), "lhs_batch": (), "rhs_batch": ()}

REFUSED: list[tuple[str, list[Type], dict[str, Any], str]] = [
    ("add", [V, W], {}, "add expects operands of one shape, got f64[3], f64[4]"),
    ("add", [V, array(F32, (3,))], {}, "operands of one dtype, got f64[3], f32[3]"),
    ("add", [TOKEN, V], {}, "add expects arrays, got token"),
    ("sin", [N], {}, "sin is not defined for i64, only for f16, f32, f64, c64, c128"),
    ("lt", [array(C128), array(C128)], {}, "lt is not defined for c128"),
    ("not", [V], {}, "not is not defined for f64"),
    ("select", [V, V, V], {}, "select expects a bool predicate, got f64[3]"),
    ("bitcast", [V], {"dtype": I32}, "bitcast of f64[3] to i32, which has another width"),
    ("reduce_sum", [V], {"axes": (1,)}, "reduce_sum over axes (1,) of f64[3]: no such axes"),
    ("reduce_sum", [M], {"axes": (0, 0)}, "over axes (0, 0) of f64[3,4]"),
    ("reduce_max", [array(F64, (0,))], {"axes": (0,)}, "an empty axis has none"),
    ("argmax", [array(F64, (0,))], {"axis": 0}, "an empty axis has none"),
    ("sort", [V, W], {"axis": 0}, "sort expects operands of one shape"),
    ("sort", [V], {"axis": 0, "num_keys": 2}, "sort by 2 keys of 1 operands"),
    ("sort", [array(C128, (3,))], {"axis": 0}, "sort has no order of c128"),
    ("broadcast", [V], {"shape": (3, 4), "dims": (1,)}, "lengths differ"),
    ("broadcast", [M], {"shape": (3, 4), "dims": (1, 0)}, "no places for its axes"),
    ("reshape", [M], {"shape": (5,)}, "reshape of f64[3,4] to (5,): sizes 12 and 5"),
    ("transpose", [M], {"perm": (0, 0)}, "(0, 0) is no order of its axes"),
    ("concatenate", [M, V], {"axis": 0}, "shapes differ"),
    ("concatenate", [M], {"axis": 2}, "concatenate along axis 2"),
    ("slice", [V], {"starts": (0,), "limits": (4,), "strides": (1,)}, "slice 0:4:1 of an axis"),
    ("slice", [V], {"starts": (), "limits": (), "strides": ()}, "one start, limit and stride"),
    ("pad", [V, V], {"low": (0,), "high": (0,), "interior": (0,)}, "not with a scalar of its"),
    ("pad", [V, S], {"low": (-1,), "high": (0,), "interior": (0,)}, "one >= 0 of each per axis"),
    ("reverse", [V], {"axes": (1,)}, "no such axes"),
    ("iota", [], {"shape": (3,), "axis": 1}, "iota along axis 1 of (3,)"),
    ("gather", [M, I2], {"axes": (0,)}, "gather along axes (0,) with indices i64[2,2]"),
    ("gather", [array(F64, (0,)), array(I64, (2, 1))], {"axes": (0,)}, "axis without elements"),
    ("scatter", [M, I2, V], {"axes": (0, 1)}, "expected f64[2]"),
    ("dynamic_slice", [M, N], {"sizes": (1, 1)}, "one i64 scalar per axis"),
    ("dynamic_slice", [V, N], {"sizes": (4,)}, "a block of shape (4,) does not fit"),
    ("dynamic_update_slice", [V, W, N], {}, "a block of shape (4,) does not fit"),
    ("dot_general", [V, V], DOT, "over axes (1,) of f64[3]: no such axes"),
    ("dot_general", [M, V], DOT, "contracts axis 1 of f64[3,4] with axis 0 of f64[3]: lengths 4"),
    ("dot_general", [array(BOOL, (3, 3))] * 2, DOT, "dot_general is not defined for bool"),
]


@pytest.mark.parametrize("name, types, attrs, message", REFUSED, ids=lambda v: str(v)[:40])
def test_refusals(name: str, types: list[Type], attrs: dict[str, Any], message: str) -> None:
    """Operands that do not fit are named with their types."""
    b = Builder(types)
    with pytest.raises(RuleError, match=re.escape(message)):
        b.emit(name, b.params, attrs)
