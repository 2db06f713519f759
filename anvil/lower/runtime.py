"""Compiled programs as callables on flat leaves.

    leaves -> [make each the type the program expects] -> jax.jit's C++ dispatch -> results

Results follow the inputs: jax Arrays, without waiting, if any leaf is one (a NumPy argument is then
copied first, since jax may read it later); otherwise writable NumPy arrays and scalars, and the
call returns when the computation is done. What has to be done is decided once per tuple of leaf
classes, which gives a `Run`: a closure without any decision left in it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NoReturn

import jax
import numpy as np
import numpy.typing as npt

from anvil.ir.hosts import unpark
from anvil.lower import jax_bridge as bridge
from anvil.lower.jax_bridge import JaxArray, restore_x64, swap_x64
from anvil.lower.module import LeafType, Mask, Module, Rules
from anvil.lower.results import Convert, converter

__all__ = ["Executable", "LeafType", "Mask", "Module", "Options", "Rules", "result_mode"]

Out = Literal["follow", "jax", "numpy"]
OnCheck = Callable[[int, tuple[Any, ...]], NoReturn]

_NATURAL: Final = {float: "f8", int: "i8", complex: "c16", bool: "?"}


@dataclass(frozen=True)
class Options:
    """How a module is compiled and run, flat leaf by flat leaf, with jax's meanings.

    out               "follow" the inputs, or always "jax" or "numpy" results
    compiler_options  XLA's; {"xla_backend_extra_options": {name: value}} sets backend options
    """

    out: Out = "follow"
    donate_argnums: tuple[int, ...] = ()
    device: Any = None
    in_shardings: Any = None
    out_shardings: Any = None
    compiler_options: Mapping[str, Any] | None = None

    def jit(self, suited: Mapping[str, Any]) -> dict[str, Any]:
        """Keyword arguments for jax.jit; `suited` are compiler options unless the user has some."""
        placed = None if self.device is None else jax.sharding.SingleDeviceSharding(self.device)
        options = dict(suited if self.compiler_options is None else self.compiler_options) or None
        given = {
            "donate_argnums": self.donate_argnums or None,
            "in_shardings": placed if self.in_shardings is None else self.in_shardings,
            "out_shardings": placed if self.out_shardings is None else self.out_shardings,
            "compiler_options": bridge.jit_options(options),
        }
        return {name: value for name, value in given.items() if value is not None}


Run = Callable[[Sequence[Any]], Any]
"""From leaves to the list of results, or to what is made of that."""

Rebuild = Callable[[list[Any]], Any]


class Executable:
    """A StableHLO module ready to be called with flat leaves.

    checks    the module's last result is an i32: 0, or the site of the first failed check, for
              which `on_check(site, payload)` is called; `payload` is the `payload` results before
              it, as NumPy values. Neither is among the results returned. Inside foreign jax code
              both are dropped, or the site is given to `on_traced` when the program has run.
    """

    def __init__(
        self,
        module: Module,
        options: Options | None = None,
        *,
        checks: bool = False,
        payload: int = 0,
        on_check: OnCheck | None = None,
        on_traced: Callable[[int], None] | None = None,
    ) -> None:
        if checks and on_check is None:
            raise ValueError("a module with checks needs on_check")
        self.module = module
        self.options = options or Options()
        self._on_check = on_check if checks else None
        self._on_traced = on_traced
        self._results = len(module.out_types) - (payload + 1 if checks else 0)
        self._converters = [converter(t) for t in module.out_types[: self._results]]
        self._runs: dict[tuple[type[Any], ...], Run] = {}
        given = self.options.jit(module.options)
        entry = _entry(module)
        self._jit: Any = jax.jit(entry, **given)
        given.pop("compiler_options", None)  # inside foreign jax code those are the outer program's
        self._nested: Any = jax.jit(entry, **given)

    def __call__(self, leaves: Sequence[Any]) -> list[Any]:
        """Run on flat leaves: jax Arrays, tracers, NumPy arrays and scalars, Python numbers."""
        classes = tuple(map(type, leaves))
        run = self._runs.get(classes)
        if run is None:
            run = self._runs[classes] = self.runner(classes)
        results: list[Any] = run(leaves)
        return results

    def runner(self, classes: Sequence[type[Any]], rebuild: Rebuild | None = None) -> Run:
        """The call for leaves of these classes, for callers who know them already; `rebuild` makes
        of the list of results what is returned."""
        if len(classes) != len(self.module.in_types):
            want = len(self.module.in_types)
            raise TypeError(f"{self.module.name} takes {want} leaves, got {len(classes)}")
        if any(map(bridge.is_tracer_type, classes)):
            prepare = self._preparations(classes, copy=False)
            run = _prepared(self._nested, self._nested, prepare)
            return _then(_then(run, self._finish_traced), rebuild)
        as_jax = result_mode(classes, self.options.out) == "jax"
        prepare = self._preparations(classes, copy=as_jax)
        if self.module.callbacks:
            return _unparked(_then(self._run(classes, as_jax), rebuild))
        if as_jax and self._on_check is None:
            return _native(_prepared(self._jit, self._nested, prepare, rebuild), classes)
        return _then(self._run(classes, as_jax), rebuild)

    def _run(self, classes: Sequence[type[Any]], as_jax: bool) -> Run:
        """The call, which is finished before it returns unless results stay jax's."""
        prepare = self._preparations(classes, copy=as_jax)
        finish = self._finish_jax if as_jax else self._finish_numpy()
        return _native(_then(_prepared(self._jit, self._nested, prepare), finish), classes)

    def _preparations(self, classes: Sequence[type[Any]], *, copy: bool) -> Any:
        pairs = zip(classes, self.module.in_types, strict=True)
        found = [(i, _preparation(c, d, copy=copy)) for i, (c, (d, _)) in enumerate(pairs)]
        return [(i, convert) for i, convert in found if convert is not None] or None

    def _finish_numpy(self) -> Callable[[list[Any]], list[Any]]:
        converters, traced, check = self._converters, self._finish_traced, self._raise_failed_check
        first = converters[0] if len(converters) == 1 else None
        checked = self._on_check is not None

        def finish(results: list[Any]) -> list[Any]:
            if results and type(results[0]) is not JaxArray:
                return traced(results)
            if checked:
                check(results)
            if first is not None:
                return [first(results[0])]
            return list(map(operator.call, converters, results))

        return finish

    def _finish_jax(self, results: list[Any]) -> list[Any]:
        if results and type(results[0]) is not JaxArray:
            return self._finish_traced(results)
        if self.module.callbacks:
            for result in results:
                result.block_until_ready()
        if self._on_check is not None:
            self._raise_failed_check(results)
        return results[: self._results]

    def _finish_traced(self, results: list[Any]) -> list[Any]:
        if self._on_traced is not None:
            jax.debug.callback(self._on_traced, results[-1])
        return results[: self._results]

    def _raise_failed_check(self, results: list[Any]) -> None:
        site = int(results[-1])
        if site and self._on_check is not None:
            self._on_check(site, tuple(np.asarray(r)[()] for r in results[self._results : -1]))

    # --- what was compiled --------------------------------------------------------------------

    @bridge.with_x64
    def compiled(self) -> Any:
        """jax's compiled object for the module's own signature (compiles on first use)."""
        return self._jit.lower(*bridge.avals(self.module.in_types)).compile()

    def hlo(self) -> str:
        """Optimised HLO text."""
        text: str = self.compiled().as_text()
        return text

    def cost(self) -> dict[str, float]:
        """XLA's cost analysis: flops, bytes accessed ..."""
        return dict(self.compiled().cost_analysis() or {})

    def memory(self) -> dict[str, int]:
        """Bytes of arguments, results, temporaries and code."""
        found = self.compiled().memory_analysis()
        kinds = ("argument", "output", "alias", "temp", "generated_code")
        return {kind: int(getattr(found, f"{kind}_size_in_bytes")) for kind in kinds}


