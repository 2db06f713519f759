"""The house: imports run one way, only `lower` knows jax, files stay short.

`cli -> api -> {parser, library | ad | opt | lower} -> ir -> errors`; siblings never import each
other, except that `library` is written in terms of `parser`'s values. What flows between them is a
Program, or a callback handed down by `api`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "anvil"
FILES = sorted(PACKAGE.rglob("*.py"))

BELOW = {"errors", "ir"}
MIDDLE = {"parser", "library", "ad", "opt", "lower"}
# layer -> the layers it may import, itself apart
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "ir": {"errors"},
    "parser": BELOW,
    "library": BELOW | {"parser"},
    "ad": BELOW,
    "opt": BELOW,
    "lower": BELOW,
    "api": BELOW | MIDDLE,
    "random": BELOW | MIDDLE | {"api"},
    "tree": BELOW | MIDDLE | {"api"},
    "commands": BELOW | MIDDLE | {"api"},
    "cli": BELOW | MIDDLE | {"api", "commands"},
    "__init__": {"errors", "api", "random", "tree"},
    "__main__": {"cli"},
}
# imports inside functions: who may defer what (everything but running works without jax)
DEFERRED = {("api", "lower"), ("__init__", "api")}
# and in `lower`: jax lowers library functions, where a program has one
DEFERRED_MODULES = {("anvil.lower.emit", "anvil.lower.library_call")}
PRIVATE_JAX = "anvil.lower.jax_bridge"
LONGEST = 600


@dataclass(frozen=True)
class Import:
    """One import: `deferred` inside a function, `typing` under TYPE_CHECKING."""

    module: str
    target: str
    line: int
    deferred: bool
    typing: bool

    def __str__(self) -> str:
        return f"{self.module}:{self.line} imports {self.target}"


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 2 else parts)


def layer(module: str) -> str:
    return (module.split(".") + ["__init__"])[1]


MODULES = {module_name(file): file for file in FILES}


def targets(node: ast.AST, module: str) -> list[str]:
    """Dotted names that an import statement (or a call of import_module) imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert not node.level, f"{module}:{node.lineno}: relative import"
        base = node.module or ""
        inner = [f"{base}.{alias.name}" for alias in node.names]
        return [name if name in MODULES or base == "anvil" else base for name in inner]
    if isinstance(node, ast.Call) and node.args:
        name = ast.unparse(node.func).rpartition(".")[2]
        first = node.args[0]
        if name in ("import_module", "__import__") and isinstance(first, ast.Constant):
            return [str(first.value)]
    return []


def imports(module: str, file: Path) -> Iterator[Import]:
    def visit(node: ast.AST, deferred: bool, typing: bool) -> Iterator[Import]:
        for target in targets(node, module):
            yield Import(module, target, getattr(node, "lineno", 0), deferred, typing)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            deferred = True
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            typing = True
        for child in ast.iter_child_nodes(node):
            yield from visit(child, deferred, typing)

    yield from visit(ast.parse(file.read_text(encoding="utf-8")), False, False)


IMPORTS = [found for module, file in MODULES.items() for found in imports(module, file)]
OWN = [found for found in IMPORTS if found.target.split(".")[0] == "anvil"]
JAX = [found for found in IMPORTS if found.target.split(".")[0] in ("jax", "jaxlib")]


def test_every_module_has_a_layer() -> None:
    homeless = sorted(m for m in MODULES if layer(m) not in MAY_IMPORT)
    assert not homeless, f"say in MAY_IMPORT which layer these are: {homeless}"


def test_imports_run_one_way() -> None:
    wrong = [
        str(i)
        for i in OWN
        if layer(i.target) != layer(i.module) and layer(i.target) not in MAY_IMPORT[layer(i.module)]
    ]
    assert not wrong, "\n".join(wrong)


def test_imports_are_at_the_top() -> None:
    wrong = [
        str(i)
        for i in OWN + JAX
        if i.deferred
        and (layer(i.module), layer(i.target)) not in DEFERRED
        and (i.module, i.target) not in DEFERRED_MODULES
    ]
    assert not wrong, "\n".join(wrong)


def test_api_reaches_the_runtime_lazily() -> None:
    wrong = [
        str(i)
        for i in OWN
        if (layer(i.module), layer(i.target)) in DEFERRED and not (i.deferred or i.typing)
    ]
    assert not wrong, "\n".join(wrong)


def test_only_lower_imports_jax() -> None:
    wrong = [str(i) for i in JAX if layer(i.module) != "lower" and not i.typing]
    assert not wrong, "\n".join(wrong)


def test_private_jax_is_in_one_file() -> None:
    wrong = [
        str(i)
        for i in JAX
        if i.module != PRIVATE_JAX and (i.target.startswith("jaxlib") or "._src" in i.target)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_cycles() -> None:
    graph: dict[str, set[str]] = {module: set() for module in MODULES}
    for i in OWN:
        if not (i.deferred or i.typing) and i.target in MODULES and i.target != i.module:
            graph[i.module].add(i.target)
    done: set[str] = set()

    def walk(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module not in done:
            for target in sorted(graph[module]):
                walk(target, (*path, module))
            done.add(module)

    for module in sorted(graph):
        walk(module, ())


@pytest.mark.parametrize("folder", ["anvil", "benchmarks", "examples", "scripts", "tests"])
def test_files_are_short(folder: str) -> None:
    lengths = {
        str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines())
        for file in (ROOT / folder).rglob("*.py")
    }
    long = {name: n for name, n in lengths.items() if n > LONGEST}
    assert not long, f"over {LONGEST} lines, so two things live in it: {long}"
