"""From IR to running code: StableHLO text, the jax runtime, NumPy source. The only package that imports jax."""
