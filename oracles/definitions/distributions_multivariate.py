"""Distributions of vectors: Dirichlet, multivariate normal, the relaxed categorical.

Sources: Kotz, Balakrishnan and Johnson (KBJ), Continuous Multivariate Distributions, volume 1.
"""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, Matrix, N, Vector
from ulpfuzz.oracles.definitions import define


@define("dirichlet_logpdf")
def dirichlet_logpdf(m: Arithmetic[N], x: Vector[N], a: Vector[N]) -> N:
    """log Gamma(sum a) - sum log Gamma(a_i) + sum (a_i - 1) log x_i; KBJ 49.1."""
    return m.lgamma(m.sum(a)) + m.sum([(c - 1) * m.log(v) - m.lgamma(c) for v, c in zip(x, a, strict=True)])


@define("dirichlet_entropy")
def dirichlet_entropy(m: Arithmetic[N], a: Vector[N]) -> N:
    """log B(a) + (A - n) digamma(A) - sum (a_i - 1) digamma(a_i), A the sum; torch.distributions.Dirichlet."""
    total = m.sum(a)
    return m.sum([m.lgamma(c) - (c - 1) * m.digamma(c) for c in a]) - m.lgamma(total) + (total - len(a)) * m.digamma(total)


@define("dirichlet_variance")
def dirichlet_variance(m: Arithmetic[N], a: Vector[N]) -> Vector[N]:
    """a_i (A - a_i) / (A^2 (A + 1)), A the sum; KBJ 49.2."""
    total = m.sum(a)
    others = [m.sum([v for j, v in enumerate(a) if j != i]) for i in range(len(a))]
    return [c * rest / (m.square(total) * (total + 1)) for c, rest in zip(a, others, strict=True)]


def cholesky(m: Arithmetic[N], a: Matrix[N]) -> Matrix[N]:
    """L with L L^T = a, of the lower triangle; Golub and Van Loan, 4.2."""
    rows: Matrix[N] = []
    for i, row in enumerate(a):
        new: Vector[N] = []
        for j in range(i + 1):
            rest = row[j] - m.sum([new[k] * (new[k] if i == j else rows[j][k]) for k in range(j)]) if j else row[j]
            new.append(m.sqrt(rest) if i == j else rest / rows[j][j])
        rows.append(new)
    return rows


def forward(m: Arithmetic[N], lower: Matrix[N], b: Vector[N]) -> Vector[N]:
    """L^-1 b by substitution."""
    out: Vector[N] = []
    for i, v in enumerate(b):
        rest = v - m.sum([lower[i][k] * out[k] for k in range(i)]) if i else v
        out.append(rest / lower[i][i])
    return out


def _gaussian(m: Arithmetic[N], x: Vector[N], mean: Vector[N], lower: Matrix[N]) -> N:
    z = forward(m, lower, [v - c for v, c in zip(x, mean, strict=True)])
    quadratic = m.sum([m.square(v) for v in z])
    return -(quadratic + len(x) * m.log(2 * m.const("pi"))) / 2 - m.sum([m.log(lower[i][i]) for i in range(len(x))])


@define("multivariate_normal_logpdf")
def multivariate_normal_logpdf(m: Arithmetic[N], x: Vector[N], mean: Vector[N], cov: Matrix[N]) -> N:
    """-||L^-1 (x - mean)||^2 / 2 - n log(2 pi)/2 - log det L, L L^T the covariance; KBJ 45.1."""
    return _gaussian(m, x, mean, cholesky(m, cov))


@define("multivariate_normal_pdf")
def multivariate_normal_pdf(m: Arithmetic[N], x: Vector[N], mean: Vector[N], cov: Matrix[N]) -> N:
    return m.exp(_gaussian(m, x, mean, cholesky(m, cov)))


@define("multivariate_normal_entropy")
def multivariate_normal_entropy(m: Arithmetic[N], cov: Matrix[N]) -> N:
    """n (1 + log(2 pi))/2 + log det L; Cover and Thomas, theorem 8.4.1."""
    lower = cholesky(m, cov)
    return len(cov) * (1 + m.log(2 * m.const("pi"))) / 2 + m.sum([m.log(lower[i][i]) for i in range(len(cov))])


@define("multivariate_normal_precision_logpdf")
def multivariate_normal_precision_logpdf(m: Arithmetic[N], x: Vector[N], mean: Vector[N], precision: Matrix[N]) -> N:
    """-d^T P d / 2 - n log(2 pi)/2 + log det P / 2, d = x - mean, P the inverse of the covariance; KBJ 45.1."""
    n, lower = len(x), cholesky(m, precision)
    d = [v - c for v, c in zip(x, mean, strict=True)]
    sides = [m.sum([lower[i][j] * d[i] for i in range(j, n)]) for j in range(n)]
    quadratic = m.sum([m.square(v) for v in sides])
    return -(quadratic + n * m.log(2 * m.const("pi"))) / 2 + m.sum([m.log(lower[i][i]) for i in range(n)])


@define("kl_multivariate_normal")
def kl_multivariate_normal(m: Arithmetic[N], mean: Vector[N], cov: Matrix[N], mean2: Vector[N], cov2: Matrix[N]) -> N:
    """(tr(C2^-1 C) + d^T C2^-1 d - n + log det C2/det C)/2, d = mean - mean2; Duchi, Derivations for Linear Algebra and Optimization."""
    n, lower, lower2 = len(mean), cholesky(m, cov), cholesky(m, cov2)
    columns = [forward(m, lower2, [lower[i][j] if i >= j else m.num(0) for i in range(n)]) for j in range(n)]
    gap = forward(m, lower2, [a - b for a, b in zip(mean, mean2, strict=True)])
    squares = m.sum([m.square(v) for column in (*columns, gap) for v in column])
    return (squares - n) / 2 + m.sum([m.log(lower2[i][i]) - m.log(lower[i][i]) for i in range(n)])


@define("low_rank_normal_logpdf")
def low_rank_normal_logpdf(m: Arithmetic[N], x: Vector[N], mean: Vector[N], factor: Matrix[N], diagonal: Vector[N]) -> N:
    """The multivariate normal density with covariance W W^T + diag(d); torch.distributions.LowRankMultivariateNormal."""
    n = len(x)
    cov = [
        [m.sum([a * b for a, b in zip(factor[i], factor[j], strict=True)] + ([diagonal[i]] if i == j else [])) for j in range(n)]
        for i in range(n)
    ]
    return _gaussian(m, x, mean, cholesky(m, cov))


@define("exp_relaxed_categorical_logpdf")
def exp_relaxed_categorical_logpdf(m: Arithmetic[N], x: Vector[N], logits: Vector[N], temperature: float = 0.5) -> N:
    """log (n-1)! + (n-1) log t + sum_i log softmax(logits - t x)_i; Maddison, Mnih and Teh, 2017, equation 24."""
    n, t = len(x), m.num(temperature)
    score = [a - t * v for a, v in zip(logits, x, strict=True)]
    parts = [-m.logsumexp([w - v for w in score]) for v in score]
    return m.lgamma(m.num(n)) + (n - 1) * m.log(t) + m.sum(parts)
