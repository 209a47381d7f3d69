"""A plugin of planted formulas: each call of numpy loses digits in a way that the study DeepStability or Herbie describes; and one that is right."""

from __future__ import annotations

from typing import Any

from ulpfuzz.fuzzer.catalog.op import Implementation, Op, scalar, vector
from ulpfuzz.oracles.definitions import define


@define("planted_versine")
def versine(m: Any, x: Any) -> Any:
    """1 - cos(x)."""
    return m.num(1) - m.cos(x)


@define("planted_root_step")
def root_step(m: Any, x: Any) -> Any:
    """sqrt(x + 1) - sqrt(x)."""
    return m.num(1) / (m.sqrt(x + 1) + m.sqrt(x))


@define("planted_root")
def root(m: Any, a: Any, b: Any, c: Any) -> Any:
    """The larger root of a x^2 + b x + c for a > 0 > c, as 2 c over the other one."""
    return m.num(-2) * c / (b + m.sqrt(b * b - a * c * 4))


@define("planted_variance")
def variance(m: Any, x: list[Any]) -> Any:
    """The mean of the squared distances from the mean."""
    mean = m.sum(x) / len(x)
    return m.sum([(v - mean) * (v - mean) for v in x]) / len(x)


def _op(name: str, inputs: list[Any], call: str, definition: str, **rest: Any) -> Op:
    return Op(
        f"planted_{name}", tuple(inputs), (Implementation("numpy", call, dtypes=("float32", "float64"), grad=False),), definition=definition,
        accuracy=rest.pop("accuracy", "composite"), **rest,
    )  # fmt: skip


X, V = [scalar("x")], [vector("x")]
OPS = [
    _op("log1p", [scalar("x", -1)], "np.log(1 + x)", "log1p"),
    _op("expm1", X, "np.exp(x) - 1", "expm1"),
    _op("versine", X, "1 - np.cos(x)", "planted_versine", absolute_near_zeros=False),
    _op("root_step", [scalar("x", 0)], "np.sqrt(x + 1) - np.sqrt(x)", "planted_root_step"),
    _op("root", [scalar("a", 2.0**-20), scalar("b"), scalar("c", high=-(2.0**-20))],
        "(-b + np.sqrt(b ** 2 - 4 * a * c)) / (2 * a)", "planted_root"),
    _op("softmax", V, "np.exp(x) / np.sum(np.exp(x), axis=-1, keepdims=True)", "softmax", accuracy="accumulating", normwise_bound=True),
    _op("logsumexp", V, "np.log(np.sum(np.exp(x), axis=-1))", "logsumexp", accuracy="accumulating"),
    _op("variance", V, "np.mean(x ** 2, axis=-1) - np.mean(x, axis=-1) ** 2", "planted_variance", accuracy="accumulating", min_length=2),
    _op("hypot", [scalar("x"), scalar("y")], "np.sqrt(x ** 2 + y ** 2)", "hypot"),
    _op("log_sigmoid", X, "np.log(1 / (1 + np.exp(-x)))", "log_sigmoid"),
    _op("stable", X, "np.logaddexp(x, 0 * x)", "softplus"),
]  # fmt: skip
