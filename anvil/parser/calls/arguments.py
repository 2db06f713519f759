"""Binding call arguments to parameters, with CPython's rules and words."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from anvil.parser.containers.dicts import new_dict
from anvil.parser.reports.spelling import meant
from anvil.parser.source.functions import FunctionInfo
from anvil.parser.state.values import Abstract, TupleV, Undefined

if TYPE_CHECKING:
    from anvil.parser.context import Context


def bind(
    ctx: Context,
    info: FunctionInfo,
    args: Sequence[Abstract],
    kwargs: Mapping[str, Abstract],
    defaults: Sequence[Abstract],
    kw_defaults: Mapping[str, Abstract],
) -> dict[str, Abstract]:
    """The value of each parameter, in the order of the `def` line."""
    p = info.code.params
    out: dict[str, Abstract] = dict(zip(p.positional, args, strict=False))
    extra = args[len(p.positional) :]
    surplus = _keywords(ctx, info, kwargs, out)
    if extra and p.star is None:
        _too_many(ctx, info, len(args), len(defaults), sum(n in p.keyword for n in kwargs))
    offset = len(p.positional) - len(defaults)
    for i, value in enumerate(defaults):
        out.setdefault(p.positional[offset + i], value)
    for name, value in kw_defaults.items():
        if not isinstance(value, Undefined):
            out.setdefault(name, value)
    _all_there(ctx, info, "positional", [n for n in p.positional if n not in out])
    _all_there(ctx, info, "keyword-only", [n for n in p.keyword if n not in out])
    if p.star is not None:
        out[p.star] = TupleV(tuple(extra))
    if p.star_star is not None:
        out[p.star_star] = new_dict(ctx, surplus)
    return {n: out[n] for n in p.names}


def _keywords(
    ctx: Context, info: FunctionInfo, kwargs: Mapping[str, Abstract], out: dict[str, Abstract]
) -> dict[str, Abstract]:
    """Binds keyword arguments; those that belong to `**kwargs`."""
    p = info.code.params
    surplus: dict[str, Abstract] = {}
    for name, value in kwargs.items():
        if name in p.positional[p.only :] or name in p.keyword:
            if name in out:
                _wrong(ctx, info, f"got multiple values for argument '{name}'")
            out[name] = value
        elif p.star_star is not None:
            surplus[name] = value
        elif name in p.positional:
            what = "some positional-only arguments passed as keyword arguments"
            _wrong(ctx, info, f"got {what}: '{name}'")
        else:
            hint = meant(name, (*p.positional[p.only :], *p.keyword))
            _wrong(ctx, info, f"got an unexpected keyword argument '{name}'", hint)
    return surplus


def _all_there(ctx: Context, info: FunctionInfo, kind: str, missing: Sequence[str]) -> None:
    if missing:
        *front, last = (f"'{n}'" for n in missing)
        names = f"{', '.join(front)}{',' * (len(front) > 1)} and {last}" if front else last
        plural = "s" * bool(front)
        _wrong(ctx, info, f"missing {len(missing)} required {kind} argument{plural}: {names}")


def _too_many(ctx: Context, info: FunctionInfo, given: int, defaults: int, named: int) -> None:
    """Refuses `given` positional and `named` keyword-only arguments."""
    n = len(info.code.params.positional)
    takes = f"from {n - defaults} to {n}" if defaults else str(n)
    extra, were = "", "was" if given == 1 and not named else "were"
    if named:
        extra = f" positional argument{_s(given)} (and {named} keyword-only argument{_s(named)})"
    plural = "s" if defaults else _s(n)
    _wrong(ctx, info, f"takes {takes} positional argument{plural} but {given}{extra} {were} given")


def _s(n: int) -> str:
    return "s" * (n != 1)


def _wrong(ctx: Context, info: FunctionInfo, what: str, hint: str = "") -> None:
    name = "<lambda>" if info.name == "lambda" else info.name
    words = f"{info.code.path}() {what}"
    ctx.error("wrong-arguments", f"{name}() {what}", hint=hint, raises=TypeError, words=words)


def without_context(text: str) -> str:
    """What CPython says of a call of an intrinsic, its first parameter not counted."""
    text = text.split("() ", 1)[-1]
    if not text.startswith("takes "):
        return text

    def less(m: re.Match[str]) -> str:
        n = int(m[2]) - 1
        return f"{m[1]}{n}{m[3]}{'s' * (n != 1)}"

    text = re.sub(r"(takes (?:from \d+ to )?)(\d+)( positional argument)s?", less, text)
    text = re.sub(r"from (\d+) to", lambda m: f"from {int(m[1]) - 1} to", text)
    return re.sub(r"but (\d+) were?", lambda m: f"but {int(m[1]) - 1} were", text)


def meant_keyword(run: Any, kwargs: Iterable[str]) -> str:
    """A hint about keywords that an intrinsic does not have; empty if none is like them."""
    names = list(inspect.signature(run).parameters)
    hints = (meant(k, names) for k in kwargs if k not in names)
    return next(filter(None, hints), "")
