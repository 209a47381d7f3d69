"""Op: a record of the catalogue. Data only; it imports no framework and no oracle."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ulpfuzz.fuzzer.catalog.axes import Axis, Sizes, axis_name, axis_size, shapes_of, sizes_with

FRAMEWORKS = ("torch", "tensorflow", "jax", "numpy")
DTYPES = ("float16", "bfloat16", "float32", "float64")
#: Of ops over complex numbers: stored as pairs (real, imaginary) of float32 and float64.
COMPLEX_DTYPES = ("complex64", "complex128")
ALL_DTYPES = (*DTYPES, *COMPLEX_DTYPES)
#: value; grad: the vector-Jacobian product, by reverse mode; jvp: the Jacobian-vector product, by forward mode; grad2: elementwise the
#: second derivatives, otherwise the Hessian-vector product, by reverse mode twice.
ORDERS = ("value", "grad", "jvp", "grad2")

#: What most definitions are checked against; see Op.verified.
ARB, FORMULA, RATIONALS = "Arb's own function", "another formula in mpmath", "exact rational arithmetic"
Accuracy = Literal["exact", "elementary", "special", "composite", "accumulating", "backward"]
Structure = Literal["", "symmetric", "spd", "lower", "upper", "unit_lower", "ascending", "simplex", "nonsingular"]


@dataclass(frozen=True)
class Input:
    """A named input of an op."""

    #: As the definition and the calls name it.
    name: str
    #: The shape of one row: () a scalar, ("n",) a vector, ("n", "n") a matrix, any other a tensor. n is the length that the inputs of a
    #: case have in common, any other letter an axis that they share likewise; a number is a fixed size (axis_size).
    axes: tuple[Axis, ...] = ()
    #: The domain is the closed interval [low, high] on the extended reals.
    low: float = -float("inf")
    high: float = float("inf")
    #: Its numbers are integers.
    integers: bool = False
    #: The op has a derivative by it.
    differentiable: bool = True
    #: Its numbers are complex: stored with one more axis of two (real, imaginary); [low, high] bounds both parts.
    complex: bool = False
    #: No infinity or NaN is drawn, for calls that give these a meaning of their own.
    finite: bool = False
    #: The ends of its domain are labels, exact as integers are.
    exact_at_bounds: bool = False
    #: What the numbers of a row satisfy together (inputs.structures).
    structure: Structure = ""
    #: The arrangements that make sense (inputs.vectors, inputs.matrices); empty: all.
    arrangements: tuple[str, ...] = ()
    #: What its numbers are where frameworks are used (catalog.everyday), where its name, domain and family do not say so.
    everyday: str = ""

    @property
    def stored(self) -> tuple[Axis, ...]:
        """The axes as arrays have them."""
        return (*self.axes, 2) if self.complex else self.axes

    @property
    def kind(self) -> str:
        """In words: scalar, complex vector, matrix, tensor."""
        name = ("scalar", "vector", "matrix")[len(self.axes)] if len(self.axes) < 3 else "tensor"
        return f"complex {name}" if self.complex else name

    @property
    def scalar(self) -> bool:
        """Whether a row holds one real number."""
        return not self.stored

    @property
    def draws_special_values(self) -> bool:
        """Whether infinities and NaNs are drawn for it."""
        return not (self.integers or self.finite)

    @property
    def square(self) -> bool:
        """Whether a row is a real square matrix."""
        return len(self.axes) == 2 and self.axes[0] == self.axes[1] and not self.complex

    def sizes(self, at: Sizes) -> tuple[int, ...]:
        """The shape of a row at these sizes of the op's axes."""
        return tuple(axis_size(axis, at) for axis in self.stored)

    def axes_of(self, shape: Sequence[int]) -> dict[str, int] | None:
        """The sizes of its axes, by their letters, with which a row has this shape: {} where it has the shape at every size, None where it
        never has. The size of an axis is at least 1."""
        return sizes_with(self.stored, shape)

    @property
    def varies(self) -> bool:
        """Whether its shape depends on the length n."""
        return any(isinstance(axis, str) for axis in self.axes)


