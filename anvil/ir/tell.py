"""Where the text of an op `print` goes: its attribute `to`.

    ()                                              standard output
    ("warning", category, module, file, line)       warnings.warn, of that line of that module
    ("log", logger, level, file, line, function)    a logger, which decides whether to show it

Categories and loggers are told by name; objects that cannot be found by theirs are kept in a table.
A warning may be raised as an exception, if the user's filters say so.
"""

from __future__ import annotations

import importlib
import logging
import sys
import warnings
from collections.abc import Sequence
from functools import reduce
from typing import Any, TypeAlias

from anvil.errors import located
from anvil.ir.hosts import HostError
from anvil.ir.records import Op

To: TypeAlias = tuple[Any, ...]

_OBJECTS: dict[str, Any] = {}
_REGISTRIES: dict[str, dict[Any, Any]] = {}


def name_of(obj: Any) -> str:
    """The name under which a category or a logger is found again."""
    found: Any
    if isinstance(obj, logging.Logger):
        name, found = obj.name, logging.getLogger(obj.name)
    else:
        name = f"{obj.__module__}:{obj.__qualname__}"
        found = None if "<" in name else _imported(name)
    if found is not obj:
        name = f"{name} #{id(obj)}"
        _OBJECTS[name] = obj
    return name


def _imported(name: str) -> Any:
    module, _, path = name.partition(":")
    try:
        return reduce(getattr, path.split("."), importlib.import_module(module))
    except (ImportError, AttributeError):
        return None


def tell(to: To, text: str, end: str) -> None:
    """Sends a text there."""
    if not to:
        print(text, end=end)
    elif to[0] == "warning":
        _warn(text, *to[1:])
    else:
        _log(text, *to[1:])


def _warn(text: str, category: str, module: str, file: str, line: int) -> None:
    cls = _OBJECTS.get(category) or _imported(category) or UserWarning
    scope = vars(sys.modules[module]) if module in sys.modules else _REGISTRIES
    registry = scope.setdefault("__warningregistry__", {})
    warnings.warn_explicit(text, cls, file, line, module, registry)


def _log(text: str, name: str, level: int, file: str, line: int, function: str) -> None:
    logger = _OBJECTS.get(name) or logging.getLogger(name or None)
    if not name and not logger.handlers:
        logging.basicConfig()
    if logger.isEnabledFor(level):
        args: Any = ()
        record = logger.makeRecord(
            logger.name, level, file, line, text, args, None, func=function or None
        )
        logger.handle(record)


def told(op: Op, args: Sequence[Any]) -> None:
    """Formats the operands of an op `print` and sends the text, unless a check has failed; 0-d
    arrays are shown as their scalars. Raises HostError with what that raises.
    """
    token, *values = args
    if int(token):
        return
    attrs = op.attrs
    try:
        tell(attrs["to"], attrs["fmt"].format(*(a[()] for a in values)), attrs["end"])
    except Exception as problem:
        raise HostError(located(problem, op.loc)) from None
