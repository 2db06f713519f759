"""A random program against CPython: values on the evaluator and on XLA, derivatives on both.

A verdict is `ok`, `refused` (an error of anvil with its code, where CPython goes on), `joined` (the
numbers are right, of the type that those of two paths were joined to, as docs/language.md says),
`rounded` (other last bits explain the difference), or one of the failures: `value`, `exception`,
`internal`, `derivative`, `crash`, `late`.
"""

from __future__ import annotations

import copy
import linecache
import math
import signal
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

import anvil
from anvil.api.programs import call_reference
from anvil.ir.evaluate import evaluate
from anvil.parser.state.signature import describe_argument, rebuild
from tests.corpus.test_corpus import differences, directions, dot, floats, shifted
from tests.fuzz.generate import Program
from tests.parser.harness import compile_for, host

PATIENCE = 60  # seconds for one program
CODES = ("internal", "verification", "air-invalid")


@dataclass(frozen=True)
class Verdict:
    """What became of a program: `kind`, and which code, exception or difference."""

    kind: str
    detail: str = ""

    @property
    def failed(self) -> bool:
        return self.kind not in ("ok", "refused", "joined", "rounded")

    @property
    def label(self) -> str:
        """What must persist while a program is reduced."""
        return f"{self.kind}: {self.detail.partition(':')[0]}"


DOCUMENTED = ((OverflowError, "64"), (ValueError, "nan has no place in a sorted order"))
"""What compiled code refuses at run time: ints of any size, an order of what has none."""


class Late(BaseException):
    """A program that takes too long."""


OK = Verdict("ok")
_serial = iter(range(10**9))


def function_of(source: str, names: Mapping[str, Any] | None = None) -> Callable[..., Any]:
    """The function `program`, its source registered as interactive shells register theirs; `names`
    are those of its module.
    """
    name = f"<program {next(_serial)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    scope: dict[str, Any] = {**(names or {}), "__name__": "program"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is odd in the text
        exec(compile(source, name, "exec", dont_inherit=True), scope)
    scope["program"].__fuzz__ = name
    return scope["program"]


def forget(function: Any) -> None:
    linecache.cache.pop(function.__fuzz__, None)


def outcome(function: Callable[..., Any], args: Sequence[Any]) -> Any:
    """A result, or the exception instead."""
    with np.errstate(all="ignore"):
        try:
            return function(*copy.deepcopy(args))
        except Exception as error:  # the exception is what is compared
            return error


@contextmanager
def quiet(patience: int = PATIENCE) -> Iterator[None]:
    """No warnings, and an end to a program that hangs."""

    def late(*_: Any) -> None:
        raise Late

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(patience)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def examine(
    program: Program, derivatives: bool, second: bool, optimised: bool, patience: int = PATIENCE
) -> Verdict:
    """The verdict of the reference semantics."""
    function = function_of(program.source)
    try:
        with quiet(patience):
            verdict = values(function, program.cases, optimised)
            if verdict is OK and derivatives:
                args = program.cases[program.seed % 7 % 2]
                verdict = slopes(function, args, second, single(program))
            return verdict
    except Late:
        return Verdict("late")
    finally:
        forget(function)


def values(function: Any, cases: Sequence[Any], optimised: bool) -> Verdict:
    noted = None
    ran = compiled(function, cases[0])
    for i, args in enumerate(cases):
        want = outcome(function, args)
        if i and isinstance(ran, Exception | type(None)):
            ran = compiled(function, args)
        got = ran if ran is None or isinstance(ran, Exception) else outcome(ran, args)
        verdict = judged(want, got)
        if verdict.kind == "ok" and optimised and not i and not isinstance(want, Exception):
            again = outcome(lambda *a: call_reference(anvil.jit(function), a, {}, "O2"), args)
            verdict = judged(want, again)
        verdict = rounded(verdict, function, args, got)
        if verdict.failed:
            return verdict
        noted = noted or (None if verdict.kind == "ok" else verdict)
    return noted or OK


