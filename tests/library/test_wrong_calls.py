"""Calls and operators that Python or NumPy refuses: anvil raises an exception of the same class.

Refused as not compiled may be what is (a call that anvil does not know); a value never comes out.
"""

from __future__ import annotations

import numpy as np
import pytest

from anvil.errors import AnvilError, UnsupportedError
from tests.fuzz.kinds.wrong import python_class
from tests.fuzz.oracle import CODES, compiled, forget, function_of, judged, outcome, quiet

A = np.arange(12.0).reshape(3, 4)
EXPRESSIONS = """
np.max(a,axis=0,keepdims=None)
np.sum(a,axis=0,keepdims=2.5)
np.mean(a,axis=0,keepdims=[])
np.var(a,axis=0,keepdims="x")
np.median(a,axis=0,keepdims=None)
np.argmax(a,axis=0,keepdims=2)
np.linalg.norm(a,axis=0,keepdims=None)
a.sum(axis=0,keepdims=None)
a.copy(2.5)
a.copy("x")
a.copy("f")
a.ravel(2.5)
a.ravel(None)
a.reshape(4,3,order=2.5)
a.reshape(4,3,order=None)
a.flatten(2)
np.zeros(3,order=2.5)
np.zeros(3,order="x")
np.zeros(3,float,"K")
np.copy(a,2.5)
a.astype(int,2.5)
np.array(a,order=2.5)
np.zeros_like(a,order=2.5)
np.zeros_like(a,float,"q")
np.ones(3,order=2.5)
np.full(3,1.,order=2.5)
np.full(3,1.,None,"x")
np.array(a,ndmin=1.5)
np.eye(3,k=1.5)
np.tril(a,1.5)
np.triu(a,-1.5)
np.diag(a,1.5)
np.diag(a[0],1.5)
np.trace(a,1.5)
np.round(a,1.5)
np.linspace(0,1,2.5)
np.pad(a,2.5)
np.pad(a,[[1.5,2]])
int(2.5,[1.])
int(2,10)
int(2.5,None)
int("7",2.5)
int("17",8)
int("17",base=8)
np.ravel(a,2)
np.tile(a,1.5)
np.expand_dims(a,1.5)
np.sum(a,1.5)
np.swapaxes(a,0,1.5)
a.reshape(2.5,4)
np.arange((1,2))
np.arange([1.])
np.arange("a")
np.arange(None)
np.ones(2.5)
np.full(2.5,1)
np.diff(a,1.5)
np.flip(a,0.5)
np.rot90(a,1.5)
np.cumsum(a,0.5)
np.sort(a,0.5)
np.concatenate([a,a],0.5)
np.stack([a,a],0.5)
np.squeeze(a,0.5)
np.moveaxis(a,0.5,1)
np.linalg.matrix_power(a[:,:3],1.5)
np.histogram(a,2.5)[0]
np.bincount([1,2],None,2.5)
np.vander(a[0],2.5)
np.partition(a,1.5)
range(2.5)
sum([1.],"a")
round(1.5,2.5)
max(1.5,None)
len(3)
abs(None)
zip(3)
enumerate([1],2.5)
list(range(3))[1.5]
divmod(1,None)
pow(2,None)
float([1])
sorted([1,None])
math.sqrt([1])
isinstance(1,2)
math.factorial(2.5)
math.comb(5,2.5)
math.gcd(2.5,1)
np.roll(a,1.5)
np.repeat(a,1.5)
np.split(a,1.5)
np.array_split(a,2.5)
np.take(a,1.5)
a[1.5]
a["x"]
a[None,1.5]
a.foo
a.sum(3)
a.T(1)
np.foo(a)
np.where(a)
np.where(a,1)
np.dot(a,a)
a@a
a+"x"
a+None
a+[1,2]
-"x"
+None
~1.5
~a
a and 1
not a
1 if a else 2
a in 3
3 in 3
1.5 in a
None<1
a<None
"x"<1
[1]+1
[1]+(1,)
(1,)+[1]
[1]*1.5
{}["a"]
{}[[1]]
{[1]:2}
[1,2][5]
(1,2)[5]
"ab"[5]
[1].foo
(1).foo
None.foo
None[0]
None()
3()
a()
"x"()
f()
f(1,2,3,4)
f(q=1)
f(1,a=1)
np.sum()
np.sum(a,0,0,0,0,0,0,0,0)
np.sum(a,foo=1)
np.zeros()
np.zeros("x")
np.zeros(-1)
np.zeros((2,-1))
np.zeros(3,"foo")
np.zeros(3,int,1,2,3)
np.reshape(a,(5,5))
np.reshape(a,(-1,-1))
np.reshape(a,(-1,5))
np.transpose(a,(0,0))
np.transpose(a,(0,1,2))
np.transpose(a,(0,))
np.concatenate([a,a[0]])
np.concatenate([])
np.concatenate(3)
np.stack([])
np.stack([a,a[0]])
np.vstack([a,a[:,:2]])
np.linalg.inv(a)
np.linalg.solve(a,a)
np.linalg.det(a)
np.linalg.cholesky(a)
np.linalg.inv(a[0])
np.cross(a,a)
np.einsum("ij,jk",a,a)
np.einsum("ij",a,a)
np.einsum("ijk",a)
np.einsum(a)
np.max([])
np.max(a[:0])
np.argmax([])
np.min(a[:0],axis=0)
np.mean("x")
np.sin("x")
np.sin(None)
np.sin()
np.sin(a,a,a)
np.sin([a,1])
np.add(a)
np.add(a,1,2)
np.add(a,a[:2])
a+a[:2]
a*a[:,:3]
np.clip(a)
np.clip(a,"x",1)
math.sin("x")
math.sin(a)
math.sin()
math.sqrt(-1)
math.log(0)
math.pow("x",1)
float("x")
float(a)
float("1.5")
int(a)
int("x")
int(None)
int([])
bool(a)
str(1,2,3)
len(None)
len(1.5)
len(a[0,0])
sum(3)
sum([a,"x"])
sum(["a"])
min()
min([])
min(3)
max([],key=3)
sorted(3)
sorted([1,"a"])
reversed(3)
list(3)
tuple(3)
dict(3)
dict([1])
set(3)
iter(3)
next(3)
next([1])
map(3)
list(map(3,[1]))
list(map(f))
list(filter(3,[1]))
list(zip([1],3))
any(3)
all(3)
abs("x")
round("x")
round(a,1,2)
divmod(1)
divmod("x",1)
pow(2)
pow(2,3,0)
pow(2.5,3,2)
range()
range("x")
range(1,2,0)
enumerate()
slice()
a[::0]
a[0,0,0]
a[5]
a[0,9]
a[[9]]
a[[0,1],[0,1,2]]
a[[1.5]]
a[np.array([True])]
a[[True,False]]
a[a>1,0]
[1,2]["x"]
[1,2][1.5]
[1,2][None]
[1,2][0,1]
(1,2)["x"]
"ab"[1.5]
{1:2}[3]
{1:2}.foo
{1:2}.get()
{1:2}.pop(5)
[].pop()
[1].pop(5)
[1].remove(2)
[1].index(3)
[1].append()
[1].append(1,2)
[1].insert(1)
[1].sort(3)
[1,"a"].sort()
[1].extend(3)
"x".join([1])
"x".foo()
"a{}".format()
"%d"%"x"
"%d %d"%1
f"{a:d}"
f"{1.5:d}"
(lambda x: x)()
(lambda: 1)(2)
[x for x in 3]
[x for x, y in [1]]
[x for x, y in [(1,2,3)]]
{x for x in 3}
[*3]
f(*3)
f(**3)
{**3}
math.foo
math.sin(1,2)
math.hypot("x")
math.atan2(1)
math.floor("x")
math.floor(a)
math.isnan("x")
math.fsum(3)
math.prod(3)
math.dist([1],[1,2])
np.interp(1,2)
np.interp(1,[1,2],[1])
np.polyfit([1],[1,2],1)
np.polyval("x",1)
np.outer(a)
np.inner(a,a[0,:2])
np.tensordot(a,a,3)
np.tensordot(a,a,1)
np.kron(a)
np.searchsorted(a,1)
np.diff(a,-1)
np.gradient(a[0],axis=3)
np.insert(a,9,1)
np.delete(a,9)
np.take(a,99)
np.put(a,99,1)
np.choose(5,[1,2])
np.select([1],[1,2])
np.piecewise(a,[a>1],[1,2,3])
np.unravel_index(99,(3,4))
np.ravel_multi_index((5,5),(3,4))
np.meshgrid(3,foo=1)
np.broadcast_to(a,(2,2))
np.broadcast_arrays(a,a[:2])
np.repeat(a,[1,2])
np.pad(a,1,mode="foo")
np.pad(a,[1,2,3])
np.histogram(a,"foo")
np.histogram(a,-1)
np.quantile(a,2)
np.percentile(a,-5)
np.average(a,weights=[1])
np.cov("x")
np.corrcoef()
np.convolve(a,a)
np.convolve([],[1])
np.fft.fft(a,-1)
np.fft.fft(3)
np.fft.fft(a,axis=5)
np.trapezoid(a,axis=5)
np.linspace(0,1,-1)
np.geomspace(0,1)
np.arange(1,2,0)
np.arange()
np.eye()
np.eye(-1)
np.eye("x")
np.identity(1.5)
np.full(3)
np.full((2,),[1,2,3])
np.array()
np.array([[1],[1,2]])
np.array([1,"x"])
np.array(None)+1
np.asarray(a,foo=1)
a.astype("foo")
a.astype()
a.view("foo")
a.reshape()
a.reshape("x")
a.transpose(5)
a.swapaxes(0,5)
a.squeeze(0)
a.squeeze(9)
a.item(99)
a.item("x")
a.fill()
a.sort(9)
a.dot()
a.dot(a)
a.clip()
a.round("x")
a.cumsum(7)
a.tolist(1)
a.T.foo
a.shape.foo
a.shape[5]
a.dtype.foo
a.real(1)
a.size()
a.ndim[0]
np.pi()
np.pi.foo
np.inf[0]
np.float64(a,1,2,3)
np.int64(None)
np.float32([1,2]).foo
np.bool_(1,2,3)
complex(1,"x")
complex(a)
isinstance(1)
isinstance(1,"x")
issubclass(1,int)
type(1,2)
getattr(a,"foo")
getattr(a)
hasattr(a)
callable()
print(1,foo=2)
repr()
chr("x")
ord("ab")
hash([1])
"""
HEAD = "import math\nimport numpy as np\ndef f(a, b=2, c=3): return a\n"


def check(expression: str) -> str:
    """What is wrong with what becomes of an expression; empty if nothing is."""
    function = function_of(f"{HEAD}def program(a):\n    return {expression}\n")
    with quiet():
        want, ran = outcome(function, (A,)), compiled(function, (A,))
        got = ran if isinstance(ran, Exception) else outcome(ran, (A,))
    forget(function)
    if not isinstance(want, Exception):
        verdict = judged(want, got)
        return f"{verdict}" if verdict.failed else ""
    told = f"{expression}: {got!r:.80} for {want!r:.80}"
    if not isinstance(got, Exception):
        return told
    if isinstance(got, AnvilError) and got.code in CODES:
        return told
    return "" if isinstance(got, python_class(want) | UnsupportedError) else told


@pytest.mark.parametrize("part", range(4))
def test_the_same_class_of_exception(part: int) -> None:
    found = [check(e) for e in EXPRESSIONS.strip().splitlines()[part::4]]
    assert not [f for f in found if f]
