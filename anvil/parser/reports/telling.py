"""`warnings.warn` and `logging`: ordered effects like `print`, formatted and sent on the host.

Filters and levels are those that hold when the program runs. Progress bars are what they run over.
"""

from __future__ import annotations

import logging
import types
import warnings
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from anvil.ir.tell import name_of
from anvil.parser.control import exceptions
from anvil.parser.control.choices import each
from anvil.parser.reports import texts
from anvil.parser.reports.progress import Progress, ranged
from anvil.parser.state.values import NONE, Abstract, Choice, Known, ObjectV, TupleV

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

_FILTERS = "Set the filters around the call of the compiled function."


def emit(it: Interp, text: Abstract, end: str = "\n", to: tuple[Any, ...] = ()) -> Abstract:
    """An effect that shows a text."""
    pieces = text.pieces if isinstance(text, texts.TextV) else ()
    for i, p in enumerate(pieces):
        if isinstance(p, texts.Slot) and isinstance(p.value, Choice):
            parts = pieces[:i], p, pieces[i + 1 :]
            return each(it, p.value, partial(_emit_option, it, parts, end, to))
    found = text.pieces if isinstance(text, texts.TextV) else (it.known(text),)
    if any(isinstance(p, texts.Slot) and isinstance(p.value, texts.TextV) for p in found):
        what = "a text with computed numbers in it, brought to a width, is printed"
        it.error("unsupported-value", what, hint="Give the width to the number: `{x:>8.2f}`.")
    fmt, values = texts.print_format(found)
    it.state.token = it.b.print(it.token(), *map(it.atom, values), fmt=fmt, end=end, to=to)
    return NONE


def _emit_option(
    it: Interp, parts: tuple[Any, Any, Any], end: str, to: tuple[Any, ...], v: Abstract
) -> Abstract:
    """Shows a text with one of the options of a number of several types."""
    before, slot, after = parts
    shown = texts.text_of(it, v, slot.conversion, slot.format)
    return emit(it, texts.joined([*before, *shown, *after]), end, to)


# ---- warnings


def filtered(it: Interp) -> None:
    """The program sets filters, which warnings that it issues itself would have to obey."""
    it.session.filters |= 1
    _agree(it)


def _agree(it: Interp) -> None:
    if it.session.filters == 3:
        what = "warnings.warn beside filters of warnings in compiled code is not compiled"
        it.error("unsupported-call", what, hint=_FILTERS)


def _warn(
    it: Interp,
    message: Abstract,
    category: Any = None,
    stacklevel: Any = 1,
    source: Any = None,
    *,
    skip_file_prefixes: Any = (),
) -> Abstract:
    it.session.filters |= 2
    _agree(it)
    cls = it.known(category, "the category of a warning") or UserWarning
    if isinstance(message, Known) and isinstance(message.value, Warning):
        message = exceptions.new_exception(it, type(message.value), message.value.args)
    if isinstance(message, ObjectV) and issubclass(message.cls, Warning):
        cls = message.cls
    if not (isinstance(cls, type) and issubclass(cls, Warning)):
        it.error("bad-operand", f"category must be a Warning subclass, not {type(cls).__name__!r}")
    text = texts.joined(texts.text_of(it, message, "s"))
    at = it.loc.source_range()
    module = str(it.info.globals.get("__name__", "<string>"))
    return emit(it, text, to=("warning", name_of(cls), module, at.file, at.line))


# ---- logging


def _log(
    it: Interp, logger: str, level: int, given: tuple[Abstract, ...], options: Any
) -> Abstract:
    known = {name: it.known(v, f"`{name}`") for name, v in options.items()}
    for name, value in known.items():
        if name != "stacklevel" and value:
            it.error("unsupported-argument", f"{name}= of a logger is not compiled")
    if not given:
        it.error("wrong-arguments", "a logger needs a message")
    text = texts.settled(it, given[0]) if len(given) > 1 else given[0]
    if len(given) > 1:
        values = given[1] if len(given) == 2 and it.dict_keys(given[1]) else TupleV(given[1:])
        text = texts.percent_format(it, str(it.known(text, "the format")), values)
    else:
        text = texts.joined(texts.text_of(it, text, "s"))
    at = it.loc.source_range()
    return emit(it, text, to=("log", logger, level, at.file, at.line, at.func))


def _at(level: int) -> tuple[Callable[..., Abstract], Callable[..., Abstract]]:
    """`logging.info` and `Logger.info` of a level."""

    def by_root(it: Interp, *args: Abstract, **options: Abstract) -> Abstract:
        return _log(it, "", level, args, options)

    def by_logger(it: Interp, logger: Abstract, *args: Abstract, **options: Abstract) -> Abstract:
        return _log(it, name_of(it.known(logger)), level, args, options)

    return by_root, by_logger


def _root_log(it: Interp, level: Abstract, *args: Abstract, **options: Abstract) -> Abstract:
    return _log(it, "", it.known(level, "the level"), args, options)


def _logger_log(
    it: Interp, logger: Abstract, level: Abstract, *args: Abstract, **options: Abstract
) -> Abstract:
    return _log(it, name_of(it.known(logger)), it.known(level, "the level"), args, options)


def _traceback(it: Interp, *args: Abstract, **options: Abstract) -> Abstract:
    it.error(
        "unsupported-call",
        "a traceback cannot be logged in compiled code",
        hint='Log the exception: `logger.error("...: %s", e)`.',
    )


def _enabled(it: Interp, *args: Abstract) -> Abstract:
    it.error(
        "hidden-state",
        "the level of a logger may be another one when the program runs",
        hint="Call the logger: it decides at run time what is shown.",
    )


def _functions() -> dict[Any, Callable[..., Abstract]]:
    found: dict[Any, Callable[..., Abstract]] = {warnings.warn: _warn, logging.log: _root_log}
    for name in ("debug", "info", "warning", "warn", "error", "critical", "fatal"):
        level = getattr(logging, name.upper())
        for owner, run in zip((logging, logging.Logger), _at(level), strict=True):
            if hasattr(owner, name):
                found[getattr(owner, name)] = run
    found[logging.Logger.log] = _logger_log
    found |= {logging.exception: _traceback, logging.Logger.exception: _traceback}
    found |= {logging.Logger.isEnabledFor: _enabled, logging.Logger.getEffectiveLevel: _enabled}
    return found


FUNCTIONS = _functions()
"""Functions that are not compiled from their source."""


# ---- progress bars


def progress(obj: Any) -> Any:
    """What stands for a progress bar, by the module and the name of its class or function."""
    if isinstance(obj, types.MethodType):
        obj = obj.__func__
        return print if _of(obj, "write") else None
    if isinstance(obj, type):
        return Progress if _of(obj, "tqdm") else None
    if _of(obj, "trange") or _of(obj, "tnrange"):
        return ranged
    module, name = getattr(obj, "__module__", None), getattr(obj, "__name__", None)
    return Progress if (module, name) == ("rich.progress", "track") else None


def _of(obj: Any, name: str) -> bool:
    module = getattr(obj, "__module__", None)
    is_tqdm = isinstance(module, str) and module.split(".")[0] == "tqdm"
    return is_tqdm and getattr(obj, "__name__", "").startswith(name)
