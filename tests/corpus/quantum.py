"""Qubits, spins, lattices and signals: complex arrays and Fourier transforms."""

from __future__ import annotations

import cmath
from functools import reduce
from itertools import product

import numpy as np

from tests.corpus.entries import entry

I2 = np.eye(2, dtype=complex)
X = np.array([[0, 1], [1, 0]], dtype=complex)
Y = np.array([[0, -1j], [1j, 0]])
Z = np.diag([1.0 + 0j, -1.0])
H = (X + Z) / np.sqrt(2)
PAULI = {"I": I2, "X": X, "Y": Y, "Z": Z}


def kron_all(*ms):
    return reduce(np.kron, ms)


def rotation(axis, theta):
    return np.cos(theta / 2) * I2 - 1j * np.sin(theta / 2) * PAULI[axis]


class Circuit:
    def __init__(self, n):
        self.n = n
        self.state = np.zeros(2**n, dtype=complex)
        self.state[0] = 1.0

    def gate(self, u, q):
        psi = self.state.reshape((2,) * self.n)
        psi = np.tensordot(u, psi, axes=([1], [q]))
        self.state = np.moveaxis(psi, 0, q).reshape(-1)
        return self

    def cnot(self, c, t):
        psi = self.state.reshape([2] * self.n).copy()
        index = [slice(None)] * self.n
        index[c] = 1
        axis = t if t < c else t - 1
        psi[tuple(index)] = np.flip(psi[tuple(index)], axis=axis)
        self.state = psi.ravel()
        return self

    def expectation(self, word):
        op = kron_all(*(PAULI[ch] for ch in word))
        return (self.state.conj() @ op @ self.state).real


@entry(np.array([0.3, 1.1, -0.4]), np.array([0.2, 0.5]))
def variational_eigensolver(theta, j):
    circuit = Circuit(3)
    for q, t in enumerate(theta):
        circuit.gate(rotation("Y", t), q)
    for q in range(2):
        circuit.cnot(q, q + 1)
    circuit.gate(rotation("X", j[0]), 1).gate(H, 2)
    hamiltonian = {"ZZI": 1.0, "IZZ": j[0], "XII": j[1], "IYX": 0.3}
    return sum(w * circuit.expectation(word) for word, w in hamiltonian.items())


@entry(5, smooth=False)
@entry(2, smooth=False)
def grover(marked, n=3):
    N = 1 << n
    psi = np.full(N, 1 / np.sqrt(N), dtype=np.complex128)
    for _ in range(int(np.floor(np.pi / 4 * np.sqrt(N)))):
        psi[marked] *= -1
        psi = 2 * psi.mean() - psi
    probs = np.abs(psi) ** 2
    return int(np.argmax(probs)), probs[marked]


@entry(np.array([1.0, 0.5, -0.2, 0.3]), 3)
def quantum_fourier(amplitudes, shift):
    psi = amplitudes / np.linalg.norm(amplitudes)
    n = len(psi)
    w = cmath.exp(2j * cmath.pi / n)
    F = np.array([[w ** (i * k) for i in range(n)] for k in range(n)]) / np.sqrt(n)
    out = F @ (psi * np.exp(1j * shift * np.arange(n)))
    return np.abs(out) ** 2, np.angle(out[1])


@entry(np.array([0.5, 0.8, 0.3]), 0.2)
def ising_chain_energy(h, J):
    n = len(h)
    dim = 2**n
    ham = np.zeros((dim, dim))
    for s in range(dim):
        bits = [1 - 2 * ((s >> k) & 1) for k in range(n)]
        ham[s, s] = -J * sum(a * b for a, b in zip(bits, bits[1:] + bits[:1], strict=False))
        for k in range(n):
            ham[s ^ (1 << k), s] -= h[k]
    return np.linalg.eigvalsh(ham)[0]


