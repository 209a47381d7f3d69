"""Steps of optimizers as quotients over the correction of the bias, or written out by cases."""

from __future__ import annotations

from typing import Any

from mpmath import mp, mpf

from tests.oracles.truth import Truth


def _moment(old: Any, new: Any, beta: float) -> Any:
    return new + mpf(beta) * (old - new)


def _ratio(g: Any, u: Any, v: Any, beta1: float, beta2: float, eps: float, t: int) -> Any:
    """u^/(sqrt(v^) + eps), over one denominator."""
    left1, left2 = 1 - mpf(beta1) ** t, mp.sqrt(1 - mpf(beta2) ** t)
    return _moment(u, g, beta1) * left2 / (left1 * (mp.sqrt(_moment(v, g * g, beta2)) + mpf(eps) * left2))


def _adam(p: Any, g: Any, u: Any, v: Any, lr: float, beta1: float, beta2: float, eps: float, t: int) -> Any:
    return p - lr * _ratio(g, u, v, beta1, beta2, eps, t)


def _adam_epsilon_hat(p: Any, g: Any, u: Any, v: Any, lr: float, beta1: float, beta2: float, eps: float, t: int) -> Any:
    return p - lr * _ratio(g, u, v, beta1, beta2, eps / mp.sqrt(1 - mpf(beta2) ** t), t)


def _amsgrad(p: Any, g: Any, u: Any, v: Any, w: Any, lr: float, beta1: float, beta2: float, eps: float, t: int) -> Any:
    """The second moment that makes the running mean the larger of both."""
    reached = max(w, _moment(v, g * g, beta2))
    return _adam(p, g, u, (reached - (1 - mpf(beta2)) * g * g) / mpf(beta2), lr, beta1, beta2, eps, t)


def _sgd(p: Any, g: Any, u: Any, lr: float, momentum: float, nesterov: bool, weight_decay: float) -> Any:
    d, mu = g + mpf(weight_decay) * p, mpf(momentum)
    return p - lr * ((1 + mu) * d + mu * mu * u) if nesterov else p - lr * d - lr * mu * u


def _adamax(p: Any, g: Any, u: Any, v: Any, lr: float, beta1: float, beta2: float, eps: float, t: int, outside: bool) -> Any:
    decayed = mpf(beta2) * v
    if outside:
        size = (decayed if decayed > abs(g) else abs(g)) + mpf(eps)
    else:
        size = decayed if decayed > abs(g) + mpf(eps) else abs(g) + mpf(eps)
    return p - lr * _moment(u, g, beta1) / size / (1 - mpf(beta1) ** t)


def _nadam(p: Any, g: Any, u: Any, v: Any, lr: float, beta1: float, beta2: float, eps: float) -> Any:
    """mu_1 = 0.52 beta1, mu_2 = 0.5392 beta1."""
    mu1, mu2 = mpf(52) / 100 * beta1, mpf(5392) / 10**4 * beta1
    top = mu2 / (1 - mu1 * mu2) * _moment(u, g, beta1) + g
    return p - lr * top / (mp.sqrt(_moment(v, g * g, beta2) / (1 - mpf(beta2))) + mpf(eps))


def _radam(p: Any, g: Any, u: Any, v: Any, lr: float, beta1: float, beta2: float, eps: float, t: int) -> Any:
    b = mpf(beta2)
    most = (1 + b) / (1 - b)
    length = most - 2 * t * b**t / (1 - b**t)
    step = lr * _moment(u, g, beta1) / (1 - mpf(beta1) ** t)
    if length <= 5:
        return p - step
    rectified = mp.sqrt((length - 4) / (most - 4) * (length - 2) / (most - 2) * most / length)
    return p - step * rectified * mp.sqrt(1 - b**t) / (mp.sqrt(_moment(v, g * g, beta2)) + mpf(eps))


def _ftrl(p: Any, g: Any, v: Any, z: Any, lr: float, l1: float, l2: float) -> Any:
    after = mp.sqrt(v + g * g)
    linear = z + g - (g * g / (after + mp.sqrt(v)) if g else mpf(0)) * p / lr
    shrunk = linear - l1 if linear > l1 else linear + l1 if linear < -l1 else mpf(0)
    return -shrunk * lr / (after + 2 * l2 * lr)


def _rprop(p: Any, g: Any, u: Any, w: Any, shrink: float, grow: float, low: float, high: float) -> Any:
    if g * u < 0:
        return p
    size = min(max(w * (mpf(grow) if g * u > 0 else 1), mpf(low)), mpf(high))
    return p - size if g > 0 else p + size if g < 0 else p


TRUTH: dict[str, Truth] = {
    "sgd": _sgd,
    "sgd_velocity": lambda p, g, u, lr, momentum, nesterov: _sgd(p, g, -u / lr, lr, momentum, nesterov, 0.0),
    "adam": _adam,
    "adam_epsilon_hat": _adam_epsilon_hat,
    "adamw": lambda p, g, u, v, weight_decay, **rest: _adam(p, g, u, v, **rest) - rest["lr"] * mpf(weight_decay) * p,
    "amsgrad": _amsgrad,
    "adagrad": lambda p, g, v, lr, eps: p - lr * g / (abs(mp.mpc(mp.sqrt(v), g)) + mpf(eps)),
    "adagrad_inside": lambda p, g, v, lr, eps: p - lr * g / abs(mp.mpc(mp.sqrt(v + mpf(eps)), g)),
    "adadelta": lambda p, g, v, w, lr, rho, eps: p - lr * g * mp.sqrt((w + mpf(eps)) / (_moment(v, g * g, rho) + mpf(eps))),
    "rmsprop": lambda p, g, v, lr, rho, eps: p - lr * g / (mpf(eps) + mp.sqrt(_moment(v, g * g, rho))),
    "rmsprop_inside": lambda p, g, v, lr, rho, eps: p - lr * g * mp.power(_moment(v, g * g, rho) + mpf(eps), mpf(-1) / 2),
    "adamax": lambda *numbers, **params: _adamax(*numbers, **params, outside=False),
    "adamax_outside": lambda *numbers, **params: _adamax(*numbers, **params, outside=True),
    "nadam_first": _nadam,
    "radam": _radam,
    "lion": lambda p, g, u, lr, beta1: p - lr * mp.sign(_moment(u, g, beta1)),
    "ftrl": _ftrl,
    "rprop": _rprop,
    "asgd": lambda p, g, lr, lambd: p - lr * (mpf(lambd) * p + g),
}
