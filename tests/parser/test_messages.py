"""What exceptions say at run time: Python's and NumPy's words, with the program's numbers."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import anvil
from anvil.api.programs import call_reference
from anvil.api.specialisation import FailedValues
from tests.parser.harness import agree

X = np.arange(12.0).reshape(3, 4)


def element(x, i):
    return x[i, 0]


def diagonal(x, i):
    return x[i, i]


def column(x, i):
    return x[..., i]


def row_then_element(x, i):
    row = x[1, 1:3]
    return row[i]


def stored(x, i):
    y = x.copy()
    y[0, i] += 1.0
    return y


def taken(x, i):
    return np.take(x, i)


def taken_along_an_axis(x, i):
    return np.take(x, [0, i], axis=1)


def along(x, i):
    return np.take_along_axis(x, np.full((3, 1), i), axis=1)


def by_array(x, i):
    return x[np.array([0, 1, i])]


def by_array_and_int(x, i):
    return x[np.array([0, i]), i]


def by_list(x, i):
    y = x.copy()
    y[[0, i]] = 1.0
    return y


def put(x, i):
    y = x.copy()
    np.put(y, [i], 1.0)
    return y


def added(x, i):
    y = x.copy()
    np.add.at(y, (np.array([0, i]), 0), 1.0)
    return y


def of_mask(x, i):
    return x[0][x[0] > 1.0][i]


def item(x, i):
    return x[0].item(i), x.item(i + 20)


def unravelled(x, i):
    return np.unravel_index(i + 20, (3, 4))


def of_list(x, i):
    return [1.0, 2.0, x[0, 0]][i]


def of_tuple(x, i):
    return (1.0, 2.0, x[0, 0])[i]


def grown(x, i):
    found = []
    while len(found) < abs(i):
        found.append(x[0, 0])
    return found[3 * i]


def popped(x, i):
    found = [x[0, 0], x[0, 1]]
    for _ in range(abs(i)):
        found.pop()
    return len(found)


def in_loop(x, i):
    total = x[0, 0]
    for k in range(i):
        total += x[0, k]
    return total


def told(x, i):
    try:
        return x[i, 0]
    except IndexError as problem:
        raise ValueError(f"row {i}: {problem}", repr(problem)) from None


def told_after_a_loop(x, i):
    total = x[0, 0]
    try:
        for k in range(abs(i)):
            total += x[0, k]
    except IndexError as e:
        raise KeyError(str(e)) from e
    return total


def passed_on(x, i):
    try:
        return x[i, 0]
    except IndexError:
        if i > 0:
            raise
        return x[0, 0]


ALL = [f for f in list(vars().values()) if getattr(f, "__module__", "") == __name__]
POSITIVE = (in_loop,)


@pytest.mark.parametrize("i", [9, -9, np.int64(7)])
@pytest.mark.parametrize("function", ALL)
def test_an_index_is_named(function, i):
    if function in POSITIVE and i < 0:
        i = 5
    agree(function, X, i)


QUOTED = ("plain", "it's", 'a "word"', 'it\'s a "word"', "back\\slash")


@pytest.mark.parametrize("text", QUOTED)
def test_a_text_with_numbers_is_quoted_as_python_does(text):
    def f(x):
        try:
            raise ValueError(f"{text} {x}")
        except ValueError as e:
            raise RuntimeError(repr(e), f"{e.args}") from None

    agree(f, 2.5)


# ---- on XLA, where the program is run again for the numbers


def message(function, *args):
    with pytest.raises(IndexError) as caught:
        function(*args)
    return str(caught.value), caught.value.__notes__


def pick(x, idx):
    total = 0.0
    for k in range(len(idx)):
        total += x[idx[k]]
    return total


def test_the_compiled_program_names_the_index():
    x, idx = np.arange(4.0), np.array([0, 3, -6, 9])
    said = "index -6 is out of bounds for axis 0 with size 4"
    assert message(anvil.jit(pick), x, idx)[0] == said
    assert message(anvil.grad(pick), x, idx)[0] == said
    rows = np.array([[0, 1], [2, 3], [3, 7], [1, 9]])
    text, notes = message(anvil.jit(anvil.vmap(pick, (None, 0))), x, rows)
    assert text == "index 7 is out of bounds for axis 0 with size 4"
    assert len(notes) == 1


def test_nothing_is_an_input():
    table = np.arange(4.0)

    def f():
        return table[int(table[3]) + 4]

    assert message(anvil.jit(f))[0] == "index 7 is out of bounds for axis 0 with size 4"


def test_donated_arguments_leave_no_number():
    compiled = anvil.jit(lambda x, i: (x * 2.0, x[i]), donate_argnums=(0,))
    x = jax.numpy.arange(4.0)
    text, notes = message(compiled, x, 9)
    assert text == "index ? is out of bounds for axis 0 with size 4"
    assert "A ? stands for a number that is not known" in notes[1]


def test_a_failure_that_does_not_come_again(monkeypatch):
    class Odd(Exception):
        def __init__(self, x):
            self.args = (x + 1.0,)

    def f(x, i):
        if i > 3:
            raise Odd(x)
        return x

    monkeypatch.setattr(FailedValues, "__call__", lambda self, inputs: None)
    with pytest.raises(Odd, match=r"\?"):
        anvil.jit(f)(2.0, 4)
    assert message(anvil.jit(pick), np.ones(3), np.array([5]))[0].startswith("index ? is")


# ---- LinAlgError


def solved(a, b):
    try:
        return np.sum(np.linalg.solve(a, b))
    except np.linalg.LinAlgError:
        return 3.0 * np.sum(a) + np.sum(b * b)


def inverted(a, b):
    try:
        return np.sum(np.linalg.inv(a) @ b)
    except np.linalg.LinAlgError as problem:
        if "Singular" in str(problem):
            return np.sum(a * a)
        raise


def factored(a, b):
    for scale in (1.0, 4.0):
        try:
            return np.sum(np.linalg.cholesky(a + scale * np.eye(2)) @ b)
        except np.linalg.LinAlgError:
            b = 2.0 * b
    return np.sum(a)


MATRICES = {
    "regular": np.array([[2.0, 0.5], [0.5, 1.5]]),
    "singular": np.array([[1.0, 2.0], [2.0, 4.0]]),
    "indefinite": np.array([[-2.0, 0.5], [0.5, -1.5]]),
}


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("function", [solved, inverted, factored])
def test_an_error_of_linear_algebra_is_caught(function, name):
    a, b = MATRICES[name], np.array([1.0, -0.5])
    agree(function, a, b)
    if name == "singular" and function is not factored:
        slope = 3.0 * np.ones((2, 2)) if function is solved else 2.0 * a
    else:
        steps = 1e-6 * np.eye(4).reshape(4, 2, 2)
        ups = [function(a + s, b) - function(a - s, b) for s in steps]
        slope = np.reshape(ups, (2, 2)) / 2e-6
    got = call_reference(anvil.grad(function), (a, b), {})
    lower = np.tril(np.ones((2, 2))) if function is factored else np.ones((2, 2))
    if function is not factored:
        np.testing.assert_allclose(got * lower, slope * lower, rtol=1e-7, atol=1e-8)
    else:
        np.testing.assert_allclose(np.sum(got), np.sum(slope), rtol=1e-7)
