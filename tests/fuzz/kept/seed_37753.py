"""internal: a loop over a generator that reads a variable which may be unbound"""


def program(n):
    for i, e in {"b": 1.0, "c": 0}.items():
        if n:
            b = n

        def g(p):
            for k in range(3):
                if b:
                    return
                yield 0

        for v in g(0):
            total += v
            b -= 0
    return n


CASES = ((3,), (0,))
