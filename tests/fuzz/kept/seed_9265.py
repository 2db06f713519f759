"""internal: KeyError of a finally inside of a finally"""

from tests.fuzz.prelude import Grid


def program(n):
    var15 = 0
    grid17 = Grid(4)
    try:
        var15 += grid17[n]
    except ZeroDivisionError:
        pass
    finally:
        try:
            a26 = grid17[n]
        except Exception:
            a26 = grid17[n]
        finally:
            var15 += 1
    return var15 + a26


CASES = ((1,), (5,))
