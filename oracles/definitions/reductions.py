"""Reductions and scans of a vector."""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Vector
from ulpfuzz.oracles.definitions import define


@define("sum")
def total(m: Arithmetic[N], x: Vector[N]) -> N:
    return m.sum(x)


@define("mean")
def mean(m: Arithmetic[N], x: Vector[N]) -> N:
    return m.sum(x) / len(x)


@define("prod")
def prod(m: Arithmetic[N], x: Vector[N]) -> N:
    product = x[0]
    for v in x[1:]:
        product = product * v
    return product


@define("var")
def var(m: Arithmetic[N], x: Vector[N], correction: int = 0) -> N:
    """sum (x_i - mean)^2 / (n - correction); correction 1 is Bessel's, 0 the population variance. Needs n > correction."""
    centre = mean(m, x)
    return m.sum([m.square(v - centre) for v in x]) / (len(x) - correction)


@define("std")
def std(m: Arithmetic[N], x: Vector[N], correction: int = 0) -> N:
    """The square root of var."""
    centre = mean(m, x)
    return m.norm([v - centre for v in x]) / m.sqrt(m.num(len(x) - correction))


@define("logsumexp")
def logsumexp(m: Arithmetic[N], x: Vector[N]) -> N:
    """log sum e^x_i; Blanchard, Higham and Higham, 2021, eq. 1.1."""
    return m.logsumexp(x)


@define("norm")
def norm(m: Arithmetic[N], x: Vector[N], ord: float = 2) -> N:
    """The vector norm (sum |x_i|^p)^(1/p), a norm for p >= 1, and max |x_i| for p = inf; Higham, ASNA (2002), section 6.1."""
    if ord == float("inf"):
        return m.max([m.abs(v) for v in x])
    if ord == 1:
        return m.sum([m.abs(v) for v in x])
    if ord == 2:
        return m.norm(x)
    if ord == 3:
        cubes = m.sum([m.square(v) * m.abs(v) for v in x])
        return m.where(m.eq0(cubes), lambda: m.num(0), lambda: m.exp(m.log(cubes) / 3))
    if not ord > 0:
        raise ValueError(f"norm is defined here for ord > 0, not {ord!r}")
    powers = m.sum([m.where(m.eq0(v), lambda: m.num(0), lambda v=v: m.exp(m.log(m.abs(v)) * m.num(ord))) for v in x])  # type: ignore[misc]
    return m.where(m.eq0(powers), lambda: m.num(0), lambda: m.exp(m.log(powers) / m.num(ord)))


@define("logmeanexp")
def logmeanexp(m: Arithmetic[N], x: Vector[N]) -> N:
    """log of the mean of e^x_i; jax.nn.logmeanexp."""
    return m.logsumexp(x) - m.log(m.num(len(x)))


@define("amax")
def amax(m: Arithmetic[N], x: Vector[N]) -> N:
    return m.max(x)


@define("amin")
def amin(m: Arithmetic[N], x: Vector[N]) -> N:
    return m.min(x)


@define("ptp")
def ptp(m: Arithmetic[N], x: Vector[N]) -> N:
    """max x - min x, "peak to peak"; numpy.ptp."""
    return m.max(x) - m.min(x)


@define("count_nonzero")
def count_nonzero(m: Arithmetic[N], x: Vector[N]) -> N:
    zero, one = m.num(0), m.num(1)
    return m.sum([m.where(m.eq0(v), lambda: zero, lambda: one) for v in x])


@define("sum_of_squares")
def sum_of_squares(m: Arithmetic[N], x: Vector[N], divisor: int = 1) -> N:
    """sum x_i^2 / divisor; tf.nn.l2_loss with divisor 2."""
    return m.sum([m.square(v) for v in x]) / divisor


@define("average")
def average(m: Arithmetic[N], x: Vector[N], w: Vector[N]) -> N:
    """sum w_i x_i / sum w_i; numpy.average."""
    return m.sum([v * q for v, q in zip(x, w, strict=True)]) / m.sum(w)


@define("weighted_variance")
def weighted_variance(m: Arithmetic[N], x: Vector[N], w: Vector[N]) -> N:
    """sum w_i (x_i - a)^2 / sum w_i about the weighted average a; tf.nn.weighted_moments."""
    centre = average(m, x, w)
    return average(m, [m.square(v - centre) for v in x], w)
