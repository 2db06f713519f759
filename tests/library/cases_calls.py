"""Calls that differed from NumPy once: dtypes of loops, casts, keywords, words."""

from __future__ import annotations

VALUES = """
np.logaddexp(np.uint16([1, 2]), np.int8([3, 4]))
np.heaviside(np.uint16([0, 2]), np.int8([3, 4]))
np.float_power(np.complex64([1 + 2j]), np.float32([2]))
np.float_power(np.float32([3]), 2j)
np.ldexp(np.int8([1, 2]), np.int64([2, 3]), dtype=np.float16, casting="safe")
np.less(np.uint8([1, 2]), -3), np.uint8([1, 2]) > -3
np.array([1 + 2j, 3]) < np.array([1 + 3j, 2]), np.array([2j, 1]) >= 1
np.subtract.outer(np.float32([1, 2]), 6)
np.minimum.outer(np.uint32([1, 9]), 3)
np.outer(np.float32([1, 2]), 4), np.dot(-2, np.float16([[3]])), np.inner(2, np.float32([1, 2]))
np.maximum.reduce(np.array([1 + 2j, 3, 3 + 1j])), np.array([2j, 1, 1 + 1j]).min()
np.argmax(np.array([1 + 2j, 3, 3 + 1j])), np.ptp(np.array([1 + 2j, 3, 3 + 1j]))
np.logical_and.reduce([[1, 0], [2, 3]], axis=-1, keepdims=True, initial=2.5)
np.logical_or.accumulate([0.0, 2.5, 0.0])
np.gcd.reduce(np.int32([[-3, 2], [6, 4]])), np.hypot.reduce([-2.0]), np.hypot.reduceat([-2.0], [0])
np.bitwise_and.reduce(np.uint8(5)), np.fmax.reduce(3, keepdims=True)
np.cumsum([-0.0, 1.0]), np.add.accumulate([-0.0, -0.0])
np.sum([1, 0], dtype=bool), np.prod([1, 0], dtype=bool), np.mean([1.5, 2.0], dtype=int)
np.sum(np.int32([1, 2]), out=np.zeros((), float)), np.max([1.5, 2.5], out=np.zeros((), int))
np.var(np.complex64([1, 2j]), dtype=np.complex64), np.nanvar([1.0, np.nan, 2.0], ddof=2)
np.nanmean([1.0, np.nan, 3.0], where=[True, True, False]), np.nanstd([[1, 2], [3, 5]], axis=0)
np.angle([-1, 2], deg=1), np.angle(True), np.sinc(np.int8([0, 1])), np.sinc(x=True)
np.isreal(1.5), np.isreal(2j), np.isreal(np.float64(1)), np.isin(2, [1, 2])
np.linspace(0, 1, 3, retstep=1), np.unwrap([0, 1, 2, -1, 0], period=4)
np.linalg.vecdot(np.arange(3.0), np.arange(9.0).reshape(3, 3), axis=0)
np.vecdot(np.int8([100, 100]), np.int8([2, 2])), np.vecdot([True, False], [True, True])
np.cross([1, 2], [3.0, 4]), np.cross([1, 2], [3, 4, 5]), np.kron(2, 3.0)
np.roll(np.arange(4), (1, 2)), np.delete(np.arange(1), 0), np.vander([1, 2], 0)
np.reshape(np.arange(6), (2, 3), "F"), np.transpose(np.float64(2)), np.squeeze(np.float32(1))
np.cov(np.array([[1 + 2j, 3], [2, 4j]], np.complex64)), np.roots(np.uint8([2, 3, 7]))
np.poly(np.float16([1, 2])), np.quantile(np.float64(2), 0.5, keepdims=True)
np.lcm(np.int8([42, -4]), np.int8([-5, 6])), np.clip(1.5, min=np.float32(0.5))
np.linspace(1, 2.5, num=1, retstep=1), np.cumsum(np.float32([1, 2]), out=np.zeros(2))
np.array(object=[1, 2], ndmin=2), np.real(val=2 + 1j), np.clip([1.5, -2], min=-1)
np.nanpercentile([[1, 2], [3, 4]], 50, axis=[0]), np.median([[1, 2], [3, 4]], axis=[0, 1])
""".strip().splitlines()
"""Expressions whose values, dtypes, shapes and host types are NumPy's."""

