"""The exception tree, the screen of text that an error prints, and tracebacks without anvil."""

from __future__ import annotations

import ast
import builtins
import copy
import linecache
import pickle
import re
import subprocess
import sys
import textwrap
import traceback
import warnings
from pathlib import Path

import pytest

from anvil import errors
from anvil.errors import CODES, AnvilError, Note, Operand, error
from anvil.errors.snippet import WIDTH, position, segment, snippet
from anvil.ir.loc import UNKNOWN, Derived, Fused, Loc, describe, primary

ROOT = Path(__file__).parents[1]


def register(text: str, name: str) -> str:
    """Makes a text known under a name, as notebooks do."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    return name


def find(text: str, part: str, name: str = "net.py", func: str = "loss") -> Loc:
    """The location of an expression, as `ast` gives it."""
    register(text, name)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.expr) and ast.get_source_segment(text, node) == part:
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            return Loc(
                name, node.lineno, node.col_offset, node.end_lineno, node.end_col_offset, func
            )
    raise AssertionError(f"{part!r} is no expression of the text")


def screen(text: str) -> str:
    """An expected message, written indented."""
    return textwrap.dedent(text).strip("\n")


# ------------------------------------------------------------------------------------ tree


@pytest.mark.parametrize("code", CODES)
def test_every_code_raises_a_class_of_the_tree(code):
    cls = getattr(errors, CODES[code].raises)
    if issubclass(cls, Warning):
        assert issubclass(cls, errors.AnvilWarning)
        return
    problem = error(code, "it is so")
    assert type(problem) is cls
    assert cls.__module__ == "anvil.errors"
    assert problem.code == code
    assert str(problem).startswith("it is so\n")
    assert str(problem).endswith(f"see docs/errors.md#{code}")
    assert "hint: " in str(problem)


PYTHON_NAMES = [
    "TypeError",
    "ValueError",
    "IndexError",
    "KeyError",
    "NameError",
    "UnboundLocalError",
    "AttributeError",
    "OverflowError",
    "RecursionError",
]


@pytest.mark.parametrize("name", PYTHON_NAMES)
def test_a_programs_own_except_clauses_keep_working(name):
    cls = getattr(errors, f"Anvil{name}")
    assert issubclass(cls, AnvilError)
    assert issubclass(cls, getattr(builtins, name))


def test_wider_families():
    assert issubclass(errors.UnsupportedError, NotImplementedError)
    assert issubclass(errors.ShapeError, ValueError)
    assert issubclass(errors.AxisError, (ValueError, IndexError))
    assert issubclass(errors.AxisError, IndexError)
    assert not issubclass(errors.ProgramTextError, SyntaxError)
    assert issubclass(errors.AnvilUnboundLocalError, errors.AnvilNameError)


def test_the_tree_in_the_docstring_is_the_tree():
    drawn = re.findall(r"^    +(Anvil\w+|\w+Error)", errors.__doc__ or "", re.MULTILINE)
    classes = {
        name
        for name in errors.__all__
        if isinstance(getattr(errors, name), type) and issubclass(getattr(errors, name), Exception)
    }
    assert sorted(drawn) == sorted(classes)


def test_an_undeclared_code_is_a_mistake():
    with pytest.raises(KeyError, match="not declared"):
        error("no-such-code", "it is so")


@pytest.mark.parametrize("code", ["shape-mismatch", "missing-key", "no-attribute", "bad-axis"])
def test_errors_survive_copies_and_processes(code):
    problem = error(code, "it is so", Loc("net.py", 3), operands=[Operand("x", "f64[3]")])
    for other in (copy.copy(problem), pickle.loads(pickle.dumps(problem))):
        assert type(other) is type(problem)
        assert other.diagnostic == problem.diagnostic


# ---------------------------------------------------------------------------------- screen


LOSS = """\
def loss(x, w):
    return np.sum(x @ w)
