"""`python -m tests.fuzz.calls 20000`: random calls of NumPy's functions against CPython
(`make fuzz`).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tests.fuzz.calls.compare import examine
from tests.fuzz.calls.generate import generate


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.fuzz.calls", description=__doc__)
    parser.add_argument("calls", type=int, help="how many calls")
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    given = parser.parse_args()
    counts: Counter[str] = Counter()
    for seed in range(given.start, given.start + given.calls):
        call = generate(seed)
        verdict = examine(call)
        counts[verdict.kind] += 1
        if verdict.failed:
            print(f"seed {seed}: {verdict.kind}: {'; '.join(call.lines)}\n    {verdict.detail}")
    print(dict(counts))
    return int(any(k not in ("ok", "raising", "refused") for k in counts))


if __name__ == "__main__":
    sys.exit(main())
