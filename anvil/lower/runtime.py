"""Compiled programs as callables on flat leaves.

    leaves -> [make each the type the program expects] -> jax.jit's C++ dispatch -> results

Results follow the inputs: jax Arrays, without waiting, if any leaf is one (a NumPy argument is then
copied first, since jax may read it later); otherwise writable NumPy arrays and scalars, and the
call returns when the computation is done. What has to be done is decided once per tuple of leaf
classes and kept in a `Plan`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NoReturn

import jax
import numpy as np
import numpy.typing as npt

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

    def jit(self) -> dict[str, Any]:
        """Keyword arguments for jax.jit; only those that were given, which keeps its fast cache."""
        placed = None if self.device is None else jax.sharding.SingleDeviceSharding(self.device)
        options = None if self.compiler_options is None else dict(self.compiler_options)
        given = {
            "donate_argnums": self.donate_argnums or None,
            "in_shardings": placed if self.in_shardings is None else self.in_shardings,
            "out_shardings": placed if self.out_shardings is None else self.out_shardings,
            "compiler_options": bridge.jit_options(options),
        }
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a call with leaves of certain classes needs. None: nothing, the fast path."""

    prepare: Sequence[tuple[int, Convert]] | None
    finish: Callable[[list[Any]], list[Any]] | None


class Executable:
    """A StableHLO module ready to be called with flat leaves.

    checks    the module's last result is an i32: 0, or the site of the first failed check, for
              which `on_check(site, payload)` is called; `payload` is the `payload` results before
              it, as NumPy values. Neither is among the results returned. Inside foreign jax code
              both are dropped.
    """

    def __init__(
        self,
        module: Module,
        options: Options | None = None,
        *,
        checks: bool = False,
        payload: int = 0,
        on_check: OnCheck | None = None,
    ) -> None:
        if checks and on_check is None:
            raise ValueError("a module with checks needs on_check")
        self.module = module
        self.options = options or Options()
        self._on_check = on_check if checks else None
        self._results = len(module.out_types) - (payload + 1 if checks else 0)
        self._converters = [converter(t) for t in module.out_types[: self._results]]
        self._plans: dict[tuple[type[Any], ...], Plan] = {}
        self._jit: Any = jax.jit(_entry(module), **self.options.jit())

    def __call__(self, leaves: Sequence[Any]) -> list[Any]:
        """Run on flat leaves: jax Arrays, tracers, NumPy arrays and scalars, Python numbers."""
        classes = tuple(map(type, leaves))
        plan = self._plans.get(classes)
        if plan is None:
            plan = self._plans[classes] = self._plan(classes)
        if plan.prepare is not None:
            ready = list(leaves)
            for i, convert in plan.prepare:
                ready[i] = convert(ready[i])
            leaves = ready
        previous = swap_x64(True)
        try:
            results: list[Any] = self._jit(*leaves)
        finally:
            restore_x64(previous)
        return results if plan.finish is None else plan.finish(results)

    # --- plans --------------------------------------------------------------------------------

    def _plan(self, classes: tuple[type[Any], ...]) -> Plan:
        if len(classes) != len(self.module.in_types):
            want = len(self.module.in_types)
            raise TypeError(f"{self.module.name} takes {want} leaves, got {len(classes)}")
        if any(map(bridge.is_tracer_type, classes)):
            return Plan(self._preparations(classes, copy=False), self._finish_traced)
        as_jax = result_mode(classes, self.options.out) == "jax"
        prepare = self._preparations(classes, copy=as_jax)
        if not as_jax:
            return Plan(prepare, self._finish_numpy)
        simple = self._on_check is None and not self.module.callbacks
        return Plan(prepare, None if simple else self._finish_jax)

    def _preparations(self, classes: Sequence[type[Any]], *, copy: bool) -> Any:
        pairs = zip(classes, self.module.in_types, strict=True)
        found = [(i, _preparation(c, d, copy=copy)) for i, (c, (d, _)) in enumerate(pairs)]
        return [(i, convert) for i, convert in found if convert is not None] or None

    def _finish_numpy(self, results: list[Any]) -> list[Any]:
        if results and type(results[0]) is not JaxArray:
            return self._finish_traced(results)
        if self._on_check is not None:
            self._raise_failed_check(results)
        return [convert(r) for convert, r in zip(self._converters, results, strict=False)]

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
    if cls is JaxArray or bridge.is_tracer_type(cls):
        return None
    if cls in _NATURAL:
        return None if dtype == _NATURAL[cls] else dtype.type
    if issubclass(cls, np.generic):
        return None if cls is dtype.type else dtype.type
    if cls is np.ndarray and not copy:
        return _native
    if issubclass(cls, np.ndarray):
        return _native_copy if copy else _native
    raise TypeError(f"not a numeric leaf: {cls.__name__}")


def _native(value: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return value if value.dtype.isnative else value.astype(value.dtype.newbyteorder("="))


def _native_copy(value: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.array(value, dtype=value.dtype.newbyteorder("="))
