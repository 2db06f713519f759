"""The public transforms. Each returns a compiled function, and each can be used inside compiled
code.

`MARKERS` and `opened` tell the front end what they mean: a call of `anvil.grad(f)` in a compiled
function becomes an op on `f`'s program, not a call of this module.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from inspect import CO_VARARGS
from types import FunctionType, MethodType
from typing import Any

from anvil.api.cache import Family
from anvil.api.extern import Extern, extern
from anvil.api.function import Function
from anvil.api.specialisation import JitOptions
from anvil.errors import boundary, error
from anvil.opt.pipeline import PIPELINES
from anvil.parser.state.guards import remade
from anvil.parser.transforms.api import Opened, Transforms

Fn = Callable[..., Any]
Argnums = int | Sequence[int]
OUTS = ("follow", "jax", "numpy")


def _of(kind: str, fun: Fn, jit_options: JitOptions | None = None, **options: Any) -> Function:
    """The compiled function of a transform: the same one for the same function and options.

    Functions are the same if they have the same code, cells and defaults, so a lambda that is made
    anew in every iteration of a loop is compiled once.
    """
    _function(kind, fun)
    given = (kind, jit_options, *((k, _hashable(v)) for k, v in options.items()))
    try:
        found = _MADE.get((_identity(fun), given))
    except TypeError:
        return Function(Opened(kind, fun, options), TRANSFORMS, jit_options)
    if found is None:
        form = _form(fun)
        family = None if form is None else _kept(_FAMILIES, (form, given), Family)
        made = Function(Opened(kind, fun, options), TRANSFORMS, jit_options, family)
        made.form = None if form is None else (form, given)
        found = _kept(_MADE, (_identity(fun), given), lambda: made, 128)
    return found


def _kept(table: dict[Any, Any], key: Any, make: Callable[[], Any], most: int = 1024) -> Any:
    """The entry of a table that forgets its oldest; made if it is not there."""
    found = table.get(key)
    if found is None:
        found = table[key] = make()
        if len(table) > most:
            table.pop(next(iter(table)))
    return found


def _function(name: str, fun: Any) -> None:
    if not callable(fun):
        raise error("not-callable", f"{name} expects a function, got {type(fun).__name__}")


_MADE: dict[Any, Function] = {}
"""Compiled functions by what they were made of, oldest first; each keeps its function alive."""
_FAMILIES: dict[Any, Family] = {}
"""What functions share that were made by the same code."""


def _identity(fun: Any) -> Any:
    """What two functions have in common exactly if they will always behave alike."""
    if isinstance(fun, FunctionType):
        defaults = (*(fun.__defaults__ or ()), *(fun.__kwdefaults__ or {}).values())
        cells = fun.__closure__ or ()
        return (fun.__code__, id(fun.__globals__), *map(id, cells), *map(id, defaults))
    if isinstance(fun, MethodType):
        return (_identity(fun.__func__), id(fun.__self__))
    return ("object", id(fun))


def _form(fun: Any) -> Any:
    """What a function has in common with those that the same code makes; None if it is the only
    one.
    """
    if isinstance(fun, FunctionType):
        code = fun.__code__
        return (code, code.co_filename, id(fun.__globals__)) if remade(fun) else None
    if isinstance(fun, Function):
        return fun.form
    if isinstance(fun, functools.partial):
        inner = _form(fun.func) or _identity(fun.func)
        return ("partial", inner, len(fun.args), tuple(fun.keywords))
    return None


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, list | tuple) else value


@boundary
def jit(
    fun: Fn | None = None,
    *,
    static_argnums: Argnums = (),
    donate_argnums: Argnums = (),
    device: Any = None,
    in_shardings: Any = None,
    out_shardings: Any = None,
    checks: bool = True,
    out: str = "follow",
    optimise: str = "O2",
    compiler_options: Mapping[str, Any] | None = None,
) -> Any:
    """Compiles a function of arrays, scalars and containers of them; also a decorator.

    static_argnums  arguments that are known while compiling (rarely needed: an int that decides a
                    shape becomes static by itself, and `explain()` says so)
    donate_argnums  arguments whose memory the results may take
    device, in_shardings, out_shardings, compiler_options   as in `jax.jit`, leaf by leaf
    checks          False drops the checks on indices, division and asserts
    out             "follow" the inputs (jax Arrays in, jax Arrays out; otherwise NumPy), "jax" or
                    "numpy"
    optimise        the pipeline: "O0", "O1" or "O2"
    """
    if fun is None:
        keywords = {k: v for k, v in locals().items() if k != "fun"}
        return functools.partial(jit, **keywords)
    if out not in OUTS:
        raise error("bad-option", f"out is one of {', '.join(map(repr, OUTS))}, not {out!r}")
    if optimise not in PIPELINES:
        known = ", ".join(map(repr, PIPELINES))
        raise error("bad-option", f"optimise is one of {known}, not {optimise!r}")
    _function("jit", fun)
    options = JitOptions(
        static_argnums=_positions(fun, static_argnums, "static_argnums"),
        donate_argnums=_numbers(donate_argnums, "donate_argnums"),
        device=device,
        in_shardings=in_shardings,
        out_shardings=out_shardings,
        checks=checks,
        out=out,
        pipeline=optimise,
        compiler_options=compiler_options,
    )
    return _of("jit", fun, options)


def _numbers(argnums: Argnums, name: str = "argnums") -> tuple[int, ...]:
    """The numbers of arguments. Raises AnvilValueError for anything else."""
    given = (argnums,) if isinstance(argnums, int) else argnums
    if not isinstance(given, tuple | list) or not all(isinstance(i, int) for i in given):
        raise error("bad-argnums", f"{name} is an int or a tuple of ints, not {argnums!r}")
    if len(set(given)) != len(given):
        raise error("bad-argnums", f"{name}={argnums} names an argument twice")
    return tuple(given)


def _positions(fun: Fn, argnums: Argnums, name: str) -> tuple[int, ...]:
    """`_numbers` that are positions of the function's parameters, where these can be counted."""
    numbers = _numbers(argnums, name)
    inner = fun.__func__ if isinstance(fun, MethodType) else fun
    if not numbers or not isinstance(inner, FunctionType) or inner.__code__.co_flags & CO_VARARGS:
        return numbers
    n = inner.__code__.co_argcount - (inner is not fun)
    if not all(-n <= i < n for i in numbers):
        takes = f"{inner.__name__} takes {n} positional argument{'s' * (n != 1)}"
        raise error("bad-argnums", f"{name}={argnums}, and {takes}")
    if len({i % n for i in numbers}) != len(numbers):
        raise error("bad-argnums", f"{name}={argnums} names an argument twice")
    return numbers


