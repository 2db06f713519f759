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
from functools import cache, partial
from operator import is_
from types import FunctionType, MethodType, SimpleNamespace
from typing import Any

import numpy as np

from anvil.api.cache import Compiled, Family, Group
from anvil.api.compile import stage_of
from anvil.api.results import describe_spec
from anvil.api.specialisation import Bound, CheckFailed, JitOptions, Specialisation, Stale
from anvil.errors import boundary, trim
from anvil.errors.mismatch import SignatureMismatch
from anvil.ir.analysis import nbytes
from anvil.ir.loc import describe
from anvil.ir.printer import text as air
from anvil.ir.records import Program
from anvil.library import LIBRARY
from anvil.parser.entry import Parsed, parse
from anvil.parser.state.session import CAPACITY
from anvil.parser.state.signature import Spec, StaticSpec, describe_argument, is_array
from anvil.parser.transforms.api import Opened, Transforms


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


class Function:
    """A compiled function, as returned by `jit`, `grad` and the other transforms.

    Calling it compiles it for the structure, dtypes and shapes of the arguments, once. Its methods
    show what was compiled: `ir`, `source`, `stablehlo`, `hlo`, `cost`, `explain`.
    """

    def __init__(
        self,
        target: Opened,
        transforms: Transforms,
        options: JitOptions | None = None,
        family: Family | None = None,
    ) -> None:
        self.target = target
        self.transforms = transforms
        self.options = options or JitOptions()
        self._family = family or Family()
        self._root: Any = target.fn if target.kind == "jit" else self
        self._inner = innermost(target.fn)
        self._code = self._inner.__code__
        self.form: Any = None
        self._bound: dict[int, Bound] = {}
        self._plain: dict[Any, Callable[[Sequence[Any]], Any]] = {}
        self._ready: dict[Any, Callable[[Sequence[Any]], Any]] = {}
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
            try:
                if self._inner.__code__ is not self._code:
                    self._renew()
                if not kwargs:
                    # one argument is looked up by its class: a tuple costs as much as the rest
                    key = type(args[0]) if len(args) == 1 else tuple(map(type, args))
                    ready = self._plain.get(key)
                    if ready is not None:
                        return ready(args)
            except (Stale, SignatureMismatch):
                pass
            except Exception:
                if not _unreadable(args):
                    raise
                return self._apart(args, kwargs, args)
            return self._nested(args, kwargs)
        except CheckFailed as failed:
            error = _raised(failed, args, kwargs)
        except Exception as problem:
            trim(problem)
            raise
        try:
            raise error
        except BaseException as problem:
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
            except (TypeError, OverflowError):
                if _unreadable(leaves):
                    return self._apart(args, kwargs, leaves)
                raise
        bound = self._lookup(args, kwargs, leaves, key)
        self._prepare(args, kwargs, leaves, key)
        return bound(leaves)

    def _apart(self, args: Any, kwargs: Any, leaves: Sequence[Any]) -> Any:
        """For arguments that no program takes as data: refused in anvil's words, or constants."""
        try:
            return self._bind(self._specialise(args, kwargs, leaves)[0])(leaves)
        except Exception as problem:
            trim(problem)
            raise

    def _prepare(self, args: Any, kwargs: Any, leaves: Sequence[Any], key: Any) -> None:
        """Remembers the shortest way to call what there is for such leaves, statics apart."""
        group = self._family.groups[key]
        flat = not kwargs and len(args) == len(leaves) and all(map(is_, args, leaves))
        short = (key[1] if len(args) == 1 else key[1:]) if flat else key
        table = self._plain if flat else self._ready
        if group.direct is not None:
            table[short] = self._bind(group.direct).ready(key[1:])
        elif not any(statics for _, statics, _ in group.specs):
            table[short] = group.by_signature(key[1:], self._bind)
        else:
            table.pop(short, None)

    def _bind(self, spec: Specialisation) -> Bound:
        found = self._bound.get(id(spec))
        if found is None or found.spec is not spec:
            found = self._bound[id(spec)] = Bound(spec, self._root)
        return found

    def _renew(self) -> None:
        """Forgets everything: the function's code has been replaced."""
        self._family = Family()
        self._code = self._inner.__code__
        self._bound.clear()
        self._plain.clear()
        self._ready.clear()

    def _lookup(self, args: Any, kwargs: Any, leaves: Sequence[Any], key: Any) -> Bound:
        if self._inner.__code__ is not self._code:
            self._renew()
        group = self._family.groups.get(key)
        found = None if group is None else group.find(leaves, self._bind)
        if found is None:
            spec, statics = self._specialise(args, kwargs, leaves)
            if group is None:
                group = self._family.groups[key] = Group(leaves)
            group.add(leaves, statics, spec)
            found = self._bind(spec)
        return found

    def _specialise(
        self, args: Any, kwargs: Any, leaves: Sequence[Any]
    ) -> tuple[Specialisation, list[int]]:
        """Compiles for these arguments; also the leaves whose values it depends on."""
        start = time.perf_counter()
        fixed = {i % len(args) for i in self.options.static_argnums if -len(args) <= i < len(args)}
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
        small = [v if i in gone or not np.ndim(v) else None for i, v in enumerate(values)]

        def reparse(capacity: int) -> Parsed:
            return self.parse(specs, named, small, capacity)

        spec = Specialisation(parsed, self.options, chosen, len(leaves), seconds, reparse)
        names = self._code.co_varnames[: self._code.co_argcount]
        made = Compiled(tuple(specs), named, spec)
        self._family.add(made, self._root, self.__name__, names)
        return spec, statics

    def parse(
        self,
        args: Sequence[Spec],
        kwargs: Mapping[str, Spec],
        values: Sequence[Any],
        capacity: int = CAPACITY,
    ) -> Parsed:
        """The front end's result for described arguments; `values` are those of their leaves."""
        return parse(
            self._root,
            args,
            kwargs,
            library=LIBRARY,
            transforms=self.transforms,
            values=values,
            capacity=capacity,
        )

    # ---- what was compiled

    def _spec(self, args: Any, kwargs: Any) -> Specialisation:
        leaves, tree = runtime().flatten((args, kwargs) if kwargs else args)
        return self._lookup(args, kwargs, leaves, (tree, *map(type, leaves))).spec

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
        lines = [f"{self!r}: {len(self._family.made)} specialisation(s)"]
        for made in self._family.made:
            spec = made.spec
            shown = [describe_spec(s) for s in made.args]
            shown += [f"{n}={describe_spec(s)}" for n, s in made.kwargs.items()]
            lines.append(f"- ({', '.join(shown)})")
            times = ", ".join(f"{k} {v * 1e3:.1f} ms" for k, v in spec.seconds.items())
            lines.append(f"    {times}")
            for p in (*spec.parsed.promoted, *spec.parsed.fixed):
                lines.append(f"    {p.name} = {p.value!r} is static: {p.why} ({describe(p.loc)})")
            for h in spec.parsed.hidden:
                size = nbytes(h.type)
                note = f", {size >> 20} MB transferred at every call" if size > 1 << 20 else ""
                lines.append(f"    {h.origin.name} is read at every call: {h.type}{note}")
            names = spec.parsed.guarded.guards.names
            if names:
                lines.append(f"    guarded: {', '.join(names)}")
        return "\n".join(lines)


def _raised(failed: CheckFailed, args: Any, kwargs: Any) -> BaseException:
    """What a failed check of a call with these arguments raises."""
    inputs = failed.inputs
    if inputs is None:
        inputs, _ = runtime().flatten((args, kwargs) if kwargs else args)
    return failed.spec.error(failed.site, inputs)


def innermost(fn: Any) -> Any:
    """The Python function within transforms, partials and methods; `_nothing` for other objects."""
    while not isinstance(fn, FunctionType):
        if isinstance(fn, Function):
            fn = fn.target.fn
        elif isinstance(fn, MethodType):
            fn = fn.__func__
        elif isinstance(fn, partial):
            fn = fn.func
        else:
            return _nothing
    return fn


def _nothing() -> None:
    """Stands for a function whose code cannot be replaced."""


def _unreadable(leaves: Sequence[Any]) -> bool:
    """Whether there is an array among these whose dtype jax refuses, or an int beyond 64 bits."""
    return any(
        not -(2**63) <= leaf < 2**63
        if type(leaf) is int
        else isinstance(leaf, np.ndarray) and not is_array(leaf)
        for leaf in leaves
    )


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
