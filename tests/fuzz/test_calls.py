"""A seeded slice of the random calls of `make fuzz`."""

from __future__ import annotations

from collections import Counter

from tests.fuzz.calls.compare import examine
from tests.fuzz.calls.generate import generate

SLICE = range(2_000_000, 2_000_600)


def test_slice() -> None:
    verdicts = {seed: examine(generate(seed)) for seed in SLICE}
    assert not {seed: v for seed, v in verdicts.items() if v.failed}
    counts = Counter(v.kind for v in verdicts.values())
    assert counts["ok"] > len(SLICE) // 2
    assert counts["refused"] < len(SLICE) // 50


def test_calls_are_deterministic() -> None:
    assert generate(7).source == generate(7).source
    assert generate(7).source != generate(8).source
