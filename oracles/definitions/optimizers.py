"""One step of an optimizer: the new parameter of a parameter p, its gradient g and the state before the step.

u: the first moment, or momentum; v: the second moment, or sum of squares; t: the number of this step, from 1. Operations stand in the order
in which the framework's page writes the update, for frameworks document it, and keep its state, in the dtype of the parameter; folded: with
the numbers of the step, which are known before it, put together, and products before quotients.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N
from ulpfuzz.oracles.definitions import define


def _blend(m: Arithmetic[N], old: N, new: N, beta: float) -> N:
    """beta old + (1 - beta) new, the coefficients numbers of the step."""
    return m.num(beta) * old + m.num(1 - Fraction(beta)) * new


def _left(m: Arithmetic[N], beta: float, t: int) -> N:
    """1 - beta^t, the correction of the bias toward 0 at the start."""
    return m.num(1 - Fraction(beta) ** t)


def _root(m: Arithmetic[N], second: N, beta: float, t: int, *, folded: bool) -> N:
    """sqrt(second/(1 - beta^t)); folded: the quotient of the roots."""
    left = _left(m, beta, t)
    return m.sqrt(second) / m.sqrt(left) if folded else m.sqrt(second / left)


def _step(m: Arithmetic[N], first: N, size: N, lr: float, beta: float, t: int, *, folded: bool) -> N:
    """lr (first/(1 - beta^t))/size; folded: with lr/(1 - beta^t) as one number."""
    if folded:
        return m.num(Fraction(lr) / (1 - Fraction(beta) ** t)) * first / size
    return m.num(lr) * (first / _left(m, beta, t)) / size


def _sign(m: Arithmetic[N], x: N) -> N:
    """Written as a quotient, which no tier encloses near its jump; branches would look like constants there."""
    return m.where(m.eq0(x), lambda: m.num(0), lambda: x / m.abs(x))


@define("sgd")
def sgd(m: Arithmetic[N], p: N, g: N, u: N, lr: float, momentum: float, nesterov: bool, weight_decay: float) -> N:
    """d = g + weight_decay p; u' = momentum u + d; p - lr u', with Nesterov's p - lr (d + momentum u'); torch.optim.SGD."""
    d = g + m.num(weight_decay) * p if weight_decay else g
    after = m.num(momentum) * u + d
    return p - m.num(lr) * (d + m.num(momentum) * after if nesterov else after)


@define("sgd_velocity")
def sgd_velocity(m: Arithmetic[N], p: N, g: N, u: N, lr: float, momentum: float, nesterov: bool) -> N:
    """u' = momentum u - lr g; p + u', with Nesterov's p + momentum u' - lr g; keras.optimizers.SGD."""
    step = m.num(lr) * g
    after = m.num(momentum) * u - step
    return p + (m.num(momentum) * after - step if nesterov else after)


@define("adam")
def adam(
    m: Arithmetic[N],
    p: N,
    g: N,
    u: N,
    v: N,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    t: int,
    folded: bool = False,
) -> N:
    """p - lr u^/(sqrt(v^) + eps), of the moments without bias; Kingma and Ba, 2015, algorithm 1; torch.optim.Adam."""
    size = _root(m, _blend(m, v, m.square(g), beta2), beta2, t, folded=folded) + m.num(eps)
    return p - _step(m, _blend(m, u, g, beta1), size, lr, beta1, t, folded=folded)


@define("adam_epsilon_hat")
def adam_epsilon_hat(m: Arithmetic[N], p: N, g: N, u: N, v: N, lr: float, beta1: float, beta2: float, eps: float, t: int) -> N:
    """p - lr sqrt(1 - beta2^t)/(1 - beta1^t) u'/(sqrt(v') + eps); Kingma and Ba, 2015, section 2; keras.optimizers.Adam."""
    rate = m.num(lr) * m.sqrt(_left(m, beta2, t)) / _left(m, beta1, t)
    return p - rate * _blend(m, u, g, beta1) / (m.sqrt(_blend(m, v, m.square(g), beta2)) + m.num(eps))


@define("adamw")
def adamw(
    m: Arithmetic[N],
    p: N,
    g: N,
    u: N,
    v: N,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    t: int,
    weight_decay: float,
    folded: bool = False,
) -> N:
    """adam from p - lr weight_decay p; Loshchilov and Hutter, 2019, algorithm 2; torch.optim.AdamW."""
    less = m.num(1 - Fraction(lr) * Fraction(weight_decay)) * p if folded else p - m.num(lr) * m.num(weight_decay) * p
    return adam(m, less, g, u, v, lr, beta1, beta2, eps, t, folded)


@define("amsgrad")
def amsgrad(
    m: Arithmetic[N],
    p: N,
    g: N,
    u: N,
    v: N,
    w: N,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    t: int,
    folded: bool = False,
) -> N:
    """adam with the largest second moment so far, w; Reddi et al., 2018; torch.optim.Adam with amsgrad."""
    size = _root(m, m.max([w, _blend(m, v, m.square(g), beta2)]), beta2, t, folded=folded) + m.num(eps)
    return p - _step(m, _blend(m, u, g, beta1), size, lr, beta1, t, folded=folded)


@define("adagrad")
def adagrad(m: Arithmetic[N], p: N, g: N, v: N, lr: float, eps: float) -> N:
    """p - lr g/(sqrt(v + g^2) + eps); Duchi et al., 2011; torch.optim.Adagrad."""
    return p - m.num(lr) * g / (m.sqrt(v + m.square(g)) + m.num(eps))


@define("adagrad_inside")
def adagrad_inside(m: Arithmetic[N], p: N, g: N, v: N, lr: float, eps: float) -> N:
    """p - lr g/sqrt(v + g^2 + eps); keras.optimizers.Adagrad."""
    return p - m.num(lr) * g / m.sqrt(v + m.square(g) + m.num(eps))


@define("adadelta")
def adadelta(m: Arithmetic[N], p: N, g: N, v: N, w: N, lr: float, rho: float, eps: float, folded: bool = False) -> N:
    """p - lr sqrt(w + eps)/sqrt(v' + eps) g, w the running mean of squared steps; Zeiler, 2012, algorithm 1."""
    after = _blend(m, v, m.square(g), rho)
    above, below = m.sqrt(w + m.num(eps)), m.sqrt(after + m.num(eps))
    return p - m.num(lr) * (above * g / below if folded else above / below * g)


@define("rmsprop")
def rmsprop(m: Arithmetic[N], p: N, g: N, v: N, lr: float, rho: float, eps: float) -> N:
    """p - lr g/(sqrt(v') + eps); Tieleman and Hinton, 2012; torch.optim.RMSprop."""
    return p - m.num(lr) * g / (m.sqrt(_blend(m, v, m.square(g), rho)) + m.num(eps))


@define("rmsprop_inside")
def rmsprop_inside(m: Arithmetic[N], p: N, g: N, v: N, lr: float, rho: float, eps: float) -> N:
    """p - lr g/sqrt(v' + eps); keras.optimizers.RMSprop."""
    return p - m.num(lr) * g / m.sqrt(_blend(m, v, m.square(g), rho) + m.num(eps))


@define("adamax")
def adamax(
    m: Arithmetic[N],
    p: N,
    g: N,
    u: N,
    v: N,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    t: int,
    folded: bool = False,
) -> N:
    """p - lr/(1 - beta1^t) u'/max(beta2 v, |g| + eps); Kingma and Ba, 2015, algorithm 2; torch.optim.Adamax."""
    size = m.max([m.num(beta2) * v, m.abs(g) + m.num(eps)])
    first = _blend(m, u, g, beta1)
    return p - (_step(m, first, size, lr, beta1, t, folded=True) if folded else m.num(lr) * first / (_left(m, beta1, t) * size))


@define("adamax_outside")
def adamax_outside(m: Arithmetic[N], p: N, g: N, u: N, v: N, lr: float, beta1: float, beta2: float, eps: float, t: int) -> N:
    """p - lr/(1 - beta1^t) u'/(max(beta2 v, |g|) + eps); keras.optimizers.Adamax."""
    size = m.max([m.num(beta2) * v, m.abs(g)]) + m.num(eps)
    return p - m.num(lr) / _left(m, beta1, t) * _blend(m, u, g, beta1) / size


@define("nadam_first")
def nadam_first(
    m: Arithmetic[N], p: N, g: N, u: N, v: N, lr: float, beta1: float, beta2: float, eps: float, folded: bool = False
) -> N:
    """The first step of Nadam with momentum_decay 1: mu_t = beta1 (1 - 0.96^t/2); Dozat, 2016; keras.optimizers.Nadam, torch.optim.NAdam."""
    decay = Fraction(96, 100)
    mu, following = (Fraction(beta1) * (1 - power / 2) for power in (decay, decay**2))
    first = _blend(m, u, g, beta1)
    size = _root(m, _blend(m, v, m.square(g), beta2), beta2, 1, folded=folded) + m.num(eps)
    if folded:
        return p - m.num(lr) * g / size - m.num(Fraction(lr) * following / (1 - mu * following)) * first / size
    return p - m.num(lr) * (m.num(following) * first / m.num(1 - mu * following) + g) / size


@lru_cache(maxsize=64)
def _rectification(beta2: float, t: int) -> Fraction | None:
    """The square of algorithm 2's rectification, a number of the params: exact, of thousands of digits. None where it has none."""
    decay = Fraction(beta2)
    most = 2 / (1 - decay) - 1
    length = most - 2 * t * decay**t / (1 - decay**t)
    return None if length <= 5 else (length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)


@define("radam")
def radam(
    m: Arithmetic[N],
    p: N,
    g: N,
    u: N,
    v: N,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    t: int,
    folded: bool = False,
) -> N:
    """Adam with the rectified variance, or p - lr u^ while it has none; Liu et al., 2020, algorithm 2; torch.optim.RAdam."""
    step = _step(m, _blend(m, u, g, beta1), m.num(1), lr, beta1, t, folded=folded)
    rectification = _rectification(beta2, t)
    if rectification is None:
        return p - step
    rectified = m.sqrt(m.num(rectification))
    inverse = m.sqrt(_left(m, beta2, t)) / (m.sqrt(_blend(m, v, m.square(g), beta2)) + m.num(eps))
    return p - step * rectified * inverse


@define("lion")
def lion(m: Arithmetic[N], p: N, g: N, u: N, lr: float, beta1: float) -> N:
    """p - lr sign(beta1 u + (1 - beta1) g); Chen et al., 2023, algorithm 2; keras.optimizers.Lion."""
    return p - m.num(lr) * _sign(m, _blend(m, u, g, beta1))


@define("ftrl")
def ftrl(m: Arithmetic[N], p: N, g: N, v: N, z: N, lr: float, l1: float, l2: float) -> N:
    """n' = v + g^2; z' = z + g - (sqrt n' - sqrt v)/lr p; (clip(z', -l1, l1) - z')/(sqrt(n')/lr + 2 l2); McMahan et al., 2013;
    keras.optimizers.Ftrl, whose l2 counts twice."""
    after = m.sqrt(v + m.square(g))
    linear = z + g - (after - m.sqrt(v)) / m.num(lr) * p
    clipped = m.max([m.num(-l1), m.min([m.num(l1), linear])])
    return (clipped - linear) / (after / m.num(lr) + 2 * m.num(l2))


@define("rprop")
def rprop(m: Arithmetic[N], p: N, g: N, u: N, w: N, shrink: float, grow: float, low: float, high: float) -> N:
    """The step size w shrinks where g and the gradient before, u, have opposite signs, and no step is made; it grows where they agree;
    p - sign(g) w'; Riedmiller and Braun, 1993; torch.optim.Rprop."""
    agreement = g * u

    def step(factor: float) -> N:
        return p - _sign(m, g) * m.min([m.max([w * m.num(factor), m.num(low)]), m.num(high)])

    return m.where(
        m.lt(agreement, m.num(0)), lambda: p, lambda: m.where(m.lt(m.num(0), agreement), lambda: step(grow), lambda: step(1.0))
    )


@define("asgd")
def asgd(m: Arithmetic[N], p: N, g: N, lr: float, lambd: float) -> N:
    """p (1 - lambd lr) - lr g, the iterate of averaged SGD; Polyak and Juditsky, 1992; torch.optim.ASGD."""
    return p * (1 - m.num(lambd) * m.num(lr)) - m.num(lr) * g
