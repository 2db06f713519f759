"""Strings with computed numbers in them: what `print` and exceptions take, formatted on the host.

Anything else that is done to such a string needs its text while compiling, and so the numbers.
"""

from __future__ import annotations

import re
import string
from collections import OrderedDict, defaultdict, deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from operator import getitem
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from anvil.parser.state.number_choices import NumberChoice, strengths
from anvil.parser.state.values import (
    NONE,
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


def _known_text(ctx: Context, value: Any, conversion: str, spec: str) -> str:
    try:
        return formatted(value, conversion, spec)
    except (TypeError, ValueError) as error:
        ctx.fail(type(error), *error.args)


def text_of(ctx: Context, v: Abstract, conversion: str = "", spec: str = "") -> Pieces:
    """`{v!conversion:spec}` as pieces."""
    said = ctx.words(v, conversion, spec)
    if said is not None:
        return said
    if ctx.is_known(v):
        return [_known_text(ctx, ctx.known(v), conversion, spec)]
    if isinstance(v, TextV) and not spec and conversion in ("", "s"):
        return list(v.pieces)
    if isinstance(v, TextV) and not spec and conversion == "r" and _bare(v):
        return _quoted(v)
    if isinstance(v, TextV) and conversion in ("", "s"):
        return [Slot(v, "", _text_format(ctx, spec))]
    if isinstance(v, Scalar | NumberChoice) or _simple_choice(v, conversion, spec):
        if isinstance(v, Scalar):
            _check_format(ctx, v, conversion, spec)
        return [Slot(v, conversion, spec)]
    if isinstance(v, NDArray) and not (spec and v.type.shape):
        return [Slot(ctx.copy(v), conversion, spec)]
    if not spec and isinstance(v, ListV | TupleV | DictV):
        return _container(ctx, v)
    ctx.error("unsupported-value", f"{v.describe()} cannot be formatted in compiled code")


def _text_format(ctx: Context, spec: str) -> str:
    """A format that texts have."""
    try:
        format("", spec)
    except ValueError as problem:
        ctx.fail(ValueError, *problem.args)
    return spec


def _check_format(ctx: Context, v: Scalar, conversion: str, spec: str) -> None:
    """Raises what Python raises of a format that numbers of this type do not have."""
    sample = v.dtype.np.type(1)
    try:
        formatted(sample.item() if v.py else sample, conversion, spec)
    except (ValueError, TypeError) as problem:
        ctx.fail(type(problem), *problem.args)


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
    """The `repr` of a container."""
    cls: Any = getattr(v, "cls", None) or tuple
    if isinstance(v, DictV):
        return _mapping(ctx, v, cls)
    items = ctx.items(v)
    names = getattr(cls, "_fields", None)
    out: list[str | Slot] = []
    for i, x in enumerate(items):
        label = f"{names[i]}=" if names else ""
        out += [", " if out else "", label, *text_of(ctx, x, "r")]
    if names:
        return [f"{cls.__name__}(", *out, ")"]
    if cls.__repr__ is list.__repr__:
        return ["[", *out, "]"]
    if cls.__repr__ is deque.__repr__:
        limit: Any = getattr(v, "maxlen", None)
        bound = "" if limit is None else f", maxlen={limit}"
        return [f"{cls.__name__}([", *out, f"]{bound})"]
    return ["(", *out, ",)" if len(items) == 1 else ")"]


def _mapping(ctx: Context, v: DictV, cls: Any) -> Pieces:
    entries = ctx.dict_entries(v)
    named: list[str | Slot] = []
    for k, x in entries.items():
        named += [", " if named else "", f"{k!r}: ", *text_of(ctx, x, "r")]
    shown: list[str | Slot] = ["{", *named, "}"]
    if cls.__repr__ is dict.__repr__:
        return shown
    if cls.__repr__ is defaultdict.__repr__:
        factory = NONE if v.factory is None else v.factory
        return [f"{cls.__name__}(", *text_of(ctx, factory, "r"), ", ", *shown, ")"]
    if cls.__repr__ is OrderedDict.__repr__:
        return [f"{cls.__name__}(", *(_ordered(ctx, entries, shown) if entries else ()), ")"]
    ctx.error("unsupported-value", f"{v.describe()} cannot be formatted in compiled code")


def _ordered(ctx: Context, entries: Mapping[Any, Abstract], shown: Pieces) -> Pieces:
    """The entries of an OrderedDict as this version of Python shows them."""
    if repr(OrderedDict(a=1)) == "OrderedDict({'a': 1})":
        return shown
    pairs = [TupleV((Known(k), x)) for k, x in entries.items()]
    return text_of(ctx, ctx.list(pairs), "r")


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
    """`fmt.format(*args, **kwargs)`."""
    return joined(_fields(ctx, fmt, args, kwargs, count()))


def _fields(
    ctx: Context,
    fmt: str,
    args: Sequence[Abstract],
    kwargs: dict[str, Abstract],
    numbers: Iterator[int],
) -> Pieces:
    """The pieces of a format string; `numbers` counts the fields without a name."""
    pieces: list[str | Slot] = []
    for literal, name, spec, conversion in string.Formatter().parse(fmt):
        pieces.append(literal)
        if name is None:
            continue
        first, path = _place(name)
        if first == "":
            first = next(numbers)
        table: Any = args if isinstance(first, int) else kwargs
        if first not in (range(len(args)) if table is args else kwargs):
            ctx.fail(*_no_field(first))
        v = table[first]
        for read, key in path:
            v = ctx.call(read, v, key)
        inner = ctx.known(joined(_fields(ctx, spec or "", args, kwargs, numbers)), "the format")
        pieces += text_of(ctx, v, conversion or "", inner)
    return pieces


def _place(name: str) -> tuple[str | int, list[tuple[Any, str | int]]]:
    """A field's name, `a.b[0]`: the argument, and what is read of it, one after the other."""
    first, rest = re.match(r"([^.\[]*)(.*)", name, re.DOTALL).groups()  # type: ignore[union-attr]
    parts = re.findall(r"\.([^.\[]+)|\[([^\]]+)\]", rest)
    path = [(getattr, attr) if attr else (getitem, _number(key)) for attr, key in parts]
    return _number(first), path


def _number(text: str) -> str | int:
    return int(text) if text.isdecimal() else text


def _no_field(name: Any) -> tuple[type[Exception], Any]:
    """What Python says of a field without an argument."""
    if isinstance(name, int):
        return IndexError, f"Replacement index {name} out of range for positional args tuple"
    return KeyError, name


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
