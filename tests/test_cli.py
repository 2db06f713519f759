"""The command `anvil`: what it prints, and what it says when something is wrong."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from anvil.cli import main
from anvil.commands.argument_types import parse_types
from anvil.commands.output import value_text
from anvil.errors import UsageError
from anvil.ir.types import BOOL, C128, F32, F64, I64, array
from anvil.opt.passes import PASSES
from anvil.opt.rewrite import RULES
from anvil.parser.state.signature import (
    ArraySpec,
    DictSpec,
    ListSpec,
    ScalarSpec,
    StaticSpec,
    TupleSpec,
)

SOURCE = """
import numpy as np
import anvil

def f(x1, x2):
    return np.log(x1) + x1 * x2 - np.sin(x2)

def total(x, n):
    s = 0.0
    for i in range(n):
        s = s + x[i] * 2.0
    return s

def affine(p, x, *, scale):
    return {"y": (p["w"] * x + p["b"]) * scale}

def ones(n):
    return np.ones(n)

def divide(a, b):
    return a // b

def flat(x):
    return np.sum(np.floor(x))

def broken(x):
    return x + missing

gradient = anvil.grad(f)
number = 3

class Model:
    @staticmethod
    def loss(w):
        return np.sum(w * w)
"""

TEXT = """air 1
stage surface

func @f(%x: f64, %y: f64) -> f64 {
  %a: f64 = mul %x, %y
  %b: f64 = mul %x, %y
  %unused: f64 = sin %x
  %c: f64 = add %a, %b
  return %c
}
"""

CHECKED = """air 1
stage surface

func @f(%x: f64) -> (f64, token) {
  %t: token = token
  %p: bool = gt %x, 0.0
  %u: token = check[site=1] %t, %p
  %y: f64 = sqrt %x
  return %y, %u
}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a Python file and programs as text."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "net.py").write_text(f"# {tmp_path}{SOURCE}")
    (tmp_path / "f.air").write_text(TEXT)
    (tmp_path / "checked.air").write_text(CHECKED)
    return tmp_path