@entry(np.array([0.3, -0.1]), 0.7)
def partition_function(field, beta):
    total = 0.0
    magnet = 0.0
    for spins in product((-1, 1), repeat=4):
        s = np.array(spins).reshape(2, 2)
        e = (
            -np.sum(s * np.roll(s, 1, axis=0))
            - np.sum(s * np.roll(s, 1, axis=1))
            - field @ s.sum(0)
        )
        w = np.exp(-beta * e)
        total += w
        magnet += w * s.mean()
    return np.log(total), magnet / total


@entry(
    np.array([[1, -1, 1], [1, 1, -1], [-1, 1, 1]]), np.linspace(0.05, 0.95, 18), 0.4, smooth=False
)
def metropolis_ising(spins, u, beta):
    s = spins.copy()
    n = s.shape[0]
    it = iter(u)
    accepted = 0
    for i in range(n):
        for j in range(n):
            nb = s[(i + 1) % n, j] + s[i - 1, j] + s[i, (j + 1) % n] + s[i, j - 1]
            dE = 2 * s[i, j] * nb
            r = next(it)
            if dE <= 0 or r < np.exp(-beta * dE):
                s[i, j] *= -1
                accepted += 1
    return s, accepted / s.size


@entry(np.exp(-(np.linspace(-3, 3, 16) ** 2)), 0.5, rtol=1e-9)
def split_operator(psi0, omega):
    n = len(psi0)
    x = np.linspace(-3, 3, n)
    k = 2 * np.pi * np.fft.fftfreq(n, d=x[1] - x[0])
    V = 0.5 * omega**2 * x**2
    psi = psi0.astype(complex)
    for _ in range(3):
        psi *= np.exp(-0.5j * V * 0.05)
        psi = np.fft.ifft(np.exp(-0.5j * k**2 * 0.05) * np.fft.fft(psi))
        psi *= np.exp(-0.5j * V * 0.05)
    density = (psi * psi.conj()).real
    return density, np.trapezoid(density * x, x)


@entry(np.sin(np.arange(16) * 0.9), np.array([0.25, 0.5, 0.25]))
def filter_in_frequency(signal, taps):
    n = signal.size + taps.size - 1
    nfft = 1
    while nfft < n:
        nfft *= 2
    S = np.fft.rfft(signal, nfft)
    T = np.fft.rfft(taps, nfft)
    y = np.fft.irfft(S * T, nfft)[:n]
    return y, np.max(np.abs(y - np.convolve(signal, taps)))


@entry(np.cos(np.arange(32) ** 1.3), 8, 4)
def spectrogram(x, size, hop):
    frames = np.lib.stride_tricks.sliding_window_view(x, size)[::hop]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    spec = np.abs(np.fft.rfft(frames * window, axis=1)) ** 2
    return 10 * np.log10(spec + 0.1).T


@entry(np.sin(np.arange(12) * 0.7) + 0.1, smooth=False)
def zero_crossings(x):
    s = np.sign(x)
    where = np.where(np.diff(s) != 0)[0]
    return len(where), int(where[0]) if len(where) else -1


def biquad(kind, f0, q, fs=48000.0):
    w0 = 2 * np.pi * f0 / fs
    alpha = np.sin(w0) / (2 * q)
    c = np.cos(w0)
    table = {
        "low": ((1 - c) / 2, 1 - c, (1 - c) / 2),
        "high": ((1 + c) / 2, -(1 + c), (1 + c) / 2),
        "notch": (1.0, -2 * c, 1.0),
    }
    b = np.array(table[kind])
    a = np.array([1 + alpha, -2 * c, 1 - alpha])
    return b / a[0], a / a[0]


@entry(np.array([1.0, 0.2, -0.5, 0.3, 0.0, 0.1]), 1000.0, "low")
@entry(np.array([1.0, 0.2, -0.5, 0.3, 0.0, 0.1]), 3000.0, "notch", smooth=False)
def direct_form_filter(x, f0, kind):
    b, a = biquad(kind, f0, 0.7)
    z1 = z2 = 0.0
    y = []
    for s in x:
        o = b[0] * s + z1
        z1 = b[1] * s - a[1] * o + z2
        z2 = b[2] * s - a[2] * o
        y.append(o)
    return np.array(y)


