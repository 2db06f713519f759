"""What the rules are for: stable forms with stable derivatives, sharing, folded transposes."""

from collections import Counter

import numpy as np
import pytest

import tests.opt.programs  # noqa: F401
from anvil.ir.analysis import op_counts
from anvil.ir.builder import Builder
from anvil.ir.evaluate import evaluate
from anvil.ir.records import Const, Program
from anvil.ir.types import F64, array
from anvil.ir.verify import verify
from anvil.opt.passes import PassError
from anvil.opt.patterns import C, P, X
from anvil.opt.pipeline import run
from anvil.opt.rewrite import RULES, Rule, apply, rule
from anvil.opt.rules.stable import sigmoid


def program(*types, body):
    b = Builder(types)
    return Program({"f": b.finish("f", [body(b, *b.params)])}, "f", "surface")


def simplified(*types, body):
    return verify(run(program(*types, body=body), ("simplify", "cse", "dce")))


VECTOR = array(F64, (5,))
EXTREME = np.array([-1000.0, -1e-20, 0.0, 1e-20, 1000.0])
STABLE = {
    "log(1 + exp(x))": (
        lambda b, x: b.log(b.add(1.0, b.exp(x))),
        [0.0, np.log(2), np.log(2), np.log(2), 1000.0],
    ),
    "log1p(exp(x))": (
        lambda b, x: b.log1p(b.exp(x)),
        [0.0, np.log(2), np.log(2), np.log(2), 1000.0],
    ),
    "log(1 / (1 + exp(-x)))": (
        lambda b, x: b.log(b.div(1.0, b.add(1.0, b.exp(b.neg(x))))),
        [-1000.0, -np.log(2), -np.log(2), -np.log(2), 0.0],
    ),
    "exp(x) / (1 + exp(x))": (
        lambda b, x: b.div(b.exp(x), b.add(b.exp(x), 1.0)),
        [0.0, 0.5, 0.5, 0.5, 1.0],
    ),
    "log(1 - sigmoid(x))": (
        lambda b, x: b.log(b.sub(1.0, sigmoid(b, x))),
        [0.0, -np.log(2), -np.log(2), -np.log(2), -1000.0],
    ),
    "exp(x) - 1": (lambda b, x: b.sub(b.exp(x), 1.0), [-1.0, -1e-20, 0.0, 1e-20, np.inf]),
    "log(1 + x)": (lambda b, x: b.log(b.add(x, 1.0)), [np.nan, -1e-20, 0.0, 1e-20, np.log(1001)]),
    "log(exp(x))": (lambda b, x: b.log(b.exp(x)), EXTREME),
    "exp(log(x))": (lambda b, x: b.exp(b.log(x)), [np.nan, np.nan, 0.0, 1e-20, 1000.0]),
}


@pytest.mark.parametrize("name", STABLE)
def test_stable_at_extremes(name):
    body, expected = STABLE[name]
    (found,) = evaluate(simplified(VECTOR, body=body), [EXTREME])
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def log_sum_exp(b, x):
    return b.log(b.reduce_sum(b.exp(x), axes=(0,)))


def softmax(b, x):
    e = b.exp(x)
    return b.div(e, b.broadcast(b.reduce_sum(e, axes=(0,)), shape=(5,), dims=()))


def test_log_sum_exp_and_softmax_are_shifted():
    x = np.array([1000.0, 1001, -1e9, 0, 999])
    top = np.log(np.sum(np.exp(x - 1001)))
    prog = simplified(VECTOR, body=log_sum_exp)
    np.testing.assert_allclose(evaluate(prog, [x])[0], 1001 + top)
    assert evaluate(prog, [np.full(5, -np.inf)])[0] == -np.inf
    assert evaluate(prog, [np.array([np.inf, 1, 2, 3, 4])])[0] == np.inf
    prog = simplified(VECTOR, body=softmax)
    np.testing.assert_allclose(evaluate(prog, [x])[0], np.exp(x - 1001 - top))
    prog = simplified(VECTOR, body=lambda b, x: b.log(softmax(b, x)))
    np.testing.assert_allclose(evaluate(prog, [x])[0], x - 1001 - top)
    assert op_counts(prog)["exp"] == 1


