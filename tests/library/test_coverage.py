"""The table of NumPy's public names: each is compiled, or has a reason."""

from __future__ import annotations

import numpy as np
import pytest

from anvil.library import coverage
from anvil.library.coverage_page import render_coverage


@pytest.mark.parametrize("namespace", ["numpy", "numpy.ndarray", "numpy.linalg", "numpy.random"])
def test_every_public_name_is_compiled_or_has_a_reason(namespace: str) -> None:
    """No name is left out."""
    silent = [r.name for r in coverage.rows(namespace) if not r.supported and not r.reason]
    assert silent == []


@pytest.mark.parametrize("namespace", ["numpy", "numpy.ndarray"])
def test_nearly_all_numerical_names_are_compiled(namespace: str) -> None:
    """Those that compute numbers."""
    assert coverage.percentage(namespace) >= 95


def test_reasons_are_given_for_names_that_exist() -> None:
    """Each table speaks of public names."""
    for namespace, reasons in coverage.REASONS.items():
        assert reasons.keys() <= set(coverage.SPACES[namespace])
    public = {n for names in coverage.SPACES.values() for n in names}
    for table in (coverage.KINKS, coverage.DIFFERS):
        assert coverage.by_name(table).keys() <= public
    assert public >= coverage.NO_DERIVATIVE


def test_the_page_is_current() -> None:
    """`python scripts/gen_docs.py` writes it anew."""
    page = coverage.__file__.replace("anvil/library/coverage.py", "docs/numpy.md")
    with open(page, encoding="utf-8") as file:
        assert file.read() == render_coverage()


def test_versions_agree() -> None:
    """The page speaks of the NumPy that is installed."""
    assert f"NumPy {'.'.join(np.__version__.split('.')[:2])}" in render_coverage()
