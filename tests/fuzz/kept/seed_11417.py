"""value: rows of a list of lists to which a slice is stored"""

import numpy as np


def program(x, k):
    rows = [[0.0, x, 5.0] for _ in range(2)]
    rows[k % 2][0] = 1.0
    rows[k % 2].reverse()
    rows[0][:2] = [x, 3.0]
    rows[1][::-1] = rows[0]
    rows[0][:] = [t * 2 for t in rows[0]]
    return np.array(rows)


CASES = ((1.5, 0), (0.5, 3))