def test_what_is_already_shifted_stays():
    def body(b, x):
        top = b.broadcast(b.reduce_max(x, axes=(0,)), shape=(5,), dims=())
        return log_sum_exp(b, b.sub(x, top))

    assert op_counts(simplified(VECTOR, body=body))["reduce_max"] == 1


def test_equal_factors_are_computed_once():
    prog = simplified(VECTOR, VECTOR, body=lambda b, x, y: b.mul(b.add(x, y), b.add(x, y)))
    assert op_counts(prog) == {"add": 1, "mul": 1}


def test_powers():
    assert op_counts(simplified(VECTOR, body=lambda b, x: b.pow(x, 2.0))) == {"mul": 1}
    assert op_counts(simplified(VECTOR, body=lambda b, x: b.pow(x, 2.5))) == {"pow": 1}
    assert op_counts(simplified(VECTOR, body=lambda b, x: b.div(x, 4.0))) == {"mul": 1}
    assert op_counts(simplified(VECTOR, body=lambda b, x: b.div(x, 3.0))) == {"div": 1}
    assert op_counts(simplified(VECTOR, body=lambda b, x: b.div(x, 2.0**200))) == {"div": 1}


def test_transposes_fold_into_dots():
    def body(b, x, y):
        dims = {"lhs_contract": (1,), "rhs_contract": (0,), "lhs_batch": (), "rhs_batch": ()}
        xt = b.transpose(x, perm=(1, 0))
        yt = b.transpose(y, perm=(1, 0))
        return b.transpose(b.dot_general(xt, yt, **dims), perm=(1, 0))

    x, y = np.random.default_rng(0).normal(size=(4, 3)), np.eye(5, 4)
    types = array(F64, (4, 3)), array(F64, (5, 4))
    prog = simplified(*types, body=body)
    assert op_counts(prog) == {"dot_general": 1}
    np.testing.assert_allclose(evaluate(prog, [x, y])[0], (x.T @ y.T).T)


def test_idle_rules_return_the_same_program():
    prog = program(VECTOR, body=lambda b, x: b.sin(x))
    assert apply(prog, list(RULES.values())) is prog


def test_hits_are_counted():
    hits = Counter()
    prog = program(VECTOR, body=lambda b, x: b.sub(b.exp(x), 1.0))
    apply(prog, list(RULES.values()), hits)
    assert hits == {"exp_minus_one": 1}


def test_a_rule_that_changes_the_type_is_refused():
    bad = Rule("bad", P.sin(X), lambda b, x: Const(array(F64), 1), "exact", "f", "", (), ("x",))
    prog = program(VECTOR, body=lambda b, x: b.sin(x))
    with pytest.raises(PassError, match=r"rule bad turns f64\[5\] into f64"):
        apply(prog, [bad])


def test_endless_rules_end():
    grows = Rule("grows", P.sin(X), lambda b, x: b.sin(b.neg(x)), "exact", "f", "", (), ("x",))
    prog = program(VECTOR, body=lambda b, x: b.sin(x))
    assert verify(apply(prog, [grows])) is not prog


def test_malformed_rules_are_refused():
    with pytest.raises(PassError, match="needs a pattern with an op and a docstring"):
        rule(X)(lambda b, x: x)
    with pytest.raises(PassError, match="needs a pattern with an op and a docstring"):
        rule(P.sin(C))(lambda b, c: c)


def test_rules_are_listed_as_they_are_written():
    assert str(RULES["log_one_plus_exp"].pattern) == "log(add(1, exp(x)))"
    assert str(RULES["slice_concatenate"].pattern) == "slice(concatenate(...))"
