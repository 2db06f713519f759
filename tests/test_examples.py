"""The examples run, and find the numbers that are known."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"examples_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_walkthrough(capsys: pytest.CaptureFixture[str]) -> None:
    found = load("walkthrough").main()
    assert found["value"] == pytest.approx(np.log(2) + 10 - np.sin(5), rel=1e-15)
    for mode in ("forward", "reverse"):
        assert found[f"{mode}_x1"] == pytest.approx(5.5, rel=1e-15)
        assert found[f"{mode}_x2"] == pytest.approx(2 - np.cos(5), rel=1e-15)
    printed = capsys.readouterr().out
    assert printed.count("df/dx1 = 5.5") == 2
    assert printed.count("df/dx2 = 1.7163") == 2
    assert "func @f(" in printed


def test_logistic_map(capsys: pytest.CaptureFixture[str]) -> None:
    errors = load("logistic_map").main()
    assert errors["value"] < 1e-13
    assert errors["derivative"] < 1e-13
    assert errors["difference"] < 1e-8
    assert errors["orbit"] < 1e-10
    assert "dl[20]/dx" in capsys.readouterr().out


def test_newton_sqrt(capsys: pytest.CaptureFixture[str]) -> None:
    errors = load("newton_sqrt").main()
    assert set(errors) == {"sqrt", "first", "second", "third", "lanes"}
    assert max(errors.values()) < 1e-13
    assert "own number of steps" in capsys.readouterr().out


def test_kepler(capsys: pytest.CaptureFixture[str]) -> None:
    errors = load("kepler").main()
    assert errors["orbit"] < 1e-10
    assert errors["gradients"] < 1e-6
    assert capsys.readouterr().out.count("step") == 6


def test_monte_carlo(capsys: pytest.CaptureFixture[str]) -> None:
    errors = load("monte_carlo").main(paths=4000, steps=800)
    assert errors["value"] < 0.4
    assert errors["delta"] < 0.02
    assert errors["vega"] < 1.5
    assert errors["second moment"] < 0.1
    assert errors["plain"] == 0.0
    assert "formula" in capsys.readouterr().out


@pytest.mark.slow
def test_digits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    accuracy = load("digits").main(out=tmp_path, ir_lines=10)
    assert accuracy["logistic regression"] >= 0.95
    assert accuracy["two-layer network"] >= 0.97
    for picture in ("loss.png", "digits.png"):
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")
    printed = capsys.readouterr().out
    assert printed.count("weights are float64") == 2
    assert printed.count("value and gradient in") == 2
    assert printed.count("dot_general") >= 2
