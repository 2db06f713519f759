"""Calling StableHLO text with flat leaves."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import textwrap

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import anvil
from anvil.lower.library_call import library_func_text
from anvil.lower.module import Module
from anvil.lower.runtime import Executable, Options

F64, F32, I64, I32 = (np.dtype(d) for d in ("f8", "f4", "i8", "i4"))


def unary(body: str, shape: tuple[int, ...] = (), dtype: str = "f64") -> Module:
    dims = "".join(f"{n}x" for n in shape)
    text = f"""
        func.func public @main(%x: tensor<{dims}{dtype}>) -> tensor<{dims}{dtype}> {{
          {body.replace("T", f"tensor<{dims}{dtype}>")}
          return %y : tensor<{dims}{dtype}>
        }}"""
    leaf = (np.dtype({"f64": "f8", "f32": "f4", "i64": "i8"}[dtype]), shape)
    return Module(text, (leaf,), (leaf,), "unary")


DOUBLE = "%y = stablehlo.add %x, %x : T"


def in_x64(value: object, dtype: object = None) -> jax.Array:
    with jax.enable_x64(True):
        return jnp.asarray(value, dtype)


@pytest.mark.parametrize("leaf", [1.5, np.float64(1.5), np.array(1.5), np.float32(1.5)])
def test_a_scalar_arrives_with_the_dtype_of_the_program(leaf: object) -> None:
    (y,) = Executable(unary(DOUBLE))([leaf])
    assert type(y) is np.float64
    assert y == 3.0


def test_python_ints_arrive_as_int64_or_float64() -> None:
    (y,) = Executable(unary(DOUBLE, dtype="i64"))([1 << 40])
    assert type(y) is np.int64
    assert y == 1 << 41
    assert Executable(unary(DOUBLE))([3])[0] == 6.0
    assert Executable(unary(DOUBLE, dtype="f32"))([0.5])[0].dtype == F32


def test_jax_settings_stay_as_they_are() -> None:
    Executable(unary(DOUBLE))([1.0])
    assert not jax.config.jax_enable_x64
    assert jnp.asarray(1.0).dtype == jnp.float32


def test_results_follow_the_inputs() -> None:
    f = Executable(unary(DOUBLE, (3,)))
    x = np.arange(3.0)
    assert type(f([x])[0]) is np.ndarray
    assert isinstance(f([in_x64(x)])[0], jax.Array)
    as_jax, as_numpy = (Executable(f.module, Options(out=o)) for o in ("jax", "numpy"))
    assert isinstance(as_jax([x])[0], jax.Array)
    assert type(as_numpy([in_x64(x)])[0]) is np.ndarray


@pytest.mark.parametrize("n", [3, 1 << 17, 1 << 22])
def test_numpy_results_are_writable_and_private(n: int) -> None:
    f = Executable(unary("%y = stablehlo.reshape %x : (T) -> T", (n,)))
    x = np.ones(n)
    y, z = f([x])[0], f([x])[0]
    y *= 0.5
    assert x[0] == z[0] == 1.0
    assert y.flags.writeable
    assert not np.shares_memory(x, y)
    assert not np.shares_memory(y, z)


def test_a_result_outlives_the_call_that_made_it() -> None:
    f = Executable(unary(DOUBLE, (1 << 16,)))
    results = [f([np.full(1 << 16, float(i))])[0][10:] for i in range(20)]
    gc.collect()
    assert [r[0] for r in results] == [2.0 * i for i in range(20)]
    assert all((r == r[0]).all() for r in results)


def test_equal_results_do_not_share_memory() -> None:
    text = """
        func.func public @main(%x: tensor<65536xf64>) -> (tensor<65536xf64>, tensor<65536xf64>) {
          %y = stablehlo.add %x, %x : tensor<65536xf64>
          %z = stablehlo.add %x, %x : tensor<65536xf64>
          return %y, %z : tensor<65536xf64>, tensor<65536xf64>
        }"""
    leaf = (F64, (65536,))
    y, z = Executable(Module(text, (leaf,), (leaf, leaf)))([np.ones(65536)])
    y[0] = 7.0
    assert z[0] == 2.0


@pytest.mark.parametrize("n", [1 << 17, 1 << 22])
@pytest.mark.parametrize("out", ["jax", "numpy"])
def test_changing_an_argument_after_the_call_changes_nothing(n: int, out: str) -> None:
    module = unary("%a = stablehlo.sine %x : T\n%y = stablehlo.add %a, %x : T", (n,))
    f = Executable(module, Options(out="jax" if out == "jax" else "numpy"))
    for _ in range(3):
        x = np.ones(n)
        (y,) = f([x])
        x[:] = 0.0
        assert np.asarray(y).min() == np.asarray(y).max() == np.sin(1.0) + 1.0


def test_a_donated_numpy_argument_is_left_alone() -> None:
    f = Executable(unary(DOUBLE, (1 << 17,)), Options(donate_argnums=(0,)))
    x = np.ones(1 << 17)
    assert f([x])[0][0] == 2.0
    assert (x == 1.0).all()


def test_a_donated_jax_argument_is_used_up() -> None:
    f = Executable(unary(DOUBLE, (1 << 17,)), Options(donate_argnums=(0,)))
    x = in_x64(np.ones(1 << 17))
    pointer = x.unsafe_buffer_pointer()
    (y,) = f([x])
    assert x.is_deleted()
    assert y.unsafe_buffer_pointer() == pointer


def test_foreign_byte_order_and_strides() -> None:
    f = Executable(unary(DOUBLE, (4,)))
    wanted = np.arange(4.0) * 2
    np.testing.assert_array_equal(f([np.arange(4.0).astype(">f8")])[0], wanted)
    np.testing.assert_array_equal(f([np.arange(8.0)[::2]])[0], np.arange(8.0)[::2] * 2)
    np.testing.assert_array_equal(f([np.arange(4.0)[::-1]])[0], wanted[::-1])


def test_refusals_say_what_was_expected() -> None:
    f = Executable(unary(DOUBLE, (4,)))
    with pytest.raises(TypeError, match=r"unary was compiled for \(float64\[4\]\)"):
        f([np.ones(3)])
    with pytest.raises(TypeError, match="takes 1 leaves, got 2"):
        f([np.ones(4), 1.0])
    with pytest.raises(TypeError, match="not a numeric leaf: str"):
        f(["x"])
    with pytest.raises(ValueError, match="one @main"):
        Executable(Module("", ((F64, ()),), ((F64, ()),)))([1.0])


CHECKED = """
    func.func public @main(%i: tensor<i64>) -> (tensor<i64>, tensor<i64>, tensor<i32>) {
      %n = stablehlo.constant dense<3> : tensor<i64>
      %bad = stablehlo.compare GE, %i, %n, SIGNED : (tensor<i64>, tensor<i64>) -> tensor<i1>
      %zero = stablehlo.constant dense<0> : tensor<i32>
      %site = stablehlo.constant dense<7> : tensor<i32>
      %code = stablehlo.select %bad, %site, %zero : tensor<i1>, tensor<i32>
      %y = stablehlo.add %i, %i : tensor<i64>
      return %y, %i, %code : tensor<i64>, tensor<i64>, tensor<i32>
    }"""


def test_a_failed_check_is_reported_with_its_payload() -> None:
    def on_check(site: int, payload: tuple[object, ...]) -> None:
        raise IndexError(site, *payload)

    module = Module(CHECKED, ((I64, ()),), ((I64, ()), (I64, ()), (I32, ())))
    f = Executable(module, checks=True, payload=1, on_check=on_check)
    assert f([2]) == [4]
    for leaf in (5, in_x64(5)):
        with pytest.raises(IndexError) as caught:
            f([leaf])
        assert caught.value.args == (7, 5)
    with jax.enable_x64(True):
        assert jax.jit(lambda i: f([i]))(5) == [10]


LOOP = """
    func.func public @main(%n: tensor<i64>, %x: tensor<2xf64>) -> (tensor<2xf64>, tensor<i32>) {
      %z = stablehlo.constant dense<0> : tensor<i64>
      %t = stablehlo.constant dense<0> : tensor<i32>
      %one = stablehlo.constant dense<1> : tensor<i64>
      %r:3 = stablehlo.while(%i = %z, %k = %t, %y = %x)
          : tensor<i64>, tensor<i32>, tensor<2xf64>
      cond {
        %c = stablehlo.compare LT, %i, %n : (tensor<i64>, tensor<i64>) -> tensor<i1>
        stablehlo.return %c : tensor<i1>
      } do {
        %i1 = stablehlo.add %i, %one : tensor<i64>
        %y1 = stablehlo.add %y, %y : tensor<2xf64>
        %k1 = stablehlo.custom_call @anvil_host_call(%k, %i, %y1)
            {backend_config = "0", has_side_effect = true}
            : (tensor<i32>, tensor<i64>, tensor<2xf64>) -> tensor<i32>
        %k2 = stablehlo.custom_call @anvil_host_call(%k1) {backend_config = "1"}
            : (tensor<i32>) -> tensor<i32>
        stablehlo.return %i1, %k2, %y1 : tensor<i64>, tensor<i32>, tensor<2xf64>
      }
      return %r#2, %r#1 : tensor<2xf64>, tensor<i32>
    }"""


@pytest.mark.parametrize("as_jax", [False, True])
def test_host_calls_run_in_order_inside_a_loop(as_jax: bool) -> None:
    seen: list[object] = []
    callbacks = (lambda i, y: seen.append((int(i), y.tolist())), lambda: seen.append("-"))
    types = ((I64, ()), (F64, (2,)))
    f = Executable(Module(LOOP, types, ((F64, (2,)), (I32, ())), callbacks=callbacks))
    x = np.array([1.0, 2.0])
    for _ in range(2):
        seen.clear()
        f([3, in_x64(x) if as_jax else x])
        steps = [(i, [2.0 ** (i + 1), 2.0 ** (i + 2)]) for i in range(3)]
        assert seen == [steps[0], "-", steps[1], "-", steps[2], "-"]


def test_symbols_do_not_clash_when_modules_meet() -> None:
    def module(op: str) -> Module:
        text = f"""
            func.func public @main(%x: tensor<f64>) -> tensor<f64> {{
              %y = func.call @helper(%x) : (tensor<f64>) -> tensor<f64>
              return %y : tensor<f64>
            }}
            func.func private @helper(%x: tensor<f64>) -> tensor<f64> {{
              %y = stablehlo.{op} %x : tensor<f64>
              return %y : tensor<f64>
            }}"""
        return Module(text, ((F64, ()),), ((F64, ()),), "same")

    sine, cosine = Executable(module("sine")), Executable(module("cosine"))
    with jax.enable_x64(True):
        both = jax.jit(lambda x: sine(cosine(sine([x]))))
        np.testing.assert_allclose(both(0.3)[0], np.sin(np.cos(np.sin(0.3))), rtol=1e-15)


def test_a_call_under_a_foreign_trace_without_traced_arguments_is_staged() -> None:
    f = Executable(unary(DOUBLE))
    with jax.enable_x64(True):
        assert jax.jit(lambda x: x + f([1.5])[0])(1.0) == 4.0


def test_what_was_compiled_can_be_read() -> None:
    f = Executable(unary(DOUBLE, (5,)))
    assert "f64[5]" in f.hlo()
    assert f.cost()["flops"] == 5.0
    assert f.memory()["argument"] == 40


def loop_kernels(threshold: int | None) -> str:
    text = """
        func.func public @main(%n: tensor<i64>, %x: tensor<4000xf64>) -> tensor<4000xf64> {
          %z = stablehlo.constant dense<0> : tensor<i64>
          %one = stablehlo.constant dense<1> : tensor<i64>
          %r:2 = stablehlo.while(%i = %z, %s = %x) : tensor<i64>, tensor<4000xf64>
          cond {
            %c = stablehlo.compare LT, %i, %n : (tensor<i64>, tensor<i64>) -> tensor<i1>
            stablehlo.return %c : tensor<i1>
          } do {
            %j = stablehlo.add %i, %one : tensor<i64>
            %t = stablehlo.add %s, %s : tensor<4000xf64>
            stablehlo.return %j, %t : tensor<i64>, tensor<4000xf64>
          }
          return %r#1 : tensor<4000xf64>
        }"""
    extra = {"xla_cpu_small_while_loop_byte_threshold": threshold}
    options = None if threshold is None else {"xla_backend_extra_options": extra}
    module = Module(text, ((I64, ()), (F64, (4000,))), ((F64, (4000,)),))
    executable = Executable(module, Options(compiler_options=options))
    assert (executable([7, np.ones(4000)])[0] == 128.0).all()
    return executable.hlo()


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="an option of XLA's CPU compiler")
def test_backend_options_reach_the_compiler() -> None:
    assert "xla_cpu_small_call" not in loop_kernels(None)
    assert "xla_cpu_small_call" in loop_kernels(1 << 20)


def test_library_functions_can_be_pasted_into_a_module() -> None:
    eigvals = library_func_text(jnp.linalg.eigvalsh, [(F64, (3, 3))], "eigvals")
    gamma = library_func_text(jax.lax.lgamma, [(F64, (3,))], "gamma")
    text = f"""
        func.func public @main(%a: tensor<3x3xf64>) -> tensor<3xf64> {{
          %w = func.call @eigvals(%a) : (tensor<3x3xf64>) -> tensor<3xf64>
          %y = func.call @gamma(%w) : (tensor<3xf64>) -> tensor<3xf64>
          return %y : tensor<3xf64>
        }}
        {eigvals}
        {gamma}"""
    f = Executable(Module(text, ((F64, (3, 3)),), ((F64, (3,)),)))
    np.testing.assert_allclose(f([np.diag([1.0, 3.0, 5.0])])[0], np.log([1, 2, 24]), atol=1e-14)


def run_with_two_devices(code: str) -> None:
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    here = os.path.dirname(os.path.abspath(__file__))
    program = f"import sys; sys.path.insert(0, {here!r})\nfrom test_runtime import *\n"
    program += textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | flags, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_devices_and_shardings_are_respected() -> None:
    run_with_two_devices("""
        one = jax.devices()[1]
        f = Executable(unary(DOUBLE, (4,)), Options(device=one, out="jax"))
        assert f([np.ones(4)])[0].devices() == {one}
        g = Executable(unary(DOUBLE, (4,)))
        with jax.default_device(one):
            assert g([in_x64(np.ones(4))])[0].devices() == {one}
        mesh = jax.make_mesh((2,), ("d",))
        split = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("d"))
        h = Executable(unary(DOUBLE, (1 << 15,)), Options(in_shardings=split, out_shardings=split))
        y = h([in_x64(np.ones(1 << 15))])[0]
        assert y.sharding == split and len(y.addressable_shards) == 2
        z = h([np.ones(1 << 15)])[0]
        z += 1
        assert type(z) is np.ndarray and (z == 3).all()
        """)


def test_the_persistent_cache_is_used(tmp_path: object) -> None:
    run_with_two_devices(f"""
        jax.config.update("jax_compilation_cache_dir", {str(tmp_path)!r})
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
        from jax._src import monitoring
        events = []
        monitoring.register_event_listener(lambda event, **_: events.append(event))
        Executable(unary(DOUBLE))([1.0])
        assert "/jax/compilation_cache/cache_hits" not in events
        Executable(unary(DOUBLE))([1.0])
        assert "/jax/compilation_cache/cache_hits" in events
        """)


def test_compiler_options_are_left_out_inside_foreign_code() -> None:
    f = anvil.jit(np.sin, compiler_options={"xla_cpu_enable_fast_math": False})
    g = anvil.jit(np.sin)
    for h in (f, g):
        assert jax.jit(h)(1.0) == pytest.approx(np.sin(1.0))
        assert jax.grad(h)(1.0) == pytest.approx(np.cos(1.0))
        assert jax.jit(jax.grad(h))(1.0) == pytest.approx(np.cos(1.0))
        assert jax.jit(lambda x, h=h: x + h(jax.numpy.ones(())))(1.0) == pytest.approx(
            1.0 + np.sin(1.0)
        )
        np.testing.assert_allclose(jax.vmap(h)(jax.numpy.arange(3.0)), np.sin([0.0, 1.0, 2.0]))
