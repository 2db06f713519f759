"""A seeded slice of the random programs of `make fuzz`, those that failed once, and the reducer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.generate import Program, generate
from tests.fuzz.keep import KEPT, kept
from tests.fuzz.oracle import batch, examine
from tests.fuzz.reduce import reduced
from tests.fuzz.run import chunk, examined

SLICE = range(1_000_000, 1_000_120)
FILES = sorted(f for f in KEPT.glob("*.py") if f.stem != "__init__")


def test_slice() -> None:
    found, xla = chunk(SLICE)
    failed = [(f.program.seed, f.verdict) for f in found if f.verdict.failed]
    assert not failed
    refused = [f for f in found if f.verdict.kind == "refused"]
    assert len(refused) < len(found) // 4
    assert xla > len(found) // 20


@pytest.mark.parametrize("file", FILES, ids=[f.stem for f in FILES])
def test_kept(file: Path) -> None:
    verdict = examine(kept(file), derivatives=True, second=True, optimised=True)
    assert not verdict.failed, verdict


def test_programs_are_deterministic() -> None:
    assert generate(7).source == generate(7).source
    assert generate(7).source != generate(8).source


def test_reducer_finds_the_statement() -> None:
    lines = ("a = x * 2", "for i in range(3):", "    a += i", "b = a / y", "return b + 1")
    source = "def program(x, y):\n" + "".join(f"    {line}\n" for line in lines)
    program = Program(0, source, ((1.0, 0.0), (1.0, 0.0)))

    def fails(candidate: Program) -> bool:
        return "/ y" in candidate.source

    assert reduced(program, fails).source.count("\n") == 2
    assert examined(program).verdict.kind == "ok"  # both raise ZeroDivisionError


def test_batch_reports_each() -> None:
    programs = [generate(seed) for seed in (3, 7)]
    assert [v.kind for _, v in batch(programs)] == ["ok", "ok"]
