"""Transforms by Horner's rule at roots of unity, windows by scipy or by powers of sines."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import scipy.signal.windows
from mpmath import mp, mpf

from tests.oracles.truth import Checked, Truth, by_fractions

Vector = list[Any]


def _horner(z: Vector, point: Any) -> Any:
    return mp.polyval(z[::-1], point)


def _pairs(values: Vector) -> Vector:
    return [part for v in values for part in (mp.re(v), mp.im(v))]


def _dft(z: Vector, sign: int, scale: Any = 1) -> Vector:
    n = len(z)
    return [_horner(z, mp.expjpi(mpf(2 * sign * k) / n)) * scale for k in range(n)]


def _factor(n: int, norm: str, *, inverse: bool) -> Any:
    if norm == "ortho":
        return mp.power(n, -0.5)
    return mpf(1) / n if inverse == (norm == "backward") else mpf(1)


def _complex(x: Vector) -> Vector:
    return [mp.mpc(*pair) for pair in x]


def _fft(x: Vector, norm: str = "backward") -> Vector:
    return _pairs(_dft(_complex(x), -1, _factor(len(x), norm, inverse=False)))


def _ifft(x: Vector, norm: str = "backward") -> Vector:
    return _pairs(_dft(_complex(x), 1, _factor(len(x), norm, inverse=True)))


def _plane(sign: int) -> Truth:
    """The double sum at once."""

    def truth(x: list[Vector]) -> Vector:
        rows, columns = len(x), len(x[0])
        scale = mpf(1) if sign < 0 else mpf(1) / (rows * columns)
        flat = [mp.mpc(*pair) for row in x for pair in row]
        turns = [(i, j) for i in range(rows) for j in range(columns)]

        def turned(a: int, b: int) -> Any:
            angles = (2 * sign * (mpf(a * i) / rows + mpf(b * j) / columns) for i, j in turns)
            return mp.fsum(v * mp.expjpi(angle) for v, angle in zip(flat, angles, strict=True)) * scale

        return _pairs([turned(a, b) for a, b in turns])

    return truth


def _half(sign: int) -> Truth:
    def truth(x: Vector, norm: str) -> Vector:
        return _pairs(_dft(x, sign, _factor(len(x), norm, inverse=sign > 0))[: len(x) // 2 + 1])

    return truth


def _hermitian(sign: int) -> Truth:
    def truth(x: Vector, norm: str) -> Vector:
        z = _complex(x)
        z[0], z[-1] = z[0].real, z[-1].real
        whole = z + [mp.conj(v) for v in z[-2:0:-1]]
        return [mp.re(v) for v in _dft(whole, sign, _factor(len(whole), norm, inverse=sign > 0))]

    return truth


def _dct1(x: Vector) -> Vector:
    """The transform of the even extension of period 2 (n - 1)."""
    return [mp.re(v) for v in _dft(x + x[-2:0:-1], -1)[: len(x)]]


def _dct2(x: Vector, norm: str | None = None) -> Vector:
    """The transform of the even extension by 4 n numbers, at odd places."""
    n = len(x)
    z = [v for value in x + x[::-1] for v in (mpf(0), value)]
    values = [mp.re(v) for v in _dft(z, -1)[:n]]
    return [v / mp.sqrt(4 * n if k == 0 else 2 * n) for k, v in enumerate(values)] if norm == "ortho" else values


def _dct3(x: Vector, norm: str | None = None) -> Vector:
    """The real part of a polynomial in e^(i pi (2 k + 1) / (2 n))."""
    n = len(x)
    z = [x[0], *(2 * v for v in x[1:])]
    if norm == "ortho":
        z = [x[0] / mp.sqrt(n), *(v * mp.sqrt(mpf(2) / n) for v in x[1:])]
    return [mp.re(_horner(z, mp.expjpi(mpf(2 * k + 1) / (2 * n)))) for k in range(n)]


def _dct4(x: Vector, norm: str | None = None) -> Vector:
    n = len(x)
    scale = 2 / mp.sqrt(2 * n) if norm == "ortho" else mpf(2)
    turns = [mpf(2 * k + 1) / (4 * n) for k in range(n)]
    return [scale * mp.re(mp.expjpi(t) * _horner(x, mp.expjpi(2 * t))) for t in turns]


def _dctn(x: list[Vector]) -> Vector:
    columns = [_dct2(list(column)) for column in zip(*(_dct2(row) for row in x), strict=True)]
    return [v for row in zip(*columns, strict=True) for v in row]


def _scipy(name: str, **fixed: Any) -> Checked:
    """x times scipy's window, in binary64."""
    window: Callable[..., Any] = getattr(scipy.signal.windows, name)

    def truth(x: Vector, periodic: bool | None = None, **params: float) -> Vector:
        symmetric = {} if periodic is None else {"sym": not periodic}
        return [v * mpf(float(w)) for v, w in zip(x, window(len(x), **params, **symmetric, **fixed), strict=True)]

    return Checked(truth, bits=300, agree=1e-12, floor=1e-12)


