"""Colours and images. A colour is a vector of three numbers between 0 and 1."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, Matrix, N, Vector
from ulpfuzz.oracles.definitions import define

SIXTH = Fraction(1, 6)


def _product(m: Arithmetic[N], rows: list[list[Fraction]], x: Vector[N]) -> Vector[N]:
    return [m.sum([v * w for v, w in zip(x, row, strict=True)]) for row in rows]


def _columns(*columns: str) -> list[list[Fraction]]:
    """A matrix of decimals, by its columns."""
    return [list(row) for row in zip(*([Fraction(v) for v in column.split()] for column in columns), strict=True)]


#: tensorflow/python/ops/image_ops_impl.py.
TO_YIQ = _columns("0.299 0.59590059 0.2115", "0.587 -0.27455667 -0.52273617", "0.114 -0.32134392 0.31119955")
FROM_YIQ = _columns("1 1 1", "0.95598634 -0.27201283 -1.10674021", "0.6208248 -0.64720424 1.70423049")
TO_YUV = _columns("0.299 -0.14714119 0.61497538", "0.587 -0.28886916 -0.51496512", "0.114 0.43601035 -0.10001026")
FROM_YUV = _columns("1 1 1", "0 -0.394642334 2.03206185", "1.13988303 -0.58062185 0")


@define("rgb_to_grayscale")
def rgb_to_grayscale(m: Arithmetic[N], x: Vector[N]) -> N:
    """0.2989 R + 0.587 G + 0.114 B; tf.image.rgb_to_grayscale (ITU-R BT.601)."""
    return _product(m, [[Fraction(2989, 10000), Fraction(587, 1000), Fraction(114, 1000)]], x)[0]


@define("rgb_to_yiq")
def rgb_to_yiq(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """A linear map of colours; tf.image.rgb_to_yiq."""
    return _product(m, TO_YIQ, x)


@define("yiq_to_rgb")
def yiq_to_rgb(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """A linear map of colours; tf.image.yiq_to_rgb."""
    return _product(m, FROM_YIQ, x)


@define("rgb_to_yuv")
def rgb_to_yuv(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """A linear map of colours; tf.image.rgb_to_yuv."""
    return _product(m, TO_YUV, x)


@define("yuv_to_rgb")
def yuv_to_rgb(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """A linear map of colours; tf.image.yuv_to_rgb."""
    return _product(m, FROM_YUV, x)


@define("rgb_to_hsv")
def rgb_to_hsv(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """Hue, saturation and value; Smith, 1978. Hue is counted in turns from 0 at red, and 0 for grey; saturation is 0 for black."""
    red, green, blue = x
    top, low, zero = m.max(x), m.min(x), m.num(0)
    chroma = top - low

    def hue() -> N:
        """By the largest; comparisons of two channels each are decided wherever they matter."""
        return m.where(
            m.lt(red, green),
            lambda: m.where(m.lt(green, blue), from_blue, from_green),
            lambda: m.where(m.lt(red, blue), from_blue, from_red),
        )

    def from_red() -> N:
        part = (green - blue) / chroma * SIXTH
        return m.where(m.lt(green, blue), lambda: part + 1, lambda: part)

    def from_green() -> N:
        return (blue - red) / chroma * SIXTH + 2 * SIXTH

    def from_blue() -> N:
        return (red - green) / chroma * SIXTH + 4 * SIXTH

    grey = m.eq0(chroma)
    return [m.where(grey, lambda: zero, hue), m.where(grey, lambda: zero, lambda: chroma / top), top]


@define("hsv_to_rgb")
def hsv_to_rgb(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """v - v s max(0, min(t, 4 - t, 1)), t = (k + 6 h) mod 6 with k = 5, 3, 1 for red, green, blue; Smith, 1978. The ramp ends before 6: its
    period is written as a sum."""
    hue, saturation, value = x
    zero, one = m.num(0), m.num(1)

    def ramp(t: N) -> N:
        return m.max([zero, m.min([t, 4 - t, one])])

    return [value - value * saturation * (ramp(6 * hue + k) + ramp(6 * hue + (k - 6))) for k in (5, 3, 1)]


@define("adjust_saturation")
def adjust_saturation(m: Arithmetic[N], x: Vector[N], factor: float = 0.5) -> Vector[N]:
    """The colour with its saturation multiplied by a factor and clipped to [0, 1]: as hue stays, v - (v - x_i) s'/s; tf.image.adjust_saturation."""
    top, low = m.max(x), m.min(x)

    def scaled(v: N) -> N:
        """s' = min(1, f s), s = (top - low) / top."""
        stretch = m.min([m.num(factor), top / (top - low)])
        return top - (top - v) * stretch

    return [m.where(m.eq0(top - low), lambda v=v: v, lambda v=v: scaled(v)) for v in x]  # type: ignore[misc]


@define("adjust_hue")
def adjust_hue(m: Arithmetic[N], x: Vector[N], delta: float = 0.25) -> Vector[N]:
    """The colour with delta added to its hue, modulo 1; tf.image.adjust_hue."""
    hue, saturation, value = rgb_to_hsv(m, x)
    moved = hue + m.num(delta)
    colour: Vector[N] = hsv_to_rgb(m, [moved - m.floor(moved), saturation, value])
    return colour


def _flat(x: Matrix[N]) -> Vector[N]:
    return [v for row in x for v in row]


@define("adjust_contrast")
def adjust_contrast(m: Arithmetic[N], x: Matrix[N], factor: float = 2.0) -> Matrix[N]:
    """(x - mean) factor + mean; tf.image.adjust_contrast."""
    mean = m.sum(_flat(x)) / len(_flat(x))
    return [[(v - mean) * m.num(factor) + mean for v in row] for row in x]


