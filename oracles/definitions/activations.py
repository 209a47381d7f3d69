"""Activation functions of neural networks."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N
from ulpfuzz.oracles.definitions import define

#: Klambauer et al., Self-Normalizing Neural Networks (2017), eq. 14, with the digits that the frameworks' documentation gives.
SELU_ALPHA = Fraction("1.6732632423543772848170429916717")
SELU_SCALE = Fraction("1.0507009873554804934193349852946")


@define("sigmoid")
def sigmoid(m: Arithmetic[N], x: N) -> N:
    """The logistic function 1 / (1 + e^-x)."""
    return m.sigmoid(x)


@define("log_sigmoid")
def log_sigmoid(m: Arithmetic[N], x: N) -> N:
    """log of sigmoid, -log(1 + e^-x)."""
    return -m.softplus(-x)


@define("softplus")
def softplus(m: Arithmetic[N], x: N) -> N:
    """log(1 + e^x); Dugas et al., 2001."""
    return m.softplus(x)


@define("relu6")
def relu6(m: Arithmetic[N], x: N) -> N:
    """min(max(x, 0), 6); Krizhevsky, 2010."""
    return m.min([m.max([x, m.num(0)]), m.num(6)])


def _positive_or(m: Arithmetic[N], x: N, otherwise: Callable[[], N]) -> N:
    return m.where(m.lt(m.num(0), x), lambda: x, otherwise)


@define("elu")
def elu(m: Arithmetic[N], x: N, alpha: float = 1.0) -> N:
    """x for x > 0, else alpha (e^x - 1); Clevert et al., 2016, eq. 15."""
    return _positive_or(m, x, lambda: m.num(alpha) * m.expm1(x))


@define("celu")
def celu(m: Arithmetic[N], x: N, alpha: float = 1.0) -> N:
    """x for x > 0, else alpha (e^(x/alpha) - 1); Barron, 2017, eq. 2."""
    return _positive_or(m, x, lambda: m.num(alpha) * m.expm1(x / m.num(alpha)))


@define("selu")
def selu(m: Arithmetic[N], x: N) -> N:
    """scale (x for x > 0, else alpha (e^x - 1)); Klambauer et al., 2017, eq. 2."""
    return SELU_SCALE * _positive_or(m, x, lambda: SELU_ALPHA * m.expm1(x))


@define("silu")
def silu(m: Arithmetic[N], x: N) -> N:
    """x sigmoid(x); Hendrycks and Gimpel, 2016."""
    return x * m.sigmoid(x)


@define("mish")
def mish(m: Arithmetic[N], x: N) -> N:
    """x tanh(softplus(x)); Misra, 2020, eq. 1."""
    return x * m.tanh(m.softplus(x))


@define("gelu")
def gelu(m: Arithmetic[N], x: N, approximate: str = "none") -> N:
    """x Phi(x), Phi the normal distribution function; or its tanh approximation; Hendrycks and Gimpel, 2016, section 2.

    (1 + erf(z))/2 is written erfc(-z)/2 and (1 + tanh(u))/2 is written sigmoid(2u): the same functions, without cancellation.
    """
    if approximate == "none":
        return x * m.erfc(-x / m.sqrt(m.num(2))) / 2
    inner = m.sqrt(2 / m.const("pi")) * (x + Fraction(44715, 10**6) * x * x * x)
    return x * m.sigmoid(2 * inner)


@define("hard_sigmoid")
def hard_sigmoid(m: Arithmetic[N], x: N) -> N:
    """min(max(x + 3, 0), 6) / 6; Howard et al., MobileNetV3, 2019."""
    return relu6(m, x + 3) / 6


@define("hard_swish")
def hard_swish(m: Arithmetic[N], x: N) -> N:
    """x relu6(x + 3) / 6; Howard et al., MobileNetV3, 2019, section 5.2."""
    return x * relu6(m, x + 3) / 6


@define("softsign")
def softsign(m: Arithmetic[N], x: N) -> N:
    """x / (1 + |x|), from |x| = 1 on the same as 1 - 1 / (1 + |x|) with the sign of x, whose derivative does not cancel; Turian et al., 2009."""
    return m.where(
        m.lt(m.abs(x), m.num(1)),
        lambda: x / (1 + m.abs(x)),
        lambda: m.where(m.lt(x, m.num(0)), lambda: 1 / (1 - x) - 1, lambda: 1 - 1 / (1 + x)),
    )


@define("tanhshrink")
def tanhshrink(m: Arithmetic[N], x: N) -> N:
    """x - tanh x; torch.nn.Tanhshrink."""
    return x - m.tanh(x)


@define("squareplus")
def squareplus(m: Arithmetic[N], x: N, b: float = 4.0) -> N:
    """(x + sqrt(x^2 + b)) / 2; Barron, 2021, eq. 1."""
    return (x + m.norm([x, m.sqrt(m.num(b))])) / 2


@define("relu")
def relu(m: Arithmetic[N], x: N) -> N:
    """max(x, 0); Nair and Hinton, 2010."""
    return m.max([x, m.num(0)])


@define("leaky_relu")
def leaky_relu(m: Arithmetic[N], x: N, slope: float = 0.01) -> N:
    """x for x > 0, else slope x; Maas et al., 2013."""
    return _positive_or(m, x, lambda: m.num(slope) * x)


@define("prelu")
def prelu(m: Arithmetic[N], x: N, w: N) -> N:
    """x for x > 0, else w x; He et al., 2015, eq. 1."""
    return _positive_or(m, x, lambda: w * x)


@define("rrelu")
def rrelu(m: Arithmetic[N], x: N, lower: float = 0.125, upper: float = 1 / 3) -> N:
    """x for x > 0, else x times the middle of the slopes, as in evaluation; Xu et al., 2015, section 2.4."""
    return _positive_or(m, x, lambda: (m.num(lower) + m.num(upper)) / 2 * x)


@define("relu_between")
def relu_between(m: Arithmetic[N], x: N, slope: float = 0.0, top: float = 6.0, threshold: float = 0.5) -> N:
    """top for x >= top, x for threshold <= x < top, else slope (x - threshold); tf.keras.activations.relu."""
    low, high = m.num(threshold), m.num(top)
    return m.where(m.lt(x, low), lambda: m.num(slope) * (x - low), lambda: m.min([x, high]))


@define("threshold")
def threshold_of(m: Arithmetic[N], x: N, threshold: float = 0.5, value: float = -1.0) -> N:
    """x for x > threshold, else value; torch.nn.Threshold."""
    return m.where(m.lt(m.num(threshold), x), lambda: x, lambda: m.num(value))


@define("hard_tanh")
def hard_tanh(m: Arithmetic[N], x: N) -> N:
    """min(max(x, -1), 1); Collobert, 2004."""
    return m.min([m.max([x, m.num(-1)]), m.num(1)])


@define("hard_shrink")
def hard_shrink(m: Arithmetic[N], x: N, threshold: float = 0.5) -> N:
    """x for |x| > threshold, else 0; torch.nn.Hardshrink."""
    return m.where(m.lt(m.num(threshold), m.abs(x)), lambda: x, lambda: m.num(0))


@define("soft_shrink")
def soft_shrink(m: Arithmetic[N], x: N, threshold: float = 0.5) -> N:
    """x moved towards 0 by the threshold, and 0 within it; torch.nn.Softshrink."""
    edge, zero = m.num(threshold), m.num(0)
    return m.max([x - edge, zero]) + m.min([x + edge, zero])


@define("softplus_beta")
def softplus_beta(m: Arithmetic[N], x: N, beta: float = 1.0, threshold: float = 20.0) -> N:
    """log(1 + e^(beta x)) / beta; torch.nn.Softplus. The threshold is of the approximation, not of the function."""
    return m.softplus(m.num(beta) * x) / m.num(beta)


@define("softplus_threshold")
def softplus_threshold(m: Arithmetic[N], x: N, beta: float = 1.0, threshold: float = 20.0) -> N:
    """softplus_beta, but x where beta x > threshold: torch.nn.Softplus as its page documents it."""
    return m.where(m.lt(m.num(threshold), m.num(beta) * x), lambda: x, lambda: softplus_beta(m, x, beta))


@define("sparse_plus")
def sparse_plus(m: Arithmetic[N], x: N) -> N:
    """0 for x <= -1, (x + 1)^2 / 4 between, x for x >= 1; jax.nn.sparse_plus, Martins and Astudillo, 2016."""
    one = m.num(1)
    return m.where(m.lt(one, x), lambda: x, lambda: m.where(m.lt(x, -one), lambda: m.num(0), lambda: m.square(x + 1) / 4))


@define("sparse_sigmoid")
def sparse_sigmoid(m: Arithmetic[N], x: N) -> N:
    """min(max((x + 1) / 2, 0), 1), the derivative of sparse_plus; jax.nn.sparse_sigmoid."""
    return m.min([m.max([(x + 1) / 2, m.num(0)]), m.num(1)])


@define("swiglu")
def swiglu(m: Arithmetic[N], x: N, y: N) -> N:
    """x sigmoid(x) y; Shazeer, 2020, eq. 6."""
    return silu(m, x) * y


@define("geglu")
def geglu(m: Arithmetic[N], x: N, y: N) -> N:
    """x Phi(x) y; Shazeer, 2020, eq. 6."""
    return gelu(m, x) * y


@define("glu")
def glu(m: Arithmetic[N], x: list[N]) -> list[N]:
    """The first half times the sigmoid of the second; Dauphin et al., 2017, eq. 1."""
    half = len(x) // 2
    return [a * m.sigmoid(b) for a, b in zip(x[:half], x[half:], strict=True)]


@define("crelu")
def crelu(m: Arithmetic[N], x: list[N]) -> list[N]:
    """max(x, 0), then max(-x, 0); Shang et al., 2016, definition 2.1."""
    return [relu(m, v) for v in x] + [relu(m, -v) for v in x]


@define("sparsemax")
def sparsemax(m: Arithmetic[N], x: list[N]) -> list[N]:
    """max(x_i - t, 0), the projection onto the simplex: t is the largest (sum of the k largest - 1) / k; Martins and Astudillo, 2016,
    proposition 1."""
    ranked = list(x)
    for end in range(len(ranked) - 1, 0, -1):  # the least of those before `end` goes there
        for i in range(end):
            ranked[i], ranked[i + 1] = m.max([ranked[i], ranked[i + 1]]), m.min([ranked[i], ranked[i + 1]])
    shift = m.max([(m.sum(ranked[:k]) - 1) / k for k in range(1, len(x) + 1)])
    return [m.max([v - shift, m.num(0)]) for v in x]


@define("standardize")
def standardize(m: Arithmetic[N], x: list[N], eps: float = 1e-5) -> list[N]:
    """(x - mean) / sqrt(variance + eps), the population's variance; jax.nn.standardize."""
    mean = m.sum(x) / len(x)
    scale = m.sqrt(m.sum([m.square(v - mean) for v in x]) / len(x) + m.num(eps))
    return [(v - mean) / scale for v in x]
