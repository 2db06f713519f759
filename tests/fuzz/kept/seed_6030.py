"""refused: the derivative of a loop that leaves a dict as it is"""

import numpy as np

from tests.fuzz.prelude import Box


def program(x, d):
    n = 0
    while True:
        n += 1
        if n:
            break
        for i in range(1):
            break
    return x * d['a']


CASES = (
    (1.5, {'a': 2.5, 'b': np.array([0.3, -0.2], np.float64)}),
    (0.5, {'a': 2.5, 'b': np.array([0.3, -0.2], np.float64)}),
)