def _argnums(argnums: Argnums) -> int | tuple[int, ...]:
    numbers = _numbers(argnums)
    if not numbers:
        raise error("bad-argnums", "argnums names no argument")
    return argnums if isinstance(argnums, int) else numbers


@boundary
def grad(
    fun: Fn, argnums: Argnums = 0, has_aux: bool = False, transform: str = "default"
) -> Function:
    """The gradient of a scalar function with respect to the arguments `argnums`.

    The result has the structure of the argument (a tuple for several), with None at leaves that are
    not float or complex. With `has_aux` the function returns `(value, aux)` and its gradient
    `(gradient, aux)`. For a real function of complex z it is df/dx - i df/dy: its conjugate is the
    direction of steepest ascent. Kinks follow docs/derivatives.md. `transform` picks a reverse-mode
    transform by name.
    """
    return _of("grad", fun, argnums=_argnums(argnums), has_aux=has_aux, transform=transform)


@boundary
def value_and_grad(
    fun: Fn, argnums: Argnums = 0, has_aux: bool = False, transform: str = "default"
) -> Function:
    """`(value, gradient)` of a scalar function, the function being evaluated once; see `grad`."""
    return _of(
        "value_and_grad", fun, argnums=_argnums(argnums), has_aux=has_aux, transform=transform
    )


