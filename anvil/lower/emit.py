"""IR -> StableHLO text.

One pass over a "planned" program writes a module: the entry is `@main`, every other function
private. A token is an i32 (0 = no check has failed), constants are written in the region that uses
them (a constant captured by a loop would become a loop operand), and each op carries its source
location, which XLA keeps in the metadata of the compiled code.

Kinds say how they are written (`hlo`, see `anvil.ir.opkind`) through the public methods of
`Emitter`; control flow, calls and effects are in `anvil.lower.structure`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from anvil.ir.analysis import call_order
from anvil.ir.loc import AnyLoc, Derived, Fused
from anvil.ir.opkind import JaxFunction
from anvil.ir.records import Atom, Const, Func, Op, Program, Region, Scalar, Value
from anvil.ir.types import TOKEN, Array, ArrayType, DType, Type
from anvil.lower import structure
from anvil.lower.decompose import decompose
from anvil.lower.module import LeafType, Module, Rules
from anvil.lower.split import PART, split, weigher
from anvil.lower.tuning import compiler_options

_MLIR_DTYPE = {
    "bool": "i1",
    "i8": "i8",
    "i16": "i16",
    "i32": "i32",
    "i64": "i64",
    "u8": "ui8",
    "u16": "ui16",
    "u32": "ui32",
    "u64": "ui64",
    "f16": "f16",
    "f32": "f32",
    "f64": "f64",
    "c64": "complex<f32>",
    "c128": "complex<f64>",
}
_NOT_IDENT = re.compile(r"[^A-Za-z0-9_]")
_HELPERS: dict[Func, tuple[list[str], dict[str, Op]]] = {}
_CALLED = re.compile(r"@[\w.]+\(")
_MLIR: dict[Type, str] = {TOKEN: "tensor<i32>"}


def to_stablehlo(program: Program, locations: bool = True) -> str:
    """The text of a StableHLO module whose public function `main` is the program's entry."""
    return write(program, locations).text()


def to_module(
    program: Program, rules: Rules | None = None, record: Callable[..., None] | None = None
) -> Module:
    """The program as a module the runtime can compile; a token result is an i32, 0 for success.

    `record(token, *values)` is called at a check that fails and carries values.
    """
    written = write(program, record=record)
    main = program.main
    return Module(
        written.text(),
        tuple(_leaf(p.type) for p in main.params),
        tuple(_leaf(t) for t in main.results),
        name=_NOT_IDENT.sub("_", main.name),
        callbacks=tuple(written.callbacks),
        rules=rules,
        options=written.options,
    )


def write(
    program: Program, locations: bool = True, record: Callable[..., None] | None = None
) -> Emitter:
    """Writes every function, callees first.

    Raises AnvilError when the call graph is recursive (XLA would crash).
    """
    order = call_order(program)
    program, helpers = decompose(program)
    options = compiler_options(program, weigher(helpers))
    program = split(program, helpers)
    order = (*(name for name in program.funcs if name.startswith(PART)), *order)
    emitter = Emitter(program, locations)
    emitter.options = options
    emitter.record = record or _no_record
    for helper in helpers.values():
        emitter.helper(helper)
    for name in order:
        emitter.func(program.funcs[name])
    return emitter


def _leaf(t: Type) -> LeafType:
    if isinstance(t, ArrayType):
        return (t.dtype.np, t.shape)
    assert t is TOKEN, f"{t} at the boundary of a program"
    return (np.dtype(np.int32), ())


def mlir_type(t: Type) -> str:
    """The MLIR spelling of a type."""
    found = _MLIR.get(t)
    if found is None:
        assert isinstance(t, ArrayType), f"{t} has no representation in StableHLO"
        dims = "".join(f"{n}x" for n in t.shape)
        found = _MLIR[t] = f"tensor<{dims}{_MLIR_DTYPE[t.dtype.name]}>"
    return found


def _no_record(*args: Any) -> None:
    """Nobody asked for the values that checks carry."""


