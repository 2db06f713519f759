"""docs/ops.md is what the registry says."""

from __future__ import annotations

from pathlib import Path

from anvil.ir.opkind import REGISTRY
from anvil.ir.reference import render_ops

PAGE = Path(__file__).parents[2] / "docs" / "ops.md"


def test_the_page_is_up_to_date() -> None:
    """Run `python -c "from anvil.ir.reference import render_ops; print(render_ops(), end='')"`."""
    assert PAGE.read_text(encoding="utf-8") == render_ops()


def test_every_kind_is_on_it() -> None:
    """Each in a row of its own."""
    rows = [line.split("`")[1] for line in render_ops().splitlines() if line.startswith("| `")]
    assert set(rows) == set(REGISTRY)
