"""np.einsum: pairwise contractions, from left to right."""

from __future__ import annotations

import string
from functools import partial
from typing import Any

import numpy as np

from anvil.ir.records import Atom
from anvil.library.arrays.linear import contract
from anvil.library.arrays.ufuncs import deliver
from anvil.library.atoms import absent, shape_in
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract, NDArray

Terms = list[tuple[str, Atom]]


def _einsum(
    ctx: Context,
    *operands: Any,
    out: Any = None,
    dtype: Any = None,
    order: Any = "K",
    casting: Any = "safe",
    optimize: Any = False,
) -> Abstract:
    spec, values = _read(ctx, operands)
    inputs, arrow, output = spec.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(values):
        ctx.error(
            "bad-value", f"einsum {spec!r} is for {len(terms)} operands, there are {len(values)}"
        )
    common = ctx.promote(*values)
    atoms = [ctx.atom(v, common) for v in values]
    dots = _spell_out(ctx, terms, atoms)
    if not arrow:
        letters = "".join(terms)
        free = sorted(c for c in set(letters) if letters.count(c) == 1 and c not in dots)
        output = "..." + "".join(free)
    output = output.replace("...", dots)
    pending = _prepared(ctx, terms, atoms)
    missing = set(output) - set("".join(terms))
    if missing or len(set(output)) != len(output):
        ctx.error("bad-value", f"einsum {spec!r} gives subscripts that no operand has, or twice")
    alone = len(values) == 1 and isinstance(values[0], NDArray) and absent(ctx, out)
    if alone and output and set(output) == set(terms[0]):
        return _view(ctx, values[0], terms[0], output)
    return deliver(ctx, _contract_all(ctx, pending, output), out)


def _view(ctx: Context, a: NDArray, term: str, output: str) -> Abstract:
    """One operand without a sum: a view, in NumPy too. Diagonals are not to be written here."""
    if len(term) == len(output):
        return ctx.permuted(a, [term.index(c) for c in output])
    places = np.einsum(f"{term}->{output}", np.arange(a.type.size).reshape(a.type.shape)).copy()

    def read(b: Any, x: Atom) -> Atom:
        elements = b.reshape(x, shape=(a.type.size,))
        out: Atom = b.gather(elements, b.const(places[..., None]), axes=(0,))
        return out

    like = partial(np.einsum, f"{term}->{output}")
    return ctx.frozen(a, ("einsum", term, output), read, like)


def _read(ctx: Context, operands: Any) -> tuple[str, list[Any]]:
    """The subscripts as text and the operands; also from `op, axes, op, axes, ..., axes`."""
    if ctx.is_known(operands[0]) and isinstance(ctx.known(operands[0]), str):
        return ctx.known(operands[0]).replace(" ", ""), list(operands[1:])
    pairs = len(operands) // 2
    values = [operands[2 * i] for i in range(pairs)]
    lists = [ctx.known(operands[2 * i + 1], "the axes") for i in range(pairs)]
    spec = ",".join(map(_letters, lists))
    if len(operands) % 2:
        spec += "->" + _letters(ctx.known(operands[-1], "the axes"))
    return spec, values


def _letters(axes: Any) -> str:
    return "".join("..." if i is Ellipsis else string.ascii_letters[i] for i in axes)


def _spell_out(ctx: Context, terms: list[str], atoms: list[Atom]) -> str:
    """Replaces each `...` by letters, counted from the right; returns the longest such run."""
    unused = [c for c in string.ascii_letters if c not in "".join(terms)]
    longest = ""
    for i, (term, x) in enumerate(zip(terms, atoms, strict=True)):
        if "..." not in term:
            continue
        count = len(shape_in(x)) - len(term.replace("...", ""))
        if not 0 <= count <= len(unused):
            ctx.error("shape-mismatch", f"einsum term {term!r} does not fit {shape_in(x)}")
        run = "".join(reversed(unused[:count]))
        longest = max(longest, run, key=len)
        terms[i] = term.replace("...", run)
    return longest


def _prepared(ctx: Context, terms: list[str], atoms: list[Atom]) -> Terms:
    """Operands without repeated letters, and without axes of length 1 that others stretch."""
    sizes: dict[str, int] = {}
    for term, x in zip(terms, atoms, strict=True):
        shape = shape_in(x)
        if len(term) != len(shape):
            ctx.error("shape-mismatch", f"einsum term {term!r} does not fit the shape {shape}")
        for c, n in zip(term, shape, strict=True):
            if n != sizes.setdefault(c, n) and 1 not in (n, sizes[c]):
                ctx.error("shape-mismatch", f"einsum index {c!r} has sizes {sizes[c]} and {n}")
            sizes[c] = n if sizes[c] == 1 else sizes[c]
    pending = []
    for term, x in zip(terms, atoms, strict=True):
        kept = [i for i, c in enumerate(term) if shape_in(x)[i] == sizes[c]]
        x = ctx.b.reshape(x, shape=tuple(shape_in(x)[i] for i in kept))
        pending.append(_without_repeats(ctx, "".join(term[i] for i in kept), x))
    return pending


def _without_repeats(ctx: Context, term: str, x: Atom) -> tuple[str, Atom]:
    """Diagonals for letters that a term repeats."""
    for c in dict.fromkeys(term):
        while term.count(c) > 1:
            i = term.index(c)
            j = term.index(c, i + 1)
            n = shape_in(x)[i]
            places = ctx.b.const(np.stack([np.arange(n)] * 2, axis=1))
            x = ctx.b.gather(x, places, axes=(i, j))
            term = c + "".join(t for k, t in enumerate(term) if k not in (i, j))
    return term, x


def _contract_all(ctx: Context, pending: Terms, output: str) -> Atom:
    term, x = pending[0]
    for k, (other, y) in enumerate(pending[1:], start=1):
        later = set(output).union(*(t for t, _ in pending[k + 1 :]))
        term, x = _sum_away(ctx, term, x, later | set(other))
        other, y = _sum_away(ctx, other, y, later | set(term))
        both = [c for c in term if c in other]
        batch = [c for c in both if c in later]
        over = [c for c in both if c not in later]
        x = contract(
            ctx,
            x,
            y,
            ([term.index(c) for c in over], [other.index(c) for c in over]),
            ([term.index(c) for c in batch], [other.index(c) for c in batch]),
        )
        free = [c for c in term if c not in both] + [c for c in other if c not in both]
        term = "".join(batch + free)
    term, x = _sum_away(ctx, term, x, set(output))
    if term == output:
        return x
    out: Atom = ctx.b.transpose(x, perm=tuple(term.index(c) for c in output))
    return out


def _sum_away(ctx: Context, term: str, x: Atom, wanted: set[str]) -> tuple[str, Atom]:
    axes = tuple(i for i, c in enumerate(term) if c not in wanted)
    if not axes:
        return term, x
    return "".join(c for c in term if c in wanted), ctx.b.reduce_sum(x, axes=axes)


FUNCTIONS: dict[Any, Intrinsic] = {np.einsum: Intrinsic(_einsum)}
