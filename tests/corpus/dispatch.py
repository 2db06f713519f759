"""Strings, enums, configurations, graphs on matrices, automata, sorting, images."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any

import numpy as np

from tests.corpus.entries import entry

RNG = np.random.default_rng(18)
V = RNG.normal(size=5)


class Mode(Enum):
    """How to combine."""

    SUM = "sum"
    MEAN = "mean"
    MAX = "max"


class Level(IntEnum):
    """How much."""

    LOW = 1
    HIGH = 3


@dataclass(frozen=True)
class Config:
    """Settings of a computation."""

    mode: Mode = Mode.MEAN
    level: Level = Level.LOW
    tags: tuple[str, ...] = ("a", "b")
    scale: float = 1.5
    extra: dict[str, float] = field(default_factory=lambda: {"bias": 0.1})


@entry(V, Config())
def config_driven(x: Any, config: Config) -> Any:
    y = x * config.scale + config.extra.get("bias", 0.0) + config.extra.get("none", 0.5)
    if config.mode is Mode.SUM:
        out = y.sum()
    elif config.mode == Mode.MEAN:
        out = y.mean()
    else:
        out = y.max()
    for tag in config.tags:
        out = out + len(tag) * config.level
    return out


@entry(V, "relu+tanh+double")
def pipeline_from_text(x: Any, spec: str) -> Any:
    steps: dict[str, Callable[[Any], Any]] = {
        "relu": lambda v: np.maximum(v, 0),
        "tanh": np.tanh,
        "double": lambda v: v * 2,
    }
    for name in spec.split("+"):
        x = steps[name.strip()](x)
    return x


@entry(1.3, 0.4, "x y + x sin * 2 -")
def reverse_polish(x: float, y: float, program: str) -> float:
    stack: list[float] = []
    names = {"x": x, "y": y}
    for token in program.split():
        if token in names:
            stack.append(names[token])
        elif token == "sin":
            stack.append(math.sin(stack.pop()))
        elif token.isdigit():
            stack.append(float(token))
        else:
            b, a = stack.pop(), stack.pop()
            stack.append({"+": a + b, "-": a - b, "*": a * b}[token])
    return stack[-1]


@entry(("add", ("mul", "x", 2.0), ("sin", ("add", "x", 1.0))), 0.6)
def expression_tree(tree: Any, x: float) -> float:
    def value(node: Any) -> float:
        if isinstance(node, str):
            return x
        if isinstance(node, float):
            return node
        head, *rest = node
        args = [value(r) for r in rest]
        if head == "sin":
            return math.sin(args[0])
        return args[0] + args[1] if head == "add" else args[0] * args[1]

    return value(tree)


@entry([("scale", 2.0), ("shift", -0.5), ("clip", 1.0)], V)
def list_of_commands(commands: list[tuple[str, float]], x: Any) -> Any:
    for name, amount in commands:
        match name:
            case "scale":
                x = x * amount
            case "shift":
                x = x + amount
            case "clip":
                x = np.clip(x, -amount, amount)
            case _:
                raise ValueError(name)
    return x


class Shape:
    """Something with an area."""

    def area(self) -> float:
        raise NotImplementedError

    def __lt__(self, other: Shape) -> bool:
        return self.area() < other.area()


class Circle(Shape):
    """A radius."""

    def __init__(self, r: float) -> None:
        self.r = r

    def area(self) -> float:
        return math.pi * self.r**2


class Rectangle(Shape):
    """Two sides."""

    def __init__(self, a: float, b: float) -> None:
        self.a, self.b = a, b

    def area(self) -> float:
        return self.a * self.b

    @classmethod
    def square(cls, a: float) -> Rectangle:
        return cls(a, a)


@entry(0.5, 1.2)
def polymorphic_areas(r: float, a: float) -> dict[str, float]:
    shapes: list[Shape] = [Circle(r), Rectangle(a, 2 * r), Rectangle.square(a)]
    by_name = {type(s).__name__: s.area() for s in shapes}
    return {**by_name, "total": sum(s.area() for s in shapes)}


@entry(V, 3)
def registry_of_decorated(x: Any, n: int) -> Any:
    table: dict[str, Callable[[Any], Any]] = {}

    def register(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        table[f.__name__] = f
        return f

    @register
    def cube(v: Any) -> Any:
        return v**3

    @register
    def half(v: Any) -> Any:
        return v / 2

    for _ in range(n):
        for name in ("cube", "half"):
            x = table[name](x)
    return x


INF = 1e9
DISTANCES = np.array([[0, 3, INF, 7], [8, 0, 2, INF], [5, INF, 0, 1], [2, INF, INF, 0]])


@entry(DISTANCES, smooth=False, xla=True)
def floyd_warshall_paths(d: Any) -> Any:
    d = d.copy()
    n = len(d)
    nearest = np.full((n, n), -1)
    for k in range(n):
        for i in range(n):
            for j in range(n):
                if d[i, k] + d[k, j] < d[i, j]:
                    d[i, j] = d[i, k] + d[k, j]
                    nearest[i, j] = k
    return d, nearest


@entry(DISTANCES, 0, smooth=False, xla=True)
def dijkstra_on_matrix(w: Any, source: int) -> Any:
    n = w.shape[0]
    best = np.full(n, np.inf)
    best[source] = 0.0
    done = np.zeros(n, dtype=bool)
    for _ in range(n):
        u, least = -1, np.inf
        for v in range(n):
            if not done[v] and best[v] < least:
                u, least = v, best[v]
        if u < 0:
            break
        done[u] = True
        for v in range(n):
            best[v] = min(best[v], best[u] + w[u, v])
    return best


@entry(np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]), 0.85, xla=True)
def page_rank(links: Any, damping: float) -> Any:
    n = len(links)
    outgoing = links.sum(axis=1)
    transition = (links / outgoing[:, None]).T
    rank, change, rounds = np.ones(n) / n, 1.0, 0
    while change > 1e-10 and rounds < 100:
        new = (1 - damping) / n + damping * transition @ rank
        change = np.abs(new - rank).sum()
        rank = new
        rounds += 1
    return rank


@entry(np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]]), smooth=False)
def connected_components(adjacency: Any) -> Any:
    n = len(adjacency)
    label = np.arange(n)
    changed = True
    while changed:
        changed = False
        for i in range(n):
            for j in range(n):
                if adjacency[i, j] and label[j] < label[i]:
                    label[i] = label[j]
                    changed = True
    return label


@entry(
    np.array(
        [[0.0, 2.0, 9.0, 10.0], [2.0, 0.0, 6.0, 4.0], [9.0, 6.0, 0.0, 8.0], [10.0, 4.0, 8.0, 0.0]]
    ),
    smooth=False,
)
def prim(w: Any) -> float:
    n = len(w)
    inside = [True] + [False] * (n - 1)
    key = w[0].copy()
    total = 0.0
    for _ in range(n - 1):
        masked = np.where(np.array(inside), np.inf, key)
        u = int(np.argmin(masked))
        total += float(masked[u])
        inside = [flag or i == u for i, flag in enumerate(inside)]
        key = np.minimum(key, w[u])
    return total


GLIDER = np.zeros((5, 5), dtype=int)
GLIDER[[0, 1, 2, 2, 2], [1, 2, 0, 1, 2]] = 1


@entry(GLIDER, 4, smooth=False, xla=True)
def game_of_life(board: Any, steps: int) -> Any:
    for _ in range(steps):
        neighbours = np.zeros_like(board)
        for di in (-1, 0, 1):
            for dj in (-1, 0, 1):
                if di or dj:
                    neighbours += np.roll(np.roll(board, di, axis=0), dj, axis=1)
        board = ((neighbours == 3) | ((board == 1) & (neighbours == 2))).astype(int)
    return board


@entry(GLIDER[:4, :4].copy(), smooth=False)
def game_of_life_cells(board: Any) -> Any:
    rows, cols = board.shape
    new = np.zeros_like(board)
    for i in range(rows):
        for j in range(cols):
            count = 0
            for a in range(max(0, i - 1), min(rows, i + 2)):
                for b in range(max(0, j - 1), min(cols, j + 2)):
                    if (a, b) != (i, j):
                        count += board[a, b]
            alive = board[i, j] == 1
            if (alive and 2 <= count <= 3) or (not alive and count == 3):
                new[i, j] = 1
    return new


@entry(np.array([0, 0, 0, 1, 0, 0, 0]), 30, smooth=False)
def elementary_automaton(cells: Any, rule: int) -> Any:
    history = [cells]
    for _ in range(3):
        left, right = np.roll(cells, 1), np.roll(cells, -1)
        pattern = 4 * left + 2 * cells + right
        cells = (rule >> pattern) & 1
        history.append(cells)
    return np.array(history)


@entry(-0.5, 0.6, 30, smooth=False, xla=True)
def mandelbrot(re: float, im: float, limit: int) -> int:
    c = complex(re, im)
    z = 0j
    for n in range(limit):
        if abs(z) > 2:
            return n
        z = z * z + c
    return limit


@entry(np.linspace(-2, 1, 4), np.linspace(-1, 1, 3), smooth=False)
def mandelbrot_grid(xs: Any, ys: Any) -> Any:
    c = xs[None, :] + 1j * ys[:, None]
    z = np.zeros_like(c)
    count = np.zeros(c.shape, dtype=int)
    for _ in range(10):
        inside = np.abs(z) <= 2
        z = np.where(inside, z * z + c, z)
        count += inside
    return count


@entry(V, smooth=False, xla=True)
def selection_sort(x: Any) -> Any:
    x = x.copy()
    for i in range(len(x)):
        m = i
        for j in range(i + 1, len(x)):
            if x[j] < x[m]:
                m = j
        x[i], x[m] = x[m], x[i]
    return x


@entry(np.array([5, 2, 9, 1, 5, 6]), smooth=False)
def shell_sort(x: Any) -> Any:
    a = x.copy()
    gap = len(a) // 2
    while gap > 0:
        for i in range(gap, len(a)):
            held, j = a[i], i
            while j >= gap and a[j - gap] > held:
                a[j] = a[j - gap]
                j -= gap
            a[j] = held
        gap //= 2
    return a


@entry(np.array([3, 1, 2, 3, 0]), smooth=False)
def counting_sort(x: Any) -> Any:
    counts = np.zeros(4, dtype=int)
    for value in x:
        counts[value] += 1
    out = np.empty_like(x)
    k = 0
    for value in range(4):
        for _ in range(counts[value]):
            out[k] = value
            k += 1
    return out


@entry(np.array([4.0, 1.0, 3.0, 9.0, 7.0, 2.0]), smooth=False)
def heap_sort(x: Any) -> Any:
    a = x.copy()

    def sift(a: Any, start: int, end: int) -> None:
        root = start
        while 2 * root + 1 < end:
            child = 2 * root + 1
            if child + 1 < end and a[child] < a[child + 1]:
                child += 1
            if a[root] >= a[child]:
                return
            a[root], a[child] = a[child], a[root]
            root = child

    n = len(a)
    for start in range(n // 2 - 1, -1, -1):
        sift(a, start, n)
    for end in range(n - 1, 0, -1):
        a[0], a[end] = a[end], a[0]
        sift(a, 0, end)
    return a


@entry(np.array([1.0, 3.0, 5.0, 7.0, 11.0]), 6.0, smooth=False, xla=True)
def binary_search(xs: Any, x: float) -> int:
    lo, hi = 0, len(xs)
    while lo < hi:
        mid = (lo + hi) // 2
        if xs[mid] < x:
            lo = mid + 1
        else:
            hi = mid
    return lo


@entry(RNG.normal(size=(4, 5)))
def sobel(image: Any) -> Any:
    gx = image[:, 2:] - image[:, :-2]
    gy = image[2:] - image[:-2]
    return np.sqrt(gx[1:-1] ** 2 + gy[:, 1:-1] ** 2 + 1e-6)


@entry(RNG.uniform(size=(4, 4)), smooth=False)
def median_filter(image: Any) -> Any:
    padded = np.pad(image, 1, mode="edge")
    out = np.empty_like(image)
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            out[i, j] = np.median(padded[i : i + 3, j : j + 3])
    return out


@entry(RNG.normal(size=(5, 5)), 0.8, xla=True)
def gaussian_blur(image: Any, sigma: float) -> Any:
    offsets = np.arange(-1, 2)
    kernel = np.exp(-(offsets**2) / (2 * sigma**2))
    kernel /= kernel.sum()
    rows = sum(k * image[i : i + 3] for i, k in enumerate(kernel))
    return sum(k * rows[:, i : i + 3] for i, k in enumerate(kernel))


@entry((RNG.uniform(size=(3, 4)) * 8).astype(np.uint8), smooth=False)
def equalise(image: Any) -> Any:
    counts = np.zeros(8, dtype=np.int64)
    for row in image:
        for pixel in row:
            counts[pixel] += 1
    cdf = np.cumsum(counts)
    table = (cdf * 7) // cdf[-1]
    return table[image].astype(np.uint8)


@entry(RNG.uniform(size=(4, 4)), 0.5, smooth=False)
def flood_fill(grid: Any, level: float) -> Any:
    mask = grid < level
    filled = np.zeros_like(mask)
    filled[0, :] = mask[0, :]
    while True:
        grown = filled.copy()
        grown[1:] |= filled[:-1]
        grown[:-1] |= filled[1:]
        grown[:, 1:] |= filled[:, :-1]
        grown[:, :-1] |= filled[:, 1:]
        grown &= mask
        if (grown == filled).all():
            return filled.sum()
        filled = grown


@entry(RNG.normal(size=(3, 3)), 0.3)
def rotate_points(points: Any, angle: float) -> Any:
    c, s = math.cos(angle), math.sin(angle)
    about = {
        "x": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),
        "z": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]),
    }
    for axis in "xzx":
        points = points @ about[axis].T
    return points


@entry(2.0, "km", "mile")
def unit_conversion(value: float, source: str, target: str) -> float:
    metres = {"km": 1000.0, "m": 1.0, "mile": 1609.344}
    if source not in metres or target not in metres:
        raise KeyError(f"unknown unit {source} or {target}")
    return value * metres[source] / metres[target]


@entry(V, ["mean", "std", "range"])
def named_statistics(x: Any, names: list[str]) -> dict[str, Any]:
    functions = {"mean": np.mean, "std": np.std, "range": lambda v: v.max() - v.min()}
    return {f"{name}_value": functions[name](x) for name in names}
