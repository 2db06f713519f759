"""Pieces of programs as people write them, with random parts."""

from __future__ import annotations

from typing import Any

from tests.fuzz.scope import (
    DICT,
    MAYBE,
    NF,
    PB,
    PF,
    PI,
    Place,
    Scope,
    Type,
    matrix,
    numbers,
    vector,
)
from tests.fuzz.statements import Made, Statements, maker

IDIOMS: list[tuple[str, dict[str, Type]]] = []
TYPES = {"PF": PF, "PI": PI, "NF": NF, "PB": PB, "O": MAYBE, "D": DICT}
TYPES |= {"V3": vector(3), "V4": vector(4), "L3": numbers(3), "L4": numbers(4)}
TYPES |= {"M33": matrix(3, 3), "LI4": numbers(4, "i"), "Q4": vector(4, "i"), "M34": matrix(3, 4)}


def idiom(text: str, **defined: str) -> None:
    """Adds a piece: `$x` are names of its own, `{PF}` expressions as in productions."""
    IDIOMS.append((text.strip("\n"), {n: TYPES[t] for n, t in defined.items()}))


idiom(
    """
$x = {PF}
for $i in range(8):
    $step = ($x * $x - (abs({PF}) + 0.5)) / (2.0 * $x + 1e-3)
    $x -= $step
    if abs($step) < {tol}:
        break
else:
    $x = {PF}
""",
    x="PF",
)
idiom(
    """
$t, $y = 0.0, {PF}
while $t < {c} + 0.6:
    $k1 = -$y + math.sin($t) * {PF}
    $k2 = -($y + 0.1 * $k1)
    $y += 0.1 * ($k1 + $k2)
    $t += 0.2
""",
    y="PF",
    t="PF",
)
idiom(
    """
$counts = [0] * 4
for $e in {V4}:
    $counts[int(abs($e) * 2.0) % 4] += 1
""",
    counts="LI4",
)
idiom(
    """
$sums = np.zeros(4)
for $i in range(4):
    $sums[{Q4}[$i] % 4] += {V4}[$i]
""",
    sums="V4",
)
idiom(
    """
$a = {L4}
for $i in range(len($a)):
    for $j in range(len($a) - 1 - $i):
        if $a[$j] > $a[$j + 1]:
            $a[$j], $a[$j + 1] = $a[$j + 1], $a[$j]
""",
    a="L4",
)
idiom(
    """
$lo, $hi = 0, 4
$sorted = sorted({L4})
while $lo < $hi:
    $mid = ($lo + $hi) // 2
    if $sorted[$mid] < {PF}:
        $lo = $mid + 1
    else:
        $hi = $mid
""",
    lo="PI",
    sorted="L4",
)
idiom(
    """
$n, $count = abs({PI}) % 9 + 1, 0
while $n != 1 and $count < 20:
    $n = $n // 2 if $n % 2 == 0 else 3 * $n + 1
    $count += 1
""",
    n="PI",
    count="PI",
)
idiom(
    """
$a, $b = abs({PI}) % 30, abs({PI}) % 20 + 1
while $b:
    $a, $b = $b, $a % $b
""",
    a="PI",
)
idiom(
    """
$best, $at = -math.inf, -1
for $i, $e in enumerate({V4}):
    if $e > $best:
        $best, $at = float($e), $i
""",
    best="PF",
    at="PI",
)
idiom(
    """
$state = abs({PI})
for $i in range(4):
    $state = ($state * 1103515245 + 12345) % 2147483648
$u = $state / 2147483648
""",
    state="PI",
    u="PF",
)
idiom(
    """
$out = np.zeros_like({V4})
$smooth = 0.0
for $i, $e in enumerate({V4}):
    $smooth = 0.9 * $smooth + 0.1 * $e
    $out[$i] = $smooth / (1.0 - 0.9 ** ($i + 1))
""",
    out="V4",
)
idiom(
    """
$mean, $m2 = 0.0, 0.0
for $i, $e in enumerate({L4}, start=1):
    $delta = $e - $mean
    $mean += $delta / $i
    $m2 += $delta * ($e - $mean)
$var = $m2 / 3
""",
    mean="PF",
    var="PF",
)
idiom(
    """
$p = {V4} - np.max({V4})
$p = np.exp($p) / np.sum(np.exp($p))
$loss = -np.log($p[{PI} % 4])
""",
    p="V4",
    loss="NF",
)
idiom(
    """
$dp = [0.0] * 4
for $w, $e in zip((1, 2, 1), {L3}):
    for $j in range(3, $w - 1, -1):
        $dp[$j] = max($dp[$j], $dp[$j - $w] + $e)
""",
    dp="L4",
)
idiom(
    """
$w, $v = {V4}.copy(), np.zeros(4)
for $i in range(3):
    $g = 2.0 * ($w - {V4})
    $v = 0.9 * $v - 0.05 * $g
    $w += $v
    if np.linalg.norm($g) < {tol}:
        break
""",
    w="V4",
    v="V4",
)
idiom(
    """
$acc = 0.0
for $c in reversed({L4}):
    $acc = $acc * {PF} + $c
""",
    acc="PF",
)
idiom(
    """
$stack = [{PF}, {PF}]
$stack.append({PF})
$top = $stack.pop()
$stack[-1] = $stack[-1] * $top
$a = $stack.pop() + $stack[0]
""",
    a="PF",
    top="PF",
)
idiom(
    """
$mode = 'up'
$x = {PF}
for $i in range(4):
    if $mode == 'up':
        $x += 0.5
        if $x > {c}:
            $mode = 'down'
    else:
        $x -= 0.25
$a = $x if $mode == 'up' else -$x
""",
    x="PF",
    a="PF",
)
idiom(
    """
$params = <%'w': {V3}.copy(), 'b': {PF}%>
$rate = {c}
$params['w'] -= $rate * np.cos($params['w'])
$params['b'] -= $rate * math.sin($params['b'])
$a = float($params['w'].sum()) + $params['b']
""",
    a="PF",
)
idiom(
    """
$grid = np.zeros((3, 4))
for $i in range(3):
    for $j in range(4):
        $grid[$i, $j] = {PF} * $i - {V4}[$j]
        if $grid[$i, $j] > {c}:
            continue
        $grid[$i, $j] += 0.5
""",
    grid="M34",
)
idiom(
    """
$A, $x = {M33} + 4.0 * np.eye(3), np.zeros(3)
for $k in range(3):
    for $i in range(3):
        $r = {V3}[$i] - $A[$i, :$i] @ $x[:$i] - $A[$i, $i + 1:] @ $x[$i + 1:]
        $x[$i] = $r / $A[$i, $i]
""",
    x="V3",
)
idiom(
    """
$L = np.zeros((3, 3))
$S = {M33} @ {M33}.T * 0.1 + 2.0 * np.eye(3)
for $i in range(3):
    for $j in range($i + 1):
        $s = $S[$i, $j] - $L[$i, :$j] @ $L[$j, :$j]
        $L[$i, $j] = math.sqrt($s) if $i == $j and $s > 0 else $s / ($L[$j, $j] + 1.0)
""",
    L="M33",
)
idiom(
    """
$total, $seen = 0, 0
for $e in {V4}:
    if $e <= {c}:
        continue
    $total += $e
    $seen += 1
$mean = float($total) / max($seen, 1)
""",
    seen="PI",
    mean="PF",
)
idiom(
    """
$i, $j = 0, 3
$u = sorted({L4})
while $i < $j:
    if $u[$i] + $u[$j] > {PF}:
        $j -= 1
    elif $u[$i] + $u[$j] < {c}:
        $i += 1
    else:
        break
""",
    i="PI",
    j="PI",
)
idiom(
    """
$u = {V4}.copy()
for $k in range(2):
    $u[1:-1] = 0.5 * ($u[:-2] + $u[2:])
    $u[0], $u[-1] = {c}, $u[-2]
""",
    u="V4",
)
idiom(
    """
$mask = {V4} > {c}
$part = {V4}[$mask]
$a = float($part.sum()) / $part.size if $part.size > 0 else {PF}
$w = np.where($mask, {V4}, 0.0)
""",
    a="PF",
    w="V4",
)
idiom(
    """
$x, $n = {PF}, 0
while True:
    try:
        $x = checked($x * 1.5 + 0.2, 2.0)
    except TooLarge as $err:
        $x = $err.limit
        break
    $n += 1
    if $n >= 5:
        break
""",
    x="PF",
    n="PI",
)
idiom(
    """
$bad = 0
$total = 0.0
for $e in {L4}:
    try:
        $total += math.sqrt($e)
    except ValueError:
        $bad += 1
        continue
    finally:
        $total *= 0.9
""",
    bad="PI",
    total="PF",
)
idiom(
    """
$bits, $n = 0, abs({PI}) % 64
while $n:
    $bits += $n & 1
    $n >>= 1
""",
    bits="PI",
)
idiom(
    """
$result, $base, $n = 1, abs({PI}) % 7, abs({PI}) % 6
while $n > 0:
    if $n & 1:
        $result = $result * $base % 1009
    $base = $base * $base % 1009
    $n //= 2
""",
    result="PI",
)
idiom(
    """
$prev = None
$rises = 0
for $e in {L4}:
    if $prev is not None and $e > $prev:
        $rises += 1
    $prev = $e
""",
    rises="PI",
    prev="O",
)
idiom(
    """
$z, $n = complex({PF}, {PF}), 0
while abs($z) < 2.0 and $n < 5:
    $z = $z * $z + complex(0.1, {c})
    $n += 1
$a = $z.real - $z.imag
""",
    n="PI",
    a="PF",
)
idiom(
    """
$pairs = sorted(zip({L3}, {LI3}), key=lambda pair: pair[0])
$low, $index = $pairs[0]
$high = $pairs[-1][0]
""",
    low="PF",
    index="PI",
    high="PF",
)
idiom(
    """
$hist = np.zeros(4, dtype=int)
for $e in {V4}:
    if $e < -1.0:
        $hist[0] += 1
    elif $e < 0.0:
        $hist[1] += 1
    elif $e < 1.0:
        $hist[2] += 1
    else:
        $hist[3] += 1
""",
    hist="Q4",
)
idiom(
    """
$grid = Grid(3)
for $i, $e in enumerate({L4}):
    $grid[$i] = $grid[$i - 1] + $e
$a = $grid.total()
""",
    a="PF",
)
idiom(
    """
$c = np.cumsum({V4})
$a = float(np.searchsorted(np.sort($c), {PF}))
$b = np.diff($c, prepend=0.0)
""",
    a="PF",
    b="V4",
)
idiom(
    """
def $f(x, a=0.5):
    if x < 0:
        return -a * x
    if x > {c}:
        raise Bad('too much', x)
    return math.sin(x)
try:
    $a = $f({PF}) + $f({PF}, a={c})
except Bad as $err:
    $a = $err.args[1]
""",
    a="PF",
)
idiom(
    """
$done = False
$x = {PF}
$n = 0
while not $done:
    $x = math.cos($x) * 0.5
    $n += 1
    $done = $n >= 3 or $x < {c}
""",
    x="PF",
    n="PI",
    done="PB",
)
idiom(
    """
for $i in range(3):
    for $j in range(3):
        if {M33}[$i, $j] > {c}:
            $at = ($i, $j)
            break
    else:
        continue
    break
else:
    $at = (-1, -1)
$a, $b = $at
""",
    a="PI",
    b="PI",
)
idiom(
    """
$path = [{PF}]
for $i in range(3):
    $path.append($path[-1] * 0.5 + {PF})
$end = $path[-1]
""",
    path="L4",
    end="PF",
)


def named(g: Statements, text: str) -> tuple[str, dict[str, str]]:
    """The piece with fresh names for its own."""
    names: dict[str, str] = {}
    parts = text.split("$")
    made = [parts[0]]
    for part in parts[1:]:
        stem = next((part[:i] for i, c in enumerate(part) if not c.isalnum()), part)
        name = names.setdefault(stem, g.fresh(stem))
        made.append(name + part[len(stem) :])
    return "".join(made), names


@maker(4)
def piece(g: Statements, s: Scope) -> Made | None:
    if s.loop >= 2 or s.depth > 2 or g.chance(0.3 * s.depth):
        return None
    text, defined = g.pick(IDIOMS)
    if text.startswith("def") and s.depth:
        return None
    text, names = named(g, text)
    lines = g.fill(text, s, 1, PF).splitlines()
    places: list[Any] = [Place(names[n], t, bool(t.shape)) for n, t in defined.items()]
    return lines, s.add(*places)
