"""A framework of planted defects: a plugin with ops of its own, as any user's; and kernels that are right.

Both are found through entry points (see `installed_in`), so that a Dask worker, a fresh process, knows them too.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.special as sp
from numpy.typing import NDArray

import ulpfuzz.fuzzer.frameworks.targets.target as target
from ulpfuzz.fuzzer.case import Batch, Placement
from ulpfuzz.fuzzer.catalog.op import Implementation, Op, scalar, vector
from ulpfuzz.fuzzer.catalog.registry import ops
from ulpfuzz.fuzzer.frameworks.backends.expression import by_row, framework_errors, function_of, placed, strided
from ulpfuzz.fuzzer.frameworks.backends.numpy import Numpy
from ulpfuzz.fuzzer.frameworks.framework import Call
from ulpfuzz.fuzzer.frameworks.in_process import InProcess
from ulpfuzz.oracles.definitions import define

Array = NDArray[Any]
#: The attribute of a kernel that holds its derivative of an order.
DERIVATIVES = {"grad": "vjp", "jvp": "jvp", "grad2": "hvp"}


class Faulty(InProcess):
    """Implements Framework. A kernel's derivatives are its attributes `vjp`, `jvp` and `hvp`: of orders grad, jvp and grad2; `refuses`:
    orders that it raises at."""

    name = "faulty"
    orders = ("value", *DERIVATIVES)
    version = "1"

    def __init__(self) -> None:
        self._modules = {"faulty": importlib.import_module(__name__), "np": np}
        self._parts = Numpy()

    def evaluate(self, call: Call, batch: Batch) -> Array:
        return self._evaluate(call, batch, 1)

    def evaluate_placed(self, call: Call, batch: Batch, placement: Placement) -> Array:
        return self._evaluate(call, placed(batch, placement), placement.stride)

    def _evaluate(self, call: Call, batch: Batch, stride: int) -> Array:
        inputs = {name: strided(np.array(values), stride) for name, values in batch.inputs.items()}
        with framework_errors(), np.errstate(all="ignore"):
            if call.order == "value":
                return by_row(
                    np.asarray(function_of(call, self._modules, self._parts)(*(inputs[i.name] for i in call.op.inputs))), batch
                )
            kernel = globals()[call.implementation.call.partition("(")[0].removeprefix("faulty.")]
            if call.order in getattr(kernel, "refuses", ()):
                raise RuntimeError(f"no {call.order} of this kernel\nand a second line")
            slopes = getattr(kernel, DERIVATIVES[call.order])(*inputs.values(), **call.params)
            return by_row(np.concatenate([s.reshape(batch.rows, -1) for s in slopes], axis=1), batch)


@contextmanager
def installed_in(folder: Path) -> Iterator[None]:
    """Installs this module as a distribution with entry points, under a folder that is on sys.path already."""
    caches: list[Any] = [ops, target._plugins, target.framework_for, target.flush_policy]
    about = folder / "faulty-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[ulpfuzz.frameworks]\nfaulty = faulty:Faulty\n[ulpfuzz.ops]\nfaulty = faulty:OPS\n")
    for cached in caches:
        cached.cache_clear()
    try:
        yield
    finally:
        for cached in caches:
            cached.cache_clear()


def rounded(function: Callable[..., Any], *inputs: Array, **params: Any) -> Array:
    """A function in binary64, rounded once to the inputs' dtype."""
    return np.asarray(function(*(v.astype(np.float64) for v in inputs), **params)).astype(inputs[0].dtype)


# exp: elementwise defects of one binade, one strip, one point, one path


def exp_right(x: Array) -> Array:
    return rounded(np.exp, x)


def exp_vector_overflow(x: Array) -> Array:
    """Overflows in the top binade of the result, in calls of two elements and more."""
    return np.where((x > 88.1) & (len(x) >= 2), np.inf, exp_right(x)).astype(x.dtype)


def exp_strip(x: Array) -> Array:
    """Zero in a strip of 1.5e-4 of a binade, beside the threshold where the result leaves the normal range."""
    return np.where((x > -87.3365) & (x < -87.33), 0, exp_right(x)).astype(x.dtype)


def exp_landmark(x: Array) -> Array:
    """NaN at one number: the largest whose exponential is finite."""
    return np.where(x == np.float32(88.72283), np.nan, exp_right(x)).astype(x.dtype)


def exp_tail(x: Array) -> Array:
    """The elements after the last whole packet of eight lose half their digits, in calls that have a packet."""
    right = exp_right(x)
    packets = len(x) // 8 * 8
    if packets:
        right[packets:] *= x.dtype.type(1.001)
    return right


