"""What a call costs when everything is compiled: anvil's runtime against jax.jit, interleaved.

    python -m benchmarks.dispatch [--rounds 15] [--calls 2000]

Both sides run the same StableHLO on the same leaves; jax runs with x64 on. `wait` blocks on jax's
results; `to numpy` makes jax's results NumPy values, as anvil does when it is given NumPy values.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from anvil.lower.module import Module
from anvil.lower.pytree import flatten
from anvil.lower.runtime import Executable

Call = Callable[[], Any]


def module(shapes: list[tuple[int, ...]]) -> Module:
    """Doubles each leaf."""
    types = ["tensor<" + "".join(f"{n}x" for n in s) + "f64>" for s in shapes]
    params = ", ".join(f"%x{i}: {t}" for i, t in enumerate(types))
    body = "\n".join(f"%y{i} = stablehlo.add %x{i}, %x{i} : {t}" for i, t in enumerate(types))
    outs = ", ".join(f"%y{i}" for i in range(len(types)))
    joined = ", ".join(types)
    text = f"func.func @main({params}) -> ({joined}) {{\n{body}\nreturn {outs} : {joined}\n}}"
    leaves = tuple((np.dtype("f8"), s) for s in shapes)
    return Module(text, leaves, leaves, "doubled")


def anvil_call(tree: Any) -> Call:
    """What anvil does for a call: flatten, run, rebuild."""
    leaves, _ = flatten((tree,))
    executable = Executable(module([np.shape(leaf) for leaf in leaves]))

    def call() -> Any:
        leaves, treedef = flatten((tree,))
        return treedef.unflatten(executable(leaves))[0]

    return call


def jax_call(tree: Any, finish: Callable[[Any], Any]) -> Call:
    """The same through jax.jit."""
    doubled = jax.jit(lambda t: jax.tree.map(lambda x: x + x, t))
    return lambda: finish(doubled(tree))


def to_numpy(tree: Any) -> Any:
    """jax's results as writable NumPy values, the plain way."""
    return jax.tree.map(np.array, tree)


def same(tree: Any) -> Any:
    """jax's results as they are."""
    return tree


def medians(calls: dict[str, Call], rounds: int, count: int) -> dict[str, float]:
    """Median microseconds per call, the calls taking turns."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            for _ in range(count):
                call()
            times[name].append((time.perf_counter() - start) / count * 1e6)
    return {name: statistics.median(found) for name, found in times.items()}


def signatures() -> dict[str, tuple[Any, int]]:
    """Argument trees, and how often each is called relative to the others."""
    rng = np.random.default_rng(0)
    return {
        "scalar": (np.float64(1.5), 10),
        "3-vector": (rng.normal(size=3), 10),
        "dict of 50": ({f"w{i}": rng.normal(size=(4, 4)) for i in range(50)}, 1),
    }


def main() -> None:
    """Print one line per signature and kind of input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=2000)
    options = parser.parse_args()
    print(
        f"{'signature':<12}{'inputs':<8}{'anvil us':>10}{'jax us':>10}{'ratio':>8}  compared with"
    )
    with jax.enable_x64(True):
        for name, (tree, weight) in signatures().items():
            on_device = jax.tree.map(jnp.asarray, tree)
            count = options.calls * weight // 10
            for kind, value, finish, words in (
                ("jax", on_device, same, "jax.jit"),
                ("numpy", tree, jax.block_until_ready, "jax.jit, wait"),
                ("numpy", tree, to_numpy, "jax.jit, to numpy"),
            ):
                calls = {"anvil": anvil_call(value), "jax": jax_call(value, finish)}
                medians(calls, 1, 10)
                us = medians(calls, options.rounds, count)
                ratio = us["anvil"] / us["jax"]
                print(
                    f"{name:<12}{kind:<8}{us['anvil']:10.2f}{us['jax']:10.2f}{ratio:8.2f}  {words}"
                )


if __name__ == "__main__":
    main()
