"""Strings with computed numbers in them: what `print` and exceptions take, formatted on the host.

Anything else that is done to such a string needs its text while compiling, and so the numbers.
"""

from __future__ import annotations

import string
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from anvil.parser.state.number_choices import NumberChoice, strengths
from anvil.parser.state.values import (
    Abstract,
    Choice,
    DictV,
    Known,
    ListV,
    NDArray,
    Parts,
    Scalar,
    TupleV,
)

if TYPE_CHECKING:
    from anvil.parser.context import Context


@dataclass(slots=True, eq=False)
class Slot:
    """A number or an array inside a text: `{value!conversion:format}`."""

    value: Abstract
    conversion: str = ""
    format: str = ""
    optional: bool = False


Pieces: TypeAlias = "Sequence[str | Slot]"


@dataclass(slots=True, eq=False)
class TextV(Abstract):
    """A str that is known but for numbers in it."""

    pieces: tuple[str | Slot, ...]

    def open(self) -> tuple[Hashable, Parts]:
        static = tuple(
            p if isinstance(p, str) else (p.conversion, p.format, p.optional) for p in self.pieces
        )
        return ("text", static), tuple(p.value for p in self.pieces if isinstance(p, Slot))

    def close(self, parts: Parts) -> Abstract:
        fresh = iter(parts)
        return joined(
            [
                p if isinstance(p, str) else Slot(next(fresh), p.conversion, p.format, p.optional)  # type: ignore[arg-type]
                for p in self.pieces
            ]
        )

    def describe(self) -> str:
        return "a str with computed numbers in it"


def joined(pieces: Sequence[str | Slot]) -> Abstract:
    """The text of pieces one after the other: known if all are."""
    out: list[str | Slot] = []
    for piece in pieces:
        p = _known_piece(piece)
        if isinstance(p, str) and out and isinstance(out[-1], str):
            out[-1] += p
        elif p != "":
            out.append(p)
    if all(isinstance(p, str) for p in out):
        return Known("".join(out))  # type: ignore[arg-type]
    return TextV(tuple(out))


def _known_piece(piece: str | Slot) -> str | Slot:
    if isinstance(piece, Slot) and isinstance(piece.value, Known):
        return formatted(piece.value.value, piece.conversion, piece.format)
    return piece


def formatted(value: Any, conversion: str, spec: str) -> str:
    """`{value!conversion:spec}`."""
    convert: Any = {"s": str, "r": repr, "a": ascii}.get(conversion)
    return format(value if convert is None else convert(value), spec)


_OUTSIDE = "Print the text or raise it in an exception; or return the number and format it outside."


def known_text(ctx: Context, v: TextV) -> str:
    """The string, its numbers asked for."""
    for p in v.pieces:
        if isinstance(p, Slot) and isinstance(p.value, Scalar) and not ctx.is_known(p.value):
            ctx.need_static(p.value.atom, "a number in this text", _OUTSIDE)
    return "".join(
        p
        if isinstance(p, str)
        else formatted(ctx.known(p.value, "a number in this text"), p.conversion, p.format)
        for p in v.pieces
    )


def settled(ctx: Context, v: Abstract) -> Abstract:
    """`v`, a text with its numbers asked for."""
    return Known(known_text(ctx, v)) if isinstance(v, TextV) else v


def text_of(ctx: Context, v: Abstract, conversion: str = "", spec: str = "") -> Pieces:
    """`{v!conversion:spec}` as pieces."""
    if ctx.is_known(v):
        return [formatted(ctx.known(v), conversion, spec)]
    if isinstance(v, TextV) and not spec and conversion in ("", "s"):
        return list(v.pieces)
    if isinstance(v, TextV) and not spec and conversion == "r" and _bare(v):
        return _quoted(v)
    if isinstance(v, Scalar | NumberChoice) or _simple_choice(v, conversion, spec):
        return [Slot(v, conversion, spec)]
    if isinstance(v, NDArray) and not (spec and v.type.shape):
        return [Slot(ctx.copy(v), conversion, spec)]
    if not spec and isinstance(v, ListV | TupleV | DictV):
        return _container(ctx, v)
    found = None if spec else ctx.exception_text(v, conversion)
    if found is not None:
        return found
    ctx.error("unsupported-value", f"{v.describe()} cannot be formatted in compiled code")


