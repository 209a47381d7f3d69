"""Multiples of pi/2 in a format, and the numbers of the format that come closest to one.

Where a trigonometric argument is hardest to reduce is a fact of the format, not of an op, so it needs no oracle: the numbers
m 2^e nearest to q pi/2 are numerators of convergents of (pi/2) 2^-e (Kahan, "Minimizing q*m - n", 1983; Muller et al.,
Handbook of Floating-Point Arithmetic, section 11.3).
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np

from ulpfuzz.fuzzer.formats import Format


@cache
def half_pi_multiples(fmt: Format) -> tuple[int, ...]:
    """Ordinals of the format's numbers nearest to k pi/2 for k = 1..64 and powers of two, ascending by k."""
    pi = _pi(fmt.emax + 2 * fmt.precision + 64)
    largest = Fraction(fmt.max)
    multiples = [*range(1, 65), *(1 << j for j in range(7, fmt.emax))]
    values = [fmt.round_exact(k * pi / 2) for k in multiples if k * pi / 2 < largest]
    return tuple(int(o) for o in fmt.ordinals(np.asarray(values, dtype=np.float64).astype(fmt.dtype)))


@cache
def hardest_half_pi(fmt: Format) -> tuple[int, ...]:
    """Ordinals of the number closest to a multiple of pi/2 among the m 2^e, m < 2^p, for each exponent e, ascending."""
    pi = _pi(fmt.emax + 4 * fmt.precision + 64)
    candidates: set[float] = set()
    for exponent in range(1 - fmt.precision, fmt.emax - fmt.precision + 2):
        ratio = pi / 2 / Fraction(2) ** exponent
        best = _last_numerator(ratio.numerator, ratio.denominator, 1 << fmt.precision)
        candidates.add(float(best * Fraction(2) ** exponent))
    values = np.asarray(sorted(v for v in candidates if 0 < v <= fmt.max), dtype=np.float64)
    return tuple(int(o) for o in fmt.ordinals(values.astype(fmt.dtype)))


def _last_numerator(numerator: int, denominator: int, limit: int) -> int:
    """The largest numerator below `limit` among the convergents of numerator/denominator."""
    previous, current = 0, 1
    while denominator:
        quotient, remainder = divmod(numerator, denominator)
        following = quotient * current + previous
        if following >= limit:
            break
        previous, current = current, following
        numerator, denominator = denominator, remainder
    return current


@cache
def _pi(bits: int) -> Fraction:
    """pi to `bits` bits, by Machin's formula 16 atan(1/5) - 4 atan(1/239)."""
    one = 1 << (bits + 32)

    def arctan_of_inverse(n: int) -> int:
        term = total = one // n
        k, sign = 1, 1
        while term:
            term //= n * n
            k, sign = k + 2, -sign
            total += sign * (term // k)
        return total

    return Fraction(4 * (4 * arctan_of_inverse(5) - arctan_of_inverse(239)), one)