def scalar(name: str, low: float = -float("inf"), high: float = float("inf"), **rest: Any) -> Input:
    """A real number; with complex=True a complex one, whose parts lie in [low, high]."""
    return Input(name, (), low, high, **rest)


def vector(name: str, low: float = -float("inf"), high: float = float("inf"), *, size: Axis = "n", **rest: Any) -> Input:
    return Input(name, (size,), low, high, **rest)


def matrix(
    name: str, low: float = -float("inf"), high: float = float("inf"), *, rows: Axis = "n", columns: Axis = "n", **rest: Any
) -> Input:
    return Input(name, (rows, columns), low, high, **rest)


def tensor(name: str, axes: tuple[Axis, ...], low: float = -float("inf"), high: float = float("inf"), **rest: Any) -> Input:
    return Input(name, axes, low, high, **rest)


@dataclass(frozen=True)
class Documented:
    """A fact that a framework's own page states of its calls beside the mathematical function.

    The function stays the reference; an answer that differs from it but is right by this fact has the label `documented`. What is right
    there is given by `definition` or by `value`. With neither, the page leaves the point open or outside the domain: every answer is right,
    and an exception is `rejected`.
    """

    #: The fact, in one line.
    what: str
    #: The page.
    source: str
    #: The points where it holds: patterns as in Op.accepts over inputs and numeric params, separated by "|"; "any": all points.
    where: str = "any"
    #: A name in ulpfuzz.oracles.definitions: the documented formula with its clamp, epsilon or threshold, a function of the op's inputs in order,
    #: its params and `constants`.
    definition: str = ""
    #: A number, an interval (low, high), or the name of an input.
    value: float | str | tuple[float, float] | None = None
    #: "exact": the definition over real numbers. "state": the definition (default: the op's) in the dtype of the inputs, rounded after each
    #: step, as an update of stored state is.
    arithmetic: Literal["exact", "state"] = "exact"
    #: Derivatives are those of the definition. False: the definition's outputs are the documented derivative itself, by each differentiable
    #: input in turn (elementwise ops).
    differentiate: bool = True
    constants: Mapping[str, Any] = field(default_factory=dict, hash=False)
    #: Where it holds; empty: everywhere.
    orders: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    #: In the record of an op: the frameworks whose page says so; empty: all.
    frameworks: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether the page leaves the points open, so that every answer is right."""
        return not self.definition and self.value is None and self.arithmetic == "exact"

    def speaks_of(self, framework: str, dtype: str, order: str, device: str = "cpu") -> bool:
        """Whether it is said of a framework's calls at that dtype and order on that device."""
        sets = ((framework, self.frameworks), (dtype, self.dtypes), (order, self.orders), (device, self.devices))
        return all(not names or name in names for name, names in sets)


def domain(inside: str, source: str, what: str = "", **rest: Any) -> Documented:
    """A documented domain, narrower than the op's: domain("p>0,p<1", page). Outside it, or at a NaN, the page promises nothing."""
    conditions = [re.split(r"(<=|>=|<|>)", condition) for condition in inside.replace(" ", "").split(",")]
    outside = [f"{name}~{_OPPOSITE[relation]}{text}" for name, relation, text in conditions]
    where = "|".join([*outside, *dict.fromkeys(f"{name}~nan" for name, *_ in conditions)])
    return Documented(what or f"documented for {inside}", source, where, **rest)