def _simple_choice(v: Abstract, conversion: str, spec: str) -> bool:
    """Whether a value is one of several known things that have this format, or a number."""
    if not isinstance(v, Choice):
        return False
    known = [o.value for o in v.options if isinstance(o, Known)]
    if any(_spoken(k) for k in known) or not all(
        isinstance(o, Known) or (isinstance(o, Scalar) and not spec) for o in v.options
    ):
        return False
    try:
        return all(formatted(k, conversion, spec) is not None for k in known)
    except (TypeError, ValueError):
        return False


def _spoken(value: Any) -> bool:
    """Whether the text of a known object is not the same in all runs, or its class words it."""
    return not isinstance(value, str | bytes | int | float | complex | type(None) | np.generic)


def _bare(v: TextV) -> bool:
    """Whether the values inside are written without quotes and new lines."""
    return all(isinstance(p, str) or isinstance(p.value, Scalar) for p in v.pieces)


def _quoted(v: TextV) -> Pieces:
    """The `repr` of a text: quotes as Python chooses them."""
    known = "".join(p for p in v.pieces if isinstance(p, str))
    quote, escaped = repr(known)[0], "'" in known and '"' in known

    def body(p: str) -> str:
        return repr(p + "'\"")[1:-4] if escaped else repr(p)[1:-1]

    return [quote, *(body(p) if isinstance(p, str) else p for p in v.pieces), quote]


def _container(ctx: Context, v: Abstract) -> Pieces:
    out: list[str | Slot] = []
    entries = ctx.dict_entries(v) if isinstance(v, DictV) else None
    if entries is not None:
        for k, x in entries.items():
            out += [", " if out else "", f"{k!r}: ", *text_of(ctx, x, "r")]
        return ["{", *out, "}"]
    items = ctx.items(v)
    cls = getattr(v, "cls", None)
    if isinstance(v, ListV) and cls not in (None, list):
        ctx.error("unsupported-value", f"{v.describe()} cannot be formatted in compiled code")
    names = getattr(cls, "_fields", None)
    for i, x in enumerate(items):
        label = f"{names[i]}=" if names else ""
        out += [", " if out else "", label, *text_of(ctx, x, "r")]
    if isinstance(v, ListV):
        return ["[", *out, "]"]
    if names:
        return [f"{v.cls.__name__}(", *out, ")"]  # type: ignore[attr-defined]
    return ["(", *out, ",)" if len(items) == 1 else ")"]


def text(ctx: Context, *parts: Any) -> Abstract:
    """The text of strings and values, one after the other: a message that anvil words, which may
    do without the values.
    """
    pieces: list[str | Slot] = []
    for p in parts:
        pieces += [p] if isinstance(p, str) else text_of(ctx, p)
    return joined([replace(p, optional=True) if isinstance(p, Slot) else p for p in pieces])


def print_format(pieces: Pieces) -> tuple[str, list[Abstract]]:
    """A format string with one replacement field per value, and the values."""
    out, values = [], []
    for p in pieces:
        if isinstance(p, str):
            out.append(p.replace("{", "{{").replace("}", "}}"))
            continue
        values.append(p.value)
        own = isinstance(p.value, Scalar) and p.value.py and p.conversion == "r"
        conversion = f"!{p.conversion}" if p.conversion and not own else ""
        out.append("{" + conversion + (f":{p.format}" if p.format else "") + "}")
    return "".join(out), values


# ---- the other ways to write them


