"""The commands behind `anvil.cli`: targets, argument types, values, stages and what is printed."""
