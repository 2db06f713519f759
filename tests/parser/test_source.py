"""Functions from everywhere: the source found is the function's own, exactly, or it is refused."""

from __future__ import annotations

import ast
import doctest
import functools
import importlib.util
import linecache
import os
import sys
import textwrap
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

from anvil.errors import SourceError, UnsupportedError
from anvil.parser.source.function_source import FunctionSource, get_source, header_loc, loc_of

ROOT = Path(__file__).parents[2]


def load(path: Path, text: str, name: str = "sample") -> ModuleType:
    """Writes a module and imports it."""
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode, kept = True, sys.dont_write_bytecode
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = kept
    return module


def run_text(text: str, name: str | None = None, **names: Any) -> dict[str, Any]:
    """Runs a text as a notebook does: registered with linecache under a name of its own."""
    text = textwrap.dedent(text)
    if name is not None:
        lines = text.splitlines(keepends=True)
        linecache.cache[name] = (len(text), None, lines, name)
    namespace = dict(names)
    exec(compile(text, name or "<string>", "exec", dont_inherit=True), namespace)
    return namespace


def body(source: FunctionSource) -> str:
    """The text of a lambda's body or of a function's last statement."""
    node = source.node
    last = node.body if isinstance(node, ast.Lambda) else node.body[-1]
    return source.segment(last)


# ----------------------------------------------------------------------------------- files


def test_a_function_in_a_file():
    def square(x):
        return x * x

    source = get_source(square)
    assert isinstance(source.node, ast.FunctionDef)
    assert (source.name, source.qualname) == ("square", "test_a_function_in_a_file.square")
    assert source.filename == __file__
    assert source.first_line == square.__code__.co_firstlineno == source.node.lineno
    assert body(source) == "return x * x"


def test_the_same_code_object_gives_the_same_source():
    def make(k):
        return lambda x: x + k

    assert get_source(make(1)) is get_source(make(2))


def test_equal_functions_of_two_files_are_kept_apart(tmp_path):
    text = "def f(x):\n    return x + 1\n"
    first = load(tmp_path / "first.py", text).f
    second = load(tmp_path / "second.py", text).f
    assert first.__code__ == second.__code__
    assert get_source(first).filename.endswith("first.py")
    assert get_source(second).filename.endswith("second.py")


def test_methods_and_private_names():
    class Outer:
        class _Net:
            def forward(self, x):
                def inner(y):
                    return y

                return inner(self.__weight * x), lambda z: self.__weight

    source = get_source(Outer._Net.forward)
    assert source.owner == "_Net"
    assert source.mangle("__weight") == "_Net__weight"
    assert [source.mangle(name) for name in ("weight", "__init__", "_x")] == [
        "weight",
        "__init__",
        "_x",
    ]
    assert source.qualname == "test_methods_and_private_names.Outer._Net.forward"


def test_private_names_stay_as_they_are_outside_classes():
    def f(x):
        return x

    assert get_source(f).mangle("__x") == "__x"

    class ___:
        def g(self):
            return 1

    assert get_source(___.g).mangle("__x") == "__x"


def test_nested_functions_of_one_name():
    def pick(which):
        if which:

            def f(x):
                return x + 1

        else:

            def f(x):
                return x - 1

        return f

    assert body(get_source(pick(True))) == "return x + 1"
    assert body(get_source(pick(False))) == "return x - 1"


# ------------------------------------------------------------------ decorators and wrappers


def doubled(f):
    @functools.wraps(f)
    def wrapper(*args):
        return 2 * f(*args)

    return wrapper


def test_a_wrapper_is_not_mistaken_for_what_it_wraps():
    @doubled
    def f(x):
        return x + 1

    assert body(get_source(f)) == "return 2 * f(*args)"
    assert body(get_source(f.__wrapped__)) == "return x + 1"


def test_decorators_belong_to_the_node_and_not_to_the_first_statement():
    def tag(_):
        return lambda f: f

    @tag(lambda x: x)
    @tag(
        3,
    )
    def f(x):
        return -x

    source = get_source(f)
    assert isinstance(source.node, ast.FunctionDef)
    assert len(source.node.decorator_list) == 2
    assert source.first_line == source.node.lineno - 4
    assert header_loc(source).line == source.node.lineno


