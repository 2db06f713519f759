"""The calls that led to a failed check, as far as the program tells.

A function is compiled once for all calls at one signature, and a check tells its site only: where
a function is called at several places, any of them may be the one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from anvil.errors import Chain
from anvil.errors.snippet import is_anvil
from anvil.ir.analysis import refs, walk
from anvil.ir.loc import AnyLoc, Loc, primary
from anvil.ir.records import Func, Op, Program


def calls_to(program: Program, site: int, loc: AnyLoc) -> Chain:
    """The calls around the check of a site of this parsed program, which is reported at `loc`: up
    to the entry, or to a function that is called by it and by others.
    """
    inside = {f.name for f in program.funcs.values() if any(_checks(op, site) for op in walk(f))}
    seen: set[str] = set()
    chain: list[tuple[Loc, ...]] = []
    hidden = primary(loc)
    while inside and program.main.name not in inside:
        seen |= inside
        calls = list(_calls_of(program.funcs.values(), inside, seen))
        shown = tuple(call for call, _ in calls if _shown(call, hidden))
        if shown:
            chain.append(shown)
        inside = {name for _, names in calls for name in names}
    return Chain(tuple(reversed(chain)))


def _shown(call: Loc, hidden: Loc) -> bool:
    return call.line > 0 and call != hidden and not is_anvil(call.file)


def _checks(op: Op, site: int) -> bool:
    return bool(op.attrs) and op.attrs.get("site") == site


def _calls_of(
    funcs: Iterable[Func], callees: set[str], seen: set[str]
) -> Iterator[tuple[Loc, set[str]]]:
    """The places that mention these functions, each with the functions that hold it."""
    found: dict[Loc, set[str]] = {}
    for func in funcs:
        if func.name in seen:
            continue
        for op in walk(func):
            if op.attrs and op.kind.structural and not callees.isdisjoint(refs(op.attrs)):
                found.setdefault(primary(op.loc), set()).add(func.name)
    yield from sorted(found.items(), key=lambda item: (item[0].file, item[0].line, item[0].col))
