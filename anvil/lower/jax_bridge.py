"""Everything anvil takes from jax's private interface, in one file.

One primitive, `anvil_call`, runs a StableHLO `Module`: its lowering parses the module's text and
merges it into the enclosing one, so whatever jax does to a program (C++ dispatch, one XLA
compilation, placement, sharding, donation, the persistent cache) it does to anvil's. Its rules for
jax's own transforms come from the module's `rules`:

    jvp        y, dy = jvp(x, dx)                        the module `rules.jvp`
    linearize  y, r  = forward(x);  dy = linear(x, r, dx)    `linear` is a second primitive,
    transpose  dx    = backward(r, dy)                       `anvil_linear`: it computes with jvp's
                                                             module and transposes to `backward`
    batch      y     = batch(x), batch axes in front

Not supported: jax.checkpoint around a call in foreign code; jax says that linearization failed.
64-bit types are switched on around these calls only, in the calling thread, for 0.16 us.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial, wraps
from typing import Any, Final, ParamSpec, TypeVar

import jax
import numpy as np
from jax._src import compiler as _compiler
from jax._src import config, core
from jax._src import dispatch as _dispatch
from jax._src.array import ArrayImpl
from jax._src.interpreters import ad as _ad
from jax._src.interpreters import batching as _batching
from jax._src.interpreters import mlir as _mlir
from jax._src.interpreters.partial_eval import DynamicJaxprTracer
from jax._src.lib import pytree
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import func as func_dialect

from anvil.lower.module import NOT_INLINED, LeafType, Module, SignatureMismatch

ad: Any = _ad
batching: Any = _batching
compiler: Any = _compiler
dispatch: Any = _dispatch
mlir: Any = _mlir

P = ParamSpec("P")
R = TypeVar("R")

JaxArray: Final[type[Any]] = ArrayImpl
"""The class of jax's arrays, for `type(x) is JaxArray`; tracers are of other classes."""

AttributeKey: Final[Any] = pytree.GetAttrKey
ItemKey: Final[Any] = pytree.DictKey

HOST_CALL: Final = "anvil_host_call"
"""Target name of the custom calls that run `Module.callbacks[int(backend_config)]` on the host."""

EXTRA_OPTIONS: Final = "xla_backend_extra_options"

swap_x64: Final[Callable[[Any], Any]] = config.enable_x64.swap_local
restore_x64: Final[Callable[[Any], None]] = config.enable_x64.set_local


@contextmanager
def x64() -> Iterator[None]:
    """Switch 64-bit types on in this thread while the block runs."""
    previous = swap_x64(True)
    try:
        yield
    finally:
        restore_x64(previous)


