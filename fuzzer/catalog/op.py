"""Op: a record of the catalogue. Data only; it imports no framework and no oracle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

FRAMEWORKS = ("torch", "tensorflow", "jax", "numpy")
DTYPES = ("float16", "bfloat16", "float32", "float64")
#: value; grad: the vector-Jacobian product, by reverse mode; jvp: the Jacobian-vector product, by forward mode; grad2: elementwise the
#: second derivatives, otherwise the Hessian-vector product, by reverse mode twice.
ORDERS = ("value", "grad", "jvp", "grad2")

Shape = Literal["scalar", "vector", "matrix"]
Accuracy = Literal["exact", "elementary", "special", "composite", "accumulating"]


@dataclass(frozen=True)
class Input:
    """A named input. The closed interval [low, high] is its domain on the extended reals; `integers` restricts it to them."""

    name: str
    shape: Shape = "scalar"
    low: float = -float("inf")
    high: float = float("inf")
    integers: bool = False
    differentiable: bool = True


def scalar(name: str, low: float = -float("inf"), high: float = float("inf"), **rest: Any) -> Input:
    return Input(name, "scalar", low, high, **rest)


def vector(name: str, low: float = -float("inf"), high: float = float("inf"), **rest: Any) -> Input:
    return Input(name, "vector", low, high, **rest)


@dataclass(frozen=True)
class Implementation:
    """One call in one framework that claims to compute an Op: the expression a user would type.

    call: a Python expression over the op's input and param names and the framework's usual module names
    (torch; tf; jax, jnp; np, scipy). dtypes: those it supports. grad: whether a gradient is defined by the framework; without: orders
    of differentiation that it does not define although it has a gradient, "grad2", or at a dtype only, "grad2 float16".
    when: it exists only for these param values (name -> tuple). grad_dtypes: None means `dtypes`.
    accumulates_in: unit of accumulation for 16-bit inputs. note: a documented fact with its page.
    """

    framework: str
    call: str
    dtypes: tuple[str, ...] = DTYPES
    grad: bool = True
    grad_dtypes: tuple[str, ...] | None = None
    without: tuple[str, ...] = ()
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    documented: str = ""
    note: str = ""

    def supports(self, dtype: str, order: str, params: Mapping[str, Any]) -> bool:
        """Whether this call claims to compute the op at that dtype, order and params."""
        dtypes = self.dtypes if order == "value" or self.grad_dtypes is None else self.grad_dtypes
        if dtype not in dtypes or (order != "value" and not self.grad) or {order, f"{order} {dtype}"} & {*self.without}:
            return False
        return all(params[name] in values for name, values in self.when.items())


@dataclass(frozen=True)
class Convention:
    """What frameworks document of a gradient where the function has none: at points `at`, each component lies in [low, high] times the
    cotangent (orders grad; for jvp of elementwise ops, times 1).

    at: a pattern as in Op.accepts; for vectors "x=0" holds where all elements are, "x=x" where all elements are equal. frameworks: those whose
    page says so; nobody else is held to it. source: the page.
    """

    at: str
    low: float
    high: float
    frameworks: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Op:
    """A mathematical function: canonical snake_case name, inputs with domains, static params, definition, implementations.

    params: name -> usual values, the default first. accuracy: the row of the limits table (judge.limits) that applies.
    roots: near its zeros off the origin the limit is absolute (conditioning), DESIGN section 10. saturates: frameworks rebuild
    the derivative from the saved output; its supremum sup|f'| normalises the error; bends: sup|f''|,
    likewise for second derivatives. keeps_zero_sign: f(+-0) is +-0, for ops of one
    number (C23 Annex F.10, or the formula itself over IEEE 754 where `source` says so). definition: name in oracles.definitions
    (default: the op's). normwise: the literature proves a bound relative to the largest input, which lowers the severity of an error
    within it (Blanchard, Higham, Higham 2021). accepts: extra special values that a framework contract or C23 Annex F allows: a mapping from
    a pattern "x=inf,y=0" (also +0, -0, and "y<0") to a value. conventions: gradients that frameworks document
    where there is none. lengths: vector lengths that make sense (None: the usual list).
    """

    name: str
    inputs: tuple[Input, ...]
    implementations: tuple[Implementation, ...]
    family: str = ""
    params: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    accuracy: Accuracy = "composite"
    orders: tuple[str, ...] = ORDERS
    roots: bool = False
    saturates: float | None = None
    bends: float | None = None
    keeps_zero_sign: bool = False
    topics: tuple[str, ...] = ()
    definition: str = ""
    accepts: Mapping[str, float] = field(default_factory=dict)
    conventions: tuple[Convention, ...] = ()
    source: str = ""
    min_length: int = 1
    normwise: bool = False

    @property
    def elementwise(self) -> bool:
        """Whether every input is a scalar, so that rows are elements of one flat array."""
        return all(i.shape == "scalar" for i in self.inputs)

    @property
    def differentiable_inputs(self) -> tuple[str, ...]:
        return tuple(i.name for i in self.inputs if i.differentiable)

    def least_length(self, order: str) -> int:
        """The least length of vectors that are fuzzed: a function of one number, homogeneous as norms are, has no second derivative."""
        return max(self.min_length, 2 if order == "grad2" else 1)

    def default_params(self) -> dict[str, Any]:
        return {name: values[0] for name, values in self.params.items()}

    def param_sets(self) -> list[dict[str, Any]]:
        """The default params, then each other value of each param alone."""
        base = self.default_params()
        sets = [base]
        for name, values in self.params.items():
            sets += [{**base, name: value} for value in values[1:]]
        return sets

    def of(self, framework: str) -> list[Implementation]:
        return [i for i in self.implementations if i.framework == framework]


#: PyTorch, "Autograd mechanics", section "Gradients for non-differentiable functions".
AUTOGRAD = "https://docs.pytorch.org/docs/stable/notes/autograd.html#gradients-for-non-differentiable-functions"


def subgradient(at: str) -> Convention:
    """PyTorch documents the subgradient of minimum norm of a convex function; of a norm, any subgradient has components in [-1, 1]."""
    return Convention(at, -1.0, 1.0, ("torch",), AUTOGRAD)


Calls = str | Implementation | Sequence[str | Implementation] | None


def op(
    name: str,
    inputs: Sequence[Input],
    *,
    torch: Calls = None,
    tensorflow: Calls = None,
    jax: Calls = None,
    numpy: Calls = None,
    **rest: Any,
) -> Op:
    """A catalogue record. Each framework takes one call, or several: strings, or `call(...)` where there is more to say."""
    implementations: list[Implementation] = []
    for framework, calls in zip(FRAMEWORKS, (torch, tensorflow, jax, numpy), strict=True):
        listed = [] if calls is None else [calls] if isinstance(calls, (str, Implementation)) else list(calls)
        for item in listed:
            bare = item if isinstance(item, Implementation) else Implementation("", item)
            implementations.append(Implementation(**{**vars(bare), "framework": framework}))
    rest["topics"] = tuple(rest.get("topics", ()))
    return Op(name, tuple(inputs), tuple(implementations), definition=rest.pop("definition", name), **rest)


def call(expression: str, **rest: Any) -> Implementation:
    """An implementation with more to say than its expression; see Implementation for the keywords."""
    return Implementation("", expression, **rest)


def peer(expression: str, dtypes: tuple[str, ...] = ("float16", "float32", "float64"), **rest: Any) -> Implementation:
    """A call of the peer, numpy or scipy: values only; bfloat16 is no type of theirs."""
    return Implementation("", expression, dtypes=dtypes, grad=False, **rest)