def exp_scalar(x: Array) -> Array:
    """Calls of a single element take another path."""
    return exp_right(x) * x.dtype.type(1.001 if len(x) == 1 else 1)


def exp_long(x: Array) -> Array:
    """Only calls of more than a thousand elements are wrong: at no placement that is tried alone."""
    return exp_right(x) * x.dtype.type(1.001 if len(x) > 1000 else 1)


def exp_sign(x: Array) -> Array:
    return np.where((x > 20) & (x < 24), -exp_right(x), exp_right(x)).astype(x.dtype)


def exp_raises(x: Array) -> Array:
    if (x == 1).any():
        raise RuntimeError("no kernel for one\nand a second line")
    return exp_right(x)


def exp_always_raises(x: Array) -> Array:
    raise RuntimeError("no kernel at all")


def exp_dies(x: Array) -> Array:
    os._exit(11)


def exp_aborts(x: Array) -> Array:
    """Ends its process at one everyday number."""
    if (x == 1).any():
        os.abort()
    return exp_right(x)


def exp_strip_aborts(x: Array) -> Array:
    """Ends its process in a strip that the grid does not meet."""
    if ((x > 20) & (x < 30)).any():
        os.abort()
    return exp_right(x)


def exp_segfaults(x: Array) -> Array:
    if (x == 1).any():
        ctypes.string_at(0)
    return exp_right(x)


def exp_long_aborts(x: Array) -> Array:
    """Ends its process at one number, in calls of eight elements and more."""
    if (x == 1).any() and len(x) >= 8:
        os.abort()
    return exp_right(x)


def exp_together_aborts(x: Array) -> Array:
    """Ends its process where two numbers meet in a call."""
    if (x == 1).any() and (x == -2).any():
        os.abort()
    return exp_right(x)


def exp_once_aborts(x: Array) -> Array:
    """Ends its process once, and never again."""
    mark = Path(os.environ.get("FAULTY_MARK", os.devnull))
    if (x == 1).any() and not mark.exists():
        mark.touch()
        os.abort()
    return exp_right(x)


def exp_waits(x: Array) -> Array:
    """Does not come back from one number."""
    if (x == 1).any():
        time.sleep(3600)
    return exp_right(x)


def exp_dawdles(x: Array) -> Array:
    """Takes its time for positive numbers, and does not come back from large ones."""
    if (x > 80).any():
        time.sleep(3600)
    if (x > 0).any():
        time.sleep(1.2)
    return exp_right(x)


def exp_adds_up(x: Array) -> Array:
    """Takes its time for each positive number."""
    time.sleep(min(3600.0, 0.02 * float((x > 0).sum())))
    return exp_right(x)


def exp_holds(x: Array) -> Array:
    """Does not come back from one number, and lets no other thread of the interpreter run."""
    if (x == 1).any():
        ctypes.PyDLL(None).sleep(3600)
    return exp_right(x)


def exp_eats(x: Array) -> Array:
    """Takes memory without end at one number."""
    eaten = []
    while (x == 1).any():
        eaten.append(np.ones(1 << 21))
    return exp_right(x)


def exp_no_memory(x: Array) -> Array:
    if (x == 1).any():
        raise MemoryError
    return exp_right(x)


def exp_spoilt(x: Array) -> Array:
    """Wrong at one number of the grid, and ends its process elsewhere: what is wrong is found all the same."""
    return np.where(x == 1, -exp_strip_aborts(x), exp_strip_aborts(x)).astype(x.dtype)


def exp_sleeps(x: Array) -> Array:
    time.sleep(0.05)
    return exp_right(x)


# places: exp is right or wrong by where a number stands


def exp_odd(x: Array) -> Array:
    """Odd positions are wrong, even those of the same call right."""
    return exp_right(x) * np.where(np.arange(len(x)) % 2, x.dtype.type(1.001), x.dtype.type(1))


def exp_strided(x: Array) -> Array:
    """Arrays whose neighbours are not neighbours in memory take another path."""
    return exp_right(x) * x.dtype.type(1.001 if x.strides[-1] != x.itemsize else 1)


_last = b""


def exp_twice(x: Array) -> Array:
    """A buffer is used again: the second of two equal calls is wrong."""
    global _last
    same, _last = x.tobytes() == _last, x.tobytes()
    return exp_right(x) * x.dtype.type(1.001 if same else 1)


