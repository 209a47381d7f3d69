"""tape: reverse-mode derivatives over any arithmetic, nested for higher orders.

A Node records how it was made; `gradient` runs backwards. The partial derivatives are numbers of the base arithmetic, so over ball64 or arb
they are enclosures of the true partials, and over a Tape they can be differentiated again. Composites (protocol: sigmoid to direction) are
differentiated as wholes, in forms without needless cancellation. A function without a rule in RULES is differentiated by mpmath where the
base is mpmath, and unknown elsewhere (`derivative`). Rules: an exactly zero adjoint annihilates any partial, but in Arb not an infinite one
by a variable that the zero itself depends on (_Zeros); at an exact tie of max, min, abs or where the derivative is the hull of both sides
and the base notes a kink; where a definition singles out an isolated point (eq0), it is noted as removable, since the derivative there is
known as a limit only. Source: Griewank and Walther, Evaluating Derivatives (2008), ch. 3; Clarke (1983).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Generic, Protocol, TypeAlias, TypeVar, cast

from flint import arb

from oracles.arithmetic.arb import Arb, ArbNumber
from oracles.arithmetic.composites import sums_of_others, unknown
from oracles.arithmetic.protocol import UNARY, Constant, Exact, N, TapeBase, Truth
from oracles.arithmetic.special import Special, functions

T = TypeVar("T")


@dataclass(frozen=True)
class Mask:
    """A partial derivative that is 1 where cond holds, 0 where it does not."""

    cond: Truth


#: A partial derivative, made on demand.
Factor: TypeAlias = Mask | Callable[[], N]


class Node(Generic[N]):
    """A number of a tape over numbers N: its value in the base arithmetic and (parent, partial) pairs; partials are made on demand.

    choice: it is one of its parents, whose partials are Masks: at a tie the derivative is one of theirs, or between them. product: it is
    that of its two parents, each of whose partials is the other.
    """

    __slots__ = ("choice", "parents", "product", "tape", "value")

    def __init__(
        self,
        tape: Tape[N],
        value: N,
        parents: Sequence[tuple[Node[N], Factor[N]]] = (),
        *,
        choice: bool = False,
        product: bool = False,
    ) -> None:
        self.tape = tape
        self.value = value
        self.parents = parents
        self.choice = choice
        self.product = product
        tape.nodes.append(self)

    def __neg__(self) -> Node[N]:
        return Node(self.tape, -self.value, [(self, lambda: self.tape.base.num(-1))])

    def __add__(self, other: Node[N] | Exact) -> Node[N]:
        right = self.tape.num(other)
        one = self.tape.one
        return Node(self.tape, self.value + right.value, [(self, one), (right, one)])

    __radd__ = __add__

    def __sub__(self, other: Node[N] | Exact) -> Node[N]:
        return self + (-self.tape.num(other))

    def __rsub__(self, other: Node[N] | Exact) -> Node[N]:
        return self.tape.num(other) + (-self)

    def __mul__(self, other: Node[N] | Exact) -> Node[N]:
        right = self.tape.num(other)
        return Node(self.tape, self.value * right.value, [(self, lambda: right.value), (right, lambda: self.value)], product=True)

    __rmul__ = __mul__

    def __truediv__(self, other: Node[N] | Exact) -> Node[N]:
        right = self.tape.num(other)
        quotient = self.value / right.value
        return Node(self.tape, quotient, [(self, lambda: 1 / right.value), (right, lambda: -(quotient / right.value))])

    def __rtruediv__(self, other: Node[N] | Exact) -> Node[N]:
        return self.tape.num(other) / self


class Tape(Generic[N]):
    """The derivative arithmetic over `base`, itself a base for another tape."""

    name = "tape"

    def __init__(self, base: TapeBase[N]) -> None:
        self.base = base
        self.nodes: list[Node[N]] = []

    def one(self) -> N:
        return self.base.num(1)

    def lift(self, value: N) -> Node[N]:
        """A variable (or a constant) whose value is a number of the base arithmetic."""
        return Node(self, value)

    def num(self, value: Node[N] | Exact | float) -> Node[N]:
        """The number itself; a constant of an exact value, or of a number of the base, which may be another tape's node."""
        if isinstance(value, Node) and value.tape is self:
            return value
        return Node(self, self.base.num(value))  # type: ignore[arg-type]

    def const(self, name: Constant) -> Node[N]:
        return Node(self, self.base.const(name))

    def sum(self, items: Sequence[Node[N] | Exact]) -> Node[N]:
        nodes = [self.num(i) for i in items]
        return Node(self, self.base.sum([n.value for n in nodes]), [(n, self.one) for n in nodes])

    def max(self, items: Sequence[Node[N] | Exact]) -> Node[N]:
        nodes = [self.num(i) for i in items]
        base = self.base
        values = [n.value for n in nodes]
        best = base.max(values)
        parents = []
        for node, others in zip(nodes, _max_of_others(base, values), strict=True):
            if others is None:
                return node
            tied = base.tie(node.value, others)
            base.note_kink(tied)
            parents.append((node, Mask(_not(_open(_raw(base.lt(node.value, others)), tied)))))
        return Node(self, best, parents, choice=True)

    def hint_max(self, items: Sequence[Node[N] | Exact]) -> Node[N]:
        """A constant: no derivative flows through a hint, since the value does not depend on it."""
        return Node(self, self.base.hint_max([self.num(i).value for i in items]))

    def min(self, items: Sequence[Node[N] | Exact]) -> Node[N]:
        return -self.max([-self.num(i) for i in items])

    def lt(self, x: Node[N] | Exact, y: Node[N] | Exact) -> Comparison:
        a, b = self.num(x).value, self.num(y).value
        tie = self.base.tie(a, b)
        self.base.note_kink(tie)
        return Comparison(_raw(self.base.lt(a, b)), tie)

    def eq0(self, x: Node[N] | Exact) -> Comparison:
        hit = _raw(self.base.eq0(self.num(x).value))
        self.base.note_removable(_sure(hit))
        return Comparison(hit, None)

    def tie(self, x: Node[N] | Exact, y: Node[N] | Exact) -> Truth:
        return self.base.tie(self.num(x).value, self.num(y).value)

    def note_kink(self, tie: Truth) -> None:
        self.base.note_kink(tie)

    def note_removable(self, hit: Truth) -> None:
        self.base.note_removable(hit)

    def note_leap(self, yes: Node[N], no: Node[N]) -> None:
        """The base noted it at the same two values."""

    def where(self, cond: Truth, yes: Callable[[], Node[N] | Exact], no: Callable[[], Node[N] | Exact]) -> Node[N]:
        decided = cond.decided if isinstance(cond, Comparison) else cond
        softened = _open(decided, cond.tie) if isinstance(cond, Comparison) and cond.tie is not None else decided
        made: dict[str, Node[N]] = {}

        def branch(key: str, function: Callable[[], Node[N] | Exact]) -> N:
            made[key] = self.num(function())
            return made[key].value

        # At a tie the value is the hull of both sides' too: where they differ the function leaps, and its derivatives along the edge are
        # either's.
        passed = cond if isinstance(self.base, Tape) else softened
        value = self.base.where(passed, partial(branch, "yes", yes), partial(branch, "no", no))
        if not made:  # mp compares with a nan: neither branch was taken, and the derivative is a nan too
            branch("yes", yes)
            branch("no", no)
        if softened is not decided and len(made) == 1:  # over a tape: the other side's derivative counts too
            key, function = ("no", no) if "yes" in made else ("yes", yes)
            branch(key, function)
        if len(made) == 1:
            (only,) = made.values()
            return only
        if softened is None:
            self.base.note_leap(made["yes"].value, made["no"].value)
        return Node(self, value, [(made["yes"], Mask(softened)), (made["no"], Mask(_not(softened)))], choice=True)

    def annihilate(self, adjoint: Node[N], factor: Node[N]) -> Node[N]:
        return Node(
            self, self.base.annihilate(adjoint.value, factor.value),
            [(adjoint, lambda: factor.value), (factor, lambda: adjoint.value)], product=True,
        )  # fmt: skip

    def mask(self, cond: Truth, adjoint: Node[N]) -> Node[N]:
        return Node(self, self.base.mask(cond, adjoint.value), [(adjoint, Mask(cond))])

    def sign(self, x: Node[N]) -> Node[N]:
        return Node(self, self.base.sign(x.value))

    def _unary(self, name: str, x: Node[N] | Exact) -> Node[N]:
        node = self.num(x)
        value: N = getattr(self.base, name)(node.value)
        rule = RULES.get(name)
        if rule is None:
            return Node(self, value, [(node, lambda: self.base.derivative(name, node.value, 1))])
        return Node(self, value, [(node, lambda: rule(self.base, node.value, value))])

    def __getattr__(self, name: str) -> Callable[..., Node[N]]:
        if name in UNARY:
            return partial(self._unary, name)
        if name in functions():
            return partial(self._special, functions()[name])
        raise AttributeError(name)

    def _special(self, entry: Special, *numbers: Node[N] | Exact) -> Node[N]:
        nodes = [self.num(v) for v in numbers]
        values = [n.value for n in nodes]
        value: N = getattr(self.base, entry.name)(*values)

        def slope(k: int) -> N:
            rule = entry.slopes[k]
            if rule is None:
                return self.base.partial(entry.name, values, tuple(int(i == k) for i in range(len(values))))
            return rule(self.base, value, *values)  # type: ignore[no-any-return]

        return Node(self, value, [(n, partial(slope, k)) for k, n in enumerate(nodes)])

    def partial(self, name: str, numbers: Sequence[Node[N] | Exact], orders: tuple[int, ...]) -> Node[N]:
        """See Arb.partial."""
        nodes = [self.num(v) for v in numbers]
        values = [n.value for n in nodes]

        def higher(k: int) -> N:
            return self.base.partial(name, values, tuple(o + (i == k) for i, o in enumerate(orders)))

        return Node(self, self.base.partial(name, values, orders), [(n, partial(higher, k)) for k, n in enumerate(nodes)])

    def logsumexp(self, items: Sequence[Node[N] | Exact]) -> Node[N]:
        nodes = [self.num(i) for i in items]
        values = [n.value for n in nodes]
        weights = _once(lambda: self.base.softmax(values))
        return Node(self, self.base.logsumexp(values), [(n, partial(_part, weights, i)) for i, n in enumerate(nodes)])

    def softmax(self, items: Sequence[Node[N] | Exact]) -> list[Node[N]]:
        """e^x_i / (e^x_i + the sum of the others'): its derivatives are products of shares, where 1 - e^x_i / sum e^x_j would cancel."""
        nodes = [self.num(i) for i in items]
        if len(nodes) == 1:
            return [self.num(1)]
        shift = self.hint_max(nodes)
        powers = [self.exp(n - shift) for n in nodes]
        return [self.share(p, rest) for p, rest in zip(powers, sums_of_others(powers), strict=True)]

    def share(self, part: Node[N], rest: Node[N]) -> Node[N]:
        """part / (part + rest)."""
        base, a, b = self.base, part.value, rest.value
        return Node(
            self, base.share(a, b),
            [(part, lambda: base.share(b, a) / (a + b)), (rest, lambda: -(base.share(a, b) / (a + b)))],
        )  # fmt: skip

    def norm(self, items: Sequence[Node[N] | Exact]) -> Node[N]:
        nodes = [self.num(i) for i in items]
        values = [n.value for n in nodes]
        towards = _once(lambda: self.base.direction(values))
        return Node(self, self.base.norm(values), [(n, partial(_part, towards, i)) for i, n in enumerate(nodes)])

    def direction(self, items: Sequence[Node[N] | Exact]) -> list[Node[N]]:
        """x_i / sqrt(x_i^2 + the sum of the others' squares): 1/||x|| - x_i^2/||x||^3 would cancel where x_i is almost all of x."""
        nodes = [self.num(i) for i in items]
        squares = [self.square(n) for n in nodes]
        others = sums_of_others(squares) if len(nodes) > 1 else [self.num(0)]
        return [self.cosine(n, rest) for n, rest in zip(nodes, others, strict=True)]

    def cosine(self, side: Node[N], rest: Node[N]) -> Node[N]:
        """side / sqrt(side^2 + rest)."""
        base, a, q = self.base, side.value, rest.value
        total = _once(lambda: base.square(a) + q)
        cube = _once(lambda: total() * base.sqrt(total()))
        return Node(self, base.cosine(a, q), [(side, lambda: q / cube()), (rest, lambda: a / (-2 * cube()))])

    def one_minus_square(self, x: Node[N]) -> Node[N]:
        """Its derivative -2x would cancel near 0 if the factors were differentiated."""
        return Node(self, self.base.one_minus_square(x.value), [(x, lambda: -2 * x.value)])

    def detached(self, x: Node[N]) -> Node[N]:
        return self.lift(self.base.detached(x.value))

    def derivative(self, name: str, x: Node[N], order: int) -> Node[N]:
        value = self.base.derivative(name, x.value, order)
        return Node(self, value, [(x, lambda: self.base.derivative(name, x.value, order + 1))])

    def polygamma(self, n: int, x: Node[N] | Exact) -> Node[N]:
        node = self.num(x)
        return Node(self, self.base.polygamma(n, node.value), [(node, lambda: self.base.polygamma(n + 1, node.value))])

    def pow(self, x: Node[N] | Exact, y: Node[N] | Exact) -> Node[N]:
        constant = not isinstance(y, Node)
        a, b = self.num(x), self.num(y)
        m = self.base
        value = m.pow(a.value, b.value)
        # x^0 and 0^y do not depend on x and y: an exact 0 annihilates the pole of the other factor
        parents: list[tuple[Node[N], Factor[N]]] = [(a, lambda: m.annihilate(b.value, m.pow(a.value, b.value - 1)))]
        if not constant:
            parents.append((b, lambda: m.annihilate(value, _log_or_unknown(m, a.value))))
        return Node(self, value, parents)

    def atan2(self, y: Node[N] | Exact, x: Node[N] | Exact) -> Node[N]:
        a, b = self.num(y), self.num(x)
        m = self.base

        def over(top: N) -> N:
            return top / (m.square(a.value) + m.square(b.value))

        return Node(self, m.atan2(a.value, b.value), [(a, lambda: over(b.value)), (b, lambda: over(-a.value))])

    def fmod(self, x: Node[N] | Exact, y: Node[N] | Exact) -> Node[N]:
        """d/dx = 1, d/dy = -trunc(x/y), which is (fmod - x)/y."""
        a, b = self.num(x), self.num(y)
        m = self.base
        value = m.fmod(a.value, b.value)

        def whole() -> N:
            quotient = (value - a.value) / b.value
            return m.where(_constant(m, quotient), lambda: m.detached(quotient), lambda: unknown(m, quotient))

        def slope() -> N:
            quotient = (value - a.value) / b.value
            return m.where(_constant(m, quotient), lambda: m.num(1), lambda: unknown(m, quotient))

        return Node(self, value, [(a, slope), (b, whole)])

    def gradient(self, outputs: Sequence[object], seeds: Sequence[N] | Sequence[Exact], variables: Sequence[Node[N]]) -> list[N]:
        """The vector-Jacobian product: d(sum_i seeds_i outputs_i)/d variable, as numbers of the base arithmetic."""
        adjoints: dict[int, N] = {}
        for output, seed in zip(outputs, seeds, strict=True):
            if isinstance(output, Node) and output.tape is self:
                _accumulate(adjoints, output, self.base.num(seed))
        wanted = {id(v) for v in variables}
        alive = self._depending_on(wanted)
        zeros: _Zeros[N] | None = _Zeros() if _is_scalar(self.base) else None
        for node in reversed(self.nodes):
            adjoint = adjoints.get(id(node)) if id(node) in wanted else adjoints.pop(id(node), None)
            if adjoint is None:
                continue
            for parent, factor in node.parents:
                if id(parent) in alive:  # of a constant nobody asks for the derivative
                    made = factor if isinstance(factor, Mask) or factor == self.one else _once(factor)
                    _accumulate(adjoints, parent, self._passed(adjoint, made, self.base.annihilate))
                    if zeros is not None and not isinstance(made, Mask):
                        zeros.passed(node, adjoint, parent, made)
        slopes = [adjoints.get(id(v), self.base.num(0)) for v in variables]
        if zeros is None or not zeros.met:
            return slopes
        return [
            unknown(self.base, slope) if zeros.depend(self._depending_on({id(v)})) else slope
            for v, slope in zip(variables, slopes, strict=True)
        ]

    def _depending_on(self, variables: set[int]) -> set[int]:
        """The variables and all nodes made of them, by identity."""
        alive = set(variables)
        for node in self.nodes:
            if any(id(parent) in alive for parent, _ in node.parents):
                alive.add(id(node))
        return alive

    def pushforward(
        self, outputs: Sequence[object], variables: Sequence[Node[N]], directions: Sequence[N] | Sequence[Exact]
    ) -> list[N]:
        """The Jacobian-vector product: sum_j d output/d variable_j directions_j of each output, as numbers of the base arithmetic.

        One pass over the nodes in the order in which they were made, with the partials of the reverse pass. Here nothing annihilates:
        a branch that is not taken has no part in the graph, and a zero tangent times an infinite partial is not known to be zero (the norm
        at 0). At a tie of a choice the tangent is the hull of the tied ones', where reverse mode has a hull with 0 for each of them alone.
        """
        tangents = {id(v): self.base.num(d) for v, d in zip(variables, directions, strict=True)}
        for node in self.nodes:
            if id(node) in tangents:
                continue
            if node.choice:
                if any(id(parent) in tangents for parent, _ in node.parents):
                    tangents[id(node)] = self._chosen(
                        [(f.cond, tangents.get(id(p))) for p, f in node.parents if isinstance(f, Mask)]
                    )
                continue
            for parent, factor in node.parents:
                tangent = tangents.get(id(parent))
                if tangent is not None:
                    _accumulate(tangents, node, self._passed(tangent, factor, self._times))
        zero = self.base.num(0)
        return [tangents.get(id(o), zero) if isinstance(o, Node) and o.tape is self else zero for o in outputs]

    def _chosen(self, pieces: Sequence[tuple[Truth, N | None]]) -> N:
        """The tangent whose condition holds, of (condition, tangent or None for zero); the hull of those whose conditions are undecided."""
        zero = self.base.num(0)
        numbers = [zero if tangent is None else tangent for _, tangent in pieces]
        for (cond, _), number in zip(pieces, numbers, strict=True):
            self.base.mask(cond, number)  # the base notes where a derivative jumps
        if len(numbers) == 2:  # two branches, of which one has the condition and the other its negation
            return self.base.where(pieces[0][0], lambda: numbers[0], lambda: numbers[1])
        some = numbers[-1]
        # the first that is possible, where no hull is wanted
        for (cond, _), number in zip(pieces[-2::-1], numbers[-2::-1], strict=True):
            some = self.base.where(_possible(cond), lambda n=number: n, lambda t=some: t)  # type: ignore[misc]
        total = some
        for (cond, _), number in zip(pieces[::-1], numbers[::-1], strict=True):
            total = self.base.where(cond, lambda n=number: n, lambda t=total: t)  # type: ignore[misc]
        return total

    def _passed(self, carried: N, factor: Factor[N], times: Callable[[N, N], N]) -> N:
        """A tangent or adjoint times a partial derivative."""
        if isinstance(factor, Mask):
            return self.base.mask(factor.cond, carried)
        if factor == self.one:
            return carried
        return times(carried, self.base.num(factor()))

    @staticmethod
    def _times(x: N, y: N) -> N:
        return x * y


