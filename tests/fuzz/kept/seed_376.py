"""value: the else clause of a try of which the body never falls through"""

import math

def program(x):
    try:
        a1 = [x][1]
    except Exception:
        a1 = 1.0
    else:
        a1 *= 0
    return a1


CASES = (
    (1.0,),
    (2.0,),
)
