"""Colours by sixths of the circle in exact rationals, images by sums in another order."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import Truth, by_fractions

Vector = list[Any]
Matrix = list[list[Any]]


def _weights(*columns: tuple[float, ...]) -> Truth:
    """The sum of the columns times the numbers of a colour, as decimals."""
    exact = [[Fraction(str(v)) for v in column] for column in columns]

    def truth(x: Vector) -> Vector:
        return [sum((v * column[i] for v, column in zip(x, exact, strict=True)), Fraction(0)) for i in range(len(exact[0]))]

    return by_fractions(truth)


#: The channels by size -> the place of that sixth of the circle and the direction in which the middle one moves through it.
SECTORS = {(0, 1, 2): (0, 1), (1, 0, 2): (2, -1), (1, 2, 0): (2, 1), (2, 1, 0): (4, -1), (2, 0, 1): (4, 1), (0, 2, 1): (6, -1)}


def _hsv(x: Vector) -> Vector:
    """From the channels in order of size."""
    order = sorted(range(3), key=lambda i: (-x[i], i))
    top, middle, low = (x[i] for i in order)
    if top == low:
        return [Fraction(0), Fraction(0), top]
    start, way = SECTORS[order[0], order[1], order[2]]
    hue = (start + way * (middle - low) / (top - low)) / 6
    return [hue if hue < 1 else Fraction(0), 1 - low / top, top]


def _rgb(x: Vector) -> Vector:
    """By the sixth of the circle, as colorsys does."""
    hue, saturation, value = x
    sector = int(hue * 6)
    part = hue * 6 - sector
    low, falling, rising = (value * (1 - saturation * share) for share in (Fraction(1), part, 1 - part))
    parts = {0: (value, rising, low), 1: (falling, value, low), 2: (low, value, rising), 3: (low, falling, value)}
    return list({**parts, 4: (rising, low, value), 5: (value, low, falling)}[sector % 6])


def _saturate(x: Vector, factor: float) -> Vector:
    hue, saturation, value = _hsv(x)
    return _rgb([hue, min(Fraction(1), saturation * Fraction(factor)), value])


def _rotate(x: Vector, delta: float) -> Vector:
    hue, saturation, value = _hsv(x)
    return _rgb([(hue + Fraction(delta)) % 1, saturation, value])


def _flat(x: Matrix) -> Vector:
    return [v for row in x for v in row]


def _contrast(x: Matrix, factor: float) -> Vector:
    flat = _flat(x)
    mean = sum(flat) / Fraction(len(flat))
    return [Fraction(factor) * v + (1 - Fraction(factor)) * mean for v in flat]


def _standardised(x: Matrix) -> Vector:
    flat = _flat(x)
    n = len(flat)
    mean = mp.fsum(flat) / n
    variance = mp.fsum(v * v for v in flat) / n - mean**2
    return [(v - mean) / mp.sqrt(max(variance, mpf(1) / n)) for v in flat]


def _variation(x: Matrix) -> Fraction:
    """|a - b| = 2 max(a, b) - a - b."""
    lines = [*x, *([row[j] for row in x] for j in range(len(x[0])))]
    return sum((2 * max(a, b) - a - b for line in lines for a, b in pairwise(line)), Fraction(0))


def _gradients(x: Matrix) -> Vector:
    below, beside = [*x[1:], x[-1]], [[*row[1:], row[-1]] for row in x]
    return [a - b for other in (below, beside) for a, b in zip(_flat(other), _flat(x), strict=True)]


def _sobel(x: Matrix) -> Vector:
    """A difference along one axis of a smoothing along the other, over the mirrored image."""
    rows, columns = len(x), len(x[0])
    mirrors = [[1, *range(n), n - 2] for n in (rows, columns)]
    wide = [[x[i][j] for j in mirrors[1]] for i in mirrors[0]]
    across = [[row[j] + 2 * row[j + 1] + row[j + 2] for j in range(columns)] for row in wide]
    down = [[wide[i][j] + 2 * wide[i + 1][j] + wide[i + 2][j] for j in range(columns + 2)] for i in range(rows)]
    places = [(i, j) for i in range(rows) for j in range(columns)]
    return [v for i, j in places for v in (across[i + 2][j] - across[i][j], down[i][j + 2] - down[i][j])]


def _blurred(x: Matrix) -> Vector:
    """Rows, then columns."""
    side = 1 / (2 + mp.exp(mpf(1) / 2))

    def line(v: Vector) -> Vector:
        wide = [mpf(0), *v, mpf(0)]
        return [(1 - 2 * side) * wide[i + 1] + side * (wide[i] + wide[i + 2]) for i in range(len(v))]

    columns = [line(list(column)) for column in zip(*(line(row) for row in x), strict=True)]
    return [v for row in zip(*columns, strict=True) for v in row]


def _ssim(x: Matrix, y: Matrix) -> Any:
    """By raw moments."""
    g = [mp.exp(-mpf(2 * k * k) / 9) for k in (-1, 0, 1)]
    total, scores = mp.fsum(g) ** 2, []
    for i in range(len(x) - 2):
        for j in range(len(x[0]) - 2):
            cells = [(g[a] * g[b] / total, x[i + a][j + b], y[i + a][j + b]) for a in range(3) for b in range(3)]
            mx, my = mp.fsum(w * u for w, u, _ in cells), mp.fsum(w * v for w, _, v in cells)
            xx, yy, xy = (mp.fsum(w * p for w, p in zip([c[0] for c in cells], products, strict=True)) for products in (
                [u * u for _, u, _ in cells], [v * v for _, _, v in cells], [u * v for _, u, v in cells]))  # fmt: skip
            c1, c2 = mpf(1) / 10**4, mpf(9) / 10**4
            luminance = (2 * mx * my + c1) / (mx**2 + my**2 + c1)
            scores.append(luminance * (2 * (xy - mx * my) + c2) / (xx + yy - mx**2 - my**2 + c2))
    return mp.fsum(scores) / len(scores)


TRUTH: dict[str, Truth] = {
    "rgb_to_grayscale": _weights((0.2989,), (0.587,), (0.114,)),
    "rgb_to_yiq": _weights((0.299, 0.59590059, 0.2115), (0.587, -0.27455667, -0.52273617), (0.114, -0.32134392, 0.31119955)),
    "yiq_to_rgb": _weights((1, 1, 1), (0.95598634, -0.27201283, -1.10674021), (0.6208248, -0.64720424, 1.70423049)),
    "rgb_to_yuv": _weights((0.299, -0.14714119, 0.61497538), (0.587, -0.28886916, -0.51496512), (0.114, 0.43601035, -0.10001026)),
    "yuv_to_rgb": _weights((1, 1, 1), (0, -0.394642334, 2.03206185), (1.13988303, -0.58062185, 0)),
    "rgb_to_hsv": by_fractions(_hsv),
    "hsv_to_rgb": by_fractions(_rgb),
    "adjust_saturation": by_fractions(_saturate),
    "adjust_hue": by_fractions(_rotate),
    "adjust_contrast": by_fractions(_contrast),
    "adjust_gamma": lambda x, gamma: x**gamma,
    "per_image_standardization": _standardised,
    "psnr": lambda x, y: 10 * mp.log10(len(_flat(x)) / mp.fsum((a - b) ** 2 for a, b in zip(_flat(x), _flat(y), strict=True))),
    "total_variation": by_fractions(_variation),
    "image_gradients": by_fractions(_gradients),
    "sobel_edges": by_fractions(_sobel),
    "gaussian_blur": _blurred,
    "ssim": _ssim,
}
