"""Losses of probabilities and rates, and negative log likelihoods: x the prediction, y the target."""

from __future__ import annotations

from collections.abc import Callable

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.losses_ranking import chosen

#: keras.config.epsilon() is 1e-7: the ends of Keras's clip(x, epsilon, 1 - epsilon) as each format has them. 16-bit formats round 1 - epsilon to 1,
#: which clips nothing: there the end is 1 less the epsilon that they have.
KERAS_CLIP = {
    "float32": (float.fromhex("0x1.ad7f2ap-24"), float.fromhex("0x1.fffffcp-1")),
    "float64": (1e-7, 1 - 1e-7),
    "float16": (2.0**-23, 1 - 2.0**-23),
    "bfloat16": (float.fromhex("0x1.aep-24"), 1 - float.fromhex("0x1.aep-24")),
}


def clipped(m: Arithmetic[N], x: N, clip: str) -> N:
    low, high = KERAS_CLIP[clip]
    return m.min([m.max([x, m.num(low)]), m.num(high)])


def at_least(m: Arithmetic[N], x: N, least: float) -> N:
    return m.max([x, m.num(least)])


def power(m: Arithmetic[N], x: N, exponent: float) -> N:
    """x^exponent for x >= 0."""
    return m.square(x) if exponent == 2 else m.pow(x, m.num(exponent))


@define("binary_cross_entropy")
def binary_cross_entropy(m: Arithmetic[N], x: N, y: N) -> N:
    """-y log x - (1 - y) log(1 - x), the logarithms not below -100; torch.nn.BCELoss, whose page gives the -100."""
    floor = m.num(-100)

    def log(argument: N, take: Callable[[], N]) -> N:
        return m.where(m.lt(argument, m.exp(floor)), lambda: floor, take)

    return -(y * log(x, lambda: m.log(x))) - (1 - y) * log(1 - x, lambda: m.log1p(-x))


@define("binary_cross_entropy_backward")
def binary_cross_entropy_backward(m: Arithmetic[N], x: N, y: N) -> list[N]:
    """(x - y) / max(x (1 - x), 1e-12), and log(1 - x) - log x with logarithms not below -100: the "linear backward method" of torch.nn.BCELoss.
    The 1e-12 is the constant of binary32 that its kernel holds."""
    floor, least = m.num(-100), m.num(float.fromhex("0x1.197998p-40"))
    slope = (x - y) / m.max([x * (1 - x), least])
    return [slope, m.max([m.log1p(-x), floor]) - m.max([m.log(x), floor])]


@define("binary_cross_entropy_clipped")
def binary_cross_entropy_clipped(m: Arithmetic[N], x: N, y: N, clip: str = "float32") -> N:
    """-y log p - (1 - y) log(1 - p), p = x clipped to [epsilon, 1 - epsilon]; tf.keras.losses.binary_crossentropy, keras.config.epsilon."""
    p = clipped(m, x, clip)
    return -(y * m.log(p)) - (1 - y) * m.log1p(-p)


@define("weighted_binary_cross_entropy")
def weighted_binary_cross_entropy(m: Arithmetic[N], x: N, y: N, weight: float = 2.0) -> N:
    """-w y log sigmoid(x) - (1 - y) log(1 - sigmoid(x)); tf.nn.weighted_cross_entropy_with_logits, pos_weight of torch.nn.BCEWithLogitsLoss."""
    return m.num(weight) * y * m.softplus(-x) + (1 - y) * m.softplus(x)


@define("binary_focal_clipped")
def binary_focal_clipped(m: Arithmetic[N], x: N, y: N, gamma: float = 2.0, clip: str = "float32") -> N:
    """(1 - p_t)^gamma times binary_cross_entropy_clipped, p_t = y x + (1 - y)(1 - x); Lin et al., 2017; tf.keras.losses.binary_focal_crossentropy."""
    missed = y * (1 - x) + (1 - y) * x
    return power(m, missed, gamma) * binary_cross_entropy_clipped(m, x, y, clip)