class Emitter:
    """Writes one module. The methods from `operand` to `constant` are what `hlo` rules may use."""

    def __init__(self, program: Program, locations: bool) -> None:
        self.program = program
        self.lines: list[str] = []
        self.names: dict[Value, str] = {}
        self.consts: list[dict[object, str]] = []
        self.count = 0
        self.locations = locations
        self.locs: dict[AnyLoc, str] = {}
        self.suffix = ""
        self.callbacks: list[Callable[..., Any]] = []
        self.options: dict[str, Any] = {}
        self.library: dict[Any, str] = {}
        self.functions: list[str] = []
        self.called: dict[str, Op] = {}
        self.record: Callable[..., None] = _no_record

    # ---- what hlo rules use

    def operand(self, atom: Atom) -> str:
        """The SSA name of an operand."""
        if type(atom) is Value:
            return self.names[atom]
        assert isinstance(atom, Const)
        return self.constant(atom.value, atom.type)

    def mlir(self, t: Type) -> str:
        """The MLIR spelling of a type."""
        return mlir_type(t)

    def result(self, out: Value, text: str) -> None:
        """Defines an op's single result by the right-hand side `text`."""
        self.count += 1
        hint = out.hint
        name = f"%{_NOT_IDENT.sub('_', hint)}_{self.count}" if hint else f"%v{self.count}"
        self.names[out] = name
        self.lines.append(f"{name} = {text}{self.suffix}")

    def results(self, outs: Sequence[Value], text: str) -> None:
        """Defines several results by one right-hand side."""
        if len(outs) == 1:
            self.result(outs[0], text)
            return
        self.count += 1
        name = f"%v{self.count}"
        if outs:
            for i, out in enumerate(outs):
                self.names[out] = f"{name}#{i}"
            text = f"{name}:{len(outs)} = {text}"
        self.lines.append(f"{text}{self.suffix}")

    def alias(self, out: Value, name: str) -> None:
        """Makes `out` another name of something already written."""
        self.names[out] = name

    def temp(self, text: str) -> str:
        """Writes an intermediate and returns its name."""
        self.count += 1
        name = f"%t{self.count}"
        self.lines.append(f"{name} = {text}{self.suffix}")
        return name

    def fresh(self) -> str:
        """A name for a region parameter."""
        self.count += 1
        return f"%p{self.count}"

    def callback(self, function: Callable[..., Any]) -> int:
        """Registers a host function; returns its index in `Module.callbacks`."""
        self.callbacks.append(function)
        return len(self.callbacks) - 1

    def constant(self, value: Scalar, t: ArrayType) -> str:
        """A splat constant in the current region."""
        key = Const(t, value).key
        name = self.consts[-1].get(key)
        if name is None:
            name = self.temp(
                f"stablehlo.constant dense<{literal(value, t.dtype)}> : {mlir_type(t)}"
            )
            self.consts[-1][key] = name
        return name

    def dense(self, data: Array, t: ArrayType) -> str:
        """The right-hand side of an array constant."""
        if data.size == 0:
            return f"stablehlo.constant dense<> : {mlir_type(t)}"
        if t.dtype.kind == "b":
            body = _nested(data, t.dtype)
        else:
            body = f'"0x{np.ascontiguousarray(data).astype(t.dtype.np).tobytes().hex().upper()}"'
        return f"stablehlo.constant dense<{body}> : {mlir_type(t)}"

    # ---- structure

    def func(self, func: Func) -> None:
        """Writes one function."""
        main = func.name == self.program.entry
        params = []
        self.consts.append({})
        for p in func.params:
            self.names[p] = name = self.fresh()
            params.append(f"{name}: {mlir_type(p.type)}")
        results = ", ".join(map(mlir_type, func.results))
        head = "public @main" if main else f"private @{symbol(func.name)}"
        self.lines.append(f"func.func {head}({', '.join(params)}) -> ({results}) {{")
        self.ops(func.body.ops, "func.return")
        self.lines.append("}")
        self.consts.pop()

    def helper(self, func: Func) -> None:
        """Writes a function made by the lowering itself; its text is kept for other programs."""
        if func not in _HELPERS:
            lines, self.lines, located = self.lines, [], self.locations
            self.locations, self.suffix, self.called = False, "", {}
            self.func(func)
            _HELPERS[func] = self.lines, self.called
            self.lines, self.locations = lines, located
        kept, called = _HELPERS[func]
        names = {f"@{old}(": f"@{self._library_name(op)}(" for old, op in called.items()}
        if any(old != new for old, new in names.items()):
            kept = [_CALLED.sub(lambda m: names.get(m[0], m[0]), line) for line in kept]
        self.lines += kept

    def ops(self, ops: Sequence[Op], terminator: str) -> None:
        """Writes the ops of a region, its terminator as `terminator`."""
        self.ops_without_terminator(ops)
        end = ops[-1]
        self.terminate(terminator, [self.operand(a) for a in end.args], end.args)

    def ops_without_terminator(self, ops: Sequence[Op]) -> None:
        """Writes the ops of a region except its terminator."""
        for op in ops:
            kind = op.kind
            if kind.terminator:
                return
            if self.locations:
                self.suffix = f" loc({self._loc(op.loc)})"
            hlo = kind.hlo
            if type(hlo) is str:
                self._plain(hlo, op)
            elif type(hlo) is JaxFunction:
                self._library(op)
            elif hlo is not None:
                hlo(self, op)
            else:
                structure.WRITERS[kind.name](self, op)

    def terminate(self, terminator: str, names: Sequence[str], atoms: Sequence[Any]) -> None:
        """Writes `return names : types`."""
        types = ", ".join(mlir_type(a.type) for a in atoms)
        tail = f" {', '.join(names)} : {types}" if names else ""
        self.lines.append(f"{terminator}{tail}")

    def region(self, region: Region, params: Sequence[str]) -> None:
        """Writes the ops of a region whose parameters are named `params`, ending in
        stablehlo.return."""
        for p, name in zip(region.params, params, strict=True):
            self.names[p] = name
        self.consts.append({})
        self.ops(region.ops, "stablehlo.return")
        self.consts.pop()

    def _plain(self, hlo: str, op: Op) -> None:
        names = ", ".join([self.operand(a) for a in op.args])
        out = op.outs[0]
        if all(a.type is out.type for a in op.args):
            self.result(out, f"{hlo} {names} : {mlir_type(out.type)}")
            return
        types = ", ".join(mlir_type(a.type) for a in op.args)
        self.result(out, f"{hlo} {names} : ({types}) -> {mlir_type(out.type)}")

    def _library(self, op: Op) -> None:
        """Calls a function that jax lowers."""
        name = self._library_name(op)
        self.called[name] = op
        names = ", ".join([self.operand(a) for a in op.args])
        ins = ", ".join(mlir_type(a.type) for a in op.args)
        outs = ", ".join(mlir_type(v.type) for v in op.outs)
        self.results(op.outs, f"func.call @{name}({names}) : ({ins}) -> ({outs})")

    def _library_name(self, op: Op) -> str:
        """The function of this module that jax lowers for an op."""
        from anvil.lower.library_call import jax_function_text

        types = tuple(a.type for a in op.args)
        key = (op.kind.name, types, tuple(op.attrs.items()))
        name = self.library.get(key)
        if name is None:
            name = self.library[key] = f"anvil.{op.kind.name}.{len(self.library)}"
            leaves = [_leaf(t) for t in types]
            self.functions.append(jax_function_text(op.kind.hlo, op.attrs, leaves, name))
        return name

    # ---- locations

    def _loc(self, loc: AnyLoc) -> str:
        found = self.locs.get(loc)
        if found is None:
            self.locs[loc] = found = f"#loc{len(self.locs) + 1}"
        return found

    def text(self) -> str:
        """The whole module."""
        tail: list[str] = []
        for loc, alias in self.locs.items():
            tail.append(f"{alias} = loc({spell_loc(loc)})")
        return "\n".join(["module @anvil {", *self.lines, *self.functions, "}", *tail, ""])


