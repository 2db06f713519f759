"""Cases of the rest of NumPy: methods of ufuncs, quantiles, histograms, polynomials, pieces."""

from __future__ import annotations

UFUNC_METHODS = """np.subtract.reduce(f4)
np.subtract.reduce(f34)
np.subtract.reduce(f34, axis=1, keepdims=True)
np.divide.reduce(i4+20)
np.logaddexp.reduce(f34, axis=None)
np.logaddexp.reduce(f0)
np.hypot.reduce(f4)
np.hypot.reduce(f1)
np.fmax.reduce(nan5)
np.bitwise_and.reduce(i4)
np.bitwise_xor.reduce(i34, axis=(0,1))
np.bitwise_or.reduce(u4, initial=8)
np.logical_xor.reduce(b34)
np.logical_xor.reduce(i34)
np.maximum.reduce(f34, axis=0, initial=0, where=b34)
np.gcd.reduce(i4)
np.lcm.reduce(i4)
np.subtract.reduce(a4).dtype
np.add.reduce(f34, where=b34, axis=1)
np.multiply.reduce(f34, axis=(0,1))
np.maximum.reduce(f34, axis=None)
np.minimum.accumulate(f34, axis=1)
np.maximum.accumulate(f4)
np.subtract.accumulate(i4)
np.logical_or.accumulate(b4)
np.logaddexp.accumulate(f4)
np.multiply.accumulate(s4)
np.maximum.accumulate(f0)
np.add.reduceat(f6, [0, 2, 1, 5])
np.multiply.reduceat(f34, [0, 2], axis=1)
np.maximum.reduceat(f6, np.array([0,3]))
np.add.reduceat(i4, [0, 2])
o=f4.copy(); np.multiply.at(o,[0,0,1],2.0); return o
o=f4.copy(); np.maximum.at(o,idx3,f3); return o
o=f4.copy(); np.negative.at(o,[0,0,1]); return o
o=f34.copy(); np.multiply.at(o,(idx3,[0,0,1]),f3); return o
o=f34.copy(); np.power.at(o,1,2); return o
o=f34.copy(); np.divide.at(o,(slice(None),[0,0]),2.0); return o
np.gcd.outer(i4,i3)
np.hypot.outer(f4,f3)
o=np.zeros(4); np.hypot.reduce(f34,out=o); return o
o=np.zeros((2,4)); np.modf(f4,out=(o[0],o[1])); return o
o=np.zeros((2,4)); np.divmod(f4,2.0,o[0],o[1]); return o
o=np.zeros(4,int); np.gcd(i4,6,out=o); return o
o=np.zeros(4,int); np.gcd(i4,6,out=o,where=b4); return o
np.gcd(i4,6,dtype=np.int32)
o=np.zeros(4); np.ldexp(f4,2,out=o,where=[True,False,True,True]); return o
np.add(f4,1,dtype=np.float32)
np.add(f4,1,dtype=np.int64,casting='unsafe')
o=np.zeros(4,int); np.add(f4,1,out=o,casting='unsafe'); return o
np.add(f4,f4,casting='no')
np.less(f4,s4,dtype=bool)
np.equal.reduce(b4)
np.maximum.reduce(f34,dtype=np.float32)
np.copysign.reduce(f3)
np.frexp(f4)
o=np.zeros(4); p=np.zeros(4,np.int32); np.frexp(f4,o,p); return o,p
"""

