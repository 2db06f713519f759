# ruff: noqa: B007, E741
"""Numerical methods as textbooks print them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from tests.corpus.entries import entry

rng = np.random.default_rng(0)


class Trapzd:
    def __init__(self, func, a, b):
        self.func, self.a, self.b = func, a, b
        self.n = 0
        self.s = 0.0

    def next(self):
        self.n += 1
        if self.n == 1:
            self.s = 0.5 * (self.b - self.a) * (self.func(self.a) + self.func(self.b))
            return self.s
        it = 1
        for j in range(1, self.n - 1):
            it <<= 1
        tnm = it
        dl = (self.b - self.a) / tnm
        x = self.a + 0.5 * dl
        sm = 0.0
        for j in range(it):
            sm += self.func(x)
            x += dl
        self.s = 0.5 * (self.s + (self.b - self.a) * sm / tnm)
        return self.s


def polint(xa, ya, x):
    n = len(xa)
    ns = 0
    dif = abs(x - xa[0])
    c = list(ya)
    d = list(ya)
    for i in range(n):
        dift = abs(x - xa[i])
        if dift < dif:
            ns = i
            dif = dift
    y = ya[ns]
    ns -= 1
    dy = 0.0
    for m in range(1, n):
        for i in range(n - m):
            ho = xa[i] - x
            hp = xa[i + m] - x
            w = c[i + 1] - d[i]
            den = ho - hp
            if den == 0.0:
                raise ZeroDivisionError("polint")
            den = w / den
            d[i] = hp * den
            c[i] = ho * den
        if 2 * (ns + 1) < (n - m):
            dy = c[ns + 1]
        else:
            dy = d[ns]
            ns -= 1
        y += dy
    return y, dy


@entry(0.2, 1.5)
def qromb(a, b, eps=1e-8):
    JMAX, K = 12, 5
    s, h = [], [1.0]
    t = Trapzd(lambda x: math.exp(-x) * math.sin(3 * x), a, b)
    for j in range(1, JMAX + 1):
        s.append(t.next())
        if j >= K:
            ss, dss = polint(h[j - K : j], s[j - K : j], 0.0)
            if abs(dss) <= eps * abs(ss):
                return ss
        h.append(0.25 * h[j - 1])
    raise RuntimeError("Too many steps in routine qromb")


@entry(rng.normal(size=(2, 5, 5)), rng.normal(size=(3, 2, 2, 2)), rng.normal(size=3))
def conv(img, ker, bias, stride=1, padding=1):
    _C, H, W = img.shape
    O, _, kh, kw = ker.shape
    xp = np.pad(img, ((0, 0), (padding, padding), (padding, padding)))
    oh, ow = (H + 2 * padding - kh) // stride + 1, (W + 2 * padding - kw) // stride + 1
    out = np.zeros((O, oh, ow))
    for o in range(O):
        for y in range(oh):
            for x in range(ow):
                patch = xp[:, y * stride : y * stride + kh, x * stride : x * stride + kw]
                out[o, y, x] = np.sum(patch * ker[o]) + bias[o]
    pooled = (
        out[:, : oh // 2 * 2, : ow // 2 * 2].reshape(O, oh // 2, 2, ow // 2, 2).max(axis=(2, 4))
    )
    return np.maximum(pooled, 0.0)


A5 = rng.normal(size=(4, 4))
S5 = A5 @ A5.T + np.eye(4)


@entry(S5, rtol=1e-09)
def jacobi_eig(A):
    A = A.copy()
    n = A.shape[0]
    V = np.identity(n)
    for sweep in range(15):
        off = math.sqrt(sum(A[i, j] ** 2 for i in range(n) for j in range(n) if i != j))
        if off < 1e-12:
            break
        for p_ in range(n - 1):
            for q in range(p_ + 1, n):
                if abs(A[p_, q]) < 1e-15:
                    continue
                theta = (A[q, q] - A[p_, p_]) / (2 * A[p_, q])
                t = math.copysign(1.0, theta) / (abs(theta) + math.sqrt(theta * theta + 1))
                c = 1 / math.sqrt(t * t + 1)
                s = t * c
                J = np.eye(n)
                J[p_, p_] = J[q, q] = c
                J[p_, q], J[q, p_] = s, -s
                A = J.T @ A @ J
                V = V @ J
    return np.sort(np.diag(A)), sweep


@entry(rng.normal(size=8))
def fft_iter(x):
    n = x.size
    re, im = x.copy(), np.zeros(n)
    j = 0
    for i in range(1, n):
        bit = n >> 1
        while j & bit:
            j ^= bit
            bit >>= 1
        j |= bit
        if i < j:
            re[i], re[j] = re[j], re[i]
    length = 2
    while length <= n:
        ang = -2 * math.pi / length
        for start in range(0, n, length):
            for k in range(length // 2):
                wr, wi = math.cos(ang * k), math.sin(ang * k)
                a, b = start + k, start + k + length // 2
                tr, ti = re[b] * wr - im[b] * wi, re[b] * wi + im[b] * wr
                re[b], im[b] = re[a] - tr, im[a] - ti
                re[a] += tr
                im[a] += ti
        length <<= 1
    return re, im


@entry(2.5, 0.8)
def gammainc(a, x):
    if x < 0.0 or a <= 0.0:
        raise ValueError("bad args")
    gln = math.log(math.sqrt(2 * math.pi)) - a + a * math.log(a) - 0.5 * math.log(a)
    if x < a + 1.0:
        ap, s, d = a, 1.0 / a, 1.0 / a
        for _ in range(100):
            ap += 1
            d *= x / ap
            s += d
            if abs(d) < abs(s) * 3e-14:
                return s * math.exp(-x + a * math.log(x) - gln)
        else:
            raise ArithmeticError("gser failed")
    FPMIN = 1e-300
    b = x + 1.0 - a
    c, d = 1.0 / FPMIN, 1.0 / b
    h = d
    for i in range(1, 101):
        an = -i * (i - a)
        b += 2.0
        d = an * d + b
        if abs(d) < FPMIN:
            d = FPMIN
        c = b + an / c
        if abs(c) < FPMIN:
            c = FPMIN
        d = 1.0 / d
        delta = d * c
        h *= delta
        if abs(delta - 1.0) < 1e-14:
            break
    return 1.0 - math.exp(-x + a * math.log(x) - gln) * h


class Resistor(NamedTuple):
    a: int
    b: int
    R: float


class Source(NamedTuple):
    a: int
    b: int
    I: float


@entry(10.0, 20.0, 5.0, 0.5)
def circuit(r1, r2, r3, i1):
    elems = [Resistor(0, 1, r1), Resistor(1, 2, r2), Resistor(2, 0, r3), Source(0, 1, i1)]
    n = max(max(e.a, e.b) for e in elems)
    G, I = np.zeros((n, n)), np.zeros(n)
    for e in elems:
        match e:
            case Resistor(a, b, R):
                g = 1 / R
                for k in (a, b):
                    if k:
                        G[k - 1, k - 1] += g
                if a and b:
                    G[a - 1, b - 1] -= g
                    G[b - 1, a - 1] -= g
            case Source(a=a, b=b, I=cur):
                if a:
                    I[a - 1] -= cur
                if b:
                    I[b - 1] += cur
    return np.linalg.solve(G, I)


@entry(
    np.array([3.0, 5.0]),
    np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 2.0]]),
    np.array([4.0, 12.0, 18.0]),
)
def simplex(c, A, b):
    m, n = A.shape
    T = np.zeros((m + 1, n + m + 1))
    T[:m, :n], T[:m, n : n + m], T[:m, -1], T[-1, :n] = A, np.eye(m), b, -c
    basis = list(range(n, n + m))
    while True:
        col = int(np.argmin(T[-1, :-1]))
        if T[-1, col] >= -1e-9:
            break
        ratios = [T[i, -1] / T[i, col] if T[i, col] > 1e-9 else np.inf for i in range(m)]
        row = int(np.argmin(ratios))
        if ratios[row] == np.inf:
            raise ValueError("unbounded")
        T[row] /= T[row, col]
        for i in range(m + 1):
            if i != row:
                T[i] -= T[i, col] * T[row]
        basis[row] = col
    x = np.zeros(n + m)
    for i, bi in enumerate(basis):
        x[bi] = T[i, -1]
    return x[:n], T[-1, -1], basis


@entry(np.array([0.1, 0.3, -0.2, 3.1, 2.9, 3.4]), np.array([0.0, 2.0]))
def em(x, mu):
    k = len(mu)
    sig = np.ones(k)
    pi = np.full(k, 1 / k)
    ll_old = -np.inf
    for it in range(30):
        d = pi * np.exp(-0.5 * ((x[:, None] - mu) / sig) ** 2) / (sig * np.sqrt(2 * np.pi))
        ll = np.log(d.sum(1)).sum()
        r = d / d.sum(1, keepdims=True)
        nk = r.sum(0)
        mu = (r * x[:, None]).sum(0) / nk
        sig = np.sqrt((r * (x[:, None] - mu) ** 2).sum(0) / nk)
        pi = nk / len(x)
        if abs(ll - ll_old) < 1e-6:
            break
        ll_old = ll
    return mu, sig, pi, it


@entry(5, 0.3)
def rec_struct(n, x):
    def build(k):
        return None if k == 0 else (build(k // 2), x * k, build(k - 1 - k // 2) if k > 1 else None)

    def size(t):
        return 0 if t is None else 1 + size(t[0]) + size(t[2])

    def total(t):
        if not t:
            return 0.0
        l, v, r = t
        return total(l) + v**2 + total(r)

    t = build(n)
    return size(t), total(t)
