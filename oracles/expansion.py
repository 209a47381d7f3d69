"""Expansion: where a function of one number lies over a neighbourhood of a point, by its Taylor polynomial there and Lagrange's remainder.

The natural enclosure and the mean-value form lose what the terms of a formula have in common: of (cos x - sin(x)/x)/x beside 0 they know nothing,
although it is -x/3 there. The coefficients of a polynomial are taken at the point itself, where precision alone settles what cancels; only the
remainder is taken over the neighbourhood, and each further term multiplies it by the neighbourhood's relative width.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from flint import arb, fmpq

from ulpfuzz.oracles.arithmetic.series import NotKnown, Series
from ulpfuzz.oracles.function import Function

#: How often each order differentiates a function of one number.
DERIVATIVES = {"value": 0, "grad": 1, "jvp": 1, "grad2": 2}
#: (bits, terms), the cheapest first. What cancels at the least number of binary64 takes twice its exponent in bits, and as many terms as make up
#: for it at 49 bits a term.
DEPTHS = ((512, 12), (2560, 48))


def interval(x: float, width: float, domain: tuple[float, float]) -> arb:
    """[x - width, x + width], clipped to the domain where x lies inside; exact where nothing is clipped."""
    if domain[0] < x - 2 * width and x + 2 * width < domain[1]:
        return arb(x, width)
    low, high = Fraction(x) - Fraction(width), Fraction(x) + Fraction(width)
    if abs(domain[0]) < float("inf") and domain[0] <= x:
        low = max(low, Fraction(domain[0]))
    if abs(domain[1]) < float("inf") and domain[1] >= x:
        high = min(high, Fraction(domain[1]))
    middle, radius = (low + high) / 2, (high - low) / 2
    return arb(_arb(middle), _arb(radius))


def _arb(value: Fraction) -> arb:
    return arb(fmpq(value.numerator, value.denominator))


def expansions(function: Function, x: float, width: float) -> Iterator[arb]:
    """Enclosures of the one output of a function of one number over [x - width, x + width], clipped to its domain, at growing effort.

    Of a derivative the series of the function itself is differentiated term by term. Nothing comes where the function is no composition of smooth
    ones on all of the neighbourhood, or where FLINT has no series of a part.
    """
    order = DERIVATIVES[function.order]
    value = replace(function, order="value")
    (name,) = function.inputs
    for bits, terms in DEPTHS:
        with Series(bits, terms + order) as m:
            around = interval(x, width, function.domain(name))
            try:
                at_point, over = (_coefficients(m, value, name, ball, order) for ball in (arb(x), around))
            except (NotKnown, ZeroDivisionError, ValueError):
                return
            # power: t^k, by multiplication, since FLINT takes powers of balls around 0 by logarithms.
            step, total, power, best = around - arb(x), arb(0), arb(1), arb.nan()
            for there, anywhere in zip(at_point, over, strict=True):
                # Lagrange: f(x + t) = sum_{i < k} f_i t^i + f_k(xi) t^k for a xi of the neighbourhood.
                enclosure = total + anywhere * power
                if enclosure.is_finite() and (not best.is_finite() or enclosure.rad() < best.rad()):
                    best = enclosure
                total += there * power
                power *= step
        if best.is_finite():
            yield best


def _coefficients(m: Series, value: Function, name: str, ball: arb, order: int) -> list[arb]:
    """The Taylor coefficients of the derivative of an order, over a ball."""
    (output,) = value.outputs(m, {name: m.around(ball)})
    series = m.num(output).v
    for _ in range(order):
        series = series.derivative()
    return [series[k] for k in range(m.terms - order)]