_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@dataclass(frozen=True)
class Implementation:
    """One call in one framework that claims to compute an op."""

    #: Of FRAMEWORKS, or a plugin's.
    framework: str
    #: The expression that a user would type, over the names of the op's inputs and params and the framework's usual module names (torch;
    #: tf; jax, jnp; np, scipy).
    call: str
    #: The dtypes that it supports.
    dtypes: tuple[str, ...] = ALL_DTYPES
    #: Whether the framework defines a gradient.
    grad: bool = True
    #: The dtypes of derivatives; None: `dtypes`.
    grad_dtypes: tuple[str, ...] | None = None
    #: Orders that it lacks although it has a gradient: "grad2", or "grad2 float16" for one dtype.
    without: tuple[str, ...] = ()
    #: It exists for these values of params only.
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    #: What the framework's page says of the call beside the mathematical function.
    documented: tuple[Documented, ...] = ()
    #: Why findings are those of our formula around the framework's calls, where its syntax does not show that (catalog.composed).
    composed: str = ""
    #: Why findings are the framework's, where the syntax looks like a formula of ours.
    plain: str = ""
    #: The page that promises the accuracy limit of the op's class.
    promise: str = ""
    #: A fact about the record.
    note: str = ""

    def supports(self, dtype: str, order: str, params: Mapping[str, Any]) -> bool:
        """Whether this call claims to compute the op at that dtype, order and params."""
        dtypes = self.dtypes if order == "value" or self.grad_dtypes is None else self.grad_dtypes
        if dtype not in dtypes or (order != "value" and not self.grad) or {order, f"{order} {dtype}"} & {*self.without}:
            return False
        return all(params[name] in values for name, values in self.when.items())


@dataclass(frozen=True)
class Convention:
    """What frameworks document of a gradient where the function has none. Each component lies in [low, high] times the cotangent (order
    grad; for jvp of elementwise ops: times 1)."""

    #: The points, a pattern as in Op.accepts. Of vectors "x=0" means that all elements are 0, "x=x" that all are equal.
    at: str
    low: float
    high: float
    #: The frameworks whose page says so; it binds no other.
    frameworks: tuple[str, ...]
    #: The page.
    source: str


@dataclass(frozen=True)
class Cut:
    """A branch cut of a function of complex numbers, where the sign of a zero part says which side a point belongs to; or a pole, whose
    value C23 Annex G leaves at "an infinity".

    at: a pattern as in Op.accepts over parts, "z.real<0,z.imag=0". turns: the outputs that differ across it, by their sign alone; an answer
    with either sign is right, for not every framework reads signed zeros. Empty: every answer is right. So is every derivative.
    """

    at: str
    turns: tuple[int, ...] = ()


