"""What functions written in plain Python call to refuse their arguments, or to ask about them.

They are intrinsics: the front end runs them while it compiles.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract, Known


def refuse(code: str, message: str) -> NoReturn:
    """Refuses the program; only called in compiled code."""
    raise AssertionError((code, message))


def static(value: Any) -> Any:
    """The value, which has to be known while compiling."""
    return value


def is_python_number(value: Any) -> bool:
    """Whether the value is a Python number."""
    return isinstance(value, bool | int | float | complex)


def is_known(value: Any) -> bool:
    """Whether the value is known while compiling."""
    return True


def _is_known(ctx: Context, value: Any) -> Abstract:
    return ctx.constant(ctx.is_known(value))


_RAISED = {
    "bad-operand": TypeError,
    "bad-shape": ValueError,
    "bad-value": ValueError,
    "index-out-of-range": IndexError,
    "shape-mismatch": ValueError,
}


def _refuse(ctx: Context, code: Any, message: Any) -> Abstract:
    """Where lengths that the data decide lead here, it is for the program to raise."""
    raised = _RAISED.get(ctx.known(code)) if ctx.b.depth > 1 else None
    if raised is not None:
        ctx.fail(raised, ctx.known(message))
    ctx.error(ctx.known(code), ctx.known(message))


def _static(ctx: Context, value: Any) -> Abstract:
    return ctx.constant(ctx.known(value, "an argument of this function"))


def _is_python_number(ctx: Context, value: Any) -> Abstract:
    return ctx.constant(ctx.kind_of(value) == "py")


# ---- properties that types decide


def _shape(ctx: Context, a: Any) -> Abstract:
    return ctx.constant(ctx.shape_of(a))


def _ndim(ctx: Context, a: Any) -> Abstract:
    return ctx.constant(len(ctx.shape_of(a)))


def _size(ctx: Context, a: Any, axis: Any = None) -> Abstract:
    shape = ctx.shape_of(a)
    return ctx.constant(int(np.prod([shape[i] for i in ctx.axes(axis, len(shape))], dtype=int)))


def _result_type(ctx: Context, *arrays_and_dtypes: Any) -> Abstract:
    parts: list[Any] = []
    for v in arrays_and_dtypes:
        if ctx.is_arraylike(v):
            dtype, weak = ctx.strength(v)
            parts.append({"b": False, "i": 0, "f": 0.0, "c": 0j}[dtype.kind] if weak else dtype.np)
        else:
            parts.append(ctx.known(v))
    return ctx.constant(np.result_type(*parts))


def _is_complex_type(expected: bool) -> Intrinsic:
    def run(ctx: Context, x: Any) -> Abstract:
        return ctx.constant((ctx.type_of(x).dtype.kind == "c") is expected)

    return Intrinsic(run)


def _is_scalar(ctx: Context, element: Any) -> Abstract:
    return ctx.constant(ctx.kind_of(element) in ("py", "np"))


def _bytes(ctx: Context, a: Any) -> Abstract:
    t = ctx.type_of(a)
    return ctx.constant(t.size * t.dtype.np.itemsize)


def about(rule: Callable[..., Any], *first: Any, known: Sequence[str] = ()) -> Intrinsic:
    """A rule in plain Python with its first arguments given, and some arguments known while
    compiling: arrays among these arrive as nested tuples.
    """
    signature = inspect.signature(rule)
    names = list(signature.parameters)[len(first) :]

    def run(ctx: Context, *args: Any, **kwargs: Any) -> Abstract:
        given = [*map(Known, first), *(_given(ctx, *pair) for pair in _named(names, args))]
        named = {k: _given(ctx, k, v) for k, v in kwargs.items()}
        found: Abstract = ctx.session.calls.call_entry(ctx, rule, given, named)
        return found

    def _given(ctx: Context, name: str, v: Any) -> Abstract:
        return ctx.lifted(_plain(ctx.known(v, f"`{name}`")) if name in known else v)

    parameters = list(signature.parameters.values())[len(first) :]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return Intrinsic(run)


def _named(names: Sequence[str], args: Sequence[Any]) -> list[tuple[str, Any]]:
    return [(names[i] if i < len(names) else "", a) for i, a in enumerate(args)]


def _plain(value: Any) -> Any:
    """Arrays and lists as nested tuples."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def known_only(fn: Callable[..., Any]) -> Intrinsic:
    """A function of shapes and sizes, run while compiling."""

    def run(ctx: Context, *args: Any, **kwargs: Any) -> Abstract:
        what = f"an argument of {fn.__name__}"
        given = [ctx.known(a, what) for a in args]
        try:
            return ctx.constant(fn(*given, **{k: ctx.known(v, what) for k, v in kwargs.items()}))
        except (ValueError, TypeError, AttributeError) as error:
            code = "bad-value" if isinstance(error, ValueError) else "bad-operand"
            ctx.error(code, str(error).split("\n")[0])

    return Intrinsic(run)


FUNCTIONS: dict[Any, Intrinsic] = {
    refuse: Intrinsic(_refuse),
    static: Intrinsic(_static),
    is_python_number: Intrinsic(_is_python_number),
    is_known: Intrinsic(_is_known),
    np.shape: Intrinsic(_shape),
    np.ndim: Intrinsic(_ndim),
    np.size: Intrinsic(_size),
    np.result_type: Intrinsic(_result_type),
    np.iscomplexobj: _is_complex_type(True),
    np.isrealobj: _is_complex_type(False),
    np.isscalar: Intrinsic(_is_scalar),
    np.issubdtype: known_only(np.issubdtype),
    np.broadcast_shapes: known_only(np.broadcast_shapes),
    np.triu_indices: known_only(np.triu_indices),
    np.tril_indices: known_only(np.tril_indices),
    np.diag_indices: known_only(np.diag_indices),
    np.indices: known_only(np.indices),
}

ATTRIBUTES: dict[str, Intrinsic] = {"nbytes": Intrinsic(_bytes)}