KNOWN = """np.maximum.reduceat(f6, np.array([0,3]))
np.isdtype(f4.dtype,'real floating')
np.base_repr(10, 3)
np.binary_repr(10, width=6)
np.can_cast(f4.dtype, np.float32)
np.common_type(s4, i4)
np.common_type(s4, s4)
np.promote_types(i4.dtype, s4.dtype)
np.min_scalar_type(300)
np.unique(np.array([3, 1, 3]))
np.unique([3, 1, 3], return_counts=True)
np.unique_all(np.array([3,1,3]))
np.unique_counts(np.array([3,1,3])).counts
np.union1d([3,1],np.array([2,1]))
np.intersect1d([3,1],[2,1])
np.setdiff1d([3,1],[2,1])
np.setxor1d([3,1],[2,1])
np.trim_zeros(np.array([0, 1, 0]))
np.argwhere(np.array([[0, 1], [1, 1]]))
np.mask_indices(3,np.triu)
np.mask_indices(3,np.tril,-1)
f33[np.triu_indices_from(f33)]
f33[np.tril_indices_from(f33,-1)]
f33[np.diag_indices_from(f33)]
np.unravel_index(5,(2,3))
np.unravel_index(np.array([5,1]),(2,3))
np.unravel_index(Pi,(2,3))
np.unravel_index(np.abs(i4)%6,(2,3),order='F')
np.unravel_index(np.argmax(f34),f34.shape)
np.ravel_multi_index((1,2),(2,3))
np.ravel_multi_index((np.abs(i4)%2,np.abs(i4)%3),(2,3))
np.ravel_multi_index((i4,i4),(2,3),mode=('wrap','clip'))
np.broadcast(f34,f4).shape
np.broadcast(f34,f4).size
np.iterable(f4)
np.iterable(Pf)
np.real_if_close(f4)
np.iinfo(np.int32).max
np.iinfo(i4.dtype).bits
np.finfo(f4.dtype).tiny
np.finfo(s4.dtype).eps * s4
np.einsum_path('ij,jk->ik', f34, f43)[0]
np.dtype('f8').itemsize
np.isfortran(f34)
"""

POLYNOMIALS_AND_HISTOGRAMS = """np.polyadd([1.,2.],f3)
np.polyadd(Pf,f3)
np.polysub(f3,[1,2])
np.polymul(f3,f4)
np.polymul(i3,[1,2])
np.polydiv(f5,f3)
np.polydiv([1.0,Pf],[2.0,1.0])
np.polydiv(f3,f5)
np.polydiv(f4,[Pf])
np.polyder(f4)
np.polyder(f4,2)
np.polyder(i4,m=3)
np.polyint(f4)
np.polyint(f4,2,k=Pf)
np.polyint(f4,2,k=[1.0,Pf])
np.polyint(i4)
np.poly(f3)
np.poly([1,2])
np.polymul([0.0,1.0],f3)
np.bartlett(7)
np.bartlett(1)
np.blackman(6)
np.hamming(5)*Pf
np.hanning(0)
np.hanning(8)
np.histogram(f5, 3, (-4, 4))
np.histogram(f34)
np.histogram(f5,bins=4)
np.histogram(i34,bins=4)
np.histogram(f5,bins=[-2.0,0.0,1.0,3.0])
np.histogram(f5,bins=np.array([-2.0,0.0,1.0,3.0]),weights=yf5)
np.histogram(f5,4,density=True)
np.histogram(f5,4,(0,Pf),True)
np.histogram(i5,3,weights=i5)
np.histogram(s5,3)
np.histogram(f1,2)
np.histogram(f0,2)
np.histogram(unit5,4)
np.histogram(b5,2)
np.histogram_bin_edges(f5,3)
np.histogram_bin_edges([1.,2.,3.],'auto')
np.histogram2d(f5,yf5,3)
np.histogram2d(f5,yf5,[2,3],[[-3,3],[-2,2]])
np.histogram2d(f5,yf5,bins=(2,[-1.0,0.0,4.0]),weights=f5)
np.histogram2d(f5,yf5,3,density=True)
np.histogramdd(f43,2)
np.histogramdd((f5,yf5),(2,3),density=True)
np.bincount(np.abs(i4),minlength=12)
np.bincount(np.abs(i4),weights=f4,minlength=12)
np.bincount(i4,minlength=12)
np.bincount([0,2,2],weights=f3)
np.bincount(np.array([0,2,2]))
np.polymul([0.0,1.0],[1.0,2.0])
"""