class Said:
    """What a command printed, and its exit code."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *argv: str) -> None:
        self.code = main(list(argv))
        self.out, self.err = capsys.readouterr()


def good(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    said = Said(capsys, *argv)
    assert (said.code, said.err) == (0, "")
    return said.out


def refused(capsys: pytest.CaptureFixture[str], code: str, *argv: str) -> str:
    said = Said(capsys, *argv)
    assert said.code == 2
    assert said.err.startswith(f"error[{code}]: ")
    assert "Traceback" not in said.err
    assert len(said.err.splitlines()) < 40
    return said.err


# ---- types and values as text


def test_types() -> None:
    made = parse_types("f64[3], f64, f64[], float, py:int, bool, bool[2], (f64[2], f64), [i64],")
    assert made.args == (
        ArraySpec(array(F64, (3,))),
        ScalarSpec(F64, False),
        ArraySpec(array(F64)),
        ScalarSpec(F64, True),
        ScalarSpec(I64, True),
        ScalarSpec(BOOL, True),
        ArraySpec(array(BOOL, (2,))),
        TupleSpec((ArraySpec(array(F64, (2,))), ScalarSpec(F64, False))),
        ListSpec((ScalarSpec(I64, False),)),
    )


def test_types_with_names_constants_and_dicts() -> None:
    made = parse_types("{'w': f32[2,3], b: complex128}, -3, 'relu', None, (f64), (f64,), n=1e-3")
    weights = ArraySpec(array(F32, (2, 3)))
    assert made.args == (
        DictSpec(("w", "b"), (weights, ScalarSpec(C128, False))),
        StaticSpec(-3),
        StaticSpec("relu"),
        StaticSpec(None),
        ScalarSpec(F64, False),
        TupleSpec((ScalarSpec(F64, False),)),
    )
    assert made.kwargs == {"n": StaticSpec(1e-3)}
    assert parse_types("").args == ()


@pytest.mark.parametrize(
    "text, said",
    [
        ("f46[3]", "no dtype is called f46"),
        ("f64[3, f64", "`f64` is not a size"),
        ("f64[x]", "`x` is not a size"),
        ("f64[-1]", "`-1` is not a size"),
        ("float[3]", "a Python float has no shape"),
        ("f64 f64", "where `,` was expected"),
        ("f64, , f64", "`,` begins no type"),
        ("(f64, f64", "the end of the text, where `)` was expected"),
        ("n=3, f64", "a positional argument after a named one"),
        ("{'w': f64, 'w': f64}", "the key 'w' is there twice"),
        ("f64[3]; f64", "`;`"),
        ("{[]: f64}", "`[` is not a key"),
    ],
)
def test_bad_types_have_a_caret(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_types(text)
    message = str(caught.value)
    assert caught.value.code == "bad-type"
    assert said in message
    assert f"1 | {text}" in message
    assert "^" in message


def test_bad_type_is_underlined_exactly() -> None:
    with pytest.raises(UsageError) as caught:
        parse_types("f64, f46[3]")
    lines = str(caught.value).splitlines()
    at = next(i for i, line in enumerate(lines) if "f46[3]" in line)
    assert lines[at].index("f46") == lines[at + 1].index("^")
    assert lines[at + 1].count("^") == 3
    assert "did you mean" in str(caught.value)


def test_values_print_exactly_and_without_numpy_names() -> None:
    assert value_text(np.float64(0.1)) == "0.1"
    assert value_text((np.float64(5.5), {"a": np.array([1.0, 0.1])})) == "(5.5, {'a': [1. , 0.1]})"
    assert value_text([np.array(3)]) == "[3]"
    assert value_text((1,)) == "(1,)"


# ---- show


def test_show_prints_several_stages(capsys: pytest.CaptureFixture[str]) -> None:
    out = good(
        capsys, "show", "net.py:f", "--args", "f64, f64", "--stage", "parse,vjp", "--stage", "numpy"
    )
    assert out.count("// ---- ") == 2
    assert "stage surface" in out
    assert "func @f.vjp_of" in out
    assert "# ---- numpy ----" in out
    assert "np.log" in out


def test_show_one_stage_reads_back(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    out = good(capsys, "show", "net.py:f", "--args", "f64, f64")
    (folder / "again.air").write_text(out)
    assert good(capsys, "show", "again.air") == out
    assert good(capsys, "check", "again.air").startswith("again.air: ok, stage surface, 1 function")


@pytest.mark.parametrize("stage", ["core", "adjoint", "opt", "jvp", "vjp"])
def test_show_stages_of_text_are_programs(
    capsys: pytest.CaptureFixture[str], folder: Path, stage: str
) -> None:
    (folder / "out.air").write_text(good(capsys, "show", "f.air", "--stage", stage))
    good(capsys, "check", "out.air")


def test_show_stablehlo_and_hlo(capsys: pytest.CaptureFixture[str]) -> None:
    assert "stablehlo.multiply" in good(capsys, "show", "f.air", "--stage", "stablehlo")
    assert "HloModule" in good(capsys, "show", "f.air", "--stage", "hlo")


def test_show_locations_and_wrt(capsys: pytest.CaptureFixture[str]) -> None:
    assert "net.py:6" in good(capsys, "show", "net.py:f", "--args", "f64, f64", "--locs")
    both = ("show", "net.py:f", "--args", "f64[2], f64[2]", "--stage", "jvp")
    one = good(capsys, *both, "--wrt", "1")
    assert "%d_x2" in one
    assert "%d_x1" not in one
    assert "%d_x1" in good(capsys, *both)


def test_show_static_values_and_nested_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert "for 3" in good(capsys, "show", "net.py:total", "--args", "f64[3], 3")
    assert "reduce_sum" in good(capsys, "show", "net.py:Model.loss", "--args", "f64[4]")
    assert "vjp_call" in good(capsys, "show", "net.py:gradient", "--args", "f64, f64")


def test_show_reads_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(TEXT))
    assert good(capsys, "show", "-") == TEXT


# ---- run and grad


@pytest.mark.parametrize("on", ["xla", "evaluator"])
def test_run(capsys: pytest.CaptureFixture[str], on: str) -> None:
    def ran(*argv: str) -> str:
        return good(capsys, "run", *argv, "--on", on).strip()

    assert float(ran("net.py:f", "--values", "2.0, 5.0")) == pytest.approx(11.652071455223084)
    assert ran("net.py:total", "--values", "[1, 2, 3.0], 3") == "12.0"
    assert ran("net.py:total", "--args", "f64[3], 2", "--values", "[1, 2, 3]") == "6.0"
    assert ran("net.py:ones", "--values", "2") == "[1., 1.]"
    assert ran("f.air", "--values", "2, 3") == "12.0"
    assert ran("checked.air", "--values", "4") == "2.0"


def test_run_with_containers_and_names(capsys: pytest.CaptureFixture[str]) -> None:
    types = "{'w': f64[2], 'b': float}, f64[2], scale=float"
    given = "{'w': [1, 2], 'b': 0.5}, 10, scale=2"
    out = good(capsys, "run", "net.py:affine", "--args", types, "--values", given)
    assert out == "{'y': [21., 41.]}\n"


def test_run_reads_arrays_from_files(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    np.save(folder / "x.npy", np.array([1.0, 2.0]))
    np.savez(folder / "b.npz", np.array([1.0, 2.0]), n=np.int64(2))
    assert good(capsys, "run", "net.py:total", "--values", "x.npy", "--values", "2") == "6.0\n"
    assert good(capsys, "run", "net.py:total", "--values", "'x.npy', 2") == "6.0\n"
    assert good(capsys, "run", "net.py:total", "--values", "b.npz") == "6.0\n"


def test_grad_prints_a_program_that_runs(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    out = good(capsys, "grad", "net.py:f", "--args", "f64, f64", "--wrt", "0,1")
    (folder / "g.air").write_text(out)
    assert good(capsys, "run", "g.air", "--values", "2, 5") == "5.5\n1.7163378145367738\n"


def test_grad_of_values(capsys: pytest.CaptureFixture[str]) -> None:
    given = ("--args", "f64, f64", "--values", "2, 5")
    assert good(capsys, "grad", "net.py:f", *given) == "5.5\n"
    assert good(capsys, "grad", "net.py:f", *given, "--wrt", "0,1").startswith("(5.5, 1.71633781")
    assert good(capsys, "grad", "f.air", "--values", "2, 5", "--wrt", "-1") == "4.0\n"
    assert good(capsys, "grad", "f.air", "--values", "2, 5", "--on", "evaluator") == "10.0\n"
    assert good(capsys, "grad", "checked.air", "--values", "4") == "0.25\n"


@pytest.mark.parametrize("on", ["xla", "evaluator"])
def test_what_a_program_raises_is_told(capsys: pytest.CaptureFixture[str], on: str) -> None:
    said = Said(capsys, "run", "net.py:divide", "--values", "1, 0", "--on", on)
    assert said.code == 1
    assert "ZeroDivisionError" in said.err
    assert "return a // b" in said.err
    assert "Traceback" not in said.err
    said = Said(capsys, "run", "checked.air", "--values=-1", "--on", on)
    assert said.code == 1
    assert "check 1 failed" in said.err
    assert "check[site=1] %t, %p" in said.err


@pytest.mark.filterwarnings("default")
def test_warnings_are_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(capsys, "grad", "net.py:flat", "--args", "f64[2]", "--values", "1")
    assert (said.code, said.out) == (0, "[0., 0.]\n")
    assert said.err.startswith("warning: the gradient")
    assert said.err.count("np.floor(x)") == 1


# ---- opt, check, cost, view, the registries


def test_opt_runs_passes(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    out = good(capsys, "opt", "f.air", "-p", "cse,dce", "--verify")
    assert out.count("mul") == 1
    assert "sin" not in out
    assert "stage surface" in out
    assert "sin" in good(capsys, "opt", "f.air", "-p", "cse,dce", "--stop-after", "cse")
    assert good(capsys, "opt", "f.air", "-p", "cse,dce", "--skip", "dce").count("mul") == 1
    assert "stage planned" in good(capsys, "opt", "f.air")
    good(capsys, "opt", "f.air", "-p", "O1", "-o", "out.air")
    assert "stage planned" in (folder / "out.air").read_text()


def test_opt_reports_each_pass(capsys: pytest.CaptureFixture[str]) -> None:
    said = Said(capsys, "opt", "f.air", "-p", "cse,dce", "--timing")
    assert said.code == 0
    assert [line.split()[0] for line in said.err.splitlines()] == ["cse", "dce"]
    assert "mul -1" in said.err
    assert " ms " in said.err


def test_check_looks_at_all_files(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "bad.air").write_text(TEXT.replace("add %a, %b", "add %a, true"))
    said = Said(capsys, "check", "bad.air", "f.air")
    assert said.code == 2
    assert "f.air: ok, stage surface, 1 function, 4 ops" in said.out
    assert "bad.air:8" in said.err


def test_cost(capsys: pytest.CaptureFixture[str]) -> None:
    out = good(capsys, "cost", "f.air")
    rows = [line.split() for line in out.splitlines()]
    assert rows[:2] == [["ops", "parsed", "optimised"], ["total", "4", "2"]]
    assert ["sin", "1", "-"] in rows
    assert "XLA's estimate" in out
    assert "output bytes" in out


def test_view(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    good(capsys, "view", "net.py:f", "--args", "f64, f64", "-o", "out.html", "--passes")
    page = (folder / "out.html").read_text()
    for part in ("net.py", "<h2>parse", "<h2>vjp", "<h2>numpy", "stablehlo.sine"):
        assert part in page
    assert "http" not in page
    where = f'{folder / "net.py"}:6"'
    assert page.count(where) > 10
    good(capsys, "view", "f.air", "-o", "f.html")
    assert "&lt;" not in (folder / "f.html").read_text().split("<h2>opt")[1].split("<h2>jvp")[0]


def test_registries_are_listed_with_their_docs(capsys: pytest.CaptureFixture[str]) -> None:
    out = good(capsys, "ops")
    assert "dot_general" in out
    assert "derivative" in good(capsys, "ops", "sin")
    assert "body" in good(capsys, "ops", "for")
    out = good(capsys, "passes")
    assert set(PASSES) <= set(out.split())
    assert "O2: stackify spectral-forms simplify" in out
    assert "O1 at" in good(capsys, "passes", "plan-loops")
    assert set(RULES) <= set(good(capsys, "rules").split())
    name = next(iter(RULES))
    assert str(RULES[name].pattern) in good(capsys, "rules", name)


@pytest.mark.parametrize("registry", ["ops", "passes", "rules"])
def test_every_entry_has_a_page(capsys: pytest.CaptureFixture[str], registry: str) -> None:
    names = [line.split()[0] for line in good(capsys, registry).split("\n\n")[0].splitlines()]
    for name in names:
        assert good(capsys, registry, name).startswith(name)


# ---- what is wrong


@pytest.mark.parametrize(
    "code, argv, said",
    [
        ("bad-target", "show nett.py:f", "did you mean net.py?"),
        ("bad-target", "show net.py:g", "net.py has no g"),
        ("bad-target", "show net.py:totl", "did you mean total?"),
        ("bad-target", "show net.py:Model.los", "did you mean loss?"),
        ("bad-target", "show net.py", "there are affine, broken, divide, f"),
        ("bad-target", "show net.py:number", "is not a function but int"),
        ("bad-target", "show net", "neither FILE.py:FUNC nor FILE.air"),
        ("bad-target", "show g.air", "did you mean f.air?"),
        ("bad-target", "check .", "is a directory"),
        ("bad-target", "opt f.air -o no/such.air", "cannot be written"),
        ("bad-target", "run f.air --values no.npy", "no.npy does not exist"),
        ("bad-type", "show net.py:f --args f46", "no dtype is called f46"),
        ("bad-option", "show f.air --stage best", "there are parse, core"),
        ("bad-option", "show f.air --args f64", "takes no --args"),
        ("bad-option", "opt f.air -p cse,dced", "no pass is called 'dced'"),
        ("bad-option", "opt f.air --stop-after x", "no pass is called 'x'"),
        ("bad-option", "opt f.air -p plan-loops", "not legal in stage surface"),
        ("bad-option", "grad f.air --wrt x", "--wrt takes argument numbers"),
        ("bad-option", "ops sine", "did you mean"),
        ("bad-option", "passes csee", "did you mean cse?"),
        ("bad-option", "rules nothing-like-it", "`anvil rules` lists them"),
        ("bad-argnums", "grad f.air --wrt 2", "there is no parameter 2"),
        ("bad-argnums", "show f.air --stage vjp --wrt 2", "there is no argument 2"),
        ("bad-value", "run f.air", "no value is given for x: f64"),
        ("bad-value", "run f.air --values 1,2,3", "1 values more than arguments"),
        ("bad-value", "run f.air --values 1,y=2,z=3", "no argument is called z"),
        ("bad-value", "run f.air --values 1,[2]", "should be f64"),
        ("bad-value", "run f.air --values 1,2j", "should be f64"),
        ("bad-value", "run f.air --values 1,abs", "`abs` is not a literal"),
        ("bad-value", "run f.air --values 1,(2", "cannot be read"),
        ("bad-value", "run net.py:ones --args int --values 2.5", "the value is 2.5"),
        ("undefined-name", "show net.py:broken --args f64", "return x + missing"),
        ("value-needed", "show net.py:ones --args int", "write that instead of the type"),
    ],
)
def test_mistakes(capsys: pytest.CaptureFixture[str], code: str, argv: str, said: str) -> None:
    assert said in " ".join(refused(capsys, code, *argv.split()).split())


def test_wrong_number_of_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert "x2" in refused(capsys, "wrong-arguments", "show", "net.py:f", "--args", "f64")


def test_files_that_cannot_be_imported(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "syntax.py").write_text("x = 1\ndef f(:\n    pass\n")
    assert "syntax.py:2" in refused(capsys, "bad-target", "show", "syntax.py:f")
    (folder / "raises.py").write_text("import json\n\njson.loads('{')\n")
    err = refused(capsys, "bad-target", "show", "raises.py:f")
    assert "JSONDecodeError" in err
    (folder / "leaves.py").write_text("import sys\nsys.exit(3)\n")
    assert "sys.exit(3)" in refused(capsys, "bad-target", "show", "leaves.py:f")


def test_malformed_texts(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "bad.air").write_text(TEXT.replace("add %a, %b", "add %a %b"))
    assert "bad.air:8" in refused(capsys, "air-syntax", "check", "bad.air").replace("\n", " ")
    (folder / "bad.air").write_text(TEXT.replace("add %a, %b", "add %a, true"))
    assert "bad.air:8" in refused(capsys, "air-invalid", "show", "bad.air")
    (folder / "bad.air").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in refused(capsys, "bad-target", "show", "bad.air")
    (folder / "bad.air").write_text("")
    refused(capsys, "air-syntax", "show", "bad.air")


def test_stages_before_the_one_a_text_is_at(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    (folder / "late.air").write_text(TEXT.replace("stage surface", "stage planned"))
    for stage in ("core", "adjoint"):
        refused(capsys, "bad-option", "show", "late.air", "--stage", stage)
    good(capsys, "view", "late.air", "-o", "late.html")
    assert good(capsys, "grad", "late.air", "--values", "2, 5") == "10.0\n"


def test_gradients_that_do_not_exist(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "v.air").write_text(TEXT.replace("f64", "f64[2]"))
    assert "not one real number" in refused(capsys, "grad-not-scalar", "grad", "v.air")
    (folder / "i.air").write_text(
        "air 1\nstage surface\n\nfunc @f(%n: i64, %x: f64) -> f64 {\n  return %x\n}\n"
    )
    assert "parameter n" in refused(capsys, "grad-not-float", "grad", "i.air")
    refused(capsys, "grad-not-float", "show", "i.air", "--stage", "vjp", "--wrt", "0")


def test_mistakes_in_anvil_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*args: object, **kwargs: object) -> str:
        raise KeyError("a bug")

    monkeypatch.setattr("anvil.commands.commands.stage_text", wrong)
    with pytest.raises(KeyError, match="a bug"):
        main(["show", "f.air"])


def test_unknown_commands_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["frobnicate"])
    assert caught.value.code == 2
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "FILE.air" in capsys.readouterr().out.replace("net.air", "FILE.air")


# ---- as a process


def test_parse_stage_does_not_import_jax(folder: Path) -> None:
    code = (
        "import sys; from anvil.cli import main\n"
        "code = main(['show', 'net.py:f', '--args', 'f64[3], f64', '--stage', 'parse'])\n"
        "assert code == 0; assert not {'jax', 'jaxlib'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "func @f" in done.stdout


def test_the_module_runs_and_survives_a_closed_pipe() -> None:
    command = [sys.executable, "-m", "anvil", "ops"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        process.wait()
    done = subprocess.run([*command, "nonsense"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error[bad-option]: no op is called 'nonsense'")
    assert "\x1b" not in done.stderr
