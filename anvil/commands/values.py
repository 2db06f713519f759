"""Values of arguments as text or files: `"2.0, [1, 2, 3]"`, `x.npy`, `batch.npz`.

A text is a list of Python literals, one for each argument (`n=3` for a named one), with `nan`,
`inf` and `pi` besides; a string that ends in `.npy` is that file. Values take the described types:
a list becomes an array, a number fills one.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from anvil.commands.argument_types import Signature
from anvil.commands.targets import existing
from anvil.errors import AnvilError, error
from anvil.ir.records import Program
from anvil.ir.types import TOKEN, ArrayType, HistType
from anvil.parser.state.signature import (
    ArraySpec,
    DictSpec,
    ListSpec,
    ObjectSpec,
    ScalarSpec,
    Spec,
    StaticSpec,
)

Given = tuple[list[Any], dict[str, Any]]
"""Values in order, and by name."""

_NAMES: Final = {"nan": math.nan, "inf": math.inf, "pi": math.pi}


def parse_values(texts: Sequence[str]) -> Given:
    """The values in these texts and files, in order (code bad-value)."""
    values: list[Any] = []
    named: dict[str, Any] = {}
    for text in texts:
        if text.endswith(".npz"):
            _from_archive(text, values, named)
        elif text.endswith(".npy") and "'" not in text and '"' not in text:
            values.append(_loaded(text))
        else:
            _from_text(text, values, named)
    return values, named


def _from_archive(name: str, values: list[Any], named: dict[str, Any]) -> None:
    """Arrays saved without names are positional, others are named arguments."""
    for key, value in _loaded(name).items():
        if key.startswith("arr_") and key[4:].isdecimal():
            values.append(value)
        else:
            named[key] = value


def _loaded(name: str) -> Any:
    try:
        found = np.load(existing(name), allow_pickle=False)
        if isinstance(found, np.ndarray):
            return found[()]
        return {k: found[k][()] for k in found.files}
    except (OSError, ValueError, EOFError) as problem:
        raise error("bad-target", f"{name} cannot be read: {problem}") from None


def _from_text(text: str, values: list[Any], named: dict[str, Any]) -> None:
    try:
        call = ast.parse(f"f({text})", mode="eval").body
    except (SyntaxError, ValueError) as problem:
        what = getattr(problem, "msg", str(problem))
        raise error("bad-value", f"the values {text!r} cannot be read: {what}") from None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise error("bad-value", f"the values {text!r} cannot be read")
    values += map(_literal, call.args)
    for keyword in call.keywords:
        if keyword.arg is None:
            raise error("bad-value", f"the values {text!r} cannot be read: ** is no literal")
        named[keyword.arg] = _literal(keyword.value)


def _literal(node: ast.expr) -> Any:
    """A literal, with the names of `math` that have no spelling of their own."""
    if isinstance(node, ast.Name) and node.id in _NAMES:
        return _NAMES[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _negative(node)
    if isinstance(node, ast.List):
        return [_literal(item) for item in node.elts]
    if isinstance(node, ast.Tuple):
        return tuple(map(_literal, node.elts))
    if isinstance(node, ast.Dict) and None not in node.keys:
        keys = [_literal(k) for k in node.keys if k is not None]
        return dict(zip(keys, map(_literal, node.values), strict=True))
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        hint = "values are literals: numbers, strings, lists, tuples and dicts"
        raise error("bad-value", f"`{ast.unparse(node)}` is not a literal", hint=hint) from None


def _negative(node: ast.UnaryOp) -> Any:
    value = _literal(node.operand)
    if isinstance(value, int | float | complex):
        return -value
    raise error("bad-value", f"`{ast.unparse(node)}` is not a literal")


# ---- values of described types


def typed(signature: Signature, given: Given) -> Given:
    """The values as what the signature describes; what is static needs no value."""
    values, named = list(given[0]), dict(given[1])
    args = [_next(spec, f"argument {i}", values) for i, spec in enumerate(signature.args)]
    kwargs: dict[str, Any] = {}
    for name, spec in signature.kwargs.items():
        if isinstance(spec, StaticSpec):
            kwargs[name] = spec.value
        elif name in named:
            kwargs[name] = convert(spec, named.pop(name), name)
        else:
            raise error("bad-value", f"no value is given for {name}")
    _all_used(values, named)
    return args, kwargs


def _next(spec: Spec, name: str, values: list[Any]) -> Any:
    if isinstance(spec, StaticSpec):
        return spec.value
    if not values:
        hint = 'give one value for each type: --values "2.0, [1, 2, 3]"'
        raise error("bad-value", f"no value is given for {name}", hint=hint)
    return convert(spec, values.pop(0), name)


def natural(given: Given) -> Given:
    """The values as Python and NumPy would have them: lists of numbers are arrays."""
    return list(map(_natural, given[0])), {k: _natural(v) for k, v in given[1].items()}


def _natural(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _natural(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return tuple(map(_natural, value))
    if isinstance(value, str) and value.endswith(".npy"):
        return _loaded(value)
    return _array(value, "a value") if isinstance(value, list) else value


def entry_values(program: Program, given: Given) -> list[Any]:
    """The leaves for a program's entry; tokens that it takes begin at 0."""
    values, named = list(given[0]), dict(given[1])
    leaves: list[Any] = []
    for i, param in enumerate(program.main.params):
        name = param.hint or f"parameter {i}"
        if param.type is TOKEN:
            leaves.append(np.int32(0))
            continue
        if isinstance(param.type, HistType):
            raise error("bad-target", f"{name} is a history, which only a loop can make")
        assert isinstance(param.type, ArrayType)
        if param.hint in named:
            values.insert(0, named.pop(param.hint))
        spec = ArraySpec(param.type) if param.type.shape else ScalarSpec(param.type.dtype, False)
        leaves.append(_next(spec, f"{name}: {param.type}", values))
    _all_used(values, named)
    return leaves


