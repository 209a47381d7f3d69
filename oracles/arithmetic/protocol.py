"""The protocol of an arithmetic: what a definition may do with its numbers, and what a tape needs of its base beside that.

A definition receives the arithmetic as `m: Arithmetic[N]`, scalars as numbers N and vectors as lists of numbers, and returns a number or a
list of them. In the vectorised arithmetics a number is a column over the batch; in arb and mp it is one number.

Truth values are three-valued: a comparison answers yes, no or undecided per row; `where` takes the hull of both branches
where it is undecided. Definitions never branch with Python's `if` on a number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Literal, Protocol, Self, TypeAlias, TypeVar

#: An exact number of no arithmetic's own.
Exact: TypeAlias = int | Fraction
#: What a comparison answers, each arithmetic in its own way (True, False or None; two masks of rows). A definition hands it to `where`, no
#: more.
Truth: TypeAlias = Any
Constant = Literal["pi", "ln2", "ln10", "euler"]

#: Elementary and special functions of one number that every arithmetic provides as a method.
UNARY = (
    "exp", "expm1", "exp2", "log", "log1p", "log2", "log10", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan",
    "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "erfinv", "lgamma", "digamma", "sinpi", "cospi",
    "floor", "abs", "square", "sigmoid", "softplus",
)  # fmt: skip


class Number(Protocol):
    """What an arithmetic computes with: + - * / with numbers of the same arithmetic and with exact ones, and unary minus."""

    def __neg__(self) -> Self: ...

    def __add__(self, other: Self | Exact, /) -> Self: ...

    def __radd__(self, other: Exact, /) -> Self: ...

    def __sub__(self, other: Self | Exact, /) -> Self: ...

    def __rsub__(self, other: Exact, /) -> Self: ...

    def __mul__(self, other: Self | Exact, /) -> Self: ...

    def __rmul__(self, other: Exact, /) -> Self: ...

    def __truediv__(self, other: Self | Exact, /) -> Self: ...

    def __rtruediv__(self, other: Exact, /) -> Self: ...


#: The numbers of the arithmetic that a definition is evaluated in.
N = TypeVar("N", bound=Number)
Vector: TypeAlias = list[N]
#: Rows of numbers.
Matrix: TypeAlias = list[list[N]]
#: A complex number: [real part, imaginary part].
Complex: TypeAlias = list[N]


class Elementary(Protocol[N]):
    """The functions of UNARY."""

    def exp(self, x: N, /) -> N: ...

    def expm1(self, x: N, /) -> N: ...

    def exp2(self, x: N, /) -> N: ...

    def log(self, x: N, /) -> N: ...

    def log1p(self, x: N, /) -> N: ...

    def log2(self, x: N, /) -> N: ...

    def log10(self, x: N, /) -> N: ...

    def sqrt(self, x: N, /) -> N: ...

    def sin(self, x: N, /) -> N: ...

    def cos(self, x: N, /) -> N: ...

    def tan(self, x: N, /) -> N: ...

    def asin(self, x: N, /) -> N: ...

    def acos(self, x: N, /) -> N: ...

    def atan(self, x: N, /) -> N: ...

    def sinh(self, x: N, /) -> N: ...

    def cosh(self, x: N, /) -> N: ...

    def tanh(self, x: N, /) -> N: ...

    def asinh(self, x: N, /) -> N: ...

    def acosh(self, x: N, /) -> N: ...

    def atanh(self, x: N, /) -> N: ...

    def erf(self, x: N, /) -> N: ...

    def erfc(self, x: N, /) -> N: ...

    def erfinv(self, x: N, /) -> N: ...

    def lgamma(self, x: N, /) -> N:
        """log |Gamma(x)|."""

    def digamma(self, x: N, /) -> N: ...

    def sinpi(self, x: N, /) -> N:
        """sin(pi x)."""

    def cospi(self, x: N, /) -> N:
        """cos(pi x)."""

    def floor(self, x: N, /) -> N: ...

    def abs(self, x: N, /) -> N: ...

    def square(self, x: N, /) -> N: ...

    def sigmoid(self, x: N, /) -> N:
        """1 / (1 + e^-x)."""

    def softplus(self, x: N, /) -> N:
        """log(1 + e^x)."""


class Tabulated(Protocol[N]):
    """The special functions of the table `ulpfuzz.oracles.arithmetic.special`, whose entries say what each one is. An order or an index may be an
    int."""

    def airy_ai(self, x: N, /) -> N: ...

    def airy_ai_prime(self, x: N, /) -> N: ...

    def bessel_i(self, n: N | Exact, x: N, /) -> N: ...

    def bessel_i1e(self, x: N, /) -> N: ...

    def bessel_j(self, n: N | Exact, x: N, /) -> N: ...

    def bessel_k(self, n: N | Exact, x: N, /) -> N: ...

    def bessel_y(self, n: N | Exact, x: N, /) -> N: ...

    def betainc_i(self, a: N, b: N, x: N, /) -> N: ...

    def cosine_integral(self, x: N, /) -> N: ...

    def dawson(self, k: N | Exact, x: N, /) -> N: ...

    def erfcinv(self, x: N, /) -> N: ...

    def exp_integral(self, n: N | Exact, x: N, /) -> N: ...

    def exp_integral_ei(self, x: N, /) -> N: ...

    def exponential_entry(self, i: N | Exact, j: N | Exact, /, *entries: N) -> N: ...

    def fresnel_c(self, x: N, /) -> N: ...

    def fresnel_s(self, x: N, /) -> N: ...

    def gamma(self, x: N, /) -> N: ...

    def gammainc_p(self, a: N, x: N, /) -> N: ...

    def gammainc_q(self, a: N, x: N, /) -> N: ...

    def hyp1f1(self, a: N, b: N, x: N, /) -> N: ...

    def hyp2f1(self, a: N, b: N, c: N, x: N, /) -> N: ...

    def log_quotient(self, k: N | Exact, x: N, /) -> N: ...

    def rgamma(self, x: N, /) -> N: ...

    def scaled_erfc(self, n: N | Exact, x: N, /) -> N: ...

    def scaled_i0(self, k: N | Exact, x: N, /) -> N: ...

    def scaled_k0(self, k: N | Exact, x: N, /) -> N: ...

    def sine_integral(self, x: N, /) -> N: ...

    def singular_value(self, k: N | Exact, /, *entries: N) -> N: ...

    def spence(self, x: N, /) -> N: ...

    def spherical_bessel_j(self, n: N | Exact, x: N, /) -> N: ...

    def symmetric_eigenvalue(self, k: N | Exact, /, *entries: N) -> N: ...

    def zeta(self, s: N, q: N, /) -> N: ...

    def partial(self, name: str, numbers: Sequence[N], orders: tuple[int, ...], /) -> N:
        """The partial derivative of a function of the table, differentiated orders[k] times by the k-th number: for one without a rule."""


class Arithmetic(Elementary[N], Tabulated[N], Protocol[N]):
    """All operations that a definition may use of the arithmetic that it is evaluated in."""

    @property
    def name(self) -> str: ...

    def num(self, value: N | Exact | float, /) -> N:
        """An exact constant (a float enters with its exact binary value)."""

    def const(self, name: Constant, /) -> N:
        """A mathematical constant, enclosed at the arithmetic's precision."""

    def sum(self, items: Sequence[N], /) -> N: ...

    def max(self, items: Sequence[N], /) -> N: ...

    def min(self, items: Sequence[N], /) -> N: ...

    def hint_max(self, items: Sequence[N], /) -> N:
        """An exact number near the largest item, and a constant to the tape. It is a hint: a definition may use it only where any number
        whatever would give the same value (the shift of a log-sum-exp)."""

    def pow(self, x: N, y: N | Exact, /) -> N:
        """x^y for real x, y: exp(y log x) for x > 0; integer y also for x <= 0; x^0 = 1; undefined (NaN) elsewhere. An exact y is a
        constant, by which nothing is differentiated."""

    def atan2(self, y: N, x: N, /) -> N: ...

    def fmod(self, x: N, y: N, /) -> N:
        """x - trunc(x/y) y, the sign of x."""

    def polygamma(self, n: int, x: N, /) -> N:
        """The n-th derivative of digamma, n >= 1."""

    def logsumexp(self, items: Sequence[N], /) -> N: ...

    def softmax(self, items: Sequence[N], /) -> list[N]:
        """The gradient of logsumexp."""

    def share(self, part: N, rest: N, /) -> N:
        """part / (part + rest)."""

    def norm(self, items: Sequence[N], /) -> N:
        """The Euclidean norm."""

    def direction(self, items: Sequence[N], /) -> list[N]:
        """The gradient of norm; undefined at the zero vector."""

    def lt(self, x: N | Exact, y: N | Exact, /) -> Truth: ...

    def eq0(self, x: N, /) -> Truth: ...

    def where(self, cond: Truth, yes: Callable[[], N], no: Callable[[], N], /) -> N:
        """yes() or no(); the hull of both where it is undecided. mypy infers no lambda that binds a loop's variable by a default
        (`lambda v=v: v`): such a branch wants `# type: ignore[misc]`."""