QUANTILES = """np.median(f34)
np.median(f34,axis=(0,1))
np.median(f234,axis=(0,2),keepdims=True)
np.median(f5)
np.median(i4)
np.median(f0)
np.median(s4)
np.median(nan5)
np.median(f34,1)
np.nanmedian(nans34)
np.nanmedian(nans34,axis=0)
np.nanmedian(nans34,axis=1,keepdims=True)
np.nanmedian(i34,axis=1)
np.nanquantile(nans34,0.3)
np.nanquantile(nans34,[0.25,Pf-1],axis=1)
np.nanpercentile(nans34,40,axis=0)
np.nanargmax(nans34)
np.nanargmin(nans34,axis=1)
np.nanargmax(nan5)
np.nanargmax(i34,axis=0)
np.nancumsum(nans34)
np.nancumsum(nans34,axis=1)
np.nancumprod(nans34,axis=0)
np.nancumsum(i4)
np.quantile(f34,[0.1,0.5],axis=(0,1))
np.quantile(f34,0.7,axis=0,keepdims=True)
np.quantile(f34,[[0.1,0.5]],axis=1)
np.quantile(f5,[0,0.2,0.25,0.5,0.7,1],method='lower')
np.quantile(f5,[0,0.2,0.25,0.5,0.7,1],method='higher')
np.quantile(f5,[0,0.2,0.25,0.5,0.7,1],method='nearest')
np.quantile(f6,[0,0.2,0.25,0.5,0.7,1],method='nearest')
np.quantile(f6,[0,0.2,0.25,0.5,0.7,1],method='midpoint')
np.quantile(f6,[0,0.2,0.25,0.5,0.7,1],method='inverted_cdf')
np.quantile(f6,[0,0.2,0.25,0.5,0.7,1],method='averaged_inverted_cdf')
np.quantile(f6,[0,0.2,0.25,0.5,0.7,1],method='closest_observation')
np.quantile(f5,[0,0.1,0.25,0.3,0.5,0.7,1],method='closest_observation')
np.quantile(f6,[0,0.2,0.25,0.5,0.7,1],method='interpolated_inverted_cdf')
np.quantile(f6,[0,0.2,0.25,0.5,0.7,1],method='hazen')
np.quantile(f6,[0,0.2,0.25,0.5,0.7,1],method='weibull')
np.quantile(f6,[0,0.2,0.25,0.5,0.7,1],method='median_unbiased')
np.quantile(f6,[0,0.2,0.25,0.5,0.7,1],method='normal_unbiased')
np.quantile(i5,[0,0.2,0.5],method='lower')
np.quantile(i5,[0,0.2,0.5])
np.quantile(s5,0.3)
np.quantile(s5,[0.3])
np.percentile(f5,30)
np.percentile(f34,[30,40],axis=1,method='hazen')
np.quantile(nan5,0.5)
"""

MAPPING = """np.vectorize(lambda x: x*2 if x>0 else -x)(f4)
np.vectorize(lambda x: x*2 if x>0 else -x)(Pf)
np.vectorize(lambda x, y: math.hypot(x,y))(f34,f4)
np.vectorize(math.sin)(f4)
np.vectorize(lambda x: 1)(f4)
np.vectorize(lambda x: (x, x+1))(f4)
np.vectorize(lambda x: x > 0)(f4)
np.vectorize(lambda x, a=2: x*a)(f4, a=3)
np.vectorize(lambda x, a: x*a, otypes=[np.float32])(f4, Pf)
np.vectorize(lambda x, p: sum(p[i]*x**i for i in range(len(p))), excluded=['p'])(f4, p=[1.0,2.0])
np.vectorize(lambda x, p: sum(p[i]*x**i for i in range(len(p))), excluded={1})(f4, f3)
np.vectorize(np.dot, signature='(n),(n)->()')(f34,f4)
np.vectorize(lambda a: a-a.mean(), signature='(n)->(n)')(f234)
np.vectorize(lambda x:x,otypes='d')(f0)
np.vectorize(lambda x: x//2)(i4)
np.apply_along_axis(lambda r: r.sum(), 0, f34)
np.apply_along_axis(lambda r: r[::-1], 1, f34)
np.apply_along_axis(np.sort, 0, f34)
np.apply_along_axis(np.mean, -1, f234)
np.apply_along_axis(np.outer, 0, f23, [1.0,2.0])
np.apply_along_axis(lambda r, k: r[k], 0, f34, k=1)
np.apply_along_axis(np.sum, 0, f4)
np.apply_along_axis(lambda r: np.diag(r), 1, f23)
np.apply_over_axes(np.sum, f234, [0,2])
np.fromfunction(lambda i,j:i*Pf+j,(2,3))
np.fromfunction(lambda i,j:i==j,(3,3),dtype=int)
"""

