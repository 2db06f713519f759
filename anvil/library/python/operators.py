"""The module `operator`, in plain Python."""

from __future__ import annotations

import itertools
import operator
from typing import Any


def _add(a: Any, b: Any) -> Any:
    return a + b


def _sub(a: Any, b: Any) -> Any:
    return a - b


def _mul(a: Any, b: Any) -> Any:
    return a * b


def _truediv(a: Any, b: Any) -> Any:
    return a / b


def _floordiv(a: Any, b: Any) -> Any:
    return a // b


def _mod(a: Any, b: Any) -> Any:
    return a % b


def _pow(a: Any, b: Any) -> Any:
    return a**b


def _matmul(a: Any, b: Any) -> Any:
    return a @ b


def _and(a: Any, b: Any) -> Any:
    return a & b


def _or(a: Any, b: Any) -> Any:
    return a | b


def _xor(a: Any, b: Any) -> Any:
    return a ^ b


def _lshift(a: Any, b: Any) -> Any:
    return a << b


def _rshift(a: Any, b: Any) -> Any:
    return a >> b


def _lt(a: Any, b: Any) -> Any:
    return a < b


def _le(a: Any, b: Any) -> Any:
    return a <= b


def _gt(a: Any, b: Any) -> Any:
    return a > b


def _ge(a: Any, b: Any) -> Any:
    return a >= b


def _eq(a: Any, b: Any) -> Any:
    return a == b


def _ne(a: Any, b: Any) -> Any:
    return a != b


def _is(a: Any, b: Any) -> Any:
    return a is b


def _is_not(a: Any, b: Any) -> Any:
    return a is not b


def _neg(a: Any) -> Any:
    return -a


def _pos(a: Any) -> Any:
    return +a


def _invert(a: Any) -> Any:
    return ~a


def _abs(a: Any) -> Any:
    return abs(a)


def _not(a: Any) -> Any:
    return not a


def _truth(a: Any) -> Any:
    return bool(a)


def _index(a: Any) -> Any:
    return int(a)


def _getitem(a: Any, b: Any) -> Any:
    return a[b]


def _setitem(a: Any, b: Any, c: Any) -> None:
    a[b] = c


def _contains(a: Any, b: Any) -> Any:
    return b in a


def _iadd(a: Any, b: Any) -> Any:
    a += b
    return a


def _isub(a: Any, b: Any) -> Any:
    a -= b
    return a


def _imul(a: Any, b: Any) -> Any:
    a *= b
    return a


def _itruediv(a: Any, b: Any) -> Any:
    a /= b
    return a


def _itemgetter(*items: Any) -> Any:
    def get(obj: Any) -> Any:
        return obj[items[0]] if len(items) == 1 else tuple(obj[i] for i in items)

    return get


def _attrgetter(*names: Any) -> Any:
    def one(obj: Any, path: Any) -> Any:
        for name in path.split("."):
            obj = getattr(obj, name)
        return obj

    def get(obj: Any) -> Any:
        return one(obj, names[0]) if len(names) == 1 else tuple(one(obj, n) for n in names)

    return get


def _methodcaller(name: Any, *args: Any, **kwargs: Any) -> Any:
    def call(obj: Any) -> Any:
        return getattr(obj, name)(*args, **kwargs)

    return call


def _groupby(iterable: Any, key: Any = None) -> Any:
    groups: Any = []
    for item in iterable:
        name = item if key is None else key(item)
        if groups and groups[-1][0] == name:
            groups[-1][1].append(item)
        else:
            groups.append((name, [item]))
    return iter([(name, iter(items)) for name, items in groups])


FUNCTIONS: dict[Any, Any] = {
    itertools.groupby: _groupby,
    operator.add: _add,
    operator.concat: _add,
    operator.sub: _sub,
    operator.mul: _mul,
    operator.truediv: _truediv,
    operator.floordiv: _floordiv,
    operator.mod: _mod,
    operator.pow: _pow,
    operator.matmul: _matmul,
    operator.and_: _and,
    operator.or_: _or,
    operator.xor: _xor,
    operator.lshift: _lshift,
    operator.rshift: _rshift,
    operator.lt: _lt,
    operator.le: _le,
    operator.gt: _gt,
    operator.ge: _ge,
    operator.eq: _eq,
    operator.ne: _ne,
    operator.is_: _is,
    operator.is_not: _is_not,
    operator.neg: _neg,
    operator.pos: _pos,
    operator.invert: _invert,
    operator.abs: _abs,
    operator.not_: _not,
    operator.truth: _truth,
    operator.index: _index,
    operator.getitem: _getitem,
    operator.setitem: _setitem,
    operator.contains: _contains,
    operator.iadd: _iadd,
    operator.isub: _isub,
    operator.imul: _imul,
    operator.itruediv: _itruediv,
    operator.itemgetter: _itemgetter,
    operator.attrgetter: _attrgetter,
    operator.methodcaller: _methodcaller,
}
