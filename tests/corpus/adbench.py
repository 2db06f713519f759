"""The functions of the ADBench suite: mixtures, bundle adjustment, LSTM, hand tracking."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tests.corpus.entries import entry

RNG = np.random.default_rng(19)


def log_sum_exp(x: Any) -> Any:
    m = np.max(x)
    return m + np.log(np.sum(np.exp(x - m)))


@entry(
    np.array([0.2, -0.3]),
    RNG.normal(size=(2, 3)),
    RNG.normal(size=(2, 6)) * 0.3,
    RNG.normal(size=(3, 3)),
    xla=True,
)
def gmm_objective(alphas: Any, means: Any, icf: Any, x: Any) -> Any:
    n, d = x.shape
    k = len(alphas)
    total = 0.0
    for i in range(n):
        terms = np.empty(k)
        for j in range(k):
            logdiag, lower = icf[j, :d], icf[j, d:]
            q = np.diag(np.exp(logdiag))
            position = 0
            for column in range(d):
                for row in range(column + 1, d):
                    q[row, column] = lower[position]
                    position += 1
            z = q @ (x[i] - means[j])
            terms[j] = alphas[j] + logdiag.sum() - 0.5 * np.sum(z**2)
        total += log_sum_exp(terms)
    wishart = 0.5 * np.sum(np.exp(2 * icf[:, :d])) + 0.5 * np.sum(icf[:, d:] ** 2)
    constant = -n * d * 0.5 * math.log(2 * math.pi)
    return constant + total - n * log_sum_exp(alphas) + wishart


def rodrigues(rotation: Any, x: Any) -> Any:
    square = np.sum(rotation**2)
    if square != 0:
        theta = np.sqrt(square)
        axis = rotation / theta
        cross = np.cross(axis, x)
        c, s = np.cos(theta), np.sin(theta)
        return x * c + cross * s + axis * (axis @ x) * (1 - c)
    return x + np.cross(rotation, x)


def project(camera: Any, x: Any) -> Any:
    moved = rodrigues(camera[0:3], x - camera[3:6])
    flat = moved[0:2] / moved[2]
    r2 = np.dot(flat, flat)
    distortion = 1 + camera[9] * r2 + camera[10] * r2**2
    return camera[6] * distortion * flat + camera[7:9]


CAMERAS = np.array([0.1, 0.2, -0.1, 0.1, 0.3, -2.0, 1.1, 0.2, 0.1, 0.01, 0.001]) * np.array(
    [[1.0], [0.9]]
)


@entry(
    CAMERAS,
    RNG.normal(size=(3, 3)) * 0.3,
    np.array([1.0, 0.8, 0.9]),
    RNG.normal(size=(3, 2)),
    xla=True,
)
def ba_objective(cameras: Any, points: Any, w: Any, features: Any) -> tuple[Any, Any]:
    observations = [(0, 0), (1, 1), (0, 2)]
    errors = np.empty((len(observations), 2))
    for i, (camera, point) in enumerate(observations):
        errors[i] = w[i] * (project(cameras[camera], points[point]) - features[i])
    return errors.ravel(), 1 - w**2


def sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


def lstm_model(weight: Any, bias: Any, hidden: Any, cell: Any, x: Any) -> tuple[Any, Any]:
    size = len(hidden)
    forget = sigmoid(x * weight[0:size] + bias[0:size])
    ingate = sigmoid(hidden * weight[size : 2 * size] + bias[size : 2 * size])
    outgate = sigmoid(x * weight[2 * size : 3 * size] + bias[2 * size : 3 * size])
    change = np.tanh(hidden * weight[3 * size :] + bias[3 * size :])
    cell = cell * forget + ingate * change
    return outgate * np.tanh(cell), cell


@entry(
    RNG.normal(size=(4, 8)) * 0.5,
    RNG.normal(size=(3, 2)) * 0.5,
    RNG.normal(size=(4, 2)),
    RNG.normal(size=(4, 2)),
)
def lstm_objective(main: Any, extra: Any, states: Any, sequence: Any) -> Any:
    total, count = 0.0, 0
    state = list(states)
    for t in range(len(sequence) - 1):
        x = sequence[t] * extra[0]
        for i in range(0, len(state), 2):
            h, c = lstm_model(main[i], main[i + 1], state[i], state[i + 1], x)
            state[i], state[i + 1] = h, c
            x = h
        prediction = x * extra[1] + extra[2]
        normalised = prediction - np.log(2 + np.exp(prediction).sum())
        total += np.dot(sequence[t + 1], normalised)
        count += len(normalised)
    return -total / count


def euler_matrix(angles: Any) -> Any:
    sx, sy, sz = np.sin(angles)
    cx, cy, cz = np.cos(angles)
    x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return z @ y @ x


@entry(RNG.normal(size=9) * 0.3, RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3)))
def hand_objective(pose: Any, vertices: Any, measured: Any) -> Any:
    parents = [-1, 0, 1]
    offsets = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.8, 0.1, 0.0]])
    weights = np.array([[0.7, 0.3, 0.0], [0.2, 0.6, 0.2], [0.0, 0.4, 0.6], [0.1, 0.1, 0.8]])
    transforms: list[Any] = []
    for bone, parent in enumerate(parents):
        local = np.eye(4)
        local[:3, :3] = euler_matrix(pose[3 * bone : 3 * bone + 3])
        local[:3, 3] = offsets[bone]
        transforms.append(local if parent < 0 else transforms[parent] @ local)
    homogeneous = np.hstack([vertices, np.ones((len(vertices), 1))])
    placed = np.zeros_like(vertices)
    for bone, transform in enumerate(transforms):
        placed += weights[:, bone : bone + 1] * (homogeneous @ transform.T)[:, :3]
    return (measured - placed).ravel()