def with_x64(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` with 64-bit types switched on."""

    @wraps(function)
    def inner(*args: P.args, **kwargs: P.kwargs) -> R:
        with x64():
            return function(*args, **kwargs)

    return inner


def is_tracer_type(cls: type[Any]) -> bool:
    """Whether values of this class are placeholders of some jax transform in progress."""
    return issubclass(cls, core.Tracer)


def settled(tracer: Any) -> Any:
    """A placeholder whose value has the dtype that it shows.

    Without 64-bit types jax shows a float64 NumPy array under jvp or vmap as float32 and keeps it
    as it is, to be rounded where it is used: with 64-bit types on, it would not be.
    """
    if config.enable_x64.value or isinstance(tracer, DynamicJaxprTracer):
        return tracer
    return jax.device_put(tracer)


def is_tracing() -> bool:
    """Whether jax is tracing a program in this thread."""
    return not core.trace_state_clean()


def new_registry() -> Any:
    """A fresh jaxlib (C++) pytree registry: tuples, lists and namedtuples; None is a leaf."""
    return pytree.PyTreeRegistry(enable_none=False, enable_dict=False)


def avals(types: Sequence[LeafType]) -> list[Any]:
    """jax's abstract values for leaf types, kept at 64 bits."""
    return [core.ShapedArray(shape, dtype) for dtype, shape in types]


# --- the primitive --------------------------------------------------------------------------------

call_p: Final[Any] = core.Primitive("anvil_call")
call_p.multiple_results = True


def call(module: Module, *args: Any) -> list[Any]:
    """Bind the primitive: run `module`, or add it to the program being traced."""
    result: list[Any] = call_p.bind(*args, module=module)
    return result


@with_x64
def _impl(*args: Any, module: Module) -> Any:
    return dispatch.apply_primitive(call_p, *args, module=module)


def _abstract_eval(*args: Any, module: Module) -> list[Any]:
    given = tuple((np.dtype(a.dtype), tuple(a.shape)) for a in args)
    if given != module.in_types:
        want, got = (", ".join(f"{d}{list(s)}" for d, s in ts) for ts in (module.in_types, given))
        raise SignatureMismatch(f"{module.name} was compiled for ({want}) and got ({got})")
    return avals(module.out_types)


call_p.def_impl(_impl)
call_p.def_abstract_eval(_abstract_eval)


def _lower(ctx: Any, *args: Any, module: Module) -> Any:
    cpu = "cpu" in ctx.module_context.platforms
    with ctx.module_context.context:
        inner = ir.Module.parse(module.text if cpu else module.text.replace(NOT_INLINED, ""))
    _check_one_entry(inner, module)
    if module.callbacks:
        _bind_callbacks(ctx.module_context, inner, module)
    outer = ctx.module_context
    symbol = mlir.merge_mlir_modules(outer.module, module.name, inner, outer.symbol_table)
    types = [mlir.aval_to_ir_type(outer, a) for a in ctx.avals_out]
    return func_dialect.CallOp(types, ir.FlatSymbolRefAttr.get(symbol), args).results


mlir.register_lowering(call_p, _lower, cacheable=False)


def _check_one_entry(inner: Any, module: Module) -> None:
    names = [op.attributes["sym_name"].value for op in inner.body.operations]
    if names.count("main") != 1:
        raise ValueError(f"{module.name}: the text must define one @main, it defines {names}")


def _bind_callbacks(outer: Any, inner: Any, module: Module) -> None:
    """Turn each `anvil_host_call` into jaxlib's Python callback on this platform."""
    platform = "gpu" if outer.platforms[0] in ("cuda", "rocm") else "cpu"
    first = len(outer.host_callbacks)
    for callback in module.callbacks:
        outer.add_host_callback(partial(_host_call, callback))

    target = ir.StringAttr.get(f"xla_ffi_python_{platform}_callback", outer.context)

    def visit(op: Any) -> Any:
        found = op.attributes
        if op.name == "stablehlo.custom_call" and found["call_target_name"].value == HOST_CALL:
            index = first + int(found["backend_config"].value)
            unsigned = ir.IntegerAttr.get(ir.IntegerType.get_unsigned(64), index)
            found["call_target_name"] = target
            found["backend_config"] = ir.StringAttr.get("")
            found["mhlo.backend_config"] = ir.DictAttr.get({"index": unsigned})
            found["operand_layouts"] = _row_major(op.operands)
            found["result_layouts"] = _row_major(op.results)
        return ir.WalkResult.ADVANCE

    with outer.context, ir.Location.unknown(outer.context):
        inner.operation.walk(visit)


def _row_major(values: Any) -> Any:
    ranks = [ir.RankedTensorType(v.type).rank for v in values]
    layouts: list[Any] = [np.arange(r - 1, -1, -1, dtype=np.int64) for r in ranks]
    index = ir.IndexType.get()
    return ir.ArrayAttr.get([ir.DenseIntElementsAttr.get(a, type=index) for a in layouts])


def _host_call(callback: Callable[..., Any], token: Any, *args: Any) -> tuple[Any, ...]:
    results = callback(*(np.asarray(a) for a in args))
    return (np.asarray(token),) if results is None else tuple(results)


def functions_text(lowered: Any, name: str) -> str:
    """The functions of a lowered jax program, private, `main` renamed and the others prefixed."""
    module = lowered.compiler_ir("stablehlo")
    with module.context:
        symbols = ir.SymbolTable(module.operation)
        functions = list(module.body.operations)
        for op in functions:
            if op.operation.name != "func.func":
                raise NotImplementedError(f"{name}: its lowering needs {op.operation.name}")
            old = op.attributes["sym_name"].value
            new = name if old == "main" else f"{name}.{old}"
            for user in functions:
                symbols.replace_all_symbol_uses(old, new, user.operation)
            symbols.set_symbol_name(op, new)
            op.attributes["sym_visibility"] = ir.StringAttr.get("private")
            for attribute in ("arg_attrs", "res_attrs"):
                if attribute in op.attributes:
                    del op.attributes[attribute]
        return "\n".join(op.operation.get_asm(large_elements_limit=None) for op in functions)


# --- rules for jax's transforms -------------------------------------------------------------------


def _is_zero(tangent: Any) -> bool:
    return type(tangent) is ad.Zero or getattr(tangent, "dtype", None) == jax.dtypes.float0


def _spread(mask: Sequence[bool], values: Sequence[Any], types: Sequence[LeafType]) -> list[Any]:
    """`values` where the mask is true, symbolic zeros elsewhere."""
    rest = iter(values)
    zeros = [ad.Zero(a.to_tangent_aval()) for a in avals(types)]
    return [next(rest) if moves else zero for moves, zero in zip(mask, zeros, strict=True)]


def _rules(module: Module) -> Any:
    if module.rules is None:
        raise NotImplementedError(f"{module.name} was compiled without rules for jax's transforms")
    return module.rules


@with_x64
def _jvp(primals: Sequence[Any], tangents: Sequence[Any], *, module: Module) -> tuple[Any, Any]:
    moving = [t for t in tangents if not _is_zero(t)]
    derived, mask = _rules(module).jvp(tuple(not _is_zero(t) for t in tangents))
    outs = call(derived, *primals, *moving)
    count = len(module.out_types)
    return outs[:count], _spread(mask, outs[count:], module.out_types)


@with_x64
def _linearize(is_vjp: bool, nonzero: Sequence[bool], *primals: Any, module: Module) -> Any:
    del is_vjp
    rules, key = _rules(module), tuple(map(bool, nonzero))
    forward, backward, mask = rules.vjp(key)
    outs = call(forward, *primals)
    count = len(module.out_types)
    residuals = len(outs) - count
    linear = Linear(
        partial(rules.jvp, key), backward, mask, module.out_types, len(primals), residuals
    )

    def tangent_map(residuals: Sequence[Any], *tangents: Any) -> list[Any]:
        moving = [ad.instantiate_zeros(t) for t, n in zip(tangents, key, strict=True) if n]
        found = linear_p.bind(*residuals, *moving, linear=linear) if any(mask) else []
        return _spread(mask, found, module.out_types)

    return outs[:count], list(mask), [*primals, *outs[count:]], with_x64(tangent_map)


@with_x64
def _batch(args: Sequence[Any], dims: Sequence[Any], *, module: Module) -> tuple[Any, Any]:
    size = _axis_size(args, dims)
    fronted = [a if d is None else _front(a, d, size) for a, d in zip(args, dims, strict=True)]
    derived, out_batched = _rules(module).batch(tuple(d is not None for d in dims), size)
    return call(derived, *fronted), [0 if b else None for b in out_batched]


def _axis_size(args: Sequence[Any], dims: Sequence[Any]) -> int:
    return next(int(a.shape[d]) for a, d in zip(args, dims, strict=True) if d is not None)


def _front(value: Any, dim: int | None, size: int) -> Any:
    """`value` with its batch axis in front; without one, repeated."""
    return batching.bdim_at_front(value, dim, size)


ad.primitive_jvps[call_p] = _jvp
ad.primitive_linearizations[call_p] = _linearize
batching.primitive_batchers[call_p] = _batch


# --- the linear map of a linearised module --------------------------------------------------------


class Linear:
    """dy = linear(primals, residuals, dx), by the jvp module; dx = backward(residuals, dy)."""

    def __init__(
        self,
        jvp: Callable[[], tuple[Module, tuple[bool, ...]]],
        backward: Module,
        mask: Sequence[bool],
        out_types: Sequence[LeafType],
        primals: int,
        residuals: int,
    ) -> None:
        self._jvp = jvp
        self.backward = backward
        self.mask = tuple(mask)
        self.all_types = tuple(out_types)
        self.types = [t for t, m in zip(out_types, mask, strict=True) if m]
        self.primals = primals
        self.fixed = primals + residuals

    @cached_property
    def forward(self) -> Module:
        """The jvp module, asked for when the map is applied (a gradient never does)."""
        module, mask = self._jvp()
        if tuple(mask) != self.mask:
            raise ValueError(f"{module.name}: the jvp and vjp rules give different masks")
        return module

    def operands(self, args: Sequence[Any]) -> list[Any]:
        """The jvp module's operands among the linear map's."""
        return [*args[: self.primals], *args[self.fixed :]]

    def batched(self, args: Sequence[Any], dims: Sequence[Any]) -> tuple[Linear, list[Any]]:
        """The map and its operands, with a batch axis in front where there is one."""
        size = _axis_size(args, dims)
        places = zip(args, dims, range(len(args)), strict=True)
        operands = [a if d is None and i < self.fixed else _front(a, d, size) for a, d, i in places]
        has = tuple(d is not None or i >= self.fixed for i, d in enumerate(dims))
        cotangents = (True,) * len(self.types)
        key = (*has[self.primals : self.fixed], *cotangents)
        backward, _ = _rules(self.backward).batch(key, size)

        def forward() -> tuple[Module, tuple[bool, ...]]:
            module, out_batched = _rules(self.forward).batch(tuple(self.operands(has)), size)
            if not all(out_batched[len(self.all_types) :]):
                raise ValueError(f"{module.name}: a batched tangent must give batched results")
            return module, self.mask

        all_types = [(dtype, (size, *shape)) for dtype, shape in self.all_types]
        residuals = self.fixed - self.primals
        derived = Linear(forward, backward, self.mask, all_types, self.primals, residuals)
        return derived, operands


linear_p: Final[Any] = core.Primitive("anvil_linear")
linear_p.multiple_results = True


def _linear_abstract_eval(*args: Any, linear: Linear) -> list[Any]:
    del args
    return avals(linear.types)


@with_x64
def _apply(*args: Any, linear: Linear) -> list[Any]:
    return call(linear.forward, *linear.operands(args))[len(linear.all_types) :]


linear_p.def_impl(_apply)
linear_p.def_abstract_eval(_linear_abstract_eval)
mlir.register_lowering(linear_p, mlir.lower_fun(_apply, multiple_results=True))


@with_x64
def _linear_transpose(cotangents: Sequence[Any], *args: Any, linear: Linear) -> list[Any]:
    residuals = args[linear.primals : linear.fixed]
    seeds = [ad.instantiate_zeros(c) for c in cotangents]
    return [None] * linear.fixed + call(linear.backward, *residuals, *seeds)


@with_x64
def _linear_jvp(primals: Sequence[Any], tangents: Sequence[Any], *, linear: Linear) -> Any:
    outs = linear_p.bind(*primals, linear=linear)
    if all(_is_zero(t) for t in tangents[: linear.primals]):
        moved = [ad.instantiate_zeros(t) for t in tangents[linear.fixed :]]
        return outs, linear_p.bind(*primals[: linear.fixed], *moved, linear=linear)
    operands = linear.operands(primals), linear.operands(tangents)
    _, found = _jvp(*operands, module=linear.forward)
    return outs, found[len(linear.all_types) :]


@with_x64
def _linear_linearize(
    is_vjp: bool, nonzero: Sequence[bool], *args: Any, linear: Linear
) -> tuple[Any, ...]:
    if any(nonzero[: linear.primals]):
        return _linearize_forward(is_vjp, nonzero, args, linear)

    def tangent_map(residuals: Sequence[Any], *tangents: Any) -> list[Any]:
        moved = [ad.instantiate_zeros(t) for t in tangents[linear.fixed :]]
        return list(linear_p.bind(*residuals, *moved, linear=linear))

    outs = linear_p.bind(*args, linear=linear)
    return outs, [True] * len(outs), list(args[: linear.fixed]), with_x64(tangent_map)


def _linearize_forward(
    is_vjp: bool, nonzero: Sequence[bool], args: Sequence[Any], linear: Linear
) -> tuple[Any, ...]:
    """The general case, the point moves too: the jvp module is linearised."""
    outs, mask, residuals, inner = _linearize(
        is_vjp, linear.operands(nonzero), *linear.operands(args), module=linear.forward
    )
    count = len(linear.all_types)

    def tangent_map(residuals: Sequence[Any], *tangents: Any) -> list[Any]:
        return list(inner(residuals, *linear.operands(tangents))[count:])

    return outs[count:], mask[count:], residuals, tangent_map


@with_x64
def _linear_batch(args: Sequence[Any], dims: Sequence[Any], *, linear: Linear) -> tuple[Any, Any]:
    derived, operands = linear.batched(args, dims)
    return linear_p.bind(*operands, linear=derived), [0] * len(derived.types)


ad.primitive_jvps[linear_p] = _linear_jvp
ad.primitive_linearizations[linear_p] = _linear_linearize
ad.primitive_transposes[linear_p] = _linear_transpose
batching.primitive_batchers[linear_p] = _linear_batch


# --- compiler options XLA takes in a map ----------------------------------------------------------


def jit_options(options: dict[str, Any] | None) -> dict[str, Any] | None:
    """Options as `jax.jit(compiler_options=)` takes them, the map of backend options hashable."""
    if options and isinstance(options.get(EXTRA_OPTIONS), dict):
        _install_extra_options()
        return options | {EXTRA_OPTIONS: tuple(sorted(options[EXTRA_OPTIONS].items()))}
    return options


def _install_extra_options() -> None:
    """Teach jax's `get_compile_options` the one option that has no string form.

    `xla_backend_extra_options` is a map field, which XLA's option parser refuses; it is appended to
    the serialised options instead (repeated messages merge). Other calls are passed on unchanged.
    """
    original = compiler.get_compile_options
    if hasattr(original, "anvil_original"):
        return

    @wraps(original)
    def get_compile_options(*args: Any, **kwargs: Any) -> Any:
        overrides = dict(kwargs.get("env_options_overrides") or {})
        extra = overrides.pop(EXTRA_OPTIONS, None)
        if not isinstance(extra, tuple):
            return original(*args, **kwargs)
        options = original(*args, **kwargs | {"env_options_overrides": overrides})
        return options.ParseFromString(options.SerializeAsString() + _extra_options_field(extra))

    get_compile_options.anvil_original = original  # type: ignore[attr-defined]
    compiler.get_compile_options = get_compile_options


def _extra_options_field(extra: Sequence[tuple[str, Any]]) -> bytes:
    """CompileOptions{3: executable_build_options{3: debug_options{500: map}}} on the wire."""
    entries = (_message(1, str(k).encode()) + _message(2, str(v).encode()) for k, v in extra)
    return _message(3, _message(3, b"".join(_message(500, e) for e in entries)))


def _message(field: int, payload: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