@dataclass(frozen=True)
class Op:
    """A mathematical function: inputs with domains, static params, a definition, and the calls that claim to compute it.

    At infinite or NaN parts of complex inputs every answer is right: the tables of C23 Annex G are no contract of a framework's.
    """

    #: Canonical, snake_case.
    name: str
    #: In the order of the definition's arguments.
    inputs: tuple[Input, ...]
    #: The calls that claim to compute it, framework by framework.
    implementations: tuple[Implementation, ...]
    #: The module of its record.
    family: str = ""
    #: Usual values by name, the default first.
    params: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    #: The row of the table of limits (judge.limits).
    accuracy: Accuracy = "composite"
    #: Of ORDERS, those that it has.
    orders: tuple[str, ...] = ORDERS
    #: Who says that whole numbers are right up to roundoff only: taken of those beyond 2^p, not all of which are numbers of the format.
    roundoff: str = ""
    #: Its slopes too are whole numbers that the bits determine, and a nearby input's explain nothing: which ones, and the source.
    exact_slopes: str = ""
    #: Where all its values and slopes lie (catalog.range_of_values.Range); of the catalogue's own ops, catalog.ranges says it by name.
    ranges: tuple[Any, ...] = ()
    #: Near its zeros off the origin the limit is absolute, because they are ill-conditioned.
    absolute_near_zeros: bool = False
    #: Of a complex function: glibc's manual lists its known errors ("Known Maximum Errors in Math Functions", cacos to ctanh), which bounds them
    #: beside the modulus at any condition number.
    modulus_published: bool = False
    #: sup|f'|. Frameworks rebuild the derivative from the saved, rounded output, and this normalises its error. None: they do not.
    sup_first_derivative: float | None = None
    #: sup|f''|, likewise for second derivatives.
    sup_second_derivative: float | None = None
    #: f(+-0) is +-0, for ops of one number (C23 Annex F.10, or the formula itself in IEEE 754 where `source` says so).
    keeps_zero_sign: bool = False
    #: What users would look for it under; the study's rows are matched by them.
    topics: tuple[str, ...] = ()
    #: A name in ulpfuzz.oracles.definitions; default: the op's.
    definition: str = ""
    #: Special values that a page or C23 Annex F allows beside the function's, by a pattern: "x=inf,y=0" (also +0, -0, "y<0", "y>=x";
    #: "x~nan", "x~<0": some number of x is). Each is a number, the name of an input, or "any" where the source leaves it open.
    accepts: Mapping[str, float | str] = field(default_factory=dict)
    #: Gradients that frameworks document where there is none.
    conventions: tuple[Convention, ...] = ()
    #: The page or the paper that the definition follows.
    source: str = ""
    #: The least length of vectors that is searched.
    min_length: int = 1
    #: The least length at which it has a value, where that is below min_length: its results are constants there, or its derivatives zeros, which
    #: show no error, but a user may ask for them. 0: min_length.
    least_defined: int = 0
    #: The lengths n that make sense; empty: the usual list.
    lengths: tuple[int, ...] = ()
    #: Of an op with several axes: the sizes of each that are fuzzed, the usual one first (`shapes`). It has no `lengths` then.
    axes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    #: The shape of the result, () of one number, where it is known: then the shrinker can make every axis shorter. None: it is not known.
    result: tuple[Axis, ...] | None = None
    #: Axes of the result that the definition maps over: an output depends on those numbers alone that have its own index there, or lie in the window
    #: at or around that index, or have no such axis; and axes along which an output needs two places at most, wherever they are. They lengthen no
    #: chain of roundings.
    parallel: tuple[str, ...] = ()
    #: The param that is the stride of the axes of the result: of so many windows the first is there. Empty: every window is.
    strided: str = ""
    #: The literature proves a bound relative to the largest input (Blanchard, Higham, Higham 2021); an error within it is less severe.
    normwise_bound: bool = False
    #: What an error is measured against: "" the element; "parts" the modulus of its complex number; "all" the largest output and inputs.
    error_norm: Literal["", "parts", "all"] = ""
    #: What is known of its value's numbers together beside their sum, as the squares of a unit vector sum to 1 (oracles.functionals). Such a
    #: functional is judged where each number is explained by conditioning.
    functionals: tuple[str, ...] = ()
    #: Its value is complex although its inputs are real; outputs are pairs then.
    complex_result: bool = False
    #: Branch cuts.
    cuts: tuple[Cut, ...] = ()
    #: Frameworks check its inputs and raise outside the domain, so no infinity, NaN or number outside is drawn.
    raises_outside_domain: bool = False
    #: The independent truth that tests check the definition against (tests/oracles/truth): whose it is, in a few words.
    verified: str = ""
    #: What the pages of frameworks say of all their calls of it, beside the mathematical function.
    documented: tuple[Documented, ...] = ()

    @property
    def elementwise(self) -> bool:
        """Whether every input is a real scalar, so that rows are elements of one flat array."""
        return all(i.scalar for i in self.inputs)

    @property
    def varies(self) -> bool:
        """Whether the shape of a row depends on the length n."""
        return any(i.varies for i in self.inputs)

    @property
    def axis_names(self) -> tuple[str, ...]:
        """The letters of its axes, in the order of the inputs."""
        return tuple(dict.fromkeys(name for i in self.inputs for axis in i.axes if (name := axis_name(axis))))

    @property
    def shapes(self) -> tuple[Sizes, ...]:
        """Of an op with several axes, the sizes that are fuzzed (shapes_of); () for an op that has `lengths`."""
        return shapes_of({name: self.axes[name] for name in self.axis_names if self.axes})

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The formats of its inputs: complex ones where an input is complex."""
        return COMPLEX_DTYPES if any(i.complex for i in self.inputs) else DTYPES

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
    name: str, inputs: Sequence[Input], *, torch: Calls = None, tensorflow: Calls = None, jax: Calls = None, numpy: Calls = None, **rest: Any
) -> Op:  # fmt: skip
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