def _all_used(values: Sequence[Any], named: dict[str, Any]) -> None:
    if values:
        raise error("bad-value", f"{len(values)} values more than arguments are given")
    if named:
        raise error("bad-value", f"no argument is called {' or '.join(named)}")


def convert(spec: Spec, value: Any, name: str) -> Any:
    """The value as what `spec` describes (code bad-value)."""
    if isinstance(value, str) and value.endswith(".npy") and not isinstance(spec, StaticSpec):
        value = _loaded(value)
    if isinstance(spec, ArraySpec):
        return _as_array(spec.type, value, name)
    if isinstance(spec, ScalarSpec):
        found = _as_array(spec.type, value, name)[()]
        return found.item() if spec.py else found
    if isinstance(spec, StaticSpec):
        return spec.value
    if isinstance(spec, DictSpec):
        if not isinstance(value, dict) or set(value) != set(spec.keys):
            keys = ", ".join(map(repr, spec.keys))
            raise _unfit(name, value, f"a dict with the keys {keys}")
        pairs = zip(spec.keys, spec.items, strict=True)
        return {k: convert(item, value[k], f"{name}[{k!r}]") for k, item in pairs}
    assert not isinstance(spec, ObjectSpec), "no type text describes an object"
    kind = "list" if isinstance(spec, ListSpec) else "tuple"
    if not isinstance(value, list | tuple) or len(value) != len(spec.items):
        raise _unfit(name, value, f"a {kind} of {len(spec.items)}")
    named = enumerate(zip(spec.items, value, strict=True))
    items = [convert(item, v, f"{name}[{i}]") for i, (item, v) in named]
    return items if isinstance(spec, ListSpec) else tuple(items)


def _as_array(type_: ArrayType, value: Any, name: str) -> Any:
    """An array of exactly this type, if no number has to change."""
    found = _array(value, name)
    lossy = found.dtype.kind == "c" and type_.dtype.kind != "c"
    if found.shape not in (type_.shape, ()) or lossy:
        raise _unfit(name, value, f"{type_}")
    with np.errstate(all="ignore"):
        made = found.astype(type_.dtype.np)
    if type_.dtype.kind in "bui" and not np.array_equal(made, found):
        raise _unfit(name, value, f"{type_}")
    return np.array(np.broadcast_to(made, type_.shape))


def _array(value: Any, name: str) -> Any:
    try:
        found = np.asarray(value)
    except (ValueError, OverflowError):
        raise _unfit(name, value, "an array") from None
    if found.dtype.kind not in "buifc":
        raise _unfit(name, value, "numbers")
    return found


def _unfit(name: str, value: Any, wanted: str) -> AnvilError:
    shown = f"an array {value.dtype}{list(value.shape)}" if hasattr(value, "shape") else repr(value)
    shown = shown if len(shown) < 60 else f"{shown[:59]}…"
    return error("bad-value", f"{name} should be {wanted}, and the value is {shown}")