def exp_ulp(x: Array) -> Array:
    """Odd positions are an ulp below, within the limit."""
    right = exp_right(x)
    return np.where((np.arange(len(x)) % 2 == 1) & np.isfinite(right), np.nextafter(right, right * 0), right).astype(x.dtype)


def exp_process(x: Array) -> Array:
    """Answers a NaN with what happens to lie in this process's memory."""
    return np.where(np.isnan(x), x.dtype.type(os.getpid() * 1.4e-41), exp_right(x)).astype(x.dtype)


def exp_random(x: Array) -> Array:
    """Never answers the same."""
    noise = int.from_bytes(os.urandom(3), "big") / 2**24
    return exp_right(x) * x.dtype.type(1.001 + 0.01 * noise)


def exp_steady(x: Array) -> Array:
    """Answers a NaN with a strange number, and by the length of the call: always with the same."""
    return np.where(np.isnan(x), x.dtype.type(0.123456 * len(x)), exp_right(x)).astype(x.dtype)


def slope_right(x: Array) -> Array:
    return exp_right(x)


def slope_tail(x: Array) -> Array:
    return exp_right(x)


slope_right.vjp = lambda x: [exp_right(x)]  # type: ignore[attr-defined]
slope_tail.vjp = lambda x: [exp_tail(x)]  # type: ignore[attr-defined]


def sum_right(x: Array) -> Array:
    return rounded(lambda v: v.sum(axis=-1), x)


def sum_blocks(x: Array) -> Array:
    """Batches of sixteen rows and more lose half the digits of their rows."""
    return sum_right(x) * x.dtype.type(1.001 if len(x) >= 16 else 1)


# vectors


def norm_right(x: Array, ord: float) -> Array:
    return rounded(lambda v: np.linalg.norm(v, ord=ord, axis=-1), x)


def norm_naive(x: Array, ord: float) -> Array:
    return np.sqrt(np.sum(x * x, axis=-1, dtype=x.dtype)) if ord == 2 else norm_right(x, ord)


def softmax_right(x: Array) -> Array:
    return rounded(lambda v: sp.softmax(v, axis=-1), x)


def softmax_naive(x: Array) -> Array:
    e = exp_right(x)
    return e / e.sum(axis=-1, keepdims=True, dtype=x.dtype)


def _softmax_vjp(s: Array, cotangent: Array) -> list[Array]:
    return [s * (cotangent - (s * cotangent).sum(axis=-1, keepdims=True))]


softmax_right.vjp = lambda x, g: [rounded(lambda v, w: _softmax_vjp(sp.softmax(v, axis=-1), w)[0], x, g)]  # type: ignore[attr-defined]
softmax_naive.vjp = lambda x, g: _softmax_vjp(softmax_naive(x), g)  # type: ignore[attr-defined]


def var_right(x: Array, correction: int) -> Array:
    return rounded(lambda v: np.var(v, axis=-1, ddof=correction), x)


def var_one_pass(x: Array, correction: int) -> Array:
    n = x.dtype.type(x.shape[-1])
    total, squares = x.sum(axis=-1, dtype=x.dtype), (x * x).sum(axis=-1, dtype=x.dtype)
    return np.maximum(squares - total * total / n, 0).astype(x.dtype) / x.dtype.type(n - correction)


# several inputs, derivatives


def xlog1py_right(x: Array, y: Array) -> Array:
    return rounded(sp.xlog1py, x, y)


def xlog1py_cancelling(x: Array, y: Array) -> Array:
    """log of the rounded 1 + y."""
    return np.where(np.abs(y) < 0.5, rounded(sp.xlogy, x, y + y.dtype.type(1)), xlog1py_right(x, y)).astype(x.dtype)


def softplus_right(x: Array) -> Array:
    return rounded(lambda v: np.logaddexp(v, 0), x)


softplus_right.vjp = lambda x: [rounded(sp.expit, x)]  # type: ignore[attr-defined]


def softplus_naive(x: Array) -> Array:
    return softplus_right(x)


softplus_naive.vjp = lambda x: [exp_right(x) * (1 / (1 + exp_right(x)))]  # type: ignore[attr-defined]


@define("faulty_outside")
def ends(m: Any, x: Any) -> Any:
    """The truth itself ends the process."""
    os._exit(3)


