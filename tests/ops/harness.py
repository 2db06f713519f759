"""Programs made of op kinds: built with or without peepholes, run by NumPy or by XLA."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from anvil.ir.builder import Builder
from anvil.ir.evaluate import evaluate
from anvil.ir.opkind import REGISTRY, OpKind
from anvil.ir.records import Program
from anvil.ir.samples import Sample
from anvil.ir.types import DType, type_of
from anvil.ir.verify import verify

KINDS = [kind for kind in REGISTRY.values() if not kind.structural]
Write = Callable[..., Sequence[Any]]


class RawBuilder(Builder):
    """A builder that neither folds nor simplifies nor shares."""

    def _shortcut(self, *args: Any) -> Any:
        return None


def build(args: Sequence[Any], write: Write, raw: bool = False) -> Program:
    """A program of one function whose body `write(builder, *params)` emits; verified."""
    b = (RawBuilder if raw else Builder)([type_of(a) for a in args])
    func = b.finish("f", tuple(write(b, *b.params)))
    program = Program({"f": func}, "f", "planned")
    return verify(program, locations=False)


def numpy_run(args: Sequence[Any], write: Write, raw: bool = False) -> tuple[Any, ...]:
    """The results by the reference evaluator."""
    return evaluate(build(args, write, raw), args)


def xla_run(args: Sequence[Any], write: Write) -> list[Any]:
    """The results by XLA."""
    from anvil.lower.emit import to_module
    from anvil.lower.runtime import Executable

    return list(Executable(to_module(build(args, write)))(list(args)))


def samples(kind: type[OpKind], dtype: DType) -> list[Sample]:
    """The samples of a kind for one of its dtypes."""
    found: list[Sample] = kind.samples(dtype)
    return found


def every_case(dtype: DType) -> Iterator[tuple[type[OpKind], Sample]]:
    """Every sample of every kind that is defined for `dtype`."""
    for kind in KINDS:
        if dtype in kind.dtypes:
            for sample in samples(kind, dtype):
                yield kind, sample


def all_at_once(cases: Sequence[tuple[type[OpKind], Sample]]) -> tuple[list[Any], Write]:
    """(arguments, writer) of one program that computes all of `cases`: one compilation for XLA."""

    def write(b: Builder, *params: Any) -> Sequence[Any]:
        at, results = 0, []
        for kind, sample in cases:
            n = len(sample.args)
            results += b.emit_tuple(kind, params[at : at + n], sample.attrs)
            at += n
        return results

    return [a for _, sample in cases for a in sample.args], write


def outputs(kind: type[OpKind], sample: Sample) -> int:
    """The number of results of an application."""
    found = kind.type(*(type_of(a) for a in sample.args), **{**kind.attrs, **sample.attrs})
    return len(found) if isinstance(found, tuple) else 1


def same_bits(a: Any, b: Any) -> bool:
    """Equal bit for bit; one nan is as good as another."""
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind == "c":
        return same_bits(a.real, b.real) and same_bits(a.imag, b.imag)
    if a.dtype.kind != "f":
        return bool(np.array_equal(a, b))
    both = np.isnan(a) & np.isnan(b)
    return bool(np.all(both | ((a == b) & (np.signbit(a) == np.signbit(b)))))
