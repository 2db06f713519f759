"""Compiled functions: the call path, the cache of specialisations, and what they show of
themselves.

A call flattens its arguments in C++, looks up the structure and the classes of the leaves, and runs
the specialisation found there. The shapes and dtypes of arrays are left to jax's own C++ dispatch:
only when it reports a mismatch are they compared in Python. What else a specialisation depends on
(the values of static arguments, the guards on globals) is checked only where there is any.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from operator import is_
from types import MethodType, SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

from anvil.api.compile import lower, optimise, stage_of
from anvil.api.foreign import ForeignRules
from anvil.api.results import describe_spec, rebuilder
from anvil.errors import boundary, located, trim, warn
from anvil.errors.mismatch import SignatureMismatch
from anvil.ir.analysis import nbytes
from anvil.ir.loc import describe
from anvil.ir.printer import text as air
from anvil.ir.records import Program
from anvil.library import LIBRARY
from anvil.opt.checks import drop_checks
from anvil.parser.entry import Parsed, parse
from anvil.parser.signature import Spec, StaticSpec, describe_argument, static_key
from anvil.parser.transforms_api import Opened, Transforms

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


class IR:
    """A program at some stage: prints as text; `program` is the records."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def __str__(self) -> str:
        return air(self.program)

    __repr__ = __str__

    @property
    def funcs(self) -> Mapping[str, Any]:
        """The functions of the program by name."""
        return self.program.funcs


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
    ) -> None:
        self.parsed = parsed
        self.options = options
        self.chosen = None if len(chosen) == leaves else tuple(chosen)
        self.seconds = {"parse": seconds}
        self.runs: dict[tuple[type, ...], Callable[[Sequence[Any]], list[Any]]] = {}
        self.holds = parsed.holds
        self.free = not parsed.guarded
        self.hidden = parsed.hidden
        self.rebuild = rebuilder(parsed.out)
        for w in parsed.warnings:
            warn(w.code, w.message, w.loc)

    @cached_property
    def program(self) -> Program:
        """The parsed program, without its checks if they are off."""
        program = self.parsed.program
        return program if self.options.checks else drop_checks(program)

    @cached_property
    def planned(self) -> Program:
        """The optimised program."""
        start = time.perf_counter()
        program = optimise(self.program, self.options.pipeline, warnings=True)
        self.seconds["optimise"] = time.perf_counter() - start
        return program

    @cached_property
    def executable(self) -> Executable:
        """The compiled program (XLA compiles at the first call)."""
        from anvil.lower.runtime import Executable, Options

        options = self.options
        planned = self.planned
        start = time.perf_counter()
        module = lower(planned, ForeignRules(self.program))
        self.seconds["lower"] = time.perf_counter() - start
        return Executable(
            module,
            Options(
                out=options.out,  # type: ignore[arg-type]
                donate_argnums=options.donate_argnums,
                device=options.device,
                in_shardings=options.in_shardings,
                out_shardings=options.out_shardings,
                compiler_options=options.compiler_options,
            ),
            checks=self.parsed.effects,
            on_check=self._failed if self.parsed.effects else None,
        )

    def _failed(self, site: int, payload: tuple[Any, ...]) -> NoReturn:
        what = self.parsed.sites[site - 1]
        raise located(what.exception(*what.args), what.loc)

    def __call__(self, leaves: Sequence[Any]) -> Any:
        """Runs on the flattened arguments."""
        if self.chosen is not None:
            leaves = [leaves[i] for i in self.chosen]
        if self.hidden:
            leaves = [*leaves, *(h.get() for h in self.hidden)]
        classes = tuple(map(type, leaves))
        run = self.runs.get(classes)
        if run is None:
            run = self.runs[classes] = self.executable.runner(classes)
        return self.rebuild(run(leaves))

    def ready(self, classes: Sequence[type]) -> Callable[[Sequence[Any]], Any]:
        """`self` for leaves of these classes, in as few steps as possible.

        Calling it raises Stale or SignatureMismatch if it no longer fits.
        """
        whole = self.chosen is None and not self.hidden
        run = self.executable.runner(classes, self.rebuild) if whole else self
        if self.free:
            return run
        holds = self.holds

        def guarded(leaves: Sequence[Any]) -> Any:
            if not holds():
                raise Stale
            return run(leaves)

        return guarded


class Stale(Exception):
    """A remembered way to call does not fit, or what was read outside has changed."""


