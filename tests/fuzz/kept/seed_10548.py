"""crash: UnboundLocalError of a name that is only augmented in a with of a generator"""

import numpy as np

from tests.fuzz.prelude import scaled


def program(u):
    with scaled(0.0) as c2:
        if u.max() > 0:
            pass
        try:
            c2 += 0
        finally:
            k = 0
    return k


CASES = ((np.array([1.0, 2.0]),), (np.array([-1.0, 0.0]),))
