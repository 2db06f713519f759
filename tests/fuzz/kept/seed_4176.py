"""internal: derivative of a call in a branch that takes the last token"""

import math

import numpy as np

from tests.fuzz.prelude import Box

def program(x, k):
    o3 = Box(math.exp(x), k)
    bits7, n8 = (0, 1)
    while n8:
        bits7 += n8
        n8 >>= 1
    table14 = (abs, lambda z16: z16 * 0.5)
    a15 = table14[bits7](o3.a)
    return a15


CASES = (
    (1.41, 5),
    (2.355, 0),
)