PIECES = """np.packbits(b34)
np.packbits(b34,axis=0)
np.packbits(b34,axis=1,bitorder='little')
np.packbits(i4)
np.unpackbits(u4)
np.unpackbits(u34,axis=1,count=5)
np.unpackbits(u4,count=-3,bitorder='little')
np.unpackbits(u3,count=30)
np.bitwise_count(i4)
np.bitwise_count(a4)
np.bitwise_count(u34)
np.bitwise_count(Pi)
np.r_[1,2,Pf]
np.r_[f4,0,f3]
np.r_[f4]
np.r_[0:3,f3,Pi]
np.r_[-1:1:5j,f3]
np.r_['0,2',f3,f3]
np.r_['-1,2,0',f3,f3]
np.r_[s4,Pf]
np.r_[f34,f34]
np.c_[f4,f4]
np.c_[f34,f31]
np.c_[[1,2,3],f3]
np.c_[f34,np.ones(3)]
np.matvec(f34,f4)
np.matvec(f234,f4)
np.vecmat(f3,f34)
np.vecmat(c3,c34)
np.require(f4,np.float32,'C')
np.asfortranarray(f34)
np.asfortranarray(Pf)
np.asarray_chkfinite(f4)
np.fromiter((v*2 for v in [1.0,Pf]),float)
np.fromiter(range(5),dtype=int,count=3)
np.sort_complex(f4)
np.sort_complex(c4)
np.sort_complex(a4)
np.sort_complex(s4)
np.cumulative_sum(f4)
np.cumulative_sum(f34,axis=1,include_initial=True)
np.cumulative_prod(f4,include_initial=True)
np.cumulative_sum(i4,dtype=float)
np.gradient(f5,edge_order=2)
np.gradient(f5,sorted5,edge_order=2)
np.gradient(f34,0.5,edge_order=2,axis=1)
np.interp(f4,[0.0,1.0,2.0],f3,period=3.0)
np.interp(f4,[2.0,1.0,0.5],f3,period=2)
np.correlate(f3,f5)
np.correlate(f3,f5,'same')
np.correlate(f4,f5,'same')
np.correlate(f4,f6,'same')
np.correlate(f3,f6,'full')
np.correlate(f5,f3,'same')
np.correlate(c3,c5,'same')
np.insert(f4,1,Pf)
np.insert(f4,-1,Pf)
np.insert(f4,[1,3],[5.0,Pf])
np.insert(f4,[1,1],[5.0,Pf])
np.insert(f4,2,[1,2,3])
np.insert(f34,1,f4,axis=0)
np.insert(f34,1,7,axis=1)
np.insert(f34,[0,2],f31,axis=1)
np.insert(f34,1,f23[0],axis=1)
np.insert(f34,[1],[[1],[2],[3]],axis=1)
np.insert(f34,slice(0,2),9.0,axis=1)
np.insert(i4,1,2.7)
np.insert(f34,2,5)
np.delete(f4,[0,2])
np.delete(f34,slice(0,2),axis=1)
np.delete(f4,[True,False,True,False])
np.delete(f34,1)
np.delete(f34,-1,1)
np.delete(f4,np.array([1,2]))
"""

BORDERS_AND_WEIGHTS = """np.pad(f34, 1, mode='maximum')
np.pad(f34, ((1,2),(0,3)), mode='mean')
np.pad(i34, 2, mode='mean')
np.pad(f34, 2, mode='median', stat_length=2)
np.pad(f34, 2, mode='minimum', stat_length=((1,2),(3,4)))
np.pad(f5, (2,3), mode='linear_ramp', end_values=(Pf,-1))
np.pad(i34, 2, mode='linear_ramp', end_values=7)
np.pad(f34, 1, mode='linear_ramp')
np.pad(f5, 2, mode='reflect', reflect_type='odd')
np.pad(f34, 2, mode='symmetric', reflect_type='odd')
np.pad(f34, 2, mode='reflect', reflect_type='even')
np.cov(f34, fweights=np.array([1,2,1,3]))
np.cov(f34, aweights=np.abs(f4))
np.cov(f34, aweights=np.abs(f4), fweights=[1,2,1,3], ddof=1)
np.cov(f34, aweights=np.abs(f4), bias=True)
np.cov(f34, dtype=np.float32).dtype
np.corrcoef(f34, dtype=np.float64)
np.nanmax(nans34, initial=2.0, axis=0)
np.nanmin(nans34, axis=1, where=nans34 > 0, initial=9.0)
np.nanmax(nans34, axis=1, keepdims=True)
f34.compress([True,False,True],axis=0)
(i4%3).choose([f4,yf4,f4*2])
f4.device
o=np.zeros(3); np.matvec(f34,f4,out=o); return o
np.vecdot(f34,f4,dtype=np.float32)
o = f4.copy(); o.partition(2); return o[2]
f4.argpartition(1)[1]
"""

