"""Kinetics, thermodynamics, transport, and the geosciences' formulas."""

from __future__ import annotations

import math
from collections import namedtuple
from itertools import pairwise

import numpy as np

from tests.corpus.entries import entry

R = 8.314462618
Reaction = namedtuple("Reaction", "A n Ea reactants products")
MECHANISM = (
    Reaction(1.2e2, 0.0, 1.0e3, {"A": 1, "B": 1}, {"C": 1}),
    Reaction(3.0e1, 0.5, 2.0e3, {"C": 1}, {"A": 1, "B": 1}),
    Reaction(0.8e1, 0.0, 0.5e3, {"C": 2}, {"D": 1}),
)
SPECIES = ["A", "B", "C", "D"]


def rates(y, T):
    dydt = np.zeros(len(SPECIES))
    for rx in MECHANISM:
        k = rx.A * T**rx.n * math.exp(-rx.Ea / (R * T))
        q = k
        for s, nu in rx.reactants.items():
            q *= y[SPECIES.index(s)] ** nu
        for s, nu in rx.reactants.items():
            dydt[SPECIES.index(s)] -= nu * q
        for s, nu in rx.products.items():
            dydt[SPECIES.index(s)] += nu * q
    return dydt


@entry(np.array([1.0, 0.8, 0.0, 0.0]), 300.0)
def reaction_network(y, T):
    out = [y]
    for _ in range(2):
        k1 = rates(out[-1], T)
        k2 = rates(out[-1] + 1e-4 * k1, T)
        out.append(out[-1] + 5e-5 * (k1 + k2))
    return np.vstack(out)


@entry(np.array([0.3, 0.5, 0.2]), np.array([1.8, 0.9, 0.4]), rtol=1e-9)
def rachford_rice(z, K):
    if z.min() < 0.0:
        raise ValueError("composition must be positive")
    lo, hi = 1 / (1 - K.max()), 1 / (1 - K.min())
    V = 0.5
    for _it in range(50):
        f = np.sum(z * (K - 1) / (1 + V * (K - 1)))
        df = -np.sum(z * (K - 1) ** 2 / (1 + V * (K - 1)) ** 2)
        step = f / df
        new = V - step
        if not lo < new < hi:
            new = (lo + V) / 2 if step > 0 else (hi + V) / 2
        if abs(new - V) < 1e-12:
            break
        V = new
    else:
        raise RuntimeError("no convergence")
    x = z / (1 + V * (K - 1))
    return V, x, K * x


@entry(1.5, 2.0, rtol=1e-9)
def van_der_waals_volume(T, P, a=0.5, b=0.05):
    coefs = [P, -(P * b + R * T), a, -a * b]
    v = R * T / P
    for _ in range(30):
        f = 0.0
        d = 0.0
        for c in coefs:
            d = d * v + f
            f = f * v + c
        dv = f / d
        v -= dv
        if abs(dv) < 1e-13 * abs(v):
            return v
    return float("nan")


@entry(np.array([1e-3, 5e-4, 2e-3]), smooth=False)
def buffer_ph(c):
    Ka = (7.1e-3, 6.3e-8, 4.5e-13)
    total = c.sum()

    def charge(pH):
        h = 10.0**-pH
        num = [1.0]
        for ka in Ka:
            num.append(num[-1] * ka / h)
        denom = sum(num)
        mean = sum(i * n for i, n in enumerate(num)) / denom
        return c[0] + h - 1e-14 / h - total * mean

    a, b = 0.0, 14.0
    fa = charge(a)
    for _ in range(48):
        m = (a + b) / 2
        fm = charge(m)
        if fa * fm <= 0:
            b = m
        else:
            a, fa = m, fm
    return (a + b) / 2


@entry(np.array([290.0, 295.0, 300.0, 310.0]), np.array([0.2, 0.5, 0.3]))
def antoine_mixture(T, x):
    coeff = {
        "water": (8.07131, 1730.63, 233.426),
        "ethanol": (8.20417, 1642.89, 230.3),
        "acetone": (7.02447, 1161.0, 224.0),
    }
    total = np.zeros_like(T)
    for xi, (name, (A, B, C)) in zip(x, coeff.items(), strict=False):
        total += xi * 10 ** (A - B / (T - 273.15 + C)) * (1.1 if name.startswith("e") else 1.0)
    return total / 760


