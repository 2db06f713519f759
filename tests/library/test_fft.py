"""np.fft against NumPy: values, dtypes, shapes, errors; derivatives against differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import anvil
from anvil.errors import AnvilError
from tests.library.harness import arguments, function, host, run

F = "np.fft."
CASES = [
    *(f"{F}{f}({x})" for f in ("fft", "ifft") for x in ("f5", "c4", "s4", "z34", "i3", "h4")),
    *(f"{F}{f}({x})" for f in ("rfft", "ihfft") for x in ("f5", "s4", "i34", "f1", "[1, 2.5, 3]")),
    *(f"{F}{f}({x})" for f in ("irfft", "hfft") for x in ("f5", "c4", "z34")),
    *(f"{F}{f}({x})" for f in ("fft", "rfft", "irfft", "hfft") for x in ("f34, 3", "f34, n=7")),
    *(f"{F}{f}(f34, axis=0, norm='ortho')" for f in ("fft", "ifft", "rfft", "irfft", "ihfft")),
    *(f"{F}{f}(f34, norm='forward')" for f in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")),
    *(f"{F}{f}(f34, norm='backward')" for f in ("fft", "ifft", "hfft", "ihfft")),
    *(f"{F}{f}({x})" for f in ("fft2", "ifft2", "irfft2", "irfftn") for x in ("c34", "f234")),
    *(f"{F}{f}({x})" for f in ("rfft2", "rfftn", "fftn", "ifftn") for x in ("f34", "s234")),
    *(f"{F}{f}(f234, s=(3, 3), axes=(0, 2))" for f in ("fftn", "ifftn", "rfftn", "irfftn")),
    f"{F}fftn(f234, axes=(1,), norm='ortho')",
    *(f"{F}{f}({x})" for f in ("fftshift", "ifftshift") for x in ("f5", "c34, axes=1", "i34")),
    *(f"{F}{f}({x})" for f in ("fftfreq", "rfftfreq") for x in ("5", "6, 0.1", "4, d=Pf")),
]


@pytest.mark.parametrize("text", CASES)
def test_a_transform_gives_what_numpy_gives(text: str) -> None:
    fn, names = function(text)
    got, want = run(fn, arguments(names)), host(fn, arguments(names))
    assert (type(got), got.dtype, got.shape) == (type(want), want.dtype, want.shape)
    tol = 1e-5 if want.dtype in (np.float32, np.complex64) else 1e-12
    np.testing.assert_allclose(got, want, rtol=tol, atol=tol)


@pytest.mark.parametrize(
    "text, error",
    [
        (F + "fft(f5, 0)", ValueError),
        (F + "fft(f5, norm='no')", ValueError),
        (F + "fft(f5, axis=1)", (IndexError, ValueError)),
        (F + "rfft(c4)", TypeError),
        (F + "fftn(f34, s=(2, 3), axes=(0,))", ValueError),
    ],
)
def test_misuse_raises_numpys_kind_of_error(text: str, error: Any) -> None:
    fn, names = function(text)
    with pytest.raises(error):
        host(fn, arguments(names))
    with pytest.raises(error):
        run(fn, arguments(names))


def spectrum(x: Any) -> Any:
    """A loss through all kinds of transforms."""
    low = np.fft.rfft(x) * np.exp(-(np.fft.rfftfreq(x.shape[-1]) ** 2))
    back = np.fft.irfft(low, x.shape[-1]) ** 3
    power = np.abs(np.fft.fftshift(np.fft.fft(back))) ** 2
    return np.sum(power * np.arange(power.size)) + np.sum(np.fft.hfft(x).real ** 2)


def test_derivatives_on_xla() -> None:
    x = np.random.default_rng(0).normal(size=6)
    value, grad = anvil.value_and_grad(spectrum)(x)
    np.testing.assert_allclose(value, spectrum(x), rtol=1e-12)
    for i in range(6):
        e = np.eye(6)[i] * 1e-5
        np.testing.assert_allclose(grad[i], (spectrum(x + e) - spectrum(x - e)) / 2e-5, rtol=1e-6)
    both = anvil.vmap(anvil.grad(spectrum))(np.stack([x, 2 * x]))
    np.testing.assert_allclose(both[0], grad, rtol=1e-12)


def test_complex_signals_and_out() -> None:
    z = np.random.default_rng(1).normal(size=(3, 4)) + 1j
    np.testing.assert_allclose(anvil.jit(lambda z: np.fft.ifft2(np.fft.fft2(z)))(z), z)
    with pytest.raises(AnvilError, match="out="):
        run(*(lambda f, n: (f, arguments(n)))(*function("np.fft.fft(c4, out=c4)")))
