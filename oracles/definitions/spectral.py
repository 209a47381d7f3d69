"""Discrete Fourier and cosine transforms, frames and windows.

A complex number is a pair [real, imaginary]. Roots of unity enter exactly: the cosine and sine of rational multiples of pi.
"""

from __future__ import annotations

from fractions import Fraction

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, Complex, N, Vector
from ulpfuzz.oracles.definitions import define


def _cospi(m: Arithmetic[N], turn: Fraction) -> N:
    """cos(pi turn), exactly where it is rational."""
    turn = turn % 2
    if turn.denominator <= 2:
        return m.num((1, 0, -1, 0)[int(turn * 2)])
    if turn.denominator == 3:
        return m.num(Fraction(1, 2) if turn in (Fraction(1, 3), Fraction(5, 3)) else Fraction(-1, 2))
    return m.cospi(m.num(turn))


def _sinpi(m: Arithmetic[N], turn: Fraction) -> N:
    return _cospi(m, turn - Fraction(1, 2))


def _scale(m: Arithmetic[N], n: int, norm: str, *, inverse: bool) -> N | None:
    """What the sum of a transform is multiplied by; None for 1. numpy.fft, "Normalization"."""
    if norm == "ortho":
        return 1 / m.sqrt(m.num(n))
    return m.num(Fraction(1, n)) if inverse == (norm == "backward") else None


def _transform(m: Arithmetic[N], z: list[Complex[N]], norm: str, *, inverse: bool, count: int | None = None) -> list[Complex[N]]:
    """sum_j z_j e^(-+2 pi i j k / n), k < count; z_j[1] is None for real numbers."""
    n, sign = len(z), 1 if inverse else -1
    turns = [Fraction(2 * r * sign, n) for r in range(n)]
    cosines, sines = [_cospi(m, t) for t in turns], [_sinpi(m, t) for t in turns]
    scale = _scale(m, n, norm, inverse=inverse)
    out = []
    for k in range(n if count is None else count):
        real, imaginary = [], []
        for j, (x, y) in enumerate(z):
            c, s = cosines[j * k % n], sines[j * k % n]
            real.append(c * x)
            imaginary.append(s * x)
            if y is not None:
                real.append(-(s * y))
                imaginary.append(c * y)
        alone = 2 * k % n == 0 and all(y is None for _, y in z)  # the ends of a real spectrum are real, whatever the numbers are
        pair = [m.sum(real), m.num(0) if alone else m.sum(imaginary)]
        out.append(pair if scale is None else [v * scale for v in pair])
    return out


@define("fft")
def fft(m: Arithmetic[N], x: list[Complex[N]], norm: str = "backward") -> list[Complex[N]]:
    """X_k = sum_j x_j e^(-2 pi i j k / n); numpy.fft."""
    return _transform(m, x, norm, inverse=False)


@define("ifft")
def ifft(m: Arithmetic[N], x: list[Complex[N]], norm: str = "backward") -> list[Complex[N]]:
    """x_j = (1/n) sum_k X_k e^(2 pi i j k / n); numpy.fft."""
    return _transform(m, x, norm, inverse=True)


