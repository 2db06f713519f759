"""value: an attribute that is None in a table on one path, an object on the other"""

class A:
    def __init__(self, x):
        self.x, self.nxt = x, None

def program(x, n):
    a = A(x)
    b = A(1.5)
    c = A(1.0)
    os = [a, b, A(x + 1.0)]
    if n < 2:
        (b if x > os[n % 3].x else a).x *= 0.5
    else:
        a.nxt = c
    return [(o.x, o.nxt is None) for o in [a, b, c]]


CASES = (
    (1.25, 1),
    (1.25, 2),
)
