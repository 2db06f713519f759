"""The stages of a program and the op kinds each one forbids: data, read by the verifier.

surface   as parsed: transforms of functions are ops, and functions may call each other in cycles
core      transforms are expanded; loops may record histories, `loop_vjp` reverses them
adjoint   every `loop_vjp` has become a `loop_rev` with a derived step
planned   histories have become tapes and loops; the lowering accepts only this
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_EXPANDED: Final = {
    **dict.fromkeys(("jvp_call", "vjp_call", "vmap_call"), "the pass `expand` removes transforms"),
    "recur": "the pass `stackify` turns recursion into loops",
}
_TRANSFORMS: Final = {
    **_EXPANDED,
    "custom_call": "the pass `derive-steps` resolves what is left of custom rules",
}
_NOT_YET: Final = {"loop_rev": "the pass `derive-steps` makes these"}
_DERIVED: Final = {"loop_vjp": "the pass `derive-steps` replaces it by loop_rev"}
_PLANNED: Final = {"loop_rev": "the pass `plan-loops` expands it"}


@dataclass(frozen=True)
class Stage:
    """What a stage means, the kinds it forbids with the reason, and whether histories may occur."""

    name: str
    doc: str
    forbidden: Mapping[str, str] = field(default_factory=dict)
    histories: bool = True


STAGES: Final[Mapping[str, Stage]] = {
    stage.name: stage
    for stage in (
        Stage("surface", "As parsed: transforms of functions are ops.", _NOT_YET),
        Stage(
            "core",
            "Transforms are expanded; loops may record histories for loop_vjp.",
            {**_EXPANDED, **_NOT_YET},
        ),
        Stage(
            "adjoint",
            "Loops are reversed by loop_rev over their histories.",
            {**_TRANSFORMS, **_DERIVED},
        ),
        Stage(
            "planned",
            "No histories are left: what the lowering accepts.",
            {**_TRANSFORMS, **_DERIVED, **_PLANNED},
            histories=False,
        ),
    )
}
"""Stages by name, in the order a program goes through them."""