"""


def test_the_whole_screen():
    where = find(LOSS, "x @ w")
    step = find("def train(x):\n    return loss(x, w0)\n", "loss(x, w0)", "run.py", "train")
    problem = error(
        "shape-mismatch",
        "x @ w: the shapes (3, 4) and (5,) do not fit",
        where,
        operands=[
            Operand("x", "f64[3, 4]", "argument of train", Loc("run.py", 1)),
            Operand("w", "f64[5]", "", Loc("run.py", 9)),
            Operand("1.5", "f64[]"),
        ],
        notes=["The last axis of x has 4 elements, the first axis of w has 5."],
        hint="write x @ w[:4], or give w the shape (4,)",
        frames=[step],
    )
    assert str(problem) == screen("""
        x @ w: the shapes (3, 4) and (5,) do not fit

          net.py:2:19, in loss
            2 | return np.sum(x @ w)
              |               ^^^^^
            x: f64[3, 4]   argument of train (run.py:1)
            w: f64[5]      from run.py:9
            1.5: f64[]

          The last axis of x has 4 elements, the first axis of w has 5.

          hint: write x @ w[:4], or give w the shape (4,)

          called from
            run.py:2:12, in train: loss(x, w0)

          see docs/errors.md#shape-mismatch
    """)


def test_what_is_said_without_a_note_or_hint():
    text = str(error("ambiguous-truth", "the truth of x", find(LOSS, "x @ w")))
    assert CODES["ambiguous-truth"].meaning.split(";")[0] in text
    assert "hint: Use `np.any(...)`" in text


def test_a_note_shows_its_own_lines():
    text = "def f(x):\n    y = 0\n    y = x\n    return y\n"
    first = find(text, "0", func="f")
    second = find(text, "x", func="f")
    problem = error(
        "branch-types", "y", second, notes=[Note("On the other path it is an int:", first)]
    )
    assert str(problem) == screen("""
        y

          net.py:3:9, in f
            3 | y = x
              |     ^

          On the other path it is an int:
          net.py:2:9, in f
            2 | y = 0
              |     ^

          hint: Give the variable the same shape and structure in both branches.

          see docs/errors.md#branch-types
    """)


def test_no_location():
    assert str(error("bad-target", "no such file: net.py", hint="look")) == screen("""
        no such file: net.py

          Targets are written `FILE.py:FUNC` or `FILE.air`.

          hint: look

          see docs/errors.md#bad-target
    """)
    assert str(error("bad-target", "a", UNKNOWN)) == str(error("bad-target", "a"))


def test_a_file_that_is_gone_still_has_its_position():
    assert "\n  nowhere.py:7:3, in f\n" in str(
        error("internal", "it", Loc("nowhere.py", 7, 2, 7, 5, "f"))
    )


def test_derived_places_say_so():
    where = find(LOSS, "x @ w")
    text = str(error("no-derivative", "it", Derived("vjp", Derived("jvp", where))))
    assert "net.py:2:19, in loss (vjp of jvp of this line)" in text


def test_a_place_can_be_filled_in_once():
    problem = error("bad-operand", "it")
    problem.locate(Loc("net.py", 2, func="inner"))
    problem.locate(Loc("net.py", 9, func="outer"))
    assert "net.py:2:1, in inner" in str(problem)
    problem.called_from(Loc("run.py", 4, func="middle"))
    problem.called_from(Loc("run.py", 5, func="main"))
    calls = str(problem).split("called from")[1]
    assert calls.index("in main") < calls.index("in middle")


def test_a_long_chain_of_calls_stays_on_the_screen():
    text = "def f(n):\n    return g(n) if n else f(n - 1)\n"
    again = find(text, "f(n - 1)", func="f")
    other = find(text, "g(n)", func="f")
    calls = str(error("recursion-limit", "it", again, frames=[again] * 500 + [other]))
    assert "net.py:2:27, in f: f(n - 1)   (500 times)" in calls
    calls = str(error("recursion-limit", "it", again, frames=[again, other] * 50))
    assert calls.count("in f:") == 8
    assert "... 92 more" in calls


def test_anvils_own_files_are_not_the_users():
    inside = Loc(str(ROOT / "anvil" / "errors" / "tree.py"), 3, func="secret")
    where = find(LOSS, "x @ w")
    text = str(error("bad-operand", "it", inside, frames=[find(LOSS, "w"), where, inside]))
    assert "secret" not in text
    assert text.index("net.py:2:19") < text.index("called from") < text.index("net.py:2:23")


# ---------------------------------------------------------------------------------- carets


def marks(text: str, part: str) -> list[str]:
    """The lines of a snippet, from the source text on."""
    return [re.split(r"\| ?", line, maxsplit=1)[1] for line in snippet(find(text, part))]


def test_greek_names():
    assert marks("def f(θ, δ):\n    return θ * δ\n", "θ * δ") == ["return θ * δ", "       ^^^^^"]
    assert position(find("δθ = 1 + θ\n", "θ")) == "net.py:1:10"


def test_wide_and_combining_characters():
    assert marks("x = '漢字' + y\n", "y") == ["x = '漢字' + y", "             ^"]
    assert marks("x = '漢字' + y\n", "'漢字'") == ["x = '漢字' + y", "    ^^^^^^"]
    assert marks("x = 'e\u0301' + y\n", "y") == ["x = 'e\u0301' + y", "          ^"]


def test_tabs():
    assert marks("if a:\n\tb =\tf(c)\n", "f(c)") == ["b = f(c)", "    ^^^^"]
    assert marks("a = 1 +\tb\n", "b") == ["a = 1 + b", "        ^"]


def test_several_lines():
    text = "def f(x):\n    return (\n        x\n\n        + 1  # one\n    )\n"
    assert marks(text, "x\n\n        + 1") == ["x", "^", "", "+ 1  # one", "^^^"]


def test_many_lines_are_elided():
    text = "y = f(\n" + "".join(f"    a{i},\n" for i in range(9)) + ")\n"
    where = find(text, text[4:-1])
    assert snippet(where) == [
        "  1 | y = f(",
        "    |     ^^",
        "  2 |     a0,",
        "    |     ^^^",
        "... |",
        " 11 | )",
        "    | ^",
    ]
    assert segment(where) == "f( a0, a1, a2, a3, a4, a5, a6, a7, a8, )"


@pytest.mark.parametrize("before, after", [(0, 60), (20, 20), (60, 0), (200, 200)])
def test_long_lines_are_cut_around_the_carets(before, after):
    text = "x + " * before + "needle" + " + x" * after + "\n"
    shown, carets = marks(text, "needle")
    assert len(shown) <= WIDTH + 2
    at = carets.index("^")
    assert shown[at : at + carets.count("^")] == "needle"


def test_a_long_range_shows_its_beginning():
    text = "y = 1; " * 20 + "z = f(" + "x, " * 60 + "x)\n"
    where = find(text, text[text.index("f(") : -1])
    shown, carets = marks(text, text[where.col : -1])
    assert shown[carets.index("^") :].startswith("f(x")
    assert len(carets) <= len(shown)


def test_a_line_without_a_range():
    register("a = 1\n  b = 2  \n", "net.py")
    assert snippet(Loc("net.py", 2)) == ["2 | b = 2", "  | ^^^^^"]
    assert snippet(Loc("net.py", 9)) == []
    assert segment(Loc("net.py", 9)) == ""


def test_paths_are_short_inside_the_working_directory(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert errors.short_path(str(tmp_path / "a" / "net.py")) == str(Path("a") / "net.py")
    assert errors.short_path(str(tmp_path.parent / "net.py")) == str(tmp_path.parent / "net.py")
    assert errors.short_path("<cell 3>") == "<cell 3>"


# ------------------------------------------------------------------------------- locations


def test_locations():
    where = Loc("net.py", 3, 4, 3, 9, "f")
    seen = Derived("vjp", Fused((Derived("jvp", where), Loc("other.py", 1))))
    assert primary(seen) == seen.source_range() == where
    assert seen.transforms() == "vjp of jvp"
    assert describe(Derived("vjp", where)) == "vjp of net.py:3"
    assert describe(UNKNOWN) == "unknown"
    assert not where.transforms()


# ------------------------------------------------------------------------------ tracebacks


class Compiled:
    """Something public of anvil's, placed among its files by its code."""

    text = """
def fail(problem):
    def deeper():
        raise problem
    deeper()

@boundary
def call(problem):
    fail(problem)
"""

    def __init__(self) -> None:
        names = {"boundary": errors.boundary}
        exec(compile(self.text, str(ROOT / "anvil" / "made_up.py"), "exec"), names)
        self.call = names["call"]


