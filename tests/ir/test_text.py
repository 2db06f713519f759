"""The text form: reading back what was printed is a law; malformed text gives one screen."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anvil.errors import ProgramTextError
from anvil.ir.builder import Builder
from anvil.ir.equal import alpha_equal, difference
from anvil.ir.literals import literal
from anvil.ir.loc import Derived, Fused, Loc
from anvil.ir.opkind import REGISTRY
from anvil.ir.printer import text
from anvil.ir.reader import load, parse, save
from anvil.ir.records import ArrayData, Const, Func, FuncRef, Op, Origin, Region, Value
from anvil.ir.types import C64, DTYPES, F32, TOKEN, array, hist
from anvil.ir.verify import verify
from tests.ir import programs
from tests.ir.programs import N, X, at, program


def round_trip(prog, **options):
    shown = text(prog, **options)
    again = parse(shown)
    locs = options.get("locs") == "suffix"
    assert difference(prog, again, locs=locs) is None, shown
    if options.get("locs") != "comment":
        assert text(again, **options) == shown
    return shown


@pytest.mark.parametrize("locs", ["none", "comment", "suffix"])
@pytest.mark.parametrize("name", programs.ALL)
def test_round_trip(name, locs):
    prog, _ = programs.ALL[name]
    round_trip(prog, locs=locs)
    verify(parse(text(prog)), locations=True)


def test_golden():
    assert (
        text(programs.calling())
        == """\
air 1
stage surface

func @f(%n: i64, %p: bool, %a: f64, %b: f64) -> (f64, f64) {
  %6: f64, %7: f64 = for %n, %a, %b body (%i: i64, %a.1: f64, %b.1: f64) {
    %4: f64, %5: f64 = if %p then {
      %0: f64, %1: f64 = call[callee=@swap] %a.1, %b.1
      yield %0, %1
    } else {
      %2: f64, %3: f64 = call[callee=@swap] %b.1, %a
      yield %2, %3
    }
    yield %4, %5
  }
  return %6, %7
}

