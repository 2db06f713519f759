"""Prices, rates and risks."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from tests.corpus.entries import entry

RNG = np.random.default_rng(13)
Z = RNG.normal(size=(4, 6))


def normal_cdf(x: float) -> float:
    a = (0.319381530, -0.356563782, 1.781477937, -1.821255978, 1.330274429)
    t = 1 / (1 + 0.2316419 * abs(x))
    tail = t * (a[0] + t * (a[1] + t * (a[2] + t * (a[3] + t * a[4]))))
    density = math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return 1 - density * tail if x >= 0 else density * tail


@entry(100.0, 95.0, 0.5, 0.02, 0.3, xla=True)
def black_scholes(s: float, k: float, t: float, r: float, sigma: float) -> tuple[float, float]:
    d1 = (math.log(s / k) + (r + sigma**2 / 2) * t) / (sigma * math.sqrt(t))
    d2 = d1 - sigma * math.sqrt(t)
    call = s * normal_cdf(d1) - k * math.exp(-r * t) * normal_cdf(d2)
    put = call - s + k * math.exp(-r * t)
    return call, put


@entry(100.0, 98.0, 0.25, xla=True)
def binomial_tree(s: float, k: float, sigma: float) -> Any:
    n = 6
    dt = 1.0 / n
    up = math.exp(sigma * math.sqrt(dt))
    p = (math.exp(0.03 * dt) - 1 / up) / (up - 1 / up)
    values = np.zeros(n + 1)
    for i in range(n + 1):
        values[i] = max(s * up ** (2 * i - n) - k, 0.0)
    for step in range(n - 1, -1, -1):
        for i in range(step + 1):
            values[i] = math.exp(-0.03 * dt) * (p * values[i + 1] + (1 - p) * values[i])
    return values[0]


@entry(100.0, 105.0, 0.3)
def american_put(s: float, k: float, sigma: float) -> Any:
    n, dt, r = 5, 0.2, 0.05
    u = math.exp(sigma * math.sqrt(dt))
    p = (math.exp(r * dt) - 1 / u) / (u - 1 / u)
    prices = s * u ** (2.0 * np.arange(n + 1) - n)
    value = np.maximum(k - prices, 0)
    for _ in range(n):
        prices = prices[1:] / u
        value = math.exp(-r * dt) * (p * value[1:] + (1 - p) * value[:-1])
        value = np.maximum(value, k - prices)
    return value[0]


@entry(100.0, 0.2, Z)
def asian_option(s0: float, sigma: float, z: Any) -> Any:
    dt = 1 / z.shape[1]
    payoffs = []
    for path in z:
        s, total = s0, 0.0
        for dw in path:
            s *= math.exp(-0.5 * sigma**2 * dt + sigma * math.sqrt(dt) * dw)
            total += s
        payoffs.append(max(total / len(path) - 100.0, 0.0))
    return np.mean(payoffs)


@entry(100.0, 0.2, Z, xla=True)
def monte_carlo_call(s0: float, sigma: float, z: Any) -> Any:
    steps = z.shape[1]
    paths = s0 * np.exp(np.cumsum(-0.5 * sigma**2 / steps + sigma / np.sqrt(steps) * z, axis=1))
    return np.maximum(paths[:, -1] - 95.0, 0.0).mean()


@entry(0.04, 0.5, 0.03, 0.01, Z[0])
def vasicek(r: float, a: float, b: float, sigma: float, z: Any) -> Any:
    rates = [r]
    for dw in z:
        rates.append(rates[-1] + a * (b - rates[-1]) * 0.1 + sigma * math.sqrt(0.1) * dw)
    return np.array(rates), sum(rates) * 0.1


@entry(0.04, 0.3, Z[0], Z[1])
def heston(v: float, rho: float, z1: Any, z2: Any) -> Any:
    s, dt = 100.0, 0.05
    for a, b in zip(z1, z2, strict=True):
        w = rho * a + math.sqrt(1 - rho**2) * b
        root = math.sqrt(max(v, 1e-8) * dt)
        s *= 1 + root * w
        v += 1.5 * (0.04 - v) * dt + 0.3 * root * a
    return s, v


@entry(0.05, np.array([5.0, 5.0, 5.0, 105.0]))
def bond(rate: float, flows: Any) -> Any:
    times = np.arange(1, len(flows) + 1)
    discount = (1 + rate) ** -times
    price = flows @ discount
    duration = (times * flows * discount).sum() / price
    return price, duration


@entry(98.0, np.array([5.0, 5.0, 105.0]), rtol=1e-10)
def bond_yield(price: float, flows: Any) -> float:
    y = 0.05
    for _ in range(20):
        value = slope = 0.0
        for i, c in enumerate(flows):
            t = i + 1
            value += c / (1 + y) ** t
            slope -= t * c / (1 + y) ** (t + 1)
        change = (value - price) / slope
        y -= change
        if abs(change) < 1e-12:
            break
    return y


@entry(10.45, 100.0, 100.0, rtol=1e-9)
def implied_volatility(price: float, s: float, k: float) -> float:
    def call(sigma: float) -> float:
        d1 = (math.log(s / k) + 0.05 + sigma**2 / 2) / sigma
        return s * normal_cdf(d1) - k * math.exp(-0.05) * normal_cdf(d1 - sigma)

    sigma = 0.3
    for _ in range(8):
        d1 = (math.log(s / k) + 0.05 + sigma**2 / 2) / sigma
        vega = s * math.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
        sigma -= (call(sigma) - price) / vega
    return sigma


class Kind(Enum):
    """Kinds of options."""

    CALL = 1
    PUT = -1


@dataclass(frozen=True)
class Option:
    """A contract."""

    strike: float
    kind: Kind

    def payoff(self, s: Any) -> Any:
        return np.maximum(self.kind.value * (s - self.strike), 0.0)


@entry(np.array([90.0, 101.0, 120.0]), Option(100.0, Kind.PUT))
def payoff_of_enum(s: Any, option: Option) -> Any:
    straddle = option.payoff(s) + Option(option.strike, Kind.CALL).payoff(s)
    if option.kind is Kind.PUT:
        straddle = straddle * 1.5
    return straddle


@entry(RNG.normal(size=(6, 3)) * 0.02, np.array([0.5, 0.3, 0.2]))
def portfolio(returns: Any, weights: Any) -> dict[str, Any]:
    series = returns @ weights
    wealth = np.cumprod(1 + series)
    return {
        "mean": series.mean(),
        "risk": np.sqrt(weights @ np.cov(returns.T) @ weights),
        "final": wealth[-1],
    }


@entry(np.array([100.0, 105.0, 99.0, 96.0, 108.0, 103.0]), xla=True)
def maximum_drawdown(prices: Any) -> Any:
    peak, worst, where = prices[0], 0.0, 0
    for i in range(1, len(prices)):
        if prices[i] > peak:
            peak = prices[i]
        drawdown = (peak - prices[i]) / peak
        if drawdown > worst:
            worst, where = drawdown, i
    return worst, where


@entry(np.array([1.0, 1.2, 0.9, 1.4, 1.1]), smooth=False)
def trading_days(prices: Any) -> tuple[float, int]:
    cash, stock, trades = 10.0, 0, 0
    for today, tomorrow in itertools.pairwise(prices):
        if tomorrow > today and stock == 0:
            stock = int(cash // today)
            cash -= stock * today
            trades += 1
        elif tomorrow < today and stock:
            cash += stock * today
            stock = 0
    return float(cash + stock * prices[-1]), trades


@entry(200000.0, 0.04, 12)
def amortisation(loan: float, rate: float, months: int) -> Any:
    monthly = rate / 12
    payment = loan * monthly / (1 - (1 + monthly) ** -months)
    interest, balance = 0.0, loan
    for _ in range(months):
        part = balance * monthly
        interest += part
        balance -= payment - part
    return payment, interest, balance


@entry(np.array([0.1, -0.2, 0.05, 0.3]), 0.1, 0.8)
def garch_likelihood(r: Any, alpha: float, beta: float) -> Any:
    omega = 0.02
    h = omega / (1 - alpha - beta)
    loglik = 0.0
    for x in r:
        loglik -= 0.5 * (np.log(2 * np.pi * h) + x * x / h)
        h = omega + alpha * x * x + beta * h
    return loglik
