# ruff: noqa: E741
"""Base classes, tapes, interpreters, mixins, visitors and strategies."""

from __future__ import annotations

import abc
import math
import operator
from collections import ChainMap
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

import numpy as np

from tests.corpus.entries import entry

rng = np.random.default_rng(0)


class Component(abc.ABC):
    registry: dict[str, type] = {}

    def __init_subclass__(cls, **kw):
        super().__init_subclass__(**kw)
        Component.registry[cls.__name__.lower()] = cls

    @abc.abstractmethod
    def derivative(self, state, t): ...
    @property
    @abc.abstractmethod
    def size(self): ...
    def energy(self, state):
        return 0.0


class Oscillator(Component):
    def __init__(self, k, m=1.0, c=0.1):
        self.k, self.m, self.c = k, m, c

    def derivative(self, state, t):
        x, v = state
        return np.array([v, (-self.k * x - self.c * v) / self.m])

    @property
    def size(self):
        return 2

    def energy(self, state):
        return 0.5 * self.m * state[1] ** 2 + 0.5 * self.k * state[0] ** 2


class Decay(Component):
    def __init__(self, rate):
        self.rate = rate

    def derivative(self, state, t):
        return -self.rate * state * (1 + 0.1 * math.sin(t))

    @property
    def size(self):
        return 1


class System:
    def __init__(self):
        self._components = []
        self._offsets = [0]

    def add(self, name, **params):
        cls = Component.registry[name]
        comp = cls(**params)
        self._components.append(comp)
        self._offsets.append(self._offsets[-1] + comp.size)
        return self

    def __len__(self):
        return self._offsets[-1]

    def rhs(self, t, y):
        out = np.empty_like(y)
        for comp, lo, hi in zip(self._components, self._offsets, self._offsets[1:], strict=False):
            out[lo:hi] = comp.derivative(y[lo:hi], t)
        return out

    def energies(self, y):
        return {
            type(c).__name__: c.energy(y[lo:hi])
            for c, lo, hi in zip(self._components, self._offsets, self._offsets[1:], strict=False)
        }


@entry(2.0, 0.5, np.array([1.0, 0.0, 3.0]))
def framework(k, rate, y0):
    sys_ = System().add("oscillator", k=k, c=0.05).add("decay", rate=rate)
    assert len(sys_) == len(y0)
    y, t, h = y0, 0.0, 0.1
    for _ in range(10):
        k1 = sys_.rhs(t, y)
        k2 = sys_.rhs(t + h / 2, y + h / 2 * k1)
        y = y + h * k2
        t += h
    return y, sys_.energies(y)


class Var:
    def __init__(self, value, parents=()):
        self.value, self.parents, self.grad = value, parents, 0.0

    def __add__(self, o):
        o = o if isinstance(o, Var) else Var(o)
        return Var(self.value + o.value, [(self, 1.0), (o, 1.0)])

    def __mul__(self, o):
        o = o if isinstance(o, Var) else Var(o)
        return Var(self.value * o.value, [(self, o.value), (o, self.value)])

    __radd__, __rmul__ = __add__, __mul__

    def tanh(self):
        t = math.tanh(self.value)
        return Var(t, [(self, 1 - t * t)])

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if v in seen:
                return
            seen.add(v)
            for par, _ in v.parents:
                visit(par)
            order.append(v)

        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            for par, w in v.parents:
                par.grad += w * v.grad


@entry(0.5, -1.5, 2.0)
def tape(x, w, b):
    X, W, B = Var(x), Var(w), Var(b)
    y = (W * X + B).tanh() * X + 2.0 * W * W
    y.backward()
    return y.value, X.grad, W.grad, B.grad


@dataclass(frozen=True)
class Num:
    v: float


@dataclass(frozen=True)
class Sym:
    name: str


@dataclass(frozen=True)
class Bin:
    op: str
    l: object
    r: object


@dataclass(frozen=True)
class Call:
    f: str
    arg: object


