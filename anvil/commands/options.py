"""The command line: commands, their options and help texts."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from anvil.commands import commands, registries
from anvil.commands.stages import STAGES

_TARGETS = """\
targets
  net.py:loss            a function of a file (net.py:Model.loss, net.py:config.loss ...)
  net.air                a program as text; `-` reads one from standard input

types, for --args
  f64[3,4]  i32[0]       arrays; f64[] is a 0-d array, f64 a NumPy scalar
  float int bool complex Python numbers
  (f64, f64[2])  [f64]   tuples and lists;  {'w': f64[3], 'b': f64}  dicts
  3  0.5  'relu'  None   known while compiling;  n=3  a named argument

values, for --values
  "2.0, [1, 2, 3]"       one for each argument; x.npy and batch.npz are files
"""

_STAGES = "stages\n" + "\n".join(f"  {name:<10} {about}" for name, about in STAGES.items())


def make_parser() -> ArgumentParser:
    """The parser; `command` of its result is the function to call."""
    parser = ArgumentParser(
        prog="anvil",
        description="anvil compiles plain Python + NumPy functions and their derivatives to XLA.",
        epilog=f"{_TARGETS}\n{_STAGES}",
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"anvil {_version()}")
    sub = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, command: Callable[[Any], int], help: str) -> ArgumentParser:
        made: ArgumentParser = sub.add_parser(
            name,
            help=help,
            description=f"{help[0].upper()}{help[1:]}.",
            epilog=f"{_TARGETS}\n{_STAGES}" if name in _ON_TARGETS else None,
            formatter_class=RawDescriptionHelpFormatter,
        )
        made.set_defaults(command=command)
        return made

    _target_commands(add)
    _text_commands(add)
    for name in ("ops", "passes", "rules"):
        made = add(name, getattr(registries, name), f"list the {name} with their documentation")
        made.add_argument("name", nargs="?", default="", metavar="NAME", help="one of them")
    return parser


_ON_TARGETS = ("show", "run", "grad", "cost", "view")
_Add = Callable[[str, Callable[[Any], int], str], ArgumentParser]


def _version() -> str:
    try:
        return version("anvil")
    except PackageNotFoundError:
        return "(not installed)"


def _target_commands(add: _Add) -> None:
    made = add("show", commands.show_stages, "print a program at one or several stages")
    _target(made)
    _stages(made, "parse")
    _printing(made)
    made.add_argument("--wrt", help="arguments that jvp and vjp differentiate, such as 0,2")

    made = add("run", commands.run, "run a program on given values")
    _target(made)
    _running(made)

    made = add("grad", commands.gradient, "print the gradient program, or the gradient of values")
    _target(made)
    _stages(made, "opt")
    _printing(made)
    _running(made)
    made.add_argument("--wrt", default="0", help="arguments, such as 0,2 (default: 0)")

    made = add("cost", commands.cost, "count ops, and print XLA's estimate of work and memory")
    _target(made)

    made = add("view", commands.view_html, "write an HTML page with all stages side by side")
    _target(made)
    _stages(made, "parse,opt,jvp,vjp,stablehlo,numpy")
    made.add_argument("-o", "--output", required=True, metavar="FILE.html", help="the page")
    made.add_argument("--passes", action="store_true", help="also after each pass of the pipeline")


def _text_commands(add: _Add) -> None:
    made = add("opt", commands.optimised, "run passes on a program text")
    made.add_argument("file", metavar="FILE.air", help="the program; `-` for standard input")
    made.add_argument(
        "-p", "--passes", default="O2", help="a pipeline (O0, O1, O2) or passes: cse,dce"
    )
    made.add_argument("--skip", default="", metavar="PASSES", help="passes to leave out")
    made.add_argument("--stop-after", default="", metavar="PASS", help="end early")
    made.add_argument("--timing", action="store_true", help="report every pass on standard error")
    made.add_argument("--verify", action="store_true", help="verify after every pass")
    made.add_argument("--locs", action="store_true", help="print where each op came from")
    made.add_argument("-o", "--output", default="", metavar="FILE.air", help="write to a file")

    made = add("check", commands.check, "read and verify program texts")
    made.add_argument("files", nargs="+", metavar="FILE.air", help="texts; `-` for standard input")


def _target(parser: ArgumentParser) -> None:
    parser.add_argument("target", metavar="TARGET", help="FILE.py:FUNC or FILE.air")
    parser.add_argument("--args", metavar="TYPES", help='types of the arguments: "f64[3], f64"')


def _stages(parser: ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--stage",
        action="append",
        metavar="STAGES",
        help=f"stages to print, separated by commas (default: {default})",
    )


def _printing(parser: ArgumentParser) -> None:
    parser.add_argument("--locs", action="store_true", help="print where each op came from")
    parser.add_argument("--brief", action="store_true", help="cut long bodies and constants short")


def _running(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--values",
        action="append",
        default=[],
        metavar="VALUES",
        help='values of the arguments: "2.0, [1, 2]", x.npy or batch.npz; may be given repeatedly',
    )
    parser.add_argument(
        "--on",
        choices=("xla", "evaluator"),
        default="xla",
        help="compiled by XLA, or the reference semantics in NumPy (default: xla)",
    )
