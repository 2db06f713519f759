"""Integrators of ordinary and stochastic differential equations, particles, fields."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.corpus.entries import entry
from tests.corpus.matrices import pivoted_solve

RNG = np.random.default_rng(17)
Field = Callable[[float, Any], Any]


def rk4(f: Field, t: float, y: Any, h: float) -> Any:
    k1 = f(t, y)
    k2 = f(t + h / 2, y + h / 2 * k1)
    k3 = f(t + h / 2, y + h / 2 * k2)
    k4 = f(t + h, y + h * k3)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def euler(f: Field, t: float, y: Any, h: float) -> Any:
    return y + h * f(t, y)


def midpoint(f: Field, t: float, y: Any, h: float) -> Any:
    return y + h * f(t + h / 2, y + h / 2 * f(t, y))


METHODS = {"rk4": rk4, "euler": euler, "midpoint": midpoint}


def integrate(f: Field, y: Any, h: float, steps: int, method: str = "rk4") -> Any:
    step, t = METHODS[method], 0.0
    for _ in range(steps):
        y = step(f, t, y, h)
        t += h
    return y


@entry(np.array([1.0, 0.0]), 1.5)
def van_der_pol(y: Any, mu: float) -> Any:
    def f(t: float, y: Any) -> Any:
        return np.array([y[1], mu * (1 - y[0] ** 2) * y[1] - y[0]])

    return [integrate(f, y, 0.1, 5, method) for method in METHODS]


@entry(np.array([0.5, 0.1, -0.2]), xla=True)
def rossler(y: Any) -> Any:
    def f(t: float, s: Any) -> Any:
        x, y, z = s
        return np.array([-y - z, x + 0.2 * y, 0.2 + z * (x - 5.7)])

    return integrate(f, y, 0.05, 10)


@entry(np.array([0.3, 0.2]), 9.81)
def pendulum_forced(y: Any, g: float) -> Any:
    return integrate(
        lambda t, y: np.array([y[1], -g * np.sin(y[0]) - 0.1 * y[1] + np.cos(2 * t)]), y, 0.05, 8
    )


@entry(np.array([0.2, 0.1, 0.3, -0.1]))
def double_pendulum(state: Any) -> Any:
    def f(t: float, s: Any) -> Any:
        a, b, va, vb = s
        d = a - b
        den = 3 - np.cos(2 * d)
        first = (
            -3 * 9.81 * np.sin(a)
            - 9.81 * np.sin(a - 2 * b)
            - 2 * np.sin(d) * (vb**2 + va**2 * np.cos(d))
        ) / den
        second = 2 * np.sin(d) * (2 * va**2 + 2 * 9.81 * np.cos(a) + vb**2 * np.cos(d)) / den
        return np.array([va, vb, first, second])

    return integrate(f, state, 0.01, 5)


@entry(1.0, 0.5, xla=True)
def dormand_prince_step(y: float, h: float) -> tuple[float, float]:
    a = [
        [],
        [1 / 5],
        [3 / 40, 9 / 40],
        [44 / 45, -56 / 15, 32 / 9],
        [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
        [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
        [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
    ]
    b4 = [5179 / 57600, 0, 7571 / 16695, 393 / 640, -92097 / 339200, 187 / 2100, 1 / 40]
    k: list[float] = []
    for row in a:
        x = y + h * sum(c * ki for c, ki in zip(row, k, strict=True))
        k.append(-x + math.sin(x))
    fifth = y + h * sum(c * ki for c, ki in zip(a[-1], k, strict=False))
    fourth = y + h * sum(c * ki for c, ki in zip(b4, k, strict=True))
    return fifth, abs(fifth - fourth)


@entry(1.0, smooth=False, xla=True)
def adaptive_heun(y: float) -> tuple[float, int]:
    t, h, steps = 0.0, 0.1, 0
    while t < 1.0:
        if t + h > 1.0:
            h = 1.0 - t
        k1 = -2 * y + math.sin(t)
        k2 = -2 * (y + h * k1) + math.sin(t + h)
        error = abs(h * (k2 - k1) / 2)
        if error <= 1e-4:
            t += h
            y += h * (k1 + k2) / 2
            steps += 1
        h *= min(2.0, max(0.3, 0.9 * math.sqrt(1e-4 / (error + 1e-12))))
    return y, steps


@entry(1.0, 5.0)
def implicit_euler(y: float, stiffness: float) -> float:
    h = 0.1
    for _ in range(4):
        guess = y
        for _ in range(5):
            residual = guess - y + h * stiffness * guess**3
            guess -= residual / (1 + 3 * h * stiffness * guess**2)
        y = guess
    return y


@entry(np.array([1.0, 0.5]))
def adams_bashforth(y: Any) -> Any:
    def f(y: Any) -> Any:
        return np.array([y[1], -y[0]])

    h = 0.1
    previous = f(y)
    y = y + h * previous
    for _ in range(5):
        now = f(y)
        y, previous = y + h * (1.5 * now - 0.5 * previous), now
    return y


@entry(0.5, 0.8, RNG.normal(size=6), xla=True)
def euler_maruyama(x: float, sigma: float, noise: Any) -> list[float]:
    path = [x]
    for dw in noise:
        x = x + 0.1 * (0.3 - x) + sigma * math.sqrt(0.1) * float(dw)
        path.append(x)
    return path


@entry(0.5, 0.4, RNG.normal(size=6))
def milstein(x: Any, sigma: float, noise: Any) -> Any:
    dt = 0.05
    for z in noise:
        dw = np.sqrt(dt) * z
        x = x + 0.1 * x * dt + sigma * x * dw + 0.5 * sigma**2 * x * (dw**2 - dt)
    return x


@dataclass
class Body:
    """A mass in the plane."""

    mass: float
    x: Any
    v: Any

    def pulled_by(self, other: Body) -> Any:
        d = other.x - self.x
        r2 = d @ d + 0.01
        return other.mass * d / r2**1.5


@entry(
    [
        Body(1.0, np.array([0.0, 0.0]), np.array([0.0, 0.1])),
        Body(0.5, np.array([1.0, 0.0]), np.array([0.0, 1.0])),
        Body(0.2, np.array([0.0, 1.5]), np.array([-0.8, 0.0])),
    ],
)
def bodies(system: list[Body]) -> Any:
    state = [Body(b.mass, b.x, b.v) for b in system]
    for _ in range(3):
        pulls = []
        for i, b in enumerate(state):
            total = np.zeros(2)
            for j, other in enumerate(state):
                if i != j:
                    total += b.pulled_by(other)
            pulls.append(total)
        for b, a in zip(state, pulls, strict=True):
            b.v = b.v + 0.05 * a
            b.x = b.x + 0.05 * b.v
    return [b.x for b in state], sum(0.5 * b.mass * (b.v @ b.v) for b in state)


@entry(RNG.normal(size=(4, 2)), xla=True)
def lennard_jones(x: Any) -> Any:
    energy = 0.0
    force = np.zeros_like(x)
    for i in range(len(x)):
        for j in range(i):
            d = x[i] - x[j]
            r2 = np.sum(d * d) + 0.5
            inv6 = 1 / r2**3
            energy += 4 * (inv6**2 - inv6)
            push = 24 * (2 * inv6**2 - inv6) / r2 * d
            force[i] += push
            force[j] -= push
    return energy, force


@entry(np.array([0.1, 0.4]), np.array([1.0, -0.2]))
def velocity_verlet(x: Any, v: Any) -> Any:
    def acceleration(x: Any) -> Any:
        return -x - 2 * x**3

    a = acceleration(x)
    energies = np.zeros(4)
    for k in range(4):
        x = x + 0.1 * v + 0.005 * a
        new = acceleration(x)
        v = v + 0.05 * (a + new)
        a = new
        energies[k] = (v**2).sum() / 2 + (x**2).sum() / 2 + (x**4).sum() / 2
    return x, v, energies


@entry(2.0, 5.0, 0.7)
def projectile_with_bounce(height: float, speed: float, restitution: float) -> tuple[float, float]:
    x, y, vx, vy = 0.0, height, speed, 0.0
    for _ in range(30):
        vy -= 9.81 * 0.03
        x += vx * 0.03
        y += vy * 0.03
        if y < 0:
            y, vy = -y * restitution, -vy * restitution
            vx *= 0.95
    return x, y


@entry(np.sin(np.linspace(0, 3, 8)), 0.02)
def burgers(u: Any, nu: float) -> Any:
    dx, dt = 0.4, 0.02
    for _ in range(4):
        left, right = np.roll(u, 1), np.roll(u, -1)
        u = u - dt * u * (right - left) / (2 * dx) + nu * dt * (right - 2 * u + left) / dx**2
    return u


@entry(RNG.uniform(size=(4, 4)), RNG.uniform(size=(4, 4)) * 0.2)
def gray_scott(u: Any, v: Any) -> Any:
    def laplacian(z: Any) -> Any:
        return sum(np.roll(z, s, axis=a) for a in (0, 1) for s in (-1, 1)) - 4 * z

    for _ in range(3):
        reaction = u * v * v
        u = u + 0.16 * laplacian(u) - reaction + 0.035 * (1 - u)
        v = v + 0.08 * laplacian(v) + reaction - 0.095 * v
    return u, v


@entry(np.array([0.0, 0.0, 1.0, 0.0, 0.0, 0.0]))
def crank_nicolson(u: Any) -> Any:
    n, r = len(u), 0.4
    left = (1 + r) * np.eye(n) - r / 2 * (np.eye(n, k=1) + np.eye(n, k=-1))
    right = (1 - r) * np.eye(n) + r / 2 * (np.eye(n, k=1) + np.eye(n, k=-1))
    for _ in range(3):
        u = pivoted_solve(left, right @ u)
    return u


@entry(np.zeros((4, 4)), np.array([1.0, 0.5, -0.5, 0.2]), xla=True)
def laplace_relaxation(u: Any, top: Any) -> Any:
    u = u.copy()
    u[0] = top
    change, sweeps = 1.0, 0
    while change > 1e-3 and sweeps < 50:
        change = 0.0
        for i in range(1, 3):
            for j in range(1, 3):
                new = (u[i - 1, j] + u[i + 1, j] + u[i, j - 1] + u[i, j + 1]) / 4
                change = max(change, abs(new - u[i, j]))
                u[i, j] = new
        sweeps += 1
    return u, sweeps


@entry(np.array([1.0, 0.0, 0.0]), 0.04)
def robertson(y: Any, k: float) -> Any:
    a, b, c = y
    for _ in range(5):
        da = -k * a + 10 * b * c
        db = k * a - 10 * b * c - 3 * b * b
        dc = 3 * b * b
        a, b, c = a + 0.1 * da, b + 0.1 * db, c + 0.1 * dc
    return a, b, c


@entry(-60.0, 0.1, 5.0)
def hodgkin_huxley(v: float, n: float, current: float) -> tuple[float, float]:
    for _ in range(4):
        alpha = 0.01 * (v + 55) / (1 - math.exp(-(v + 55) / 10))
        beta = 0.125 * math.exp(-(v + 65) / 80)
        n += 0.02 * (alpha * (1 - n) - beta * n)
        v += 0.02 * (current - 36 * n**4 * (v + 77) - 0.3 * (v + 54.4))
    return v, n


@entry(np.array([0.0, 2.0]), 1.1, smooth=False)
def spiking_neurons(v: Any, current: float) -> Any:
    v = v.copy()
    spikes = np.zeros(2, dtype=int)
    for _ in range(20):
        v += 0.1 * (current * 20 - v)
        fired = v > 15
        spikes[fired] += 1
        v[fired] = 0.0
    return v, spikes
