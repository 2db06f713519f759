"""The textbook walk through f(x1, x2) = ln x1 + x1 x2 - sin x2 at (2, 5), in both directions.

Surveys of automatic differentiation follow this function by hand, one elementary operation a row.
Here the rows are a program: the function as anvil reads it, its forward derivative, its reverse
derivative, and the reverse derivative printed back as NumPy source that a person can run.
"""

from __future__ import annotations

import numpy as np

import anvil


def f(x1: float, x2: float) -> float:
    return np.log(x1) + x1 * x2 - np.sin(x2)


def forward(x1: float, x2: float, dx1: float, dx2: float) -> tuple[float, float]:
    """f and its directional derivative: every intermediate value carries its tangent along."""
    return anvil.jvp(f, (x1, x2), (dx1, dx2))


def section(title: str, text: object) -> None:
    print(f"\n{title}\n{'-' * len(title)}\n{text}".rstrip())


def main() -> dict[str, float]:
    """Print the walk; the derivatives found, by name."""
    x1, x2 = 2.0, 5.0
    gradient = anvil.grad(f, argnums=(0, 1))

    value, by_x1 = anvil.jvp(f, (x1, x2), (1.0, 0.0))
    _, by_x2 = anvil.jvp(f, (x1, x2), (0.0, 1.0))
    reverse = gradient(x1, x2)

    section("The function", anvil.jit(f).ir(x1, x2, stage="parse"))
    print(f"\nf(2, 5) = {value:.4f}")

    section("Forward: one pass per input", anvil.jit(forward).ir(x1, x2, 1.0, 0.0, stage="opt"))
    print(f"\ndf/dx1 = {by_x1:.5g}   (seed dx1, dx2 = 1, 0)")
    print(f"df/dx2 = {by_x2:.5g}   (seed dx1, dx2 = 0, 1)")

    section("Reverse: both derivatives in one pass", gradient.ir(x1, x2, stage="opt"))
    print(f"\ndf/dx1 = {reverse[0]:.5g}\ndf/dx2 = {reverse[1]:.5g}")

    section("The reverse pass as NumPy source", gradient.source(x1, x2))
    return {
        "value": float(value),
        "forward_x1": float(by_x1),
        "forward_x2": float(by_x2),
        "reverse_x1": float(reverse[0]),
        "reverse_x2": float(reverse[1]),
    }


if __name__ == "__main__":
    main()
