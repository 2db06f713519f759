"""Calls: what each kind of callable does."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from anvil.ir.opkind import RuleError
from anvil.ir.records import Atom
from anvil.parser.arrays import float_errors
from anvil.parser.arrays.comparisons import negated
from anvil.parser.arrays.ragged import Ragged, is_ragged, refuse_ragged
from anvil.parser.calls.arguments import bind, meant_keyword, without_context
from anvil.parser.calls.base_methods import call_base, is_number_method
from anvil.parser.calls.builtin_functions import TABLE
from anvil.parser.calls.caching import call_cached
from anvil.parser.calls.hidden_state import refuse_state
from anvil.parser.calls.protocols import (
    INDEXED,
    PROTOCOL,
    as_numeric,
    dispatched,
    iterables,
    of_instances,
    protocol,
    stops,
    streams,
)
from anvil.parser.calls.sampling import refuse_types
from anvil.parser.calls.specialise import call_specialised
from anvil.parser.containers import computed_ranges, methods, open_lists, sets
from anvil.parser.containers.collection_values import SetV
from anvil.parser.containers.table_boxes import size_of, viewed
from anvil.parser.control import exceptions, managers
from anvil.parser.control.choices import each, is_split, spread
from anvil.parser.control.generators import (
    advance,
    close,
    make_generator,
    next_of,
    stop,
)
from anvil.parser.control.iteration import opened_object
from anvil.parser.control.streams import TABLE as STREAMS
from anvil.parser.library_table import Intrinsic
from anvil.parser.objects import attributes as objects
from anvil.parser.objects import instances
from anvil.parser.objects.overloading import class_of, defines
from anvil.parser.reports import telling, texts
from anvil.parser.source.function_source import get_source
from anvil.parser.source.functions import FunctionInfo, code_info
from anvil.parser.state.guards import Origin
from anvil.parser.state.heap import GeneratorV
from anvil.parser.state.lift import adopt, lifted
from anvil.parser.state.number_choices import integral
from anvil.parser.state.values import (
    Abstract,
    Bound,
    CellRef,
    Choice,
    Closure,
    Known,
    Lazy,
    ObjectV,
    RangeV,
)
from anvil.parser.transforms import ruled
from anvil.parser.transforms.apply import apply_transform, make_transform, opened_value

if TYPE_CHECKING:
    from anvil.parser.interp import Interp

Kwargs = dict[str, Abstract]


def call(it: Interp, fn: Abstract, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    """`fn(*args, **kwargs)`."""
    if isinstance(fn, Choice):
        return each(it, fn, lambda f: call(it, f, args, kwargs))
    if isinstance(fn, Known):
        return _call_known(it, fn, args, kwargs)
    if isinstance(fn, Closure):
        return _enter(it, fn.info, bind_closure(it, fn, args, kwargs), closure_cells(fn))
    if isinstance(fn, Bound):
        return _call_bound(it, fn, args, kwargs)
    if defines(fn, "__call__"):
        return method(it, fn, "__call__", args, kwargs)
    it.error("not-callable", f"{fn.describe()} is not callable")


def _enter(it: Interp, info: FunctionInfo, bound: Kwargs, cells: dict[str, CellRef]) -> Abstract:
    """Calls a function written in Python: a generator is only made."""
    if info.code.has_yield:
        return make_generator(it, info, bound, cells)
    return call_specialised(it, info, bound, cells)


def bind_closure(it: Interp, fn: Closure, args: Sequence[Abstract], kwargs: Kwargs) -> Kwargs:
    """The value of each parameter of a function made while compiling."""
    names = fn.info.code.params.keyword
    kw_defaults = dict(zip(names, fn.kw_defaults, strict=True))
    return bind(it, fn.info, args, kwargs, fn.defaults, kw_defaults)


def closure_cells(fn: Closure) -> dict[str, CellRef]:
    """The captured variables of a function made while compiling."""
    return {n: CellRef(box) for n, box in zip(fn.info.free, fn.cells, strict=True)}


def is_plain(it: Interp, obj: Any) -> bool:
    """Whether a host function is compiled as it stands, not a library function or a transform."""
    session = it.session
    tables = (session.library.functions, session.transforms.markers, TABLE)
    return not any(_look_up(table, obj) is not None for table in tables)


def _call_bound(it: Interp, fn: Bound, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    if fn.kind == "method":
        return call(it, fn.fn, [*fn.args, *args], kwargs)
    if fn.kind == "wrapper":
        return call(it, fn.fn, args, kwargs)
    if fn.kind == "cached":
        return call_cached(it, fn.fn, args, kwargs)
    if fn.args and isinstance(fn.args[0], Choice):
        one, rest = fn.args[0], fn.args[1:]
        again = Bound(fn.kind, fn.fn, (), fn.static)
        return each(it, one, lambda o: call(it, again.close((fn.fn, o, *rest)), args, kwargs))
    if fn.kind == "partial":
        names: Any = fn.static
        n = len(fn.args) - len(names)
        given = dict(zip(names, fn.args[n:], strict=True))
        return call(it, fn.fn, [*fn.args[:n], *args], {**given, **kwargs})
    if fn.kind == "array method":
        name: Any = fn.fn.value  # type: ignore[attr-defined]
        operands = [*fn.args, *args]
        made = partial(call_entry, it, it.session.library.methods[name], operands, kwargs, name)
        return float_errors.function(it, name, operands, kwargs, made) if it.raising else made()
    if fn.kind == "context manager":
        return managers.new_manager(it, fn.fn, args, kwargs)
    if fn.kind == "generator method":
        return _generator_method(it, fn, args)
    if fn.kind == "container method":
        name = fn.fn.value  # type: ignore[attr-defined]
        return methods.call_method(it, fn.args[0], name, args, kwargs)
    return apply_transform(it, fn, args, kwargs)


def _generator_method(it: Interp, fn: Bound, args: Sequence[Abstract]) -> Abstract:
    """`send`, `__next__`, `__iter__` and `close` of a generator, the second and third also of other
    iterators.
    """
    gen: Any = fn.args[0]
    if fn.static == "__iter__":
        return gen  # type: ignore[no-any-return]
    if fn.static == "close":
        return close(it, gen)
    if isinstance(gen, Lazy):
        return next_of(it, gen)
    item = advance(it, gen, *args)
    return stop(it, gen) if item is None else item


def call_entry(
    it: Interp, entry: Any, args: Sequence[Abstract], kwargs: Kwargs, name: str = "this function"
) -> Abstract:
    """Calls an entry of the library's table: an intrinsic, or a Python function to be compiled."""
    if any(is_ragged(it, a) for a in (*args, *kwargs.values())):
        table = it.session.library.ragged
        rule = table.get(entry)
        if rule is not None:
            return _run(it, _ragged_run(it, entry, rule, name), args, kwargs, name)
        if isinstance(entry, Intrinsic) and entry not in table:
            for a in (*args, *kwargs.values()):
                refuse_ragged(it, a)
    if isinstance(entry, Intrinsic):
        return _run(it, entry.run, args, kwargs, name)
    return _call_function(it, Known(entry), args, kwargs, library=True)