FITS = """np.i0(f4)
np.kaiser(6, Pf)
np.kaiser(1, 2.0)
np.polyfit(f5, yf5, 2)
np.polyfit(f5, np.stack([yf5, f5], axis=1), 1)
np.polyfit(f5, yf5, 1, w=np.abs(f5))
np.polyfit([0.0, 1, 2], [1.0, 3, Pf], 1)
np.sort_complex(np.roots(f4))
np.roots([1.0, -3.0, 2.0])
np.roots([0.0, 1.0, -2.0, 0.0])
np.poly(np.array([[2.0, 1.0], [1.0, Pf]]))
np.poly(f33)
np.rint(c4)
np.tri(-2)
np.exp(c4)
np.log1p(c4)
np.arctan(c4)
np.sinc(c4)
np.sign(c4)
"""

CASES = [
    *FITS.strip().splitlines(),
    *BORDERS_AND_WEIGHTS.strip().splitlines(),
    *UFUNC_METHODS.strip().splitlines(),
    *KNOWN.strip().splitlines(),
    *POLYNOMIALS_AND_HISTOGRAMS.strip().splitlines(),
    *QUANTILES.strip().splitlines(),
    *MAPPING.strip().splitlines(),
    *PIECES.strip().splitlines(),
]

ERRORS: dict[str, type[Exception] | tuple[type[Exception], ...]] = {
    "np.add(f4,1,dtype=np.int64)": TypeError,
    "np.add(i4,1.5,dtype=np.int64)": TypeError,
    "np.add(f4,s4,casting='no')": TypeError,
    "np.add(f4,f4,casting='bad')": ValueError,
    "np.less.reduce(f4)": TypeError,
    "np.subtract.reduce(f34,axis=(0,1))": ValueError,
    "np.subtract.reduce(f0)": ValueError,
    "np.fmin.reduce(f0)": ValueError,
    "np.ravel_multi_index((i4,i4),(2,3))": ValueError,
    "np.unravel_index(17,(2,3))": ValueError,
    "np.histogram(nan5,3)": ValueError,
    "np.bincount(f4,minlength=3)": TypeError,
    "np.nanargmin(np.array([Pf*np.nan]))": ValueError,
    "np.quantile(f5,1.5)": ValueError,
    "np.quantile(f5,0.5,method='x')": ValueError,
    "np.vectorize(lambda x:x)(f0)": ValueError,
    "np.asarray_chkfinite(nan5)": ValueError,
    "np.cumulative_sum(f34)": ValueError,
    "np.gradient(f1)": ValueError,
    "np.insert(f4,9,1)": IndexError,
    "np.delete(f4,7)": IndexError,
    "np.pad(f4, 1, mode='nonsense')": ValueError,
    "np.pad(f4, 1, mode='edge', constant_values=1)": ValueError,
    "np.diff(f34, axis=2)": ValueError,
    "np.gradient(f34, axis=4)": ValueError,
    "np.quantile(f34, 0.5, axis=4)": ValueError,
    "np.maximum.accumulate(f34, axis=4)": ValueError,
    "np.apply_along_axis(np.sum, 4, f34)": ValueError,
    "np.insert(f34, 0, 1, axis=4)": ValueError,
    "np.arange(0, 1, 0)": ZeroDivisionError,
    "np.vander(f34)": ValueError,
    "np.hypot(c4, 1)": TypeError,
    "np.copysign(c4, 1)": TypeError,
    "np.signbit(c4)": TypeError,
    "np.degrees(c4)": TypeError,
    "np.isposinf(c4)": TypeError,
    "np.nextafter(c4, 1)": TypeError,
    "np.fabs(c4)": TypeError,
    "np.logaddexp(c4, 1)": TypeError,
    "np.gcd(f4, 2)": TypeError,
    "np.bitwise_count(f4)": TypeError,
    "np.sin(f4, foo=1)": TypeError,
    "np.sin(f4, f4, f4)": TypeError,
    "np.median(f4, foo=1)": TypeError,
    "np.histogram(f4, bins=0)": ValueError,
    "np.average(f4, weights=f3)": (TypeError, ValueError),
    "np.choose([0, 5], [f4, f4])": ValueError,
    "np.packbits(f4)": TypeError,
    "np.pad(f4, -1)": ValueError,
}
