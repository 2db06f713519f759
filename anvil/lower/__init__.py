"""IR to running code: StableHLO, the jax runtime, NumPy source. Only this package imports jax."""
