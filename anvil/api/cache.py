"""The specialisations of compiled functions: how one is found, kept, and shared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from anvil.api.results import describe_spec
from anvil.api.specialisation import Bound, Specialisation, Stale
from anvil.errors import caller, warn
from anvil.ir.loc import describe
from anvil.parser.state.guards import same
from anvil.parser.state.signature import Spec, static_key

Bind: TypeAlias = Callable[[Specialisation], Bound]


class Group:
    """The specialisations for arguments of one structure and of certain classes of leaves.

    `direct` is the only one there is, if it depends on nothing but what jax's dispatch compares.
    """

    __slots__ = ("arrays", "direct", "specs")

    def __init__(self, leaves: Sequence[Any]) -> None:
        self.arrays = [i for i, leaf in enumerate(leaves) if hasattr(leaf, "shape")]
        self.specs: list[tuple[Any, tuple[tuple[int, Any], ...], Specialisation]] = []
        self.direct: Specialisation | None = None

    def signature(self, leaves: Sequence[Any]) -> Any:
        """The shapes and dtypes of the arrays among the leaves."""
        return [(leaves[i].shape, leaves[i].dtype) for i in self.arrays]

    def find(self, leaves: Sequence[Any], bind: Bind) -> Bound | None:
        """The specialisation for these leaves whose guards hold; it comes first from now on."""
        signature = self.signature(leaves)
        for k, (known, statics, spec) in enumerate(self.specs):
            if known == signature and all(static_key(leaves[i]) == v for i, v in statics):
                bound = bind(spec)
                if spec.free or bound.holds():
                    if k:
                        self.specs.insert(0, self.specs.pop(k))
                    return bound
        return None

    def add(self, leaves: Sequence[Any], statics: Sequence[int], spec: Specialisation) -> None:
        """A new specialisation; of those with the same signature, for other values of what is read
        outside, the latest are kept.
        """
        signature = self.signature(leaves)
        values = tuple((i, static_key(leaves[i])) for i in statics)
        alike = [s for s in self.specs if s[:2] == (signature, values)]
        for old in alike[_ALIKE - 1 :]:
            self.specs = [s for s in self.specs if s is not old]
        self.specs.insert(0, (signature, values, spec))
        self.direct = spec if len(self.specs) == 1 and not values else None

    def by_signature(self, classes: Sequence[type], bind: Bind) -> Callable[[Sequence[Any]], Any]:
        """The shortest call where several specialisations differ in shapes and dtypes, or in what
        they read outside: of these the latest is tried.
        """
        latest = {tuple(known): spec for known, _, spec in reversed(self.specs)}
        table = {known: bind(spec).ready(classes) for known, spec in latest.items()}
        arrays = self.arrays

        def dispatch(leaves: Sequence[Any]) -> Any:
            found = table.get(tuple([(leaves[i].shape, leaves[i].dtype) for i in arrays]))
            if found is None:
                raise Stale
            return found(leaves)

        return dispatch


_ALIKE = 8
"""Specialisations of one signature that are kept, for different values of what is read outside."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A specialisation and the arguments that it was made for."""

    args: tuple[Spec, ...]
    kwargs: Mapping[str, Spec]
    spec: Specialisation


class Family:
    """What compiled functions share whose Python functions were made by the same code."""

    def __init__(self) -> None:
        self.groups: dict[Any, Group] = {}
        self.made: list[Compiled] = []
        self._sites: dict[tuple[str, int], list[Compiled]] = {}

    def add(self, made: Compiled, root: Any, name: str, names: Sequence[str]) -> None:
        """A new specialisation; warns when one call keeps compiling."""
        self.made.append(made)
        site = caller()
        if site is None:
            return
        before = self._sites.setdefault((site.file, site.line), [])
        before.append(made)
        if len(before) == _PATIENCE + 1:
            what = "; ".join(differences(before[-2], made, root, names))
            message = f"this call has compiled {name} {len(before)} times; the last time for {what}"
            warn("recompiled", message, site)


_PATIENCE = 3
"""Times that one call may compile again before it warns."""


def differences(old: Compiled, new: Compiled, root: Any, names: Sequence[str]) -> list[str]:
    """What a second specialisation was made for."""
    found = []
    labels = [*names, *(f"argument {i}" for i in range(len(names), len(new.args)))]
    pairs = list(zip(labels, old.args, new.args, strict=False))
    pairs += [(n, old.kwargs[n], s) for n, s in new.kwargs.items() if n in old.kwargs]
    for name, a, b in pairs:
        if a != b:
            found.append(f"{name}: {describe_spec(b)} (before: {describe_spec(a)})")
    values = {p.name: p.value for p in old.spec.parsed.promoted}
    for p in new.spec.parsed.promoted:
        if p.name in values and not same(p.value, values[p.name]):
            was = f"(before: {values[p.name]!r})"
            found.append(f"{p.name} = {p.value!r} {was}, static as {p.why} at {describe(p.loc)}")
    changed = old.spec.parsed.guarded.guards.changed(root)
    if changed:
        found.append(f"another value of {', '.join(changed)}")
    return found or ["other arguments"]
