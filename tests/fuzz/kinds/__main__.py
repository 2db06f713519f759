"""`python -m tests.fuzz.kinds effects 1000 --start 500`: random programs of one kind.

Failures are reduced, and kept in tests/fuzz/kept, where the suite replays them.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tests.fuzz.keep import keep
from tests.fuzz.kinds.run import KINDS, examine, failing
from tests.fuzz.reduce import reduced


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz.kinds", description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("programs", type=int)
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--no-keep", action="store_true", help="report failures without reducing")
    given = parser.parse_args()
    counts: Counter[str] = Counter()
    failures = 0
    for seed in range(given.start, given.start + given.programs):
        program = KINDS[given.kind].generate(seed)
        verdict = examine(given.kind, program)
        counts[f"refused, {verdict.detail}" if verdict.kind == "refused" else verdict.kind] += 1
        if verdict.failed:
            failures += 1
            print(f"failed: {given.kind} {seed}: {verdict.kind}: {verdict.detail}", flush=True)
            if not given.no_keep:
                small = reduced(program, failing(given.kind, verdict), 400)
                path = keep(small, f"{verdict.kind}: {verdict.detail}", name=f"{given.kind}_{seed}")
                print(f"kept {path}", flush=True)
    for name, count in counts.most_common():
        print(f"  {name}: {count}")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
