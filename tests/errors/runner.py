"""Wrong programs: text files of small scripts whose last line raises."""

from __future__ import annotations

import ast
import linecache
import sys
import traceback
import types
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import anvil

PROGRAMS = Path(__file__).parent / "programs"

LENIENT = {"api/no_source", "api/source_of_lambda_in_eval"}
"""Programs whose error is about a file that is not there."""

STRICTER: set[str] = set()
"""Programs for which anvil raises another class than Python."""


def programs() -> Iterator[tuple[str, str, str]]:
    """Area, name and text of every program."""
    for file in sorted(PROGRAMS.glob("*.txt")):
        for part in file.read_text(encoding="utf-8").split("=== ")[1:]:
            name, text = part.split("\n", 1)
            yield file.stem, name, text


def run(name: str, text: str, plain: bool = False) -> Exception | None:
    """The exception of a script's last line; with `plain` `jit` does nothing."""
    file = f"{name}.py"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    module = types.ModuleType(name)
    sys.modules[name] = module
    scope = vars(module)
    scope.update({n: getattr(anvil, n) for n in anvil.__all__}, anvil=anvil, np=np)
    if plain:
        scope["jit"] = lambda f: f
    tree = ast.parse(text)
    last = ast.Module([tree.body.pop()], [])
    exec(compile(tree, file, "exec"), scope)
    try:
        with np.errstate():  # plain Python does change NumPy's handling of errors
            exec(compile(last, file, "exec"), scope)
    except Exception as error:
        return error
    return None


def screen(error: BaseException) -> str:
    """What Python prints for an exception, after the class."""
    return "".join(traceback.format_exception_only(error)).rstrip("\n")
