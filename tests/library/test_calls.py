"""Calls that differed from NumPy once, against CPython."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from anvil.errors import AnvilError
from tests.library import cases_calls
from tests.library.harness import check, function, host, run


@pytest.mark.parametrize("text", cases_calls.VALUES)
def test_values(text):
    check(text)


@pytest.mark.parametrize("text", cases_calls.STORES)
def test_stores(text):
    call, start = text.split(" | ")
    check(f"t = {start}; {call}; return t")


def raised(call: Callable[..., Any]) -> Exception:
    try:
        found = call()
    except Exception as error:  # what is raised is what is compared
        return error
    raise AssertionError(f"nothing is raised: {found!r}")


@pytest.mark.parametrize("text", cases_calls.ERRORS)
def test_errors(text):
    fn, _ = function(text)
    want, got = raised(lambda: host(fn, [])), raised(lambda: run(fn, []))
    private = ("numpy._core._exceptions",)
    public = next(c for c in type(want).__mro__ if c.__module__ not in private)
    assert isinstance(got, public)
    said = got.diagnostic.message if isinstance(got, AnvilError) else str(got)
    assert str(want).split("\n")[0].strip() in said
