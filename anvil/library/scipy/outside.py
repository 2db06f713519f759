"""Functions of SciPy that call back or return objects of their own: refused, with what to do
instead.
"""

from __future__ import annotations

from typing import Any, NoReturn

from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic

_MINIMISE = (
    "Call it outside of compiled code and pass compiled functions: "
    "`minimize(anvil.value_and_grad(f), x0, jac=True)`; or write the iteration as a loop."
)
_ROOT = (
    "Call it outside of compiled code with `fprime=anvil.grad(f)` or `jac=anvil.jacobian(f)`; "
    "inside, write Newton's iteration as a loop, which is differentiated."
)
_STEPS = (
    "Call it outside of compiled code with `anvil.jit(f)`; inside, write the steps as a loop, "
    "which is compiled and differentiated."
)
_QUADRATURE = (
    "Inside, evaluate the function at nodes, `np.polynomial.legendre.leggauss(n)` taken outside, "
    "and sum; or call it outside of compiled code."
)
_PIECES = (
    "Use `np.interp`, `interp1d`, `CubicSpline`, or "
    "`scipy.ndimage.map_coordinates(..., order=1)` on a grid."
)

HINTS: dict[str, tuple[str, str]] = {
    "scipy.optimize": (
        _MINIMISE,
        "minimize minimize_scalar least_squares curve_fit differential_evolution dual_annealing "
        "basinhopping shgo linprog milp fmin fmin_bfgs fmin_cg fmin_l_bfgs_b fmin_powell "
        "linear_sum_assignment nnls lsq_linear",
    ),
    "scipy.optimize ": (
        _ROOT,
        "root root_scalar fsolve brentq brenth ridder bisect newton toms748 fixed_point broyden1",
    ),
    "scipy.integrate": (_STEPS, "solve_ivp odeint solve_bvp ode RK45 DOP853 Radau BDF LSODA"),
    "scipy.integrate ": (_QUADRATURE, "quad quad_vec dblquad tplquad nquad fixed_quad romb"),
    "scipy.interpolate": (
        _PIECES,
        "PchipInterpolator Akima1DInterpolator BSpline UnivariateSpline "
        "make_interp_spline splrep splev RegularGridInterpolator interpn griddata RBFInterpolator "
        "LinearNDInterpolator NearestNDInterpolator BarycentricInterpolator",
    ),
}
"""By module: what to do instead, and the names."""


def _refused(name: str, hint: str) -> Intrinsic:
    def run(ctx: Context, *args: Any, **kwargs: Any) -> NoReturn:
        ctx.error("unsupported-call", f"{name} is not compiled", hint=hint)

    return Intrinsic(run)


REFUSED: dict[str, Any] = {
    f"{module.strip()}.{name}": _refused(f"{module.strip()}.{name}", hint)
    for module, (hint, names) in HINTS.items()
    for name in names.split()
}
"""Entries that refuse."""