@entry(48.8566, 2.3522, 40.7128, -74.0060)
def vincenty(lat1, lon1, lat2, lon2):
    a, f = 6378137.0, 1 / 298.257223563
    b = (1 - f) * a
    L = math.radians(lon2 - lon1)
    U1 = math.atan((1 - f) * math.tan(math.radians(lat1)))
    U2 = math.atan((1 - f) * math.tan(math.radians(lat2)))
    lam = L
    for _ in range(100):
        sl, cl = math.sin(lam), math.cos(lam)
        ss = math.sqrt(
            (math.cos(U2) * sl) ** 2
            + (math.cos(U1) * math.sin(U2) - math.sin(U1) * math.cos(U2) * cl) ** 2
        )
        if ss == 0:
            return 0.0
        cs = math.sin(U1) * math.sin(U2) + math.cos(U1) * math.cos(U2) * cl
        sigma = math.atan2(ss, cs)
        sa = math.cos(U1) * math.cos(U2) * sl / ss
        c2a = 1 - sa**2
        c2m = cs - 2 * math.sin(U1) * math.sin(U2) / c2a if c2a else 0
        C = f / 16 * c2a * (4 + f * (4 - 3 * c2a))
        prev = lam
        lam = L + (1 - C) * f * sa * (sigma + C * ss * (c2m + C * cs * (-1 + 2 * c2m**2)))
        if abs(lam - prev) < 1e-12:
            break
    u2 = c2a * (a**2 - b**2) / b**2
    A = 1 + u2 / 16384 * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)))
    B = u2 / 1024 * (256 + u2 * (-128 + u2 * (74 - 47 * u2)))
    ds = (
        B
        * ss
        * (
            c2m
            + B / 4 * (cs * (-1 + 2 * c2m**2) - B / 6 * c2m * (-3 + 4 * ss**2) * (-3 + 4 * c2m**2))
        )
    )
    return b * A * (sigma - ds)


@entry(np.array([48.2, 51.5]), np.array([16.4, -0.1]), 15)
def utm_like(lat, lon, lon0):
    phi, lam = np.deg2rad(lat), np.deg2rad(lon - lon0)
    e2 = 0.00669438
    n = 6378137.0 / np.sqrt(1 - e2 * np.sin(phi) ** 2)
    t, c, aa = np.tan(phi) ** 2, e2 / (1 - e2) * np.cos(phi) ** 2, lam * np.cos(phi)
    m = 6367449.0 * phi - 16038.5 * np.sin(2 * phi) + 16.83 * np.sin(4 * phi)
    east = 0.9996 * n * (aa + (1 - t + c) * aa**3 / 6) + 500000.0
    north = 0.9996 * (m + n * np.tan(phi) * (aa**2 / 2 + (5 - t + 9 * c) * aa**4 / 24))
    return np.stack((east, north), axis=-1)


@entry(2.4e9, 100.0, 30.0, 1.5, "urban")
@entry(2.4e9, 100.0, 30.0, 1.5, "rural", smooth=False)
def path_loss(freq, dist, hb, hm, area):
    assert min(freq, dist) > 0, f"bad link {freq} {dist}"
    f = freq / 1e6
    match area:
        case "urban" | "metro":
            ahm = 3.2 * (math.log10(11.75 * hm)) ** 2 - 4.97
            extra = 0.0
        case "rural":
            ahm = (1.1 * math.log10(f) - 0.7) * hm - (1.56 * math.log10(f) - 0.8)
            extra = -4.78 * math.log10(f) ** 2 + 18.33 * math.log10(f) - 40.94
        case other:
            raise KeyError(other)
    base = 69.55 + 26.16 * math.log10(f) - 13.82 * math.log10(hb) - ahm
    return base + (44.9 - 6.55 * math.log10(hb)) * math.log10(dist / 1000) + extra