def ev(e, env):
    match e:
        case Num(v):
            return v
        case Sym(n):
            return env[n]
        case Bin("+", l, r):
            return ev(l, env) + ev(r, env)
        case Bin("*", l, r):
            return ev(l, env) * ev(r, env)
        case Bin("/", l, r):
            d = ev(r, env)
            if d == 0:
                raise ZeroDivisionError("division in expression")
            return ev(l, env) / d
        case Call("sin" | "cos" as name, a):
            return getattr(math, name)(ev(a, env))
        case Call(f=name, arg=a) if name in {"exp", "tanh"}:
            return {"exp": math.exp, "tanh": math.tanh}[name](ev(a, env))
        case _:
            raise NotImplementedError(e)


def diff(e, x):
    match e:
        case Num():
            return Num(0.0)
        case Sym(n):
            return Num(1.0 if n == x else 0.0)
        case Bin("+", l, r):
            return Bin("+", diff(l, x), diff(r, x))
        case Bin("*", l, r):
            return Bin("+", Bin("*", diff(l, x), r), Bin("*", l, diff(r, x)))
        case Call("sin", a):
            return Bin("*", Call("cos", a), diff(a, x))
        case Call("exp", a):
            return Bin("*", e, diff(a, x))


def simp(e):
    if isinstance(e, Bin):
        l, r = simp(e.l), simp(e.r)
        if e.op == "*" and (l == Num(0.0) or r == Num(0.0)):
            return Num(0.0)
        if e.op == "*" and l == Num(1.0):
            return r
        if e.op == "*" and r == Num(1.0):
            return l
        if e.op == "+" and l == Num(0.0):
            return r
        if e.op == "+" and r == Num(0.0):
            return l
        return Bin(e.op, l, r)
    return e


EXPR = Bin(
    "+",
    Bin("*", Sym("x"), Call("sin", Bin("*", Num(2.0), Sym("x")))),
    Call("exp", Bin("*", Num(-1.0), Sym("y"))),
)


@entry(0.5, 1.5)
def symbolic(x, y):
    env = {"x": x, "y": y}
    dx, dy = (simp(diff(EXPR, n)) for n in "xy")
    q = Bin("/", EXPR, dx)
    return ev(EXPR, env), ev(dx, env), ev(dy, ChainMap({"y": 2 * y}, env)), ev(q, env)


T = TypeVar("T")


class Stack(Generic[T]):
    def __init__(self) -> None:
        self._items: list[T] = []

    def push(self, item: T) -> Stack[T]:
        self._items.append(item)
        return self

    def pop(self) -> T:
        if not self._items:
            raise IndexError("pop from empty stack")
        return self._items.pop()

    def __len__(self):
        return len(self._items)

    def __bool__(self):
        return bool(self._items)


OPS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": pow,
}


PREC = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 3}


def to_rpn(text):
    out, ops = [], Stack[str]()
    for tok in text.split():
        if tok in OPS:
            while ops:
                top = ops.pop()
                if top != "(" and (
                    PREC[top] > PREC[tok] or (PREC[top] == PREC[tok] and tok != "^")
                ):
                    out.append(top)
                else:
                    ops.push(top)
                    break
            ops.push(tok)
        elif tok == "(":
            ops.push(tok)
        elif tok == ")":
            while (top := ops.pop()) != "(":
                out.append(top)
        else:
            out.append(tok)
    while ops:
        out.append(ops.pop())
    return out


@entry(2.0, 3.0)
def rpn(x, y):
    st: Stack[float] = Stack()
    env = {"x": x, "y": y}
    for tok in to_rpn("x ^ 2 + ( y - 1.5 ) * x / y"):
        if tok in OPS:
            b, a = st.pop(), st.pop()
            st.push(OPS[tok](a, b))
        elif tok.isidentifier():
            st.push(env[tok])
        else:
            st.push(float(tok))
    assert len(st) == 1
    return st.pop()


class Base:
    def __init__(self, **kw):
        self.log = []
        if kw:
            raise TypeError(f"unexpected {sorted(kw)}")

    def step(self, x):
        self.log.append("base")
        return x


