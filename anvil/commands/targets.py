"""What a command works on: `FILE.py:FUNC` or `FILE.air` (`-` reads a text from standard input)."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import sys
import traceback
import zipfile
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from anvil.api.function import Function
from anvil.api.transforms import jit
from anvil.errors import AnvilError, error, short_path
from anvil.ir import reader
from anvil.ir.loc import Loc
from anvil.ir.records import Program
from anvil.ir.verify import verify


@dataclass(frozen=True)
class PythonTarget:
    """A function of a Python file, compiled or not."""

    spelled: str
    file: Path
    function: Function


@dataclass(frozen=True)
class TextTarget:
    """A program that was read from a text, and verified."""

    spelled: str
    program: Program


Target = PythonTarget | TextTarget


def open_target(spelled: str) -> Target:
    """The target of that spelling (code bad-target)."""
    if spelled == "-" or spelled.endswith(".air"):
        return TextTarget(spelled, read_program(spelled))
    name, colon, func = spelled.rpartition(":")
    if not colon:
        name, func = spelled, ""
    if not name.endswith(".py"):
        what = f"{spelled} is neither FILE.py:FUNC nor FILE.air"
        raise error("bad-target", what, hint="write for instance net.py:loss or net.air")
    file = existing(name)
    module = load_module(file)
    if not func:
        raise error("bad-target", f"{spelled} names no function of the file", hint=_offer(module))
    found = _member(module, func, file)
    function = found if isinstance(found, Function) else jit(found)
    return PythonTarget(spelled, file, function)


def existing(name: str) -> Path:
    """The path of a file that is there."""
    path = Path(name)
    if path.is_file():
        return path
    what = "is a directory" if path.is_dir() else "does not exist"
    beside = [p.name for p in path.parent.glob(f"*{path.suffix}")] if path.parent.is_dir() else []
    close = difflib.get_close_matches(path.name, beside, n=3)
    hint = f"did you mean {' or '.join(str(path.with_name(c)) for c in close)}?" if close else ""
    raise error("bad-target", f"the file {name} {what}", hint=hint)


def read_program(name: str) -> Program:
    """The verified program in a `.air` file, or on standard input (`-`)."""
    try:
        if name == "-":
            return verify(reader.parse(sys.stdin.read(), file="<stdin>"))
        return verify(reader.load(existing(name)))
    except UnicodeDecodeError:
        raise error("bad-target", f"{name} is not a text in UTF-8") from None
    except (OSError, zipfile.BadZipFile) as problem:
        raise error("bad-target", f"{name} cannot be read: {problem}") from None


# ---- Python files


def load_module(file: Path) -> ModuleType:
    """The file as a module, executed as by `import`; inside a package under its full name."""
    file = file.resolve()
    root, names = file.parent, [file.stem]
    while (root / "__init__.py").exists():
        root, names = root.parent, [root.name, *names]
    if names[-1] == "__init__":
        names.pop()
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    try:
        return _executed(file, ".".join(names))
    except AnvilError as problem:
        raise problem from None
    except (Exception, SystemExit) as problem:
        raise _not_loaded(file, problem) from problem


def _executed(file: Path, name: str) -> ModuleType:
    if "." in name:
        return importlib.import_module(name)
    if name in sys.modules or name in sys.stdlib_module_names:
        name = f"{name}_at_{abs(hash(file)):x}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None, "a .py file has a spec"
    assert spec.loader is not None, "a .py file has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _not_loaded(file: Path, problem: BaseException) -> AnvilError:
    """The error that executing the file raised, at the line of the user's that raised it."""
    what = traceback.format_exception_only(problem)[-1].strip()
    return error(
        "bad-target",
        f"{short_path(str(file))} cannot be imported: {what}",
        _raised_at(problem),
        notes=["The file is executed, as by `import`, to find the function."],
        hint="Make the file importable: `python -c 'import ...'` should pass.",
    )


def _raised_at(problem: BaseException) -> Loc | None:
    if isinstance(problem, SyntaxError):
        column = max((problem.offset or 1) - 1, 0)
        return Loc(problem.filename or "", problem.lineno or 0, column)
    frames = traceback.extract_tb(problem.__traceback__)
    users = [f for f in frames if not f.filename.startswith(("<", str(Path(__file__).parents[1])))]
    if not users:
        return None
    last = users[-1]
    return Loc(
        last.filename,
        last.lineno or 0,
        last.colno or 0,
        last.end_lineno or 0,
        last.end_colno or 0,
        "" if last.name == "<module>" else last.name,
    )


def _member(module: ModuleType, dotted: str, file: Path) -> Any:
    """The callable that `dotted` names in the module."""
    found: Any = module
    done: list[str] = []
    for name in dotted.split("."):
        if not hasattr(found, name):
            where = ".".join(done) or short_path(str(file))
            close = difflib.get_close_matches(name, _names(found), n=3)
            hint = f"did you mean {' or '.join(close)}?" if close else _offer(found)
            raise error("bad-target", f"{where} has no {name}", hint=hint)
        found = getattr(found, name)
        done.append(name)
    if not callable(found):
        what = f"{dotted} is not a function but {type(found).__name__}"
        raise error("bad-target", what, hint=_offer(module))
    return found


def _names(space: Any) -> list[str]:
    return [n for n in dir(space) if not n.startswith("__")]


def _offer(space: Any) -> str:
    """The functions that could have been meant."""
    own = [n for n in _names(space) if _is_own(getattr(space, n, None), space)]
    return f"there are {', '.join(own[:12])}" if own else "the file defines no function"


def _is_own(value: Any, space: Any) -> bool:
    home = getattr(space, "__name__", None)
    plain = isinstance(value, FunctionType | Function)
    return plain and getattr(value, "__module__", None) == home
