"""internal: an object with an attribute of its own joined with a row of a table"""

class A:
    rate = 0.5
    def __init__(self, x):
        self.x = x
        self.nxt = None

def chosen(os, i):
    return os[i % len(os)]

def program(x, n):
    a = A(x)
    b = A(x * 2)
    c = A(x * 3)
    os = [a, a, A(4.0 * x)]
    if x > 1.0:
        a.rate = x
    else:
        a = chosen(os, n)
    for o in os:
        o.x += a.x * c.rate
    return [(o.x, o.rate) for o in [a, b, c, *os]]


CASES = (
    (1.5, 1),
    (0.25, 2),
)