def _ragged_run(it: Interp, entry: Any, rule: Any, name: str) -> Any:
    """An entry's rule for ragged arrays, in the form of an intrinsic."""

    def on_dense(*args: Any, **kwargs: Any) -> Abstract:
        given = {k: it.lifted(v) for k, v in kwargs.items()}
        return call_entry(it, entry, [it.lifted(a) for a in args], given, name)

    def run(ctx: Any, *args: Any, **kwargs: Any) -> Abstract:
        return rule(ctx, on_dense, args, kwargs)  # type: ignore[no-any-return]

    return run


_QUESTIONS = tuple(TABLE[f] for f in (isinstance, callable, hasattr, issubclass) if f in TABLE)


_TEXTS = tuple(TABLE[f] for f in (str, repr, format, print) if f in TABLE)
_INDEXING = tuple(TABLE[f] for f in (range, slice) if f in TABLE)


def _run(
    it: Interp, run: Any, args: Sequence[Abstract], kwargs: Kwargs, name: str = "this function"
) -> Abstract:
    loc = it.b.loc
    if run in _INDEXING:
        args = [integral(a) for a in args]
    given = [*args, *kwargs.values()]
    numbers = run not in _TEXTS
    if it.session.choices and any(is_split(v, numbers) for v in given):
        n = len(args)

        def one(vs: list[Abstract]) -> Abstract:
            return _run(it, run, vs[:n], dict(zip(kwargs, vs[n:], strict=True)), name)

        return spread(it, given, one, probe=run in _QUESTIONS)
    try:
        value = run(it, *args, **kwargs)
    except RuleError as error:
        it.error("bad-operand", str(error))
    except TypeError as error:
        tb = error.__traceback__
        if tb is None or tb.tb_next is not None:
            raise
        text = without_context(str(error))
        it.error("wrong-arguments", f"{name}() {text}", hint=meant_keyword(run, kwargs))
    finally:
        it.b.loc = loc
    return value  # type: ignore[no-any-return]


