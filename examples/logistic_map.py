"""The logistic map l[1] = x, l[n+1] = 4 l[n] (1 - l[n]): a program whose derivative is a loop.

Written out, l[4] is 64 x (1 - x) (1 - 2x)^2 (1 - 8x + 8x^2)^2 and its derivative fills three lines
of a paper: the standard example of formulas that swell. As a program it is a loop, and so is
its derivative, whatever n is. Compared here with the formulas, and for longer orbits with
l[n] = sin^2(2^(n-1) arcsin sqrt x).
"""

from __future__ import annotations

import numpy as np

import anvil


def logistic(x: float, n: int) -> float:
    """l[n], by iterating."""
    value = x
    for _ in range(n - 1):
        value = 4.0 * value * (1.0 - value)
    return value


def l4(x: float) -> float:
    return logistic(x, 4)


def l4_formula(x: float) -> float:
    return 64 * x * (1 - x) * (1 - 2 * x) ** 2 * (1 - 8 * x + 8 * x**2) ** 2


def l4_derivative_formula(x: float) -> float:
    """The derivative of the written-out l[4], term by term of the product rule."""
    p, q, r = x * (1 - x), (1 - 2 * x) ** 2, (1 - 8 * x + 8 * x**2) ** 2
    dp, dq, dr = 1 - 2 * x, -4 * (1 - 2 * x), 2 * (1 - 8 * x + 8 * x**2) * (16 * x - 8)
    return 64 * (dp * q * r + p * dq * r + p * q * dr)


def closed_derivative(x: float, n: int) -> float:
    """The derivative of sin^2(2^(n-1) arcsin sqrt x)."""
    turns = 2.0 ** (n - 1)
    angle = turns * np.arcsin(np.sqrt(x))
    return turns * np.sin(2 * angle) / (2 * np.sqrt(x * (1 - x)))


def main(orbit: int = 20) -> dict[str, float]:
    """Print the derivative program and the comparisons; the largest relative error of each."""
    gradient = anvil.value_and_grad(l4)
    print("l[4] and its derivative: a loop\n")
    print(gradient.ir(0.3, stage="opt"))

    print("\n    x      l[4]            dl[4]/dx        written out     central difference")
    errors = {"value": 0.0, "derivative": 0.0, "difference": 0.0}
    for x in (0.1, 0.3, 0.45, 0.8):
        value, slope = gradient(x)
        written = l4_derivative_formula(x)
        h = 1e-6
        difference = (l4(x + h) - l4(x - h)) / (2 * h)
        print(f"  {x:.2f} {value:15.12f} {slope:15.10f} {written:15.10f} {difference:15.10f}")
        errors["value"] = max(errors["value"], abs(value / l4_formula(x) - 1))
        errors["derivative"] = max(errors["derivative"], abs(slope / written - 1))
        errors["difference"] = max(errors["difference"], abs(slope / difference - 1))

    slope, expected = anvil.grad(logistic)(0.3, orbit), closed_derivative(0.3, orbit)
    errors["orbit"] = float(abs(slope / expected - 1))
    print(f"\ndl[{orbit}]/dx at 0.3 = {slope:.6g}, by the closed formula {expected:.6g}")
    print("largest relative errors:", ", ".join(f"{k} {e:.0e}" for k, e in errors.items()))
    return {name: float(error) for name, error in errors.items()}


if __name__ == "__main__":
    main()
