"""What the library gives to the parser: entries, and the table in which they are looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from anvil.parser.state.values import Abstract


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """A library function run while compiling: `run(ctx, *args, **kwargs)` on abstract values."""

    run: Callable[..., Abstract]


@dataclass(slots=True)
class Library:
    """What the library tells the parser. Entries are intrinsics, or plain Python functions that the
    parser compiles.

    functions   by the callable's identity: `np.sum`, `math.sin`, `abs`, `np.float32` (a call of the
                type converts); np.matmul must be among them: it is the operator `@`
    methods     of arrays and NumPy scalars by name; the array is the first argument
    attributes  of arrays and scalars by name: intrinsics of one argument (beyond shape, ndim, size,
                dtype, T)
    instances   calls of host objects by their class, the object first
    items       subscripts of host objects by identity, the index last
    ragged      by entry: `rule(ctx, call, args, kwargs)` for arrays whose length the data decides,
                `call` being the entry; other intrinsics refuse them
    """

    functions: Mapping[Any, Any] = field(default_factory=dict)
    methods: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    instances: Mapping[type, Any] = field(default_factory=dict)
    items: Mapping[Any, Any] = field(default_factory=dict)
    ragged: Mapping[Any, Any] = field(default_factory=dict)