func @swap(%a: f64, %b: f64) -> (f64, f64) {
  return %b, %a
}
"""
    )


DTYPE = st.sampled_from(list(DTYPES.values()))
SHAPE = st.lists(st.integers(0, 4), max_size=3).map(tuple)
ARRAY = st.builds(array, DTYPE, SHAPE)
TYPE = st.one_of(ARRAY, st.just(TOKEN))
TYPE = st.one_of(TYPE, st.builds(hist, st.lists(TYPE, max_size=3).map(tuple), st.booleans()))
HINT = st.one_of(
    st.sampled_from(
        ["", "x", "x.1", "x.0.1", "0", "a b", 'q"', "é", "self.w", "loc", "nan", "%", "\n"]
    ),
    st.text(max_size=5),
)
LOC = st.builds(
    Loc, st.text(max_size=5), *(st.integers(0, 99) for _ in range(4)), st.text(max_size=3)
)
LOCS = st.recursive(
    LOC,
    lambda inner: st.one_of(
        st.builds(Derived, st.text(max_size=4), inner),
        st.builds(Fused, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=4,
)


@st.composite
def values_of(draw, dtype):
    """Any scalar of a dtype, with its exact bits."""
    if dtype.kind == "b":
        return draw(st.booleans())
    if dtype.kind in "iu":
        limits = np.iinfo(dtype.np)
        return draw(st.integers(int(limits.min), int(limits.max)))
    width = dtype.real.bits
    real = st.floats(width=width)
    return complex(draw(real), draw(real)) if dtype.kind == "c" else draw(real)


@st.composite
def constants(draw):
    type_ = draw(ARRAY)
    return Const(type_, draw(values_of(type_.dtype)))


@st.composite
def array_data(draw):
    dtype = draw(DTYPE)
    shape = draw(SHAPE)
    items = [draw(values_of(dtype)) for _ in range(math.prod(shape))]
    return ArrayData(np.array(items, dtype.np).reshape(shape))


ATTR = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=6),
        TYPE,
        DTYPE,
        HINT.map(FuncRef),
        array_data(),
    ),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None)
@given(constants())
def test_literals_are_exact(const):
    end = Op(REGISTRY["return"], (const,), (), {}, (), at(1))
    body = Region("body", (), (end,))
    func = Func("f", (), (const.type,), body, Origin("f", at(1)))
    (found,) = parse(text(program(func))).main.body.results
    assert found == const
    assert found.type is const.type


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(HINT, TYPE), max_size=6), HINT, HINT, LOCS, st.data())
def test_any_names_types_attributes_and_locations(binders, name, origin, loc, data):
    """Records that no type rule has seen: the text form must not care."""
    params = tuple(Value(t, h) for h, t in binders)
    inner = tuple(Value(t, h) for h, t in binders)
    attrs = {"fmt": data.draw(ATTR), "end": data.draw(ATTR), "to": data.draw(ATTR)}
    read = data.draw(st.permutations(params + inner)) if params else ()
    leaf = Op(REGISTRY["print"], tuple(read), (Value(X, name),), attrs, (), loc)
    end = Op(REGISTRY["yield"], inner, (), {}, (), loc)
    region = Region("then", inner, (leaf, end))
    last = Op(REGISTRY["if"], params, (Value(X, name),), {}, (region, region), loc)
    finish = Op(REGISTRY["return"], last.outs, (), {}, (), loc)
    body = Region("body", params, (last, finish))
    prog = program(Func(name, params, (X,), body, Origin(origin, loc)))
    round_trip(prog, locs="suffix")
    round_trip(prog)


def test_special_floats_are_spelled_as_python_does():
    spelled = {
        "-0.0": Const(X, -0.0),
        "nan": Const(X, math.nan),
        "-inf": Const(X, -math.inf),
        "1e-05": Const(X, 1e-5),
        "0.1:f32": Const(array(F32), 0.1),
        "0.1:f32[3]": Const(array(F32, (3,)), 0.1),
        "1.0-0.0j:c64": Const(array(C64), complex(1, -0.0)),
        "2": Const(N, 2),
        "2:u8": Const(array(DTYPES["u8"]), 2),
        "true": Const(programs.P, True),
    }
    assert {s: literal(c) for s, c in spelled.items()} == {s: s for s in spelled}


def constant(n: int):
    b = Builder((), (), at(1))
    op = Op(
        REGISTRY["print"],
        (b.emit("token", ()),),
        (Value(TOKEN),),
        {"fmt": ArrayData(np.arange(n, dtype=float)), "end": "", "to": ()},
        (),
        at(1),
    )
    func = b.finish("f", [])
    ops = (*func.body.ops[:-1], op, func.body.ops[-1])
    return program(replace(func, body=replace(func.body, ops=ops)))


def test_big_constants_go_beside(tmp_path):
    path = tmp_path / "net.air"
    save(constant(1000), path)
    assert len(path.read_text()) < 500
    assert alpha_equal(load(path), constant(1000), locs=True)
    assert len(text(constant(1000))) > 3000
    round_trip(constant(1000))
    save(constant(3), tmp_path / "small.air")
    assert not (tmp_path / "small.npz").exists()
    with np.load(tmp_path / "net.npz") as store:
        (digest,) = store.files
    with pytest.raises(ProgramTextError, match=f"the constant #{digest} is missing"):
        parse(path.read_text())
    with pytest.raises(ProgramTextError, match="of the side file is another array"):
        parse(path.read_text(), arrays={digest: np.zeros(1000)})


def test_abridged_cuts_bodies_and_constants():
    b = Builder((N,), ("n",))
    token = b.emit("token", ())
    for i in range(100):
        token = b.emit("check", (token, Const(programs.P, False)), {"site": i + 1})
    shown = text(program(b.finish("f", [token])), abridged=True)
    assert "// ... 62 more ops" in shown
    assert len(shown.splitlines()) < 60
    assert "return %100" in shown
    assert len(text(constant(1000), abridged=True)) < 300


def test_ops_without_a_location_point_at_the_text():
    prog = parse(
        "air 1\nstage core\nfunc @f() -> token {\n  %t: token = token\n  return %t\n}", file="a.air"
    )
    assert prog.main.body.ops[0].loc == Loc("a.air", 4, 2, 4, 19, "f")


def test_entry_and_comments():
    prog = parse("""
