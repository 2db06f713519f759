"""refused: the derivative of a loop that returns at once"""

import numpy as np

from tests.fuzz.prelude import Box


def program(y, w, d):
    for e in w:
        for i in range(1):
            return y


CASES = (
    (1.5, np.array([0.5, -0.1, 0.2], np.float64), {'a': 2.5, 'b': np.array([0.3, -0.2], np.float64)}),
    (0.5, np.array([0.5, -0.1, 0.2], np.float64), {'a': 2.5, 'b': np.array([0.3, -0.2], np.float64)}),
)
