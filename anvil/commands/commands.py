"""The commands that work on a target; each takes the parsed options and returns an exit code."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from anvil.api import programs
from anvil.api.compile import optimise
from anvil.commands import stages, values, view
from anvil.commands.argument_types import Signature, parse_types
from anvil.commands.output import (
    DIM,
    heading,
    highlight,
    paint,
    print_error,
    report_text,
    show,
    table,
    value_text,
)
from anvil.commands.stages import Loaded, stage_names, stage_text
from anvil.commands.targets import PythonTarget, Target, open_target, read_program
from anvil.errors import AnvilError, error
from anvil.ir import reader
from anvil.ir.analysis import op_counts, size
from anvil.ir.printer import Locs, text
from anvil.ir.types import TOKEN
from anvil.opt.pipeline import PIPELINES, Report


def show_stages(args: Namespace) -> int:
    """`anvil show`: the texts of stages."""
    names = stage_names(args.stage or ["parse"])
    target = open_target(args.target)
    loaded = stages.load(target, _signature(args))
    _print_stages(loaded, names, args, _numbers(args.wrt) if args.wrt else None)
    return 0


def _print_stages(
    loaded: Loaded, names: Sequence[str], args: Namespace, wrt: Sequence[int] | None = None
) -> None:
    locs: Locs = "comment" if args.locs else "none"
    for i, name in enumerate(names):
        made = stage_text(loaded, name, locs=locs, brief=args.brief, wrt=wrt)
        if len(names) > 1:
            show(("\n" if i else "") + heading(name, "#" if name == "numpy" else "//"))
        show(made if name == "numpy" else highlight(made))


def _signature(args: Namespace) -> Signature | None:
    return None if args.args is None else parse_types(args.args)


def _numbers(spelled: str) -> tuple[int, ...]:
    """`0,2` as numbers."""
    try:
        return tuple(int(n) for n in spelled.split(","))
    except ValueError:
        what = f"--wrt takes argument numbers such as 0,2, not {spelled!r}"
        raise error("bad-option", what) from None


# ---- running


def run(args: Namespace) -> int:
    """`anvil run`: the results for given values."""
    target = open_target(args.target)
    _print_results(_results(target, _signature(args), args.values, args.on))
    return 0


def gradient(args: Namespace) -> int:
    """`anvil grad`: the gradient program, or the gradient for given values."""
    names = stage_names(args.stage or ["opt"])
    signature = _signature(args)
    target = stages.gradient_target(open_target(args.target), _numbers(args.wrt))
    if args.values:
        _print_results(_results(target, signature, args.values, args.on))
    else:
        _print_stages(stages.load(target, signature), names, args)
    return 0


def _results(
    target: Target, signature: Signature | None, texts: Sequence[str], on: str
) -> list[Any]:
    given = values.parse_values(texts)
    if isinstance(target, PythonTarget):
        given = values.typed(signature, given) if signature else values.natural(given)
        return [_call(target, given, on)]
    program = stages.load(target, signature).program
    found = values.entry_values(program, given)
    if on == "xla":
        return list(programs.executable(program)(found))
    results = programs.reference(program, found)
    return [r for r, t in zip(results, program.main.results, strict=False) if t is not TOKEN]


def _call(target: PythonTarget, given: values.Given, on: str) -> Any:
    if on == "xla":
        return target.function(*given[0], **given[1])
    return programs.call_reference(target.function, given[0], given[1])


def _print_results(results: Sequence[Any]) -> None:
    for result in results:
        show(value_text(result))


# ---- programs as text


def optimised(args: Namespace) -> int:
    """`anvil opt`: the text after passes."""
    program = read_program(args.file)
    chosen = args.passes
    pipeline = chosen if chosen in PIPELINES else tuple(_words(chosen))
    report = Report()
    result = optimise(
        program,
        pipeline,
        skip=tuple(_words(args.skip)),
        stop_after=args.stop_after,
        report=report,
        warnings=True,
        check=1 if args.verify else None,
    )
    if args.output:
        _write(lambda path: reader.save(result, path), args.output)
    else:
        show(highlight(text(result, locs="comment" if args.locs else "none")))
    if args.timing:
        print(report, file=sys.stderr)
    return 0


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _write(save: Any, name: str) -> None:
    try:
        save(Path(name))
    except OSError as problem:
        raise error("bad-target", f"{name} cannot be written: {problem.strerror}") from None


def check(args: Namespace) -> int:
    """`anvil check`: reads and verifies; all files are looked at."""
    code = 0
    for name in args.files:
        try:
            program = read_program(name)
        except AnvilError as problem:
            code = 2
            print_error(report_text(problem))
            continue
        funcs = len(program.funcs)
        plural = "function" if funcs == 1 else "functions"
        show(f"{name}: ok, stage {program.stage}, {funcs} {plural}, {size(program)} ops")
    return code


def cost(args: Namespace) -> int:
    """`anvil cost`: ops as parsed and as optimised, and what XLA estimates."""
    loaded = stages.load(open_target(args.target), _signature(args))
    planned = optimise(loaded.program)
    before, after = op_counts(loaded.program), op_counts(planned)
    rows = [
        ("ops", "parsed", "optimised"),
        ("total", str(size(loaded.program)), str(size(planned))),
    ]
    kinds = sorted({*before, *after}, key=lambda k: (-after[k], -before[k], k))
    rows += [(k, str(before[k] or "-"), str(after[k] or "-")) for k in kinds]
    show(table(rows))
    compiled = programs.executable(planned)
    facts = {k: v for k, v in compiled.cost().items() if "{" not in k}
    facts |= {f"{k} bytes": float(v) for k, v in compiled.memory().items()}
    show("\n" + table([("XLA's estimate", ""), *((k, f"{v:,.0f}") for k, v in facts.items())]))
    return 0


def view_html(args: Namespace) -> int:
    """`anvil view`: the HTML page of all stages."""
    names = stage_names(args.stage or ["parse,opt,jvp,vjp,stablehlo,numpy"])
    loaded = stages.load(open_target(args.target), _signature(args))
    columns = view.columns(loaded, names, passes=args.passes)
    page = view.page(args.target, columns)
    _write(lambda path: path.write_text(page, encoding="utf-8"), args.output)
    show(paint(f"{args.output}: {', '.join(c.name for c in columns)}", DIM))
    return 0
