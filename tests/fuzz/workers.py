"""Processes that run a hundred random programs at a time."""

from __future__ import annotations

import gc
import multiprocessing
import resource
from collections.abc import Iterator

import jax

from tests.fuzz.run import Found, chunk

CHUNK = 100
TASKS = 12  # chunks of one process
MEMORY = 10 << 30  # bytes of address space of one process


def prepared() -> None:
    """Sets up a process: less collecting of what lives on, and an end to its memory."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = MEMORY if most == resource.RLIM_INFINITY else min(MEMORY, most)
    resource.setrlimit(resource.RLIMIT_AS, (limit, most))


def of_chunk(start: int) -> tuple[int, list[Found], int]:
    """What became of the programs from a seed on."""
    jax.clear_caches()
    return (start, *chunk(range(start, start + CHUNK)))


def results(starts: list[int], processes: int) -> Iterator[tuple[int, list[Found], int]]:
    """The chunks as they are finished."""
    if processes == 1:
        prepared()
        yield from map(of_chunk, starts)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, prepared, maxtasksperchild=TASKS) as pool:
        yield from pool.imap_unordered(of_chunk, starts)
