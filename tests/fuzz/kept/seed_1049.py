"""internal: KeyError of a conditional expression of which neither side returns"""

import numpy as np


def program(d):
    l1 = []
    if l1[1] if d["a"] else l1[1]:
        pass


CASES = (
    ({"a": 1.048, "b": np.array([0.767, 0.246, 0.742, 0.525], np.float64)},),
    ({"a": 0.637, "b": np.array([-0.039, -1.226, -0.441, -0.078], np.float64)},),
)