def files(problem: BaseException) -> set[str]:
    return {Path(frame.filename).name for frame in traceback.extract_tb(problem.__traceback__)}


def test_a_report_shows_the_users_frames_only():
    with pytest.raises(AnvilError) as caught:
        Compiled().call(error("bad-operand", "it"))
    assert files(caught.value) == {"test_errors.py"}
    printed = "".join(traceback.format_exception(caught.value))
    assert "anvil.errors.AnvilTypeError: it" in printed
    assert "made_up" not in printed
    assert "boundary.py" not in printed


def test_the_users_functions_below_anvil_are_kept():
    def users(_):
        raise error("bad-operand", "it")

    names = {"boundary": errors.boundary, "users": users}
    text = "@boundary\ndef call():\n    users(1)\n"
    exec(compile(text, str(ROOT / "anvil" / "made_up.py"), "exec"), names)
    with pytest.raises(AnvilError) as caught:
        names["call"]()
    assert files(caught.value) == {"test_errors.py"}
    names_of_frames = [f.name for f in traceback.extract_tb(caught.value.__traceback__)]
    assert names_of_frames[-1] == "users"


def test_how_an_error_came_about_inside_is_not_printed():
    names = {"boundary": errors.boundary, "error": error}
    text = (
        "@boundary\ndef call():\n    try:\n        {}['x']\n    except KeyError:\n"
        "        raise error('missing-key', 'it')\n"
    )
    exec(compile(text, str(ROOT / "anvil" / "made_up.py"), "exec"), names)
    with pytest.raises(AnvilError) as caught:
        names["call"]()
    assert "During handling" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("problem", [ValueError("a bug"), error("internal", "a bug")])
