"""The Builder: ops are typed, folded, numbered and simplified as they are emitted.

Everything that makes a program goes through `emit`: the type rule runs, constants fold, an equal
pure op already in scope is returned instead of a copy, and the kind's exact peephole applies. Every
op is pure (effects are ordered by tokens, which are ordinary values), so numbering needs no
exceptions.

`b.add(x, y)` is `b.emit("add", (x, y))`; names that are Python keywords take a trailing underscore
(`b.and_`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import numpy as np

from anvil.ir.loc import UNKNOWN, AnyLoc
from anvil.ir.opkind import REGISTRY, OpKind
from anvil.ir.records import (
    ArrayData,
    Atom,
    Attrs,
    Const,
    Func,
    FuncRef,
    Op,
    Origin,
    Region,
    Scalar,
    Value,
)
from anvil.ir.types import I64, TOKEN, Array, ArrayType, DType, Type, array, dtype_of

Env = dict[Value, Atom]
_NO_ATTRS: Attrs = {}


class Frame:
    """A region under construction: parameters, ops so far, and the table of ops by value number.

    `given` is a condition on which it runs: an atom, whether it holds, and ops that compute it.
    """

    __slots__ = ("given", "label", "ops", "params", "table")

    def __init__(self, label: str, params: tuple[Value, ...]) -> None:
        self.label = label
        self.params = params
        self.ops: list[Op] = []
        self.given: tuple[Atom, bool, Sequence[Op]] | None = None
        self.table: dict[object, tuple[Value, ...]] = {}


class Builder:
    """Builds the ops of one function, region by region. `loc` is stamped on what is emitted."""

    def __init__(
        self, params: Sequence[Type] = (), hints: Sequence[str] = (), loc: AnyLoc = UNKNOWN
    ) -> None:
        self.loc: AnyLoc = loc
        self.frames: list[Frame] = []
        self.made_by: dict[Value, Op] = {}
        self.parts: dict[Value, Op] = {}
        self.params = self.begin("body", params, hints).params

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """`b.<op>` for every registered op kind; the method is made once and kept on the class."""
        kind = REGISTRY.get(name.rstrip("_"))
        if kind is None:
            raise AttributeError(name)

        def method(self: Builder, *args: Any, **attrs: Any) -> Any:
            return self.emit(kind, args, attrs)

        setattr(Builder, name, method)
        return cast(Callable[..., Any], method.__get__(self))

    # ---- emission

    def emit(
        self,
        kind: type[OpKind] | str,
        args: Sequence[Any],
        attrs: Mapping[str, Any] = _NO_ATTRS,
        regions: tuple[Region, ...] = (),
        out_types: Sequence[Type] | None = None,
        hint: str = "",
    ) -> Any:
        """Emits an op and returns its result (a tuple for several, () for none).

        Python numbers among the operands become constants where the kind says of which type
        (elementwise: of the other operand's). `out_types` is required for kinds whose result
        depends on the program (calls). Raises RuleError.
        """
        if isinstance(kind, str):
            kind = REGISTRY[kind]
        atoms = self._atoms(kind, args)
        if kind.attrs:
            attrs = {k: attrs.get(k, d) for k, d in kind.attrs.items()}
        if out_types is None:
            types = [a.type for a in atoms]
            extra = {"regions": regions} if regions else {}
            found = kind.type(*types, **attrs, **extra)
            out_types = found if type(found) is tuple else (found,)
        if not regions:
            short = self._shortcut(kind, atoms, attrs, out_types)
            if short is not None:
                return short
        return self._append(kind, atoms, attrs, regions, out_types, hint)

    def again(self, op: Op, args: tuple[Atom, ...], regions: tuple[Region, ...] = ()) -> Any:
        """Re-emits `op` with other operands of the same types: no type rule, but folding and
        numbering."""
        types = [v.type for v in op.outs]
        if not regions:
            short = self._shortcut(op.kind, args, op.attrs, types)
            if short is not None:
                return short
        hint = op.outs[0].hint if len(op.outs) == 1 else ""
        return self._append(
            op.kind, args, op.attrs, regions, types, hint, [v.hint for v in op.outs]
        )

    def _atoms(self, kind: type[OpKind], args: Sequence[Any]) -> tuple[Atom, ...]:
        for a in args:
            if type(a) is not Value and type(a) is not Const:
                break
        else:
            return tuple(args)
        like = kind.literal(args) if kind.literal else None
        out: list[Atom] = []
        for a in args:
            if isinstance(a, Value | Const):
                out.append(a)
            elif like is not None:
                out.append(Const(like, a))
            else:
                out.append(self.const(a))
        return tuple(out)

    def _shortcut(
        self, kind: type[OpKind], args: tuple[Atom, ...], attrs: Attrs, types: Sequence[Type]
    ) -> Any:
        if kind.foldable and all(type(a) is Const for a in args):
            folded = _fold(kind, cast("tuple[Const, ...]", args), attrs, types)
            if folded is not None:
                return folded
        if kind.simplify is not None:
            found = kind.simplify(self, args, attrs)
            if found is not None:
                return found
        key = (kind, args, tuple(attrs.values())) if attrs else (kind, args)
        for frame in reversed(self.frames):
            outs = frame.table.get(key)
            if outs is not None:
                return outs[0] if len(outs) == 1 else outs
        return None

    def _append(
        self,
        kind: type[OpKind],
        args: tuple[Atom, ...],
        attrs: Attrs,
        regions: tuple[Region, ...],
        types: Sequence[Type],
        hint: str,
        hints: Sequence[str] = (),
    ) -> Any:
        if len(types) == 1:
            outs: tuple[Value, ...] = (Value(types[0], hints[0] if hints else hint),)
        else:
            names = hints or (hint,) * len(types)
            outs = tuple(Value(t, h) for t, h in zip(types, names, strict=True))
        frame = self.frames[-1]
        op = Op(kind, args, outs, attrs, regions, self.loc)
        frame.ops.append(op)
        if len(outs) == 1:
            self.made_by[outs[0]] = op
        else:
            self.parts.update(dict.fromkeys(outs, op))
        if not regions and not kind.terminator:
            key = (kind, args, tuple(attrs.values())) if attrs else (kind, args)
            frame.table[key] = outs
        return outs[0] if len(outs) == 1 else outs

    def producer(self, a: Atom) -> Op | None:
        """The op that this builder emitted for `a` as its single result, for peepholes."""
        return self.made_by.get(a) if type(a) is Value else None

    def maker(self, a: Atom) -> Op | None:
        """The op that this builder emitted and that has `a` among its results."""
        if type(a) is not Value:
            return None
        return self.made_by.get(a) or self.parts.get(a)

    @contextmanager
    def at(self, loc: AnyLoc) -> Iterator[None]:
        """Stamps `loc` on the ops emitted inside the block."""
        saved, self.loc = self.loc, loc
        try:
            yield
        finally:
            self.loc = saved

    # ---- regions and functions

    def begin(self, label: str, types: Sequence[Type] = (), hints: Sequence[str] = ()) -> Frame:
        """Opens a region with fresh parameters; ops go into it until `end`."""
        names = list(hints) + [""] * (len(types) - len(hints))
        params = tuple(Value(t, h) for t, h in zip(types, names, strict=True))
        frame = Frame(label, params)
        self.frames.append(frame)
        return frame

    def end(self, results: Sequence[Atom] = ()) -> Region:
        """Closes the innermost region with `yield results`."""
        self.emit("yield", results)
        frame = self.frames.pop()
        return Region(frame.label, frame.params, tuple(frame.ops))

    def abort(self, depth: int) -> None:
        """Drops unfinished regions until `depth` are open: for trial runs and after errors."""
        del self.frames[depth:]

    @property
    def depth(self) -> int:
        """The number of open regions."""
        return len(self.frames)

    def finish(self, name: str, results: Sequence[Atom], origin: Origin | None = None) -> Func:
        """Closes the function with `return results`."""
        assert len(self.frames) == 1, "a region is still open"
        if origin is not None and self.loc == UNKNOWN:
            self.loc = origin.loc
        self.emit("return", results)
        frame = self.frames.pop()
        body = Region(frame.label, frame.params, tuple(frame.ops))
        types = tuple(r.type for r in results)
        return Func(name, frame.params, types, body, origin or Origin(name, self.loc))

    def call(self, func: Func, args: Sequence[Atom]) -> tuple[Any, ...]:
        """Emits `call @func(args)`; always returns a tuple."""
        return self.emit_tuple("call", args, {"callee": FuncRef(func.name)}, out_types=func.results)

    def emit_tuple(
        self,
        kind: type[OpKind] | str,
        args: Sequence[Any],
        attrs: Mapping[str, Any] = _NO_ATTRS,
        regions: tuple[Region, ...] = (),
        out_types: Sequence[Type] | None = None,
    ) -> tuple[Any, ...]:
        """`emit` that returns a tuple whatever the number of results."""
        out = self.emit(kind, args, attrs, regions, out_types)
        return out if type(out) is tuple else (out,)

    # ---- copying

    def replay(self, ops: Sequence[Op], env: Env) -> None:
        """Re-emits `ops` (not their terminator) under the substitution `env`, which it extends."""
        for op in ops:
            if op.kind.terminator:
                continue
            self.copy(op, env)

    def copy(self, op: Op, env: Env) -> tuple[Atom, ...]:
        """Re-emits one op under `env`, regions included, and records its results there."""
        args = tuple(env.get(a, a) if type(a) is Value else a for a in op.args)
        saved, self.loc = self.loc, op.loc
        regions = tuple(self.copy_region(r, env) for r in op.regions)
        if all(a.type is old.type for a, old in zip(args, op.args, strict=True)):
            out = self.again(op, args, regions)
        else:
            out = self.emit(op.kind, args, op.attrs, regions)
        self.loc = saved
        outs = out if type(out) is tuple else (out,)
        for old, new in zip(op.outs, outs, strict=True):
            if old is not new:
                env[old] = new
        return outs

    def take(self, ops: Sequence[Op]) -> None:
        """Puts `ops` here as they are (not their terminator): they are nowhere else any more."""
        frame = self.frames[-1]
        for op in ops:
            if op.kind.terminator:
                continue
            frame.ops.append(op)
            if len(op.outs) == 1:
                self.made_by[op.outs[0]] = op
            if not op.regions:
                attrs = tuple(op.attrs.values())
                key = (op.kind, op.args, attrs) if attrs else (op.kind, op.args)
                frame.table.setdefault(key, op.outs)

    def copy_region(self, region: Region, env: Env) -> Region:
        """A copy of `region` with fresh parameters, free values replaced by `env`."""
        frame = self.begin(
            region.label, [p.type for p in region.params], [p.hint for p in region.params]
        )
        inner = dict(env)
        inner.update(zip(region.params, frame.params, strict=True))
        self.replay(region.ops, inner)
        with self.at(region.ops[-1].loc):
            return self.end([inner.get(a, a) if type(a) is Value else a for a in region.results])

    def inline(
        self, region: Region, args: Sequence[Atom], env: Env | None = None
    ) -> tuple[Atom, ...]:
        """Emits the body of `region` here, `args` for its parameters; returns what it yields."""
        inner: Env = dict(env or {})
        inner.update(zip(region.params, args, strict=True))
        self.replay(region.ops, inner)
        return tuple(inner.get(a, a) if type(a) is Value else a for a in region.results)

    # ---- constants and small conveniences

    def const(self, value: Any, type: ArrayType | None = None) -> Atom:
        """A constant: a splat `Const` for a scalar (of `type` if given), else a `const` op."""
        if type is not None and isinstance(value, bool | int | float | complex):
            return Const(type, value)
        a: Array = np.asarray(value, dtype=type.dtype.np if type else None)
        shape = type.shape if type else a.shape
        if a.size and (a.ndim == 0 or _uniform(a)):
            return Const(array(dtype_of(a.dtype), shape), cast(Scalar, a.flat[0].item()))
        out = self.emit("const", (), {"data": ArrayData(np.broadcast_to(a, shape))})
        return cast(Atom, out)

    def i64(self, value: int) -> Const:
        """An i64 scalar constant."""
        return Const(array(I64), value)

    def zeros(self, type: Type) -> Atom:
        """Zeros of an array type (the idle token of TOKEN)."""
        if type is TOKEN:
            return cast(Atom, self.emit("token", ()))
        assert isinstance(type, ArrayType)
        return Const(type, 0)

    def zeros_like(self, x: Atom) -> Atom:
        """Zeros of the type of `x`."""
        return self.zeros(x.type)

    def cast(self, x: Atom, dtype: DType) -> Atom:
        """`x` converted to `dtype` (itself if it has it already)."""
        assert isinstance(x.type, ArrayType)
        return (
            x if x.type.dtype is dtype else cast(Atom, self.emit("convert", (x,), {"dtype": dtype}))
        )

    def scale(self, t: Atom, p: Atom) -> Atom:
        """The product of a tangent or cotangent `t` and a primal factor `p`; AD's builder masks
        zeros here."""
        return cast(Atom, self.emit("mul", (t, p)))

    def broadcast_to(self, x: Atom, shape: tuple[int, ...]) -> Atom:
        """NumPy's broadcast of `x` to `shape` (alignment from the right)."""
        t = x.type
        assert isinstance(t, ArrayType)
        if t.shape == shape:
            return x
        if isinstance(x, Const):
            return Const(t.with_shape(shape), x.value)
        kept = tuple(
            i for i, n in enumerate(t.shape) if n != 1 or shape[len(shape) - t.ndim + i] == 1
        )
        squeezed = tuple(t.shape[i] for i in kept)
        dims = tuple(len(shape) - t.ndim + i for i in kept)
        if squeezed != t.shape:
            x = cast(Atom, self.emit("reshape", (x,), {"shape": squeezed}))
        if squeezed == shape:
            return x
        return cast(Atom, self.emit("broadcast", (x,), {"shape": shape, "dims": dims}))


def _uniform(a: Array) -> bool:
    if a.size > 64 or a.size == 0:
        return bool(a.size) and a.tobytes() == a.flat[:1].tobytes() * a.size
    return bool(a.tobytes() == a.flat[:1].tobytes() * a.size)


def _fold(
    kind: type[OpKind], args: tuple[Const, ...], attrs: Attrs, types: Sequence[Type]
) -> Atom | None:
    """The constant an elementwise op of splats evaluates to, or None where NumPy and XLA may
    differ."""
    (out,) = types
    if not isinstance(out, ArrayType) or out.size == 0:
        return None
    with np.errstate(all="ignore"):
        result = kind.numpy(*(a.type.dtype.np.type(a.value) for a in args), **attrs)
    return Const(out, np.asarray(result).astype(out.dtype.np).item())