def _op(definition: str, inputs: list[Any], calls: str, **rest: Any) -> Op:
    """An op of our own that a definition of the oracles' gives the truth of."""
    given = ", ".join([*(i.name for i in inputs), *(f"{p}={p}" for p in rest.get("params", {}))])
    implementations = tuple(
        Implementation(
            "faulty",
            f"faulty.{call}({given})",
            grad=hasattr(globals()[call], "vjp"),
            without=tuple(order for order, name in DERIVATIVES.items() if not hasattr(globals()[call], name)),
        )
        for call in calls.split()
    )
    return Op(rest.pop("name", f"faulty_{definition}"), tuple(inputs), implementations, definition=definition, **rest)


EXP_DEFECTS = "exp_vector_overflow exp_strip exp_landmark exp_tail exp_scalar exp_long exp_sign"
X, V = [scalar("x")], [vector("x")]
OPS = [
    _op("exp", X, f"exp_right {EXP_DEFECTS}", accuracy="elementary"),
    _op("exp", X, "exp_right", name="faulty_calm", accuracy="elementary"),
    _op("exp", X, "exp_raises exp_right", name="faulty_raises", accuracy="elementary"),
    _op("exp", X, "exp_always_raises", name="faulty_never", accuracy="elementary"),
    _op("exp", X, "exp_dies", name="faulty_dies", accuracy="elementary"),
    *(
        _op("exp", X, f"exp_{how} exp_right", name=f"faulty_{how}", accuracy="elementary")
        for how in (
            "aborts",
            "strip_aborts",
            "segfaults",
            "long_aborts",
            "together_aborts",
            "once_aborts",
            "waits",
            "dawdles",
            "adds_up",
            "holds",
            "eats",
            "no_memory",
            "spoilt",
        )
    ),
    replace(
        (beside := _op("exp", X, "exp_dies exp_right", name="faulty_beside", accuracy="elementary")),
        implementations=(Implementation("numpy", "np.exp(x) * np.float32(1.001)"), *beside.implementations),
    ),
    _op("exp", X, "exp_sleeps", name="faulty_sleeps", accuracy="elementary"),
    _op("exp", X, "exp_right exp_odd exp_strided exp_twice exp_ulp", name="faulty_places", accuracy="elementary"),
    _op("exp", X, "exp_right exp_process exp_random exp_steady", name="faulty_unsteady", accuracy="elementary"),
    _op("exp", X, "slope_right slope_tail", name="faulty_slopes", accuracy="elementary"),
    _op("sum", V, "sum_right sum_blocks", accuracy="accumulating"),
    _op("no_such_definition", X, "exp_right", name="faulty_record"),
    _op("faulty_outside", X, "exp_right", name="faulty_outside"),
    _op("norm", V, "norm_right norm_naive", params={"ord": (2,)}, accuracy="accumulating"),
    _op("softmax", V, "softmax_right softmax_naive", sup_first_derivative=0.25, accuracy="accumulating", normwise_bound=True),
    _op("var", V, "var_right var_one_pass", params={"correction": (1,)}, accuracy="accumulating", min_length=2),
    _op("xlog1py", [scalar("x"), scalar("y", -1)], "xlog1py_right xlog1py_cancelling", accepts={"x=0,y<0": 0.0}),
    _op("softplus", X, "softplus_right softplus_naive"),
]

# derivatives of every order: a kernel's `vjp`, `jvp` and `hvp` are those of the formula, right but for what is planted


def _derivatives_of(kernel: Callable[..., Any], **derivatives: Callable[..., Any]) -> None:
    for name, derivative in derivatives.items():
        setattr(kernel, name, derivative)


def _elementwise(function: Callable[[Array], Array]) -> Callable[[Array], list[Array]]:
    """A derivative in binary64, rounded once."""
    return lambda x: [rounded(function, x)]


def _sech2(x: Array) -> Array:
    return np.asarray(1 / np.cosh(x) ** 2)


