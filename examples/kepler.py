"""A solver that is not compiled, in a fit that is: an orbit from observations.

A planet at mean anomaly M stands at the eccentric anomaly E, which solves Kepler's equation
E - e sin E = M. The solver stands for a routine of a library: it is called on the host, as it is.
Its derivative comes from the equation, dE = (dM + sin E de) / (1 - e cos E), or from differences.
The rest of the program, the path of the planet and the fit of its orbit, is compiled and
differentiated by anvil, through the call.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import anvil

Array = Any


def solve_kepler(mean: Array, e: float) -> Array:
    """E by bisection, one anomaly at a time."""
    found = np.empty_like(mean)
    for i, m in enumerate(mean):
        low, high = m - e, m + e
        while high - low > 1e-14:
            middle = (low + high) / 2
            low, high = (middle, high) if middle - e * np.sin(middle) < m else (low, middle)
        found[i] = (low + high) / 2
    return found


def kepler_jvp(primals: Any, tangents: Any) -> Any:
    """The derivative of the equation that the solver solves."""
    (mean, e), (dmean, de) = primals, tangents
    anomaly = eccentric(mean, e)
    return anomaly, (dmean + np.sin(anomaly) * de) / (1 - e * np.cos(anomaly))


eccentric = anvil.extern(solve_kepler, out=anvil.like(0), jvp=kepler_jvp)
by_differences = anvil.extern(solve_kepler, out=anvil.like(0), fd=1e-4)


def path(solver: Any, orbit: Array, times: Array) -> Array:
    """Where the planet is seen: x and y at each time."""
    axis, e, phase = orbit
    anomaly = solver(times + phase, e)
    x = axis * (np.cos(anomaly) - e)
    y = axis * np.sqrt(1 - e * e) * np.sin(anomaly)
    return np.stack([x, y])


def misfit(orbit: Array, times: Array, seen: Array) -> float:
    """Half the sum of squares that is to be smallest."""
    return 0.5 * np.sum((path(eccentric, orbit, times) - seen) ** 2)


@anvil.jit
def newton(orbit: Array, times: Array, seen: Array) -> Array:
    """One step towards the orbit that fits."""
    slope = anvil.grad(misfit)(orbit, times, seen)
    curve = anvil.hessian(misfit)(orbit, times, seen)
    return orbit - np.linalg.solve(curve, slope)


def main() -> dict[str, float]:
    """Fits an orbit; returns what is compared."""
    times = np.linspace(0.0, 5.0, 12)
    true = np.array([1.5, 0.4, 0.3])
    seen = path(eccentric, true, times)

    orbit = np.array([1.4, 0.35, 0.25])
    for step in range(6):
        print(f"step {step}: axis {orbit[0]:.8f}, e {orbit[1]:.8f}, phase {orbit[2]:.8f}")
        orbit = newton(orbit, times, seen)

    def total(solver: Any) -> Any:
        return lambda orbit: np.sum(path(solver, orbit, times) * seen)

    exact, near = (anvil.grad(total(s))(true) for s in (eccentric, by_differences))
    print(f"gradient by the rule        {exact}")
    print(f"gradient by differences     {near}")
    return {
        "orbit": float(np.max(np.abs(orbit - true))),
        "gradients": float(np.max(np.abs(exact - near))),
    }


if __name__ == "__main__":
    main()