@define("binary_focal_with_logits")
def binary_focal_with_logits(m: Arithmetic[N], x: N, y: N, gamma: float = 2.0) -> N:
    """-(1 - p_t)^gamma (y log p + (1 - y) log(1 - p)), p = sigmoid(x), p_t = y p + (1 - y)(1 - p); Lin et al., 2017, eq. 4."""
    missed = y * m.sigmoid(-x) + (1 - y) * m.sigmoid(x)
    return power(m, missed, gamma) * (y * m.softplus(-x) + (1 - y) * m.softplus(x))


@define("categorical_cross_entropy_clipped")
def categorical_cross_entropy_clipped(m: Arithmetic[N], x: Vector[N], y: Vector[N], clip: str = "float32") -> N:
    """-sum y_i log p_i, p = x / sum x clipped to [epsilon, 1 - epsilon]; tf.keras.losses.categorical_crossentropy."""
    total = m.sum(x)
    return -m.sum([t * m.log(clipped(m, v / total, clip)) for v, t in zip(x, y, strict=True)])


@define("categorical_focal_clipped")
def categorical_focal_clipped(
    m: Arithmetic[N], x: Vector[N], y: Vector[N], gamma: float = 2.0, alpha: float = 0.25, clip: str = "float32"
) -> N:
    """-alpha sum y_i (1 - p_i)^gamma log p_i, p = x / sum x clipped to [epsilon, 1 - epsilon]; tf.keras.losses.categorical_focal_crossentropy."""
    total = m.sum(x)
    shares = [clipped(m, v / total, clip) for v in x]
    return -(m.num(alpha) * m.sum([t * power(m, 1 - p, gamma) * m.log(p) for p, t in zip(shares, y, strict=True)]))


@define("categorical_focal_with_logits")
def categorical_focal_with_logits(m: Arithmetic[N], x: Vector[N], y: Vector[N], gamma: float = 2.0, alpha: float = 0.25) -> N:
    """-alpha sum y_i (1 - p_i)^gamma log p_i, p = softmax(x); Lin et al., 2017; tf.keras.losses.categorical_focal_crossentropy, from_logits."""
    total = m.logsumexp(x)
    missed = [_others(m, x, i) for i in range(len(x))]
    return m.num(alpha) * m.sum([t * power(m, q, gamma) * (total - v) for v, q, t in zip(x, missed, y, strict=True)])


def _others(m: Arithmetic[N], x: Vector[N], i: int) -> N:
    """1 - softmax(x)_i, the share of the other classes."""
    if len(x) == 1:
        return m.num(0)
    return m.sigmoid(m.logsumexp([v for j, v in enumerate(x) if j != i]) - x[i])


@define("sparse_categorical_cross_entropy_clipped")
def sparse_categorical_cross_entropy_clipped(m: Arithmetic[N], x: Vector[N], y: N, clip: str = "float32") -> N:
    """-log(p_y / sum p), p = x clipped to [epsilon, 1 - epsilon]; tf.keras.ops.sparse_categorical_crossentropy."""
    shares = [clipped(m, v, clip) for v in x]
    zero = m.num(0)
    hot = m.sum([chosen(m, y, i, lambda p=p: p, lambda: zero) for i, p in enumerate(shares)])  # type: ignore[misc]
    return m.log(m.sum(shares) / hot)


@define("generalized_cross_entropy")
def generalized_cross_entropy(m: Arithmetic[N], x: Vector[N], y: N, q: float = 0.5) -> N:
    """(1 - x_y^q) / q; Zhang and Sabuncu, 2018, eq. 6; tf.keras.losses.categorical_generalized_cross_entropy."""
    zero = m.num(0)
    hot = m.sum([chosen(m, y, i, lambda v=v: v, lambda: zero) for i, v in enumerate(x)])  # type: ignore[misc]
    return (1 - m.pow(hot, m.num(q))) / m.num(q)


@define("kl_div_from_log")
def kl_div_from_log(m: Arithmetic[N], x: N, y: N) -> N:
    """y (log y - x), and 0 for y = 0; torch.nn.KLDivLoss."""
    return m.where(m.eq0(y), lambda: m.num(0), lambda: y * (m.log(y) - x))