class Scale(Base):
    def __init__(self, *, scale=1.0, **kw):
        super().__init__(**kw)
        self.scale = scale

    def step(self, x):
        self.log.append("scale")
        return super().step(x * self.scale)


class Shift(Base):
    def __init__(self, *, shift=0.0, **kw):
        super().__init__(**kw)
        self.shift = shift

    def step(self, x):
        self.log.append("shift")
        return super().step(x + self.shift)


class ClipMixin:
    lo: ClassVar[float] = -1.0
    hi: ClassVar[float] = 1.0

    def step(self, x):
        return min(max(super().step(x), self.lo), self.hi)


class Both(ClipMixin, Scale, Shift):
    hi = 5.0

    def __repr__(self):
        return "Both"


@entry(1.0, 2.0, 0.5)
def mixin(x, s, d):
    b = Both(scale=s, shift=d)
    y = b.step(x)
    return y, b.log, [c.__name__ for c in Both.__mro__[:4]], isinstance(b, Shift), Both.lo


class Expr:
    def accept(self, v):
        return getattr(v, "visit_" + type(self).__name__.lower())(self)

    def __add__(self, o):
        return Add(self, wrap(o))

    def __mul__(self, o):
        return Mul(self, wrap(o))

    def __radd__(self, o):
        return Add(wrap(o), self)

    def __rmul__(self, o):
        return Mul(wrap(o), self)


class Const(Expr):
    def __init__(self, v):
        self.v = v


class Variable(Expr):
    def __init__(self, n):
        self.n = n


class Add(Expr):
    def __init__(self, a, b):
        self.a, self.b = a, b


class Mul(Add):
    pass


def wrap(o):
    return o if isinstance(o, Expr) else Const(o)


class Evaluator:
    def __init__(self, **env):
        self.env = env

    def visit_const(self, e):
        return e.v

    def visit_variable(self, e):
        return self.env[e.n]

    def visit_add(self, e):
        return e.a.accept(self) + e.b.accept(self)

    def visit_mul(self, e):
        return e.a.accept(self) * e.b.accept(self)


class Depth:
    def visit_const(self, e):
        return 1

    visit_variable = visit_const

    def visit_add(self, e):
        return 1 + max(e.a.accept(self), e.b.accept(self))

    visit_mul = visit_add


@entry(2.0, 3.0)
def visitor(x, y):
    X, Yv = Variable("x"), Variable("y")
    e = 2.0 * X * Yv + X * (X + 1.5)
    return e.accept(Evaluator(x=x, y=y)), e.accept(Depth())


class Integrator(abc.ABC):
    order: int

    def __init__(self, f):
        self.f = f

    def solve(self, y, t, h, n):
        for _ in range(n):
            y = self.step(t, y, h)
            t += h
        return y

    @abc.abstractmethod
    def step(self, t, y, h):
        raise NotImplementedError

    @classmethod
    def all(cls):
        return sorted(cls.__subclasses__(), key=lambda c: c.order)


class Euler(Integrator):
    order = 1

    def step(self, t, y, h):
        return y + h * self.f(t, y)


class Heun(Integrator):
    order = 2

    def step(self, t, y, h):
        k = self.f(t, y)
        return y + h / 2 * (k + self.f(t + h, y + h * k))


class RK4(Integrator):
    order = 4

    def step(self, t, y, h):
        f = self.f
        k1 = f(t, y)
        k2 = f(t + h / 2, y + h / 2 * k1)
        k3 = f(t + h / 2, y + h / 2 * k2)
        k4 = f(t + h, y + h * k3)
        return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


@entry(1.0, 0.5)
def strategies(y0, a):
    def f(t, y):
        return -a * y + math.sin(t)

    return {cls.__name__: cls(f).solve(y0, 0.0, 0.1, 10) for cls in (Heun, RK4, Euler)}, [
        c.order for c in Integrator.all()
    ]
