"""What random programs of dicts and sets whose keys the data decide have found."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from typing import Any

import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.errors import AnvilError
from tests.parser.harness import agree


class Cell:
    def __init__(self, z: Any) -> None:
        self.z = z


def sign(x: float) -> str:
    return "plus" if x > 0 else "minus"


def counted(x: float) -> Any:
    c = Counter([sign(x), "zero"])
    del c[sign(-x)]
    del c["none"]
    return c


def counted_numbers(x: float) -> Any:
    c = Counter([int(x), 7])
    del c[int(2 * x)]
    return c, len(c)


def literal(x: float) -> Any:
    return {sign(x): 1.0, "zero": x, "plus": 2.0 * x}, {sign(x)} == {"plus"}


def made(key: str, y: float) -> Any:
    return {key: y}


def from_pairs(x: float) -> Any:
    d = dict([(sign(x), 1.0), ("plus", x)])  # noqa: C406
    d.update({sign(-x): 3.0, "zero": 4.0})
    return d, made(sign(x), x), dict.fromkeys([sign(x), "zero"], 0.5)


def from_pairs_and_names(x: float) -> Any:
    return dict([(sign(x), 1.0)], zero=x, plus=2.0)


def set_without(x: float) -> Any:
    s = {"plus", "minus", "zero"}
    s.discard(sign(x))
    t = {sign(x), "zero"}
    t.remove("zero")
    return sorted(s), sorted(t), sorted(set([sign(x), "zero"]))  # noqa: C405


def other_contents(x: float) -> Any:
    d: dict[int, float] = {}
    cell = Cell(d)
    if x > 0:
        cell.z = dict(d)
        d[int(x)] = x
    cell.z[int(2 * x)] = 1.0
    return d, cell.z, cell.z is d


def other_dict(x: float) -> Any:
    d: dict[int, float] = {}
    e = {int(x): 2.0}
    held = [d]
    if x > 0:
        held[0] = e
        d[int(x)] = x
    held[0][int(2 * x)] = 1.0
    return d, e, held[0] is e


class Plain(dict[int, float]):
    pass


def merged(x: float) -> Any:
    d, f = {int(x): x}, defaultdict(float)
    f[2] += 1.0
    o = OrderedDict(f)
    o[int(2 * x)] = 3.0
    r = d | f
    r[77] += 1.0
    return r, f | d, d | o, o | d


def merged_plain(x: float) -> Any:
    p = Plain()
    p[int(x)] = x
    made = (p | {2: 1.0}, {2: 1.0} | p, p.copy())
    return [type(m) is Plain for m in made], made


PROGRAMS = [
    merged,
    merged_plain,
    counted,
    counted_numbers,
    literal,
    from_pairs,
    from_pairs_and_names,
    set_without,
    other_contents,
    other_dict,
]


@pytest.mark.parametrize("fn", PROGRAMS)
def test_programs(fn: Any) -> None:
    agree(fn, 1.5)
    agree(fn, -1.5)


def swapped(x: float) -> Any:
    d = {"a": x}
    e: dict[str, float] = {}
    if x > 0:
        del d["a" if x > 0 else "b"]
    if len(d):
        e["a" if x > 1 else "b"] = 1.0
    else:
        d, e = e, d
        d["c"] = 1.0
    return list(d.items()), e


def test_items_of_one_of_two_dicts_are_refused() -> None:
    with pytest.raises(AnvilError, match="a dict, as the data decide, is iterated over"):
        call_reference(anvil.jit(swapped), (1.5,), {})