STORES = """
np.maximum.at(t, [0, 2], np.array([1.5, 300.0])) | np.arange(3, dtype=np.int8)
np.add.at(t, [0, 0], 300) | np.arange(3, dtype=np.int8)
np.add.at(t, [0, 0], np.array([0.7, 0.7])) | np.arange(3)
np.subtract.at(t, [1, 1], np.uint8([4, 3])) | np.arange(3.0)
np.sin.at(t, [0, 2]) | np.arange(3)
np.add.at(t, [0, 0], True) | np.zeros(2, bool)
np.place(t, [True, False], 1) | np.zeros(2, np.float32)
np.putmask(t, [True, False, True], [1, 2]) | np.zeros(3, np.float32)
""".strip().splitlines()
"""Calls that write into an array."""

ERRORS = """
np.greater([1, 2], 1, dtype=np.int64)
np.isnan(1.5, dtype=float)
np.logical_xor(1, 0, dtype=int)
np.sin(3, dtype=int)
np.gcd(3, 4, casting="bogus")
np.add([1.0], 2, out=np.zeros(1), where=np.array([1]))
np.add([1.5], 2, out=np.zeros(1, int))
np.add([1, 2], [1, 2, 3])
np.add([1, 2], 1, out=np.zeros(()))
np.left_shift([1.5], 1), np.float64([1]) & np.float64([1])
np.array([True]) - np.array([True])
-np.array([True])
np.uint8([1]) + 300
np.ones((3, 3))[[1, 2], [0, 1, 2]]
np.arange(3)[1, 2]
np.sum([1, 2], axis=3)
np.sum([[1, 2]], axis=(0, 0))
np.max([1, 2], axis=[0])
np.add.accumulate(2.0), np.multiply.accumulate(np.float64(1))
np.divmod.reduce([1, 2])
np.minimum.reduce([1.0, 2.0], where=[True, False])
np.clip([1, 2], a_min=1)
np.broadcast_to([1, 2], (3, 3))
np.dot([1, 2], [1, 2, 3])
np.array([1, 2]) @ np.array([1, 2, 3])
np.matmul(2, [1, 2])
np.linalg.inv([1.0, 2.0])
np.linalg.det(np.ones((2, 3)))
np.linalg.multi_dot([np.ones((2, 2, 2)), np.ones((2, 2)), np.ones((2, 2))])
np.std([1.0, 2], ddof=1, correction=1)
np.select([[1, 0]], [[1, 2]])
np.sort([2, 1], kind="stable", stable=True)
np.zeros(2, order="K")
np.reshape([1, 2], (2,), order="K")
np.reshape([1, 2], (2,), bogus=1)
np.ediff1d([1, 2], to_end=0.5)
np.quantile([True, False], 0.3)
np.compress([[True]], [1, 2])
np.where(2.0)
np.argmax([1.0, 2.0], out=np.zeros(()))
np.cov(np.ones((2, 2, 2)))
np.sin(1, 2, 3)
t = np.arange(3); t += 0.5; return t
t = np.arange(3.0); t *= 2j; return t
t = np.arange(3); np.putmask(t, t > 1, np.array([1.5])); return t
t = np.arange(3); np.copyto(t, np.array([1.5])); return t
np.flip([[1]], axis=(0, 0))
np.expand_dims([1], (0, 0))
np.gradient([True, False])
np.pad(np.zeros(0), 1, mode="wrap")
""".strip().splitlines()
"""Expressions that raise what NumPy raises, in its words."""
