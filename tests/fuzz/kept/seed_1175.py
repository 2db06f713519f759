"""value: a break in the else clause of a loop did not leave the loop around it"""

import numpy as np


def program(w):
    n5 = 0
    while True:
        n5 += 1
        if n5 > 4:
            break
        for i6, e7 in enumerate(w):
            pass
        else:
            break
    if (z15 := n5):
        pass
    if 4 <= n5:
        return (1, w)
    return (z15, np.arange(3) * 1.25)


CASES = (
    (np.array([-1.222, 1.029, 0.737], np.float64),),
    (np.array([0.085, 0.361, 1.444], np.float64),),
)
