"""Functions of other interpreters: `python -c`, standard input, the prompt."""

from __future__ import annotations

import importlib
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


PROGRAM = """\
from anvil.parser.source.function_source import get_source
def f(x):
    return x + 1
g, h = lambda x: x, lambda x: 2 * x
for k in (f, g, h):
    s = get_source(k)
    print(s.filename, s.segment(s.node))
"""
SHOWN = ["def f(x): return x + 1", "lambda x: x", "lambda x: 2 * x"]


@pytest.mark.parametrize("options", [["-c"], ["-B", "-Xutf8", "-c"], ["-Bc"]])
def test_dash_c(options):
    out = subprocess.run(
        [sys.executable, *options, PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    name = "<python -c>" if sys.version_info < (3, 13) else "<string>"
    assert out.stdout.splitlines() == [f"{name} {text}" for text in SHOWN]


def test_dash_c_glued():
    out = subprocess.run(
        [sys.executable, "-c" + PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert len(out.stdout.splitlines()) == 3


def test_exec_within_dash_c_is_not_mistaken():
    program = (
        "from anvil.parser.source.function_source import get_source\nn = {}\n"
        "exec('\\n\\ndef f(x):\\n    return x * 9\\n', n)\n"
        "def f(x):\n    return x\nget_source(n['f'])\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert out.returncode == 1
    assert "SourceError" in out.stderr


def test_a_program_on_standard_input_is_refused():
    out = subprocess.run(
        [sys.executable], input=PROGRAM, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert out.returncode == 1
    assert "no-source" in out.stderr


@pytest.mark.skipif(importlib.util.find_spec("readline") is None, reason="needs readline")
def test_the_prompt(tmp_path):
    lines = [
        "from anvil.parser.source.function_source import get_source",
        "def f(x):",
        "    y = (x +",
        "         1)",
        "    return y",
        "",
        "def f(x):",
        "    return x + 2",
        "",
        "g, h = lambda x: x, lambda x: 2 * x",
        "print('@', *[get_source(k).segment(get_source(k).node) for k in (f, g, h)], '@', sep='|')",
    ]
    out = at_prompt(lines, tmp_path)
    assert "@|def f(x): return x + 2|lambda x: x|lambda x: 2 * x|@" in out


def at_prompt(lines: list[str], home: Path) -> str:
    """What Python prints when the lines are typed at its prompt; the history is kept in `home`."""
    main, other = pty.openpty()
    environment = {
        **os.environ,
        "HOME": str(home),
        "PYTHON_BASIC_REPL": "1",
        "PYTHONPATH": str(ROOT),
        "TERM": "dumb",
    }
    child = subprocess.Popen(
        [sys.executable, "-q"], stdin=other, stdout=other, stderr=other, env=environment
    )
    os.close(other)
    shown = ""
    deadline = time.monotonic() + 30
    for line in [*lines, "exit()"]:
        shown += _until_prompt(main, deadline)
        os.write(main, line.encode() + b"\n")
    while select.select([main], [], [], max(0.0, deadline - time.monotonic()))[0]:
        try:
            shown += os.read(main, 4096).decode()
        except OSError:  # the other end is closed
            break
    child.wait(timeout=30)
    os.close(main)
    return shown


def _until_prompt(main: int, deadline: float) -> str:
    shown = ""
    while not shown.rstrip().endswith((">>>", "...")):
        assert select.select([main], [], [], max(0.0, deadline - time.monotonic()))[0], shown
        shown += os.read(main, 4096).decode()
    return shown
