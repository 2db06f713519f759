"""refused: the deletion of a name behind a loop"""

import numpy as np

from tests.fuzz.prelude import Box


def program(y):
    n = 4
    while n:
        n -= 1
    del y


CASES = (
    (1.5,),
    (0.5,),
)
