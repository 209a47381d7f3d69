"""Statistics of samples: order statistics, moments, correlation."""

from __future__ import annotations

from fractions import Fraction

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.reductions import mean, std


def ascending(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """The numbers in order: a network of exchanges of neighbours (odd-even transposition); Knuth, TAOCP 3, section 5.3.4."""
    row = list(x)
    for step in range(len(row)):
        for i in range(step % 2, len(row) - 1, 2):
            row[i], row[i + 1] = m.min([row[i], row[i + 1]]), m.max([row[i], row[i + 1]])
    return row


@define("median")
def median(m: Arithmetic[N], x: Vector[N]) -> N:
    """The middle number in order, the mean of the middle two for even n; numpy.median."""
    row, half = ascending(m, x), len(x) // 2
    return row[half] if len(x) % 2 else (row[half - 1] + row[half]) / 2


@define("lower_median")
def lower_median(m: Arithmetic[N], x: Vector[N]) -> N:
    """The middle number in order, the lower of the middle two for even n; torch.median."""
    return ascending(m, x)[(len(x) - 1) // 2]


@define("quantile")
def quantile(m: Arithmetic[N], x: Vector[N], q: float = 0.5, method: str = "linear") -> N:
    """The number at place h = (n - 1) q in order; between floor(h) and ceil(h) by `method`; Hyndman and Fan, 1996, definition 7."""
    row, place = ascending(m, x), (len(x) - 1) * Fraction(q)
    below = int(place)
    above = below + (place > below)
    low, high, part = row[below], row[above], place - below
    if method == "nearest":
        part = Fraction(round(part))
    share = {"linear": part, "nearest": part, "lower": Fraction(0), "higher": Fraction(1), "midpoint": Fraction(1, 2)}[method]
    return low if share == 0 else high if share == 1 else low * (1 - share) + high * share


@define("covariance")
def covariance(m: Arithmetic[N], x: Vector[N], y: Vector[N], correction: int = 1) -> N:
    """sum (x_i - mean x)(y_i - mean y) / (n - correction); numpy.cov."""
    a, b = mean(m, x), mean(m, y)
    return m.sum([(v - a) * (w - b) for v, w in zip(x, y, strict=True)]) / (len(x) - correction)


@define("correlation")
def correlation(m: Arithmetic[N], x: Vector[N], y: Vector[N]) -> N:
    """Pearson's: the covariance over the product of the standard deviations; numpy.corrcoef. Undefined where one of these is 0."""
    a, b = mean(m, x), mean(m, y)
    towards = (m.direction([v - a for v in x]), m.direction([w - b for w in y]))
    return m.sum([v * w for v, w in zip(*towards, strict=True)])


@define("standard_error")
def standard_error(m: Arithmetic[N], x: Vector[N], correction: int = 1) -> N:
    """The standard deviation over sqrt n; scipy.stats.sem."""
    return std(m, x, correction) / m.sqrt(m.num(len(x)))


@define("rank_data")
def rank_data(m: Arithmetic[N], x: Vector[N], method: str = "average") -> Vector[N]:
    """The place of each number in order, from 1; equal ones share the average, least or greatest of theirs; scipy.stats.rankdata."""
    zero, one = m.num(0), m.num(1)

    def count(v: N) -> tuple[N, N]:
        below = m.sum([m.where(m.lt(w, v), lambda: one, lambda: zero) for w in x])
        above = m.sum([m.where(m.lt(v, w), lambda: one, lambda: zero) for w in x])
        return below + 1, len(x) - above

    shares = {"average": Fraction(1, 2), "min": Fraction(0), "max": Fraction(1)}
    return [least * (1 - shares[method]) + most * shares[method] for least, most in map(count, x)]
