"""refused: the derivative of a loop that leaves an object as it is"""

import numpy as np

from tests.fuzz.prelude import Box


def program(box):
    if box.k**2:
        pass
    else:
        while True:
            break
    return 1.0


CASES = (
    (Box(a=1.02, u=np.array([-0.946, 0.972, 1.043, 0.221], np.float64), k=1),),
    (Box(a=1.02, u=np.array([-0.946, 0.972, 1.043, 0.221], np.float64), k=0),),
)