def _two(m: Arithmetic[N], x: list[list[Complex[N]]], *, inverse: bool) -> list[list[Complex[N]]]:
    rows = [_transform(m, row, "backward", inverse=inverse) for row in x]
    columns = [_transform(m, list(column), "backward", inverse=inverse) for column in zip(*rows, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


@define("fft2")
def fft2(m: Arithmetic[N], x: list[list[Complex[N]]]) -> list[list[Complex[N]]]:
    """The transform of rows, then of columns; numpy.fft.fft2."""
    return _two(m, x, inverse=False)


@define("ifft2")
def ifft2(m: Arithmetic[N], x: list[list[Complex[N]]]) -> list[list[Complex[N]]]:
    """The inverse of fft2; numpy.fft.ifft2."""
    return _two(m, x, inverse=True)


@define("rfft")
def rfft(m: Arithmetic[N], x: Vector[N], norm: str = "backward") -> list[Complex[N]]:
    """The first n // 2 + 1 numbers of the transform of real ones; numpy.fft.rfft."""
    return _transform(m, [[v, None] for v in x], norm, inverse=False, count=len(x) // 2 + 1)  # type: ignore[list-item]


@define("ihfft")
def ihfft(m: Arithmetic[N], x: Vector[N], norm: str = "backward") -> list[Complex[N]]:
    """The first n // 2 + 1 numbers of the inverse transform of real ones; numpy.fft.ihfft."""
    return _transform(m, [[v, None] for v in x], norm, inverse=True, count=len(x) // 2 + 1)  # type: ignore[list-item]


def _hermitian(m: Arithmetic[N], x: list[Complex[N]], norm: str, sign: int, *, inverse: bool) -> Vector[N]:
    """The real transform of the Hermitian sequence of length 2 (n - 1) that starts with x; the imaginary parts of its ends count as zero."""
    half = len(x) - 1
    n = 2 * half
    scale = _scale(m, n, norm, inverse=inverse)
    out = []
    for j in range(n):
        terms = [x[0][0], x[half][0] * (-1) ** j]
        for k in range(1, half):
            turn = Fraction(2 * j * k * sign, n)
            terms += [2 * (_cospi(m, turn) * x[k][0]), -2 * (_sinpi(m, turn) * x[k][1])]
        total = m.sum(terms)
        out.append(total if scale is None else total * scale)
    return out


@define("irfft")
def irfft(m: Arithmetic[N], x: list[Complex[N]], norm: str = "backward") -> Vector[N]:
    """The inverse of rfft, of even length; numpy.fft.irfft."""
    return _hermitian(m, x, norm, 1, inverse=True)


@define("hfft")
def hfft(m: Arithmetic[N], x: list[Complex[N]], norm: str = "backward") -> Vector[N]:
    """The transform of a Hermitian sequence, of even length; numpy.fft.hfft."""
    return _hermitian(m, x, norm, -1, inverse=False)


def _cosine_sum(m: Arithmetic[N], x: Vector[N], turns: list[Fraction]) -> N:
    return m.sum([_cospi(m, t) * v for t, v in zip(turns, x, strict=True)])


@define("dct1")
def dct1(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """x_0 + (-1)^k x_(n-1) + 2 sum x_j cos(pi j k / (n - 1)) over the others; scipy.fft.dct, type I."""
    n = len(x)
    ends = [Fraction(1 if j in (0, n - 1) else 2) for j in range(n)]
    return [
        _cosine_sum(m, [e * v for e, v in zip(ends, x, strict=True)], [Fraction(j * k, n - 1) for j in range(n)])
        for k in range(n)
    ]


@define("dct2")
def dct2(m: Arithmetic[N], x: Vector[N], norm: str | None = None) -> Vector[N]:
    """2 sum x_j cos(pi k (2 j + 1) / (2 n)); "ortho" divides by sqrt(4 n) for k = 0, by sqrt(2 n) else; scipy.fft.dct, type II."""
    n = len(x)
    sums = [2 * _cosine_sum(m, x, [Fraction(k * (2 * j + 1), 2 * n) for j in range(n)]) for k in range(n)]
    return [v / m.sqrt(m.num(2 * n if k else 4 * n)) for k, v in enumerate(sums)] if norm == "ortho" else sums


@define("dct3")
def dct3(m: Arithmetic[N], x: Vector[N], norm: str | None = None) -> Vector[N]:
    """x_0 + 2 sum_(j > 0) x_j cos(pi j (2 k + 1) / (2 n)); "ortho": x_0 / sqrt(n) + sqrt(2/n) times the sum; scipy.fft.dct, type III."""
    n = len(x)
    first = x[0] / m.sqrt(m.num(n)) if norm == "ortho" else x[0]
    weight = m.sqrt(m.num(Fraction(2, n))) if norm == "ortho" else m.num(2)
    return [
        m.sum([first, *(weight * (_cospi(m, Fraction(j * (2 * k + 1), 2 * n)) * x[j]) for j in range(1, n))]) for k in range(n)
    ]


@define("dct4")
def dct4(m: Arithmetic[N], x: Vector[N], norm: str | None = None) -> Vector[N]:
    """2 sum x_j cos(pi (2 j + 1) (2 k + 1) / (4 n)); "ortho" divides by sqrt(2 n); scipy.fft.dct, type IV."""
    n = len(x)
    sums = [2 * _cosine_sum(m, x, [Fraction((2 * j + 1) * (2 * k + 1), 4 * n) for j in range(n)]) for k in range(n)]
    return [v / m.sqrt(m.num(2 * n)) for v in sums] if norm == "ortho" else sums


@define("idct2")
def idct2(m: Arithmetic[N], x: Vector[N], norm: str | None = None) -> Vector[N]:
    """The inverse of dct2: dct3 / (2 n), "ortho" dct3 itself; scipy.fft.idct."""
    return [v if norm == "ortho" else v / (2 * len(x)) for v in dct3(m, x, norm)]


@define("dctn")
def dctn(m: Arithmetic[N], x: list[Vector[N]]) -> list[Vector[N]]:
    """dct2 of rows, then of columns; scipy.fft.dctn."""
    columns = [dct2(m, list(column)) for column in zip(*(dct2(m, row) for row in x), strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


@define("mfccs")
def mfccs(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """dct2 / sqrt(2 n); tf.signal.mfccs_from_log_mel_spectrograms (the HTK Book, section 5.6.1)."""
    return [v / m.sqrt(m.num(2 * len(x))) for v in dct2(m, x)]


# -- windows ----------------------------------------------------------------------------------------------------------


def _cosines(m: Arithmetic[N], n: int, periodic: bool, coefficients: list[Fraction]) -> Vector[N]:
    """a_0 - a_1 cos(t) + a_2 cos(2 t) - ..., t from 0 to 2 pi in n - 1 steps, in n of a periodic window; 1 for a window of one."""
    if n == 1:
        return [m.num(1)]
    steps = n if periodic else n - 1
    signed = [a * (-1) ** i for i, a in enumerate(coefficients)]
    return [m.sum([_cospi(m, Fraction(2 * i * j, steps)) * a for i, a in enumerate(signed)]) for j in range(n)]


def _windowed(x: Vector[N], window: Vector[N]) -> Vector[N]:
    return [v * w for v, w in zip(x, window, strict=True)]


@define("hann_window")
def hann_window(m: Arithmetic[N], x: Vector[N], periodic: bool = False) -> Vector[N]:
    """x_j (1/2 - cos(2 pi j / N) / 2); scipy.signal.windows.hann."""
    return _windowed(x, _cosines(m, len(x), periodic, [Fraction(1, 2), Fraction(1, 2)]))


@define("hamming_window")
def hamming_window(m: Arithmetic[N], x: Vector[N], periodic: bool = False) -> Vector[N]:
    """x_j (0.54 - 0.46 cos(2 pi j / N)); scipy.signal.windows.hamming."""
    return _windowed(x, _cosines(m, len(x), periodic, [Fraction(54, 100), Fraction(46, 100)]))


@define("blackman_window")
def blackman_window(m: Arithmetic[N], x: Vector[N], periodic: bool = False) -> Vector[N]:
    """x_j (0.42 - 0.5 cos(t) + 0.08 cos(2 t)); scipy.signal.windows.blackman."""
    return _windowed(x, _cosines(m, len(x), periodic, [Fraction(42, 100), Fraction(1, 2), Fraction(8, 100)]))


@define("nuttall_window")
def nuttall_window(m: Arithmetic[N], x: Vector[N], periodic: bool = False) -> Vector[N]:
    """Four cosines; Nuttall, 1981; scipy.signal.windows.nuttall."""
    parts = (3635819, 4891775, 1365995, 106411)
    return _windowed(x, _cosines(m, len(x), periodic, [Fraction(a, 10**7) for a in parts]))


@define("bartlett_window")
def bartlett_window(m: Arithmetic[N], x: Vector[N], periodic: bool = False) -> Vector[N]:
    """x_j (1 - |2 j / N - 1|); scipy.signal.windows.bartlett."""
    n = len(x)
    steps = n if periodic else n - 1
    return _windowed(x, [m.num(1 - abs(Fraction(2 * j, steps) - 1) if n > 1 else 1) for j in range(n)])


@define("cosine_window")
def cosine_window(m: Arithmetic[N], x: Vector[N], periodic: bool = False) -> Vector[N]:
    """x_j sin(pi (j + 1/2) / N); scipy.signal.windows.cosine."""
    n = len(x)
    steps = n + 1 if periodic and n > 1 else n
    return _windowed(x, [_sinpi(m, Fraction(2 * j + 1, 2 * steps)) for j in range(n)])


@define("exponential_window")
def exponential_window(m: Arithmetic[N], x: Vector[N], tau: float = 8.0) -> Vector[N]:
    """x_j e^(-|j - (n - 1)/2| / tau); scipy.signal.windows.exponential."""
    centre = Fraction(len(x) - 1, 2)
    return _windowed(x, [m.exp(m.num(-abs(j - centre) / Fraction(tau))) for j in range(len(x))])


@define("gaussian_window")
def gaussian_window(m: Arithmetic[N], x: Vector[N], std: float = 8.0) -> Vector[N]:
    """x_j e^(-(j - (n - 1)/2)^2 / (2 std^2)); scipy.signal.windows.gaussian."""
    centre = Fraction(len(x) - 1, 2)
    return _windowed(x, [m.exp(m.num(-((j - centre) ** 2) / (2 * Fraction(std) ** 2))) for j in range(len(x))])


def _kaiser(m: Arithmetic[N], n: int, periodic: bool, beta: float) -> Vector[N]:
    """I_0(beta sqrt(1 - (2 j / N - 1)^2)) / I_0(beta)."""
    if n == 1:
        return [m.num(1)]
    steps, peak = (n if periodic else n - 1), m.bessel_i(0, m.num(beta))
    return [m.bessel_i(0, m.num(beta) * m.sqrt(m.num(1 - (Fraction(2 * j, steps) - 1) ** 2))) / peak for j in range(n)]


@define("kaiser_window")
def kaiser_window(m: Arithmetic[N], x: Vector[N], periodic: bool = False, beta: float = 12.0) -> Vector[N]:
    """x_j I_0(beta sqrt(1 - (2 j / N - 1)^2)) / I_0(beta); Kaiser and Schafer, 1980; scipy.signal.windows.kaiser."""
    return _windowed(x, _kaiser(m, len(x), periodic, beta))


@define("kaiser_bessel_derived_window")
def kaiser_bessel_derived_window(m: Arithmetic[N], x: Vector[N], beta: float = 12.0) -> Vector[N]:
    """x_j times the root of the running share of a Kaiser window of n / 2 + 1, mirrored; scipy.signal.windows.kaiser_bessel_derived."""
    half = len(x) // 2
    weights = _kaiser(m, half + 1, False, beta)
    total = m.sum(weights)
    rising = [m.sqrt(m.sum(weights[: j + 1]) / total) for j in range(half)]
    return _windowed(x, rising + rising[::-1])


def _vorbis(m: Arithmetic[N], n: int) -> Vector[N]:
    return [m.sinpi(m.square(_sinpi(m, Fraction(2 * j + 1, 2 * n))) / 2) for j in range(n)]


@define("vorbis_window")
def vorbis_window(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """x_j sin(pi/2 sin^2(pi (j + 1/2) / n)); Vorbis I specification, section 4.3.1."""
    return _windowed(x, _vorbis(m, len(x)))


# -- frames -----------------------------------------------------------------------------------------------------------


@define("stft")
def stft(m: Arithmetic[N], x: Vector[N]) -> list[list[Complex[N]]]:
    """The transforms of frames of 8, every 2, under a periodic Hann window; torch.stft, tf.signal.stft."""
    return [rfft(m, hann_window(m, x[i : i + 8], periodic=True)) for i in range(0, len(x) - 7, 2)]


@define("overlap_and_add")
def overlap_and_add(m: Arithmetic[N], x: list[Vector[N]]) -> Vector[N]:
    """Sums of the rows, each two places after the one before; tf.signal.overlap_and_add."""
    size = 2 * (len(x) - 1) + len(x[0])
    places = [[row[j - 2 * i] for i, row in enumerate(x) if 0 <= j - 2 * i < len(row)] for j in range(size)]
    return [m.sum(terms) if terms else m.num(0) for terms in places]


@define("mdct")
def mdct(m: Arithmetic[N], x: Vector[N]) -> list[Vector[N]]:
    """sqrt(2/N) sum_j w_j x_j cos(pi/N (j + 1/2 + N/2)(k + 1/2)), k < N = 4, for frames of 8, every 4, w the Vorbis window; Princen and
    Bradley, 1986; tf.signal.mdct, norm "ortho"."""
    weights, root = _vorbis(m, 8), m.sqrt(m.num(Fraction(1, 2)))
    return [
        [
            root * _cosine_sum(m, _windowed(x[i : i + 8], weights), [Fraction((2 * j + 5) * (2 * k + 1), 16) for j in range(8)])
            for k in range(4)
        ]
        for i in range(0, len(x) - 7, 4)
    ]


@define("mel_filter_bank")
def mel_filter_bank(m: Arithmetic[N], x: Vector[N]) -> Vector[N]:
    """Four sums of a spectrum (8 kHz, 0 to Nyquist in n numbers) under triangles between 125 and 3800 Hz, linear in mel = 1127 log(1 + f/700);
    tf.signal.linear_to_mel_weight_matrix, which leaves out the first number (the HTK Book, section 5.4)."""
    n, low, high = len(x), _mel(m, Fraction(125)), _mel(m, Fraction(3800))
    edges = [low + (high - low) * Fraction(i, 5) for i in range(6)]
    mels = [_mel(m, Fraction(4000 * j, n - 1)) for j in range(1, n)]
    zero = m.num(0)
    out = []
    for left, centre, right in zip(edges, edges[1:], edges[2:], strict=False):
        rise, fall = centre - left, right - centre
        shares = [zero, *(m.max([zero, m.min([(f - left) / rise, (right - f) / fall])]) for f in mels)]
        out.append(m.sum([v * share for v, share in zip(x, shares, strict=True)]))
    return out


def _mel(m: Arithmetic[N], hertz: Fraction) -> N:
    return 1127 * m.log1p(m.num(hertz / 700))


@define("detrend")
def detrend(m: Arithmetic[N], x: Vector[N], type: str = "linear") -> Vector[N]:
    """x less its least squares line, or its mean; scipy.signal.detrend."""
    n = len(x)
    mean = m.sum(x) / n
    if type == "constant":
        return [v - mean for v in x]
    places = [Fraction(2 * j - n + 1, 2) for j in range(n)]
    slope = m.sum([t * v for t, v in zip(places, x, strict=True)]) / sum(t * t for t in places)
    return [v - mean - slope * t for t, v in zip(places, x, strict=True)]
