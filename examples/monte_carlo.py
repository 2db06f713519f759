"""Monte Carlo with explicit keys: prices and their sensitivities, and chains of Metropolis.

1. A call on the mean price along a path, under Black and Scholes: the value, and from the same
   paths its derivatives in the initial price and the volatility. For one date there are formulas.
2. A random walk of Metropolis whose key is carried through the loop, eight of them by vmap.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import anvil
from anvil import random

STRIKE, RATE, YEARS = 100.0, 0.03, 1.0


def price(spot: Any, volatility: Any, key: Any, dates: int, paths: int) -> Any:
    """The discounted mean payoff of a call on the mean price at `dates` dates."""
    dt = YEARS / dates
    log_price = np.full(paths, np.log(spot))
    total = np.zeros(paths)
    for i in range(dates):
        z = random.standard_normal(random.fold_in(key, i), size=paths)
        log_price = log_price + (RATE - 0.5 * volatility**2) * dt + volatility * math.sqrt(dt) * z
        total = total + np.exp(log_price)
    payoff = np.maximum(total / dates - STRIKE, 0.0)
    return math.exp(-RATE * YEARS) * np.mean(payoff)


def black_scholes(spot: float, volatility: float) -> tuple[float, float, float]:
    """Value, delta and vega of a call on the price at the end."""
    width = volatility * math.sqrt(YEARS)
    d = (math.log(spot / STRIKE) + (RATE + 0.5 * volatility**2) * YEARS) / width
    cdf = [0.5 * math.erfc(-x / math.sqrt(2.0)) for x in (d, d - width)]
    value = spot * cdf[0] - STRIKE * math.exp(-RATE * YEARS) * cdf[1]
    vega = spot * math.exp(-0.5 * d * d) / math.sqrt(2.0 * math.pi) * math.sqrt(YEARS)
    return value, cdf[0], vega


def chain(key: Any, start: Any, steps: int) -> Any:
    """Metropolis on the density exp(x^2 - x^4 / 4): samples, and the share of accepted moves."""
    x, accepted = start, 0
    samples = np.zeros(steps)
    for i in range(steps):
        key, move, coin = random.split(key, 3)
        y = x + random.normal(move, 0.0, 1.5)
        gain = (y**2 - 0.25 * y**4) - (x**2 - 0.25 * x**4)
        if np.log(random.random(coin)) < gain:
            x = y
            accepted += 1
        samples[i] = x
    return samples, accepted / steps


def main(paths: int = 20000, steps: int = 2000) -> dict[str, float]:
    """Prints what is found, and returns how far it is from what is known."""
    key = random.key(2026)
    spot, volatility = 105.0, 0.2
    greeks = anvil.value_and_grad(price, argnums=(0, 1))

    value, (delta, vega) = greeks(spot, volatility, key, 1, paths)
    known = black_scholes(spot, volatility)
    print(f"one date    value {value:.3f}  delta {delta:.4f}  vega {vega:.3f}")
    print(f"formula     value {known[0]:.3f}  delta {known[1]:.4f}  vega {known[2]:.3f}")
    asian, (asian_delta, asian_vega) = greeks(spot, volatility, key, 12, paths)
    print(f"12 dates    value {asian:.3f}  delta {asian_delta:.4f}  vega {asian_vega:.3f}")

    keys = random.split(random.fold_in(key, 1), 8)
    samples, accepted = anvil.vmap(chain, in_axes=(0, 0, None))(keys, np.zeros(8), steps)
    grid = np.linspace(-5.0, 5.0, 4001)
    weight = np.exp(grid**2 - 0.25 * grid**4)
    second = np.sum(weight * grid**2) / np.sum(weight)
    found = np.mean(samples[:, steps // 10 :] ** 2)
    print(f"metropolis  E[x^2] {found:.3f}, exactly {second:.3f}; {np.mean(accepted):.0%} accepted")

    first = anvil.jit(chain)(keys[0], 0.0, 50)[0]
    return {
        "value": abs(value - known[0]),
        "delta": abs(delta - known[1]),
        "vega": abs(vega - known[2]),
        "second moment": abs(found - second),
        "plain": float(np.max(np.abs(first - chain(keys[0], 0.0, 50)[0]))),
    }


if __name__ == "__main__":
    main()
