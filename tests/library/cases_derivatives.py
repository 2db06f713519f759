"""Expressions at points where they are smooth, at least one for each differentiable function."""

from __future__ import annotations

ELEMENTWISE = """np.exp(f34)
np.exp2(f4)
np.expm1(f4)
np.log(np.abs(f4))
np.log1p(np.abs(f4))
np.log2(f4 * f4)
np.log10(f4 * f4)
np.sqrt(f4 * f4)
np.cbrt(f4)
np.sin(f_)
np.cos(f34)
np.tan(f4 / 9)
np.sinh(f4)
np.cosh(f4)
np.tanh(f4)
np.arcsin(f4 / 9)
np.arccos(f4 / 9)
np.arctan(f4)
np.arcsinh(f4)
np.arccosh(2 + f4 * f4)
np.arctanh(f4 / 9)
np.arctan2(f34, f4)
np.hypot(f4, f34)
np.logaddexp(f4, Pf)
np.logaddexp2(f4, yf4)
np.heaviside(f4, yf4)
np.copysign(f4, yf4)
np.radians(f4)
np.deg2rad(f4)
np.degrees(f4)
np.rad2deg(f4)
np.fabs(f4)
np.sinc(f4)
np.floor(f4) * f4
np.ceil(f4) * f4
np.trunc(f4) * f4
np.fix(f4) * f4
np.rint(f4) * f4
np.round(f4) * f4
np.around(f4, 1) * f4
np.negative(f4)
np.positive(f4)
np.absolute(f4)
np.sign(f4) * f4
np.square(f4)
np.reciprocal(f4)
np.conjugate(f4) * f4
np.add(f34, f4)
np.subtract(f34, f31)
np.multiply(f34, F)
np.divide(f34, f4)
np.floor_divide(f4, yf4) * f4
np.remainder(f4, yf4)
np.fmod(f4, yf4)
np.power(np.abs(f4), yf4)
np.float_power(f4, 3)
np.maximum(f4, yf4)
np.minimum(f34, f4)
np.fmax(f4, yf4)
np.fmin(f4, yf4)
np.ldexp(f4, 2)
np.frexp(f4)[0]
np.modf(f4)[0]
np.divmod(f4, yf4)[1]
np.nextafter(f4, 9.0)
np.real(f4 * (1 + 2j))
np.imag(f4 * (1 + 2j))
np.angle(f4 + 1j)
np.nan_to_num(f4) * f4
np.real_if_close(f4) * f4
np.clip(f4, -1, 1) * f4
np.add(f4, f3[0], where=b4, out=f4.copy())
np.exp(f4, out=np.zeros(4), where=b4)
"""

METHODS = """np.add.reduce(f34)
np.subtract.reduce(f34, axis=1)
np.multiply.reduce(f34, where=b34)
np.divide.reduce(f34)
np.logaddexp.reduce(f34, axis=None)
np.hypot.reduce(f34)
np.maximum.accumulate(f34)
np.multiply.accumulate(f4)
np.logaddexp.accumulate(f4)
np.subtract.outer(f4, f3)
np.arctan2.outer(f4, f3)
np.multiply.reduceat(f6, [0, 2, 1, 5])
o = f4.copy(); np.multiply.at(o, [0, 0, 1], f3); return o * f4
o = f4.copy(); np.add.at(o, idx3, f3); return o * o
"""

REDUCTIONS = """np.sum(f34, axis=0)
np.prod(f34, axis=1)
np.prod(np.array([F, 0.0, Pf]))
np.max(f34, axis=0)
np.min(f34)
np.amax(f34, axis=1)
np.amin(f34)
np.ptp(f34, axis=0)
np.mean(f34, axis=(0, 1), keepdims=True)
np.var(f34, axis=1, ddof=1)
np.std(f34, axis=0)
np.average(f34, axis=1, weights=np.abs(f4))
np.nansum(f34)
np.nanprod(f34, axis=0)
np.nanmean(f34, axis=1)
np.nanvar(f34)
np.nanstd(f34, axis=1)
np.nanmax(f34, axis=0)
np.nanmin(f34)
np.median(f34, axis=0)
np.quantile(f5, [0.1, 0.4])
np.percentile(f34, 30, axis=1)
np.nanmedian(np.where(b34, f34, np.nan), axis=0)
np.nanquantile(f34, 0.3, axis=0)
np.nanpercentile(f34, 60)
np.cov(f34)
np.cov(f34, aweights=np.abs(f4))
np.corrcoef(f34) * f33
np.cumsum(f34, axis=1)
np.cumprod(f34, axis=0)
np.nancumsum(f4)
np.nancumprod(f4)
np.cumulative_sum(f4, include_initial=True)
np.cumulative_prod(f4)
np.diff(f34, axis=0)
np.ediff1d(f4)
np.gradient(f5, sorted5, edge_order=2)
np.trapezoid(f34, f4)
np.unwrap(f5)
np.interp(f3, sorted5, f5)
np.interp(f3, sorted5, f5, period=7.0)
np.convolve(f4, f3)
np.correlate(f4, f3, 'full')
np.trace(f34)
np.sum(f03)
np.cumsum(f0)
np.mean(f1)
"""