@define("kl_divergence_clipped")
def kl_divergence_clipped(m: Arithmetic[N], x: N, y: N, clip: str = "float32") -> N:
    """q log(q / p), x and y clipped to [epsilon, 1]; tf.keras.losses.kl_divergence."""
    least, one = KERAS_CLIP[clip][0], m.num(1)
    p, q = (m.min([at_least(m, v, least), one]) for v in (x, y))
    return q * m.log(q / p)


@define("poisson_nll")
def poisson_nll(m: Arithmetic[N], x: N, y: N, full: bool = False) -> N:
    """e^x - y x; full: plus Stirling's y log y - y + log(2 pi y)/2 where y > 1; torch.nn.PoissonNLLLoss, tf.nn.log_poisson_loss."""
    return m.exp(x) - y * x + (stirling(m, y) if full else 0)


@define("poisson_nll_of_rate")
def poisson_nll_of_rate(m: Arithmetic[N], x: N, y: N, eps: float = 1e-8, full: bool = False) -> N:
    """x - y log(x + eps); full: plus Stirling's term as in poisson_nll; torch.nn.PoissonNLLLoss with log_input=False."""
    return x - y * m.log(x + m.num(eps)) + (stirling(m, y) if full else 0)


def stirling(m: Arithmetic[N], y: N) -> N:
    """y log y - y + log(2 pi y)/2 where y > 1, else 0: the pages' approximation of log y!."""
    return m.where(m.lt(m.num(1), y), lambda: y * m.log(y) - y + m.log(2 * m.const("pi") * y) / 2, lambda: m.num(0))


@define("gaussian_nll")
def gaussian_nll(m: Arithmetic[N], x: N, y: N, v: N, full: bool = False) -> N:
    """(log v + (x - y)^2 / v) / 2; full: plus log(2 pi) / 2; torch.nn.GaussianNLLLoss, above its eps."""
    constant = m.log(2 * m.const("pi")) if full else 0
    return (m.log(v) + m.square(x - y) / v + constant) / 2


@define("mape")
def mape(m: Arithmetic[N], x: N, y: N, clip: str = "float32") -> N:
    """100 |(y - x) / max(|y|, epsilon)|; tf.keras.losses.mean_absolute_percentage_error."""
    return 100 * m.abs((y - x) / at_least(m, m.abs(y), KERAS_CLIP[clip][0]))


@define("msle")
def msle(m: Arithmetic[N], x: N, y: N, clip: str = "float32") -> N:
    """(log(1 + max(x, epsilon)) - log(1 + max(y, epsilon)))^2; tf.keras.losses.mean_squared_logarithmic_error."""
    least = KERAS_CLIP[clip][0]
    return m.square(m.log1p(at_least(m, x, least)) - m.log1p(at_least(m, y, least)))


@define("dice_loss")
def dice_loss(m: Arithmetic[N], x: Vector[N], y: Vector[N], eps: float = 1e-7) -> N:
    """1 - 2 sum x_i y_i / (sum x_i + sum y_i + epsilon); tf.keras.losses.dice, keras.config.epsilon."""
    return 1 - 2 * m.sum([a * b for a, b in zip(x, y, strict=True)]) / (m.sum([*x, *y]) + m.num(eps))


@define("tversky_loss")
def tversky_loss(m: Arithmetic[N], x: Vector[N], y: Vector[N], alpha: float = 0.5, beta: float = 0.5, eps: float = 1e-7) -> N:
    """1 - sum x y / (sum x y + alpha sum (1 - x) y + beta sum x (1 - y) + epsilon); Salehi et al., 2017, eq. 4; tf.keras.losses.tversky."""
    pairs = list(zip(x, y, strict=True))
    both = m.sum([a * b for a, b in pairs])
    missed, extra = m.sum([(1 - a) * b for a, b in pairs]), m.sum([a * (1 - b) for a, b in pairs])
    return 1 - both / (both + m.num(alpha) * missed + m.num(beta) * extra + m.num(eps))
