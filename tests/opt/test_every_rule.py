"""Both sides of every rewrite rule on samples and special values, as its class promises."""

import itertools
import re
from collections import Counter

import numpy as np
import pytest

import tests.opt.programs  # noqa: F401
from anvil.ir.builder import Builder
from anvil.ir.evaluate import evaluate
from anvil.ir.loc import Loc
from anvil.ir.reader import parse
from anvil.ir.records import Const, Program
from anvil.ir.types import DTYPES, ArrayType, array
from anvil.ir.verify import verify
from anvil.opt.patterns import OpPattern, Var
from anvil.opt.rewrite import CLASSES, RULES, apply
from anvil.opt.simplify import MODULES

assert MODULES
SPECIAL = {
    "f": [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.3, -2.5, 7.0, 1e-3],
    "i": [0, 1, -1, 2, -7, 5],
    "u": [0, 1, 2, 7],
    "b": [False, True],
    "c": [0j, 1 + 1j, -2.5j, 0.5, complex(-0.0, 2)],
}
WIDE = {"f": "f64", "i": "i64", "u": "u8", "b": "bool", "c": "c128"}


class Raw(Builder):
    """Emits what it is told to: no folding, no numbering, no peepholes."""

    def _shortcut(self, kind, args, attrs, types):
        return None


def variables(pattern, found):
    """The names of a pattern's variables, constants apart."""
    if isinstance(pattern, Var):
        found.setdefault(pattern.name, None)
    elif isinstance(pattern, OpPattern):
        for p in pattern.args:
            variables(p, found)
    return list(found)


def spelled(b, pattern, env):
    """The expression that a pattern without attributes spells."""
    if isinstance(pattern, Var):
        return env[pattern.name]
    if isinstance(pattern, OpPattern):
        return b.emit(pattern.kind, [spelled(b, p, env) for p in pattern.args])
    like = next(iter(env.values())).type
    return Const(like, pattern)


def build(types, left):
    """A program that computes `left` of its parameters."""
    b = Raw(types, [f"x{i}" for i in range(len(types))], Loc("rule.py", 1))
    return verify(Program({"f": b.finish("f", [left(b, *b.params)])}, "f", "core"))


def cases(rule):
    """(program, number of elements of special values per operand) for a rule."""
    if rule.examples:
        for text, left in rule.examples:
            types = [parse_type(t) for t in re.findall(r"\w+(?:\[[\d,]*\])?", text)]
            yield build(types, left)
        return
    for kind in rule.kinds:
        names = variables(rule.pattern, {})
        type_ = array(DTYPES[WIDE[kind]], (len(SPECIAL[kind]) ** len(names),))
        yield build(
            [type_] * len(names),
            lambda b, *xs, names=names: spelled(b, rule.pattern, dict(zip(names, xs, strict=True))),
        )


def parse_type(text):
    source = f"air 1\nstage core\nfunc @f(%x: {text}) -> {text} {{\n  return %x\n}}"
    return parse(source).main.results[0]


def arguments(prog, special, seed=0):
    """Operands: every combination of special values if that fits, or samples with some of them."""
    rng = np.random.default_rng(seed)
    types = [p.type for p in prog.main.params]
    pools = [SPECIAL[t.dtype.kind] for t in types]
    alike = len(set(types)) == 1
    if special and alike and types[0].size == len(pools[0]) ** len(pools):
        columns = zip(*itertools.product(*pools), strict=True)
        return [np.array(c, t.dtype.np) for c, t in zip(columns, types, strict=True)]
    return [one(t, pool, special, rng) for t, pool in zip(types, pools, strict=True)]


def one(type_: ArrayType, pool, special, rng):
    if special:
        return np.asarray(rng.choice(pool, type_.shape), type_.dtype.np)
    if type_.dtype.kind in "biu":
        return np.asarray(rng.integers(0, 2, type_.shape), type_.dtype.np)
    x = rng.uniform(0.05, 3, type_.shape) * rng.choice([1, -1], type_.shape)
    if type_.dtype.kind == "c":
        x = x + 1j * rng.uniform(-1, 1, type_.shape)
    return np.asarray(x, type_.dtype.np)


def agree(equal, left, right):
    if equal == "exact":
        same = np.where(np.isnan(left), np.isnan(right), left == right)
        if left.dtype.kind == "f":
            same &= np.isnan(left) | (np.signbit(left) == np.signbit(right))
        return bool(np.all(same))
    eps = np.finfo(left.dtype).eps if left.dtype.kind in "fc" else 0
    if equal == "stabilising":
        where = np.isfinite(left)
        left, right = left[where], right[where]
        return np.allclose(left, right, rtol=64 * eps, atol=64 * eps)
    return np.allclose(left, right, rtol=16 * eps, atol=16 * eps, equal_nan=True)


@pytest.mark.parametrize("name", RULES)
def test_both_sides_agree(name):
    rule = RULES[name]
    fired = 0
    for before in cases(rule):
        hits = Counter()
        after = verify(apply(before, [rule], hits), locations=True)
        fired += hits[name]
        for seed, special in itertools.product(range(3), (True, False)):
            if special and rule.equal == "finite":
                continue
            args = arguments(before, special, seed)
            (left,), (right,) = evaluate(before, args), evaluate(after, args)
            assert agree(rule.equal, left, right), f"{args}\n{left}\n{right}"
    assert fired, "the rule never applied"


@pytest.mark.parametrize("name", RULES)
def test_is_declared_well(name):
    rule = RULES[name]
    assert rule.equal in CLASSES
    assert "\n" not in rule.doc.strip()