@define("adjust_gamma")
def adjust_gamma(m: Arithmetic[N], x: N, gamma: float = 2.0) -> N:
    """x^gamma; tf.image.adjust_gamma."""
    return m.sqrt(x) if gamma == 0.5 else m.square(x)


@define("per_image_standardization")
def per_image_standardization(m: Arithmetic[N], x: Matrix[N]) -> Matrix[N]:
    """(x - mean) / max(standard deviation, 1 / sqrt(N)); tf.image.per_image_standardization."""
    flat = _flat(x)
    mean, root = m.sum(flat) / len(flat), m.sqrt(m.num(len(flat)))
    deviation = m.max([m.norm([v - mean for v in flat]) / root, 1 / root])
    return [[(v - mean) / deviation for v in row] for row in x]


@define("psnr")
def psnr(m: Arithmetic[N], x: Matrix[N], y: Matrix[N]) -> N:
    """-10 log10 of the mean of (x - y)^2: for numbers up to 1; tf.image.psnr."""
    gaps = [m.square(a - b) for a, b in zip(_flat(x), _flat(y), strict=True)]
    return -10 * m.log10(m.sum(gaps) / len(gaps))


@define("total_variation")
def total_variation(m: Arithmetic[N], x: Matrix[N]) -> N:
    """The sum of |differences| of neighbours, down and across, 0 of one pixel; Rudin, Osher, Fatemi, 1992; tf.image.total_variation."""
    pairs = [(row[j], row[j + 1]) for row in x for j in range(len(row) - 1)]
    pairs += [(upper[j], lower[j]) for upper, lower in pairwise(x) for j in range(len(upper))]
    return m.sum([m.abs(b - a) for a, b in pairs]) if pairs else m.num(0)


@define("image_gradients")
def image_gradients(m: Arithmetic[N], x: Matrix[N]) -> list[Matrix[N]]:
    """Differences to the pixel below and to the one on the right, 0 at the border; tf.image.image_gradients."""
    rows, columns, zero = len(x), len(x[0]), m.num(0)
    down = [[x[i + 1][j] - x[i][j] if i + 1 < rows else zero for j in range(columns)] for i in range(rows)]
    across = [[x[i][j + 1] - x[i][j] if j + 1 < columns else zero for j in range(columns)] for i in range(rows)]
    return [down, across]


@define("sobel_edges")
def sobel_edges(m: Arithmetic[N], x: Matrix[N]) -> list[Matrix[N]]:
    """Sobel's two differences, the image mirrored at its outer pixels; tf.image.sobel_edges."""
    rows, columns = len(x), len(x[0])

    def pixel(i: int, j: int) -> N:
        return x[min(abs(i), 2 * (rows - 1) - i)][min(abs(j), 2 * (columns - 1) - j)]

    def edges(i: int, j: int) -> Vector[N]:
        sides = [(k, w) for k, w in ((-1, 1), (0, 2), (1, 1))]
        down = [w * (pixel(i + 1, j + k) - pixel(i - 1, j + k)) for k, w in sides]
        across = [w * (pixel(i + k, j + 1) - pixel(i + k, j - 1)) for k, w in sides]
        return [m.sum(down), m.sum(across)]

    return [[edges(i, j) for j in range(columns)] for i in range(rows)]


def _gaussian(m: Arithmetic[N], sigma: Fraction) -> Vector[N]:
    """Three weights e^(-k^2 / (2 sigma^2)) with the sum 1."""
    side = m.exp(m.num(-1 / (2 * sigma * sigma)))
    return [side / (1 + 2 * side), 1 / (1 + 2 * side), side / (1 + 2 * side)]


@define("gaussian_blur")
def gaussian_blur(m: Arithmetic[N], x: Matrix[N]) -> Matrix[N]:
    """Products of three weights down and three across, sigma 1, zeros outside; keras.ops.image.gaussian_blur."""
    rows, columns, weights = len(x), len(x[0]), _gaussian(m, Fraction(1))

    def at(i: int, j: int) -> N:
        near = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if 0 <= i + a < rows and 0 <= j + b < columns]
        return m.sum([weights[a + 1] * weights[b + 1] * x[i + a][j + b] for a, b in near])

    return [[at(i, j) for j in range(columns)] for i in range(rows)]


@define("ssim")
def ssim(m: Arithmetic[N], x: Matrix[N], y: Matrix[N]) -> N:
    """The mean of (2 mu_x mu_y + c1)(2 cov + c2) / ((mu_x^2 + mu_y^2 + c1)(var_x + var_y + c2)) over Gaussian windows of 3 x 3, sigma 3/2,
    c1 = 0.01^2, c2 = 0.03^2; Wang et al., 2004, eq. 13; tf.image.ssim, filter_size=3."""
    weights, c1, c2 = _gaussian(m, Fraction(3, 2)), Fraction(1, 10**4), Fraction(9, 10**4)
    cells = [(a, b) for a in range(3) for b in range(3)]
    scores = []
    for i in range(len(x) - 2):
        for j in range(len(x[0]) - 2):
            w = [weights[a] * weights[b] for a, b in cells]
            u, v = ([z[i + a][j + b] for a, b in cells] for z in (x, y))
            mu, nu = (m.sum([p * q for p, q in zip(w, z, strict=True)]) for z in (u, v))
            covariance = m.sum([p * (q - mu) * (r - nu) for p, q, r in zip(w, u, v, strict=True)])
            spread = m.sum([p * (m.square(q - mu) + m.square(r - nu)) for p, q, r in zip(w, u, v, strict=True)])
            scores.append((2 * mu * nu + c1) * (2 * covariance + c2) / ((m.square(mu) + m.square(nu) + c1) * (spread + c2)))
    return m.sum(scores) / len(scores)
