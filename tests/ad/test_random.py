"""Random programs against the oracle."""

from __future__ import annotations

import pytest

from tests.ad.oracle import check
from tests.ad.random_programs import random_program


@pytest.mark.parametrize("seed", range(20))
def test_first_order(seed: int) -> None:
    """Three levels of control flow."""
    check(*random_program(seed, depth=3), 1)


@pytest.mark.parametrize("seed", range(100, 106))
def test_second_order(seed: int) -> None:
    """Two levels of control flow in the four nestings."""
    check(*random_program(seed, depth=2), 2)
