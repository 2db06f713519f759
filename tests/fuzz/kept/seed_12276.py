"""exception: none for TypeError: a float indexed a row of a list of lists"""


def program(n):
    for i14 in range(n):
        rows15 = [[1.0 for j in range(3)] for i in range(2)]
        rows15[i14 % 2][1.0] = 0
    return rows15


CASES = ((3,), (2,))