class _Zeros(Generic[N]):
    """The exactly zero adjoints of a reverse pass over numbers, and what they were made of.

    y sqrt(x) at x = y = 0 has the derivative 0 by x: along x, y stays 0. sqrt(x)^2, x^(1/2) x^(1/2) and the exponential of a quantile at
    -infinity have zero adjoints of x's own, before an infinite slope by x: 0 times infinity there is anything, and a limit decides.
    """

    def __init__(self) -> None:
        self.made_of: dict[int, tuple[Node[N], ...]] = {}
        self.met: list[tuple[Node[N], tuple[Node[N], ...]]] = []

    def passed(self, node: Node[N], adjoint: N, parent: Node[N], factor: Callable[[], N]) -> None:
        """An adjoint went from a node to its parent by that partial."""
        number = _innermost(adjoint)
        if number == 0:
            reads = self.made_of.get(id(node), ())
            if reads and not _innermost(node.tape.base.num(factor())).is_finite():
                self.met.append((parent, reads))
        elif _innermost(node.tape.base.num(factor())) == 0:
            others = [n for n, _ in node.parents if n is not parent]
            reads = tuple(others or [parent]) if node.product else tuple(n for n, _ in node.parents)
        else:
            return
        if reads:
            self.made_of[id(parent)] = (*self.made_of.get(id(parent), ()), *reads)

    def depend(self, on: set[int]) -> bool:
        """Whether an infinite partial and the zero before it both depend on a variable, by the nodes that do."""
        return any(id(parent) in on and any(id(n) in on for n in reads) for parent, reads in self.met)


