"""exception: the words of a NameError of a comprehension"""

import numpy as np


def program(x):
    for e26 in np.ones(1):
        if x > e26:
            b37 = 1
        l39 = [b37 for e40_ in range(3)]
    return l39


CASES = ((0.5,), (2.0,))