def compiled(function: Any, args: Sequence[Any]) -> Any:
    """The program as a function of arguments of these types; or the error; None where values of
    arguments are part of the program.
    """
    try:
        parsed, _ = compile_for(function, *copy.deepcopy(args))
    except Exception as error:
        return error

    def call(*args: Any) -> Any:
        inputs: list[Any] = []
        for a in args:
            describe_argument(a, inputs)
        if parsed.promoted:
            return call_reference(anvil.jit(function), args, {})
        results = list(
            evaluate(parsed.program, [*map(np.asarray, inputs), *(h.get() for h in parsed.hidden)])
        )
        token = results.pop() if parsed.effects else 0
        if token:
            raise parsed.sites[token - 1].error(token.values)
        fresh = iter(results)
        return rebuild(parsed.out, lambda spec: host(spec, next(fresh)))

    return call


def judged(want: Any, got: Any, rtol: float = 1e-11) -> Verdict:
    """A result or exception against CPython's."""
    if isinstance(got, anvil.AnvilError):
        if got.code in CODES or isinstance(got, anvil.errors.InternalError):
            return Verdict("internal", str(got).splitlines()[0])
        if isinstance(want, Exception) and isinstance(got, type(want)):
            return OK
        return Verdict("refused", got.code)
    if any(type(got) is cls and words in str(got) for cls, words in DOCUMENTED):
        return Verdict("refused", f"{type(got).__name__} at run time")
    if isinstance(got, Exception):
        if isinstance(want, Exception):
            own = isinstance(want, TypeError | RecursionError)  # anvil's, and the interpreter's
            worded = own or want.args == got.args
            fits = type(want) is type(got) and worded
            return (
                OK
                if fits
                else Verdict(
                    "exception", f"{type(got).__name__} for {type(want).__name__}: {got} for {want}"
                )
            )
        return Verdict("crash", f"{type(got).__name__}: {got}")
    if type(want).__name__ == "UFuncTypeError":  # of ints, which are floats on another path
        return Verdict("joined", str(want))
    if isinstance(want, Exception):
        return Verdict("exception", f"none for {type(want).__name__}: {want}")
    try:
        same(want, got, rtol)
    except AssertionError as error:
        return joined(want, got, rtol, " ".join(str(error).split())[:200])
    return OK


def rounded(verdict: Verdict, function: Any, args: Sequence[Any], got: Any) -> Verdict:
    """What to call numbers that differ: perhaps they are CPython's for arguments, or functions of
    `math`, that differ in their last bits, as where what cancels is compared with 0.
    """
    if verdict.kind != "value" or not floats(args):
        return verdict
    v = directions(tuple(args), seed=3)
    before = function.__globals__["math"]
    try:
        for function.__globals__["math"] in (before, NUMPYS):
            for k in range(-8, 9):
                near = outcome(function, shifted(tuple(args), v, k * 1e-16))
                if judged(near, got).kind == "ok":
                    return Verdict("rounded", verdict.detail)
    finally:
        function.__globals__["math"] = before
    return verdict


def numpys() -> Any:
    """The module `math` with the elementary functions of NumPy."""
    kinds = (np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh, np.exp, np.expm1, np.log1p)
    own = {f.__name__: lambda x, f=f: float(f(x)) for f in kinds}
    return SimpleNamespace(**{**vars(math), **own})


NUMPYS = numpys()


def joined(want: Any, got: Any, rtol: float, why: str) -> Verdict:
    """What to call a result that differs: perhaps only numbers were joined."""
    try:
        same(want, got, rtol, exact=False)
    except AssertionError:
        return Verdict("value", why)
    return Verdict("joined", why)