def _innermost(number: object) -> arb:
    """The Arb ball of a number of Arb's, or of a tape over it."""
    while isinstance(number, Node):
        number = number.value
    return cast(ArbNumber, number).v


def _is_scalar(base: object) -> bool:
    """Whether it is Arb, or a tape over it: the arithmetic that certifies."""
    while isinstance(base, Tape):
        base = base.base
    return isinstance(base, Arb)


@dataclass(frozen=True)
class Comparison:
    """A comparison made on a tape: its outcome in the innermost arithmetic, and where the two sides are exactly equal."""

    decided: Truth
    tie: Truth


def _log_or_unknown(m: TapeBase[N], x: N) -> N:
    """log x; unknown below 0, where x^y is defined at integers y only and d/dx alone has a truth."""
    return m.where(m.lt(x, 0), lambda: m.num(math.nan), lambda: m.log(x))


def _max_of_others(base: TapeBase[N], values: Sequence[N]) -> list[N | None]:
    """For each value the maximum of all others, in linear time; None where there are none."""
    before: list[N | None] = [None]
    for value in values[:-1]:
        before.append(value if before[-1] is None else base.max([before[-1], value]))
    others: list[N | None] = []
    after: N | None = None
    for value, earlier in zip(reversed(values), reversed(before), strict=True):
        others.append(earlier if after is None else after if earlier is None else base.max([earlier, after]))
        after = value if after is None else base.max([value, after])
    return others[::-1]