def test_a_bug_shows_where_it_is(problem):
    with pytest.raises(type(problem)) as caught:
        Compiled().call(problem)
    assert {"made_up.py", "boundary.py"} <= files(caught.value)


def test_everything_is_shown_on_request(monkeypatch):
    monkeypatch.setenv("ANVIL_TRACEBACK", "full")
    with pytest.raises(AnvilError) as caught:
        Compiled().call(error("bad-operand", "it"))
    assert "made_up.py" in files(caught.value)


def test_a_users_own_exception_gets_a_note():
    class Mine(Exception):
        pass

    where = find("def f(x):\n    raise Mine(x, 3)\n", "Mine(x, 3)", "user.py", "f")
    caller = find(LOSS, "x @ w")
    problem = errors.located(Mine(1.5, 3), where, errors.Chain(((caller,),)))
    assert errors.located(problem, where) is problem
    with pytest.raises(Mine) as caught:
        Compiled().call(problem)
    assert caught.value.args == (1.5, 3)
    assert files(caught.value) == {"test_errors.py"}
    (note,) = caught.value.__notes__
    assert note == screen("""
        raised in compiled code at
          user.py:2:11, in f
            2 | raise Mine(x, 3)
              |       ^^^^^^^^^^
          called from
            net.py:2:19, in loss: x @ w
    """)


def test_an_uncaught_error_in_a_script(tmp_path):
    script = tmp_path / "net.py"
    script.write_text(
        "from anvil.errors import boundary, error\n"
        "from anvil.ir.loc import Loc\n"
        "@boundary\n"
        "def compiled():\n"
        "    raise error('overflow', 'a / b', Loc(__file__, 7, 4, 7, 9, 'f'))\n"
        "def f(a, b):\n"
        "    a / b\n"
        "compiled()\n"
    )
    run = subprocess.run(
        [sys.executable, str(script)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "anvil.errors.AnvilOverflowError: a / b\n" in run.stderr
    assert "    7 | a / b\n      | ^^^^^\n" in run.stderr
    assert str(ROOT / "anvil") not in run.stderr


# -------------------------------------------------------------------------------- warnings


def test_warnings_are_at_the_users_line():
    where = find(LOSS, "x @ w")
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        for _ in range(3):
            errors.warn("zero-gradient", "the gradient for w is zero", where, hint="look")
    (only,) = seen
    assert (only.filename, only.lineno, only.category) == ("net.py", 2, errors.AnvilWarning)
    assert "the gradient for w is zero" in str(only.message)
    assert "2 | return np.sum(x @ w)" in str(only.message)


# ----------------------------------------------------------------------------------- pages


def test_the_reference_page_is_current():
    page = ROOT / "docs" / "errors.md"
    assert page.read_text(encoding="utf-8") == errors.render_reference(), (
        "run python scripts/gen_docs.py"
    )


def test_every_code_has_its_anchor_and_classes_on_the_page():
    page = errors.render_reference()
    for code in CODES.values():
        assert f"\n### {code.name}\n" in page
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code.name)
    assert "`AxisError`, also `ValueError` and `IndexError`." in page


def test_codes_written_in_the_package_are_declared():
    used = re.compile(r"\b(?:error|warn|make_error)\(\s*\"([a-z-]+)\"")
    for file in (ROOT / "anvil").rglob("*.py"):
        unknown = set(used.findall(file.read_text(encoding="utf-8"))) - set(CODES)
        assert not unknown, f"{file}: {unknown}"
