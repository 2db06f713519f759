"""Steppers and physical simulations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.corpus.entries import entry


@dataclass
class State:
    x: Any
    v: Any

    def __add__(self, other: State) -> State:
        return State(self.x + other.x, self.v + other.v)

    def __rmul__(self, s: float) -> State:
        return State(s * self.x, s * self.v)


@dataclass(frozen=True)
class Oscillator:
    stiffness: float
    damping: float

    def derivative(self, s: State) -> State:
        return State(s.v, -self.stiffness * np.sin(s.x) - self.damping * s.v)


@entry(Oscillator(2.0, 0.1), State(0.5, 0.0), 0.05, xla=True)
@entry(Oscillator(2.0, 0.1), State(np.array([0.5, 1.0]), np.zeros(2)), 0.05)
def runge_kutta_dataclass(system: Oscillator, s: State, dt: float) -> State:
    f = system.derivative
    for _ in range(10):
        k1 = f(s)
        k2 = f(s + dt / 2 * k1)
        k3 = f(s + dt / 2 * k2)
        k4 = f(s + dt * k3)
        s = s + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return s


def lorenz(u: Any, sigma: float = 10.0, rho: float = 28.0, beta: float = 8 / 3) -> Any:
    x, y, z = u
    return np.array([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])


@entry(np.array([1.0, 0.5, 2.0]))
def lorenz_trajectory(u: Any) -> Any:
    path = np.zeros((6, 3))
    path[0] = u
    for i in range(5):
        path[i + 1] = path[i] + 0.01 * lorenz(path[i])
    return path


@entry(np.array([[0.0, 0.1], [1.0, 0.0], [0.3, 0.9]]), np.array([1.0, 2.0, 0.5]))
def n_body(pos: Any, mass: Any) -> Any:
    vel = np.zeros_like(pos)
    n = len(mass)
    pos = pos.copy()
    for _ in range(3):
        acc = np.zeros_like(pos)
        for i in range(n):
            for j in range(n):
                if i == j:
                    continue
                r = pos[j] - pos[i]
                d2 = r @ r + 0.1
                acc[i] += mass[j] * r / (d2 * np.sqrt(d2))
        vel += 0.05 * acc
        pos += 0.05 * vel
    energy = 0.0
    for i in range(n):
        energy += 0.5 * mass[i] * (vel[i] ** 2).sum()
        for j in range(i):
            energy -= mass[i] * mass[j] / np.sqrt(((pos[i] - pos[j]) ** 2).sum())
    return energy, pos


@entry(1.0, 0.3, smooth=False, xla=True)
def bouncing_ball(height: float, restitution: float) -> Any:
    y, v, t, bounces = height, 0.0, 0.0, 0
    dt = 0.01
    while bounces < 3 and t < 5:
        v -= 9.81 * dt
        y += v * dt
        t += dt
        if y < 0 and v < 0:
            y = -restitution * y
            v = -restitution * v
            bounces += 1
    return y, v, bounces


@entry(1.2, 0.5)
def adaptive_step(y: float, tol: float) -> Any:
    t, h, steps = 0.0, 0.3, 0
    while t < 1.0:
        h = min(h, 1.0 - t)
        k1 = -2 * y
        k2 = -2 * (y + h * k1)
        err = abs(h * (k2 - k1) / 2)
        if err <= tol:
            y = y + h * (k1 + k2) / 2
            t += h
            steps += 1
            h *= 1.5
        else:
            h *= 0.5
    return y, steps


@entry(np.sin(np.linspace(0, 3, 8)), 0.2)
def wave_equation(u: Any, c: float) -> Any:
    prev = u.copy()
    curr = u.copy()
    for _ in range(5):
        nxt = np.zeros_like(u)
        nxt[1:-1] = 2 * curr[1:-1] - prev[1:-1] + c**2 * (curr[2:] - 2 * curr[1:-1] + curr[:-2])
        prev, curr = curr, nxt
    return curr


@entry(np.cos(np.arange(25.0)).reshape(5, 5))
def heat_2d(u: Any) -> Any:
    u = u.copy()
    for _ in range(4):
        lap = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4 * u[1:-1, 1:-1]
        u[1:-1, 1:-1] += 0.1 * lap
        u[0] = u[1]
        u[-1] = u[-2]
        u[:, 0], u[:, -1] = u[:, 1], u[:, -2]
    return u


@entry(np.array([0.9, 0.1]), np.array([1.1, 0.4, 0.4, 0.1]))
def lotka_volterra(u: Any, p: Any) -> Any:
    a, b, c, d = p

    def rhs(x: Any, y: Any) -> Any:
        return a * x - b * x * y, d * x * y - c * y

    x, y = u
    xs = [x]
    for _ in range(6):
        dx, dy = rhs(x, y)
        mx, my = x + 0.05 * dx, y + 0.05 * dy
        dx, dy = rhs(mx, my)
        x, y = x + 0.1 * dx, y + 0.1 * dy
        xs.append(x)
    return np.array(xs), y


@entry(0.2, 3)
def ising_like_energy(coupling: float, n: int) -> Any:
    spins = np.ones((n, n))
    for i in range(n):
        for j in range(n):
            if (i + j) % 2 == 0:
                spins[i, j] = -1.0
    energy = 0.0
    for i in range(n):
        for j in range(n):
            energy -= coupling * spins[i, j] * (spins[(i + 1) % n, j] + spins[i, (j + 1) % n])
    return energy**2


@entry(np.array([0.2, 0.5, 0.9, 0.3]), 0.5, 0.1)
def upwind_advection(u: Any, speed: float, dt: float) -> Any:
    u = u.copy()
    for _ in range(3):
        new = u.copy()
        for i in range(len(u)):
            if speed > 0:
                new[i] = u[i] - speed * dt * (u[i] - u[i - 1])
            else:
                new[i] = u[i] - speed * dt * (u[(i + 1) % len(u)] - u[i])
        u = new
    return u


@entry(np.array([0.7, 0.2, 0.1]), 0.4, 0.1)
def epidemic(s: Any, beta: float, gamma: float) -> Any:
    sus, inf, rec = s
    peak, when = inf, 0
    for day in range(20):
        new = beta * sus * inf
        out = gamma * inf
        sus, inf, rec = sus - new, inf + new - out, rec + out
        if inf > peak:
            peak, when = inf, day
    return peak, when, sus + inf + rec


@entry(np.array([1.0, 2.0, -0.5]), np.array([0.1, 0.2, 0.3, 0.4]))
def quaternion_rotation(v: Any, q: Any) -> Any:
    q = q / np.sqrt(np.sum(q**2))
    w, r = q[0], q[1:]

    def cross(a: Any, b: Any) -> Any:
        return np.array(
            [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
        )

    t = 2 * cross(r, v)
    return v + w * t + cross(r, t)
