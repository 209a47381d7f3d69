"""Losses of margins, ranks and distances. A label y of 0 or 1 stands for the sign 2 y - 1 that the pages call y."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Vector
from ulpfuzz.oracles.definitions import define


def positive(m: Arithmetic[N], x: N) -> N:
    return m.max([x, m.num(0)])


def chosen(m: Arithmetic[N], y: N, i: int, yes: Callable[[], N], no: Callable[[], N]) -> N:
    """yes() where the index y is i, else no(); by |y - i| < 1/2, so that no index is an isolated point."""
    return m.where(m.lt(m.abs(y - i), m.num(Fraction(1, 2))), yes, no)


def dot(m: Arithmetic[N], x: Vector[N], y: Vector[N]) -> N:
    return m.sum([a * b for a, b in zip(x, y, strict=True)])


@define("hinge")
def hinge(m: Arithmetic[N], x: N, y: N) -> N:
    """max(0, 1 - s x), s = 2 y - 1; tf.keras.losses.hinge."""
    return positive(m, 1 - (2 * y - 1) * x)


@define("squared_hinge")
def squared_hinge(m: Arithmetic[N], x: N, y: N) -> N:
    """max(0, 1 - s x)^2, s = 2 y - 1; tf.keras.losses.squared_hinge."""
    return m.square(hinge(m, x, y))


@define("categorical_hinge")
def categorical_hinge(m: Arithmetic[N], x: Vector[N], y: N) -> N:
    """max(0, 1 + max_(i) (1 - t_i) x_i - sum t_i x_i), t the one-hot vector of the class y; tf.keras.losses.categorical_hinge."""
    zero = m.num(0)
    hot = m.sum([chosen(m, y, i, lambda v=v: v, lambda: zero) for i, v in enumerate(x)])  # type: ignore[misc]
    others = m.max([chosen(m, y, i, lambda: zero, lambda v=v: v) for i, v in enumerate(x)])  # type: ignore[misc]
    return positive(m, others - hot + 1)


@define("hinge_embedding")
def hinge_embedding(m: Arithmetic[N], x: N, y: N, margin: float = 1.0) -> N:
    """x for y = 1, max(0, margin - x) for y = 0 (the page's -1); torch.nn.HingeEmbeddingLoss."""
    return m.where(m.lt(m.num(Fraction(1, 2)), y), lambda: x, lambda: positive(m, m.num(margin) - x))


@define("margin_ranking")
def margin_ranking(m: Arithmetic[N], a: N, b: N, y: N, margin: float = 0.0) -> N:
    """max(0, -s (a - b) + margin), s = 2 y - 1; torch.nn.MarginRankingLoss."""
    return positive(m, m.num(margin) - (2 * y - 1) * (a - b))


@define("soft_margin")
def soft_margin(m: Arithmetic[N], x: N, y: N) -> N:
    """log(1 + e^(-s x)), s = 2 y - 1; torch.nn.SoftMarginLoss."""
    return m.softplus(-((2 * y - 1) * x))


@define("multi_margin")
def multi_margin(m: Arithmetic[N], x: Vector[N], y: N, p: int = 1, margin: float = 1.0) -> N:
    """sum_(i != y) max(0, margin - x_y + x_i)^p / n; torch.nn.MultiMarginLoss."""
    zero = m.num(0)
    hot = m.sum([chosen(m, y, i, lambda v=v: v, lambda: zero) for i, v in enumerate(x)])  # type: ignore[misc]
    terms = [positive(m, m.num(margin) - hot + v) for v in x]
    powers = terms if p == 1 else [m.square(t) for t in terms]
    return m.sum([chosen(m, y, i, lambda: zero, lambda t=t: t) for i, t in enumerate(powers)]) / len(x)  # type: ignore[misc]


@define("multilabel_margin")
def multilabel_margin(m: Arithmetic[N], x: Vector[N], y: Vector[N]) -> N:
    """sum over labels j and other classes i of max(0, 1 - (x_j - x_i)), by n; y_j = 1 marks the labels; torch.nn.MultiLabelMarginLoss."""
    zero, half = m.num(0), m.num(Fraction(1, 2))
    terms = []
    for j, hot in enumerate(x):
        for i, other in enumerate(x):
            if i != j:
                gap = y[j] - y[i]  # 1 for a label against another class
                terms.append(m.where(m.lt(half, gap), lambda h=hot, o=other: positive(m, 1 - h + o), lambda: zero))  # type: ignore[misc]
    return m.sum(terms or [zero]) / len(x)


@define("multilabel_soft_margin")
def multilabel_soft_margin(m: Arithmetic[N], x: Vector[N], y: Vector[N]) -> N:
    """The mean of -y_i log sigmoid(x_i) - (1 - y_i) log(1 - sigmoid(x_i)); torch.nn.MultiLabelSoftMarginLoss."""
    return m.sum([t * m.softplus(-v) + (1 - t) * m.softplus(v) for v, t in zip(x, y, strict=True)]) / len(x)


@define("triplet_margin")
def triplet_margin(
    m: Arithmetic[N], a: Vector[N], p: Vector[N], n: Vector[N], margin: float = 1.0, norm: int = 2, swap: bool = False, eps: float = 1e-6
) -> N:  # fmt: skip
    """max(0, d(a, p) - d(a, n) + margin), d(x, y) = ||x - y + eps||; with swap d(a, n) is at most d(p, n); torch.nn.TripletMarginLoss
    and torch.nn.PairwiseDistance, whose page gives the eps."""

    def distance(x: Vector[N], y: Vector[N]) -> N:
        gaps = [v - w + m.num(eps) for v, w in zip(x, y, strict=True)]
        return m.norm(gaps) if norm == 2 else m.sum([m.abs(g) for g in gaps])

    far = distance(a, n)
    if swap:
        far = m.min([far, distance(p, n)])
    return positive(m, distance(a, p) - far + m.num(margin))


@define("cosine_embedding")
def cosine_embedding(m: Arithmetic[N], a: Vector[N], b: Vector[N], y: N, margin: float = 0.0, eps: float = 1e-12) -> N:
    """1 - cos for y = 1, max(0, cos - margin) for y = 0 (the page's -1); torch.nn.CosineEmbeddingLoss.

    cos = a.b / sqrt((a.a + eps)(b.b + eps)), eps = 1e-12 in aten/src/ATen/native/Loss.cpp; it keeps zero vectors finite.
    """
    product = dot(m, a, b) / m.sqrt((dot(m, a, a) + m.num(eps)) * (dot(m, b, b) + m.num(eps)))
    return m.where(m.lt(m.num(Fraction(1, 2)), y), lambda: 1 - product, lambda: positive(m, product - m.num(margin)))


@define("circle_loss")
def circle_loss(m: Arithmetic[N], x: list[Vector[N]], gamma: float = 80.0, margin: float = 0.4) -> Vector[N]:
    """softplus(LSE_p gamma a_p (d_p - margin) + LSE_n gamma a_n (1 - margin - d_n)) of each embedding; Sun et al., 2020, eq. 6.

    d = max(0, 1 - x_i.x_j), a_p = max(0, margin + d), a_n = max(0, 1 + margin - d); labels 0, 0, 1, 1: one positive and two negatives for each;
    tf.keras.losses.circle.
    """
    bend, scale = m.num(margin), m.num(gamma)
    labels, losses = (0, 0, 1, 1), []
    for i, anchor in enumerate(x):
        near, far = [], []
        for j, other in enumerate(x):
            if i == j:
                continue
            d = positive(m, 1 - dot(m, anchor, other))
            if labels[i] == labels[j]:
                near.append(-scale * positive(m, bend + d) * (bend - d))
            else:
                far.append(scale * positive(m, 1 + bend - d) * (1 - bend - d))
        losses.append(m.softplus(m.logsumexp(near) + m.logsumexp(far)))
    return losses
