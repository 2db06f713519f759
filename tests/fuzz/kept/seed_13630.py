"""exception: the words of an IndexError where a path makes the index a float"""

import numpy as np


def program(n, w):
    n //= 2
    try:
        a17 = 0 / n
    except Exception:
        n = 1.0
    finally:
        if w[n]:
            pass
    return a17


CASES = ((2, np.array([-1.163, -0.498, -0.52])), (1, np.array([0.025, 0.244, 1.315])))
