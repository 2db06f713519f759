"""Wrong programs and wrong uses: each prints one screen, kept as a golden file.

A program is a part of a file in `programs/`; its last line raises. Where that line calls
`jit(f)`, plain Python runs it too, and what Python raises an error anvil must raise as well.
"""

from __future__ import annotations

import re
import traceback
import warnings

import pytest

from anvil.errors import CODES, AnvilError, InternalError, UnsupportedError
from anvil.errors.boundary import CallSite
from anvil.errors.snippet import is_anvil
from tests.errors.runner import LENIENT, STRICTER, programs, run, screen

ALL = {f"{area}/{name}": (name, text) for area, name, text in programs()}
LONGEST = 26  # lines
WIDEST = 106  # columns, the margin of the source line included


@pytest.fixture(autouse=True)
def quiet() -> None:
    """Plain Python warns where it divides by zero."""
    warnings.simplefilter("ignore")


@pytest.mark.parametrize("key", ALL)
def test_wrong_program(key, golden):
    name, text = ALL[key]
    error = run(name, text)
    assert error is not None, "nothing was raised"
    bases = [c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins"]
    shown = screen(error)
    golden(f"errors/{key}.txt", f"{' < '.join(bases[:-2])}\n\n{shown}")
    assert not isinstance(error, InternalError)
    assert isinstance(error, AnvilError) or hasattr(error, "_anvil_place")
    frames = traceback.extract_tb(error.__traceback__)
    assert not [frame.filename for frame in frames if is_anvil(frame.filename)]
    assert not re.search(r"0x[0-9a-f]{6}|/home/|/root/|/tmp/", shown)
    lines = shown.split("\n")
    assert len(lines) <= LONGEST
    assert max(map(len, lines[1:])) <= WIDEST
    assert f"{name}.py:" in shown or key in LENIENT


@pytest.mark.parametrize("key", [k for k, (_, t) in ALL.items() if "\njit(f)(" in f"\n{t}"])
def test_the_class_is_the_one_that_python_raises(key):
    name, text = ALL[key]
    plain = run(name, text, plain=True)
    if plain is None:
        return
    error = run(name, text)
    if isinstance(error, UnsupportedError) or key in STRICTER:
        return
    wanted = next(c for c in type(plain).__mro__ if c.__module__ == "builtins")
    assert isinstance(error, wanted)


def test_the_call_site_is_a_location():
    where = CallSite("net.py", 3, 0, 3, 4, "")
    assert where.source_range() is where
    assert where.transforms() == ""


def test_every_code_is_documented():
    assert set(CODES)
