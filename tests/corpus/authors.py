"""Defensive, object-minded and unusual code: checks, parsers, machines, accounts, polynomials."""

from __future__ import annotations

import itertools
import operator
from collections import Counter, defaultdict, deque, namedtuple
from functools import reduce

import numpy as np

from tests.corpus.entries import entry


def validated(x, *, lo=-5.0, hi=5.0):
    x = np.asarray(x)
    if x.ndim != 1:
        raise ValueError(f"expected 1-d input, got shape {x.shape}")
    if not np.issubdtype(x.dtype, np.floating):
        raise TypeError(f"expected floats, got {x.dtype.name}")
    if not np.all(np.isfinite(x)):
        raise ValueError("input has nan or inf")
    assert np.all((lo <= x) & (x <= hi)), f"out of [{lo}, {hi}]: {x.min():.3g}..{x.max():.3g}"
    return x


@entry(np.array([1.0, -2.0, 0.5]))
def defensive(x):
    x = validated(x)
    return np.tanh(x) / x.size


Token = namedtuple("Token", "kind value")


def tokenize(text):
    out, i = [], 0
    while i < len(text):
        c = text[i]
        if c.isspace():
            i += 1
        elif c.isdigit() or c == ".":
            j = i
            while j < len(text) and (text[j].isdigit() or text[j] == "."):
                j += 1
            out.append(Token("num", float(text[i:j])))
            i = j
        elif c.isalpha():
            out.append(Token("var", c))
            i += 1
        else:
            out.append(Token("op", c))
            i += 1
    return deque(out)


class Parser:
    def __init__(self, text, env):
        self.toks, self.env = tokenize(text), env

    def peek(self):
        return self.toks[0].value if self.toks else None

    def expr(self):
        v = self.term()
        while self.peek() in ("+", "-"):
            op = self.toks.popleft().value
            rhs = self.term()
            v = v + rhs if op == "+" else v - rhs
        return v

    def term(self):
        v = self.atom()
        while self.peek() in ("*", "/"):
            v = v * self.atom() if self.toks.popleft().value == "*" else v / self.atom()
        return v

    def atom(self):
        t = self.toks.popleft()
        match t:
            case Token("num", x):
                return x
            case Token("var", n):
                return self.env[n]
            case Token("op", "("):
                v = self.expr()
                self.toks.popleft()
                return v
            case Token("op", "-"):
                return -self.atom()
        raise SyntaxError(f"unexpected {t}")


@entry(2.0, 3.0)
def expression_parser(x, y):
    return Parser("-(x + 2.5*y) * x / (1 + y*y) - 4", {"x": x, "y": y}).expr()


PROGRAM = [
    ("push", 2.0),
    ("load", 0),
    ("mul",),
    ("dup",),
    ("load", 1),
    ("add",),
    ("jlt", 10.0, 8),
    ("sqrt",),
    ("store", 1),
    ("halt",),
]


@entry(np.array([1.5, 0.5]))
@entry(np.array([9.0, 0.5]))
def stack_vm(mem):
    mem = list(mem)
    stack, pc, steps = [], 0, 0
    while steps < 50:
        steps += 1
        match PROGRAM[pc]:
            case ("push", v):
                stack.append(v)
            case ("load", k):
                stack.append(mem[k])
            case ("store", k):
                mem[k] = stack.pop()
            case ("mul",):
                stack.append(stack.pop() * stack.pop())
            case ("add",):
                stack.append(stack.pop() + stack.pop())
            case ("dup",):
                stack.append(stack[-1])
            case ("jlt", *_):
                pass
            case ("halt",):
                break
        pc += 1
    return mem, stack, steps


class InsufficientFunds(Exception):
    def __init__(self, need, have):
        super().__init__(f"need {need:.2f}, have {have:.2f}")
        self.need, self.have = need, have


class Account:
    count = 0

    def __init__(self, balance=0.0):
        self._balance = balance

    @property
    def balance(self):
        return self._balance

    @balance.setter
    def balance(self, v):
        if v < 0:
            raise InsufficientFunds(self._balance - v, self._balance)
        self._balance = v

    def transfer(self, other, amount):
        self.balance -= amount
        other.balance += amount


class Savings(Account):
    rate = 0.05

    def accrue(self):
        self.balance *= 1 + self.rate
        return self


