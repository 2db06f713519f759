"""IR -> NumPy source: any program, derivatives included, as Python that people can read and run.

    print(anvil.grad(f).source(x))

Each function of the program becomes a Python function, regions become `if` / `for` / `while`
blocks, a loop history a list of states. An op is spelled by its kind's `source` format, by the
NumPy function it evaluates with, or by a helper whose own source is copied into the module, so the
text needs nothing but NumPy.
"""

from __future__ import annotations

import inspect
import keyword
import re
import textwrap
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from anvil.ir.analysis import call_order
from anvil.ir.loc import UNKNOWN, primary
from anvil.ir.opkind import OpKind
from anvil.ir.records import ArrayData, Atom, Const, Func, Op, Program, Region, Value
from anvil.ir.types import ArrayType, DType, HistType

_NOT_IDENT = re.compile(r"\W")


def to_numpy(program: Program) -> str:
    """The program as the source of a Python module; the entry keeps its name."""
    writer = _Writer(program)
    for name in call_order(program):
        writer.func(program.funcs[name])
    return writer.module()


def run_source(source: str, name: str) -> Callable[..., Any]:
    """Executes source made by `to_numpy` and returns its function `name`."""
    space: dict[str, Any] = {}
    exec(compile(source, "<anvil source>", "exec"), space)
    found: Callable[..., Any] = space[identifier(name)]
    return found


def identifier(name: str) -> str:
    """A function's name as a Python identifier."""
    name = _NOT_IDENT.sub("_", name)
    return f"{name}_" if keyword.iskeyword(name) or name[:1].isdigit() else name


