"""internal: AttributeError of a list exchanged with a row of a list of lists"""

import math

def program(n):
    l1 = [0.0, 1.0, 2.0]
    rows = [[0.0] * 3 for _ in range(2)]
    k = 0
    while k < n:
        l1, rows[n % 2] = rows[n % 2], l1
        k += 1
    return math.fsum(l1)


CASES = (
    (3,),
    (0,),
)
