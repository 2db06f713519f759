"""Orbits: elements, perturbed propagation."""

from __future__ import annotations

import numpy as np

from tests.corpus.entries import entry

MU = 398600.4418
R_EARTH = 6378.137
J2 = 1.08262668e-3


@entry(7000.0, 0.01, 0.5, 0.3, 0.2, 1.1)
def elements_to_state(a, e, inc, raan, argp, nu):
    p = a * (1 - e**2)
    r = p / (1 + e * np.cos(nu))
    r_pf = r * np.array([np.cos(nu), np.sin(nu), 0.0])
    v_pf = np.sqrt(MU / p) * np.array([-np.sin(nu), e + np.cos(nu), 0.0])

    def rot3(t):
        c, s = np.cos(t), np.sin(t)
        return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])

    def rot1(t):
        c, s = np.cos(t), np.sin(t)
        return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])

    Q = rot3(raan) @ rot1(inc) @ rot3(argp)
    return Q @ r_pf, Q @ v_pf


@entry(np.array([7000.0, 100.0, 50.0]), np.array([0.1, 7.5, 0.2]))
def state_to_elements(r, v):
    h = np.cross(r, v)
    n = np.cross([0, 0, 1], h)
    rn = np.linalg.norm(r)
    ecc = ((np.dot(v, v) - MU / rn) * r - np.dot(r, v) * v) / MU
    e = np.linalg.norm(ecc)
    energy = np.dot(v, v) / 2 - MU / rn
    a = -MU / (2 * energy)
    inc = np.arccos(h[2] / np.linalg.norm(h))
    raan = np.arctan2(n[1], n[0]) % (2 * np.pi)
    argp = np.arccos(np.dot(n, ecc) / (np.linalg.norm(n) * e))
    if ecc[2] < 0:
        argp = 2 * np.pi - argp
    return {
        "a": a,
        "e": e,
        "i": np.degrees(inc),
        "raan": np.degrees(raan),
        "argp": np.degrees(argp),
    }


def two_body_j2(t, y):
    x, yy, z, vx, vy, vz = y
    r2 = x * x + yy * yy + z * z
    r = r2**0.5
    f = 1.5 * J2 * MU * R_EARTH**2 / r**5
    zz = 5 * z * z / r2
    return np.array(
        [
            vx,
            vy,
            vz,
            -MU * x / r**3 + f * x * (zz - 1),
            -MU * yy / r**3 + f * yy * (zz - 1),
            -MU * z / r**3 + f * z * (zz - 3),
        ]
    )


class RKF45:
    A = [
        [],
        [1 / 4],
        [3 / 32, 9 / 32],
        [1932 / 2197, -7200 / 2197, 7296 / 2197],
        [439 / 216, -8, 3680 / 513, -845 / 4104],
        [-8 / 27, 2, -3544 / 2565, 1859 / 4104, -11 / 40],
    ]
    C = (0, 1 / 4, 3 / 8, 12 / 13, 1, 1 / 2)
    B5 = (16 / 135, 0, 6656 / 12825, 28561 / 56430, -9 / 50, 2 / 55)
    B4 = (25 / 216, 0, 1408 / 2565, 2197 / 4104, -1 / 5, 0)

    def __init__(self, fun, rtol=1e-6):
        self.fun = fun
        self.rtol = rtol
        self.nfev = 0

    def step(self, t, y, h):
        ks = []
        for c, row in zip(self.C, self.A, strict=False):
            yi = y + h * sum((a * k for a, k in zip(row, ks, strict=False)), np.zeros_like(y))
            ks.append(self.fun(t + c * h, yi))
            self.nfev += 1
        y5 = y + h * sum(b * k for b, k in zip(self.B5, ks, strict=False))
        y4 = y + h * sum(b * k for b, k in zip(self.B4, ks, strict=False))
        return y5, np.max(np.abs(y5 - y4) / (np.abs(y) + 1.0))

    def solve(self, y, t, tend, h):
        while t < tend:
            h = min(h, tend - t)
            ynew, err = self.step(t, y, h)
            if err < self.rtol:
                t, y = t + h, ynew
            h *= min(4.0, max(0.1, 0.9 * (self.rtol / (err + 1e-30)) ** 0.2))
        return y, self.nfev


@entry(np.array([7000.0, 0.0, 0.0, 0.0, 6.5, 3.0]), smooth=False)
def propagate_orbit(y0):
    return RKF45(two_body_j2).solve(y0, 0.0, 600.0, 30.0)