class Group:
    """The specialisations for arguments of one structure and of certain classes of leaves.

    `direct` is the only one there is, if it depends on nothing but what jax's dispatch compares.
    """

    __slots__ = ("arrays", "direct", "specs")

    def __init__(self, leaves: Sequence[Any]) -> None:
        self.arrays = [i for i, leaf in enumerate(leaves) if hasattr(leaf, "shape")]
        self.specs: list[tuple[Any, tuple[tuple[int, Any], ...], Specialisation]] = []
        self.direct: Specialisation | None = None

    def signature(self, leaves: Sequence[Any]) -> Any:
        """The shapes and dtypes of the arrays among the leaves."""
        return [(leaves[i].shape, leaves[i].dtype) for i in self.arrays]

    def find(self, leaves: Sequence[Any]) -> Specialisation | None:
        """The specialisation for these leaves whose guards hold; it comes first from now on."""
        signature = self.signature(leaves)
        for k, (known, statics, spec) in enumerate(self.specs):
            fits = known == signature and all(static_key(leaves[i]) == v for i, v in statics)
            if fits and (spec.free or spec.holds()):
                if k:
                    self.specs.insert(0, self.specs.pop(k))
                return spec
        return None

    def add(self, leaves: Sequence[Any], statics: Sequence[int], spec: Specialisation) -> None:
        """A new specialisation; one with the same signature whose guards have failed goes."""
        signature = self.signature(leaves)
        values = tuple((i, static_key(leaves[i])) for i in statics)
        self.specs = [s for s in self.specs if s[:2] != (signature, values)]
        self.specs.insert(0, (signature, values, spec))
        self.direct = spec if len(self.specs) == 1 and not values else None

    def by_signature(self, classes: Sequence[type]) -> Callable[[Sequence[Any]], Any]:
        """The shortest call where several specialisations differ in shapes and dtypes only."""
        table = {tuple(known): spec.ready(classes) for known, _, spec in self.specs}
        arrays = self.arrays

        def dispatch(leaves: Sequence[Any]) -> Any:
            found = table.get(tuple([(leaves[i].shape, leaves[i].dtype) for i in arrays]))
            if found is None:
                raise Stale
            return found(leaves)

        return dispatch


