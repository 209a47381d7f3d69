"""Loss functions: x the prediction (or logits), y the target."""

from __future__ import annotations

from fractions import Fraction

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.reductions import logsumexp, mean


@define("binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(m: Arithmetic[N], x: N, y: N) -> N:
    """-y log sigmoid(x) - (1 - y) log(1 - sigmoid(x)); torch.nn.BCEWithLogitsLoss."""
    return y * m.softplus(-x) + (1 - y) * m.softplus(x)


@define("cross_entropy")
def cross_entropy(m: Arithmetic[N], x: Vector[N], y: Vector[N]) -> N:
    """-sum y_i log softmax(x)_i, y the probabilities of the classes; torch.nn.CrossEntropyLoss."""
    shift = m.hint_max(x)
    near = [v - shift for v in x]
    total = logsumexp(m, near)
    return m.sum([q * (total - v) for v, q in zip(near, y, strict=True)])


@define("sparse_cross_entropy")
def sparse_cross_entropy(m: Arithmetic[N], x: Vector[N], y: N) -> N:
    """-log softmax(x)_y, y the index of the class; torch.nn.CrossEntropyLoss.

    The class is chosen by |y - i| < 1/2, not by y - i = 0, which would make every index an isolated point of the derivative.
    """
    zero, half = m.num(0), m.num(Fraction(1, 2))
    chosen = m.sum([m.where(m.lt(m.abs(y - i), half), lambda v=v: v, lambda: zero) for i, v in enumerate(x)])  # type: ignore[misc]
    return logsumexp(m, [v - chosen for v in x])


@define("mse")
def mse(m: Arithmetic[N], x: Vector[N], y: Vector[N]) -> N:
    """The mean of (x_i - y_i)^2; torch.nn.MSELoss."""
    return mean(m, [m.square(a - b) for a, b in zip(x, y, strict=True)])


@define("huber")
def huber(m: Arithmetic[N], x: N, y: N, delta: float = 1.0) -> N:
    """d^2/2 for |d| <= delta, else delta (|d| - delta/2), d = x - y; Huber, 1964; torch.nn.HuberLoss."""
    size, bend = m.abs(x - y), m.num(delta)
    # d^2, not |d|^2: its second derivative at 0 is one number
    return m.where(m.lt(bend, size), lambda: bend * (size - bend / 2), lambda: m.square(x - y) / 2)


@define("kl_div")
def kl_div(m: Arithmetic[N], x: N, y: N) -> N:
    """e^y (y - x), both in the log domain; torch.nn.KLDivLoss with log_target."""
    return m.exp(y) * (y - x)


@define("rel_entr")
def rel_entr(m: Arithmetic[N], x: N, y: N) -> N:
    """x log(x / y), and 0 for x = 0; scipy.special.rel_entr."""
    return m.where(m.eq0(x), lambda: m.num(0), lambda: x * m.log(x / y))


@define("softmax_cross_entropy")
def softmax_cross_entropy(m: Arithmetic[N], x: Vector[N], y: Vector[N]) -> N:
    """-sum y_i log softmax(x)_i, y nonnegative of sum one; tf.nn.softmax_cross_entropy_with_logits, torch.nn.CrossEntropyLoss."""
    return cross_entropy(m, x, y)


@define("smoothed_cross_entropy")
def smoothed_cross_entropy(m: Arithmetic[N], x: Vector[N], y: N, smoothing: float = 0.1) -> N:
    """The cross-entropy against (1 - s) times the one-hot vector of the class y plus s / n; torch.nn.CrossEntropyLoss, label_smoothing."""
    shift = m.hint_max(x)
    near = [v - shift for v in x]
    gaps, share = [logsumexp(m, near) - v for v in near], m.num(smoothing)
    zero, half = m.num(0), m.num(Fraction(1, 2))
    chosen = m.sum([m.where(m.lt(m.abs(y - i), half), lambda g=g: g, lambda: zero) for i, g in enumerate(gaps)])  # type: ignore[misc]
    return (1 - share) * chosen + share * m.sum(gaps) / len(x)


@define("nll_loss")
def nll_loss(m: Arithmetic[N], x: Vector[N], y: N) -> N:
    """-x_y, y the index of the class; torch.nn.NLLLoss."""
    zero, half = m.num(0), m.num(Fraction(1, 2))
    return -m.sum([m.where(m.lt(m.abs(y - i), half), lambda v=v: v, lambda: zero) for i, v in enumerate(x)])  # type: ignore[misc]


@define("l1_loss")
def l1_loss(m: Arithmetic[N], x: N, y: N) -> N:
    """|x - y|; torch.nn.L1Loss."""
    return m.abs(x - y)


@define("mae")
def mae(m: Arithmetic[N], x: Vector[N], y: Vector[N]) -> N:
    """The mean of |x_i - y_i|; tf.keras.losses.MeanAbsoluteError."""
    return mean(m, [m.abs(a - b) for a, b in zip(x, y, strict=True)])


@define("smooth_l1")
def smooth_l1(m: Arithmetic[N], x: N, y: N, beta: float = 1.0) -> N:
    """d^2 / (2 beta) for |d| < beta, else |d| - beta / 2, d = x - y; torch.nn.SmoothL1Loss."""
    size, bend = m.abs(x - y), m.num(beta)
    return m.where(m.lt(size, bend), lambda: m.square(x - y) / (2 * bend), lambda: size - bend / 2)


@define("log_cosh")
def log_cosh(m: Arithmetic[N], x: N, y: N) -> N:
    """log cosh(x - y), as log(1 + 2 sinh(d/2)^2); tf.keras.losses.LogCosh."""
    return m.log1p(2 * m.square(m.sinh((x - y) / 2)))


@define("linear_cross_entropy")
def linear_cross_entropy(m: Arithmetic[N], x: Vector[N], w: list[Vector[N]], y: N) -> N:
    """sparse_cross_entropy of the logits w x; torch.nn.functional.linear_cross_entropy."""
    return sparse_cross_entropy(m, [m.sum([a * b for a, b in zip(row, x, strict=True)]) for row in w], y)


@define("ctc_loss")
def ctc_loss(m: Arithmetic[N], x: list[Vector[N]], second: int = 2) -> N:
    """-log of the probability that softmax(x_t), t = 1..n, spells the labels 1, `second`; class 0 is the blank.

    The sum over alignments by prefixes of the labels with blanks between: Graves et al., 2006, eq. 6 to 8, in the logarithms.
    """
    labels = [0, 1, 0, second, 0]
    logs = [[v - total for v in row] for row in x for total in [logsumexp(m, row)]]
    prefixes: list[N | None] = [logs[0][0], logs[0][1], None, None, None]  # None: the probability is zero
    for row in logs[1:]:
        following: list[N | None] = []
        for s, label in enumerate(labels):
            reached = [prefixes[s], prefixes[s - 1] if s else None]
            reached.append(prefixes[s - 2] if s == 3 and second != 1 else None)
            known = [a for a in reached if a is not None]
            joined = None if not known else known[0] if len(known) == 1 else logsumexp(m, known)
            following.append(None if joined is None else joined + row[label])
        prefixes = following
    return -logsumexp(m, [a for a in prefixes[3:] if a is not None])
