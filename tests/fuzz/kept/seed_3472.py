"""internal: AttributeError of a filter in a loop that depends on a call that may raise"""

import numpy as np

from tests.fuzz.prelude import Mode, Option


def program(x, v, option):
    for e2 in v:
        x += max([z12 for z12 in [option.scaled(0.5), e2] if z12])
    return x


CASES = (
    (0.554, np.array([-0.6, -1.3, 0.151]), Option(rate=0.881, steps=1, mode=Mode.LINEAR)),
    (0.035, np.array([-0.309, -0.253, -1.2]), Option(rate=1.294, steps=1, mode=Mode.LINEAR)),
)