def same(want: Any, got: Any, rtol: float, path: str = "result", exact: bool = True) -> None:
    """Raises AssertionError unless the results are of the same types and numbers; without `exact`,
    numbers may be of a type that holds them as well.
    """
    if isinstance(want, np.ndarray) and not want.shape:
        want = want[()]
    if isinstance(got, np.ndarray) and not got.shape:
        got = got[()]
    if not exact and wider(want, got):
        got = np.asarray(got).astype(np.asarray(want).dtype)
        want = np.asarray(want)
    assert type(got) is type(want), f"{path} type {type(got).__name__} for {type(want).__name__}"
    if isinstance(want, dict):
        assert list(want) == list(got), f"{path} keys"
        for key in want:
            same(want[key], got[key], rtol, f"{path}[{key!r}]", exact)
    elif isinstance(want, list | tuple):
        assert len(want) == len(got), f"{path} length"
        for i, (w, g) in enumerate(zip(want, got, strict=True)):
            same(w, g, rtol, f"{path}[{i}]", exact)
    elif isinstance(want, NUMBERS):
        numbers(want, got, rtol, path)
    else:
        assert want == got, f"{path}: {got!r} for {want!r}"


def wider(want: Any, got: Any) -> bool:
    """Whether `got` is a number, or an array, of a type to which that of `want` can be joined."""
    if not (isinstance(got, NUMBERS) and isinstance(want, NUMBERS)):
        return False
    a, b = np.asarray(want), np.asarray(got)
    if a.dtype == object or b.dtype == object or a.shape != b.shape:
        return False
    return bool(np.result_type(a.dtype, b.dtype) == b.dtype)


NUMBERS = (bool, int, float, complex, np.ndarray, np.generic)


def numbers(want: Any, got: Any, rtol: float, path: str) -> None:
    a, b = np.asarray(want), np.asarray(got)
    if a.dtype == object:  # ints beyond 64 bits
        assert want == got, f"{path} numbers: {got} for {want}"
        return
    assert a.dtype == b.dtype, f"{path} dtype {b.dtype} for {a.dtype}"
    assert a.shape == b.shape, f"{path} shape {b.shape} for {a.shape}"
    if a.dtype.kind in "biu":
        assert np.array_equal(a, b), f"{path} numbers: {got} for {want}"
        return
    rtol = max(rtol, 1e-4) if a.dtype == np.float32 else rtol
    atol = rtol * max(1.0, float(np.max(np.abs(a), initial=0.0, where=np.isfinite(a))))
    close = np.allclose(b, a, rtol=rtol, atol=atol, equal_nan=True)
    assert close, f"{path} numbers: {got} for {want}"


def slopes(function: Any, args: Sequence[Any], second: bool, single: bool) -> Verdict:
    """Forward mode against reverse mode, and both against differences where these converge."""
    value = outcome(function, args)
    if isinstance(value, Exception) or not floats(value) or not floats(args):
        return OK
    v, w = directions(tuple(args), seed=1), directions(value, seed=2)
    got = outcome(lambda *a: call_reference(anvil.jit(both(function, v, w, second)), a, {}), args)
    if isinstance(got, Exception):
        verdict = judged(value, got)
        if verdict.kind == "refused":
            return Verdict("refused", f"derivative: {verdict.detail}")
        return Verdict(verdict.kind, f"derivative {verdict.detail}")
    return slopes_agree(function, args, got, (v, w), single)


def both(function: Any, v: Any, w: Any, second: bool) -> Any:
    """A function of tangents along v, cotangents for w and the derivative of these along v."""

    def back(*args: Any) -> Any:
        return anvil.vjp(function, *args)[1](w)

    def first(*args: Any) -> Any:
        return anvil.jvp(function, args, v)[1], back(*args), None

    def all_of_them(*args: Any) -> Any:
        return anvil.jvp(function, args, v)[1], back(*args), anvil.jvp(back, args, v)[1]

    return all_of_them if second else first


