"""First and second derivatives of every construct in all nestings; third order on a few."""

from __future__ import annotations

import pytest

from tests.ad.oracle import check
from tests.ad.programs import PROGRAMS


@pytest.mark.parametrize("name", PROGRAMS)
def test_two_orders(name: str) -> None:
    """jvp, vjp, and the four ways to nest them."""
    make, args = PROGRAMS[name]
    check(make(), args, 2)


@pytest.mark.parametrize("name", ["newton", "recurrence", "branch taken"])
def test_three_orders(name: str) -> None:
    """The eight ways to nest three."""
    make, args = PROGRAMS[name]
    check(make(), args, 3)
