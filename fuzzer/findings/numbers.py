"""How reports print numbers: shortest decimals, trimmed hex floats, ulps, counts."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from fractions import Fraction

import numpy as np

from ulpfuzz.fuzzer.formats import FORMATS, format_named

#: Formats by name, those of complex numbers as well.
DTYPES = (*FORMATS, "complex64", "complex128")


def decimal(value: float, dtype: str) -> str:
    """The shortest decimal that rounds to this number in its format (17 digits where the format is unknown)."""
    if not math.isfinite(value):
        return special(value)
    if value == 0:
        return "-0.0" if math.copysign(1.0, value) < 0 else "0.0"
    fmt = FORMATS.get(dtype)
    for digits in range(1, 18):
        text = f"{value:.{digits - 1}e}"
        back = float(text)
        if back == value or (fmt is not None and float(fmt.round(np.float64(back))) == value):  # type: ignore[arg-type]
            return layout(Decimal(text))
    return layout(Decimal(repr(value)))


def special(value: float) -> str:
    """nan, inf or -inf, as Python spells them."""
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def layout(value: Decimal) -> str:
    """A decimal as one writes it: positional from 1e-4 to 1e7, else 1.87e38."""
    if value.is_nan() or value.is_infinite():
        return special(float(value))
    if value == 0:
        return "-0.0" if value.is_signed() else "0.0"
    exponent = value.adjusted()
    if -4 <= exponent < 7:
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return text if "." in text else text + ".0"
    return f"{_mantissa(value)}e{exponent}"


def _mantissa(value: Decimal) -> str:
    text = f"{value.scaleb(-value.adjusted()):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


#: A number as truths are written; no integer of Python has more digits than an exponent here.
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,4000})?|[+-]?inf", re.ASCII)


def is_truth(text: str) -> bool:
    """Whether a stored text is a truth: decimal digits whose exponent may lie anywhere, nan, an infinity, or an interval [low, high] of two
    such numbers; or "", where nobody knows it."""
    if text.startswith("["):
        ends = text[1:-1].split(", ")
        return text.endswith("]") and len(ends) == 2 and all(map(_NUMBER.fullmatch, ends))
    return text in ("", "nan") or _NUMBER.fullmatch(text) is not None


def parse(text: str) -> Decimal:
    """A stored decimal string (inf included); NaN where it is none, or too far away for a Decimal."""
    try:
        return Decimal(text if _NUMBER.fullmatch(text) else "nan")
    except InvalidOperation:
        return Decimal("nan")


#: Exponents beyond which truths are shown as text: `decimal` shifts none by more than two million digits, and reads none beyond 10^18.
FAR = 100_000


def rounded(value: Decimal, digits: int) -> Decimal:
    return Context(prec=digits, rounding=ROUND_HALF_EVEN, Emax=10**15, Emin=-(10**15)).plus(value)


#: Digits beyond which a number that looks whole may be shown as such.
WHOLE = 12


def shown(value: Decimal, digits: int) -> Decimal:
    """The value to `digits` significant digits, or to more where the rounding would look whole: 6922.95 must not show as 6920.0."""
    if not value.is_finite() or not -4 <= value.adjusted() < 7:
        return rounded(value, digits)
    near = (rounded(value, more) for more in range(digits, WHOLE))
    return next((v for v in near if v == value or v != v.to_integral_value()), rounded(value, max(digits, WHOLE)))


def truth(text: str, digits: int) -> str:
    """A stored truth in `digits` digits, however far its exponent; an interval, and what is no truth, stands as it is."""
    if text.startswith("[") or not is_truth(text):
        return text
    mantissa, _, written = text.partition("e")
    exponent = int(written or 0)
    if abs(exponent) <= FAR:
        return layout(shown(parse(text), digits))
    value = rounded(parse(mantissa), digits)
    return f"{_mantissa(value)}e{exponent + value.adjusted()}" if value else layout(value)


def contrast(answer: float, exact: str) -> tuple[str, str]:
    """Answer and stored truth in as few digits as show the difference, and one more; at least three."""
    if not math.isfinite(answer):
        return special(answer), truth(exact, 3)
    if answer == 0:
        return decimal(answer, ""), truth(exact, 4)
    left, right = Decimal(answer), parse(exact)
    if not right.is_finite() or abs(right.adjusted()) > FAR:
        return layout(shown(left, 3)), truth(exact, 3)
    for digits in range(3, 18):
        # One more digit must tell them apart as well: 0.00435950001 and 0.0043594999 differ in four digits, and not in five.
        if all(rounded(left, d) != rounded(right, d) for d in (digits, digits + 1)):
            return layout(shown(left, digits + 1)), layout(shown(right, digits + 1))
    return layout(rounded(left, 18)), layout(rounded(right, 18))


def brief(value: float, dtype: str, digits: int = 0) -> str:
    """A number where room is short: without ".0", and to `digits` significant digits where the exact decimal has more (0: exact).

    A number near a shorter one, but not it, stays told from it: 1+1ulp. No rounding leaves the format: the largest number of float64 is
    1.797e308, not 1.8e308.
    """
    text = decimal(value, dtype).removesuffix(".0") or "0"
    bare = text.lstrip("-").partition("e")[0].replace(".", "").strip("0")
    if not digits or not math.isfinite(value) or len(bare) <= digits:
        return "0" if text == "0.0" else text
    fmt = format_named(dtype)
    short = float(f"{value:.{digits - 1}e}")
    nearest = float(fmt.round(np.float64(short)))  # type: ignore[arg-type]
    if not math.isfinite(nearest):
        short = float(Context(prec=digits, rounding=ROUND_DOWN).plus(Decimal(value)))
        return layout(Decimal(f"{short:.{digits - 1}e}")).removesuffix(".0")
    shown_short = layout(Decimal(f"{short:.{digits - 1}e}")).removesuffix(".0")
    steps = int(np.subtract(*fmt.ordinals(np.array([value, nearest], fmt.dtype))))
    return f"{shown_short}{steps:+d}ulp" if 0 < abs(steps) <= NEAR and len(shown_short) <= digits else shown_short


#: So many ulps beside a short number are told as such.
NEAR = 8


def beyond_format(text: str, dtype: str) -> str:
    """What a stored truth rounds to where it lies beyond the format: "inf", "-inf", "0" or "-0"; "" within it, and where it is no number.

    Round to nearest: at and beyond W = (2 - 2^-p) 2^emax infinity is right, below half the least subnormal number zero.
    """
    if text.startswith("[") or not is_truth(text):
        return ""
    mantissa, _, written = text.partition("e")
    value = parse(mantissa)
    if not value.is_finite() or not value or dtype not in DTYPES:
        return ""
    sign, exponent, fmt = "-" if value.is_signed() else "", int(written or 0), format_named(dtype)
    if abs(exponent) > FAR:
        return sign + ("inf" if exponent > 0 else "0")
    exact = abs(Fraction(value)) * Fraction(10) ** exponent
    if exact >= fmt.overflow_threshold:
        return f"{sign}inf"
    return f"{sign}0" if exact <= Fraction(fmt.min_subnormal) / 2 else ""


def hexadecimal(value: float | str) -> str:
    """A C99 hex float without trailing zeros: 0x1.19p+127; 0x0p+0."""
    number = float.fromhex(value) if isinstance(value, str) else value
    if not math.isfinite(number):
        return special(number)
    mantissa, exponent = float.hex(number).split("p")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}p{exponent}"


def measure(value: float | None) -> str:
    """A size such as an error in ulps: three significant digits, infinity as a sign, a dash where there is none."""
    if value is None or math.isnan(value):
        return "-"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value == 0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"


def count(value: int) -> str:
    return f"{value:,}"


def share(value: float) -> str:
    """A share in percent, never rounded to 0 % or 100 % unless it is."""
    if value in (0.0, 1.0):
        return f"{value:.0%}"
    return f"{value:.2g}" if math.isnan(value) else f"{100 * value:.3g} %"


def duration(seconds: float) -> str:
    if not math.isfinite(seconds):
        return "-"
    if seconds < 120:
        return f"{seconds:.3g} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"


def witness(at: Mapping[str, str]) -> str:
    """The inputs of a case, name -> C99 hex: the number alone where there is one, else x = ..., y = ..."""
    told = {name: f"{float.fromhex(text):.9g}" for name, text in at.items()}
    return next(iter(told.values())) if len(told) == 1 else ", ".join(f"{name} = {value}" for name, value in told.items())