class Function:
    """A compiled function, as returned by `jit`, `grad` and the other transforms.

    Calling it compiles it for the structure, dtypes and shapes of the arguments, once. Its methods
    show what was compiled: `ir`, `source`, `stablehlo`, `hlo`, `cost`, `explain`.
    """

    def __init__(
        self, target: Opened, transforms: Transforms, options: JitOptions | None = None
    ) -> None:
        self.target = target
        self.transforms = transforms
        self.options = options or JitOptions()
        self._groups: dict[Any, Group] = {}
        self._plain: dict[Any, Callable[[Sequence[Any]], Any]] = {}
        self._ready: dict[Any, Callable[[Sequence[Any]], Any]] = {}
        self._made: list[tuple[Any, Specialisation]] = []
        self.__wrapped__ = fn = target.fn
        self.__name__: str = getattr(fn, "__name__", type(fn).__name__)
        self.__doc__ = getattr(fn, "__doc__", None)
        self.__module__ = getattr(fn, "__module__", __name__)

    def __repr__(self) -> str:
        return f"<anvil.{self.target.kind} of {self.__name__}>"

    def __get__(self, obj: Any, owner: type | None = None) -> Any:
        return self if obj is None else MethodType(self, obj)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs on these arguments, compiling first if their signature is new."""
        try:
            if not kwargs:
                # one argument is looked up by its class: a tuple would cost as much as the rest
                key = type(args[0]) if len(args) == 1 else tuple(map(type, args))
                ready = self._plain.get(key)
                if ready is not None:
                    return ready(args)
        except (Stale, SignatureMismatch):
            pass
        except Exception as problem:
            trim(problem)
            raise
        try:
            return self._nested(args, kwargs)
        except Exception as problem:
            trim(problem)
            raise

    def _nested(self, args: Any, kwargs: Any) -> Any:
        """The call path for containers, and for what is not ready."""
        leaves, tree = runtime().flatten((args, kwargs) if kwargs else args)
        key = (tree, *map(type, leaves))
        ready = self._ready.get(key)
        if ready is not None:
            try:
                return ready(leaves)
            except (Stale, SignatureMismatch):
                pass
        spec = self._lookup(args, kwargs, leaves, key)
        self._prepare(args, kwargs, leaves, key)
        return spec(leaves)

    def _prepare(self, args: Any, kwargs: Any, leaves: Sequence[Any], key: Any) -> None:
        """Remembers the shortest way to call what there is for such leaves, statics apart."""
        group = self._groups[key]
        flat = not kwargs and len(args) == len(leaves) and all(map(is_, args, leaves))
        short = (key[1] if len(args) == 1 else key[1:]) if flat else key
        table = self._plain if flat else self._ready
        if group.direct is not None:
            table[short] = group.direct.ready(key[1:])
        elif not any(statics for _, statics, _ in group.specs):
            table[short] = group.by_signature(key[1:])
        else:
            table.pop(short, None)

    def _lookup(self, args: Any, kwargs: Any, leaves: Sequence[Any], key: Any) -> Specialisation:
        group = self._groups.get(key)
        spec = None if group is None else group.find(leaves)
        if spec is None:
            spec, statics = self._specialise(args, kwargs, leaves)
            if group is None:
                group = self._groups[key] = Group(leaves)
            group.add(leaves, statics, spec)
        return spec

    def _specialise(
        self, args: Any, kwargs: Any, leaves: Sequence[Any]
    ) -> tuple[Specialisation, list[int]]:
        """Compiles for these arguments; also the leaves whose values it depends on."""
        start = time.perf_counter()
        fixed = self.options.static_argnums
        values: list[Any] = []
        specs = [
            StaticSpec(a) if i in fixed else describe_argument(a, values)
            for i, a in enumerate(args)
        ]
        named = {n: describe_argument(a, values) for n, a in kwargs.items()}
        parsed = self.parse(specs, named, values)
        places = _places(values, leaves)
        gone = {p.leaf for p in parsed.promoted}
        chosen = [place for k, place in enumerate(places) if k not in gone]
        statics = [i for i in range(len(leaves)) if i not in set(chosen)]
        seconds = time.perf_counter() - start
        spec = Specialisation(parsed, self.options, chosen, len(leaves), seconds)
        self._made.append(((specs, named), spec))
        return spec, statics

    def parse(
        self, args: Sequence[Spec], kwargs: Mapping[str, Spec], values: Sequence[Any]
    ) -> Parsed:
        """The front end's result for described arguments; `values` are those of their leaves."""
        target = self.target.fn if self.target.kind == "jit" else self
        return parse(
            target, args, kwargs, library=LIBRARY, transforms=self.transforms, values=values
        )

    # ---- what was compiled

    def _spec(self, args: Any, kwargs: Any) -> Specialisation:
        leaves, tree = runtime().flatten((args, kwargs) if kwargs else args)
        return self._lookup(args, kwargs, leaves, (tree, *map(type, leaves)))

    @boundary
    def ir(self, *args: Any, stage: str = "opt", **kwargs: Any) -> IR:
        """The program for these arguments at a stage: parse, core, adjoint, opt, jvp or vjp."""
        spec = self._spec(args, kwargs)
        return IR(spec.planned if stage == "opt" else stage_of(spec.program, stage))

    @boundary
    def source(self, *args: Any, stage: str = "adjoint", **kwargs: Any) -> str:
        """NumPy source of the program at a stage, derivatives included.

        The default is the optimised program before loop histories are planned: the reverse of a
        loop reads a list of states there; `stage="opt"` has the tapes that are compiled.
        """
        from anvil.lower.numpy_source import to_numpy

        spec = self._spec(args, kwargs)
        return to_numpy(spec.planned if stage == "opt" else stage_of(spec.program, stage))

    @boundary
    def stablehlo(self, *args: Any, **kwargs: Any) -> str:
        """The StableHLO text handed to XLA."""
        return self._spec(args, kwargs).executable.module.text

    @boundary
    def hlo(self, *args: Any, **kwargs: Any) -> str:
        """XLA's optimised HLO."""
        return self._spec(args, kwargs).executable.hlo()

    @boundary
    def cost(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """XLA's estimate (flops, bytes accessed ...) and the bytes of memory that it uses."""
        executable = self._spec(args, kwargs).executable
        memory = {f"{k} bytes": float(v) for k, v in executable.memory().items()}
        return {**executable.cost(), **memory}

    def explain(self) -> str:
        """Every specialisation: its signature, seconds, which arguments became static and why."""
        lines = [f"{self!r}: {len(self._made)} specialisation(s)"]
        for (specs, named), spec in self._made:
            shown = [describe_spec(s) for s in specs]
            shown += [f"{n}={describe_spec(s)}" for n, s in named.items()]
            lines.append(f"- ({', '.join(shown)})")
            times = ", ".join(f"{k} {v * 1e3:.1f} ms" for k, v in spec.seconds.items())
            lines.append(f"    {times}")
            for p in spec.parsed.promoted:
                lines.append(f"    {p.name} = {p.value!r} is static: {p.why} ({describe(p.loc)})")
            for h in spec.hidden:
                size = nbytes(h.type)
                note = f", {size >> 20} MB transferred at every call" if size > 1 << 20 else ""
                lines.append(f"    {h.origin.name} is read at every call: {h.type}{note}")
            if spec.parsed.guarded:
                lines.append(f"    guarded: {', '.join(spec.parsed.guarded)}")
        return "\n".join(lines)


def _places(values: Sequence[Any], leaves: Sequence[Any]) -> list[int]:
    """Where the front end's leaves stand among the flattened ones (both are in the same order)."""
    places, at = [], 0
    for value in values:
        while leaves[at] is not value:
            at += 1
        places.append(at)
        at += 1
    return places


@cache
def runtime() -> Any:
    """What a call needs of `anvil.lower`, loaded (with jax) at the first one."""
    from anvil.lower.pytree import flatten, registry

    registry.keep_whole(Function)
    return SimpleNamespace(flatten=flatten)