def result_mode(classes: Sequence[type[Any]], out: Out = "follow") -> Literal["jax", "numpy"]:
    """Which kind of results a call with leaves of these classes gives."""
    if out != "follow":
        return out
    return "jax" if JaxArray in classes else "numpy"


def _entry(module: Module) -> Callable[..., list[Any]]:
    def entry(*leaves: Any) -> list[Any]:
        return bridge.call(module, *leaves)

    entry.__name__ = entry.__qualname__ = module.name
    return entry


def _preparation(cls: type[Any], dtype: np.dtype[Any], *, copy: bool) -> Convert | None:
    """How a leaf of this class becomes an argument of this dtype; None: as it is."""
    if cls is JaxArray:
        return None
    if bridge.is_tracer_type(cls):
        return bridge.settled
    if cls in _NATURAL:
        return None if dtype == _NATURAL[cls] else dtype.type
    if issubclass(cls, np.generic):
        return None if cls is dtype.type else dtype.type
    if cls is np.ndarray and not copy:
        return None
    if issubclass(cls, np.ndarray):
        return _native_copy if copy else np.asarray
    raise TypeError(f"not a numeric leaf: {cls.__name__}")


def _prepared(
    jitted: Any,
    nested: Any,
    prepare: Sequence[tuple[int, Convert]] | None,
    rebuild: Rebuild | None = None,
) -> Run:
    """The call; `nested` is what to call instead where jax is tracing foreign code around it."""

    def plain(leaves: Sequence[Any]) -> Any:
        previous = swap_x64(True)
        try:
            return jitted(*leaves)
        except ValueError:
            if bridge.is_tracing():
                return nested(*leaves)
            raise
        finally:
            restore_x64(previous)

    def rebuilt(leaves: Sequence[Any]) -> Any:
        previous = swap_x64(True)
        try:
            return rebuild(jitted(*leaves))  # type: ignore[misc]
        except ValueError:
            if bridge.is_tracing():
                return rebuild(nested(*leaves))  # type: ignore[misc]
            raise
        finally:
            restore_x64(previous)

    call = plain if rebuild is None else rebuilt
    if prepare is None:
        return call

    def converting(leaves: Sequence[Any]) -> Any:
        ready = list(leaves)
        for i, convert in prepare:
            ready[i] = convert(ready[i])
        return call(ready)

    return converting


def _unparked(run: Run) -> Run:
    """The call, which raises what a function of the host has raised instead of XLA's error."""

    def calling(leaves: Sequence[Any]) -> Any:
        try:
            return run(leaves)
        except Exception as error:
            problem = unpark(str(error))
            if problem is None:
                raise
        raise problem

    return calling


def _then(run: Run, finish: Rebuild | None) -> Run:
    if finish is None:
        return run
    return lambda leaves: finish(run(leaves))


def _native(run: Run, classes: Sequence[type[Any]]) -> Run:
    """Looks for arrays in foreign byte order: jax refuses them at its first call for a type, and
    misreads them later.
    """
    places = [i for i, cls in enumerate(classes) if issubclass(cls, np.ndarray)]
    if not places:
        return run

    def checked(leaves: Sequence[Any]) -> Any:
        for i in places:
            if not leaves[i].dtype.isnative:
                leaves = [_native_copy(x) if _is_foreign(x) else x for x in leaves]
        return run(leaves)

    return checked


def _is_foreign(leaf: Any) -> bool:
    return isinstance(leaf, np.ndarray) and not leaf.dtype.isnative


def _native_copy(value: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.array(value, dtype=value.dtype.newbyteorder("="))