def spell_loc(loc: AnyLoc) -> str:
    """An MLIR location: `"file":line:col`, wrapped in the transforms it went through."""
    if isinstance(loc, Derived):
        return f'"{loc.how}"({spell_loc(loc.loc)})'
    if isinstance(loc, Fused):
        return f"fused[{', '.join(spell_loc(part) for part in loc.locs)}]"
    if not loc.file:
        return "unknown"
    file = loc.file.replace("\\", "\\\\").replace('"', '\\"')
    place = f'"{file}":{loc.line}:{loc.col + 1}'
    return f'"{loc.func}"({place})' if loc.func else place


def symbol(name: str) -> str:
    """A function's name as an MLIR symbol."""
    return f'"{name}"'


def literal(value: Scalar, dtype: DType) -> str:
    """A scalar in MLIR's syntax; nan and infinities by their bits."""
    if dtype.kind == "b":
        return "true" if value else "false"
    if dtype.kind in "iu":
        return str(int(value))  # type: ignore[arg-type]
    if dtype.kind == "c":
        z = complex(value)
        return f"({literal(z.real, dtype.real)}, {literal(z.imag, dtype.real)})"
    x = float(value)  # type: ignore[arg-type]
    if not math.isfinite(x):
        raw = np.array(x, dtype.np).tobytes()[::-1].hex().upper()
        return f"0x{raw}"
    text = repr(x)
    if "." not in text:
        head, e, exponent = text.partition("e")
        text = f"{head}.0{e}{exponent}"
    return text


def _nested(data: Array, dtype: DType) -> str:
    if data.ndim == 0:
        return literal(data.item(), dtype)
    return f"[{', '.join(_nested(row, dtype) for row in data)}]"