ARRAYS = """np.full(3, Pf)
np.full_like(f4, Pf) * f4
np.array([f4, f4 * f4])
np.asarray(f4) * f4
np.asanyarray(f4) * f4
np.ascontiguousarray(f34.T)
np.asfortranarray(f34)
np.asarray_chkfinite(f4)
np.require(f4) * f4
np.copy(f4)
np.astype(f4, np.float64)
np.fromiter((v * v for v in f4), float)
np.fromfunction(lambda i, j: i * Pf + j * Pg, (2, 3))
np.linspace(Pf, F, 5)
np.logspace(Pf, F, 4)
np.geomspace(Pf, 10, 3)
np.diag(f3)
np.diag(f34)
np.diagflat(f23)
np.diagonal(f34)
np.vander(f3, 4)
np.meshgrid(f3, f4)
np.tril(f34)
np.triu(f34)
np.reshape(f34, 12)
np.ravel(f34)
np.transpose(f34)
np.matrix_transpose(f34)
np.swapaxes(f234, 0, 1)
np.moveaxis(f234, 0, 1)
np.rollaxis(f234, 2)
np.expand_dims(f4, 0)
np.squeeze(f134)
np.broadcast_to(f4, (3, 4))
np.broadcast_arrays(f31, f4)
np.atleast_1d(f_)
np.atleast_2d(f4)
np.atleast_3d(f4)
np.concatenate([f4, f3])
np.stack([f4, yf4])
np.vstack([f4, f34])
np.hstack([f4, f3])
np.dstack([f4, yf4])
np.column_stack([f3, f34])
np.block([[f33, f31]])
np.append(f4, Pf)
np.insert(f4, [1, 3], f3[:2])
np.delete(f4, 1)
np.resize(f4, 6)
np.split(f4, 2)
np.array_split(f5, 3)
np.vsplit(f44, 2)
np.hsplit(f44, 2)
np.dsplit(f234, 2)
np.unstack(f34)
np.flip(f34)
np.fliplr(f34)
np.flipud(f34)
np.rot90(f34)
np.roll(f34, 1)
np.repeat(f4, 2)
np.tile(f4, 2)
np.pad(f34, 1, constant_values=Pf)
np.pad(f34, 2, mode='linear_ramp', end_values=Pf)
np.pad(f34, 2, mode='mean')
np.pad(f5, 2, mode='reflect', reflect_type='odd')
np.r_[f4, 0, f3]
np.c_[f4, f4]
np.ix_(f3, f4)
np.where(b34, f34, f4)
np.select([f4 > 1, f4 > 0], [f4, f4 * f4], Pf)
np.choose(exp4 % 2, [f4, yf4])
np.piecewise(f4, [f4 < 0], [lambda t: -t, lambda t: t * t])
np.compress([True, False, True, True], f4)
np.take(f34, idx3, axis=0)
np.take_along_axis(f34, exp4[None, :] % 3, axis=0)
np.sort(f34, axis=0)
np.sort_complex(f4).real
np.partition(f4, 2)
np.sum(np.unique(np.array([3.0, 1.0])) * Pf)
o = f4.copy(); np.place(o, b4, f3); return o * f4
o = f4.copy(); np.putmask(o, b4, f3); return o * f4
o = f34.copy(); np.put_along_axis(o, exp4[None, :] % 3, Pf, 0); return o * o
o = f4.copy(); np.copyto(o, Pf, where=b4); return o * o
o = f4.copy(); np.put(o, [0, 2], f3[:2]); return o * o
o = f33.copy(); np.fill_diagonal(o, f3); return o * o
np.vectorize(lambda x, y: math.hypot(x, y))(f34, f4)
np.vectorize(np.dot, signature='(n),(n)->()')(f34, f4)
np.apply_along_axis(lambda r: r * r.sum(), 0, f34)
np.apply_over_axes(np.sum, f234 * f234, [0, 2])
np.histogram(f5, 3, (-4, 4), weights=yf5)[0]
np.histogram(f5, 3)[1]
np.histogram2d(f5, yf5, 2, weights=f5)[0]
np.histogramdd(f43, 2)[1]
np.bincount(izero3, weights=f3, minlength=4)
"""

PRODUCTS = """np.dot(f34, f43)
np.matmul(f234, f243)
np.inner(f34, f4)
np.outer(f3, f4)
np.vdot(f34, f34)
np.vecdot(f34, f4)
np.matvec(f34, f4)
np.vecmat(f3, f34)
np.tensordot(f234, f34)
np.einsum('ij,jk,ki', f34, f43, f33)
np.kron(f3, f4)
np.cross(f3, f33)
np.polyval(f3, f4)
np.polyadd(f3, f4)
np.polysub(f3, f4)
np.polymul(f3, f4)
np.polydiv(f5, f3)
np.polyder(f5, 2)
np.polyint(f4, 2, k=Pf)
np.poly(f3)
"""

CASES = [
    line
    for block in (ELEMENTWISE, METHODS, REDUCTIONS, ARRAYS, PRODUCTS)
    for line in block.strip().splitlines()
]
