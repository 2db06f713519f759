"""value: items of a dict that is written to while it is looped over"""


def program(table):
    d12 = dict(table)
    for _, e14 in d12.items():
        d12["c"] *= e14
    for e15, i in zip(d12.values(), range(3)):
        d12["b"] += e15 * i
    for i, e16 in enumerate(d12.values()):
        d12["c"] -= e16 * i
    return [d12["a"], d12["b"], d12["c"]]


CASES = (
    ({"a": 2.057, "b": -3.94, "c": -1.394},),
    ({"a": -0.199, "b": 1.38, "c": 0.732},),
)
