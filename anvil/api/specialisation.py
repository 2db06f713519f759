"""One signature of a compiled function: its program, its executable, and how to call it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from anvil.api.chains import calls_to
from anvil.api.compile import deeper, lower, optimise, roomier
from anvil.api.foreign import ForeignRules
from anvil.api.results import rebuilder
from anvil.errors import AnvilError, warn
from anvil.ir.analysis import walk
from anvil.ir.records import Program
from anvil.opt.checks import drop_values, unchecked, values_of
from anvil.opt.stackify import is_recursive, stackify
from anvil.parser.entry import Parsed
from anvil.parser.state.session import CAPACITY

if TYPE_CHECKING:
    from anvil.lower.runtime import Executable


@dataclass(frozen=True)
class JitOptions:
    """What `jit` takes beside the function; see there."""

    static_argnums: tuple[int, ...] = ()
    donate_argnums: tuple[int, ...] = ()
    device: Any = None
    in_shardings: Any = None
    out_shardings: Any = None
    checks: bool = True
    out: str = "follow"
    pipeline: str = "O2"
    compiler_options: Mapping[str, Any] | None = None


class Specialisation:
    """One signature of a compiled function: its program, its executable, and how to call it.

    `chosen` are the flattened leaves that are inputs of the program.
    """

    def __init__(
        self,
        parsed: Parsed,
        options: JitOptions,
        chosen: Sequence[int],
        leaves: int,
        seconds: float,
        reparse: Callable[[int], Parsed],
    ) -> None:
        self.parsed, self.reparse = parsed, reparse
        self.capacity = CAPACITY
        self.options = options
        self.chosen = None if len(chosen) == leaves else tuple(chosen)
        self.seconds = {"parse": seconds}
        self.runs: dict[tuple[type, ...], Callable[[Sequence[Any]], list[Any]]] = {}
        self.acts = calls_host(parsed.program)
        """Whether the program calls the host: it must not be run again then."""
        if self.acts and any(site.grows for site in parsed.sites):
            self.capacity, self.parsed = AMPLE, reparse(AMPLE)
        self.depth = sys.getrecursionlimit() if self.acts else 0
        self.replays: dict[int, FailedValues] = {}
        self.recorded: list[tuple[Any, ...]] = []
        self.free = not parsed.guarded.tests
        self.rebuild = rebuilder(parsed.out)
        for w in parsed.warnings:
            warn(w.code, w.message, w.loc)

    @cached_property
    def program(self) -> Program:
        """The parsed program, without its checks if they are off."""
        program = self.parsed.program
        if self.options.checks:
            return program if self.acts else drop_values(program)
        grows = (n for n, site in enumerate(self.parsed.sites, 1) if site.grows)
        return unchecked(drop_values(program), frozenset(grows))

    @cached_property
    def planned(self) -> Program:
        """The optimised program."""
        start = time.perf_counter()
        program = stackify(self.program, self.depth)
        program = optimise(program, self.options.pipeline, warnings=True)
        self.seconds["optimise"] = time.perf_counter() - start
        return program

    @cached_property
    def executable(self) -> Executable:
        """The compiled program (XLA compiles at the first call)."""
        from anvil.lower.runtime import Executable, Options

        options = self.options
        planned = self.planned
        start = time.perf_counter()
        rules = ForeignRules(stackify(self.program, self.depth))
        module = lower(planned, rules, self._record if self.acts else None)
        self.seconds["lower"] = time.perf_counter() - start
        return Executable(
            module,
            Options(
                out=options.out,  # type: ignore[arg-type]
                donate_argnums=() if self._runs_again() else options.donate_argnums,
                device=options.device,
                in_shardings=options.in_shardings,
                out_shardings=options.out_shardings,
                compiler_options=options.compiler_options,
            ),
            checks=self.parsed.effects,
            on_check=self._failed if self.parsed.effects else None,
            on_traced=self._overflowed if self._may_overflow() else None,
        )

    def _runs_again(self) -> bool:
        """Whether a call may need its arguments a second time."""
        return self._may_overflow() or any(s.requires for s in self.parsed.sites)

    def _may_overflow(self) -> bool:
        """Whether stacks or lists may turn out to be too small."""
        return is_recursive(self.program) or any(s.grows for s in self.parsed.sites)

    def _failed(self, site: int, payload: tuple[Any, ...]) -> NoReturn:
        what = self.parsed.sites[site - 1]
        again = not self.acts
        if again and ((what.deepens and self._deepen()) or (what.grows and self._grow())):
            raise Stale
        if what.carries and self.acts:
            raise self._error(site, self.recorded.pop() if self.recorded else None)
        if what.carries:
            raise CheckFailed(self, site)
        raise self._error(site, ())

    def _error(self, site: int, values: Sequence[Any] | None) -> BaseException:
        what = self.parsed.sites[site - 1]
        return what.error(values, calls_to(self.parsed.program, site, what.loc))

    def _record(self, token: Any, *values: Any) -> None:
        """Keeps the values of a check that fails for the first time in a run."""
        if not int(token):
            self.recorded[:] = [tuple(np.array(v) for v in values)]

    def error(self, site: int, inputs: Sequence[Any]) -> BaseException:
        """What the failed check of a site raises, for these inputs of the program."""
        return self._error(site, self._failed_values(site, inputs))

    def _failed_values(self, site: int, inputs: Sequence[Any]) -> tuple[Any, ...] | None:
        """The values at the failure of a site; None if the program cannot be run again, or does not
        fail again: its arguments were donated, or have been changed meanwhile.
        """
        with _REPLAYING:
            replay = self.replays.get(site)
            if replay is None:
                program = stackify(self.parsed.program, self.depth)
                replay = self.replays[site] = FailedValues(program, site, self.options)
            try:
                return replay(inputs)
            except AnvilError:
                raise
            except (RuntimeError, ValueError, MemoryError):  # deleted arrays, no room
                return None

    def _overflowed(self, site: Any) -> None:
        """Called by foreign jax code, which cannot be run again: raises where a stack was full."""
        if int(site):
            what = self.parsed.sites[int(site) - 1]
            if what.deepens or what.grows:
                raise self._error(int(site), ())

    def _deepen(self) -> bool:
        """Gives the stacks of recursive functions more room, at the price of compiling again."""
        depth = deeper(self.depth)
        if depth is None:
            return False
        self.depth = depth
        self._forget("planned", "executable")
        return True

    def _grow(self) -> bool:
        """Gives lists that nothing bounds more room, at the price of compiling again."""
        capacity = roomier(self.capacity)
        if capacity is None:
            return False
        self.capacity, self.parsed = capacity, self.reparse(capacity)
        self._forget("program", "planned", "executable")
        return True

    def _forget(self, *made: str) -> None:
        """Drops what was compiled."""
        self.runs.clear()
        self.replays.clear()
        for name in made:
            vars(self).pop(name, None)

    def run(self, leaves: Sequence[Any]) -> Any:
        """Runs on the inputs of the program."""
        classes = tuple(map(type, leaves))
        while True:
            run = self.runs.get(classes)
            if run is None:
                run = self.runs[classes] = self.executable.runner(classes)
            try:
                return self.rebuild(run(leaves))
            except Stale:  # a stack was too small
                continue
            except CheckFailed as failed:
                failed.inputs = tuple(leaves)
                raise


def calls_host(program: Program) -> bool:
    """Whether a program calls functions of the host."""
    return any(op.kind.name == "host_call" for op in walk(program))


AMPLE = 2**14
"""The room of lists that nothing bounds, in programs that must not be run again."""

_REPLAYING = Lock()


class CheckFailed(Exception):
    """A check failed whose message has values in it: the program has to be run again for them.

    `inputs` are those of the program; None if they are the arguments as they are.
    """

    inputs: tuple[Any, ...] | None = None

    def __init__(self, spec: Specialisation, site: int) -> None:
        super().__init__()
        self.spec, self.site = spec, site


class FailedValues:
    """A program, compiled so that one check tells the host the values that it carries."""

    def __init__(self, program: Program, site: int, options: JitOptions) -> None:
        from anvil.lower.runtime import Executable, Options

        self.found: list[tuple[Any, ...]] = []
        planned = optimise(values_of(program, site), options.pipeline)
        module = lower(planned, record=self._record)
        self.run = Executable(module, Options(out="numpy", device=options.device))

    def _record(self, token: Any, *values: Any) -> None:
        if not int(token):
            self.found.append(tuple(np.array(v) for v in values))

    def __call__(self, inputs: Sequence[Any]) -> tuple[Any, ...] | None:
        """The values at the first failure; None if there is none."""
        self.found.clear()
        self.run(inputs)
        return self.found[0] if self.found else None


class Bound:
    """A specialisation for one of the functions that share it: what it reads outside is that
    function's.
    """

    __slots__ = ("holds", "reads", "spec")

    def __init__(self, spec: Specialisation, root: Any) -> None:
        self.spec = spec
        self.holds, self.reads = spec.parsed.guarded.bind(root)

    def __call__(self, leaves: Sequence[Any]) -> Any:
        """Runs on the flattened arguments."""
        chosen = self.spec.chosen
        if chosen is not None:
            leaves = [leaves[i] for i in chosen]
        if self.reads:
            leaves = [*leaves, *[read() for read in self.reads]]
        return self.spec.run(leaves)

    def ready(self, classes: Sequence[type]) -> Callable[[Sequence[Any]], Any]:
        """`self` for leaves of these classes, in as few steps as possible.

        Calling it raises Stale or SignatureMismatch if it no longer fits.
        """
        spec = self.spec
        whole = spec.chosen is None and not self.reads
        run = spec.executable.runner(classes, spec.rebuild) if whole else self
        if spec.free:
            return run
        holds = self.holds

        def guarded(leaves: Sequence[Any]) -> Any:
            if not holds():
                raise Stale
            return run(leaves)

        return guarded


class Stale(Exception):
    """A remembered way to call does not fit, or what was read outside has changed, or a stack was
    too small.
    """
