"""exception: a handler was run for what the handler itself raises"""

import math


def program(n, x):
    done = 0
    try:
        x = math.sqrt(x)
    except IndexError:
        pass
    except Exception:
        try:
            x = n // n
        except IndexError:
            pass
        raise
    finally:
        done = 1
    return x, done


CASES = ((1, -1.0), (0, -1.0), (1, 4.0))
