"""The stages of a target as text, and its gradient program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from anvil.api import programs
from anvil.api.compile import derivative, lower, optimise, stage_of
from anvil.api.transforms import grad
from anvil.commands.argument_types import Signature
from anvil.commands.targets import PythonTarget, Target, TextTarget
from anvil.errors import AnvilError, error
from anvil.ir.printer import Locs, text
from anvil.ir.records import Program
from anvil.ir.stages import STAGES as IR_STAGES
from anvil.lower.numpy_source import to_numpy
from anvil.parser.entry import Parsed
from anvil.parser.state.signature import ScalarSpec, leaves

STAGES: Final = {
    "parse": "the program as read, transforms being ops",
    "core": "transforms expanded",
    "adjoint": "reversed loops with their derived steps",
    "opt": "optimised: what is lowered",
    "jvp": "the forward derivative, optimised: (x..., dx...) -> (y..., dy...)",
    "vjp": "the reverse derivative, optimised: (x..., ybar...) -> (y..., xbar...)",
    "stablehlo": "the text that is handed to XLA",
    "hlo": "what XLA makes of it",
    "numpy": "NumPy source that people can run",
}
"""What `--stage` takes, in the order a program goes through them."""

_LATEST: Final = {"core": "core", "adjoint": "adjoint"}
"""How far a program may have come for a stage to be made of it."""


@dataclass(frozen=True)
class Loaded:
    """A program, and where the arguments of its Python function stand among its parameters."""

    program: Program
    places: tuple[tuple[int, ...], ...] | None = None

    def params(self, wrt: Sequence[int] | None) -> tuple[int, ...] | None:
        """The float parameters that arguments `wrt` consist of (code bad-argnums)."""
        if wrt is None:
            return None
        main = self.program.main
        places = [(i,) for i in range(len(main.params))] if self.places is None else self.places
        found: list[int] = []
        for i in wrt:
            if not -len(places) <= i < len(places):
                what = f"there is no argument {i}: @{main.name} takes {len(places)}"
                raise error("bad-argnums", what)
            chosen = [p for p in places[i] if programs.is_float(self.program, p)]
            if not chosen:
                what = f"argument {i} of @{main.name} has no float in it"
                raise error("grad-not-float", what, main.origin.loc)
            found += chosen
        return tuple(dict.fromkeys(found))


def load(target: Target, signature: Signature | None) -> Loaded:
    """The program of a target for arguments of these types."""
    if isinstance(target, PythonTarget):
        return _loaded(target, signature or Signature((), {}))
    if signature is not None:
        hint = "leave --args out: the text states the types of the parameters"
        raise error("bad-option", f"{target.spelled} takes no --args", hint=hint)
    return Loaded(target.program)


def _loaded(target: PythonTarget, signature: Signature) -> Loaded:
    specs = (*signature.args, *signature.kwargs.values())
    parsed = parse(target, signature)
    places: list[tuple[int, ...]] = []
    at = 0
    for spec in specs:
        count = sum(1 for _ in leaves(spec))
        places.append(tuple(range(at, at + count)))
        at += count
    return Loaded(parsed.program, tuple(places))


def parse(target: PythonTarget, signature: Signature) -> Parsed:
    """What the front end makes of a function for arguments of these types."""
    try:
        return target.function.parse(signature.args, signature.kwargs, ())
    except AnvilError as problem:
        specs = (*signature.args, *signature.kwargs.values())
        found = [leaf for spec in specs for leaf in leaves(spec)]
        ints = any(isinstance(leaf, ScalarSpec) and leaf.dtype.kind in "biu" for leaf in found)
        if problem.code == "value-needed" and ints:
            problem.add_note(
                "\n  On the command line an int has a type and no value. Where the program needs"
                '\n  the value, write that instead of the type: --args "f64[3], 3".'
            )
        raise


def gradient_target(target: Target, wrt: Sequence[int]) -> Target:
    """The gradient of a target in the arguments `wrt`, as a target."""
    if isinstance(target, PythonTarget):
        one = wrt[0] if len(wrt) == 1 else tuple(wrt)
        return PythonTarget(target.spelled, target.file, grad(target.function, argnums=one))
    count = len(target.program.main.params)
    chosen = tuple(i + count if i < 0 else i for i in wrt)
    return TextTarget(target.spelled, programs.gradient(target.program, chosen))


def stage_names(spelled: Sequence[str]) -> list[str]:
    """The stages that `--stage a,b --stage c` asks for (code bad-option)."""
    names = [name.strip() for item in spelled for name in item.split(",") if name.strip()]
    for name in names:
        if name not in STAGES:
            known = ", ".join(STAGES)
            raise error("bad-option", f"no stage is called {name!r}; there are {known}")
    return list(dict.fromkeys(names))


def stage_program(loaded: Loaded, stage: str, wrt: Sequence[int] | None = None) -> Program:
    """The program at a stage of the IR."""
    program = loaded.program
    order = list(IR_STAGES)
    limit = _LATEST.get(stage)
    if limit is not None and order.index(program.stage) > order.index(limit):
        what = f"a program at stage {program.stage} has no stage {stage} before it"
        raise error("bad-option", what, hint="look at `--stage parse`, the text itself, or `opt`")
    if stage in ("jvp", "vjp"):
        programs.check_differentiable(program)
        return optimise(derivative(program, stage, loaded.params(wrt)))
    return stage_of(program, stage)


def stage_text(
    loaded: Loaded,
    stage: str,
    *,
    locs: Locs = "none",
    brief: bool = False,
    wrt: Sequence[int] | None = None,
) -> str:
    """The text of a stage."""
    made = _OUTSIDE.get(stage)
    if made is not None:
        return made(loaded.program)
    return text(stage_program(loaded, stage, wrt), locs=locs, abridged=brief)


_OUTSIDE: Final[dict[str, Callable[[Program], str]]] = {
    "stablehlo": lambda program: lower(optimise(program)).text,
    "hlo": lambda program: programs.executable(program).hlo(),
    "numpy": lambda program: to_numpy(optimise(program)),
}
