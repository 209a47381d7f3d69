"""Constants: what a number in a framework's program stands for."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from ulpfuzz.fuzzer.formats import Format


def _known_constants(m: Any) -> dict[str, Any]:
    pi, two = m.const("pi"), m.num(2)
    return {
        "pi": pi, "2 pi": 2 * pi, "pi / 2": pi / 2, "1 / pi": 1 / pi, "sqrt(2)": m.sqrt(two), "1 / sqrt(2)": 1 / m.sqrt(two),
        "sqrt(pi)": m.sqrt(pi), "2 / sqrt(pi)": 2 / m.sqrt(pi), "sqrt(2 / pi)": m.sqrt(2 / pi), "1 / sqrt(2 pi)": 1 / m.sqrt(2 * pi),
        "sqrt(2 pi)": m.sqrt(2 * pi), "log(2)": m.const("ln2"), "log(10)": m.const("ln10"), "log(pi)": m.log(pi), "log(2 pi)": m.log(2 * pi),
        "log(2 pi) / 2": m.log(2 * pi) / 2, "1 / log(2)": 1 / m.const("ln2"), "e": m.exp(m.num(1)), "euler": m.const("euler"),
    }  # fmt: skip


def stands_for(value: float, fmt: Format, m: Any) -> tuple[Any, str]:
    """(exact number, text) of the constant that a number was rounded from, once to the format or to binary32 before: a constant of the usual
    ones, or a decimal of up to 6 digits; (None, "") where it is none of these."""
    if not math.isfinite(value) or value == int(value) or math.frexp(value)[0] * 2**12 % 1 == 0:
        return None, ""
    for name, exact in _known_constants(m).items():
        for sign in (1, -1):
            if abs(m.double((sign * exact - m.lift(value)) / exact)[0]) <= 2.0 ** -(24 if fmt.precision >= 24 else fmt.precision):
                return (exact if sign == 1 else -exact), name if sign == 1 else f"-{name}"
    single = float(np.float32(value)) == value
    text = str(np.float32(value)) if single and fmt.precision > 24 else repr(value)
    digits = text.split("e")[0].replace(".", "").replace("-", "").lstrip("0")
    if single and fmt.precision > 24 and len(digits) <= 6:
        return m.num(Fraction(text)), text
    return None, ""