class TapeBase(Arithmetic[N], Protocol[N]):
    """What a tape needs from the arithmetic below it beside the values: how an adjoint passes, and where to report ties and singular
    points."""

    def annihilate(self, adjoint: N, partial: N, /) -> N:
        """adjoint * partial, but 0 where the adjoint is exactly 0 (as far as the arithmetic holds with that)."""

    def mask(self, cond: Truth, adjoint: N, /) -> N:
        """The adjoint where cond holds, 0 where it does not, what is known of both where it is undecided."""

    def sign(self, x: N, /) -> N:
        """The derivative of abs, which has a kink at 0."""

    def tie(self, x: N, y: N, /) -> Truth:
        """Where x and y are certainly equal: true or false, or a mask of rows."""

    def note_kink(self, tie: Truth, /) -> None:
        """A derivative was taken at a kink there, where any subgradient is right."""

    def note_removable(self, hit: Truth, /) -> None:
        """A definition singled out an isolated point there, where the derivative is known as a limit only."""

    def note_leap(self, yes: N, no: N, /) -> None:
        """An undecided `where` has these two values."""

    def cosine(self, side: N, rest: N, /) -> N:
        """side / sqrt(side^2 + rest)."""

    def one_minus_square(self, x: N, /) -> N:
        """1 - x^2 as (1 - x)(1 + x)."""

    def derivative(self, name: str, x: N, order: int, /) -> N:
        """The derivative of a function of UNARY for which the tape has no rule."""

    def detached(self, x: N, /) -> N:
        """x as a constant: a step function is flat between its jumps, whatever its formula."""


class OfOne(Protocol):
    """A function of one number in any arithmetic."""

    def __call__(self, m: Arithmetic[N], x: N, /) -> N: ...


class OfTwo(Protocol):
    """A function of two numbers in any arithmetic."""

    def __call__(self, m: Arithmetic[N], x: N, y: N, /) -> N: ...
