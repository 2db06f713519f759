"""Programs in text form on which every pass is tried; arguments by name."""

from __future__ import annotations

import numpy as np

import anvil.ir.ops  # noqa: F401
from anvil.ir.reader import parse
from anvil.ir.records import Program

TEXTS = {
    "straight": """
func @f(%x: f64, %y: f64) -> (f64, f64) {
  %a: f64 = add %x, 1.5
  %b: f64 = add %x, 1.5
  %c: f64 = mul %a, %b
  %dead: f64 = sin %c
  %two: f64 = add 1.0, 1.0
  %d: f64 = mul %c, %two
  return %d, %y
}
""",
    "branches": """
func @f(%p: bool, %x: f64) -> (f64, f64) {
  %a: f64, %b: f64, %c: f64 = if %p then {
    %s: f64 = sin %x
    %t: f64 = sin %x
    %u: f64 = add %s, %t
    yield %u, %x, %s
  } else {
    %v: f64 = exp %x
    yield %v, %x, 2.0
  }
  return %a, %b
}
""",
    "known branches": """
func @f(%p: bool, %x: f64) -> (f64, f64) {
  %a: f64 = if true then {
    %s: f64 = sin %x
    yield %s
  } else {
    yield %x
  }
  %b: f64 = if %p then {
    yield %x
  } else {
    yield 2.0
  }
  return %a, %b
}
""",
    "loop states": """
func @f(%n: i64, %x: f64) -> f64 {
  %s: f64, %k: f64, %d: f64 = for %n, 0.0, %x, 1.0 body (%i: i64, %s: f64, %k: f64, %d: f64) {
    %e: f64 = exp %x
    %t: f64 = mul %e, %k
    %s1: f64 = add %s, %t
    %d1: f64 = add %d, %s
    yield %s1, %k, %d1
  }
  return %s
}
""",
    "while": """
func @f(%n: i64, %x: f64) -> (f64, i64) {
  %i: i64, %s: f64, %unused: f64 = while 0, %x, %x cond (%i: i64, %s: f64, %u: f64) {
    %m: i64 = add %n, 1
    %p: bool = lt %i, %m
    yield %p
  } body (%i: i64, %s: f64, %u: f64) {
    %w: f64 = sin %x
    %s1: f64 = add %s, %w
    %i1: i64 = add %i, 1
    %u1: f64 = add %u, %s
    yield %i1, %s1, %u1
  }
  return %s, %i
}
""",
    "known loops": """
func @f(%x: f64) -> (f64, f64, f64) {
  %a: f64 = for 0, %x body (%i: i64, %s: f64) {
    %t: f64 = sin %s
    yield %t
  }
  %b: f64 = for 1, %x body (%i: i64, %s: f64) {
    %t: f64 = cos %s
    yield %t
  }
  %c: f64 = while %x cond (%s: f64) {
    %never: bool = lt 2.0, 1.0
    yield %never
  } body (%s: f64) {
    %t: f64 = exp %s
    yield %t
  }
  return %a, %b, %c
}
""",
    "nested": """
func @f(%n: i64, %x: f64, %y: f64) -> f64 {
  %s: f64 = for %n, 0.0 body (%i: i64, %s: f64) {
    %t: f64 = for %n, %s body (%j: i64, %t: f64) {
      %e: f64 = sin %y
      %f: f64 = mul %e, %x
      %g: f64 = add %f, %s
      %u: f64 = add %t, %g
      yield %u
    }
    yield %t
  }
  return %s
}
""",
    "calls": """
func @f(%x: f64, %y: f64) -> f64 {
  %a: f64, %b: f64 = call[callee=@g] %x, %y
  %c: f64, %d: f64 = call[callee=@g] %a, %y
  %e: f64 = call[callee=@h] %c
  return %e
}

func @g(%x: f64, %unused: f64) -> (f64, f64) {
  %a: f64 = call[callee=@h] %x
  %b: f64 = exp %unused
  return %a, %b
}

func @h(%x: f64) -> f64 {
  %a: f64 = sin %x
  %b: f64 = mul %a, %x
  return %b
}

func @orphan(%x: f64) -> f64 {
  return %x
}
""",
    "history": """
func @f(%n: i64, %x: f64) -> (f64, f64) {
  %s: f64, %h: hist<for; f64> = for[hist=true] %n, %x body (%i: i64, %s: f64) {
    %c: f64 = sin %x
    %t: f64 = mul %s, %c
    yield %t
  }
  %g: f64, %dead: f64 = loop_rev %h, 1.0, 0.0 step (%i: i64, %s: f64, %c: f64, %d: f64) {
    %k: f64 = cos %x
    %w: f64 = mul %c, %k
    %d1: f64 = add %d, %s
    yield %w, %d1
  }
  %u: f64, %unread: hist<for; f64> = for[hist=true] %n, %x body (%i: i64, %s: f64) {
    %t: f64 = exp %s
    yield %t
  }
  %z: f64 = mul %s, 1.0
  return %g, %z
}
""",
    "effects": """
func @f(%n: i64, %x: f64) -> (token, f64) {
  %t: token = token
  %s: token, %y: f64 = for %n, %t, %x body (%i: i64, %t: token, %y: f64) {
    %p: bool = lt %y, 50.0
    %u: token = check[site=1] %t, %p
    %z: f64 = mul %y, 1.5
    yield %u, %z
  }
  return %s, %y
}
""",
    "equal loops": """
func @f(%n: i64, %x: f64) -> f64 {
  %a: f64 = for %n, %x body (%i: i64, %s: f64) {
    %t: f64 = sin %s
    yield %t
  }
  %b: f64 = for %n, %x body (%k: i64, %u: f64) {
    %v: f64 = sin %u
    yield %v
  }
  %c: f64 = mul %a, %b
  return %c
}
""",
}

ARGS = {"x": 0.7, "y": -0.4, "n": 4, "p": True}


def program(name: str, stage: str = "adjoint") -> Program:
    """The program of that name."""
    return parse(f"air 1\nstage {stage}\n{TEXTS[name]}", file=f"{name}.air")


def arguments(prog: Program) -> list[object]:
    """One argument per parameter of the entry, by its name."""
    return [np.asarray(ARGS[p.hint], p.type.dtype.np) for p in prog.main.params]
