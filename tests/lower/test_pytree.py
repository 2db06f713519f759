"""Flattening arguments with anvil's own registry."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict, defaultdict, namedtuple
from enum import Enum
from typing import Any

import jax
import numpy as np
import pytest

from anvil.lower.pytree import Registry, flatten, is_record, registry, unflatten

Pair = namedtuple("Pair", "p q")


class Colour(Enum):
    RED = 1


@dataclasses.dataclass(frozen=True)
class Frozen:
    x: Any
    y: Any = 2

    def __post_init__(self) -> None:
        if self.x is None:
            raise ValueError("never rebuilt through __init__")


@dataclasses.dataclass(slots=True)
class Slotted:
    x: Any


class Plain:
    def __init__(self, a: Any) -> None:
        self.a = a
        self.b = [1, a]

    def __call__(self) -> Any:
        return self.a


def test_containers_and_leaves() -> None:
    tree = (Frozen(1), {"z": Slotted(3), "b": Pair(Plain(5), None)}, [], Colour.RED, "s", len)
    leaves, treedef = flatten(tree)
    assert leaves == [1, 2, 3, 5, 1, 5, None, Colour.RED, "s", len]
    again = unflatten(treedef, leaves)
    assert again[0] == tree[0]
    assert again[1]["b"].p.b == [1, 5]
    assert flatten(again)[1] == treedef
    assert hash(flatten(again)[1]) == hash(treedef)


def test_dicts_keep_their_order_and_any_keys() -> None:
    leaves, treedef = flatten({"b": 1, 3: 2})
    assert leaves == [1, 2]
    assert list(unflatten(treedef, leaves)) == ["b", 3]
    assert treedef != flatten({3: 2, "b": 1})[1]
    for tree in (OrderedDict(b=1, a=2), defaultdict(list, b=1, a=2)):
        leaves, treedef = flatten(tree)
        again = unflatten(treedef, leaves)
        assert again == tree
        assert type(again) is type(tree)


def test_objects_are_rebuilt_without_init() -> None:
    _, treedef = flatten(Frozen(1))
    again = unflatten(treedef, [None, 4])
    assert again.x is None


def test_attributes_outside_the_fields_are_kept() -> None:
    value = Frozen(1)
    object.__setattr__(value, "cache", 9)
    leaves, treedef = flatten(value)
    assert leaves == [1, 2, 9]
    assert unflatten(treedef, leaves).cache == 9


def test_paths_read_like_python() -> None:
    paths = registry.paths(({"w": Frozen(1)}, [Pair(0, Plain(2))]))
    assert paths[:3] == ["[0]['w'].x", "[0]['w'].y", "[1][0].p"]
    assert paths[3:] == ["[1][0].q.a", "[1][0].q.b[0]", "[1][0].q.b[1]"]


def test_nothing_is_registered_with_jax() -> None:
    value = Frozen(1)
    flatten(value)
    assert jax.tree.leaves(value) == [value]


def test_objects_that_contain_themselves_are_refused() -> None:
    value = Plain(1)
    value.me = value
    with pytest.raises(RecursionError, match="contains itself"):
        flatten(value)
    del value.me
    wide = [Plain(i) for i in range(1000)]
    assert len(flatten(wide)[0]) == 3000


def test_which_classes_are_records() -> None:
    assert is_record(Plain)
    assert is_record(Slotted)
    for cls in (int, np.ndarray, np.random.Generator, Pair, Colour, type(jax.numpy.ones(1)), range):
        assert not is_record(cls)


def test_a_class_can_be_kept_whole() -> None:
    own = Registry()
    own.keep_whole(Plain)
    value = Plain(1)
    assert own.flatten((value,))[0] == [value]
