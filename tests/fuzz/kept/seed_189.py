"""crash: UnboundLocalError of a generator around a comprehension over a generator that returns"""


def program(x):
    def g2(p):
        for _ in range(2):
            yield p

    s = 0.0
    for e3 in g2(1.0):

        def g6(p):
            for _ in range(2):
                if x > 0:
                    return
                yield p

        s += sum([e7 for e7 in g6(1)]) + e3  # noqa: C416
    return s


CASES = ((0.67,), (-0.767,))
