"""Programs that failed once, as Python files with their arguments: written, and read back."""

from __future__ import annotations

import dataclasses
import enum
import importlib
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz.generate import Program

KEPT = Path(__file__).parent / "kept"


def spelled(value: Any) -> str:
    """An argument as an expression."""
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()!r}, np.{value.dtype})"
    if isinstance(value, np.generic):
        return f"np.{value.dtype}({value.item()!r})"
    if dataclasses.is_dataclass(value) or hasattr(value, "_fields"):
        names = getattr(value, "_fields", None) or [f.name for f in dataclasses.fields(value)]
        inside = ", ".join(f"{n}={spelled(getattr(value, n))}" for n in names)
        return f"{type(value).__name__}({inside})"
    if isinstance(value, tuple):
        return "(" + ", ".join(map(spelled, value)) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, list):
        return "[" + ", ".join(map(spelled, value)) + "]"
    if isinstance(value, enum.Enum):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {spelled(v)}" for k, v in value.items()) + "}"
    return repr(value)


def keep(program: Program, why: str, folder: Path = KEPT, name: str = "") -> Path:
    """Writes the program; `why` is its docstring."""
    cases = "".join(f"    {spelled(case)},\n" for case in program.cases)
    why = why.replace("\\", "").replace('"', "'")
    text = f'"""{why}"""\n\n{program.source}\n\nCASES = (\n{cases})\n'
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name or f'seed_{program.seed}'}.py"
    path.write_text(text, encoding="utf-8")
    return path


def kept(path: Path) -> Program:
    """The program of a file."""
    module = importlib.import_module(f"tests.fuzz.kept.{path.stem}")
    return Program(0, path.read_text(encoding="utf-8"), module.CASES)
