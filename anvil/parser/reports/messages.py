"""What checks raise: exceptions told as templates, to be filled in with values at run time.

A part of an exception is a `Spec` (known objects are `StaticSpec`s); the pieces of a `TextSpec` are
formatted when the exception is made. The leaves of all parts, in order, are the values that a check
carries.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any, TypeAlias

from anvil.errors import Chain, located
from anvil.ir.loc import AnyLoc
from anvil.parser.state.signature import (
    ArraySpec,
    Missing,
    Piece,
    ScalarSpec,
    Spec,
    StaticSpec,
    TextSpec,
    host_leaf,
    leaves,
    rebuild,
)

Take: TypeAlias = Callable[[ArraySpec | ScalarSpec], Any]


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception: its class, arguments, attributes, and the one it was raised from."""

    exception: type[BaseException]
    args: tuple[Spec, ...]
    attrs: tuple[tuple[str, Spec], ...] = ()
    cause: Raised | None = None
    quiet: bool = False

    def parts(self) -> Iterator[Spec]:
        """All templates, in the order of their values."""
        yield from self.args
        yield from (t for _, t in self.attrs)
        if self.cause is not None:
            yield from self.cause.parts()

    def leaves(self, optional: bool = True) -> Iterator[ArraySpec | ScalarSpec]:
        """The values that it needs, the optional ones included or not."""
        for part in self.parts():
            if not isinstance(part, TextSpec):
                yield from leaves(part)
                continue
            for piece in part.pieces:
                if isinstance(piece, Piece) and piece.optional <= optional:
                    yield from leaves(piece.spec)

    def build(self, take: Take) -> BaseException:
        """The exception object. Python's `__init__` methods are not run: they were compiled."""
        args = tuple(rebuild(a, take) for a in self.args)
        attrs = {name: rebuild(a, take) for name, a in self.attrs}
        cls: Any = self.exception
        if isinstance(inspect.getattr_static(cls, "__init__"), FunctionType):
            made = cls.__new__(cls, *args)
            made.args = args
        else:
            made = cls(*args)
        made.__dict__.update(attrs)
        if self.cause is not None:
            made.__cause__ = self.cause.build(take)
        if self.quiet:
            made.__suppress_context__ = True
        return made  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Site:
    """A check: what it raises, and where. One that `deepens` fails where the stack of a recursion
    is full, one that `grows` where a list is: the host may try again with more room.
    """

    raised: Raised
    loc: AnyLoc
    deepens: bool = False
    grows: bool = False

    @property
    def exception(self) -> type[BaseException]:
        """The class of the exception."""
        return self.raised.exception

    @property
    def carries(self) -> bool:
        """Whether values of the program are part of the exception."""
        return any(True for _ in self.raised.leaves())

    @property
    def requires(self) -> bool:
        """Whether the exception would not be the same without some of these values."""
        return any(True for _ in self.raised.leaves(optional=False))

    def error(self, values: Sequence[Any] | None, chain: Chain | None = None) -> BaseException:
        """The exception, located, with the calls that led there; `values` are those that the failed
        check carried, None if they cannot be had.
        """
        if values is None:
            made = located(self._without_values(), self.loc, chain)
            made.add_note(_MISSING)
            return made
        fresh = iter(values)
        made = self.raised.build(lambda spec: host_leaf(spec, next(fresh)))
        return located(made, self.loc, chain)

    def _without_values(self) -> BaseException:
        try:
            return self.raised.build(lambda spec: Missing())
        except Exception:  # a class that takes no other arguments than the right ones
            return self.exception.__new__(self.exception)


_MISSING = (
    "A ? stands for a number that is not known: the program did not fail in the same way when it "
    "was run once more for it."
)


def static(value: Any) -> StaticSpec:
    """The template of a known object."""
    return StaticSpec(value)