// a file may begin with comments
air 1
stage core
entry @g  // not the first one

func @f() -> () {
  return
}

func @g() -> f64 {  // here
  // and there
  return 1.0
}
""")
    assert prog.entry == "g"
    round_trip(prog)


HEAD = "air 1\nstage core\nfunc @f(%x: f64, %y: f64) -> f64 {\n  "
MALFORMED = {
    "func @f() -> () {\n}": "begin with `air 1`",
    "": "begin with `air 1`",
    "air 2\nstage core": "only version 1 can be read",
    "air 1\nstage half\nfunc @f() -> () {\n}\n": "one of surface, core, adjoint, planned",
    "air 1\nstage core\n": "there is no function",
    "air 1\nstage core\nentry @g\nfunc @f() -> () {\n}": "the entry @g is not defined",
    HEAD + "return %x": "the text ends too early",
    HEAD + "return %z\n}": "%z is not defined here",
    HEAD + "%x: f64 = token\n}": "%x is already defined here",
    HEAD + "%z: f65 = token\n}": "no type is called f65",
    HEAD + "%z: f64[-1] = token\n}": "a shape has no negative sizes",
    HEAD + "%z: token = tokken\n}": "did you mean token",
    HEAD + "%z: token = check[sight=2] %x\n}": "it has: site",
    HEAD + "return 2.5:i64\n}": "2.5 is no literal of type i64",
    HEAD + "return 300:u8\n}": "300 is out of range for u8",
    HEAD + "return 1:token\n}": "a literal cannot be a token",
    HEAD + "return 1.0.0\n}": "net.air:4:10",
    HEAD + "return %x %y\n}": "`%y` is not expected here",
    HEAD + "return $x\n}": "this character starts nothing",
    HEAD + "%z: f64 =\n}": "the line ends too early",
    HEAD + "print[fmt=f64[3]{1.0}] %x\n}": "f64[3] has 3 elements, 1 are given",
    HEAD + 'return %x loc("a")\n}': "a location is loc(",
    HEAD + "}\nfunc @f() -> () {\n}": "@f is defined twice",
    HEAD + "%z: hist<loop; f64> = token\n}": "a history is of a `for` or a `while`",
}


@pytest.mark.parametrize("source", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_text_gives_one_screen(source):
    with pytest.raises(ProgramTextError) as info:
        parse(source, file="net.air")
    message = str(info.value)
    assert MALFORMED[source] in message
    assert "net.air:" in message
    assert len(message.splitlines()) <= 12
    assert max(map(len, message.splitlines())) < 250


def test_carets_are_under_the_word():
    source = HEAD + '%"é": f64 = token %yy\n}'
    with pytest.raises(ProgramTextError) as info:
        parse(source, file="net.air")
    assert (
        str(info.value)
        == """\
%yy is not defined here

  net.air:4:21, in f
    4 | %"é": f64 = token %yy
      |                   ^^^

  The text does not follow the grammar of docs/air.md.

  hint: did you mean %y?

  see docs/errors.md#air-syntax"""
    )


def test_difference_says_what_differs():
    assert difference(programs.branch(), programs.branch()) is None
    assert "names of results of if" in difference(programs.branch(), programs.branch("z"))
    assert alpha_equal(programs.branch(), programs.branch("z"), hints=False)
    assert "results of @f" in difference(programs.branch(), programs.counted())
    other = replace(programs.branch(), stage="core")
    assert difference(programs.branch(), other) == "stages: surface and core"