def operator(ctx: Context, op: str, a: Abstract, b: Abstract) -> Abstract | None:
    """`a + b` and `fmt % values` of texts; None for other operands."""
    if op == "%" and isinstance(a, Known) and isinstance(a.value, str):
        return percent_format(ctx, a.value, b)
    if not (_is_text(a) and _is_text(b)) or (Known in (type(a), type(b)) and type(a) is type(b)):
        return None
    if op == "+":
        return joined([*text_of(ctx, a), *text_of(ctx, b)])
    return ctx.binary(op, settled(ctx, a), settled(ctx, b))


def _is_text(v: Abstract) -> bool:
    return isinstance(v, TextV) or (isinstance(v, Known) and isinstance(v.value, str))


def str_join(sep: str, items: Sequence[Pieces]) -> Abstract:
    """`sep.join(items)` of texts."""
    out: list[str | Slot] = []
    for i, pieces in enumerate(items):
        out += [sep if i else "", *pieces]
    return joined(out)


def is_string(v: Abstract) -> bool:
    """Whether a value is a string, known, one of several or with computed numbers in it."""
    return _is_text(v) or (isinstance(v, Choice) and all(map(_is_text, v.options)))


def str_format(
    ctx: Context, fmt: str, args: Sequence[Abstract], kwargs: dict[str, Abstract]
) -> Abstract:
    """`fmt.format(*args, **kwargs)` for plain fields."""
    pieces: list[str | Slot] = []
    fresh = iter(args)
    for literal, name, spec, conversion in string.Formatter().parse(fmt):
        pieces.append(literal)
        if name is None:
            continue
        if not (name == "" or name.isdecimal() or name in kwargs) or "{" in (spec or ""):
            ctx.error("unsupported-value", f"the field {{{name}}} is not compiled with numbers")
        v = next(fresh) if name == "" else args[int(name)] if name.isdecimal() else kwargs[name]
        pieces += text_of(ctx, v, conversion or "", spec or "")
    return joined(pieces)


def percent_format(ctx: Context, fmt: str, v: Abstract) -> Abstract:
    """`fmt % v` for the common conversions."""
    args = list(v.items) if isinstance(v, TupleV) else [v]
    named = ctx.dict_entries(v) if isinstance(v, DictV) else {}
    pieces: list[str | Slot] = []
    rest = fmt
    while "%" in rest:
        literal, _, rest = rest.partition("%")
        pieces.append(literal)
        if rest.startswith("%"):
            pieces.append("%")
            rest = rest[1:]
            continue
        if rest.startswith("(") and rest[1:].partition(")")[0] in named:
            name, _, rest = rest[1:].partition(")")
            args.insert(0, named[name])
        n = next((i for i, c in enumerate(rest) if c.isalpha()), len(rest))
        flags, kind, rest = rest[:n], rest[n : n + 1], rest[n + 1 :]
        if not args or not set(flags) <= set("0123456789.+- "):
            ctx.error("unsupported-value", f"the format {fmt!r} is not compiled with numbers")
        pieces += _percent(ctx, fmt, flags, kind, args.pop(0))
    return joined([*pieces, rest])


def _percent(ctx: Context, fmt: str, flags: str, kind: str, v: Abstract) -> Pieces:
    if ctx.is_known(v):
        return [("%" + flags + kind) % ctx.known(v)]
    whole = isinstance(v, Scalar) and v.dtype.kind in "iu"
    if isinstance(v, NumberChoice):
        whole = all(d.kind in "iu" for d, _ in strengths(v))
    if kind in "sr" and not flags:
        return text_of(ctx, v, kind)
    if isinstance(v, Scalar | NumberChoice) and (kind in "eEfFgG" or (whole and kind in "dixX")):
        spec = flags.replace("-", "<") + ("d" if kind == "i" else kind)
        if (whole and kind in "eEfFgG") or not flags.startswith("-") or "+" not in flags:
            return [Slot(v, "", spec)]
    ctx.error("unsupported-value", f"the format {fmt!r} is not compiled with {v.describe()}")