@entry(1.0, 0.5, 0.2)
def ladder_impedance(w, L, C):
    z = 50.0 + 0j
    for _ in range(4):
        z = 1j * w * L + 1 / (1 / z + 1j * w * C)
    gamma = (z - 50) / (z + 50)
    return abs(gamma), (1 + abs(gamma)) / (1 - abs(gamma)), cmath.phase(z)


@entry(np.array([0.2, -0.7, 0.4, 0.9]))
def levinson_durbin(x):
    p = 2
    r = [float(0)] * (p + 1)
    for k in range(p + 1):
        for n in range(k, len(x)):
            r[k] += x[n] * x[n - k]
    a = np.zeros(p + 1)
    a[0] = 1.0
    e = r[0]
    for m in range(1, p + 1):
        acc = 0.0
        for i in range(m):
            acc += a[i] * r[m - i]
        k = -acc / e
        a[1 : m + 1] = a[1 : m + 1] + k * a[m - 1 :: -1][:m]
        e *= 1 - k * k
    return a, e


@entry(np.array([0.1, 0.9, 0.4, 0.7]))
def goertzel(x):
    def power(k):
        w = 2 * np.pi * k / len(x)
        s0 = s1 = s2 = 0.0
        for v in x:
            s0 = v + 2 * np.cos(w) * s1 - s2
            s2, s1 = s1, s0
        return s1**2 + s2**2 - 2 * np.cos(w) * s1 * s2

    return np.fromiter((power(k) for k in range(3)), dtype=float, count=3)


@entry(np.array([0.3 + 0.1j, -0.2 + 0.4j]), smooth=False)
def julia_escape(z0, c=-0.4 + 0.6j, limit=20):
    counts = np.zeros(z0.shape, dtype=int)
    z = z0.copy()
    alive = np.ones(z.shape, bool)
    for _ in range(limit):
        z[alive] = z[alive] ** 2 + c
        alive &= np.abs(z) <= 2
        counts += alive
        if not alive.any():
            break
    return counts


@entry(np.array([1.0, -3.0, 2.0, 0.5]), rtol=1e-8)
def durand_kerner(c):
    c = c / c[0]
    deg = len(c) - 1
    roots = [(0.4 + 0.9j) ** k for k in range(deg)]
    for _ in range(40):
        fresh = []
        for i, r in enumerate(roots):
            den = 1
            for j, s in enumerate(roots):
                if i != j:
                    den *= r - s
            fresh.append(r - np.polyval(c, r) / den)
        done = max(abs(a - b) for a, b in zip(roots, fresh, strict=False)) < 1e-14
        roots = fresh
        if done:
            break
    return sum(abs(r) ** 2 for r in roots), np.prod(np.array(roots)).real


@entry(np.array([0.5, 0.1, -0.3]), np.array([1.0, 2.0, 0.5]))
def bloch_dynamics(b, s):
    hist = [s]
    for k in range(6):
        m = hist[-1]
        relax = np.array([-m[0] / 2.0, -m[1] / 2.0, (1 - m[2]) / 4.0])
        hist.append(m + 0.05 * (np.cross(m, b * np.cos(0.3 * k)) + relax))
    return np.linalg.norm(hist, axis=1), hist[-1]


@entry(np.array([[0.2, 0.5], [0.1, -0.3], [0.7, 0.2]]))
def density_matrix_entropy(params):
    psi = params[:, 0] + 1j * params[:, 1]
    psi = psi / np.sqrt(np.vdot(psi, psi).real)
    rho = 0.8 * np.outer(psi, psi.conj()) + np.diag([0.02, 0.06, 0.12])
    w = np.linalg.eigvalsh(rho)
    purity = np.einsum("ij,ji->", rho, rho).real
    return -np.sum(w * np.log(w)), purity
