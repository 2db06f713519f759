"""exception: words for properties without setter, getter or deleter; super() of another class"""

def program(x, n):
    class A:
        def __init__(self, x, k=0):
            self.x, self.k = x, k
        def get(self, s):
            return self.x + 0.5 * s
        @property
        def p(self):
            return 1.0
        q = property(fset=None)
    class B(A):
        def get(self, s):
            return super().get(s) - self.x * 0.5
    if n == 1:
        A(x).p = 1.0
    if n == 2:
        return A(x).q
    if n == 3:
        del A(x).p
    if n == 4:
        return B.get(A(x), 0.5)
    try:
        return B.get(A(x), 0.5)
    except TypeError as e:
        return str(e)


CASES = (
    (1.0, 1),
    (1.0, 2),
    (1.0, 3),
    (1.0, 4),
    (1.0, 5),
)
