"""value: whether an object is the first of a list that one path sorted"""

class A:
    rate = 0.5
    def __init__(self, x):
        self.x = x
    def __lt__(self, other):
        return self.x < other.x

def program(x, n):
    a = A(x)
    os = [a, a, A(1.0)]
    if n < 2:
        x = x + 1.0
    else:
        os = sorted(os, reverse=True)
    return a is os[0]


CASES = (
    (1.5, 1),
    (0.25, 2),
)