@entry(100.0, 80.0, 50.0)
@entry(100.0, 30.0, 20.0)
def bank(a, first, second):
    alice, bob = Savings(a), Account()
    failed = 0.0
    for amount in (first, second):
        try:
            alice.transfer(bob, amount)
        except InsufficientFunds as e:
            failed += e.need - e.have
        else:
            alice.accrue()
        finally:
            bob.balance += 1.0
    return alice.balance, bob.balance, failed


@entry(np.array([1.0, 4.0, 2.0]))
def nested_functions_with_state(x):
    count = 0
    best = -np.inf

    def visit(v):
        nonlocal count, best
        count += 1
        if v > best:
            best = v
            return True
        return False

    improved = [visit(v) for v in x]
    return best, count, improved


@entry(np.array([0.5, 1.5, 2.5]))
def currying(x):
    def curry(f, n, args=()):
        return f(*args) if n == 0 else lambda a: curry(f, n - 1, (*args, a))

    add3 = curry(lambda a, b, c: a * b + c, 3)
    return add3(x[0])(x[1])(x[2])


@entry(np.array([2.0, 7.0, 1.0, 8.0]))
def counters_and_groups(x):
    groups = defaultdict(list)
    for i, v in enumerate(x):
        groups["even" if i % 2 == 0 else "odd"].append(v)
    sizes = Counter(len(v) for v in groups.values())
    return {k: np.mean(v) for k, v in groups.items()}, sizes.most_common(1)[0][0]


class Poly:
    def __init__(self, *c):
        self.c = list(c)

    def __call__(self, x):
        return reduce(lambda acc, c: acc * x + c, reversed(self.c), 0.0)

    def __mul__(self, o):
        out = [0.0] * (len(self.c) + len(o.c) - 1)
        for i, a in enumerate(self.c):
            for j, b in enumerate(o.c):
                out[i + j] += a * b
        return Poly(*out)

    def __add__(self, o):
        return Poly(*(a + b for a, b in itertools.zip_longest(self.c, o.c, fillvalue=0.0)))

    def __pow__(self, n):
        return reduce(operator.mul, [self] * n)

    def __matmul__(self, o):
        out = Poly(0.0)
        for k, c in enumerate(self.c):
            out = out + (o**k if k else Poly(1.0)) * Poly(c)
        return out

    def deriv(self):
        return Poly(*(k * c for k, c in enumerate(self.c) if k))

    def __len__(self):
        return len(self.c)

    def __getitem__(self, k):
        return self.c[k]

    def __iter__(self):
        return iter(self.c)


@entry(np.array([1.0, -2.0, 0.5]), 0.7)
def polynomial_class(c, x):
    p, q = Poly(*c), Poly(0.0, 1.0, c[0])
    r = (p @ q).deriv() + p**2
    return r(x), len(r), sum(r), r[1], np.array(list(p * q))


@entry(np.linspace(0, 1, 5), (0.2, 0.8))
def tuple_swaps_and_slices(x, bounds):
    (lo, hi), [first, *rest], last = bounds, x, x[-1]
    lo, hi = (hi, lo) if lo > hi else (lo, hi)
    *head, tail = rest
    a, b = head[::-1][:2]
    a, b = b, a + b
    return {"lo": lo * first + last, "hi": hi * tail, "ab": (a, b), "n": len(head)}


@entry(np.array([0.1, 0.7, 0.4]), 1)
def unusual_but_legal(x, k=1, /, *rest, flag=not 0, **kw):
    y = x[k] if flag else x[0]
    z = (lambda *a, **b: sum(a) + sum(b.values()))(*x, w=y, **kw)
    if (n := len(x)) > 2 and not (y > z):
        z **= n
    for i in (r := range(n)):
        z += i * r.stop
    while z > 1:
        z /= 3
    else:
        z += 0.5
    del y
    return z if z != 0 else None


@entry(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), smooth=False)
def array_methods_only(a):
    b = a.T.dot(a).round(3).clip(0, 30).flatten().take([0, 4, 8]).repeat(2).reshape(2, -1)
    return (
        b.mean(0).astype(np.float32),
        a.cumsum(1).max(0).tolist(),
        a.ravel().argsort()[::-1],
        b.std(axis=-1, ddof=1),
        a.swapaxes(0, 1).prod(axis=0),
    )
