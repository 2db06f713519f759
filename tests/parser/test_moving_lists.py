"""Loops over lists that their own bodies make longer or shorter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anvil
from tests.corpus.test_corpus import derivatives_agree
from tests.parser.harness import agree

LINKS = np.array(
    [[0, 1, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 1, 1], [0, 0, 0, 0, 0], [1, 0, 0, 0, 0]]
)


def reached(links: Any, start: int) -> Any:
    order = [start]
    seen = np.zeros(len(links), bool)
    seen[start] = True
    for v in order:
        for w in range(len(links)):
            if links[v, w] and not seen[w]:
                seen[w] = True
                order.append(w)
    return order


def parents(links: Any, start: int) -> Any:
    order, parent = [start], [-1]
    for k, (v, p) in enumerate(zip(order, parent), 1):  # noqa: B905
        for w in range(len(links)):
            if links[v, w] and w not in order:
                order.append(w)
                parent.append(k + p)
    return order, parent


def skipping(n: int) -> Any:
    """Removing shifts what is left: the next item is passed over."""
    items = [1, 2, 2, 4, 5, 6, 8, 8]
    for v in items:
        if v % 2 == 0 and v != n:
            items.remove(v)
        if v == 5 and n > 2:
            items.append(n)
    else:
        items.append(0)
    return items


def primes(n: int) -> Any:
    found = [2]
    for q in found:
        c = q + 1
        while any(c % r == 0 for r in found):
            c += 1
        if c > n:
            break
        found.append(c)
    return found


def halved(x: Any) -> Any:
    work = list(x)
    total = 0.0
    for w in work:
        if w > 0.4:
            work.append(w / 2)
            work.append(w * w / 3)
        else:
            total += w * w
    return total, len(work)


@pytest.mark.parametrize(
    ("fn", "args"),
    [
        (reached, (LINKS, 0)),
        (reached, (LINKS, 3)),
        (parents, (LINKS, 0)),
        (skipping, (2,)),
        (skipping, (4,)),
        (primes, (12,)),
        (halved, (np.array([1.0, 0.5, 1.3]),)),
    ],
)
def test_values(fn: Any, args: Any) -> None:
    agree(fn, *args)


def test_derivatives() -> None:
    derivatives_agree(halved, np.array([1.0, 0.5, 1.3]))


def test_on_xla() -> None:
    assert anvil.jit(skipping)(4) == skipping(4)
    assert anvil.jit(reached)(LINKS, 0) == reached(LINKS, 0)
