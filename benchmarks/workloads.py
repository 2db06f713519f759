"""The measured programs, each as NumPy code for anvil and as jax code, and their arguments.

anvil reads source files, so the programs live in files: `numpy_workloads.py`, `jax_workloads.py`,
and a chain of 300 elementwise operations that is written out for either.
"""

from __future__ import annotations

import importlib.util
import itertools
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import numpy as np

import anvil

HERE = Path(__file__).parent
CHAIN = 300
Function = Callable[..., Any]
_serial = itertools.count()


@dataclass(frozen=True)
class Workload:
    """A program by name: the function `entry` of the folder's files, differentiated or not."""

    title: str
    file: str
    entry: str
    arguments: Callable[[], tuple[Any, ...]]
    gradient: bool = True

    def ours(self, folder: Path) -> Function:
        """anvil's compiled function, from a module that was never seen before."""
        function = getattr(fresh(folder / f"numpy_{self.file}.py"), self.entry)
        return anvil.grad(function) if self.gradient else anvil.jit(function)

    def theirs(self, folder: Path) -> Function:
        """jax's, not yet under jit."""
        function = getattr(fresh(folder / f"jax_{self.file}.py"), self.entry)
        return jax.grad(function) if self.gradient else function

    def device_arguments(self) -> tuple[Any, ...]:
        """The arguments as float64 jax arrays."""
        with jax.enable_x64(True):
            return jax.tree.map(jax.numpy.asarray, self.arguments())


def fresh(path: Path) -> ModuleType:
    """A module from a copy of `path` under a new name, so that nothing about it can be cached."""
    name = f"{path.stem}_{next(_serial)}"
    copy = path.parent / f"{name}.py"
    shutil.copyfile(path, copy)
    spec = importlib.util.spec_from_file_location(name, copy)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@contextmanager
def workshop() -> Iterator[Path]:
    """A temporary folder that holds the programs' files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind in ("numpy", "jax"):
            shutil.copy(HERE / f"{kind}_workloads.py", folder)
        (folder / "numpy_chain.py").write_text(chain("numpy"), encoding="utf-8")
        (folder / "jax_chain.py").write_text(chain("jax.numpy"), encoding="utf-8")
        yield folder


def chain(module: str, length: int = CHAIN) -> str:
    """The source of a function of `length` elementwise operations, one a line, and a sum."""
    steps = ("np.sin(x)", "x * 1.5", "np.tanh(x)", "x / 1.5")
    lines = [f"    x = {steps[i % len(steps)]}" for i in range(length)]
    return "\n".join(
        [f"import {module} as np", "", "", "def chain(x):", *lines, "    return np.sum(x)", ""]
    )


def _layer(rng: np.random.Generator, inputs: int, outputs: int) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(size=(inputs, outputs)) / np.sqrt(inputs), np.zeros(outputs)


def _mlp_arguments() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    (w1, b1), (w2, b2) = _layer(rng, 64, 256), _layer(rng, 256, 10)
    targets = np.eye(10)[rng.integers(0, 10, size=128)]
    return {"w1": w1, "b1": b1, "w2": w2, "b2": b2}, rng.normal(size=(128, 64)), targets


def _deep_arguments() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    layers = [_layer(rng, 64, 64) for _ in range(20)]
    return layers, rng.normal(size=(64, 64)), np.eye(64)


def _vector() -> tuple[Any, ...]:
    return (np.random.default_rng(0).normal(size=1000),)


def _scalar() -> tuple[Any, ...]:
    return (np.float64(0.3),)


MLP = Workload("MLP gradient", "workloads", "mlp", _mlp_arguments)
CHAIN_GRADIENT = Workload("300-op elementwise chain, gradient", "chain", "chain", _vector)
DEEP_MLP = Workload("20-layer MLP gradient", "workloads", "deep_mlp", _deep_arguments)
LOGISTIC = Workload("logistic map, 1,000 steps", "workloads", "logistic_map", _scalar, False)
LOGISTIC_GRADIENT = Workload(
    "logistic map, 1,000 steps, gradient", "workloads", "logistic_map", _scalar
)

COMPILED = (MLP, CHAIN_GRADIENT, DEEP_MLP)
RUN = (*COMPILED, LOGISTIC, LOGISTIC_GRADIENT)