# ---- host callables


def _look_up(table: Any, key: Any) -> Any:
    try:
        return table.get(key)
    except TypeError:  # unhashable
        return None


def _call_known(it: Interp, fn: Known, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    obj = fn.value
    session = it.session
    args = sets.in_any_order(it, obj, args, "key" in kwargs)
    asked = _asked(it, fn, args, kwargs)
    if asked is not None:
        return asked
    if _is_numeric(obj):
        args = [as_numeric(it, obj, a) for a in args]
    entry = _look_up(session.library.functions, obj)
    if entry is not None:
        made = partial(call_entry, it, entry, args, kwargs, fn.describe())
        return float_errors.function(it, obj, args, kwargs, made) if it.raising else made()
    marker = _look_up(session.transforms.markers, obj)
    if marker is not None:
        return make_transform(it, marker, args, kwargs)
    builtin = _look_up(TABLE, obj) or _look_up(OTHERS, obj)
    if builtin is not None:
        return _run(it, builtin, args, kwargs, fn.describe())
    bar = telling.progress(obj)
    if bar is not None:
        return call(it, Known(bar), args, kwargs)
    if isinstance(obj, types.FunctionType):
        return _call_python(it, fn, obj, args, kwargs)
    if isinstance(obj, type):
        return _call_class(it, obj, args, kwargs)
    opened = session.transforms.opened(obj)
    if opened is not None:
        return call(it, opened_value(it, fn, opened), args, kwargs)
    return _call_object(it, fn, args, kwargs)


OTHERS = {**managers.FUNCTIONS, **ruled.FUNCTIONS}
"""More functions that are host code on values."""


def _counted(it: Interp, v: Abstract) -> bool:
    """Whether it is a list, or an iterator, of which the data decide how many items it has."""
    return not isinstance(v, Ragged) and open_lists.is_open(it, v)


def _asked(it: Interp, fn: Known, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract | None:
    """A call that its first arguments decide: generators, instances with special methods,
    `functools.singledispatch`.
    """
    obj = fn.value
    stream = _look_up(STREAMS, obj)
    if stream is not None and not (obj in (max, min) and len(args) > 1):
        asked = iterables(obj, len(args))
        opened = [
            opened_object(it, a) or a if k in asked and streams(a) else a
            for k, a in enumerate(args)
        ]
        if any(a is not b for a, b in zip(opened, args, strict=True)):
            return _call_known(it, fn, opened, kwargs)
    extreme = obj in (max, min) and len(args) == 1 and _counted(it, args[0])
    if stream is not None and (
        any(isinstance(a, GeneratorV) for a in args) or stops(obj) or extreme
    ):
        return call_entry(it, stream, args, kwargs, fn.describe())
    if isinstance(obj, np.ufunc):
        return of_instances(it, obj, args, kwargs)
    if args and class_of(args[0]) is not None:
        name = _look_up(PROTOCOL, obj)
        if obj in INDEXED and protocol(args[0], "__index__"):
            args = [method(it, args[0], "__index__", []), *args[1:]]
            return _call_known(it, fn, args, kwargs)
        if name is not None and protocol(args[0], name):
            found = method(it, args[0], name, args[1:], kwargs)
            return it.call(Known(float), found) if obj is float else found
    alias = isinstance(obj, types.GenericAlias) or type(obj).__module__ == "typing"
    chosen = typing.get_origin(obj) if alias else dispatched(obj, args)
    return None if chosen is None else call(it, Known(chosen), args, kwargs)


def _call_python(
    it: Interp, fn: Known, obj: Any, args: Sequence[Abstract], kwargs: Kwargs
) -> Abstract:
    """A call of a function of the host program that is written in Python."""
    if obj.__code__ is managers.HELPER:
        inner = lifted(it.session, obj.__wrapped__, _derived(it, fn, "__wrapped__"))
        return managers.new_manager(it, adopt(it, inner), args, kwargs)
    refuse_state(it, fn)
    return _call_function(it, fn, args, kwargs)


def _call_object(it: Interp, fn: Known, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    obj = fn.value
    if isinstance(obj, types.MethodType):
        self = Known(obj.__self__, _derived(it, fn, "__self__"))
        return call(it, Known(obj.__func__), [self, *args], kwargs)
    if isinstance(obj, functools.partial):
        return _call_partial(it, fn, args, kwargs)
    if hasattr(obj, "cache_info") and hasattr(obj, "__wrapped__"):
        return call_cached(it, Known(obj.__wrapped__), args, kwargs)
    found = _call_bound_builtin(it, fn, args, kwargs) or call_base(it, obj, args, kwargs)
    if found is not None:
        return found
    if isinstance(obj, types.WrapperDescriptorType) and issubclass(obj.__objclass__, BaseException):
        return exceptions.base_init(it, fn, args)
    entry = it.session.library.instances.get(type(obj))
    if entry is not None:
        return call_entry(it, entry, [fn, *args], kwargs, fn.describe())
    refuse_state(it, fn)
    if _is_numeric(obj) and all(_is_constant(it, a) for a in (*args, *kwargs.values())):
        return _evaluate(it, fn, args, kwargs)
    special = inspect.getattr_static(type(obj), "__call__", None)
    if isinstance(special, types.FunctionType):
        return call(it, Known(special), [fn, *args], kwargs)
    if not callable(obj):
        it.error("not-callable", f"{fn.describe()} is not callable")
    it.error("unsupported-call", f"{fn.describe()} is not a function that anvil can compile")


def _call_bound_builtin(
    it: Interp, fn: Known, args: Sequence[Abstract], kwargs: Kwargs
) -> Abstract | None:
    """A call of a method of a string, tuple, range or array of the host program; else None."""
    obj = fn.value
    bound_to = getattr(obj, "__self__", None)
    if isinstance(bound_to, types.FunctionType) and obj.__name__ == "__get__":
        return Bound("method", Known(bound_to), (args[0],))
    if not isinstance(obj, types.BuiltinFunctionType | types.MethodWrapperType):
        return None
    if isinstance(bound_to, str) and obj.__name__ == "format":
        return texts.str_format(it, bound_to, args, kwargs)
    if isinstance(bound_to, str) and obj.__name__ == "join" and not it.is_known(args[0]):
        items = it.items(args[0])
        if all(map(texts.is_string, items)):
            return texts.str_join(bound_to, [texts.text_of(it, i) for i in items])
    if isinstance(bound_to, bool | int | float | complex) and is_number_method(obj.__name__):
        static = getattr(type(bound_to), obj.__name__)
        return call_base(it, static, [Known(bound_to), *args], kwargs)
    if isinstance(bound_to, str | bytes | tuple | range | slice) or obj is str.maketrans:
        refuse_types(it, obj, args, kwargs)
        return _evaluate(it, fn, args, kwargs)
    if isinstance(bound_to, np.ndarray | np.generic):
        return _call_array_method(it, fn, args, kwargs)
    if isinstance(bound_to, type) and obj.__name__ in ("mro", "__subclasses__") and not args:
        found = obj()
        it.session.guards.answers(bound_to, obj.__name__, found)
        return it.list([Known(cls) for cls in found])
    return None


def _call_array_method(it: Interp, fn: Known, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    """A call of a method of an array of the host program, which is read, and guarded, in place."""
    obj = fn.value
    array = adopt(it, lifted(it.session, obj.__self__, _derived(it, fn, "__self__")))
    return call(it, objects.get_attribute(it, array, obj.__name__), args, kwargs)


def _call_partial(it: Interp, fn: Known, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    """A call of a partial of the host program: what it holds is read, and guarded, in place."""
    obj, session = fn.value, it.session
    within = _derived(it, fn, "args"), _derived(it, fn, "keywords")
    session.guards.partial(fn.origin or session.guards.object(obj), obj)

    def held(value: Any, place: Origin, key: Any) -> Abstract:
        return adopt(it, lifted(session, value, session.guards.item(place, key)))

    given = [held(a, within[0], i) for i, a in enumerate(obj.args)]
    named = {k: held(v, within[1], k) for k, v in obj.keywords.items()}
    inner = adopt(it, lifted(session, obj.func, _derived(it, fn, "func")))
    return call(it, inner, [*given, *args], {**named, **kwargs})


def _derived(it: Interp, fn: Known, name: str) -> Origin:
    guards = it.session.guards
    base = fn.origin if fn.origin is not None else guards.object(fn.value)
    return guards.attribute(base, name)


def _is_constant(it: Interp, v: Abstract) -> bool:
    """Whether a value is known, arrays by their contents."""
    if it.is_known(v):
        return True
    return it.is_arraylike(v) and it.known_array(v) is not None


def _is_numeric(obj: Any) -> bool:
    module = getattr(obj, "__module__", None) or ""
    name = getattr(obj, "__name__", "")
    numeric = isinstance(obj, np.ufunc) or module.split(".")[0] in ("numpy", "math", "operator")
    return numeric and "random" not in module and not name.startswith("_")


def _evaluate(it: Interp, fn: Known, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    """Runs a pure host function on known arguments while compiling."""
    try:
        with np.errstate(all="ignore"):
            return it.constant(
                fn.value(*map(it.known, args), **{k: it.known(v) for k, v in kwargs.items()})
            )
    except (ZeroDivisionError, ValueError, OverflowError, LookupError) as error:
        it.fail(type(error), *error.args)
    except TypeError as error:
        it.error("wrong-arguments", str(error))


def _call_class(it: Interp, cls: Any, args: Sequence[Abstract], kwargs: Kwargs) -> Abstract:
    if issubclass(cls, BaseException):
        return exceptions.instantiate_exception(it, cls, args, kwargs)
    if cls is managers.GENERATED:
        given, named = it.items(args[1]), dict(it.dict_entries(args[2]))
        return managers.new_manager(it, args[0], given, named)
    if issubclass(cls, managers.REFUSED):
        it.error("unsupported-call", f"{cls.__name__} is not compiled", hint=managers.NESTED)
    if cls in managers.HOSTS:
        return _evaluate(it, Known(cls), args, kwargs)
    if cls.__module__ in ("builtins", "numpy"):
        if all(map(it.is_known, (*args, *kwargs.values()))):
            return _evaluate(it, Known(cls), args, kwargs)
        it.error("unsupported-call", f"{cls.__name__}(...) of computed values is not compiled")
    if hasattr(cls, "__members__"):
        return _evaluate(it, Known(cls), args, kwargs)
    return instances.instantiate(it, cls, args, kwargs)


def _call_function(
    it: Interp, fn: Known, args: Sequence[Abstract], kwargs: Kwargs, library: bool = False
) -> Abstract:
    info = function_info(it, fn.value, library or _helps(it, fn.value))
    return _enter(it, info, bind_host(it, fn.value, info, args, kwargs), {})


def _helps(it: Interp, obj: Any) -> bool:
    """Whether a function of the library calls another: errors are at the user's call of the
    first.
    """
    return it.info.library and str(obj.__globals__.get("__name__")).startswith("anvil.library.")


def bind_host(
    it: Interp, obj: Any, info: FunctionInfo, args: Sequence[Abstract], kwargs: Kwargs
) -> Kwargs:
    """The value of each parameter of a host function."""
    library = info.library
    defaults = _defaults(it, obj, library)
    names = obj.__kwdefaults__ or {}
    kw_defaults = {
        n: _default(it, obj, f"__kwdefaults__[{n!r}]", v, library) for n, v in names.items()
    }
    return bind(it, info, args, kwargs, defaults, kw_defaults)


def _defaults(it: Interp, obj: Any, library: bool) -> list[Abstract]:
    return [
        _default(it, obj, f"__defaults__[{i}]", v, library)
        for i, v in enumerate(obj.__defaults__ or ())
    ]


def _default(it: Interp, obj: Any, text: str, value: Any, library: bool) -> Abstract:
    if library:
        return it.constant(value)
    guards = it.session.guards
    return adopt(it, lifted(it.session, value, Origin(f"{guards.base(obj)}.{text}", obj.__name__)))


def function_info(it: Interp, obj: Any, library: bool = False) -> FunctionInfo:
    """What is known about a host function, made once per program."""
    cells = obj.__closure__ or ()
    key = (id(obj.__code__), id(obj.__globals__), tuple(map(id, cells)), library)
    found: FunctionInfo | None = it.session.infos.get(key)
    if found is None:
        source = it.session.sources.get(id(obj.__code__)) or get_source(obj)
        code = code_info(source.node, source, source.qualname)
        host = dict(zip(obj.__code__.co_freevars, cells, strict=True))
        found = FunctionInfo(code, obj.__globals__, (), library, host_cells=host)
        it.session.infos[key] = found
        it.session.keep.append(obj)
    return found


# ---- protocols of user classes


def method(
    it: Interp, obj: Abstract, name: str, args: Sequence[Abstract], kwargs: Kwargs | None = None
) -> Abstract:
    """Calls a special method of an instance or a named tuple."""
    static = inspect.getattr_static(class_of(obj), name, None)
    if static is None:
        it.error("bad-operand", f"{obj.describe()} has no {name}")
    return call(it, Bound("method", Known(static), (obj,)), args, kwargs or {})


def comparison(it: Interp, obj: Abstract, name: str, other: Abstract) -> Abstract | None:
    """`obj == other` and the like by the class's own method; None if it has none."""
    static = inspect.getattr_static(class_of(obj), f"__{name}__", None)
    if name == "ne" and static is object.__ne__:
        equal = comparison(it, obj, "eq", other)
        return None if equal is None else negated(it, equal)
    if not isinstance(static, types.FunctionType):
        return None
    if static.__code__.co_filename == "<string>" or "dataclasses" in static.__code__.co_filename:
        assert isinstance(obj, ObjectV)
        return instances.compare_dataclasses(it, obj, name, other)
    result = method(it, obj, f"__{name}__", [other])
    return None if isinstance(result, Known) and result.value is NotImplemented else result


def container_operator(it: Interp, op: str, a: Abstract, b: Abstract) -> Abstract | None:
    """An operator on two containers; None if there is none."""
    return methods.binary(it, op, a, b)


def container_method(it: Interp, v: Abstract, name: str, args: Sequence[Abstract]) -> Abstract:
    """Calls a method of a list, dict or set."""
    return methods.call_method(it, v, name, args, {})


def container_comparison(it: Interp, op: str, a: Abstract, b: Abstract) -> Abstract | None:
    """A comparison of two containers that are not sequences; None if there is none."""
    return methods.compare(it, op, a, b)


def truth(it: Interp, v: Abstract) -> bool | Atom:
    """The truth of what is neither number nor sequence."""
    for name in ("__bool__", "__len__"):
        if defines(v, name):
            return it.truth(method(it, v, name, []))
    table = viewed(it, v)
    if table is not None:
        return it.truth(size_of(it, table))
    keys = it.dict_keys(v)
    if keys is not None:
        return bool(keys)
    if isinstance(v, SetV):
        return bool(sets.keys_in(it, v))
    if isinstance(v, RangeV):
        return computed_ranges.truth(it, v)  # type: ignore[no-any-return]
    if isinstance(v, Lazy) and not v.box:
        return bool(it.items(v))
    return True