def slopes_agree(
    function: Any, args: Sequence[Any], got: Any, along_and_back: Any, single: bool
) -> Verdict:
    (v, w), (tangent, bars, bars_moved) = along_and_back, got
    if not alike(w, tangent):
        return OK  # a number of the result is an int on this path, a float on another one
    forward, reverse = dot(w, tangent), dot(bars, v)
    if not (np.isfinite(forward) and np.isfinite(reverse)):
        return OK  # at a pole or a kink of infinite slope
    single = single or any(np.asarray(x).dtype == np.float32 for x in floats((args, tangent)))
    scale = 1 + abs(forward) + sum(float(np.sum(np.abs(np.asarray(x)))) for x in floats(bars))
    if abs(forward - reverse) > (1e-3 if single else 1e-9) * scale:
        return Verdict("derivative", f"modes differ: forward {forward}, reverse {reverse}")

    def along(t: float) -> float:
        moved = outcome(function, shifted(tuple(args), v, t))
        if isinstance(moved, Exception) or not alike(w, moved):
            return float("nan")
        return dot(w, moved)

    if kinked(along) or drowned(along):
        return OK
    first, curved = converged(along)
    if not single and np.isfinite(first) and abs(first - forward) > 1e-5 * (1 + abs(first)):
        return Verdict("derivative", f"differences: {forward} for {first}")
    if bars_moved is None or single or not np.isfinite(curved):
        return OK
    curve = dot(bars_moved, v)
    if np.isfinite(curve) and abs(curve - curved) > 1e-3 * (1 + abs(curved) + abs(first)):
        return Verdict("derivative", f"second order: {curve} for {curved}")
    return OK


def single(program: Program) -> bool:
    """Whether a program may compute with float32."""
    return "float32" in program.source or any(
        x.dtype == np.float32 for x in program.cases[0] if isinstance(x, np.ndarray)
    )


def kinked(along: Any) -> bool:
    """Whether the slopes to the two sides differ at this very point, as at a tie of `max`."""
    for h in (1e-5, 1e-7):
        here, there, back = along(0.0), along(h), along(-h)
        right, left = (there - here) / h, (here - back) / h
        if not abs(right - left) <= 1e-3 * (1 + abs(right) + abs(left)):
            return True
    return False


def alike(w: Any, value: Any) -> bool:
    """Whether a value has as many numbers as the directions that weigh them."""
    return [np.shape(x) for x in floats(w)] == [np.shape(x) for x in floats(value)]


def drowned(along: Any) -> bool:
    """Whether the values are so large that their rounding hides differences of them."""
    return bool(np.spacing(abs(along(0.0))) > 1e-10)


def converged(along: Any) -> tuple[float, float]:
    """First and second derivative by differences; nan where two step sizes disagree."""
    one, two = differences(along)
    other, twice = differences(lambda t: along(t / 3))
    other, twice = other * 3, twice * 9
    nan = float("nan")
    first = one if abs(one - other) <= 1e-6 * (1 + abs(one)) else nan
    second = two if abs(two - twice) <= 1e-4 * (1 + abs(two)) else nan
    return first, second if np.isfinite(first) else nan


def batch(programs: Sequence[Program]) -> list[tuple[Program, Verdict]]:
    """Programs in one XLA module: the verdicts; of halves of them where the whole fails."""
    if not programs:
        return []
    functions = [function_of(p.source) for p in programs]
    args = [p.cases[0] for p in programs]
    try:
        with quiet(240):
            want = [outcome(f, a) for f, a in zip(functions, args, strict=True)]
            got = outcome(lambda *a: anvil.jit(calls_of(functions))(*a), args)
            if isinstance(got, Exception) and len(programs) > 1:
                half = len(programs) // 2
                return [*batch(programs[:half]), *batch(programs[half:])]
            got = [got] if isinstance(got, Exception) else got
            every = zip(programs, functions, args, want, got, strict=True)
            return [
                (p, rounded(judged(w, g, 1e-4 if single(p) else 1e-8), f, a, g))
                for p, f, a, w, g in every
            ]
    except Late:
        return [(p, Verdict("late")) for p in programs]
    finally:
        for function in functions:
            forget(function)


def calls_of(functions: Sequence[Any]) -> Any:
    """One function that calls all of them."""

    def every(*args: Any) -> Any:
        return tuple(f(*a) for f, a in zip(functions, args, strict=True))

    return every
