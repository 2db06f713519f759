"""How control flow, calls and effects are written in StableHLO.

for(count, s)      while (i < count) with the counter as the first loop operand
while with token   stops when a check has failed: the condition is `token == 0 and cond`
check              (with values: if !pred, a call to the host that records them, then)
                   token' = token != 0 ? token : (pred ? 0 : site)
print, host_call   a call to the host that returns the token, so data flow orders them
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from anvil.ir.hosts import HostError, parked_message
from anvil.ir.ops.host import FIRST, host_results
from anvil.ir.records import APART, Op, Region, Value
from anvil.ir.tell import told
from anvil.ir.types import BOOL, I32, I64, TOKEN, array
from anvil.lower.module import NOT_INLINED
from anvil.lower.split import PART

if TYPE_CHECKING:
    from anvil.lower.emit import Emitter

_I1 = array(BOOL)
_I32 = array(I32)
_I64 = array(I64)


def _types(e: Emitter, values: Sequence[Value]) -> str:
    return ", ".join(e.mlir(v.type) for v in values)


def _if(e: Emitter, op: Op) -> None:
    pred = e.operand(op.args[0])
    then, orelse = op.regions
    text = f'"stablehlo.if"({pred}) ({{'
    lines, suffix = e.lines, e.suffix
    e.lines = []
    e.region(then, ())
    first, e.lines = e.lines, []
    e.region(orelse, ())
    second, e.lines, e.suffix = e.lines, lines, suffix
    body = "\n".join(
        [text, *first, "}, {", *second, f"}}) : (tensor<i1>) -> ({_types(e, op.outs)})"]
    )
    e.results(op.outs, body)


def _while(e: Emitter, op: Op) -> None:
    cond, body = op.regions
    states = [a.type for a in op.args]
    inits = [e.operand(a) for a in op.args]
    tokens = [i for i, t in enumerate(states) if t is TOKEN]

    def write_cond(names: Sequence[str]) -> None:
        for p, name in zip(cond.params, names, strict=True):
            e.names[p] = name
        e.consts.append({})
        _write_condition(e, cond, [names[i] for i in tokens])
        e.consts.pop()

    _loop(
        e, op, inits, [e.mlir(t) for t in states], write_cond, lambda names: e.region(body, names)
    )


def _write_condition(e: Emitter, cond: Region, tokens: Sequence[str]) -> None:
    e.ops_without_terminator(cond.ops)
    (result,) = cond.results
    pred = e.operand(result)
    for token in tokens:
        zero = e.constant(0, _I32)
        ok = e.temp(
            f"stablehlo.compare EQ, {token}, {zero} : (tensor<i32>, tensor<i32>) -> tensor<i1>"
        )
        pred = e.temp(f"stablehlo.and {pred}, {ok} : tensor<i1>")
    e.lines.append(f"stablehlo.return {pred} : tensor<i1>")


def _for(e: Emitter, op: Op) -> None:
    (body,) = op.regions
    count = e.operand(op.args[0])
    tokens = [i for i, a in enumerate(op.args[1:]) if a.type is TOKEN]
    inits = [e.constant(0, _I64), *(e.operand(a) for a in op.args[1:])]
    types = ["tensor<i64>", *(e.mlir(a.type) for a in op.args[1:])]

    def write_cond(names: Sequence[str]) -> None:
        e.consts.append({})
        pred = e.temp(
            f"stablehlo.compare LT, {names[0]}, {count} : (tensor<i64>, tensor<i64>) -> tensor<i1>"
        )
        for i in tokens:
            zero = e.constant(0, _I32)
            ok = e.temp(
                f"stablehlo.compare EQ, {names[i + 1]}, {zero} :"
                " (tensor<i32>, tensor<i32>) -> tensor<i1>"
            )
            pred = e.temp(f"stablehlo.and {pred}, {ok} : tensor<i1>")
        e.lines.append(f"stablehlo.return {pred} : tensor<i1>")
        e.consts.pop()

    def write_body(names: Sequence[str]) -> None:
        for p, name in zip(body.params, names, strict=True):
            e.names[p] = name
        e.consts.append({})
        e.ops_without_terminator(body.ops)
        results = [e.operand(a) for a in body.results]
        one = e.constant(1, _I64)
        following = e.temp(f"stablehlo.add {names[0]}, {one} : tensor<i64>")
        e.lines.append(f"stablehlo.return {', '.join([following, *results])} : {', '.join(types)}")
        e.consts.pop()

    _loop(e, op, inits, types, write_cond, write_body, skip=1)


def _loop(
    e: Emitter,
    op: Op,
    inits: Sequence[str],
    types: Sequence[str],
    write_cond: Callable[[Sequence[str]], None],
    write_body: Callable[[Sequence[str]], None],
    skip: int = 0,
) -> None:
    """A stablehlo.while; its first `skip` results are not results of the op."""
    lines, suffix = e.lines, e.suffix
    parts: list[str] = []
    for write in (write_cond, write_body):
        e.lines = []
        names = [e.fresh() for _ in inits]
        write(names)
        params = ", ".join(f"{n}: {t}" for n, t in zip(names, types, strict=True))
        parts.append("\n".join([f"^bb0({params}):", *e.lines]))
    e.lines, e.suffix = lines, suffix
    signature = ", ".join(types)
    e.count += 1
    name = f"%w{e.count}"
    for i, out in enumerate(op.outs):
        e.names[out] = f"{name}#{i + skip}" if len(types) > 1 else name
    head = f"{name}:{len(types)}" if len(types) > 1 else name
    e.lines.append(
        f'{head} = "stablehlo.while"({", ".join(inits)}) ({{\n{parts[0]}\n}}, {{\n{parts[1]}\n}})'
        f" : ({signature}) -> ({signature}){e.suffix}"
    )


def _call(e: Emitter, op: Op) -> None:
    names = ", ".join(e.operand(a) for a in op.args)
    params = ", ".join(e.mlir(a.type) for a in op.args)
    callee = op.attrs["callee"].name
    how = NOT_INLINED if callee.startswith((PART, APART)) else ""
    types = f"({params}) -> ({_types(e, op.outs)})"
    e.results(op.outs, f'func.call @"{callee}"({names}){how} : {types}')


def _token(e: Emitter, op: Op) -> None:
    e.alias(op.outs[0], e.constant(0, _I32))


def _check(e: Emitter, op: Op) -> None:
    token, pred, *values = (e.operand(a) for a in op.args)
    if values:
        token = _recorded(e, op, token, pred, values)
    zero, site = e.constant(0, _I32), e.constant(op.attrs["site"], _I32)
    here = e.temp(f"stablehlo.select {pred}, {zero}, {site} : tensor<i1>, tensor<i32>")
    failed = e.temp(
        f"stablehlo.compare NE, {token}, {zero} : (tensor<i32>, tensor<i32>) -> tensor<i1>"
    )
    e.result(op.outs[0], f"stablehlo.select {failed}, {token}, {here} : tensor<i1>, tensor<i32>")


def _recorded(e: Emitter, op: Op, token: str, pred: str, values: list[str]) -> str:
    """The token, after the host has been told the values of a check that fails."""
    types = ", ".join(e.mlir(a.type) for a in op.args[2:])
    index = e.callback(e.record)
    called = (
        f"stablehlo.custom_call @anvil_host_call({', '.join([token, token, *values])})"
        f' {{backend_config = "{index}", has_side_effect = true}}'
        f" : (tensor<i32>, tensor<i32>, {types}) -> tensor<i32>"
    )
    name = e.fresh()
    return e.temp(
        f'"stablehlo.if"({pred}) ({{\nstablehlo.return {token} : tensor<i32>\n}}, '
        f"{{\n{name} = {called}\nstablehlo.return {name} : tensor<i32>\n}})"
        " : (tensor<i1>) -> tensor<i32>"
    )


def _print(e: Emitter, op: Op) -> None:
    token, *args = (e.operand(a) for a in op.args)
    types = ", ".join(e.mlir(a.type) for a in op.args)
    index = e.callback(_printer(op))
    e.result(
        op.outs[0],
        f"stablehlo.custom_call @anvil_host_call({', '.join([token, token, *args])})"
        f' {{backend_config = "{index}", has_side_effect = true}}'
        f" : (tensor<i32>, {types}) -> tensor<i32>",
    )


def _host_call(e: Emitter, op: Op) -> None:
    token, *args = (e.operand(a) for a in op.args[: FIRST + op.attrs["count"]])
    types = ", ".join(e.mlir(a.type) for a in op.args[: FIRST + op.attrs["count"]])
    index = e.callback(_caller(op))
    e.results(
        op.outs,
        f"stablehlo.custom_call @anvil_host_call({', '.join([token, token, *args])})"
        f' {{backend_config = "{index}", has_side_effect = true}}'
        f" : (tensor<i32>, {types}) -> {_tuple_type(e, op.outs)}",
    )


def _tuple_type(e: Emitter, outs: Sequence[Value]) -> str:
    text = _types(e, outs)
    return text if len(outs) == 1 else f"({text})"


def _caller(op: Op) -> Callable[..., tuple[Any, ...]]:
    """Calls the function of an op; what it raises is parked, and its number sent through XLA."""

    def call(token: Any, *args: Any) -> tuple[Any, ...]:
        try:
            outs = host_results(op, (token, *args))
        except HostError as failure:
            message = parked_message(failure.error)
        else:
            return outs if op.attrs["pure"] else (*outs, token)
        raise RuntimeError(message)

    return call


def _printer(op: Op) -> Callable[..., None]:
    """Shows operands unless a check has failed; what that raises is parked."""

    def show(token: Any, *args: Any) -> None:
        try:
            told(op, (token, *args))
        except HostError as failure:
            message = parked_message(failure.error)
        else:
            return
        raise RuntimeError(message)

    return show


WRITERS: dict[str, Callable[[Emitter, Op], None]] = {
    "if": _if,
    "while": _while,
    "for": _for,
    "call": _call,
    "token": _token,
    "check": _check,
    "print": _print,
    "host_call": _host_call,
}
"""Writers of the structural kinds, by name."""
