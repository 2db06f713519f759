"""The module `statistics`, for floats, in plain Python.

CPython adds up exactly; here sums carry their rounding errors along (`math.fsum`).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from anvil.library.refusal import refuse
from anvil.parser.context import Context
from anvil.parser.library_table import Intrinsic
from anvil.parser.state.values import Abstract

_Error = statistics.StatisticsError


def _floats(data: Any) -> Any:
    """The data as a list of floats; ints among floats are floats."""
    values = list(data)
    kinds = [isinstance(v, float) for v in values]
    if not all(kinds) and not any(kinds):
        refuse("unsupported-argument", "the functions of `statistics` are compiled for floats")
    for v in values:
        if not isinstance(v, float | int):
            refuse("unsupported-argument", "the functions of `statistics` are compiled for floats")
    return [float(v) for v in values]


def _as_in(value: Any, data: Any) -> Any:
    """A float of the class that the data have."""
    if any(isinstance(v, np.float64) for v in data):
        return np.float64(value)
    return value


def _mean(data: Any) -> Any:
    data = list(data)
    if len(data) < 1:
        raise _Error("mean requires at least one data point")
    return _as_in(math.fsum(_floats(data)) / len(data), data)


def _fmean(data: Any) -> Any:
    data = list(data)
    if len(data) < 1:
        raise _Error("fmean requires at least one data point")
    return math.fsum(data) / len(data)


def _harmonic_mean(data: Any) -> Any:
    data = list(data)
    if len(data) < 1:
        raise _Error("harmonic_mean requires at least one data point")
    values = _floats(data)
    for v in values:
        if v < 0:
            raise _Error("harmonic mean does not support negative values")
        if v == 0.0:
            return np.float64(0.0) if any(isinstance(v, np.float64) for v in data) else 0
    if len(data) == 1:
        return data[0]
    return _as_in(len(data) / math.fsum([1.0 / v for v in values]), data)


def _squares(data: Any, center: Any) -> Any:
    """The sum of squared distances from the mean, or from what is given for it."""
    values = _floats(data)
    if center is not None:
        return math.fsum([(v - center) ** 2 for v in values])
    n = len(values)
    mean = math.fsum(values) / n
    gone = math.fsum([v - mean for v in values])
    return math.fsum([(v - mean) ** 2 for v in values]) - gone * gone / n


def _variance(data: Any, xbar: Any = None) -> Any:
    data = list(data)
    if len(data) < 2:
        raise _Error("variance requires at least two data points")
    return _as_in(_squares(data, xbar) / (len(data) - 1), data)


def _pvariance(data: Any, mu: Any = None) -> Any:
    data = list(data)
    if len(data) < 1:
        raise _Error("pvariance requires at least one data point")
    return _as_in(_squares(data, mu) / len(data), data)


def _stdev(data: Any, xbar: Any = None) -> Any:
    data = list(data)
    if len(data) < 2:
        raise _Error("stdev requires at least two data points")
    return math.sqrt(_squares(data, xbar) / (len(data) - 1))


def _pstdev(data: Any, mu: Any = None) -> Any:
    data = list(data)
    if len(data) < 1:
        raise _Error("pstdev requires at least one data point")
    return math.sqrt(_squares(data, mu) / len(data))


def _median(data: Any) -> Any:
    data = sorted(data)
    n = len(data)
    if n == 0:
        raise _Error("no median for empty data")
    if n % 2 == 1:
        return data[n // 2]
    return (data[n // 2 - 1] + data[n // 2]) / 2


def _median_low(data: Any) -> Any:
    data = sorted(data)
    if len(data) == 0:
        raise _Error("no median for empty data")
    return data[(len(data) - 1) // 2]


def _median_high(data: Any) -> Any:
    data = sorted(data)
    if len(data) == 0:
        raise _Error("no median for empty data")
    return data[len(data) // 2]


def _geometric_mean(data: Any) -> Any:
    data = list(data)
    try:
        return math.exp(math.fsum([math.log(v) for v in data]) / len(data))
    except (ValueError, ZeroDivisionError):
        raise _Error(
            "geometric mean requires a non-empty dataset containing positive numbers"
        ) from None


def _known_or(host: Callable[..., Any], rule: Callable[..., Any] | None) -> Intrinsic:
    """A function of known data, run while compiling, and what is compiled for others."""

    def run(ctx: Context, data: Any, *args: Any) -> Abstract:
        if rule is None or all(map(ctx.is_known, (data, *args))):
            what = "the data of this function"
            given = [ctx.known(v, what) for v in (data, *args)]
            try:
                return ctx.constant(host(*given))
            except _Error as problem:
                ctx.fail(_Error, str(problem))
        made: Abstract = ctx.session.calls.call_entry(ctx, rule, [data, *args], {})
        return made

    return Intrinsic(run)


FUNCTIONS: dict[Any, Any] = {
    statistics.mean: _known_or(statistics.mean, _mean),
    statistics.fmean: _known_or(statistics.fmean, _fmean),
    statistics.variance: _known_or(statistics.variance, _variance),
    statistics.pvariance: _known_or(statistics.pvariance, _pvariance),
    statistics.stdev: _known_or(statistics.stdev, _stdev),
    statistics.pstdev: _known_or(statistics.pstdev, _pstdev),
    statistics.median: _known_or(statistics.median, _median),
    statistics.median_low: _known_or(statistics.median_low, _median_low),
    statistics.median_high: _known_or(statistics.median_high, _median_high),
    statistics.geometric_mean: _known_or(statistics.geometric_mean, _geometric_mean),
    statistics.harmonic_mean: _known_or(statistics.harmonic_mean, _harmonic_mean),
    statistics.mode: _known_or(statistics.mode, None),
    statistics.multimode: _known_or(statistics.multimode, None),
}