def _accumulate(adjoints: dict[int, N], node: Node[N], piece: N) -> None:
    key = id(node)
    adjoints[key] = adjoints[key] + piece if key in adjoints else piece


def _raw(cond: Truth) -> Truth:
    """The outcome in the innermost arithmetic."""
    return cond.decided if isinstance(cond, Comparison) else cond


def _not(cond: Truth) -> Truth:
    """The negation of a three-valued truth: a pair of masks, or True/False/None."""
    if isinstance(cond, tuple):
        return cond[1], cond[0]
    return None if cond is None else not cond


def _possible(cond: Truth) -> Truth:
    """The truth decided for "yes" wherever it is not surely "no"."""
    return (~cond[1], cond[1]) if isinstance(cond, tuple) else cond is not False


def _sure(cond: Truth) -> Truth:
    return cond[0] if isinstance(cond, tuple) else cond is True


def _open(cond: Truth, tie: Truth) -> Truth:
    """The truth made undecided on ties, so that its mask takes the hull of both sides."""
    if isinstance(cond, tuple):
        return (cond[0] & ~tie, cond[1] & ~tie) if tie.any() else cond
    return None if tie else cond


def _part(make: Callable[[], Sequence[N]], i: int) -> N:
    return make()[i]


def _once(make: Callable[[], T]) -> Callable[[], T]:
    """A value that is made at its first use."""
    made: list[T] = []

    def value() -> T:
        if not made:
            made.append(make())
        return made[0]

    return value


