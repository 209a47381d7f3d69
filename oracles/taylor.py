"""Taylor models: a function of one number over an interval as a polynomial in binary64 with a bound of everything that it is off.

f(x) = sum_{k<n} f_k t^k + R, t = x - c, where |R| <= max |f^(n)/n!| r^n over the interval (Lagrange's remainder), all of it enclosed by series
over Arb balls (ulpfuzz.oracles.arithmetic.series). A hundred thousand neighbouring numbers then cost a dozen multiplications each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb_series
from numpy.typing import NDArray

from ulpfuzz.oracles import rigorous
from ulpfuzz.oracles.arithmetic.series import NotKnown, Series, cut
from ulpfuzz.oracles.function import Function

#: Terms of the series at most, and its precision: what cancels in a definition (x + sqrt(x^2 + 1), say) costs bits.
TERMS, BITS = 14, 192
#: What the remainder may be beside the least value.
REMAINDER = 2.0**-56
U = 2.0**-53


@dataclass(frozen=True)
class Taylor:
    """|f(x) - value(x)| <= radius for every binary64 x of the interval around `centre` with x - centre exact, where least <= |f(x)| <= most,
    least > 0."""

    centre: float
    coefficients: tuple[float, ...]
    rest: float  # of the constant term, beside its binary64
    radius: float
    least: float
    most: float

    def values(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """The polynomial at these numbers, by Horner's rule."""
        t = x - self.centre
        constant, *others = self.coefficients
        if not others:
            return np.full_like(x, constant)
        y = np.full_like(t, others[-1])
        for coefficient in others[-2::-1]:
            y *= t
            y += coefficient
        y *= t
        y += self.rest
        y += constant
        return y


def taylor(function: Function, low: float, high: float, tolerance: float) -> Taylor | None:
    """The model over [low, high], binary64 numbers so near each other that differences to their middle are exact; None where there is none
    with a radius of at most `tolerance` beside the least value."""
    (name,) = function.inputs
    bottom, top = function.domain(name)
    centre = low / 2 + high / 2
    if not (bottom <= low < high <= top and low < centre < high):
        return None
    reach = max(high - centre, centre - low)
    try:
        with Series(BITS, TERMS) as m:
            outputs = [m.num(n).v for n in function.outputs(m, {name: m.variable(low, high)})]
            if len(outputs) != 1 or not outputs[0][0].is_finite():
                return None
            (whole,) = outputs
            least, most = float(whole[0].abs_lower()) * (1 - 2 * U), float(whole[0].abs_upper()) * (1 + 2 * U)
            if not 0 < least <= most < np.inf:
                return None
            terms = cut(whole, min(TERMS, whole.prec), reach, REMAINDER * least)
            if terms is None:
                return None
            (point,) = (m.num(n).v for n in function.outputs(m, {name: m.variable(centre, centre)}))
            if point.prec < terms[0] or not all(point[k].is_finite() for k in range(terms[0])):
                return None
            return _model(point, centre, reach, terms, (least, most), tolerance)
    except (NotKnown, ZeroDivisionError, ValueError):
        return None


def _model(
    point: arb_series, centre: float, reach: float, terms: tuple[int, float], sizes: tuple[float, float], tolerance: float
) -> Taylor | None:
    """The radius: Lagrange's remainder; the coefficients' own radii and their rounding to binary64; the rounding of Horner's rule, at most
    2(n - k) + 3 operations after the k-th coefficient (Higham, Accuracy and Stability, 5.1), and one of the last sum."""
    (count, remainder), (least, most) = terms, sizes
    parts = [rigorous.split(point[k]) for k in range(count)]
    coefficients, rest = tuple(value for value, _, _ in parts), parts[0][1]
    off, weight = remainder + parts[0][2] + abs(parts[0][1]) * 4 * U, 0.0
    for k in range(1, count):
        value, lower, radius = parts[k]
        size = reach**k * (1 + 2 * k * U)
        off += (abs(lower) + radius) * size
        weight += abs(value) * size
    operations = 2 * count + 4
    radius = (off + weight * operations * U * 1.01 + most * U * 1.01) * (1 + 2.0**-40) + 2.0**-1060
    if not (np.isfinite(radius) and radius <= tolerance * least and np.isfinite(coefficients).all()):
        return None
    return Taylor(centre, coefficients, rest, radius, least, most)
