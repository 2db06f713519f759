"""Complex and narrow dtypes through control flow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from anvil.ad import derive_steps
from anvil.ir.records import Atom, Program
from anvil.ir.types import C128, F32, F64, array
from anvil.ir.verify import verify
from tests.ad.oracle import Orders, check
from tests.ad.programs import X, branch, func, item, loop, program, put

Z = array(C128)
S = array(F32)
W = array(F32, (3,))


def complex_loop() -> Program:
    """|z|^2 of an iteration z = sin(z) c + conj(c), which is not holomorphic; c is built from
    floats.
    """

    def f(b: Any, z: Atom, x: Atom) -> Sequence[Atom]:
        c = b.complex(x, b.mul(x, 0.5))

        def body(i: Atom, z: Atom) -> Sequence[Atom]:
            w = b.add(b.mul(b.sin(z), c), b.conj(c))
            return branch(b, b.gt(b.abs(z), 0.5), lambda: [w], lambda: [b.mul(w, w)])

        (z,) = loop(b, b.i64(4), [z], body)
        return [b.add(b.mul(b.real(z), b.real(z)), b.mul(b.imag(z), b.imag(z))), z]

    return program(func("f", {"z": Z, "x": X}, f))


def test_complex_values_in_a_loop() -> None:
    """Plain transposes: the real part of <w, Jv> is that of <J'w, v>, to second order."""
    check(complex_loop(), [0.5 + 0.3j, 0.6], 2)


def test_narrow_floats_keep_their_dtype() -> None:
    """Tangents, cotangents, zeros and accumulators of f32 programs are f32 at every order."""

    def f(b: Any, x: Atom, v: Atom) -> Sequence[Atom]:
        def body(i: Atom, s: Atom, y: Atom) -> Sequence[Atom]:
            r = b.sqrt(b.select(b.gt(s, 0.0), s, 0.0))
            return [b.add(b.mul(r, x), item(b, v, i)), put(b, y, i, b.exp(r))]

        return loop(b, b.i64(3), [b.const(0.0, S), v], body)

    orders = Orders(program(func("f", {"x": S, "v": W}, f)))
    name = "f"
    for letter in "RJR":
        name = orders.jvp(name) if letter == "J" else orders.vjp(name)
    ready = verify(derive_steps(orders.session.program("f", "core")))
    f64 = [
        v for fn in ready.funcs.values() for v in fn.params if getattr(v.type, "dtype", F32) is F64
    ]
    assert f64 == []
    g = orders.cotangents(
        "f", [np.float32(0.7), np.ones(3, np.float32)], [np.float32(1), np.ones(3, np.float32)]
    )
    assert [a.dtype for a in g] == [np.float32, np.float32]


def test_conversions_carry_derivatives_between_widths() -> None:
    """f64 -> f32 -> f64 inside; an int in between cuts."""

    def f(b: Any, x: Atom) -> Sequence[Atom]:
        narrow = b.mul(b.cast(x, F32), b.const(2.0, S))
        whole = b.cast(b.cast(x, array(F64).dtype), F64)
        return [b.mul(b.cast(narrow, F64), whole)]

    orders = Orders(program(func("f", {"x": X}, f)))
    assert np.isclose(orders.cotangents("f", [3.0], [1.0])[0], 12.0)
    assert np.isclose(orders.tangents("f", [3.0], [1.0])[0], 12.0)
