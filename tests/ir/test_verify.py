"""The verifier: what it accepts, and one program per message it can give."""

from dataclasses import replace

import pytest

from anvil.errors import VerificationError
from anvil.ir.builder import Builder
from anvil.ir.loc import UNKNOWN
from anvil.ir.opkind import REGISTRY, OpKind
from anvil.ir.records import Const, Func, FuncRef, Op, Origin, Program, Region, Value
from anvil.ir.types import F32, array, hist
from anvil.ir.verify import check_level, verify
from tests.ir import programs
from tests.ir.programs import N, P, X, at, program


def op(kind, args=(), outs=(), attrs=None, regions=(), loc=None):
    return Op(REGISTRY[kind], tuple(args), tuple(outs), attrs or {}, tuple(regions), loc or at(1))


def func(ops, params=(), results=(), name="f"):
    body = Region("body", tuple(params), tuple(ops))
    return Func(name, tuple(params), tuple(results), body, Origin(name, at(1)))


def refused(f, message, stage="surface", **options):
    prog = f if isinstance(f, Program) else program(f, stage=stage)
    with pytest.raises(VerificationError, match=message) as info:
        verify(prog, **options)
    return str(info.value)


@pytest.mark.parametrize("name", programs.ALL)
def test_accepts_what_the_builder_makes(name):
    prog, _ = programs.ALL[name]
    assert verify(prog, locations=True) is prog


A, B = Value(X, "a"), Value(X, "b")
T = Value(programs.checked().main.results[0], "t")
END = op("return")


def test_stage_and_entry():
    refused(Program({}, "f", "half"), "no stage is called 'half'; there are surface, core")
    refused(Program({}, "f", "core"), "no function @f, its entry")
    refused(Program({"g": func([END])}, "g", "core"), "@f is filed under the name @g")


def test_scope_and_order():
    message = refused(func([op("return", [A])], results=[X]), "%a, is read before it is defined")
    assert "> " in message
    inner = Region("then", (), (op("token", outs=[T]), op("yield")))
    other = Region("else", (), (op("yield"),))
    p = Value(P, "p")
    branch = op("if", [p], [], {}, [inner, other])
    check = op("check", [T, p], [Value(T.type)], {"site": 1})
    refused(func([branch, check, END], [p]), "operand 0 of check, %t, is out of scope")
    refused(func([END], [A, A]), "%a is defined twice")
    twice = program(func([op("return", [A])], [A], [X]), func([END], [A], name="g"))
    refused(twice, "%a is defined twice")


def test_terminators():
    refused(func([op("token", outs=[T])]), "region body must end with return")
    refused(func([op("yield")]), "region body must end with return")
    refused(func([END, END]), "return before the end of a region")
    p = Value(P, "p")
    branch = op("if", [p], [], {}, [Region("then", (), ()), Region("else", (), ())])
    refused(func([branch, END], [p]), "region then must end with yield")


def test_function_signature():
    refused(func([op("return", [A])], [A], []), r"declares results \(\), returns \(f64\)")
    wrong = replace(func([END], [A]), params=(B,))
    refused(wrong, "parameters are not those of its body")
    h = Value(hist((X,), True), "h")
    refused(func([END], [h]), "a history cannot cross a function's boundary")


def test_kinds_and_stages():
    stranger = type("Stranger", (OpKind,), {"name": "if"}, abstract=True)
    bad = Op(stranger, (), (), {}, (), at(1))
    refused(func([bad, END]), "if is not a registered op kind")
    call = op("jvp_call", [], [], {"callee": FuncRef("g"), "wrt": (), "outs": ()})
    prog = program(func([call, END]), func([END], name="g"), stage="core")
    refused(prog, "jvp_call is not allowed in stage core: the pass `expand` removes")
    verify(replace(prog, stage="surface"))
    prog = replace(programs.counted(hist=True), stage="planned")
    refused(prog, "for makes a history in stage planned")


def test_attributes():
    refused(
        func([op("check", [], [], {}), END]), r"has attributes \(\), its kind declares \(site\)"
    )
    bad = op("print", [T], [Value(T.type)], {"fmt": [], "end": "", "to": ()})
    refused(func([op("token", outs=[T]), bad, END]), "attribute fmt of print is a list")


def test_regions():
    p = Value(P, "p")
    then = Region("then", (), (op("yield"),))
    refused(func([op("if", [p]), END], [p]), r"if has regions \(\), not \(then, else\)")
    refused(func([op("if", [p], [], {}, [then]), END], [p]), "its type rule refuses: ValueError")
    h = Value(hist((X,), True), "h")
    loop = programs.counted(hist=True).main.body
    n, a, _ = loop.params
    made = loop.ops[0].outs
    carried = Region("body", (Value(N), h), (op("yield", [h]),))
    bad = op("for", [n, made[2]], [Value(h.type)], {"hist": False}, [carried])
    refused(func([loop.ops[0], bad, END], loop.params), "crosses the boundary of a region of for")
    assert a.type is X


def test_types_are_derived_again():
    refused(
        func([op("token", outs=[A]), END]),
        r"token has results \(f64\), its type rule says \(token\)",
    )
    p = Value(array(F32), "p")
    regions = [Region(label, (), (op("yield"),)) for label in ("then", "else")]
    refused(func([op("if", [p], [], {}, regions), END], [p]), "expects a scalar bool predicate")


def test_calls():
    call = op("call", [Const(N, 1)], [], {"callee": FuncRef("g")})
    refused(func([call, END]), "@g is not a function of the program")
    refused(
        program(func([call, END]), func([END], name="g")), r"call of @g: expected \(\), got \(i64\)"
    )
    loop = op("call", [], [], {"callee": FuncRef("f")})
    refused(func([loop, END]), "recursive calls: @f -> @f")


def test_locations_on_request():
    prog = program(func([op("token", outs=[T], loc=UNKNOWN), END]))
    verify(prog)
    refused(prog, "token has no source location", locations=True)


def test_message_shows_a_window():
    b = Builder((N,), ("n",), at(1))
    token = b.emit("token", ())
    for i in range(20):
        b.loc = at(i)
        token = b.emit("check", (token, Const(P, False)), {"site": i + 1}, hint="t")
    good = b.finish("f", [])
    ops = list(good.body.ops)
    ops[10] = replace(ops[10], attrs={})
    message = refused(
        replace(good, body=replace(good.body, ops=tuple(ops))), "check has attributes"
    )
    assert "in @f (net.py:9):" in message
    lines = message.splitlines()
    marked = [line for line in lines if line.startswith("  > ")]
    assert "    func @f(%n: i64) -> () {" in lines
    assert marked == ["  >   %t.9: token = check %t.8, false"]
    assert len(lines) < 20


def test_check_level(monkeypatch):
    monkeypatch.setenv("ANVIL_CHECK", "2")
    assert check_level() == 2
    monkeypatch.delenv("ANVIL_CHECK")
    assert check_level() == 1
