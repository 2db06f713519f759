"""Special functions against mpmath: within 1e-10, on a small part of the measured grid."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ops.test_accuracy import load

pytest.importorskip("mpmath")
pytest.importorskip("scipy.special")
measured = load(Path(__file__).parents[2] / "scripts" / "accuracy_special.py")


@pytest.mark.parametrize("name", measured.CASES)
def test_within_the_bound(name: str) -> None:
    error, args = measured.errors(name, 12)
    worst = int(error.argmax())
    assert error[worst] < measured.BOUND, [a[worst] for a in args]
