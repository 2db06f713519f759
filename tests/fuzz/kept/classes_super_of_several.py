"""internal: super() in a method of one of several objects of unlike classes"""

def program(x, n):
    class A:
        def __init__(self, x, k=0):
            self.x, self.k = x, k
        def get(self, s):
            return self.x + 0.5 * s
        def __lt__(self, other):
            return self.x < other.x
    class B(A):
        def get(self, s):
            return super().get(s) - self.x * 0.5
    class D(B):
        pass
    os = [A(x), D(0.5), B(x*x)]
    s = min(os).get(0.5)
    return s


CASES = (
    (1.5, 1),
    (0.25, 2),
)
