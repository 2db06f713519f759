"""Room on Python's stack for walks over programs, which go as deep as regions are nested."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

FRAMES = 20_000


@contextmanager
def deep_stack(frames: int = FRAMES) -> Iterator[None]:
    """Lets calls be nested at least so deeply."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, frames))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