def test_a_lambda_within_a_decorator():
    kept: list[FunctionType] = []

    def keep(f):
        kept.append(f)
        return lambda g: g

    @keep(lambda x: x * 7)
    def f(x):
        return x

    assert body(get_source(kept[0])) == "x * 7"
    assert body(get_source(f)) == "return x"


# --------------------------------------------------------------------------------- lambdas


def test_several_lambdas_on_one_line():
    f, g, h = lambda x: x + 1, lambda x: x - 1, lambda x, y=2: x * y
    assert [body(get_source(k)) for k in (f, g, h)] == ["x + 1", "x - 1", "x * y"]


def test_equal_lambdas_on_one_line_have_their_own_columns():
    f, g = (lambda x: x + 1), (lambda x: x + 1)
    first, second = (loc_of(get_source(k), get_source(k).node) for k in (f, g))
    assert first.line == second.line
    assert first.end_col < second.col


def test_lambdas_that_differ_in_a_constant_only():
    f, g, h, k = (lambda: 1), (lambda: 1.0), (lambda: True), (lambda: (0.0, 1))
    m = lambda: (-0.0, True)  # noqa: E731
    assert [body(get_source(q)) for q in (f, g, h, k, m)] == [
        "1",
        "1.0",
        "True",
        "(0.0, 1)",
        "(-0.0, True)",
    ]


def test_lambdas_in_lambdas():
    f = lambda x: (lambda y: x + y)  # noqa: E731  # fmt: skip
    assert body(get_source(f)) == "lambda y: x + y"
    assert body(get_source(f(1))) == "x + y"
    g = lambda x, k=lambda y: -y: (lambda y: k(x) + y)  # noqa: E731  # fmt: skip
    assert body(get_source(g)) == "lambda y: k(x) + y"
    assert body(get_source(g(1))) == "k(x) + y"
    assert body(get_source(g.__defaults__[0])) == "-y"


def test_statements_on_one_line():
    names = run_text("a = lambda x: x; b = lambda x: -x; c = lambda x: x\n", "<cell 1>")
    assert [body(get_source(names[name])) for name in "abc"] == ["x", "-x", "x"]
    wheres = [loc_of(get_source(names[name]), get_source(names[name]).node) for name in "abc"]
    assert len({where.col for where in wheres}) == 3


def test_a_lambda_on_several_lines():
    f = run_text("f = [lambda x: x\n  + 1, lambda x: x\n  + 2][1]\n", "<cell 2>")["f"]
    source = get_source(f)
    where = loc_of(source, source.node)
    assert (where.line, where.end_line) == (2, 3)
    assert body(source) == "x + 2"


def test_lambdas_made_in_a_loop_and_as_defaults():
    fs = [lambda x, i=i: x + i for i in range(3)]
    assert {body(get_source(f)) for f in fs} == {"x + i"}

    def g(h=lambda x: x * 5):
        return h

    assert body(get_source(g())) == "x * 5"


# ------------------------------------------------------------------------------- locations


def test_columns_are_utf8_bytes(tmp_path):
    f = load(tmp_path / "greek.py", 'def f(θ, δx):\n    return "→" + θ * δx\n').f
    source = get_source(f)
    names = [node for node in ast.walk(source.node) if isinstance(node, ast.Name)]
    where = loc_of(source, names[0])
    assert (where.line, where.col, where.end_col) == (2, 19, 21)
    assert [source.segment(name) for name in names] == ["θ", "δx"]


