"""What is shared by all functions of one program while it is being compiled."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from anvil.errors import AnvilError
from anvil.ir.loc import AnyLoc
from anvil.ir.records import ArrayData, Atom, Func, Value
from anvil.parser.library_table import Library
from anvil.parser.reports.messages import Raised, Site
from anvil.parser.source.functions import FunctionInfo
from anvil.parser.state.guards import Guards, Hidden
from anvil.parser.state.values import Abstract, CellRef, Closure
from anvil.parser.transforms.api import Transforms

if TYPE_CHECKING:
    from anvil.parser.calls.recursion import Activation

__all__ = ["Calls", "Session", "Site", "Warned"]

Values = Sequence[Abstract]
Named = dict[str, Abstract]


CAPACITY = 64
"""Elements that a list has room for at first, where nothing bounds how long it becomes."""


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning to be issued when the program has been compiled."""

    code: str
    message: str
    loc: AnyLoc


@dataclass(frozen=True, slots=True)
class Fixed:
    """An array read from outside that has to be known: the object, what it holds, and what is
    reported about it.
    """

    obj: Any
    data: Any
    report: Promoted


@dataclass(frozen=True, slots=True)
class Promoted:
    """What became a known constant: which leaf of the arguments (-1 for what is read outside), its
    name, what for, and where.
    """

    leaf: int
    name: str
    value: Any
    why: str
    loc: AnyLoc


class Calls(Protocol):
    """Calls as the rest of the front end needs them: the module `anvil.parser.calls.callables`."""

    def call(self, it: Any, fn: Abstract, args: Values, kwargs: Named, /) -> Abstract:
        """`fn(*args, **kwargs)`."""

    def call_entry(self, it: Any, entry: Any, args: Values, kwargs: Named, /) -> Abstract:
        """Calls an entry of the library's table."""

    def method(self, it: Any, obj: Abstract, name: str, args: Values, /) -> Abstract:
        """Calls a special method of an instance."""

    def comparison(self, it: Any, obj: Abstract, name: str, other: Abstract, /) -> Abstract | None:
        """A comparison by the class's own method; None if it has none."""

    def container_operator(self, it: Any, op: str, a: Abstract, b: Abstract, /) -> Abstract | None:
        """An operator on two dicts, sets or deques; None if there is none."""

    def container_comparison(
        self, it: Any, op: str, a: Abstract, b: Abstract, /
    ) -> Abstract | None:
        """A comparison of two dicts or sets; None if there is none."""

    def container_method(self, it: Any, v: Abstract, name: str, args: Values, /) -> Abstract:
        """Calls a method of a list, dict or set."""

    def truth(self, it: Any, v: Abstract, /) -> bool | Atom:
        """The truth of what is neither number nor sequence."""

    def function_info(self, it: Any, obj: Any, /) -> FunctionInfo:
        """What is known about a host function."""

    def is_plain(self, it: Any, obj: Any, /) -> bool:
        """Whether a host function is compiled as it stands."""

    def bind_host(
        self, it: Any, obj: Any, info: FunctionInfo, args: Values, kwargs: Named, /
    ) -> dict[str, Abstract]:
        """The parameters of a host function."""

    def bind_closure(
        self, it: Any, fn: Closure, args: Values, kwargs: Named, /
    ) -> dict[str, Abstract]:
        """The parameters of a function made while compiling."""

    def closure_cells(self, fn: Closure, /) -> dict[str, CellRef]:
        """Its captured variables."""


