"""internal: derivative of a call in a branch that takes the last token"""

import math

from tests.fuzz.prelude import Option, Mode

def program(n, option):
    n1 = 3
    while n1:
        if option.scaled(0.5):
            d2 = math.sin(n)
            return (0.5,)
        break
    return (option.scaled(0.5),)


CASES = (
    (3, Option(rate=-1.543, steps=3, name='fast', mode=Mode.LINEAR)),
    (1, Option(rate=-0.826, steps=3, name='fast', mode=Mode.LINEAR)),
)
