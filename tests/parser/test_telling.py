# ruff: noqa: B028, C416, UP031
"""Warnings, logging and progress bars in compiled code; what is read from outside and refused."""

from __future__ import annotations

import linecache
import logging
import os
import random
import sys
import time
import types
import warnings

import numpy as np
import pytest

import anvil

log = logging.getLogger("anvil.tests.telling")
own = logging.Logger("apart")
X = np.arange(4.0)

TQDM = """
class tqdm:
    def __init__(self, iterable=None, desc=None, total=None, **options):
        print("a bar")
        self.iterable = iterable

    def __iter__(self):
        yield from self.iterable

    def __enter__(self):
        return self

    def __exit__(self, *args):
        print("the end")

    def set_postfix(self, **values):
        print(values)

    def update(self, n=1):
        print(n)

    @classmethod
    def write(cls, text):
        print(text)


def trange(*args, **options):
    return tqdm(range(*args), **options)
"""
linecache.cache["tqdm.py"] = (len(TQDM), None, TQDM.splitlines(keepends=True), "tqdm.py")
bars = types.ModuleType("tqdm")
exec(compile(TQDM, "tqdm.py", "exec"), vars(bars))
tqdm, trange = bars.tqdm, bars.trange


class Doubtful(UserWarning):
    pass


def known(x):
    warnings.warn("a plain text {}", stacklevel=2)
    return x[0] * 2.0


def of_category(x):
    if x[1] > 0:
        warnings.warn(f"x[1] is {x[1]:.3f}", RuntimeWarning)
    if x[1] > 5:
        warnings.warn("not reached", RuntimeWarning)
    return x[0]


def instance(x):
    warnings.warn(Doubtful(f"sum {np.sum(x)}"))
    warnings.warn("of a class", category=Doubtful)
    return x[0]


def in_loop(x):
    total = 0.0
    for i in range(len(x)):
        if x[i] > 1.5:
            warnings.warn("%g is large" % x[i], DeprecationWarning)
        total += x[i] ** 2
    return total


def logged(x):
    log.debug("not shown %s", x[0])
    log.info("loss %.4f after %d steps", np.sum(x), 7)
    log.warning(f"row {x[1]}")
    log.log(logging.ERROR, "100%")
    log.error("of %(a)s and %(b).2f", {"a": 3, "b": x[1]})
    log.critical("x = %s", x, stacklevel=1)
    return x[0]


def logged_in_loop(x):
    total = x[0]
    for i in range(3):
        total = total + x[i]
        if total > 0:
            log.info("step %d: %s", i, total)
    return total


def logged_by_root(x):
    logging.warning("root %g", x[3])
    own.error("of a logger of its own")
    return x[0]


TOLD = [known, of_category, instance, in_loop, logged, logged_in_loop, logged_by_root]


def told(function, caplog, *args):
    """A result, and everything that was warned and logged."""
    caplog.clear()
    with warnings.catch_warnings(record=True) as caught, caplog.at_level(logging.INFO):
        warnings.simplefilter("always")
        value = function(*args)
    logs = [(r.name, r.levelno, r.getMessage(), r.lineno, r.funcName) for r in caplog.records]
    kept = [c for c in caught if c.filename == __file__]
    return value, [(c.category, str(c.message), c.lineno) for c in kept], logs


def without_lines(found, function):
    """With stacklevel=2 Python names the line of the caller."""
    value, warned, logs = found
    if function is known:
        warned = [w[:2] for w in warned]
    return value, warned, [r for r in logs if r[0] in (log.name, "root", "apart")]


@pytest.fixture(autouse=True)
def heard(caplog):
    own.addHandler(caplog.handler)
    yield
    own.removeHandler(caplog.handler)


@pytest.mark.parametrize("function", TOLD)
def test_what_is_told_is_what_python_tells(function, caplog):
    want = told(function, caplog, X)
    got = told(anvil.jit(function), caplog, X)
    assert without_lines(got, function) == without_lines(want, function)
    assert want[1] or want[2]


@pytest.mark.parametrize("function", [in_loop, logged_in_loop])
def test_a_derivative_tells_once(function, caplog):
    _, *want = told(function, caplog, X)
    _, *got = told(anvil.grad(function), caplog, X)
    assert got == want


def test_the_default_filter_shows_a_line_once():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        anvil.jit(instance)(X)
        anvil.jit(instance)(X)
    assert len([c for c in caught if c.filename == __file__]) == 2


