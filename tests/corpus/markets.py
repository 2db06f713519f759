"""Finance: trees, paths, curves, books and books of accounts."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict, deque
from dataclasses import dataclass, field
from functools import cache
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

import numpy as np

from tests.corpus.entries import entry


def phi(x):
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


class Option(NamedTuple):
    strike: float
    expiry: float
    kind: str = "call"

    def payoff(self, s):
        return (
            np.maximum(s - self.strike, 0)
            if self.kind == "call"
            else np.maximum(self.strike - s, 0)
        )


@dataclass
class Market:
    spot: float
    vol: float
    rate: float = 0.02
    dividends: dict = field(default_factory=dict)

    @property
    def drift(self):
        return self.rate - self.dividends.get("yield", 0.0)

    def discount(self, t):
        return math.exp(-self.rate * t)


def trinomial(option, mkt, n, american=False):
    dt = option.expiry / n
    dx = mkt.vol * math.sqrt(3 * dt)
    nu = mkt.drift - 0.5 * mkt.vol**2
    a = (mkt.vol**2 * dt + nu**2 * dt**2) / dx**2
    pu, pm, pd = 0.5 * (a + nu * dt / dx), 1 - a, 0.5 * (a - nu * dt / dx)
    j = np.arange(-n, n + 1)
    v = option.payoff(mkt.spot * np.exp(j * dx))
    disc = mkt.discount(dt)
    for i in range(n - 1, -1, -1):
        v = disc * (pd * v[:-2] + pm * v[1:-1] + pu * v[2:])
        if american:
            s = mkt.spot * np.exp(np.arange(-i, i + 1) * dx)
            v = np.maximum(v, option.payoff(s))
    return v[0]


@entry(Option(100.0, 1.0), Market(103.0, 0.2))
def trinomial_tree(option, mkt):
    european = trinomial(option, mkt, 3)
    return european, trinomial(option, mkt, 3, american=True) - european


def bs_price(s, k, t, r, vol, cp=1):
    d1 = (math.log(s / k) + (r + 0.5 * vol * vol) * t) / (vol * math.sqrt(t))
    d2 = d1 - vol * math.sqrt(t)
    return cp * (s * phi(cp * d1) - k * math.exp(-r * t) * phi(cp * d2))


@entry(8.0, 100.0, np.array([95.0, 110.0]), 0.5, rtol=1e-9)
def smile(price, s, strikes, t):
    vols = np.zeros_like(strikes)
    for n, k in enumerate(strikes):
        target = max(price, s - k * math.exp(-0.01 * t)) + 0.5
        lo, hi = 1e-4, 3.0
        v = 0.3
        for _it in range(60):
            diff = bs_price(s, k, t, 0.01, v) - target
            d1 = (math.log(s / k) + (0.01 + v * v / 2) * t) / (v * math.sqrt(t))
            vega = s * math.sqrt(t) * math.exp(-d1 * d1 / 2) / math.sqrt(2 * math.pi)
            if abs(diff) < 1e-13:
                break
            lo, hi = (lo, v) if diff > 0 else (v, hi)
            nxt = v - diff / vega if vega > 1e-8 else (lo + hi) / 2
            v = nxt if lo < nxt < hi else 0.5 * (lo + hi)
        vols[n] = v
    return vols


@entry(np.array([0.010, 0.012, 0.015, 0.020]), rtol=1e-10)
def bootstrapped_curve(swap_rates):
    years = [1, 2, 3, 5]
    grid = np.arange(1, 6)
    quotes = np.interp(grid, years, swap_rates)
    dfs = []
    for q in quotes:
        annuity = sum(dfs)
        dfs.append((1 - q * annuity) / (1 + q))
    dfs = np.array(dfs)
    zero = -np.log(dfs) / grid
    forward = dfs[:-1] / dfs[1:] - 1

    def discount(t):
        return np.exp(-np.interp(t, grid, zero) * t)

    return zero, forward, discount(2.5)


@entry(
    0.04,
    np.array([[0.1, -0.3, 0.5], [1.0, 0.2, -0.7]]),
    np.array([[0.3, 0.3, -0.9], [-0.2, 0.8, 0.1]]),
)
def heston_paths(v0, z1, z2, kappa=1.5, theta=0.04, xi=0.3, rho=-0.7):
    z2 = rho * z1 + np.sqrt(1 - rho**2) * z2
    dt = 1 / z1.shape[1]
    s = np.full(len(z1), 100.0)
    v = np.full(len(z1), v0)
    paths = [s]
    for k in range(z1.shape[1]):
        vp = np.maximum(v, 0)
        s = s * np.exp(-0.5 * vp * dt + np.sqrt(vp * dt) * z1[:, k])
        v = v + kappa * (theta - vp) * dt + xi * np.sqrt(vp * dt) * z2[:, k]
        paths.append(s)
    paths = np.array(paths).T
    barrier = (paths > 80).all(axis=1)
    return np.where(barrier, np.maximum(paths[:, -1] - 95, 0), 0).mean(), paths


@entry(np.array([100.0, 101.5, 99.0, 102.0, 103.0, 101.0, 105.0]))
def indicators(close):
    def ema(x, span):
        k = 2 / (span + 1)
        out = [x[0]]
        for v in x[1:]:
            out.append(out[-1] + k * (v - out[-1]))
        return np.array(out)

    macd = ema(close, 3) - ema(close, 5)
    delta = np.diff(close)
    gain, loss = np.where(delta > 0, delta, 0.0), np.where(delta < 0, -delta, 0.0)
    rs = gain.mean() / loss.mean()
    bands = [
        (w.mean() - 2 * w.std(), w.mean() + 2 * w.std())
        for w in (close[i : i + 3] for i in range(len(close) - 2))
    ]
    return macd, 100 - 100 / (1 + rs), np.array(bands)


@entry(
    np.array([0.8, 1.2, 1.05]), np.array([[0.4, 0.1, 0.0], [0.1, 0.9, 0.2], [0.0, 0.2, 0.6]]), 1.0
)
def efficient_portfolio(mu, cov, target):
    n = len(mu)
    ones = np.ones(n)
    kkt = np.block(
        [
            [2 * cov, mu[:, None], ones[:, None]],
            [mu[None, :], np.zeros((1, 2))],
            [ones[None, :], np.zeros((1, 2))],
        ]
    )
    rhs = np.concatenate([np.zeros(n), [target, 1.0]])
    w = np.linalg.solve(kkt, rhs)[:n]
    risk = np.sqrt(w @ cov @ w)
    contrib = w * (cov @ w) / risk
    return {"w": w, "risk": risk, "contrib": contrib}


@entry(np.array([-0.02, 0.01, 0.03, -0.05, 0.02, -0.01]), 0.3)
def tail_risk(returns, level):
    srt = np.sort(returns)
    n = int(np.ceil(level * len(srt)))
    var = -srt[n - 1]
    es = -srt[:n].mean()
    cumulative = np.cumprod(1 + returns)
    peak = np.maximum.accumulate(cumulative)
    return var, es, ((peak - cumulative) / peak).max(), np.quantile(returns, [0.05, 0.5])


@entry(np.array([-1000.0, 300.0, 420.0, 680.0]), rtol=1e-9)
def internal_rate(cash):
    def npv(r):
        return sum(c / (1 + r) ** t for t, c in enumerate(cash))

    a, b = 0.0, 1.0
    fa, fb = npv(a), npv(b)
    for _ in range(100):
        if abs(fb - fa) < 1e-14:
            break
        c = b - fb * (b - a) / (fb - fa)
        a, fa, b, fb = b, fb, c, npv(c)
        if abs(fb) < 1e-11:
            return b
    return b


@dataclass(order=True)
class Order:
    price: float
    size: float


@entry(np.array([100.2, 100.0, 100.5, 99.8]), np.array([5.0, 3.0, 4.0, 6.0]), 7.0)
def order_book(prices, sizes, want):
    book = [(float(p), float(s)) for p, s in zip(prices, sizes, strict=False)]
    book.sort()
    cost, left = 0.0, want
    for p, s in book:
        take = min(s, left)
        cost += take * p
        left -= take
        if left <= 0:
            break
    return cost / (want - left), left


@entry(np.array([3.0, 1.0, 2.0, 7.0]), np.array([1.0, 2.5, 2.0, 0.5]), smooth=False)
def event_queue(arrivals, service):
    events = [(t, i) for i, t in enumerate(arrivals)]
    heapify(events)
    free = 0.0
    waits = np.zeros(len(arrivals))
    while events:
        t, i = heappop(events)
        start = max(t, free)
        waits[i] = start - t
        free = start + service[i]
    return waits, free


@entry(10.0, 0.3, 3)
def memoised_lattice(s, p, n):
    @cache
    def value(i, up):
        if i == n:
            return max(s * 1.1**up * 0.9 ** (i - up) - s, 0.0)
        return p * value(i + 1, up + 1) + (1 - p) * value(i + 1, up)

    return value(0, 0)


@entry(np.array([0.0, 10.0, 30.0, 60.0]), np.array([0.1, 0.2, 0.3, 0.4]), 45.0)
def progressive_tax(brackets, rates, income):
    tax = 0.0
    for lo, hi, r in zip(brackets, [*brackets[1:], np.inf], rates, strict=False):
        if income <= lo:
            break
        tax += (min(income, hi) - lo) * r
    k = bisect_right(list(brackets), income) - 1
    return tax, rates[k], k


class Ledger:
    def __init__(self):
        self.entries = []
        self.totals = defaultdict(float)

    def __iadd__(self, item):
        account, amount = item
        self.entries.append(item)
        self.totals[account] += amount
        return self

    def __contains__(self, account):
        return account in self.totals

    def __len__(self):
        return len(self.entries)

    def balance(self):
        return sum(self.totals.values())


@entry(np.array([10.0, 20.0, 5.0, 7.5]), ("cash", "stock", "cash", "debt"))
def double_entry(amounts, accounts):
    ledger = Ledger()
    for name, a in zip(accounts, amounts, strict=False):
        ledger += (name, a)
        ledger += ("equity", -a * 0.5)
    fee = ledger.totals["cash"] * 0.01 if "cash" in ledger else 0.0
    return ledger.balance() - fee, len(ledger), dict(ledger.totals)


@entry(np.array([0.3, -0.1, 0.8, 0.4]), 3)
def rolling_regression(y, window):
    buf = deque(maxlen=window)
    slopes = []
    for t, v in enumerate(y):
        buf.append((float(t), v))
        if len(buf) < window:
            continue
        n = len(buf)
        sx = sum(a for a, _ in buf)
        sy = sum(b for _, b in buf)
        sxy = sum(a * b for a, b in buf)
        sxx = sum(a * a for a, _ in buf)
        slopes.append((n * sxy - sx * sy) / (n * sxx - sx**2))
    return slopes


@entry(100.0, 0.05, 0.2, np.array([[0.1, -0.2], [0.5, 0.3], [-1.0, 0.7], [0.2, 0.2]]))
def least_squares_monte_carlo(s0, r, vol, z):
    dt = 0.5
    steps = np.exp((r - vol**2 / 2) * dt + vol * np.sqrt(dt) * z)
    s = s0 * np.cumprod(steps, axis=1)
    cash = np.maximum(105 - s[:, -1], 0)
    x = s[:, 0]
    basis = np.vander(x / 100, 2)
    coef = np.linalg.lstsq(basis, cash * np.exp(-r * dt), rcond=None)[0]
    cont = basis @ coef
    ex = np.maximum(105 - x, 0)
    value = np.where(ex > cont, ex, cash * np.exp(-r * dt))
    return value.mean() * np.exp(-r * dt)


@entry(np.array([1.0, 2.0]), 0.5)
def sabr_like(f, nu, alpha=0.3, rho=-0.2, beta=0.5, k=1.1, t=2.0):
    logfk = np.log(f / k)
    fkb = (f * k) ** (1 - beta)
    z = nu / alpha * np.sqrt(fkb) * logfk
    x = np.log((np.sqrt(1 - 2 * rho * z + z * z) + z - rho) / (1 - rho))
    a = (1 - beta) ** 2 * alpha**2 / (24 * fkb)
    b = 0.25 * rho * beta * nu * alpha / np.sqrt(fkb)
    c = (2 - 3 * rho**2) * nu**2 / 24
    ratio = np.divide(z, x, out=np.ones_like(z), where=np.abs(x) > 1e-12)
    return alpha / np.sqrt(fkb) * ratio * (1 + (a + b + c) * t)


def queue_of_ints(limit: Any = 5):
    h = []
    for k in (5, 3, 8, 1):
        heappush(h, k % limit)
    return [heappop(h) for _ in range(len(h))]


@entry(2.0)
def known_heap_inside(x):
    return sum(x * k for k in queue_of_ints())
