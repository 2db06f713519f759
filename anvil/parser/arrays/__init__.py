"""Numbers and arrays: operators, comparisons, promotion, indices, stores."""