@boundary
def jacfwd(fun: Fn, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The Jacobian by forward mode: axes of the result first, then those of the argument."""
    return _of("jacfwd", fun, argnums=_argnums(argnums), has_aux=has_aux)


@boundary
def jacrev(fun: Fn, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The Jacobian by reverse mode: axes of the result first, then those of the argument."""
    return _of("jacrev", fun, argnums=_argnums(argnums), has_aux=has_aux)


@boundary
def jacobian(fun: Fn, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The Jacobian by the mode that takes fewer passes: forward for few inputs, else reverse. With
    `has_aux` the function returns `(value, aux)`, and its Jacobian function `(jacobian, aux)`.
    """
    return _of("jacobian", fun, argnums=_argnums(argnums), has_aux=has_aux)


@boundary
def hessian(fun: Fn, argnums: Argnums = 0, has_aux: bool = False) -> Function:
    """The matrix of second derivatives: forward mode over reverse mode."""
    return _of("hessian", fun, argnums=_argnums(argnums), has_aux=has_aux)


@boundary
def vmap(fun: Fn, in_axes: Any = 0, out_axes: Any = 0) -> Function:
    """Maps a function over an axis of its arguments.

    in_axes   an int, None (not mapped), or a tuple with one of these per argument
    out_axes  where the mapped axis is in the results; None for a result that all lanes share
    Branches and loops on mapped data run masked: a lane that has finished is frozen.
    """
    axes = tuple(in_axes) if isinstance(in_axes, list) else in_axes
    return _of("vmap", fun, in_axes=axes, out_axes=out_axes)


def _entry(name: str, fun: Fn) -> Function:
    """The compiled function behind a transform that is called at a point (see _AT_POINT)."""
    _function(name, fun)
    key = (name, _identity(fun))
    made = _POINTS.get(key)
    if made is None:
        made = _kept(_POINTS, key, lambda: (_of("jit", _AT_POINT[name](fun)), fun), 128)
    return made[0]


_POINTS: dict[Any, tuple[Function, Fn]] = {}
"""Entries by transform and function, oldest first."""


def _jvp_at(fun: Fn) -> Fn:
    def at(primals: Any, tangents: Any) -> Any:
        return jvp(fun, primals, tangents)

    return at


def _pullback_at(fun: Fn) -> Fn:
    def at(primals: Any, cotangent: Any) -> Any:
        return vjp(fun, *primals)[1](cotangent)

    return at


def _hvp_at(fun: Fn) -> Fn:
    def at(primals: Any, tangents: Any) -> Any:
        return hvp(fun, primals, tangents)

    return at


_AT_POINT: dict[str, Callable[[Fn], Fn]] = {
    "jit": lambda fun: fun,
    "jvp": _jvp_at,
    "pullback": _pullback_at,
    "hvp": _hvp_at,
}


@boundary
def jvp(fun: Fn, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """`(f(*primals), derivative of f at primals along tangents)`: forward mode.

    `tangents` has the structure of `primals`; None stands for zero.
    """
    _sequences("jvp", primals, tangents)
    found: tuple[Any, Any] = _entry("jvp", fun)(tuple(primals), tuple(tangents))
    return found


def _sequences(name: str, primals: Any, tangents: Any) -> None:
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, tuple | list):
            kind = type(given).__name__
            message = f"{name}: the {what} are a tuple with one per argument, not {kind}"
            raise error("bad-tangent", message, hint=f"write ({what[:-1]},) for one argument")


@boundary
def vjp(fun: Fn, *primals: Any) -> tuple[Any, Fn]:
    """`(f(*primals), pullback)`: `pullback(ct)` are the cotangents of the primals, as a tuple."""
    _function("vjp", fun)
    value = _entry("jit", fun)(*primals)
    entry = _entry("pullback", fun)

    @boundary
    def pullback(cotangent: Any) -> Any:
        """The cotangents of the primals for a cotangent of the result."""
        return entry(primals, cotangent)

    return value, pullback


@boundary
def linearize(fun: Fn, *primals: Any) -> tuple[Any, Fn]:
    """`(f(*primals), df)`: `df(*tangents)` is the derivative of f at primals along tangents."""
    _function("linearize", fun)
    value = _entry("jit", fun)(*primals)
    entry = _entry("jvp", fun)

    @boundary
    def differential(*tangents: Any) -> Any:
        """The derivative along tangents with the structure of the primals."""
        return entry(primals, tangents)[1]

    return value, differential


@boundary
def hvp(fun: Fn, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The Hessian of a scalar function at `primals` times `tangents`, for the first argument."""
    _sequences("hvp", primals, tangents)
    return _entry("hvp", fun)(tuple(primals), tuple(tangents))


@boundary
def stop_gradient(x: Any) -> Any:
    """`x`, through which no derivative passes (every leaf of a container)."""
    return x


class custom_jvp:
    """A function with a forward rule of its own; reverse mode is derived from it.

    @anvil.custom_jvp
    def f(x): ...
    @f.defjvp
    def f_jvp(primals, tangents):          # -> (f(*primals), tangent of the result)
        ...
    """

    @boundary
    def __init__(self, fun: Fn) -> None:
        _function("custom_jvp", fun)
        self.fun = fun
        self.rule: Fn | None = None
        functools.update_wrapper(self, fun)

    @boundary
    def defjvp(self, rule: Fn) -> Fn:
        """Sets the rule: `(primals, tangents) -> (result, tangent)`, linear in the tangents."""
        _function("defjvp", rule)
        self.rule = rule
        return rule

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function itself, compiled."""
        return _entry("jit", self.fun)(*args, **kwargs)


class custom_vjp:
    """A function with a reverse rule of its own; forward mode is derived by transposing it.

    @anvil.custom_vjp
    def f(x): ...
    f.defvjp(fwd, bwd)      # fwd(*args) -> (result, residuals); bwd(residuals, ct) -> cts of args

    A `bwd` that is not linear in the cotangent (clipping, say) works in reverse mode only.
    """

    @boundary
    def __init__(self, fun: Fn) -> None:
        _function("custom_vjp", fun)
        self.fun = fun
        self.fwd: Fn | None = None
        self.bwd: Fn | None = None
        functools.update_wrapper(self, fun)

    @boundary
    def defvjp(self, fwd: Fn, bwd: Fn) -> None:
        """Sets the rule."""
        _function("defvjp", fwd)
        _function("defvjp", bwd)
        self.fwd, self.bwd = fwd, bwd

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The function itself, compiled."""
        return _entry("jit", self.fun)(*args, **kwargs)


def opened(obj: Any) -> Opened | None:
    """What a transformed function is made of, for the front end."""
    if isinstance(obj, Function):
        return obj.target
    if isinstance(obj, Extern):
        return Opened("extern", obj.fun)
    if isinstance(obj, custom_jvp):
        if obj.rule is None:
            raise error("bad-rule", f"{obj.fun.__name__} has no rule: give one with defjvp")
        return Opened("custom_jvp", obj.fun, {"jvp": obj.rule})
    if isinstance(obj, custom_vjp):
        if obj.fwd is None:
            raise error("bad-rule", f"{obj.fun.__name__} has no rule: give one with defvjp")
        return Opened("custom_vjp", obj.fun, {"fwd": obj.fwd, "bwd": obj.bwd})
    return None


MARKERS: Mapping[Any, str] = {
    f: f.__name__
    for f in (jit, grad, value_and_grad, jacfwd, jacrev, jacobian, hessian, vmap)
    + (jvp, vjp, linearize, hvp, stop_gradient, custom_jvp, custom_vjp, extern)
}
TRANSFORMS = Transforms(markers=MARKERS, opened=opened)
