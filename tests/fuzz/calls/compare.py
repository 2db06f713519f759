"""What becomes of a call in CPython and in compiled code: values, dtypes, shapes, host types, and
the classes of what is raised.
"""

from __future__ import annotations

import itertools
import linecache
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from anvil.errors import AnvilError, UnsupportedError
from tests.fuzz.calls.generate import Call, fresh
from tests.library.harness import run

_COUNTER = itertools.count()
_TOLERANCE = {"float16": 4e-3, "float32": 4e-5, "complex64": 4e-5}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`ok`, `raising` (both raise, of one class), `refused`; or a failure."""

    kind: str
    detail: str = ""

    @property
    def failed(self) -> bool:
        return self.kind not in ("ok", "raising", "refused")


def examine(call: Call) -> Verdict:
    fn = compiled_by_python(call)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        want = outcome(lambda: fn(*fresh(call)))
        got = outcome(lambda: run(fn, fresh(call)))
    if isinstance(want, Exception):
        return raised(want, got)
    if isinstance(got, UnsupportedError):
        return Verdict("refused", got.code)
    if isinstance(got, Exception):
        return Verdict("raises", f"{type(got).__name__}: {got}"[:300])
    difference = differs(want, got)
    return Verdict("differs", difference) if difference else Verdict("ok")


def compiled_by_python(call: Call) -> Callable[..., Any]:
    """The function, with its source text where anvil finds it."""
    filename = f"<call {next(_COUNTER)}>"
    lines = call.source.splitlines(keepends=True)
    linecache.cache[filename] = (len(call.source), None, lines, filename)
    scope: dict[str, Any] = {"np": np}
    exec(compile(call.source, filename, "exec"), scope)
    found: Callable[..., Any] = scope["call"]
    return found


def outcome(run_it: Callable[[], Any]) -> Any:
    try:
        return run_it()
    except Exception as error:  # is compared like a value
        return error


def raised(want: Exception, got: Any) -> Verdict:
    """What NumPy raises is raised: of its class, or one below it."""
    if isinstance(got, UnsupportedError):
        return Verdict("refused", got.code)
    if not isinstance(got, Exception):
        return Verdict("silent", f"{type(want).__name__}: {want}"[:300])
    if isinstance(got, RuntimeError) and isinstance(got, AnvilError):
        return Verdict("internal", str(got)[:300])
    order = (TypeError, ValueError, IndexError, OverflowError)
    if isinstance(want, order) and not isinstance(got, order):
        return Verdict("other class", f"{type(got).__name__} for {type(want).__name__}: {want}")
    return Verdict("raising")


def differs(want: Any, got: Any) -> str:
    """How two results differ; nothing if they do not."""
    if type(want) is not type(got):
        return f"{type(got).__name__} for {type(want).__name__}"
    if isinstance(want, tuple | list):
        if len(want) != len(got):
            return f"{len(got)} results for {len(want)}"
        return next(filter(None, map(differs, want, got)), "")
    if not isinstance(want, np.ndarray | np.generic | float | complex):
        return "" if want == got else f"{got!r} for {want!r}"
    w, g = np.asarray(want), np.asarray(got)
    if (w.dtype, w.shape) != (g.dtype, g.shape):
        return f"{g.dtype}{g.shape} for {w.dtype}{w.shape}"
    return "" if close(w, g) else f"{got!r} for {want!r}"[:300]


def close(want: Any, got: Any) -> bool:
    if want.dtype.kind not in "fc":
        return bool(np.array_equal(want, got))
    finite = np.isfinite(want)
    if want.dtype.kind == "c" and not finite.all():
        return bool(np.all(np.isfinite(got) == finite))
    largest = float(np.max(np.abs(want), where=finite, initial=0.0))
    tolerance = _TOLERANCE.get(want.dtype.name, 1e-10)
    return bool(np.allclose(got, want, tolerance, tolerance * min(largest, 1e6), equal_nan=True))