class _Writer:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.blocks: list[str] = []
        self.lines: list[str] = []
        self.names: dict[Value, str] = {}
        self.taken: set[str] = set()
        self.helpers: dict[str, str] = {}
        self.depth = 1

    def module(self) -> str:
        """The text of the module."""
        head = [
            "from __future__ import annotations",
            "",
            "import math",
            "",
            "import numpy as np",
            "",
        ]
        return "\n\n".join(["\n".join(head), *self.helpers.values(), *self.blocks])

    # ---- names

    def fresh(self, hint: str) -> str:
        base = _NOT_IDENT.sub("_", hint) or "t"
        if keyword.iskeyword(base) or base in ("np", "math") or base[0].isdigit():
            base += "_"
        name, n = base, 1
        while name in self.taken:
            n += 1
            name = f"{base}_{n}"
        self.taken.add(name)
        return name

    def bind(self, v: Value) -> str:
        name = self.names[v] = self.fresh(v.hint)
        return name

    def atom(self, a: Atom) -> str:
        if isinstance(a, Value):
            return self.names[a]
        return _literal(a)

    def put(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    # ---- functions and regions

    def func(self, func: Func) -> None:
        self.lines, self.taken = [], set()
        params = ", ".join(self.bind(p) for p in func.params)
        results = self.region(func.body)
        self.put(f"return {_tuple(results)}")
        loc = primary(func.origin.loc)
        doc = (
            f'    """{func.origin.text}."""'
            if loc is UNKNOWN
            else f'    """{func.origin.text} ({loc})."""'
        )
        head = f"def {identifier(func.name)}({params}):"
        self.blocks.append("\n".join([head, doc, *self.lines]) + "\n")

    def region(self, region: Region) -> list[str]:
        for op in region.ops[:-1]:
            self.op(op)
        return [self.atom(a) for a in region.results]

    def op(self, op: Op) -> None:
        writer = _STRUCTURE.get(op.kind.name)
        if writer is not None:
            writer(self, op)
            return
        text = self.expression(op.kind, [self.atom(a) for a in op.args], op)
        names = ", ".join([self.bind(v) for v in op.outs])
        comma = "," if len(op.outs) == 1 and isinstance(op.kind.numpy, tuple) else ""
        self.put(f"{names}{comma} = {text}")

    def expression(self, kind: type[OpKind], args: Sequence[str], op: Op) -> str:
        if kind.source:
            spelled = {k: _attribute(v) for k, v in op.attrs.items()}
            result = op.outs[0].type
            if isinstance(result, ArrayType):
                spelled.setdefault("result", f"np.{result.dtype.np.name}")
            return kind.source.format(*args, **spelled)
        attrs = [f"{k}={_attribute(v)}" for k, v in op.attrs.items()]
        return f"{self.function(kind)}({', '.join([*args, *attrs])})"

    def function(self, kind: type[OpKind]) -> str:
        fn: Any = kind.numpy
        name = getattr(fn, "__name__", "")
        if isinstance(fn, np.ufunc) or getattr(np, name, None) is fn:
            return f"np.{name}"
        return self.helper(fn, f"_{kind.name}")

    def helper(self, fn: FunctionType, name: str) -> str:
        """Copies the source of an evaluation rule, and of what it calls, into the module."""
        if name not in self.helpers:
            self.helpers[name] = ""
            text = textwrap.dedent(inspect.getsource(fn))
            text = re.sub(r"^@\w+.*\n", "", text, flags=re.M)
            text = re.sub(r"^def \w+\(", f"def {name}(", text, count=1, flags=re.M)
            for used in fn.__code__.co_names:
                value = fn.__globals__.get(used)
                if isinstance(value, FunctionType):
                    self.helper(value, used)
            self.helpers[name] = text.rstrip() + "\n"
        return name


# ---- structure


def _if(w: _Writer, op: Op) -> None:
    names = [w.bind(v) for v in op.outs]
    for head, region in ((f"if {w.atom(op.args[0])}:", op.regions[0]), ("else:", op.regions[1])):
        w.put(head)
        w.depth += 1
        results = w.region(region)
        w.put(f"{', '.join(names)} = {', '.join(results)}" if names else "pass")
        w.depth -= 1


def _enter(w: _Writer, params: Sequence[Value], args: Sequence[Atom]) -> list[str]:
    """Initialises loop variables before the loop; returns their names."""
    values = [w.atom(a) for a in args]
    names = [w.bind(p) for p in params]
    if names:
        w.put(f"{', '.join(names)} = {', '.join(values)}")
    return names


def _step(w: _Writer, region: Region, names: Sequence[str]) -> None:
    results = w.region(region)
    if names:
        w.put(f"{', '.join(names)} = {', '.join(results)}")
    elif len(region.ops) == 1:
        w.put("pass")


def _record(w: _Writer, op: Op, names: Sequence[str]) -> None:
    if op.attrs["hist"]:
        w.put(f"{w.names[op.outs[-1]]}.append({_tuple(names)})")


def _for(w: _Writer, op: Op) -> None:
    (body,) = op.regions
    if op.attrs["hist"]:
        w.put(f"{w.bind(op.outs[-1])} = []")
    names = _enter(w, body.params[1:], op.args[1:])
    index = w.bind(body.params[0])
    w.put(f"for {index} in range({w.atom(op.args[0])}):")
    w.depth += 1
    _record(w, op, names)
    _step(w, body, names)
    w.depth -= 1
    w.names.update(zip(op.outs, names, strict=False))


def _while(w: _Writer, op: Op) -> None:
    cond, body = op.regions
    if op.attrs["hist"]:
        w.put(f"{w.bind(op.outs[-1])} = []")
    names = _enter(w, body.params, op.args)
    w.names.update(zip(cond.params, names, strict=True))
    w.put("while True:")
    w.depth += 1
    (test,) = w.region(cond)
    w.put(f"if not {test}:")
    w.put("    break")
    _record(w, op, names)
    _step(w, body, names)
    w.depth -= 1
    w.names.update(zip(op.outs, names, strict=False))


def _loop_rev(w: _Writer, op: Op) -> None:
    (step,) = op.regions
    n = len(step.params) - len(op.args) + 1
    history = w.atom(op.args[0])
    names = _enter(w, step.params[n:], op.args[1:])
    first = [w.bind(p) for p in step.params[:n]]
    kind = op.args[0].type
    assert isinstance(kind, HistType)
    if kind.counted:
        w.put(f"for {first[0]} in reversed(range(len({history}))):")
        w.depth += 1
        if first[1:]:
            w.put(f"{_tuple(first[1:])} = {history}[{first[0]}]")
    else:
        w.put(f"for {_tuple(first) if first else '_'} in reversed({history}):")
        w.depth += 1
    _step(w, step, names)
    w.depth -= 1
    w.names.update(zip(op.outs, names, strict=True))


def _call(w: _Writer, op: Op) -> None:
    args = ", ".join(w.atom(a) for a in op.args)
    names = [w.bind(v) for v in op.outs]
    comma = "," if len(names) == 1 else ""
    target = f"{', '.join(names)}{comma} = " if names else ""
    w.put(f"{target}{identifier(op.attrs['callee'].name)}({args})")


def _token(w: _Writer, op: Op) -> None:
    w.put(f"{w.bind(op.outs[0])} = 0")


def _check(w: _Writer, op: Op) -> None:
    token, pred = (w.atom(a) for a in op.args)
    w.put(f"{w.bind(op.outs[0])} = {token} or (0 if {pred} else {op.attrs['site']})")


def _print(w: _Writer, op: Op) -> None:
    token, *args = (w.atom(a) for a in op.args)
    w.put(f"{w.bind(op.outs[0])} = {token}")
    w.put(f"print({op.attrs['fmt']!r}.format({', '.join(args)}))")


_STRUCTURE: dict[str, Callable[[_Writer, Op], None]] = {
    "if": _if,
    "for": _for,
    "while": _while,
    "loop_rev": _loop_rev,
    "call": _call,
    "token": _token,
    "check": _check,
    "print": _print,
}


# ---- spelling


def _tuple(names: Sequence[str]) -> str:
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


def _literal(c: Const) -> str:
    text = _number(c.value)
    t = c.type
    if t.shape:
        return f"np.full({t.shape}, {text}, np.{t.dtype.np.name})"
    if t.dtype.name in ("f64", "i64", "bool", "c128"):
        return text
    return f"np.{t.dtype.np.name}({text})"


def _number(value: Any) -> str:
    if isinstance(value, complex):
        return f"complex({_number(value.real)}, {_number(value.imag)})"
    if isinstance(value, float) and (value != value or value in (np.inf, -np.inf)):
        return {"nan": "np.nan", "inf": "np.inf", "-inf": "-np.inf"}[repr(value)]
    return repr(value)


def _attribute(value: Any) -> str:
    if isinstance(value, DType):
        return f"np.{value.np.name}"
    if isinstance(value, ArrayData):
        data = value.data
        return f"np.array({data.tolist()!r}, np.{data.dtype.name}).reshape({data.shape})"
    return repr(value)
