"""Programs without a Python function behind them: read from text, or built by hand."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from anvil.api.chains import calls_to
from anvil.api.compile import deeper, lower, optimise, roomier
from anvil.api.function import Function
from anvil.api.results import rebuilder
from anvil.api.specialisation import AMPLE, calls_host
from anvil.errors import error, located
from anvil.ir.analysis import walk
from anvil.ir.builder import Builder
from anvil.ir.evaluate import evaluate
from anvil.ir.loc import UNKNOWN
from anvil.ir.records import Const, FuncRef, Program
from anvil.ir.stages import STAGES
from anvil.ir.types import TOKEN, ArrayType, Type
from anvil.opt.stackify import stackify
from anvil.parser.state.session import CAPACITY
from anvil.parser.state.signature import describe_argument

if TYPE_CHECKING:
    from anvil.lower.runtime import Executable


def executable(program: Program, pipeline: str = "O2") -> Executable:
    """The program of any stage, compiled; a token that it returns last is tested at each call."""
    from anvil.lower.runtime import Executable

    planned = optimise(program, pipeline)
    checked = planned.main.results[-1:] == (TOKEN,)

    def failed(site: int, payload: tuple[Any, ...]) -> NoReturn:
        raise check_failed(program, site)

    return Executable(lower(planned), checks=checked, on_check=failed if checked else None)


def reference(program: Program, args: Sequence[Any]) -> list[Any]:
    """The results by the reference semantics, of the program with its transforms expanded."""
    results = list(evaluate(optimise(program, "O0", stop_after="derive-steps"), args))
    if program.main.results[-1:] == (TOKEN,):
        site = int(results.pop())
        if site:
            raise check_failed(program, site)
    return results


def call_reference(
    function: Function, args: Sequence[Any], kwargs: Mapping[str, Any], pipeline: str = "O0"
) -> Any:
    """A compiled function's result by the reference semantics: of the program as written (O0), or
    of the optimised one.
    """
    values: list[Any] = []
    specs = [describe_argument(a, values) for a in args]
    named = {n: describe_argument(a, values) for n, a in kwargs.items()}
    parsed = function.parse(specs, named, values)
    last = "derive-steps" if pipeline == "O0" else ""
    depth: int | None = 0
    room: int | None = CAPACITY
    if calls_host(parsed.program):
        depth, room = sys.getrecursionlimit(), None
        if any(site.grows for site in parsed.sites):
            parsed = function.parse(specs, named, values, AMPLE)
    while True:
        gone = {p.leaf for p in parsed.promoted}
        inputs = [v for i, v in enumerate(values) if i not in gone]
        inputs += [hidden.get() for hidden in parsed.hidden]
        planned = optimise(stackify(parsed.program, depth or 0), pipeline, stop_after=last)
        results = list(evaluate(planned, list(map(np.asarray, inputs))))
        token: Any = results.pop() if parsed.effects else 0
        if not token:
            break
        what = parsed.sites[token - 1]
        if what.grows and room and (room := roomier(room)) is not None:
            parsed = function.parse(specs, named, values, room)
            continue
        depth = deeper(depth or 0) if what.deepens else None
        if depth is None:
            raise what.error(token.values, calls_to(parsed.program, int(token), what.loc))
    return rebuilder(parsed.out)([np.asarray(r)[()] for r in results])


def check_failed(program: Program, site: int) -> BaseException:
    """What a check of a program without Python raises, at its place."""
    for op in walk(program):
        if op.attrs.get("site") == site:
            if op.kind.name == "recur":
                return located(RecursionError("maximum recursion depth exceeded"), op.loc)
            return located(AssertionError(f"check {site} failed"), op.loc)
    return located(AssertionError(f"check {site} failed"), UNKNOWN)


def gradient(program: Program, wrt: Sequence[int] = (0,)) -> Program:
    """A program for the gradient of the entry's one real result in the parameters `wrt`.

    Tokens among the results are passed on. Raises AnvilError.
    """
    check_differentiable(program)
    main = program.main
    numbers = [i for i, t in enumerate(main.results) if t is not TOKEN]
    loc = main.origin.loc
    if len(numbers) != 1 or not _is_real_scalar(main.results[numbers[0]]):
        shown = ", ".join(map(str, main.results))
        raise error("grad-not-scalar", f"@{main.name} returns ({shown}), not one real number", loc)
    for i in wrt:
        check_param(program, i)
    out = main.results[numbers[0]]
    assert isinstance(out, ArrayType)
    b = Builder([p.type for p in main.params], [p.hint for p in main.params])
    b.loc = loc
    attrs = {"callee": FuncRef(main.name), "wrt": tuple(wrt), "outs": (numbers[0],)}
    types = [*main.results, *(main.params[i].type for i in wrt)]
    made = b.emit_tuple("vjp_call", (*b.params, Const(out, 1.0)), attrs, out_types=types)
    tokens = [a for a, t in zip(made, main.results, strict=False) if t is TOKEN]
    name = f"{main.name}.grad"
    while name in program.funcs:
        name += "_"
    func = b.finish(name, [*made[len(main.results) :], *tokens])
    return Program({name: func, **program.funcs}, name, "surface")


def check_differentiable(program: Program) -> None:
    """Raises AnvilError for a program with loops that are already planned to run backwards."""
    for op in walk(program):
        if op.kind.name in STAGES["surface"].forbidden:
            what = f"a program with {op.kind.name}, of stage {program.stage}, has no derivative"
            hint = "differentiate the program at an earlier stage, or after the pass plan-loops"
            raise error("no-derivative", what, op.loc, hint=hint)


def check_param(program: Program, i: int) -> None:
    """Raises AnvilError unless the entry can be differentiated in its parameter `i`."""
    main = program.main
    if not 0 <= i < len(main.params):
        has = f"@{main.name} has {len(main.params)} parameters"
        raise error("bad-argnums", f"there is no parameter {i}: {has}", main.origin.loc)
    if not is_float(program, i):
        name = main.params[i].hint or i
        what = f"parameter {name} of @{main.name} is {main.params[i].type}, not a float"
        raise error("grad-not-float", what, main.origin.loc)


def is_float(program: Program, i: int) -> bool:
    """Whether the entry's parameter `i` is a float or complex number or an array of them."""
    type_ = program.main.params[i].type
    return isinstance(type_, ArrayType) and type_.dtype.inexact


def _is_real_scalar(type_: Type) -> bool:
    return isinstance(type_, ArrayType) and not type_.shape and type_.dtype.kind == "f"
