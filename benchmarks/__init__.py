"""Benchmarks of anvil against jax: what happens before XLA, run time, dispatch, import."""
