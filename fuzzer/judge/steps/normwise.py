"""Steps 5 and 6, beside_whole and normwise: errors that are small beside the whole that an element is a part of, or beside a derivative's
scale."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ulpfuzz.fuzzer.formats import Format
from ulpfuzz.fuzzer.judge.elements import Elements, Numbers
from ulpfuzz.fuzzer.judge.evidence import Evidence, Mask, Rows
from ulpfuzz.fuzzer.judge.rule import Rule
from ulpfuzz.fuzzer.judge.ulps import Array
from ulpfuzz.fuzzer.judge.verdict import Class

Classes = NDArray[np.uint8]


def beside_whole(classes: Classes, numbers: Numbers, elements: Elements, rule: Rule) -> Classes:
    """An error that is small beside the whole is no instability: of a part of a complex number it is inaccurate, of a matrix it is
    right."""
    limit = rule.limit
    if not limit.error_norm:
        return classes
    modulus = moduli(elements.reference.value, limit.error_norm, rule.format)[numbers.places]
    small = numbers.far <= max(limit.ulps, limit.excess) * rule.format.unit_roundoff * modulus
    # Backward stability bounds a matrix's error in norm and promises nothing of its elements (Higham 2002, ch. 7); a part of a complex
    # number has digits of its own to lose.
    milder = Class.inaccurate if limit.error_norm == "parts" else Class.ok
    return np.where(small & (classes > milder), np.uint8(milder), classes)


def normwise(classes: Classes, zero: Mask, numbers: Numbers, elements: Elements, rule: Rule, evidence: Evidence) -> Classes:
    """An error of a derivative that is small beside its scale is inaccurate, not unstable, however small the component. Where the truth is
    zero, no error is small beside it: such an error is the rounding of terms that cancel. zero: the truth may be zero."""
    scale = _scales(elements, numbers.places[0], rule, evidence)
    # A small component is what is left of rounded terms as large as the scale.
    small = numbers.far <= rule.limit.excess * rule.format.unit_roundoff * scale
    classes = np.where(small & (classes == Class.unstable), np.uint8(Class.inaccurate), classes)
    return np.where(small & zero & (classes == Class.inaccurate), np.uint8(Class.ill_conditioned), classes)


def _scales(elements: Elements, rows: Rows, rule: Rule, evidence: Evidence) -> Array:
    """What a derivative's error is measured against normwise: the supremum of rebuilt ones, along the row's cotangent and tangent, and the
    largest component of the row's gradient."""
    value = elements.reference.value
    # Beside an infinite component every error would be small.
    finite = np.where(np.isfinite(value), np.abs(value), 0.0)
    largest = finite.max(axis=1)[rows] if value.shape[1] > 1 else np.zeros(len(rows))
    return np.maximum(largest, float(rule.limit.sup_derivative or 0.0) * evidence.directions[elements.rows[rows]])


def moduli(values: Array, error_norm: str, fmt: Format) -> Array:
    """What the error of each element (rows, outputs) is measured against beside itself: the modulus of the complex number that it is a part
    of ("parts"), the row's largest element ("all"); numbers beyond the format count as its largest."""
    sizes = np.minimum(np.where(np.isnan(values), 0.0, np.abs(values)), fmt.max)
    if error_norm == "parts":
        pairs = sizes.reshape(len(sizes), -1, 2)
        return np.repeat(np.minimum(np.hypot(pairs[..., 0], pairs[..., 1]), fmt.max), 2, axis=1)
    return np.broadcast_to(sizes.max(axis=1, keepdims=True), sizes.shape)
