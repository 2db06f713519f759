"""A seeded slice of the random programs of each kind; ANVIL_RANDOM_KINDS says how many of each."""

from __future__ import annotations

import os

import pytest

from tests.fuzz.kinds.run import KINDS, examine

PROGRAMS = int(os.environ.get("ANVIL_RANDOM_KINDS", "30"))


@pytest.mark.parametrize("kind", KINDS)
def test_slice(kind: str) -> None:
    programs = PROGRAMS // getattr(KINDS[kind], "SHARE", 1)
    found = [(seed, examine(kind, KINDS[kind].generate(seed))) for seed in range(programs)]
    assert not [(seed, verdict) for seed, verdict in found if verdict.failed]
    refused = [verdict for _, verdict in found if verdict.kind == "refused"]
    assert len(refused) <= programs // 2
