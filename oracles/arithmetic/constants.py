"""Constants of the protocol as exact rationals."""

from __future__ import annotations

from fractions import Fraction

#: Constants to 50 digits (OEIS A000796, A002162, A002392, A001620), more than any vectorised arithmetic holds.
CONSTANTS: dict[str, Fraction] = {
    "pi": Fraction("3.14159265358979323846264338327950288419716939937510"),
    "ln2": Fraction("0.69314718055994530941723212145817656807550013436025"),
    "ln10": Fraction("2.30258509299404568401799145468436420760110148862877"),
    "euler": Fraction("0.57721566490153286060651209008240243104215933593992"),
}
