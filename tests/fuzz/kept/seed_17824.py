"""exception: none for TypeError: a NumPy float indexed a list"""

import numpy as np


def program(x):
    b10 = x.mean()
    return ([0.0] * 4)[b10]


CASES = ((np.array([1.0, 1.0]),), (np.array([2.0, 0.5]),))