@entry(np.array([10.0, 12.0, 18.0, 25.0]), np.array([80.0, 60.0, 55.0, 40.0]), smooth=False)
def heat_index(T, RH):
    tf = T * 9 / 5 + 32
    simple = 0.5 * (tf + 61 + (tf - 68) * 1.2 + RH * 0.094)
    full = -42.379 + 2.04901523 * tf + 10.14333127 * RH - 0.22475541 * tf * RH
    hi = np.where((simple + tf) / 2 >= 80, full, simple)
    hi[RH < 13] -= 1.0
    label = ["cold" if h < 60 else "mild" if h < 80 else "hot" for h in simple[:0]]
    return (hi - 32) * 5 / 9, label


@entry(np.array([1.0, 0.0, 0.0, 0.0, 0.0]), np.array([0.3, 0.2, 0.25]), 6)
def advection_diffusion_reaction(c, k, steps):
    u, D, r = k
    c = np.asarray(c, dtype=float)
    for _ in range(steps):
        padded = np.pad(c, 1, mode="edge")
        flux = -u * (padded[1:-1] - padded[:-2])
        diff = D * (padded[2:] - 2 * padded[1:-1] + padded[:-2])
        c = c + 0.5 * (flux + diff - r * c * (1 - c))
    return c


@entry(np.array([300.0, 280.0, 250.0]), 0.3)
def radiative_layers(T, eps):
    sigma = 5.670374e-8
    up = sigma * T[0] ** 4
    fluxes = [up]
    for t in T[1:]:
        up = (1 - eps) * up + eps * sigma * t**4
        fluxes.append(up)
    return {"olr": up, "absorbed": [a - b for a, b in pairwise(fluxes)]}


@entry(np.array([0.1, 0.4, 0.9]), 12.0)
def michaelis_menten_fit(s, vmax):
    def v(s, vmax, km):
        return vmax * s / (km + s)

    km = 0.5
    obs = v(s, 10.0, 0.3)
    for _ in range(5):
        r = v(s, vmax, km) - obs
        J = np.array([s / (km + s), -vmax * s / (km + s) ** 2]).T
        delta, *_ = np.linalg.lstsq(J, -r, rcond=None)
        vmax, km = vmax + 0.5 * delta[0], km + 0.5 * delta[1]
    return vmax, km


@entry(np.array([3.0, 2.0, 1.0]), np.array([1.0, 2.0, 0.5]))
def gillespie_with_given_noise(x, k):
    u = np.array([0.31, 0.77, 0.12, 0.56, 0.93])
    e = np.array([0.4, 1.2, 0.1, 0.8, 0.5])
    change = np.array([[-1, 1, 0], [0, -1, 1], [1, 0, -1]])
    t = 0.0
    state = x.copy()
    for ui, ei in zip(u, e, strict=False):
        a = k * state
        a0 = a.sum()
        if a0 <= 0:
            break
        t += ei / a0
        j = int(np.searchsorted(np.cumsum(a) / a0, ui))
        state += change[j]
    return t, state


@entry(np.array([5.0, 8.0, 2.5, 0.0, 12.0, 1.0]), 20.0, 0.3)
def bucket_hydrology(rain, capacity, k):
    class Bucket:
        def __init__(self, cap):
            self.level, self.cap, self.spilled = 0.0, cap, 0.0

        @property
        def fraction(self):
            return self.level / self.cap

        def add(self, amount):
            self.level += amount
            if self.level > self.cap:
                self.spilled += self.level - self.cap
                self.level = self.cap

        def drain(self, k):
            q = k * self.level * self.fraction
            self.level -= q
            return q

    top, deep = Bucket(capacity / 2), Bucket(capacity)
    flow = np.zeros_like(rain)
    for day, r in enumerate(rain):
        top.add(r)
        leak = top.drain(k)
        deep.add(leak)
        flow[day] = deep.drain(0.5 * k)
    return flow, top.level + deep.level, top.spilled
