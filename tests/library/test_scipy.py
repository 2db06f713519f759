"""Functions of scipy, which are recognised once a program imports it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from anvil.library.scipy_table import Functions
from tests.library.harness import NAMESPACE, check

linalg = pytest.importorskip("scipy.linalg")
NAMESPACE["sl"] = linalg

LINALG = """sl.block_diag(f34, f33, Pf)
sl.block_diag(i33, [1, 2])
sl.block_diag(f234, s33)
sl.block_diag()""".splitlines()


@pytest.mark.parametrize("text", LINALG)
def test_scipy_linalg(text: str) -> None:
    """What scipy gives."""
    check(text)


def test_importing_anvil_does_not_import_scipy() -> None:
    """The core does not need it."""
    code = "import anvil.library, sys; assert 'scipy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_names_are_resolved_when_their_module_is_there() -> None:
    """By identity, dotted attributes included; names that a version lacks are left out."""
    found = Functions(
        {abs: 0}, {"scipy.linalg.det": 1, "scipy.linalg.nothing": 2, "scipy.none.x": 3}
    )
    assert found.get(linalg.det) == 1
    assert linalg.det in found
    assert found.get(np.sin, 5) == 5
    assert sorted(found.values()) == [0, 1]
