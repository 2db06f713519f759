"""Rays, rigid bodies, particles, elements and chains."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import Any, NamedTuple

import numpy as np

from tests.corpus.entries import entry


class Vec(NamedTuple):
    x: Any
    y: Any
    z: Any

    def __add__(self, o):
        return Vec(*(a + b for a, b in zip(self, o, strict=False)))

    def __sub__(self, o):
        return Vec(*(a - b for a, b in zip(self, o, strict=False)))

    def __mul__(self, s):
        return Vec(*(a * s for a in self))

    __rmul__ = __mul__

    def dot(self, o):
        return sum(a * b for a, b in zip(self, o, strict=False))

    def unit(self):
        return self * (1.0 / self.dot(self) ** 0.5)


@dataclass
class Sphere:
    center: Vec
    radius: float
    colour: Vec
    mirror: float = 0.0

    def hit(self, origin, d):
        oc = origin - self.center
        b = oc.dot(d)
        disc = b * b - oc.dot(oc) + self.radius**2
        if disc < 0:
            return None
        t = -b - disc**0.5
        return t if t > 1e-4 else None


def trace(scene, light, origin, d, depth=0):
    best, obj = float("inf"), None
    for s in scene:
        t = s.hit(origin, d)
        if t is not None and t < best:
            best, obj = t, s
    if obj is None:
        return Vec(0.1, 0.1, 0.2 + 0.1 * d.y)
    p = origin + d * best
    n = (p - obj.center).unit()
    lam = max(0.0, n.dot((light - p).unit()))
    colour = obj.colour * lam
    if obj.mirror > 0 and depth < 1:
        r = d - n * (2 * d.dot(n))
        colour = colour * (1 - obj.mirror) + trace(scene, light, p, r, depth + 1) * obj.mirror
    return colour


@entry(Vec(5.0, 5.0, -5.0), 0.3)
def ray_traced_image(light, mirror):
    scene = [
        Sphere(Vec(0.0, 0.0, 3.0), 1.0, Vec(1.0, 0.2, 0.2), mirror),
        Sphere(Vec(1.2, 0.3, 2.0), 0.5, Vec(0.2, 1.0, 0.2)),
    ]
    img = np.zeros((4, 4, 3))
    for i, y in enumerate(np.linspace(0.6, -0.6, 4)):
        for j, x in enumerate(np.linspace(-0.6, 0.6, 4)):
            img[i, j] = trace(scene, light, Vec(0.0, 0.0, -1.0), Vec(x, y, 1.0).unit())
    return img


def quat_mul(p, q):
    w0, x0, y0, z0 = p
    w1, x1, y1, z1 = q
    return np.array(
        [
            w0 * w1 - x0 * x1 - y0 * y1 - z0 * z1,
            w0 * x1 + x0 * w1 + y0 * z1 - z0 * y1,
            w0 * y1 - x0 * z1 + y0 * w1 + z0 * x1,
            w0 * z1 + x0 * y1 - y0 * x1 + z0 * w1,
        ]
    )


@entry(np.array([1.0, 0.2, 0.1, 0.0]), np.array([0.3, 1.0, -0.2]), np.diag([1.0, 2.0, 3.0]))
def rigid_body_tumbling(q, w, inertia):
    inv = np.linalg.inv(inertia)
    q = q / np.linalg.norm(q)
    for _ in range(5):
        torque = -np.cross(w, inertia @ w)
        w = w + 0.05 * inv @ torque
        q = q + 0.5 * 0.05 * quat_mul(q, np.r_[0.0, w])
        q /= np.sqrt((q**2).sum())
    return q, w


@entry(np.array([1.0, 0.0, 0.0, 0.0]), np.array([0.6, 0.0, 0.8, 0.0]), 0.25)
def slerp(q0, q1, t):
    d = np.dot(q0, q1)
    if d < 0.0:
        q1, d = -q1, -d
    if d > 0.9995:
        r = q0 + t * (q1 - q0)
        return r / np.linalg.norm(r)
    theta0 = np.arccos(np.clip(d, -1.0, 1.0))
    theta = theta0 * t
    return np.cos(theta) * q0 + np.sin(theta) * (q1 - q0 * d) / np.linalg.norm(q1 - q0 * d)


@dataclass
class Box:
    length: float
    cutoff: float
    pairs: list = field(default_factory=list)

    def minimum_image(self, d):
        return d - self.length * np.round(d / self.length)

    def build(self, pos, skin=0.3):
        n = len(pos)
        self.pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
        d = np.array([self.minimum_image(pos[i] - pos[j]) for i, j in self.pairs])
        return np.sqrt((d**2).sum(axis=1)) < self.cutoff + skin


GRID3 = np.array(
    [[0.1, 0.0, 0.0], [1.3, 0.1, 0.0], [0.0, 1.2, 0.1], [1.2, 1.2, 0.0], [0.6, 0.7, 1.2]]
)


@entry(GRID3[:3], 4.0)
def molecular_dynamics(pos, length):
    box = Box(length, 2.0)
    vel = np.zeros_like(pos)
    near = box.build(pos)

    def forces(pos):
        f = np.zeros_like(pos)
        e = 0.0
        for k, (i, j) in enumerate(box.pairs):
            if not near[k]:
                continue
            d = box.minimum_image(pos[i] - pos[j])
            r2 = d @ d
            if r2 > box.cutoff**2:
                continue
            s6 = 1.0 / r2**3
            e += 4 * (s6 * s6 - s6)
            g = 24 * (2 * s6 * s6 - s6) / r2 * d
            f[i] += g
            f[j] -= g
        return f, e

    f, e = forces(pos)
    for _ in range(1):
        vel += 0.5 * 0.002 * f
        pos = pos + 0.002 * vel
        f, e = forces(pos)
        vel += 0.5 * 0.002 * f
    return pos, e + 0.5 * np.sum(vel**2)


@entry(GRID3)
def neighbour_histogram(pos):
    diff = pos[:, None, :] - pos[None, :, :]
    dist = np.sqrt(np.sum(diff * diff, -1) + np.eye(len(pos)))
    i, j = np.triu_indices(len(pos), k=1)
    d = dist[i, j]
    edges = np.linspace(0, 2.5, 6)
    centres = 0.5 * (edges[1:] + edges[:-1])
    soft = np.exp(-((d[:, None] - centres) ** 2) / 0.1)
    return soft.sum(0) / soft.sum()


@entry(
    np.array([0.0, 0.3, 0.5, 0.8]), np.array([1.0, 2.0, 1.5]), np.array([[0.4, 0.0]]), smooth=False
)
@entry(np.array([0.0, 0.3, 0.5, 0.8]), np.array([1.0, 2.0, 1.5]), np.array([[0.4, 0.1]]))
def spring_network(x, k, load):
    n = x.size
    K = np.zeros((n, n))
    elements = np.column_stack([np.arange(n - 1), np.arange(1, n)])
    for e, (i, j) in enumerate(elements):
        L = x[j] - x[i]
        ke = k[e] / L * np.array([[1.0, -1.0], [-1.0, 1.0]])
        dofs = np.array([i, j])
        K[np.ix_(dofs, dofs)] += ke
    F = np.zeros(n)
    F[-1] = load[0, 0]
    F[1] = load[0, 1]
    free = np.setdiff1d(np.arange(n), [0])
    u = np.zeros(n)
    u[free] = np.linalg.solve(K[np.ix_(free, free)], F[free])
    return u, K @ u


NODES = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.5, 0.45]])
TRIS = np.array([[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]])


@entry(NODES, TRIS, np.array([1.0, 2.0, 1.5, 0.7]))
def assembled_laplacian(nodes, tris, kappa):
    n = len(nodes)
    p = nodes[tris]
    b = np.stack(
        [p[:, 1, 1] - p[:, 2, 1], p[:, 2, 1] - p[:, 0, 1], p[:, 0, 1] - p[:, 1, 1]], axis=1
    )
    c = np.stack(
        [p[:, 2, 0] - p[:, 1, 0], p[:, 0, 0] - p[:, 2, 0], p[:, 1, 0] - p[:, 0, 0]], axis=1
    )
    area = 0.5 * np.abs(b[:, 0] * c[:, 1] - b[:, 1] * c[:, 0])
    ke = (b[:, :, None] * b[:, None, :] + c[:, :, None] * c[:, None, :]) * (kappa / (4 * area))[
        :, None, None
    ]
    K = np.zeros((n, n))
    np.add.at(K, (tris[:, :, None], tris[:, None, :]), ke)
    f = np.zeros(n)
    np.add.at(f, tris, np.repeat(area[:, None] / 3, 3, axis=1))
    fixed = [0, 1]
    free = [i for i in range(n) if i not in fixed]
    u = np.zeros(n)
    u[free] = np.linalg.solve(K[free][:, free], f[free])
    return u, f @ u


@entry(np.array([0.2, 0.5, 1.0]), np.array([0.1, -0.2, 0.0]))
def truss_angles(angles, offsets):
    points = [np.zeros(2)]
    heading = 0.0
    for a, o in zip(angles, offsets, strict=False):
        heading += a
        points.append(points[-1] + (1 + o) * np.array([np.cos(heading), np.sin(heading)]))
    chain = np.array(points)
    seg = np.diff(chain, axis=0)
    return chain, np.hypot(*seg.T).sum()


def dh(theta, d, a, alpha):
    ct, st, ca, sa = np.cos(theta), np.sin(theta), np.cos(alpha), np.sin(alpha)
    return np.array(
        [
            [ct, -st * ca, st * sa, a * ct],
            [st, ct * ca, -ct * sa, a * st],
            [0, sa, ca, d],
            [0, 0, 0, 1],
        ]
    )


@entry(np.array([0.1, 0.4, -0.3]), np.array([0.9, 0.5, 0.4]))
def inverse_kinematics(q, target):
    links = [(0.3, 0.0, np.pi / 2), (0.0, 0.7, 0.0), (0.0, 0.5, 0.0)]

    def forward(q):
        return reduce(
            np.matmul, [dh(t, *link) for t, link in zip(q, links, strict=False)], np.eye(4)
        )[:3, 3]

    for _ in range(4):
        p = forward(q)
        J = np.column_stack([(forward(q + 1e-4 * e) - p) / 1e-4 for e in np.eye(3)])
        q = q + np.linalg.solve(J.T @ J + 0.1 * np.eye(3), J.T @ (target - p))
    return q, forward(q)


@entry(np.sin(np.linspace(0, np.pi, 9)), 0.4)
def damped_string(u0, c):
    prev, cur = u0.copy(), u0.copy()
    history = np.empty((6, u0.size))
    for k in range(6):
        nxt = np.zeros_like(cur)
        lap = cur[2:] - 2 * cur[1:-1] + cur[:-2]
        nxt[1:-1] = 2 * cur[1:-1] - prev[1:-1] + c**2 * lap - 0.01 * (cur[1:-1] - prev[1:-1])
        prev, cur = cur, nxt
        history[k] = cur
    return history


@entry(np.array([[1.0, 0.3], [0.5, -0.7]]), np.array([[0.0, 1.0], [0.2, 0.1]]), 4)
def leapfrog_kepler(q, p, steps):
    def acc(x):
        return -x / np.linalg.norm(x, axis=-1, keepdims=True) ** 3

    def kick(q, p, h):
        return (q, p + h * acc(q))

    def drift(q, p, h):
        return (q + h * p, p)

    stages = [partial(kick, h=0.01), partial(drift, h=0.02), partial(kick, h=0.01)]
    for _ in range(steps):
        for stage in stages:
            q, p = stage(q, p)
    angular = q[:, 0] * p[:, 1] - q[:, 1] * p[:, 0]
    return q, p, angular


@entry(0.6, 3.0, 0.02)
def projectile_range(angle, speed, drag):
    x = y = 0.0
    vx, vy = speed * np.cos(angle), speed * np.sin(angle)
    dt = 0.01
    while True:
        v = np.hypot(vx, vy)
        xo, yo = x, y
        vx -= drag * v * vx * dt
        vy -= (9.81 + drag * v * vy) * dt
        x += vx * dt
        y += vy * dt
        if y < 0:
            break
    return xo + (x - xo) * yo / (yo - y)


@entry(np.array([0.3, 0.1]), np.array([0.8, -0.2]), smooth=False)
@entry(np.array([0.3, 0.1]), np.array([0.8, -0.2]))
def billiard(p, v):
    p, v = p.copy(), v.copy()
    bounces = 0
    for _ in range(12):
        p += 0.13 * v
        for axis in range(2):
            if p[axis] > 1:
                p[axis], v[axis] = 2 - p[axis], -v[axis]
                bounces += 1
            elif p[axis] < -1:
                p[axis] = -2 - p[axis]
                v[axis] *= -0.95
                bounces += 1
    return p, v, bounces


@entry(np.linspace(0.5, 2.0, 5), 1.2, 1.5)
def snell_through_layers(n_layers, x0, angle_deg):
    theta = np.radians(angle_deg)
    x, path = x0, 0.0
    for n1, n2 in itertools.pairwise(n_layers):
        s = n1 * np.sin(theta) / n2
        if abs(s) > 1:
            raise ValueError(f"total reflection at n={n1:.2f}")
        theta = np.arcsin(s)
        x += np.tan(theta)
        path += n2 / np.cos(theta)
    return x, path, theta
