"""What a program is: types, records, op kinds, builder, verifier, text form, evaluator and analyses."""
