"""What a trace prints: a truth of forty digits is shortened, never changed."""

from __future__ import annotations

import pytest

from ulpfuzz.fuzzer.trace.result import shortened


@pytest.mark.parametrize(
    ("truth", "length", "text"),
    [
        ("-8.891306229650131369842e-13", 12, "-8.891306229e-13"),
        ("0.0000017301572182403183", 12, "0.0000017301"),
        ("200000003009493243975337.6", 12, "2e+23"),
        ("12345678901234567890.25", 12, "1.2346e+19"),
        ("-135.3378912866991041368", 24, "-135.3378912866991041368"),
        ("123456789012.75", 12, "123456789012"),
    ],
)
def test_a_shortened_number_keeps_its_size(truth: str, length: int, text: str) -> None:
    assert shortened(truth, length) == text
    assert float(text) == pytest.approx(float(truth), rel=1e-4)