def _vorbis(n: int) -> Vector:
    """By the double angle: sin^2 a = (1 - cos 2 a) / 2."""
    return [mp.sin(mp.pi / 4 * (1 - mp.cos(mp.pi * mpf(2 * j + 1) / n))) for j in range(n)]


def _stft(x: Vector) -> Vector:
    weights = [mp.sin(mp.pi * j / 8) ** 2 for j in range(8)]
    frames = [[w * v for w, v in zip(weights, x[i : i + 8], strict=True)] for i in range(0, len(x) - 7, 2)]
    return [part for frame in frames for part in _half(-1)(frame, "backward")]


def _mdct(x: Vector) -> Vector:
    """By folding each frame into a cosine transform of type IV."""
    out = []
    for i in range(0, len(x) - 7, 4):
        a, b, c, d = ([w * v for w, v in zip(_vorbis(8)[k : k + 2], x[i + k : i + k + 2], strict=True)] for k in (0, 2, 4, 6))
        folded = [-c[1] - d[0], -c[0] - d[1], a[0] - b[1], a[1] - b[0]]
        out += _dct4(folded, "ortho")
    return out


def _mel(x: Vector) -> Vector:
    """Each number of the spectrum shared between the two triangles that it lies under."""
    low, high = (mp.log(1 + mpf(f) / 700) for f in (125, 3800))
    out = [mpf(0)] * 4
    for j, v in enumerate(x):
        place = 5 * (mp.log(1 + mpf(4000 * j) / (len(x) - 1) / 700) - low) / (high - low)
        left = int(mp.floor(place))
        for band, share in ((left - 1, left + 1 - place), (left, place - left)):
            if 0 <= band < 4 and j:
                out[band] += share * v
    return out


def _detrend(x: list[Fraction], type: str) -> list[Fraction]:
    """By the normal equations of a + b j."""
    n = len(x)
    places = range(n) if type == "linear" else [0] * n
    s0, s1, s2 = n, sum(places), sum(j * j for j in places)
    t0, t1 = sum(x), sum((j * v for j, v in zip(places, x, strict=True)), Fraction(0))
    slope = Fraction(s0 * t1 - s1 * t0) / (s0 * s2 - s1 * s1) if type == "linear" else Fraction(0)
    start = (t0 - slope * s1) / Fraction(n)
    return [v - start - slope * j for j, v in zip(places, x, strict=True)]


def _overlap(x: list[list[Fraction]]) -> list[Fraction]:
    out = [Fraction(0)] * (4 + len(x[0]))
    for i, row in enumerate(x):
        for j, v in enumerate(row):
            out[2 * i + j] += v
    return out


TRUTH: dict[str, Truth] = {
    "fft": _fft,
    "ifft": _ifft,
    "fft2": _plane(-1),
    "ifft2": _plane(1),
    "rfft": _half(-1),
    "ihfft": _half(1),
    "irfft": _hermitian(1),
    "hfft": _hermitian(-1),
    "dct1": _dct1,
    "dct2": _dct2,
    "dct3": _dct3,
    "dct4": _dct4,
    "idct2": lambda x, norm: [v if norm == "ortho" else v / (2 * len(x)) for v in _dct3(x, norm)],
    "dctn": _dctn,
    "mfccs": lambda x: [v / mp.sqrt(2 * len(x)) for v in _dct2(x)],
    "hann_window": _scipy("hann"),
    "hamming_window": _scipy("hamming"),
    "blackman_window": _scipy("blackman"),
    "bartlett_window": _scipy("bartlett"),
    "nuttall_window": _scipy("nuttall"),
    "cosine_window": _scipy("cosine"),
    "exponential_window": _scipy("exponential"),
    "gaussian_window": _scipy("gaussian"),
    "kaiser_window": _scipy("kaiser"),
    "kaiser_bessel_derived_window": _scipy("kaiser_bessel_derived"),
    "vorbis_window": lambda x: [v * w for v, w in zip(x, _vorbis(len(x)), strict=True)],
    "stft": _stft,
    "overlap_and_add": by_fractions(_overlap),
    "mdct": _mdct,
    "mel_filter_bank": _mel,
    "detrend": by_fractions(_detrend),
}