def _constant(m: TapeBase[N], step: N) -> Truth:
    """Whether an integer-valued enclosure holds one integer only: across a jump no slope bounds the change."""
    return m.lt(m.abs(step - step), m.num(Fraction(1, 2)))


class Rule(Protocol):
    def __call__(self, m: TapeBase[N], x: N, y: N, /) -> N: ...


#: d f / d x as a function of (arithmetic, x, f(x)). DLMF 4.2, 4.19-4.38, 5.2, 7.2.
RULES: dict[str, Rule] = {
    "exp": lambda m, x, y: y,
    "expm1": lambda m, x, y: m.exp(x),
    "exp2": lambda m, x, y: y * m.const("ln2"),
    "log": lambda m, x, y: 1 / x,
    "log1p": lambda m, x, y: 1 / (1 + x),
    "log2": lambda m, x, y: 1 / (x * m.const("ln2")),
    "log10": lambda m, x, y: 1 / (x * m.const("ln10")),
    "sqrt": lambda m, x, y: 1 / (2 * y),
    "sin": lambda m, x, y: m.cos(x),
    "cos": lambda m, x, y: -m.sin(x),
    "tan": lambda m, x, y: 1 + m.square(y),
    "asin": lambda m, x, y: 1 / m.sqrt(m.one_minus_square(x)),
    "acos": lambda m, x, y: -1 / m.sqrt(m.one_minus_square(x)),
    "atan": lambda m, x, y: 1 / (1 + m.square(x)),
    "sinh": lambda m, x, y: m.cosh(x),
    "cosh": lambda m, x, y: m.sinh(x),
    "tanh": lambda m, x, y: m.square(1 / m.cosh(x)),
    "asinh": lambda m, x, y: 1 / m.sqrt(1 + m.square(x)),
    "acosh": lambda m, x, y: 1 / (m.sqrt(x - 1) * m.sqrt(x + 1)),
    "atanh": lambda m, x, y: 1 / m.one_minus_square(x),
    "erf": lambda m, x, y: 2 / m.sqrt(m.const("pi")) * m.exp(-m.square(x)),
    "erfc": lambda m, x, y: -2 / m.sqrt(m.const("pi")) * m.exp(-m.square(x)),
    "erfinv": lambda m, x, y: m.sqrt(m.const("pi")) / 2 * m.exp(m.square(y)),
    "lgamma": lambda m, x, y: m.digamma(x),
    "digamma": lambda m, x, y: m.polygamma(1, x),
    "sinpi": lambda m, x, y: m.const("pi") * m.cospi(x),
    "cospi": lambda m, x, y: -m.const("pi") * m.sinpi(x),
    "floor": lambda m, x, y: m.where(_constant(m, y), lambda: m.num(0), lambda: unknown(m, x)),
    "abs": lambda m, x, y: m.sign(x),
    "square": lambda m, x, y: 2 * x,
    "sigmoid": lambda m, x, y: m.square(1 / m.cosh(x / 2)) / 4,
    "softplus": lambda m, x, y: m.sigmoid(x),
}  # fmt: skip