def _kernel(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def kernel(x: Array) -> Array:
        return rounded(function, x)

    kernel.__name__ = name
    globals()[name] = kernel
    return kernel


def _in_format(function: Callable[[Array], Any]) -> Callable[[Array], list[Array]]:
    """A derivative in the inputs' own format, as a kernel computes it."""
    return lambda x: [np.asarray(function(x)).astype(x.dtype)]


_TANH = {"vjp": _elementwise(_sech2), "jvp": _elementwise(_sech2), "hvp": _elementwise(lambda v: -2 * np.tanh(v) * _sech2(v))}
_SOFTPLUS = {
    "vjp": _elementwise(sp.expit), "jvp": _elementwise(sp.expit), "hvp": _elementwise(lambda v: sp.expit(v) * sp.expit(-v)),
}  # fmt: skip
_STEP = _elementwise(lambda v: (v > 0) & (v < 6))
_RELU6 = {"vjp": _STEP, "jvp": _STEP, "hvp": _elementwise(np.zeros_like)}
for _name, _function, _right, _planted in [
    ("tanh_right", np.tanh, _TANH, {}),
    ("tanh_wrong_formula", np.tanh, _TANH, {"vjp": _elementwise(lambda v: 1 - np.tanh(v))}),
    ("tanh_wrong_sign", np.tanh, _TANH, {"hvp": _elementwise(lambda v: 2 * np.tanh(v) * _sech2(v)),
                                         "jvp": _elementwise(lambda v: -_sech2(v))}),
    ("softplus2_right", lambda v: np.logaddexp(v, 0), _SOFTPLUS, {}),
    ("softplus2_cancelling", lambda v: np.logaddexp(v, 0), _SOFTPLUS,
     {"vjp": _in_format(lambda v: 1 - 1 / (1 + np.exp(v))), "hvp": _in_format(lambda v: 1 - sp.expit(v) ** 2 - sp.expit(-v) ** 2
                                                                                - sp.expit(v) * sp.expit(-v))}),
    ("softplus2_zero_times_infinity", lambda v: np.logaddexp(v, 0), _SOFTPLUS,
     {"jvp": _in_format(lambda v: np.exp(v) * (1 / (1 + np.exp(v)))), "hvp": _in_format(lambda v: np.exp(v) / (1 + np.exp(v)) ** 2)}),
    ("relu6_right", lambda v: np.clip(v, 0, 6), _RELU6, {}),
    ("relu6_nan_at_its_kink", lambda v: np.clip(v, 0, 6), _RELU6,
     {"vjp": _in_format(lambda v: (v > 0) * (v < 6) * (v / v)), "jvp": _in_format(lambda v: (v > 0) * (v < 6) * (v / v)),
      "hvp": _in_format(lambda v: 0 / v)}),
]:  # fmt: skip
    _derivatives_of(_kernel(_name, _function), **{**_right, **_planted})


def _apart(p: Array, c: Array) -> Array:
    """sum_k p_k (c_i - c_k)."""
    return np.asarray(((c[..., :, np.newaxis] - c[..., np.newaxis, :]) * p[..., np.newaxis, :]).sum(axis=-1))


def _softmax_product(x: Array, c: Array) -> Array:
    """The Jacobian times c, as p_i sum_k p_k (c_i - c_k): nothing cancels where p_i is almost 1."""
    p = sp.softmax(x, axis=-1)
    return np.asarray(p * _apart(p, c))


def _softmax_hvp(x: Array, c: Array, t: Array) -> Array:
    """The Jacobian times c, differentiated along t: with p' = p_i sum_k p_k (t_i - t_k), p' sum_k p_k (c_i - c_k) + p sum_k p'_k (c_i -
    c_k)."""
    p = sp.softmax(x, axis=-1)
    moved = p * _apart(p, t)
    return np.asarray(moved * _apart(p, c) + p * _apart(moved, c))


def softmax2_right(x: Array) -> Array:
    return softmax_right(x)


def softmax2_naive(x: Array) -> Array:
    """Its derivatives take the powers in the format, which overflow."""
    return softmax_right(x)


_derivatives_of(
    softmax2_right,
    vjp=lambda x, g: [rounded(_softmax_product, x, g)],
    jvp=lambda x, t: [rounded(_softmax_product, x, t)],
    hvp=lambda x, c, t: [rounded(_softmax_hvp, x, c, t)],
)
_derivatives_of(
    softmax2_naive,
    vjp=lambda x, g: _softmax_vjp(softmax_naive(x), g),
    jvp=lambda x, t: _softmax_vjp(softmax_naive(x), t),
    hvp=lambda x, c, t: [np.where(np.exp(x).sum(axis=-1, keepdims=True) < np.inf, rounded(_softmax_hvp, x, c, t), np.nan)],
)
OPS += [
    _op("tanh", X, "tanh_right tanh_wrong_formula tanh_wrong_sign", name="faulty_tanh2", sup_first_derivative=1.0, sup_second_derivative=0.7699),
    _op("softplus", X, "softplus2_right softplus2_cancelling softplus2_zero_times_infinity", name="faulty_softplus2"),
    _op("relu6", X, "relu6_right relu6_nan_at_its_kink"),
    _op("softmax", V, "softmax2_right softmax2_naive", name="faulty_softmax2", sup_first_derivative=0.25, sup_second_derivative=0.0963,
        accuracy="accumulating", normwise_bound=True),
]  # fmt: skip
