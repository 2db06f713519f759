"""The registry of passes: what each does, where it is legal and what must run before it.

    @register("cse", stages=ALL, after={"inline": "equal ops of different functions meet"})
    def cse(program: Program) -> Program:
        \"\"\"Shares equal ops whose earlier copy is in scope.\"\"\"

A pass maps a program to a program and returns the same object if it changed nothing. `after` names
passes whose last run this one must follow, `needs` passes that must have run before its first run,
both with the reason; every pipeline is checked against them when `anvil.opt.pipeline` is imported.
Passes of `anvil.ad` are declared here by name and handed to the runner by the API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, MutableSet, Sequence
from dataclasses import dataclass, field, replace
from weakref import WeakSet

from anvil.errors import AnvilError, Diagnostic, UsageError
from anvil.ir.analysis import walk
from anvil.ir.records import Func, Program
from anvil.ir.stages import STAGES

Transform = Callable[[Program], Program]

ALL = tuple(STAGES)
"""Every stage."""


class PassError(UsageError):
    """A pass or pipeline that does not exist or cannot run here."""

    def __init__(self, message: str) -> None:
        AnvilError.__init__(self, Diagnostic("bad-option", message))


@dataclass(frozen=True)
class Pass:
    """A registered pass. `run` is None for one that the caller hands in."""

    name: str
    doc: str
    stages: tuple[str, ...]
    result: str = ""
    after: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    removes: tuple[str, ...] = ()
    run: Transform | None = None

    @property
    def required(self) -> bool:
        """Whether the pass changes the stage, so that a pipeline cannot do without it."""
        return bool(self.result)

    def idle(self, program: Program) -> bool:
        """Whether the program has none of the ops that the pass exists to remove."""
        return bool(self.removes) and not any(op.kind.name in self.removes for op in walk(program))


PASSES: dict[str, Pass] = {}
"""Every pass by name."""


def register(
    name: str,
    *,
    stages: Sequence[str],
    result: str = "",
    after: Mapping[str, str] | None = None,
    needs: Mapping[str, str] | None = None,
) -> Callable[[Transform], Transform]:
    """Registers the decorated function as a pass; its docstring is the documentation."""

    def add(run: Transform) -> Transform:
        doc = (run.__doc__ or "").strip()
        _add(Pass(name, doc, tuple(stages), result, after or {}, needs or {}, (), run))
        return run

    return add


def declare(name: str, doc: str, *, stage: str, result: str, removes: Sequence[str]) -> None:
    """Declares a pass that callers hand to the runner; without the ops in `removes` it is idle."""
    _add(Pass(name, doc, (stage,), result, removes=tuple(removes)))


def _add(item: Pass) -> None:
    if not item.doc:
        raise PassError(f"pass {item.name} has no docstring")
    if item.name in PASSES:
        raise PassError(f"pass {item.name} is registered twice")
    unknown = {*item.stages, item.result} - {*STAGES, ""}
    if unknown or not item.stages:
        raise PassError(f"pass {item.name} is declared for stages {', '.join(item.stages)}")
    PASSES[item.name] = item


declare(
    "expand",
    "Replaces transform calls by the transformed functions, innermost first.",
    stage="surface",
    result="core",
    removes=("jvp_call", "vjp_call", "vmap_call", "custom_call"),
)
declare(
    "derive-steps",
    "Replaces each loop_vjp by a loop_rev with the derived adjoint step.",
    stage="core",
    result="adjoint",
    removes=("loop_vjp",),
)


def named(name: str) -> Pass:
    """The pass of that name. Raises PassError."""
    found = PASSES.get(name)
    if found is None:
        raise PassError(f"no pass is called {name!r}; there are {', '.join(PASSES)}")
    return found


def check_order(names: Sequence[str], what: str, start: str = "surface", end: str = "") -> None:
    """Checks a sequence of passes against stages, `after` and `needs`. Raises PassError."""
    stage = start
    for i, name in enumerate(names):
        item = named(name)
        if stage not in item.stages:
            raise PassError(f"{what}: {name} (pass {i + 1}) is not legal in stage {stage}")
        stage = item.result or stage
        for other, why in item.needs.items():
            if other not in names[:i]:
                raise PassError(f"{what}: {name} needs {other} before it: {why}")
    if end and stage != end:
        raise PassError(f"{what}: ends in stage {stage}, not {end}")
    for name in names:
        for other, why in named(name).after.items():
            if other in names and _last(names, name) < _last(names, other):
                raise PassError(f"{what}: {name} must follow {other}: {why}")


def _last(names: Sequence[str], name: str) -> int:
    return max(i for i, n in enumerate(names) if n == name)


def with_funcs(program: Program, funcs: Iterable[Func]) -> Program:
    """`program` with these functions; itself if they are the ones it has."""
    new = {f.name: f for f in funcs}
    old = program.funcs
    if tuple(new) == tuple(old) and all(new[name] is old[name] for name in old):
        return program
    return replace(program, funcs=new)


def memo() -> MutableSet[Func]:
    """A new memory of the functions that a pass has nothing to do for, for `each_func`."""
    idle: WeakSet[Func] = WeakSet()
    _MEMOS.append(idle)
    return idle


_MEMOS: list[WeakSet[Func]] = []


def less_of(old: Func, new: Func) -> Func:
    """`new`, which is `old` with ops removed: what was idle for `old` is idle for it too."""
    if new is not old:
        for idle in _MEMOS:
            if old in idle:
                idle.add(new)
    return new


def each_func(
    program: Program,
    fn: Callable[[Func], Func],
    idle: MutableSet[Func] | None = None,
    once: bool = False,
) -> Program:
    """`fn` applied to every function; `program` itself if none changed.

    `idle` remembers the functions that `fn` does not change, so that it need not look again; with
    `once` also its results, if `fn` has nothing left to do for those.
    """
    if idle is None:
        return with_funcs(program, map(fn, program.funcs.values()))
    funcs = []
    for func in program.funcs.values():
        new = func
        if func not in idle:
            new = fn(func)
            if once or new is func:
                idle.add(new)
        funcs.append(new)
    return with_funcs(program, funcs)