def test_a_warning_may_be_an_error():
    done = []

    def f(x):
        total = 0.0
        for i in range(4):
            total += x[i]
            if total > 2.0:
                warnings.warn(f"at {i}", Doubtful)
        return total

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(Doubtful, match="at 2") as caught:
            done.append(anvil.jit(f)(X))
    assert "raised in compiled code" in caught.value.__notes__[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert anvil.jit(f)(X) == 6.0
    assert not done


def test_the_level_is_that_of_the_run(caplog):
    compiled = anvil.jit(logged_in_loop)
    with caplog.at_level(logging.ERROR):
        compiled(X)
    assert not [r for r in caplog.records if r.name == log.name]
    with caplog.at_level(logging.INFO):
        compiled(X)
    assert len([r for r in caplog.records if r.name == log.name]) == 2


def test_the_numpy_source_tells_too(caplog):
    text = anvil.jit(of_category).source(X)
    assert "import warnings\n" in text
    assert "warnings.warn(" in text
    assert "logging.getLogger(" in anvil.jit(logged_in_loop).source(X)


# ---- progress bars


def bar_over_range(x):
    total = x[0]
    for i in trange(4, desc="steps"):
        total += x[i]
    return total


def bar_over_array(x):
    return sum(v * v for v in tqdm(x, desc="rows"))


def bar_with_values(x):
    total = x[0]
    bar = tqdm(range(3))
    for i in bar:
        total = total * x[i] + 1.0
        bar.set_postfix(loss=total)
    return total


def bar_by_hand(x):
    total = x[0]
    with tqdm(total=3) as bar:
        while total < 10.0:
            total = 2.0 * total + 1.0
            bar.update()
    return total


def bar_enumerated(x):
    total = x[0]
    for i, v in enumerate(tqdm([x[1], x[2]])):
        total += i * v
    return total + len([k for k in tqdm(range(3))])


@pytest.mark.parametrize(
    "function", [bar_over_range, bar_over_array, bar_with_values, bar_by_hand, bar_enumerated]
)
def test_a_progress_bar_is_what_it_runs_over(function, capsys):
    want = function(X)
    capsys.readouterr()
    assert anvil.jit(function)(X) == want
    slope, step = anvil.grad(function)(X), np.array([0.5, -0.25, 1.0, 0.125])
    assert not capsys.readouterr().out
    change = function(X + 1e-6 * step) - function(X - 1e-6 * step)
    np.testing.assert_allclose(slope @ step, change / 2e-6, rtol=1e-8)


def test_a_loop_under_a_bar_stays_a_loop():
    assert "for 1000" in str(anvil.jit(looped).ir(X, stage="parse"))


def looped(x):
    total = x[0]
    for _ in trange(1000):
        total = np.sin(total)
    return total


def test_a_bar_prints_lines(capsys):
    def f(x):
        tqdm.write(f"x = {x}")
        return x

    anvil.jit(f)(2.5)
    assert capsys.readouterr().out == "x = 2.5\n"


# ---- refused


def filtered(x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.warn("quiet")
    return x


def traced(x):
    log.info("x", exc_info=True)
    return x


def asked(x):
    return x * log.isEnabledFor(logging.INFO)


def environment(x):
    return x if os.environ.get("MODE") == "fast" else -x


def environment_item(x):
    return x if "MODE" in os.environ else -x


def environment_call(x):
    return x * float(os.getenv("SCALE", "1.0"))


def directory(x):
    return x * len(os.getcwd())


def clock(x):
    return x + time.perf_counter()


def number(x):
    return x + random.random()


def numbers(x):
    return x + np.random.normal(size=4)


@pytest.mark.parametrize(
    ("function", "code"),
    [
        (filtered, "unsupported-call"),
        (traced, "unsupported-argument"),
        (asked, "hidden-state"),
        (environment, "hidden-state"),
        (environment_item, "hidden-state"),
        (environment_call, "hidden-state"),
        (directory, "hidden-state"),
        (clock, "hidden-state"),
        (number, "hidden-state"),
        (numbers, "hidden-state"),
    ],
)
def test_refused(function, code):
    with pytest.raises(anvil.AnvilError) as caught:
        anvil.jit(function)(X)
    assert caught.value.code == code


def test_not_loaded():
    assert "tqdm" not in sys.modules or sys.modules["tqdm"] is not bars
