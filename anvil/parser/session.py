"""What is shared by all functions of one program while it is being compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from anvil.ir.loc import AnyLoc
from anvil.ir.records import ArrayData, Func, Value
from anvil.parser.context import Library
from anvil.parser.guards import Guards
from anvil.parser.transforms_api import Transforms


@dataclass(frozen=True, slots=True)
class Site:
    """What a check raises: the exception class, its arguments, and where."""

    exception: type[BaseException]
    args: tuple[Any, ...]
    loc: AnyLoc


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning to be issued when the program has been compiled."""

    code: str
    message: str
    loc: AnyLoc


class Calls(Protocol):
    """Calls as the operators need them (`anvil.parser.calls` and `anvil.parser.objects`)."""

    call: Any
    call_entry: Any
    method: Any
    comparison: Any
    dict_keys: Any
    extend: Any
    truth: Any
    bind_closure: Any
    closure_cells: Any
    is_plain: Any
    function_info: Any
    bind_host: Any


class Session:
    """The functions made so far and everything that accompanies the program."""

    def __init__(self, library: Library, transforms: Transforms, calls: Calls) -> None:
        self.library = library
        self.transforms = transforms
        self.calls = calls
        self.guards = Guards()
        self.funcs: dict[str, Func] = {}
        self.constants: dict[Value, ArrayData] = {}
        self.sites: list[Site] = []
        self.warnings: dict[Warned, None] = {}
        self.specialisations: dict[Any, Any] = {}
        self.active: list[Any] = []
        self.lifted: dict[Any, Any] = {}
        self.infos: dict[Any, Any] = {}
        self.keep: list[Any] = []
        self._sites: dict[Any, int] = {}

    def site(self, exception: type[BaseException], args: tuple[Any, ...], loc: AnyLoc) -> int:
        """The number, from 1, of a check that raises `exception(*args)` at `loc`."""
        key = (exception, repr(args), loc)
        found = self._sites.get(key)
        if found is None:
            self.sites.append(Site(exception, args, loc))
            found = self._sites[key] = len(self.sites)
        return found

    def warn(self, code: str, message: str, loc: AnyLoc) -> None:
        """Remembers a warning."""
        self.warnings[Warned(code, message, loc)] = None

    def name(self, wanted: str) -> str:
        """A function name that is not taken yet."""
        name, n = wanted, 1
        while name in self.funcs:
            n += 1
            name = f"{wanted}.{n}"
        self.funcs[name] = None  # type: ignore[assignment]
        return name

    def program_funcs(self) -> Mapping[str, Func]:
        """The finished functions."""
        return {n: f for n, f in self.funcs.items() if f is not None}
