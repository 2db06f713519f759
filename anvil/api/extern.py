"""`anvil.extern`: functions that are not compiled, called on the host.

    compiled code -> leaves of the arguments -> f(copies) -> leaves of the result -> compiled code

Called from plain Python, the object does the same: it gives `f` copies, and what `f` returns is
checked against `out`, so that a program means the same with and without `anvil.jit`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MethodType
from typing import Any

import numpy as np
import numpy.typing as npt

from anvil.api.differences import Differences
from anvil.api.results import describe_spec, python_number
from anvil.errors import AnvilError, boundary, error
from anvil.ir.hosts import HostFunction, HostName
from anvil.ir.types import ArrayType, array, dtype_of
from anvil.parser.state.signature import (
    ArraySpec,
    DictSpec,
    ListSpec,
    ScalarSpec,
    Spec,
    StaticSpec,
    TupleSpec,
    describe_argument,
    is_array,
    leaves,
    rebuild,
)
from anvil.parser.state.values import is_number

Fn = Callable[..., Any]
_PYTHON = {bool: np.bool_, int: np.int64, float: np.float64, complex: np.complex128}
_MOST = 256


@dataclass(frozen=True, slots=True)
class ShapeDtype:
    """The type of a result of `anvil.extern`: an array, or a NumPy scalar if the shape is ()."""

    shape: tuple[int, ...]
    dtype: npt.DTypeLike = np.float64

    def __post_init__(self) -> None:
        given: Any = self.shape
        shape = (given,) if isinstance(given, int) else tuple(given)
        object.__setattr__(self, "shape", tuple(map(int, shape)))
        object.__setattr__(self, "dtype", np.dtype(self.dtype))


class _Given(ShapeDtype):
    """The type of an argument, as a function `out` sees it; returned, it stands for that type."""

    __slots__ = ("spec",)

    def __init__(self, spec: ArraySpec | ScalarSpec) -> None:
        super().__init__(spec.type.shape, spec.type.dtype.np)
        object.__setattr__(self, "spec", spec)


@dataclass(frozen=True, slots=True)
class like:
    """In `out` of `anvil.extern`: the type of an argument, given by its position or its name."""

    argument: int | str


def _leaf_type(spec: Spec) -> Any:
    """What a function `out` sees of an argument."""
    if isinstance(spec, StaticSpec):
        return spec.value
    return rebuild(spec, _Given)


def _numbers_too(spec: Spec) -> Spec:
    """The spec with known numbers as numbers that are not known."""
    if isinstance(spec, StaticSpec) and is_number(spec.value):
        return describe_argument(spec.value)
    return spec


class Extern:
    """A function that is called on the host; see `extern`."""

    def __init__(
        self, fun: Fn, out: Any, rule: str, functions: tuple[Fn, ...], step: float, pure: bool
    ) -> None:
        self.fun, self.out, self.rule, self.functions = fun, out, rule, functions
        self.step, self.pure = step, pure
        self._targets: dict[Any, Target] = {}
        functools.update_wrapper(self, fun, updated=())
        self.__name__: str = getattr(fun, "__name__", type(fun).__name__)

    def __repr__(self) -> str:
        return f"<anvil.extern of {self.__name__}>"

    def __get__(self, obj: Any, owner: type | None = None) -> Any:
        return self if obj is None else MethodType(self, obj)

    @boundary
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function itself, on copies of the arguments; the result as `out` describes it."""
        if kwargs:
            args, kwargs = self.arranged(args, kwargs)
        values: list[Any] = []
        specs = [describe_argument(a, values) for a in args]
        named = {n: describe_argument(a, values) for n, a in kwargs.items()}
        target = self.target(specs, named)
        results = iter(target.run([np.asarray(v) for v in values]))

        def take(leaf: ArraySpec | ScalarSpec) -> Any:
            value = next(results)
            if isinstance(leaf, ArraySpec):
                return value
            return python_number(value[()]) if leaf.py else value[()]

        return rebuild(target.out, take)

    def arranged(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments by position, where the function's signature is known. Raises TypeError if
        it does not take them.
        """
        try:
            signature = inspect.signature(self.fun)
        except (TypeError, ValueError):  # written in C
            return tuple(args), dict(kwargs)
        bound = signature.bind(*args, **kwargs)
        return bound.args, bound.kwargs

    def target(self, args: Sequence[Spec], kwargs: Mapping[str, Spec]) -> Target:
        """The function for arguments of these descriptions. Raises AnvilError."""
        key = (tuple(args), tuple(kwargs.items()))
        found = self._targets.get(key)
        if found is None:
            found = self._targets[key] = Target(self, key[0], dict(kwargs))
            if len(self._targets) > _MOST:
                self._targets.pop(next(iter(self._targets)))
        return found

    def declared(self, args: Sequence[Spec], kwargs: Mapping[str, Spec]) -> Spec:
        """What the result is, for arguments of these descriptions. Raises AnvilError."""
        out = self.out
        if callable(out) and not isinstance(out, type) and not _is_described(out):
            out = out(*map(_leaf_type, args), **{n: _leaf_type(s) for n, s in kwargs.items()})
        return self._spec(out, args, kwargs)

    def _spec(self, out: Any, args: Sequence[Spec], kwargs: Mapping[str, Spec]) -> Spec:
        if isinstance(out, like):
            return self._like(out.argument, args, kwargs)
        if isinstance(out, _Given):
            return out.spec  # type: ignore[attr-defined,no-any-return]
        if out is None:
            return StaticSpec(None)
        if isinstance(out, type) and out in _PYTHON:
            return ScalarSpec(dtype_of(_PYTHON[out]), True)
        if is_number(out):
            return describe_argument(out)
        if isinstance(out, np.dtype) or (isinstance(out, type) and issubclass(out, np.generic)):
            return ScalarSpec(self._dtype(out), False)
        if hasattr(out, "shape") and hasattr(out, "dtype"):
            type_ = array(self._dtype(out.dtype), tuple(out.shape))
            return ArraySpec(type_) if type_.shape else ScalarSpec(type_.dtype, False)
        return self._container(out, functools.partial(self._spec, args=args, kwargs=kwargs))

    def _container(self, out: Any, inside: Callable[[Any], Spec]) -> Spec:
        if isinstance(out, tuple):
            cls = None if type(out) is tuple else type(out)
            return TupleSpec(tuple(map(inside, out)), cls)
        if type(out) is list:
            return ListSpec(tuple(map(inside, out)))
        if type(out) is dict:
            return DictSpec(tuple(out), tuple(map(inside, out.values())))
        raise error(
            "bad-option",
            f"`out` of {self.__name__} describes its result, and {out!r} is no description",
            hint="`out` is made of float, np.float64, anvil.ShapeDtype(shape, dtype), "
            "anvil.like(0), None, and tuples, lists and dicts of these",
        )

    def _dtype(self, dtype: Any) -> Any:
        try:
            return dtype_of(dtype)
        except (KeyError, TypeError):
            what = f"`out` of {self.__name__} has the dtype {dtype}, which anvil does not have"
            raise error("bad-option", what) from None

    def _like(self, which: int | str, args: Sequence[Spec], kwargs: Mapping[str, Spec]) -> Spec:
        try:
            return _numbers_too(args[which] if isinstance(which, int) else kwargs[which])
        except (IndexError, KeyError):
            what = f"`out` of {self.__name__} is like argument {which!r}, which was not given"
            raise error("bad-option", what) from None


def _is_described(out: Any) -> bool:
    """Whether something that can be called describes a result all the same."""
    return hasattr(out, "shape") and hasattr(out, "dtype")


class Target:
    """The function behind an Extern for one signature: flat arrays in, flat arrays out."""

    def __init__(self, extern: Extern, args: tuple[Spec, ...], kwargs: dict[str, Spec]) -> None:
        self.fun, self.name = extern.fun, extern.__name__
        self.args, self.kwargs = args, kwargs
        self.out = extern.declared(args, kwargs)
        specs = (*args, *kwargs.values())
        self.immutable = all(isinstance(s, ScalarSpec | StaticSpec) for s in specs)
        self.inputs = self._types(specs)
        self.types = self._types((self.out,))
        self._hosts: dict[Any, HostName] = {}
        self.differences: Differences | None = None
        if extern.rule == "fd":
            given = (self.name, self.run, self.inputs, self.types, extern.step)
            self.differences = Differences(*given)

    @staticmethod
    def _types(specs: Sequence[Spec]) -> tuple[ArrayType, ...]:
        return tuple(leaf.type for spec in specs for leaf in leaves(spec))

    def host(self, catches: Sequence[type[BaseException]]) -> HostName:
        """The function as programs call it."""
        key = tuple(catches)
        if key not in self._hosts:
            derive = self.differences.derive if self.differences is not None else None
            self._hosts[key] = HostName(HostFunction(self.name, self.run, key, derive))
        return self._hosts[key]

    def run(self, arrays: Sequence[Any]) -> list[Any]:
        """Calls the function on copies; the leaves of what it returns."""
        fresh = iter(arrays)

        def take(leaf: ArraySpec | ScalarSpec) -> Any:
            value = np.array(next(fresh), order="C")
            if isinstance(leaf, ArraySpec):
                return value
            return value.item() if leaf.py else value[()]

        args = [rebuild(s, take) for s in self.args]
        kwargs = {n: rebuild(s, take) for n, s in self.kwargs.items()}
        if self.immutable:
            return self._leaves(self.fun(*args, **kwargs))
        before = _flat(args, kwargs)
        kept = [v.tobytes() if isinstance(v, np.ndarray) else v for v in before]
        result = self.fun(*args, **kwargs)
        self._unwritten(_flat(args, kwargs), before, kept)
        return self._leaves(result)

    def _leaves(self, result: Any) -> list[Any]:
        """The leaves of a result. Raises AnvilError if it is not what `out` says."""
        found: list[Any] = []
        self._conform(result, self.out, "", found)
        return found

    def _unwritten(self, after: Sequence[Any], before: Sequence[Any], kept: Sequence[Any]) -> None:
        """Raises AnvilError if the function has written to its arguments, which are copies."""
        same = len(after) == len(before) and all(
            a is b and (not isinstance(a, np.ndarray) or a.tobytes() == k)
            for a, b, k in zip(after, before, kept, strict=True)
        )
        if not same:
            raise error("extern-writes", f"{self.name} has written to one of its arguments")

    def _conform(self, value: Any, spec: Spec, path: str, found: list[Any]) -> None:
        """Appends the leaves of a result. Raises AnvilError if it is not what `out` says."""
        if isinstance(spec, ArraySpec | ScalarSpec):
            a = np.asarray(value) if is_number(value) or is_array(value) else None
            plain = type(value) is not np.ndarray and isinstance(value, np.ndarray)
            if a is None or plain or a.dtype != spec.type.dtype.np or a.shape != spec.type.shape:
                self._mismatch(value, spec, path)
            found.append(np.array(a, order="C"))
        elif isinstance(spec, StaticSpec):
            if value is not None:
                self._mismatch(value, spec, path)
        elif isinstance(spec, DictSpec):
            if not isinstance(value, dict) or set(value) != set(spec.keys):
                self._mismatch(value, spec, path)
            for key, item in zip(spec.keys, spec.items, strict=True):
                self._conform(value[key], item, f"{path}[{key!r}]", found)
        else:
            wanted = list if isinstance(spec, ListSpec) else getattr(spec, "cls", None) or tuple
            if not isinstance(value, wanted) or len(value) != len(spec.items):
                self._mismatch(value, spec, path)
            for i, (v, item) in enumerate(zip(value, spec.items, strict=True)):
                self._conform(v, item, f"{path}[{i}]", found)

    def _mismatch(self, value: Any, spec: Spec, path: str) -> None:
        try:
            shown = describe_spec(describe_argument(value))
        except AnvilError:
            shown = f"a {type(value).__name__}"
        where = f" at {path}" if path else ""
        what = f"{self.name} has returned {shown}{where}, and `out` says {describe_spec(spec)}"
        raise error("extern-result", what)


def _flat(args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Any]:
    found: list[Any] = []
    for value in (*args, *kwargs.values()):
        describe_argument(value, found)
    return found


_MISSING: Any = object()


@boundary
def extern(
    fun: Fn | None = None,
    *,
    out: Any = _MISSING,
    jvp: Fn | None = None,
    vjp: tuple[Fn, Fn] | None = None,
    fd: bool | float = False,
    pure: bool = False,
) -> Any:
    """A function that cannot be compiled, to be called by compiled code; also a decorator.

    out     the type of the result: float, np.float64, `anvil.ShapeDtype(shape, dtype)`,
            `anvil.like(0)` (as that argument), None; tuples, lists and dicts of these; or a
            function from the types of the arguments to that
    jvp     a rule: `(primals, tangents) -> (result, tangent)`, as for `custom_jvp`
    vjp     a rule: `(fwd, bwd)`, as for `custom_vjp`
    fd      True for central differences; a number is their step, relative to max(1, |x|)
    pure    the result depends on nothing but the arguments and nothing else happens: the call may
            be left out, shared, or made again

    Calls happen where Python would make them, in order. The function gets copies of the arguments.
    """
    if fun is None:
        return functools.partial(extern, out=out, jvp=jvp, vjp=vjp, fd=fd, pure=pure)
    if not callable(fun):
        raise error("not-callable", f"extern expects a function, got {type(fun).__name__}")
    if out is _MISSING:
        hint = "write out=float, out=anvil.like(0) or out=anvil.ShapeDtype(shape, dtype)"
        raise error("bad-option", "extern wants to know the type of the result: out=", hint=hint)
    rules = [("jvp", jvp), ("vjp", vjp), ("fd", fd or None)]
    given = [name for name, rule in rules if rule is not None]
    if len(given) > 1:
        raise error("bad-option", f"extern takes one derivative rule, not {' and '.join(given)}")
    if fd and not (fd is True or 0 < fd < 1):
        raise error("bad-option", f"fd is True or a step between 0 and 1, not {fd!r}")
    step = 0.0 if fd is True else float(fd)
    return Extern(fun, out, given[0] if given else "", _functions(jvp, vjp), step, bool(pure))


def _functions(jvp: Any, vjp: Any) -> tuple[Fn, ...]:
    """The functions of a rule. Raises AnvilError."""
    functions: tuple[Fn, ...] = () if jvp is None else (jvp,)
    if vjp is not None:
        if not isinstance(vjp, tuple | list) or len(vjp) != 2:
            raise error("bad-option", "vjp is a pair of functions, (fwd, bwd)")
        functions = tuple(vjp)
    for rule in functions:
        if not callable(rule):
            raise error("not-callable", f"a rule is a function, not {type(rule).__name__}")
    return functions
