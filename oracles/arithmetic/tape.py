"""tape: derivatives over any arithmetic, nested for higher orders.

A Node records how it was made; `gradient` runs backwards, `pushforward` forwards (Passes). The partial derivatives are numbers of the
base arithmetic, so over ball64 or arb they are enclosures of the true partials, and over a Tape they can be differentiated again.
Composites (protocol: sigmoid to direction) are differentiated as wholes, in forms without needless cancellation. A function without a rule
in slopes.RULES is differentiated by mpmath where the base is mpmath, and unknown elsewhere (`derivative`).
Rules: an exactly zero adjoint annihilates any partial, but in Arb not an infinite one by a variable that the zero itself depends on (ZeroAdjoints);
at an exact tie of max, min, abs or where the derivative is the hull of both sides and the base notes a kink; where a definition singles out an
isolated point (eq0), it is noted as removable, since the derivative there is known as a limit only.
Source: Griewank and Walther, Evaluating Derivatives (2008), ch. 3; Clarke (1983).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

from ulpfuzz.oracles.arithmetic.composites import sums_of_others, unknown
from ulpfuzz.oracles.arithmetic.node import Factor, Mask, Node, once
from ulpfuzz.oracles.arithmetic.passes import Passes
from ulpfuzz.oracles.arithmetic.protocol import UNARY, Constant, Exact, N, TapeBase, Truth
from ulpfuzz.oracles.arithmetic.slopes import RULES, constant
from ulpfuzz.oracles.arithmetic.special import Special, functions
from ulpfuzz.oracles.arithmetic.truth_values import Comparison, negated, opened, raw, sure


class Tape(Passes[N]):
    """The derivative arithmetic over `base`, itself a base for another tape; its passes (Passes) read the derivatives off."""

    name = "tape"

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
            parents.append((node, Mask(negated(opened(raw(base.lt(node.value, others)), tied)))))
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
        return Comparison(raw(self.base.lt(a, b)), tie)

    def eq0(self, x: Node[N] | Exact) -> Comparison:
        hit = raw(self.base.eq0(self.num(x).value))
        self.base.note_removable(sure(hit))
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
        softened = opened(decided, cond.tie) if isinstance(cond, Comparison) and cond.tie is not None else decided
        made: dict[str, Node[N]] = {}

        def branch(key: str, function: Callable[[], Node[N] | Exact]) -> N:
            made[key] = self.num(function())
            return made[key].value

        # At a tie the value is the hull of both sides' too: where they differ the function leaps, and its derivatives along the edge are either's.
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
        return Node(self, value, [(made["yes"], Mask(softened)), (made["no"], Mask(negated(softened)))], choice=True)

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
        weights = once(lambda: self.base.softmax(values))
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
        towards = once(lambda: self.base.direction(values))
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
        total = once(lambda: base.square(a) + q)
        cube = once(lambda: total() * base.sqrt(total()))
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
            return m.where(constant(m, quotient), lambda: m.detached(quotient), lambda: unknown(m, quotient))

        def slope() -> N:
            quotient = (value - a.value) / b.value
            return m.where(constant(m, quotient), lambda: m.num(1), lambda: unknown(m, quotient))

        return Node(self, value, [(a, slope), (b, whole)])


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


def _part(make: Callable[[], Sequence[N]], i: int) -> N:
    return make()[i]