def test_an_encoded_file(tmp_path):
    path = tmp_path / "latin.py"
    path.write_bytes("# coding: latin-1\ndef f(é):\n    return é + 1\n".encode("latin-1"))
    spec = importlib.util.spec_from_file_location("latin", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert body(get_source(module.f)) == "return é + 1"


def test_locations_of_nodes_that_have_none():
    def f(xs):
        return [x + 1 for x in xs if x]

    source = get_source(f)
    clause = next(n for n in ast.walk(source.node) if isinstance(n, ast.comprehension))
    assert source.segment(clause) == "x in xs if x"
    plus = next(n for n in ast.walk(source.node) if isinstance(n, ast.Add))
    assert loc_of(source, plus) == header_loc(source)
    assert source.segment(source.node.args) == "xs"
    assert loc_of(source, plus).func.endswith("f")


def test_calls_on_imported_names_compile_differently(tmp_path):
    """CPython's bytecode of `m.f()` depends on whether the module imports `m`."""
    module = load(
        tmp_path / "imports.py",
        """
        from __future__ import annotations
        import math
        if True:
            import cmath as c
        try:
            from os import path
        except ImportError:
            pass
        def outer():
            global late
            import math as late
        def f(x):
            return math.sin(x), c.sin(x), path.join(x), late.sin(x)
        def g(x):
            return late.sin(x), x.sin()
        """,
    )
    assert body(get_source(module.f)).startswith("return math.sin(x)")
    assert body(get_source(module.g)) == "return late.sin(x), x.sin()"


def test_windows_line_ends_and_form_feeds(tmp_path):
    path = tmp_path / "crlf.py"
    path.write_bytes(b"x = 1\r\n\x0c\r\ndef f(x):\r\n    return x\r\n")
    spec = importlib.util.spec_from_file_location("crlf", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert body(get_source(module.f)) == "return x"


# ------------------------------------------------------------------------- cells and `exec`


def test_a_registered_text():
    f = run_text("def f(x):\n    return x + 40\n", "<cell 40>")["f"]
    source = get_source(f)
    assert source.filename == "<cell 40>"
    assert body(source) == "return x + 40"


def test_a_cell_that_runs_twice_under_one_name():
    first = run_text("def f(x):\n    return x + 1\n", "<cell 41>")["f"]
    assert body(get_source(first)) == "return x + 1"
    second = run_text("def f(x):\n    return x + 2\n", "<cell 41>")["f"]
    assert body(get_source(second)) == "return x + 2"
    assert body(get_source(first)) == "return x + 1"


def test_a_cell_replaced_before_its_function_was_read():
    first = run_text("def f(x):\n    return x + 1\n", "<cell 42>")["f"]
    run_text("def f(x):\n    return x + 2\n", "<cell 42>")
    with pytest.raises(SourceError, match="not what Python compiled"):
        get_source(first)


def test_future_statements_do_not_matter():
    f = run_text(
        "from __future__ import annotations\ndef f(x: int) -> int:\n    return x\n", "<cell 43>"
    )["f"]
    assert body(get_source(f)) == "return x"


def test_exec_without_registered_text():
    f = run_text("def f(x):\n    return x\n")["f"]
    with pytest.raises(SourceError) as caught:
        get_source(f)
    assert caught.value.code == "no-source"
    assert isinstance(caught.value, NotImplementedError)
    assert "linecache.cache[name]" in str(caught.value)


def test_doctest():
    text = """
    >>> def f(x):
    ...     return x * 3
    >>> get_source(f).segment(get_source(f).node.body[0])
    'return x * 3'
    >>> g, h = lambda x: x, lambda x: 2 * x
    >>> get_source(h).segment(get_source(h).node.body)
    '2 * x'
    """
    test = doctest.DocTestParser().get_doctest(text, {"get_source": get_source}, "t", None, 0)
    assert doctest.DocTestRunner(verbose=False).run(test).failed == 0


# ------------------------------------------------------------------------------ edited text


EDITS = {
    "operator": ("return x + y", "return x - y"),
    "order": ("return x + y", "return y + x"),
    "constant": ("y = 1", "y = 2"),
    "constant's type": ("y = 1", "y = True"),
    "name of a function": ("sin(x)", "cos(x)"),
    "inner function": ("k + 1", "k + 2"),
    "line above": ("def f", "\ndef f"),
    "removed": ("def f", "def g"),
    "broken": ("return x + y", "return x +"),
    "arguments": ("f(x, z)", "f(z, x)"),
    "empty": (None, "\n"),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_file_is_refused(tmp_path, name):
    old, new = EDITS[name]
    path = tmp_path / "edited.py"
    text = (
        "from math import sin, cos\ndef f(x, z):\n    y = 1\n    x = sin(x)\n"
        "    h = lambda k: k + 1\n    return x + y\n"
    )
    f = load(path, text).f
    path.write_text(new if old is None else text.replace(old, new), encoding="utf-8")
    os.utime(path, (0, 0))
    linecache.checkcache()
    with pytest.raises(SourceError) as caught:
        get_source(f)
    assert caught.value.code == "source-changed"


def test_an_edit_beside_the_function_is_harmless(tmp_path):
    path = tmp_path / "beside.py"
    f = load(path, "def f(x):\n    return x  # one\n").f
    path.write_text("def f(x: int):\n    # two\n    return x\ndef g(): pass\n", encoding="utf-8")
    linecache.checkcache()
    source = get_source(f)
    assert loc_of(source, source.node.body[-1]).line == 3


def test_a_stale_linecache_is_looked_at_again(tmp_path):
    path = tmp_path / "stale.py"
    assert body(get_source(load(path, "def f(x):\n    return x\n").f)) == "return x"
    again = load(path, "def f(x):\n    return -x - 1\n").f
    assert body(get_source(again)) == "return -x - 1"


def test_a_deleted_file(tmp_path):
    path = tmp_path / "gone.py"
    f = load(path, "def f(x):\n    return x\n").f
    path.unlink()
    with pytest.raises(SourceError, match="is not there"):
        get_source(f)


# ------------------------------------------------------------- functions rewritten by pytest


def test_functions_with_asserts_under_pytest():
    def f(x):
        assert x > 0, "positive"
        y = x + 1
        assert (
            y
            > 1
        )  # fmt: skip
        return y * 2

    assert body(get_source(f)) == "return y * 2"


def test_nested_functions_and_asserts_under_pytest():
    def f(xs):
        g = lambda k: k + 1  # noqa: E731
        for x in xs:
            if x:
                assert all(isinstance(x, int) for x in xs)
            else:
                continue

        def h(a):
            assert a
            return [g(b) for b in a]

        return h(xs)

    assert body(get_source(f)) == "return h(xs)"


def test_an_edited_function_with_asserts_is_refused_too():
    rewritten = load_with_pytest("def f(x, y):\n    assert x\n    return x - y\n")
    assert any("@" in name for name in rewritten.__code__.co_names + rewritten.__code__.co_varnames)
    for old, new in {"x - y": "y - x", "return": "x = 1;return", "def f": "\ndef f"}.items():
        changed = load_with_pytest("def f(x, y):\n    assert x\n    return x - y\n")
        name = changed.__code__.co_filename
        text = "".join(linecache.getlines(name)).replace(old, new)
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        with pytest.raises(SourceError):
            get_source(changed)
    assert body(get_source(rewritten)) == "return x - y"


def load_with_pytest(text: str) -> FunctionType:
    """Compiles a text as pytest does."""
    from _pytest.assertion.rewrite import rewrite_asserts

    load_with_pytest.count = getattr(load_with_pytest, "count", 0) + 1  # type: ignore[attr-defined]
    name = f"<rewritten {load_with_pytest.count}>"  # type: ignore[attr-defined]
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    tree = ast.parse(text)
    rewrite_asserts(tree, text.encode())
    namespace: dict[str, Any] = {}
    exec(compile(tree, name, "exec", dont_inherit=True), namespace)
    function: FunctionType = namespace["f"]
    return function


# --------------------------------------------------------------------------------- refusals


def test_async_functions_are_refused():
    async def f(x):
        return x

    with pytest.raises(UnsupportedError, match="async def") as caught:
        get_source(f)
    assert caught.value.code == "unsupported-syntax"


def test_functions_without_text():
    import dataclasses

    @dataclasses.dataclass
    class Point:
        x: float

    with pytest.raises(SourceError) as caught:
        get_source(Point.__init__)
    assert "exec" in str(caught.value)
