"""What a program is: types, records, ops, builder, verifier, text form, evaluator, analyses."""

from anvil.ir import ops

__all__ = ["ops"]
