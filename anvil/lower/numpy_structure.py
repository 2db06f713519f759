"""Control flow, calls and effects as Python statements.

if        both blocks assign the results
for       for i in range(n): ... states = body(i, states)
while     while cond(states): ... states = body(states)
loop_rev  for i, states in reversed(history): ...
token     0, or the site of the first check that failed, which stops the loops that carry it
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from anvil.ir.records import Atom, Const, Op, Region, Value
from anvil.ir.types import TOKEN, HistType
from anvil.lower.numpy_text import COMPARE, LOWEST, comma

_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*")
Write = Callable[[Any, Op], None]


def _assign(w: Any, names: Sequence[str], atoms: Sequence[Atom]) -> None:
    """`names = atoms`, all at once or in an order in which nothing is read too late."""
    read = [(n, a) for n, a in zip(names, atoms, strict=True) if n != "_"]
    pairs = [(n, a) for n, a in read if n != w.text(a)]
    if not pairs:
        return
    values = [a for _, a in pairs]
    line = f"{', '.join(n for n, _ in pairs)} = {', '.join(w.text(a) for a in values)}"
    if len(pairs) == 1 or len(line) > w.room():
        _one_by_one(w, pairs)
        return
    w.put(line)
    w.consume(values)


def _one_by_one(w: Any, pairs: list[tuple[str, Atom]]) -> None:
    while pairs:
        read = {n: set(_NAME.findall(w.text(a))) for n, a in pairs}
        free = [p for p in pairs if all(p[0] not in r for n, r in read.items() if n != p[0])]
        if not free:
            _together(w, pairs)
            return
        name, a = free[0]
        text = w.fit([a], lambda a=a: w.text(a))
        w.put(f"{name} = {text}")
        pairs.remove(free[0])


def _together(w: Any, pairs: Sequence[tuple[str, Atom]]) -> None:
    values = [a for _, a in pairs]
    w.put(f"({', '.join(n for n, _ in pairs)}) = ({', '.join(w.text(a) for a in values)})")
    w.consume(values)


def _block(w: Any, write: Callable[[], None]) -> None:
    """An indented block; `pass` if nothing is in it."""
    before = len(w.lines)
    w.depth += 1
    write()
    if not _statements(w.lines[before:]):
        w.put("pass")
    w.depth -= 1


def _statements(lines: Sequence[str]) -> bool:
    return any(not line.lstrip().startswith("#") for line in lines)


# ---- if


def _if(w: Any, op: Op) -> None:
    then, orelse = op.regions
    pred = w.fit(op.args, lambda: w.text(op.args[0]), 4)
    names = [w.bind(v) for v in op.outs]
    w.put(f"if {pred}:")
    _block(w, lambda: _assign(w, names, w.region(then)))
    start = len(w.lines)
    w.put("else:")
    _block(w, lambda: _assign(w, names, w.region(orelse)))
    if [line.strip() for line in w.lines[start:]] == ["else:", "pass"]:
        del w.lines[start:]


# ---- loops


def _enter(w: Any, params: Sequence[Value], args: Sequence[Atom]) -> list[str]:
    """Gives the states their names and first values; a value that nobody else reads keeps its
    name."""
    names, pairs = [], []
    for p, a in zip(params, args, strict=True):
        if _last_use(w, p, a):
            names.append(w.adopt(p, a))
        else:
            names.append(w.bind_state(p))
            pairs.append((names[-1], a))
    _assign(w, [n for n, _ in pairs], [a for _, a in pairs])
    return names


def _last_use(w: Any, p: Value, a: Atom) -> bool:
    if not isinstance(a, Value) or p.hint not in ("", a.hint):
        return False
    return w.uses.once(a) and a in w.names


def _step(w: Any, region: Region, names: Sequence[str]) -> None:
    _assign(w, names, w.region(region))


def _record(w: Any, op: Op, names: Sequence[str]) -> None:
    if op.attrs["hist"] and w.uses.count(op.outs[-1]):
        state = names[0] if len(names) == 1 else f"({comma(names)})"
        w.put(f"{w.names[op.outs[-1]]}.append({state})")


def _history(w: Any, op: Op) -> None:
    if op.attrs["hist"] and w.uses.count(op.outs[-1]):
        w.put(f"{w.bind(op.outs[-1])} = []")


def _failed(names: Sequence[str], params: Sequence[Value]) -> list[str]:
    """The tokens among the states."""
    return [n for n, p in zip(names, params, strict=True) if p.type is TOKEN]


def _for(w: Any, op: Op) -> None:
    (body,) = op.regions
    index, *params = body.params
    _history(w, op)
    names = _enter(w, params, op.args[1:])
    count = op.args[0]
    shown = w.fit([count], lambda: w.weak(count).text, 16)
    if isinstance(count, Const):
        w.ranges[index] = (0, max(int(count.value.real) - 1, 0))
    plain = w.uses.counter(index)
    w.put(f"for {w.bind(index)} in {'range' if plain else 'np.arange'}({shown}):")

    def write() -> None:
        failed = _failed(names, params)
        if failed:
            w.put(f"if {' or '.join(failed)}:")
            w.put("    break")
        _record(w, op, names)
        _step(w, body, names)

    _block(w, write)
    w.names.update(zip(op.outs, names, strict=False))


def _while(w: Any, op: Op) -> None:
    cond, body = op.regions
    _history(w, op)
    names = _enter(w, body.params, op.args)
    w.names.update(zip(cond.params, names, strict=True))
    failed = _failed(names, body.params)
    lines, w.lines = w.lines, []
    w.depth += 1
    (test,) = w.region(cond)
    shown = w.fit([test], lambda: w.weak(test).within(COMPARE if failed else LOWEST), 20)
    w.depth -= 1
    inside, w.lines = w.lines, lines
    start = f"not {' and not '.join(failed)}" if failed else ""
    if not _statements(inside):
        w.put(f"while {start}{' and ' if failed else ''}{shown}:")
        _block(w, lambda: _body(w, op, body, names))
        w.names.update(zip(op.outs, names, strict=False))
        return
    w.put(f"while {start or 'True'}:")
    w.lines += inside

    def rest() -> None:
        w.put(f"if not ({shown}):" if " " in shown else f"if not {shown}:")
        w.put("    break")
        _body(w, op, body, names)

    _block(w, rest)
    w.names.update(zip(op.outs, names, strict=False))


def _body(w: Any, op: Op, body: Region, names: Sequence[str]) -> None:
    _record(w, op, names)
    _step(w, body, names)


def _loop_rev(w: Any, op: Op) -> None:
    (step,) = op.regions
    n = len(step.params) - len(op.args) + 1
    history = w.text(op.args[0])
    names = _enter(w, step.params[n:], op.args[1:])
    kind = op.args[0].type
    assert isinstance(kind, HistType)
    index = step.params[0] if kind.counted else None
    plain = index is None or w.uses.counter(index)
    states = [w.bind(p) for p in step.params[kind.counted : n]]
    state = "_" if set(states) <= {"_"} else states[0] if len(states) == 1 else comma(states)
    if index is None or not w.uses.count(index):
        w.put(f"for {state} in reversed({history}):")
        _block(w, lambda: _step(w, step, names))
    else:
        i = w.bind(index)
        every = f"range(len({history}))" if plain else f"np.arange(len({history}))"
        w.put(f"for {i} in reversed({every}):")

        def write() -> None:
            if state != "_":
                w.put(f"{state} = {history}[{i}]")
            _step(w, step, names)

        _block(w, write)
    w.names.update(zip(op.outs, names, strict=True))


# ---- calls and effects


def _call(w: Any, op: Op) -> None:
    callee = w.func_name(op.attrs["callee"].name)
    args = w.fit(op.args, lambda: ", ".join(w.text(a) for a in op.args), len(callee) + 10)
    names = ", ".join([w.bind(v) for v in op.outs])
    names = f"({names})" if len(names) > w.room() // 2 else names
    w.put(f"{names} = {callee}({args})" if names else f"{callee}({args})")


def _token(w: Any, op: Op) -> None:
    w.put(f"{w.bind(op.outs[0])} = 0")


def _check(w: Any, op: Op) -> None:
    token, pred, *_ = op.args
    shown = w.fit(op.args[:2], lambda: w.text(pred), 30)
    before = w.names[token]
    w.put(f"{w.bind(op.outs[0])} = {before} or (0 if {shown} else {op.attrs['site']})")


def _print(w: Any, op: Op) -> None:
    token, *args = op.args
    shown = w.fit(args, lambda: ", ".join(w.text(a) for a in args), 40)
    before = w.names[token]
    w.put(f"if not {before}:")
    w.put("    " + _told(op, f"{op.attrs['fmt']!r}.format({shown})"))
    if w.uses.once(token):
        w.adopt(op.outs[0], token)
    elif w.uses.count(op.outs[0]):
        w.put(f"{w.bind(op.outs[0])} = {before}")


def _told(op: Op, text: str) -> str:
    """The statement that shows a text where the op says."""
    to, end = op.attrs["to"], op.attrs["end"]
    if not to:
        return f"print({text})" if end == "\n" else f"print({text}, end={end!r})"
    if to[0] == "log":
        return f"logging.getLogger({to[1]!r}).log({to[2]}, {text})"
    module, _, category = to[1].partition(":")
    return f"warnings.warn({text}, {category if module == 'builtins' else 'UserWarning'})"


STRUCTURE: dict[str, Write] = {
    "if": _if,
    "for": _for,
    "while": _while,
    "loop_rev": _loop_rev,
    "call": _call,
    "custom_call": _call,
    "token": _token,
    "check": _check,
    "print": _print,
}
"""How ops with regions, callees or effects are written."""