class Session:
    """The functions made so far and everything that accompanies the program."""

    def __init__(
        self, library: Library, transforms: Transforms, calls: Calls, root: Any = None
    ) -> None:
        self.library = library
        self.transforms = transforms
        self.calls = calls
        self.guards = Guards(root)
        self.funcs: dict[str, Func | None] = {}
        self.constants: dict[Atom, ArrayData] = {}
        self.varying: set[Atom] = set()
        self.sites: list[Site] = []
        self.warnings: dict[Warned, None] = {}
        self.filters = 0
        self.specialisations: dict[Any, Any] = {}
        self.active: list[Activation] = []
        self.activations: dict[Any, Activation] = {}
        self.piling = False
        self.suspended = False  # whether a generator has been left inside `try`
        self.entries: list[FunctionInfo] = []
        self.recursive: set[FunctionInfo] = set()
        self.bottoms: set[Any] = set()
        self.may_raise = False  # a function that has been found not to return so far
        self.wide: dict[Any, frozenset[int]] = {}
        self.piles: dict[Any, Any] = {}
        self.unpiled: set[FunctionInfo] = set()
        self.revealed: dict[Any, frozenset[int]] = {}
        self.narrow: set[Any] = set()
        self.levels: Counter[FunctionInfo] = Counter()
        self.cached: dict[Any, dict[int, Any]] = {}
        self.rules: list[Any] = []
        self.lifted: dict[Any, Any] = {}
        self.orders: dict[int, tuple[int, ...]] = {}
        self.hidden: dict[Value, Hidden] = {}
        self.bounds: dict[Atom, tuple[int, int]] = {}
        self.unwrapped: set[Value] = set()
        self.fixed: dict[int, Fixed] = {}
        self.infos: dict[Any, Any] = {}
        self.keep: list[Any] = []
        self.sources: dict[int, Any] = {}
        self.cells: dict[int, Any] = {}
        self.local_classes: set[type] = set()
        self.hashed: set[tuple[type, str]] = set()
        self.classes: dict[Any, type] = {}
        self.loops: dict[Any, Any] = {}
        self.exact: set[AnyLoc] = set()
        self.tables: set[AnyLoc] = set()
        self.tabled: dict[AnvilError, AnyLoc | None] = {}
        self.places: dict[int, AnyLoc] = {}
        self.known_keys = False
        self.searched: set[Atom] = set()
        self.windows: dict[Value, AnyLoc] = {}
        self.choosable: dict[AnvilError, AnyLoc] = {}
        self.choices = False
        self.attributed: set[AnyLoc] = set()
        self.attributable: dict[AnvilError, AnyLoc] = {}
        self.moving: set[AnyLoc] = set()
        self.movable: dict[AnvilError, AnyLoc | None] = {}
        self.growing: set[ast.AST] = set()
        self.linking: dict[ast.AST, None] = {}
        self.growable: dict[AnvilError, ast.AST] = {}
        self.capacity = CAPACITY
        self.open_lengths = False
        self.bounding = True
        self.bounded = False
        self.pooling, self.pooled = True, False
        self.lengths: set[AnvilError] = set()
        self.truths: dict[Atom, tuple[Atom, list[int], list[int]]] = {}
        self.short_circuits: dict[Atom, tuple[bool, Atom]] = {}
        self.rolled: dict[Value, ast.AST] = {}
        self._sites: dict[Site, int] = {}

    def remember(self) -> Callable[[], None]:
        """What forgets the functions that are made from now on."""
        tables: list[dict[Any, Any]] = [self.funcs, self.specialisations, self.loops]
        before = [dict(t) for t in tables]

        def forget() -> None:
            for table, old in zip(tables, before, strict=True):
                table.clear()
                table.update(old)

        return forget

    def site(self, raised: Raised, loc: AnyLoc, deepens: bool = False, grows: bool = False) -> int:
        """The number, from 1, of a check that raises this at `loc`."""
        site = Site(raised, loc, deepens, grows)
        found = self._sites.get(site)
        if found is None:
            self.sites.append(site)
            found = self._sites[site] = len(self.sites)
        return found

    def warn(self, code: str, message: str, loc: AnyLoc) -> None:
        """Remembers a warning."""
        self.warnings[Warned(code, message, loc)] = None

    def recurs(self) -> bool:
        """Whether what is being compiled is, or is called by, a function that calls itself."""
        infos = [*self.entries, *(a.info for a in self.active)]
        again = len(set(infos)) < len(infos)
        return again or any(a.hit or a.info in self.recursive for a in self.active)

    def name(self, wanted: str) -> str:
        """A function name that is not taken yet."""
        name, n = wanted, 1
        while name in self.funcs:
            n += 1
            name = f"{wanted}.{n}"
        self.funcs[name] = None
        return name

    def program_funcs(self) -> Mapping[str, Func]:
        """The finished functions."""
        return {n: f for n, f in self.funcs.items() if f}
