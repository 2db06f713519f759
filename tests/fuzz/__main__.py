"""`python -m tests.fuzz 20000`: random programs against CPython, resumable (`make fuzz`).

Processes take a hundred seeds at a time, and are replaced after some, so that their memory stays
bounded. The state lies in out/fuzz.json: which hundreds are done and what became of the programs.
It starts anew when anvil's code or the generator has changed, unless --continue is given. Failures
are reduced and kept in tests/fuzz/kept, where the suite replays them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.fuzz.keep import keep
from tests.fuzz.run import Found, smallest
from tests.fuzz.workers import CHUNK, results

ROOT = Path(__file__).parents[2]
STATE = ROOT / "out" / "fuzz.json"


def digest() -> str:
    """Of the code under test and of the generator."""
    files = sorted([*ROOT.glob("anvil/**/*.py"), *ROOT.glob("tests/fuzz/*.py")])
    return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()[:16]


def loaded(path: Path, anyway: bool) -> dict[str, Any]:
    """The state of an earlier run of the same code, or a new one."""
    code = digest()
    state = json.loads(path.read_text()) if path.exists() else {}
    if state and (state["code"] == code or anyway):
        return {**state, "code": code}
    return {"code": code, "done": [], "seconds": 0.0, "counts": {}, "refused": {}, "failures": []}


def counted(state: dict[str, Any], found: list[Found], xla: int) -> None:
    counts, refused = Counter(state["counts"]), Counter(state["refused"])
    for f in found:
        counts["programs"] += 1
        counts[f.verdict.kind] += 1
        counts["raising"] += f.raises
        counts["with derivatives"] += f.derivatives
        counts["of second order"] += f.second
        if f.verdict.kind == "refused":
            refused[f.verdict.detail] += 1
        elif f.verdict.failed:
            entry = {"seed": f.program.seed, "kind": f.verdict.kind, "detail": f.verdict.detail}
            state["failures"].append(entry)
    counts["on XLA"] += xla
    state["counts"], state["refused"] = dict(counts), dict(refused.most_common())


def summary(state: dict[str, Any]) -> Iterator[str]:
    counts = state["counts"]
    yield f"{counts.get('programs', 0)} programs in {state['seconds']:.0f} s; code {state['code']}"
    for name in (
        "ok",
        "joined",
        "rounded",
        "refused",
        "raising",
        "with derivatives",
        "of second order",
        "on XLA",
    ):
        yield f"  {name}: {counts.get(name, 0)}"
    for code, n in state["refused"].items():
        yield f"  refused, {code}: {n}"
    for f in state["failures"]:
        yield f"  FAILED seed {f['seed']}: {f['kind']}: {f['detail']}"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("programs", type=int, help="how many programs in all, in hundreds")
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--continue", dest="anyway", action="store_true", help="also of other code")
    parser.add_argument("--no-keep", action="store_true", help="report failures without reducing")
    parser.add_argument("--state", type=Path, default=STATE)
    parser.add_argument("--processes", type=int, default=min(os.cpu_count() or 1, 4))
    return parser.parse_args()


def main() -> int:
    given = options()
    state = loaded(given.state, given.anyway)
    given.state.parent.mkdir(parents=True, exist_ok=True)
    done = set(state["done"])
    starts = [s for s in range(given.start, given.start + given.programs, CHUNK) if s not in done]
    began, before = time.perf_counter(), state["seconds"]
    for start, found, xla in results(starts, given.processes):
        counted(state, found, xla)
        state["seconds"] = before + time.perf_counter() - began
        state["done"] = sorted([*state["done"], start])
        given.state.write_text(json.dumps(state, indent=1))
        for f in (f for f in found if f.verdict.failed):
            print(f"failed: {f.program.seed}: {f.verdict}", flush=True)
            if not given.no_keep:
                path = keep(smallest(f), f"{f.verdict.kind}: {f.verdict.detail}")
                print(f"kept {path}", flush=True)
    print("\n".join(summary(state)))
    return bool(state["failures"])


if __name__ == "__main__":
    sys.exit(main())
