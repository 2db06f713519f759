"""Newton's square root: a `while` whose trip count depends on the data, differentiated three times.

Systems that trace cannot reverse such a loop, because nothing says how often it will run. anvil
reads the loop itself; its reverse is a loop over what the forward loop recorded, and the reverse of
that is again one, so `grad` nests. The derivatives of the square root are known exactly.
"""

from __future__ import annotations

import numpy as np

import anvil


def newton_sqrt(x: float) -> float:
    """The square root of x > 0, iterated until it no longer moves."""
    y, previous = 0.5 * (1.0 + x), 0.0
    while abs(y - previous) > 1e-12 * y:
        previous = y
        y = 0.5 * (y + x / y)
    return y


def steps(x: float) -> int:
    """How often the loop runs."""
    y, previous, count = 0.5 * (1.0 + x), 0.0, 0
    while abs(y - previous) > 1e-12 * y:
        previous = y
        y = 0.5 * (y + x / y)
        count += 1
    return count


def exact(x: float, order: int) -> float:
    """The derivative of that order of sqrt at x."""
    factor = (1.0, 0.5, -0.25, 0.375)[order]
    return factor * x ** (0.5 - order)


def main() -> dict[str, float]:
    """Print values and three derivatives at several points; the largest relative error of each."""
    orders = [anvil.jit(newton_sqrt)]
    for _ in range(3):
        orders.append(anvil.grad(orders[-1]))

    points = (0.01, 1.0, 2.0, 144.0, 1e6)
    errors = dict.fromkeys(("sqrt", "first", "second", "third"), 0.0)
    print("         x  steps  " + "".join(f"{name:>22}" for name in errors))
    for x in points:
        results = [float(f(x)) for f in orders]
        print(f"{x:10g}  {anvil.jit(steps)(x):5d}  " + "".join(f"{r:22.15g}" for r in results))
        for order, (name, result) in enumerate(zip(errors, results, strict=True)):
            errors[name] = max(errors[name], abs(result / exact(x, order) - 1))

    lanes = anvil.vmap(newton_sqrt)(np.array(points))
    errors["lanes"] = float(np.max(np.abs(lanes / np.sqrt(points) - 1)))
    print("all points at once, each lane with its own number of steps:", lanes)
    print("largest relative errors:", ", ".join(f"{k} {e:.0e}" for k, e in errors.items()))
    return errors


if __name__ == "__main__":
    main()
