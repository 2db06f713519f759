"""The table of spellings in docs/derivatives.md: what is in one row has one derivative."""

from __future__ import annotations

import linecache
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference

PAGE = Path(__file__).parents[2] / "docs" / "derivatives.md"
SCOPE = {"np": np, "math": math, "nan": np.nan, "inf": np.inf}


def rows() -> Iterator[tuple[str, str, str]]:
    """(spelling, point, derivative)"""
    table = PAGE.read_text(encoding="utf-8").split("| of | at x = | derivative |\n")[1]
    for line in table.split("\n\n")[0].splitlines()[1:]:
        of, at, derivative = line.strip("| ").rsplit(" | ", 2)
        for spelling in re.findall("`([^`]+)`", of):
            yield spelling, at, derivative


@pytest.mark.parametrize("spelling, at, derivative", list(rows()))
def test_derivatives_are_those_of_the_table(spelling: str, at: str, derivative: str) -> None:
    """In both modes."""
    file, text = f"<spelling {spelling} at {at}>", f"def case(x):\n    return {spelling}\n"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    scope: dict[str, Any] = dict(SCOPE)
    exec(compile(text, file, "exec"), scope)
    x, want = (np.array(eval(t, scope))[()] for t in (at, derivative))

    def both(x: Any) -> Any:
        return anvil.grad(scope["case"])(x), anvil.jacfwd(scope["case"])(x)

    reverse, forward = call_reference(anvil.jit(both), (x,), {})
    np.testing.assert_array_equal(reverse, want)
    np.testing.assert_array_equal(forward, want)
