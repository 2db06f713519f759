"""Images, grids, partial differential equations and transport."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial, singledispatch
from typing import Any

import numpy as np

from tests.corpus.entries import entry

IMG = np.sin(np.arange(30.0).reshape(5, 6) * 0.7)


@entry(IMG[:3, :4], 0.8)
def bilateral_filter(img, sigma):
    out = np.zeros_like(img)
    h, w = img.shape
    for i in range(h):
        for j in range(w):
            i0, i1 = max(i - 1, 0), min(i + 2, h)
            j0, j1 = max(j - 1, 0), min(j + 2, w)
            patch = img[i0:i1, j0:j1]
            yy, xx = np.mgrid[i0:i1, j0:j1]
            wgt = np.exp(
                -((yy - i) ** 2 + (xx - j) ** 2) / 2 - (patch - img[i, j]) ** 2 / (2 * sigma**2)
            )
            out[i, j] = (wgt * patch).sum() / wgt.sum()
    return out


@entry(IMG)
def canny_like(img):
    gy, gx = np.gradient(img)
    mag = np.hypot(gx, gy)
    ang = np.rad2deg(np.arctan2(gy, gx)) % 180
    out = np.zeros_like(mag)
    for i in range(1, img.shape[0] - 1):
        for j in range(1, img.shape[1] - 1):
            if ang[i, j] < 22.5 or ang[i, j] >= 157.5:
                a, b = mag[i, j - 1], mag[i, j + 1]
            elif ang[i, j] < 67.5:
                a, b = mag[i - 1, j + 1], mag[i + 1, j - 1]
            elif ang[i, j] < 112.5:
                a, b = mag[i - 1, j], mag[i + 1, j]
            else:
                a, b = mag[i - 1, j - 1], mag[i + 1, j + 1]
            if mag[i, j] >= a and mag[i, j] >= b:
                out[i, j] = mag[i, j]
    return out


@entry(np.array([[0, 1, 1, 0], [0, 1, 0, 0], [1, 0, 0, 1]]), smooth=False)
def morphology(mask):
    def dilate(m):
        p = np.pad(m, 1)
        return np.max(
            [p[i : i + m.shape[0], j : j + m.shape[1]] for i in range(3) for j in range(3)], axis=0
        )

    def erode(m):
        return 1 - dilate(1 - m)

    opened = dilate(erode(mask))
    return dilate(mask), erode(mask), np.count_nonzero(opened)


@entry(IMG, np.array([0.4, 0.53, 0.02]))
def affine_warp(img, p):
    h, w = img.shape
    y, x = np.meshgrid(np.arange(h), np.arange(w), indexing="ij")
    c, s = np.cos(p[2]), np.sin(p[2])
    sx = np.clip(c * x - s * y + p[0], 0, w - 1.001)
    sy = np.clip(s * x + c * y + p[1], 0, h - 1.001)
    x0, y0 = np.floor(sx).astype(int), np.floor(sy).astype(int)
    fx, fy = sx - x0, sy - y0
    top = img[y0, x0] * (1 - fx) + img[y0, x0 + 1] * fx
    bottom = img[y0 + 1, x0] * (1 - fx) + img[y0 + 1, x0 + 1] * fx
    return top * (1 - fy) + bottom * fy


@entry(np.array([3, 200, 45, 45, 180, 90], dtype=np.uint8), smooth=False)
def byte_image(img):
    dark = img // 2
    wrapped = img + np.uint8(100)
    inverted = 255 - img
    hist, _ = np.histogram(img, bins=4, range=(0, 256))
    cdf = hist.cumsum() / img.size
    levels = (cdf[img // 64] * 255).astype(np.uint8)
    best, t_best = -1.0, 0
    for t in (50, 100, 150):
        lo, hi = img[img < t], img[img >= t]
        between = lo.size * hi.size * (lo.mean() - hi.mean()) ** 2 if lo.size and hi.size else 0.0
        if between > best:
            best, t_best = between, t
    return dark, wrapped, inverted, levels, t_best


@entry(np.linspace(0, 1, 8), 0.3)
def godunov_burgers(u, cfl):
    def flux(ul, ur):
        def f(q):
            return 0.5 * q**2

        shock = np.where((ul + ur) / 2 > 0, f(ul), f(ur))
        rare = np.where(ul > 0, f(ul), np.where(ur < 0, f(ur), 0.0))
        return np.where(ul > ur, shock, rare)

    u = np.sin(2 * np.pi * u) + 0.5
    for _ in range(4):
        ur = np.roll(u, -1)
        F = flux(u, ur)
        u = u - cfl * (F - np.roll(F, 1))
    return u


@entry(np.array([[1.0, 0.1, 1.0], [0.8, 0.05, 0.9], [0.3, 0.02, 0.4]]))
def sod_tube(prim):
    gamma = 1.4

    def to_cons(w):
        rho, v, p = w.T
        return np.column_stack([rho, rho * v, p / (gamma - 1) + 0.5 * rho * v**2])

    def flux(q):
        rho, m, e = q[:, 0], q[:, 1], q[:, 2]
        v = m / rho
        p = (gamma - 1) * (e - 0.5 * m * v)
        return np.c_[m, m * v + p, (e + p) * v], np.abs(v) + np.sqrt(gamma * p / rho)

    q = to_cons(prim)
    for _ in range(3):
        qe = np.vstack([q[:1], q, q[-1:]])
        f, c = flux(qe)
        a = np.maximum(c[:-1], c[1:])[:, None]
        fi = 0.5 * (f[:-1] + f[1:]) - 0.5 * a * (qe[1:] - qe[:-1])
        dt = 0.2 / c.max()
        q = q - dt * (fi[1:] - fi[:-1])
    return q, q.sum(axis=0)


@entry(np.array([[0.0, 1.0, 0.0], [0.5, 0.2, 0.1], [0.0, 0.4, 0.9]]), 2)
def multigrid_like(f, cycles):
    def smooth(u, f, n=2):
        for _ in range(n):
            p = np.pad(u, 1)
            u = 0.25 * (p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:] + f)
        return u

    def residual(u, f):
        p = np.pad(u, 1)
        return f - (4 * u - p[:-2, 1:-1] - p[2:, 1:-1] - p[1:-1, :-2] - p[1:-1, 2:])

    def vcycle(u, f):
        u = smooth(u, f)
        if u.shape[0] <= 1:
            return f / 4
        r = residual(u, f)
        coarse = r[1::2, 1::2]
        e = vcycle(np.zeros_like(coarse), 4 * coarse)
        full = np.zeros_like(u)
        full[1::2, 1::2] = e
        return smooth(u + full, f)

    u = np.zeros_like(f)
    for _ in range(cycles):
        u = vcycle(u, f)
    return u, np.abs(residual(u, f)).max()


@entry(np.exp(-((np.arange(8) - 3.5) ** 2)), 0.1)
def spectral_heat(u, nu):
    n = u.size
    k = np.fft.rfftfreq(n, 1 / n)
    uh = np.fft.rfft(u)
    for _ in range(3):
        nonlinear = np.fft.rfft(np.fft.irfft(uh, n) ** 2)
        uh = (uh - 0.01 * 0.5j * k * nonlinear) / (1 + 0.01 * nu * k**2)
    return np.fft.irfft(uh, n)


@entry(np.array([0.2, 0.8, 0.5, 0.4]), np.array([0.3, 0.1, 0.4, 0.2]))
def shallow_water(h, u):
    g = 9.81
    h = 1 + 0.1 * h
    hu = h * u
    for _ in range(3):
        hL, hR = h, np.roll(h, -1)
        uL, uR = hu / h, np.roll(hu / h, -1)
        cL, cR = np.sqrt(g * hL), np.sqrt(g * hR)
        sL, sR = np.minimum(uL - cL, uR - cR), np.maximum(uL + cL, uR + cR)
        fl = np.stack([hL * uL, hL * uL**2 + 0.5 * g * hL**2])
        fr = np.stack([hR * uR, hR * uR**2 + 0.5 * g * hR**2])
        dq = np.stack([hR - hL, hR * uR - hL * uL])
        F = np.where(
            sL >= 0, fl, np.where(sR <= 0, fr, (sR * fl - sL * fr + sL * sR * dq) / (sR - sL))
        )
        h, hu = np.stack([h, hu]) - 0.02 * (F - np.roll(F, 1, axis=1))
    return h, hu


@entry(np.full((4, 4), 0.5), np.linspace(-0.1, 0.1, 16).reshape(4, 4))
def cahn_hilliard(c, noise):
    def lap(f):
        return sum(np.roll(f, s, ax) for s in (1, -1) for ax in (0, 1)) - 4 * f

    c = c + noise
    for _ in range(3):
        mu = c**3 - c - 0.5 * lap(c)
        c += 0.01 * lap(mu)
    return c, c.mean()


@entry(np.array([[0.1, 0.5], [0.4, 0.3]]), 1.7)
def lattice_boltzmann(rho, tau):
    ex = np.array([0, 1, 0, -1, 0, 1, -1, -1, 1])
    ey = np.array([0, 0, 1, 0, -1, 1, 1, -1, -1])
    w = np.array([4 / 9] + [1 / 9] * 4 + [1 / 36] * 4)
    f = w[:, None, None] * (1 + rho)[None]
    for _ in range(2):
        for q in range(9):
            f[q] = np.roll(f[q], (ex[q], ey[q]), axis=(0, 1))
        dens = f.sum(axis=0)
        ux = np.tensordot(ex, f, axes=1) / dens
        uy = (ey[:, None, None] * f).sum(0) / dens
        cu = 3 * (ex[:, None, None] * ux + ey[:, None, None] * uy)
        feq = w[:, None, None] * dens * (1 + cu + 0.5 * cu**2 - 1.5 * (ux**2 + uy**2))
        f += (feq - f) / tau
    return f.sum(axis=0), f[1]


@entry(np.array([0.2, 0.5, 0.9]), 1.5)
def eikonal_sweep(speed, h):
    n = len(speed)
    u = np.full((n, n), 10.0)
    u[0, 0] = 0.0
    for si, sj in ((1, 1), (-1, 1), (-1, -1), (1, -1)):
        for i in range(n)[::si]:
            for j in range(n)[::sj]:
                a = min(u[max(i - 1, 0), j], u[min(i + 1, n - 1), j])
                b = min(u[i, max(j - 1, 0)], u[i, min(j + 1, n - 1)])
                f = h / (1 + speed[i] * speed[j])
                d = f if abs(a - b) >= f else 0.0
                new = (
                    min(a, b) + f
                    if d
                    else 0.5 * (a + b + np.sqrt(max(2 * f * f - (a - b) ** 2, 0.0)))
                )
                u[i, j] = min(u[i, j], new)
    return u


@singledispatch
def laplace_of(field, h):
    raise NotImplementedError(type(field))


@dataclass
class Scalar2D:
    data: Any


@dataclass
class Vector2D:
    u: Any
    v: Any


@laplace_of.register
def _(field: Scalar2D, h):
    d = np.pad(field.data, 1, mode="wrap")
    return Scalar2D(
        (d[2:, 1:-1] + d[:-2, 1:-1] + d[1:-1, 2:] + d[1:-1, :-2] - 4 * field.data) / h**2
    )


@laplace_of.register
def _(field: Vector2D, h):
    f = partial(laplace_of, h=h)
    return Vector2D(*(laplace_of(Scalar2D(c), h).data for c in (field.u, field.v))) if f else None


@entry(IMG[:3, :3], 0.5)
def dispatched_laplacian(a, h):
    s = laplace_of(Scalar2D(a), h)
    return s, laplace_of(Vector2D(a, a.T), h)


@entry(np.array([1.0, 2.0, 0.5, 3.0]), np.array([[0.1, 0.2, 0.3, 0.1], [0.4, 0.1, 0.1, 0.2]]))
def tomography(x, A):
    b = A @ np.sqrt(x)
    est = np.ones_like(x)
    for _ in range(4):
        for row, bi in zip(A, b, strict=False):
            est += row * (bi - row @ est) / (row @ row)
        est = np.maximum(est, 0)
    return est, np.linalg.norm(A @ est - b)


@entry(np.arange(1.0, 10.0).reshape(3, 3))
def stencils_by_einsum(a):
    k = np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
    win = np.lib.stride_tricks.sliding_window_view(np.pad(a, 1, constant_values=2.0), (3, 3))
    lap = np.einsum("ijkl,kl", win, k)
    pooled = a[:2, :2].reshape(1, 2, 1, 2).max(axis=(1, 3))
    return (
        lap,
        pooled,
        np.apply_along_axis(lambda r: r / r.sum(), 1, a),
        np.vectorize(lambda p, q: p * q if p > q else q)(a, a.T),
    )
