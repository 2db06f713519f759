"""Every declared code is raised by some test."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

import numpy as np
import pytest

import anvil
from anvil.errors import CODES, AnvilError, AnvilWarning
from anvil.ir.reader import load
from anvil.ir.verify import verify

TESTS = Path(__file__).parents[1]
GOLDEN = TESTS / "golden" / "errors"

ELSEWHERE = {
    "bad-target": "tests/test_cli.py",
    "bad-type": "tests/test_cli.py",
    "source-changed": "tests/parser/test_source.py",
    "many-unrolled": "test_many_unrolled",
    "recompiled": "tests/test_caching.py",
    "truncated-store": "test_truncated_store",
    "zero-gradient": "test_zero_gradient",
    "internal": "test_a_mistake_of_anvils_own",
}
"""Codes that no golden program raises: the test that does."""


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_raised_by_a_test(code):
    if code not in ELSEWHERE:
        assert any(
            f"see docs/errors.md#{code}\n" in file.read_text() for file in GOLDEN.rglob("*.txt")
        )
        return
    place = ELSEWHERE[code]
    if place.endswith(".py"):
        assert code in (TESTS.parent / place).read_text()
    else:
        assert any(
            isinstance(node, ast.FunctionDef) and node.name == place
            for node in ast.parse(Path(__file__).read_text()).body
        )


def test_no_code_is_listed_that_a_program_raises():
    found = {c for c in ELSEWHERE for f in GOLDEN.rglob("*.txt") if f"#{c}\n" in f.read_text()}
    assert not found


HEAD = "air 1\nstage core\n\n"
BODY = "func @f(%x: f64, %n: f64[3]) -> f64 {\n  BODY\n}\n"


def screen_of(text: str, tmp_path, monkeypatch, golden, name: str) -> AnvilError:
    monkeypatch.chdir(tmp_path)
    Path(f"{name}.air").write_text(text, encoding="utf-8")
    with pytest.raises(AnvilError) as caught:
        verify(load(f"{name}.air"))
    golden(f"errors/air/{name}.txt", str(caught.value))
    return caught.value


BROKEN = {
    "empty": "",
    "words": "hello world\n",
    "version": "air 99\nstage core\n",
    "stage": "air 1\nstage cooked\n",
    "no_function": HEAD,
    "unclosed": HEAD + "func @f(%x: f64) -> f64 {\n  return %x\n",
    "dtype": HEAD + "func @f(%x: f65) -> f64 {\n  return %x\n}\n",
    "unknown_op": HEAD + BODY.replace("BODY", "%y: f64 = sine %x\n  return %y"),
    "unknown_value": HEAD + BODY.replace("BODY", "%y: f64 = sin %z\n  return %y"),
    "unknown_attribute": HEAD + BODY.replace("BODY", "%y: f64 = sin[k=1] %x\n  return %y"),
    "twice": HEAD + BODY.replace("BODY", "%x: f64 = sin %x\n  return %x"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_text_that_is_no_program(name, golden, tmp_path, monkeypatch):
    assert screen_of(BROKEN[name], tmp_path, monkeypatch, golden, name).code == "air-syntax"


INVALID = {
    "wrong_type": "%y: f32 = sin %x\n  return %y",
    "shapes": "%y: f64 = add %x, %n\n  return %y",
    "no_return": "%y: f64 = sin %x",
    "result_type": "return %n",
    "callee": "%y: f64 = call[callee=@g] %x\n  return %y",
    "count": "%y: f64 = sin %x, %x\n  return %y",
}


@pytest.mark.parametrize("name", INVALID)
def test_a_program_that_breaks_a_rule(name, golden, tmp_path, monkeypatch):
    text = HEAD + BODY.replace("BODY", INVALID[name])
    error = screen_of(text, tmp_path, monkeypatch, golden, f"rule_{name}")
    assert error.code in ("air-invalid", "air-syntax")


def test_zero_gradient():
    with pytest.warns(AnvilWarning, match="identically zero"):
        anvil.grad(lambda x: np.floor(x) * 2.0)(1.5)


def test_truncated_store():
    def f(x):
        y = np.zeros(3, dtype=int)
        y[0] = 2.0
        y[1] = int(x)
        for i in range(3):
            y[i] = x * i
        return np.sum(y) * x

    with pytest.warns(AnvilWarning, match="cut to whole numbers in `y`, an i64") as caught:
        anvil.jit(f)(1.5)
    assert len(caught) == 1
    assert "y[i] = x * i" in str(caught[0].message)


def test_many_unrolled():
    def f(x):
        parts = {}
        for i in range(1001):
            parts[i] = x
        return parts[0]

    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        anvil.jit(f).ir(1.0, stage="parse")
    assert [w for w in seen if "many-unrolled" in str(w.message)]


def test_a_mistake_of_anvils_own(monkeypatch):
    def broken(it, *args):
        raise KeyError("lost")

    from anvil.parser.calls import builtin_functions

    monkeypatch.setitem(builtin_functions.TABLE, len, broken)
    with pytest.raises(AnvilError, match="lost") as caught:
        anvil.jit(lambda x: x * len([x]))(1.0)
    assert caught.value.code == "internal"
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.diagnostic.placed
