"""internal: a dead box led to one that a join had dropped"""

import numpy as np

from tests.fuzz.prelude import Box, Guarded, Mode, Option, Vec


def program(option):
    o4 = Vec(0, option.scaled(0.5))
    o14 = Box(0, np.ones(3), option.steps)
    with Guarded() as c16:
        x17 = o14.push(0)
        match [o4.dot(o4)]:
            case [z27, *z28] if z27:
                o14.u[0] = 0
            case [_, 0.5, _]:
                pass
            case _:
                pass


CASES = (
    (Option(rate=-0.492, steps=2, name='fast', mode=Mode.LINEAR),),
    (Option(rate=-0.496, steps=1, name='fast', mode=Mode.LINEAR),),
)
