"""The rule book: ways to write an expression so that it keeps its digits, each with where it holds and whose it is.

A rule is tried, never trusted: what it gives is judged by the oracle before it is printed.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ulpfuzz.fuzzer.casework.advice.language import plain

#: Names of one letter stand for any expression; AXIS for an axis.
_ANY = frozenset("abcuvw")
#: Expressions that come out of an expression by rules, at most.
MOST = 24
#: Rules applied one after another.
DEPTH = 3


@dataclass(frozen=True)
class Rule:
    """`pattern` is `replacement` in exact arithmetic wherever `valid` says."""

    name: str
    pattern: str
    replacement: str
    valid: str
    source: str

    @cached_property
    def of(self) -> ast.expr:
        return plain(self.pattern)

    @cached_property
    def to(self) -> ast.expr:
        return plain(self.replacement)


HIGHAM = "Higham 2002, Accuracy and Stability of Numerical Algorithms"
C23 = "C23 7.12"
GOLDBERG = "Goldberg 1991, What every computer scientist should know"
STUDY = "Kloberdanz et al. 2022, DeepStability"
BLANCHARD = "Blanchard, Higham, Higham 2021, Accurately computing the log-sum-exp and softmax functions"
MAECHLER = "Maechler 2012, Accurately computing log(1 - exp(-|a|))"
TANH = "TensorFlow Probability, tfp.bijectors.Tanh: forward_log_det_jacobian"

RULES: tuple[Rule, ...] = (
    Rule("log1p", "log(1 + a)", "log1p(a)", "a > -1", C23),
    Rule("log1p", "log(1 - a)", "log1p(-a)", "a < 1", C23),
    Rule("log1p", "log(a + 1)", "log1p(a)", "a > -1", C23),
    Rule("expm1", "exp(a) - 1", "expm1(a)", "all a", C23),
    Rule("expm1", "1 - exp(a)", "-expm1(a)", "all a", C23),
    Rule("half-angle", "1 - cos(a)", "2 * sin(a / 2) ** 2", "all a", f"{HIGHAM}, 1.7"),
    Rule("half-angle", "cos(a) - 1", "-2 * sin(a / 2) ** 2", "all a", f"{HIGHAM}, 1.7"),
    Rule("half-angle", "(1 - cos(a)) / sin(a)", "tan(a / 2)", "sin(a) != 0", "DLMF 4.21.21"),
    Rule("conjugate", "sqrt(a + 1) - sqrt(a)", "1 / (sqrt(a + 1) + sqrt(a))", "a >= 0", f"{HIGHAM}, 1.18"),
    Rule("conjugate", "sqrt(a + b) - sqrt(a)", "b / (sqrt(a + b) + sqrt(a))", "a >= 0, a + b >= 0", f"{HIGHAM}, 1.18"),
    Rule("conjugate", "sqrt(1 + a) - 1", "a / (sqrt(1 + a) + 1)", "a >= -1", f"{HIGHAM}, 1.18"),
    Rule("reciprocals", "1 / a - 1 / (a + 1)", "1 / (a * (a + 1))", "a != 0, -1", "Herbie's benchmarks, 2frac"),
    Rule("hypot", "sqrt(a ** 2 + b ** 2)", "hypot(a, b)", "all a, b", C23),
    Rule("hypot", "sqrt(a * a + b * b)", "hypot(a, b)", "all a, b", C23),
    Rule("factored", "a ** 2 - b ** 2", "(a - b) * (a + b)", "all a, b", f"{GOLDBERG}, 1.4"),
    Rule("factored", "1 - a ** 2", "(1 - a) * (1 + a)", "all a", f"{GOLDBERG}, 1.4"),
    Rule("factored", "1 - a * a", "(1 - a) * (1 + a)", "all a", f"{GOLDBERG}, 1.4"),
    Rule("erfc", "1 - erf(a)", "erfc(a)", "all a", C23),
    Rule("erfc", "1 + erf(a)", "erfc(-a)", "all a", C23),
    Rule("erfcx", "exp(a ** 2) * erfc(a)", "erfcx(a)", "all a", "DLMF 7.2.2"),
    Rule("softplus", "log(1 + exp(a))", "softplus(a)", "all a", MAECHLER),
    Rule("softplus", "log1p(exp(a))", "softplus(a)", "all a", MAECHLER),
    Rule("log-sigmoid", "log(sigmoid(a))", "log_sigmoid(a)", "all a", STUDY),
    Rule("log-sigmoid", "log(sigmoid(a))", "-softplus(-a)", "all a", STUDY),
    Rule("log-sigmoid", "log(1 / (1 + exp(-a)))", "-softplus(-a)", "all a", STUDY),
    Rule("sigmoid", "1 / (1 + exp(-a))", "sigmoid(a)", "all a", STUDY),
    Rule("logaddexp", "log(exp(a) + exp(b))", "logaddexp(a, b)", "all a, b", BLANCHARD),
    Rule("shifted log-sum-exp", "log(sum(exp(a), axis=AXIS))", "logsumexp(a, axis=AXIS)", "all a", BLANCHARD),
    Rule("shifted softmax", "exp(a) / sum(exp(a), axis=AXIS, keepdims=True)", "softmax(a, axis=AXIS)", "all a", BLANCHARD),
    Rule("log-softmax", "log(softmax(a, axis=AXIS))", "log_softmax(a, axis=AXIS)", "all a", BLANCHARD),
    Rule("two-pass variance", "mean(a ** 2, axis=AXIS) - mean(a, axis=AXIS) ** 2",
         "mean((a - mean(a, axis=AXIS, keepdims=True)) ** 2, axis=AXIS)", "all a", f"{HIGHAM}, 1.9"),
    Rule("two-pass variance", "mean(a * a, axis=AXIS) - mean(a, axis=AXIS) ** 2",
         "mean((a - mean(a, axis=AXIS, keepdims=True)) ** 2, axis=AXIS)", "all a", f"{HIGHAM}, 1.9"),
    Rule("scaled norm", "sqrt(sum(a ** 2, axis=AXIS))",
         "amax(abs(a), axis=AXIS) * sqrt(sum((a / amax(abs(a), axis=AXIS, keepdims=True)) ** 2, axis=AXIS))", "a not all zero",
         f"{HIGHAM}, 27.8"),
    Rule("scaled norm", "sqrt(sum(a * a, axis=AXIS))",
         "amax(abs(a), axis=AXIS) * sqrt(sum((a / amax(abs(a), axis=AXIS, keepdims=True)) ** 2, axis=AXIS))", "a not all zero",
         f"{HIGHAM}, 27.8"),
    Rule("log-domain product", "log(prod(a, axis=AXIS))", "sum(log(a), axis=AXIS)", "a > 0", STUDY),
    Rule("log-domain product", "prod(a, axis=AXIS)", "exp(sum(log(a), axis=AXIS))", "a > 0", STUDY),
    Rule("stable root", "(-b + sqrt(b ** 2 - 4 * a * c)) / (2 * a)",
         "where(b > 0, -2 * c / (b + sqrt(b ** 2 - 4 * a * c)), (-b + sqrt(b ** 2 - 4 * a * c)) / (2 * a))",
         "a != 0, b ** 2 >= 4 a c", f"{HIGHAM}, 1.8"),
    Rule("stable root", "(-b + sqrt(b * b - 4 * a * c)) / (2 * a)",
         "where(b > 0, -2 * c / (b + sqrt(b * b - 4 * a * c)), (-b + sqrt(b * b - 4 * a * c)) / (2 * a))",
         "a != 0, b ** 2 >= 4 a c", f"{HIGHAM}, 1.8"),
    Rule("xlogy", "a * log(b)", "xlogy(a, b)", "b >= 0", "scipy.special.xlogy"),
    Rule("xlog1py", "a * log1p(b)", "xlog1py(a, b)", "b >= -1", "scipy.special.xlog1py"),
    Rule("sinhc", "sinh(a) / a", "where(abs(a) < 0.01, 1 + a * a / 6 + a ** 4 / 120, sinh(a) / a)", "all a", "DLMF 4.33.1"),
    Rule("sinh", "(exp(a) - exp(-a)) / 2", "sinh(a)", "all a", C23),
    Rule("tanh", "(exp(a) - exp(-a)) / (exp(a) + exp(-a))", "tanh(a)", "all a", C23),
    Rule("atanh", "log((1 + a) / (1 - a)) / 2", "atanh(a)", "|a| < 1", C23),
    Rule("asinh", "log(a + sqrt(a ** 2 + 1))", "asinh(a)", "all a", C23),
    Rule("hyperbolic", "exp(a) + exp(-a)", "2 * cosh(a)", "all a", C23),
    Rule("log-cosh", "log(cosh(a))", "abs(a) + log1p(exp(-2 * abs(a))) - 0.6931471805599453", "all a", MAECHLER),
    Rule("log-derivative of tanh", "log(1 - tanh(a) ** 2)", "2 * (0.6931471805599453 - a - softplus(-2 * a))", "all a", TANH),
    Rule("complement", "1 - tanh(a)", "2 * sigmoid(-2 * a)", "all a", "DLMF 4.28.8"),
    Rule("complement", "1 - tanh(a) ** 2", "1 / cosh(a) ** 2", "all a", "DLMF 4.28.9"),
    Rule("complement", "1 - sigmoid(a)", "sigmoid(-a)", "all a", STUDY),
    Rule("complement", "log(1 - sigmoid(a))", "-softplus(a)", "all a", STUDY),
    Rule("log1mexp", "log(1 - exp(a))", "where(a > -0.6931471805599453, log(-expm1(a)), log1p(-exp(a)))", "a < 0", MAECHLER),
    Rule("log1mexp", "log1p(-exp(a))", "where(a > -0.6931471805599453, log(-expm1(a)), log1p(-exp(a)))", "a < 0", MAECHLER),
    Rule("log1p of the difference", "log(a / b)", "log1p((a - b) / b)", "a / b near 1", f"{HIGHAM}, 1.14"),
    Rule("log1p of the difference", "log(a) - log(b)", "log1p((a - b) / b)", "a / b near 1", f"{HIGHAM}, 1.14"),
    Rule("log1p of the difference", "log(((a + b) ** 2 + c) / (4 * a * b))", "log1p(((a - b) ** 2 + c) / (4 * a * b))", "a near b, c near 0",
         f"{HIGHAM}, 1.14"),
    Rule("log of a power", "log(a ** b)", "b * log(a)", "a > 0", STUDY),
    Rule("powers", "a ** b * exp(c)", "exp(b * log(a) + c)", "a > 0, a^b beyond the format", STUDY),
    Rule("log of a quotient", "log(a / b)", "log(a) - log(b)", "a, b > 0, a / b beyond the format", STUDY),
    Rule("log of a product", "log(a * b)", "log(a) + log(b)", "a, b > 0, a b beyond the format", STUDY),
    Rule("one exponential", "exp(a) * exp(b)", "exp(a + b)", "exp(a) or exp(b) beyond the format", STUDY),
    Rule("one exponential", "exp(a) / exp(b)", "exp(a - b)", "exp(a) or exp(b) beyond the format", STUDY),
    Rule("quotient first", "a * b / c", "a * (b / c)", "a b beyond the format", STUDY),
    Rule("quotient first", "a * b / c", "a / c * b", "a b beyond the format", STUDY),
    Rule("quotients", "a / (b * c)", "a / b / c", "b c beyond the format", STUDY),
    Rule("quotients", "a ** 2 / b ** 2", "(a / b) ** 2", "a^2 or b^2 beyond the format", STUDY),
    Rule("roots", "sqrt(a * b)", "sqrt(a) * sqrt(b)", "a, b >= 0, a b beyond the format", STUDY),
)  # fmt: skip

Binding = dict[str, ast.expr]


@dataclass(frozen=True)
class Rewritten:
    """An expression after some rules, the last of which is named."""

    node: ast.expr
    rules: tuple[str, ...]


def rewritten(node: ast.expr) -> list[Rewritten]:
    """What comes out of an expression by up to DEPTH rules, at most MOST expressions, the fewest rules first; it itself is none of them."""
    seen = {ast.dump(node)}
    front, found = [Rewritten(node, ())], list[Rewritten]()
    for _ in range(DEPTH):
        front = [r for one in front for r in _once(one)]
        fresh = []
        for one in front:
            key = ast.dump(one.node)
            if key not in seen and len(found) < MOST:
                seen.add(key)
                fresh.append(one)
                found.append(one)
        front = fresh
    return found


def _once(one: Rewritten) -> Iterator[Rewritten]:
    for path, part in _parts(one.node):
        for rule in RULES:
            binding = match(rule.of, part, {})
            if binding is not None:
                yield Rewritten(_put(one.node, path, filled(rule.to, binding)), (*one.rules, rule.name))


Path = tuple[tuple[str, int | None], ...]


def _parts(node: ast.AST, path: Path = ()) -> Iterator[tuple[Path, ast.expr]]:
    """Every expression inside, with the way to it, the outermost first; lambdas stay as they are."""
    if isinstance(node, ast.expr):
        yield path, node
    if isinstance(node, ast.Lambda):
        return
    for name, value in ast.iter_fields(node):
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                yield from _parts(child, (*path, (name, index)))


def _put(node: ast.expr, path: Path, part: ast.expr) -> ast.expr:
    """The expression with another one at that place."""
    if not path:
        return part
    root = copy.deepcopy(node)
    at: ast.AST = root
    for name, index in path[:-1]:
        at = getattr(at, name) if index is None else getattr(at, name)[index]
    name, index = path[-1]
    if index is None:
        setattr(at, name, part)
    else:
        getattr(at, name)[index] = part
    return root


def match(pattern: ast.AST, node: ast.AST, bound: Binding) -> Binding | None:
    """What the names of the pattern stand for; None where it does not match. Sums and products may be turned round."""
    if isinstance(pattern, ast.Name) and (pattern.id in _ANY or pattern.id == "AXIS"):
        if not isinstance(node, ast.expr):
            return None
        known = bound.get(pattern.id)
        if known is not None:
            return bound if ast.dump(known) == ast.dump(node) else None
        return {**bound, pattern.id: node}
    if isinstance(pattern, ast.Constant):
        same = isinstance(node, ast.Constant) and type(node.value) is not str and node.value == pattern.value
        return bound if same else None
    if type(pattern) is not type(node):
        return None
    if isinstance(pattern, ast.BinOp) and isinstance(node, ast.BinOp):
        if type(pattern.op) is not type(node.op):
            return None
        orders = [(node.left, node.right)]
        if isinstance(node.op, ast.Add | ast.Mult):
            orders.append((node.right, node.left))
        for left, right in orders:
            half = match(pattern.left, left, bound)
            whole = None if half is None else match(pattern.right, right, half)
            if whole is not None:
                return whole
        return None
    return _fields(pattern, node, bound)


def _fields(pattern: ast.AST, node: ast.AST, bound: Binding) -> Binding | None:
    found: Binding | None = bound
    for name in pattern._fields:
        if name in ("ctx", "kind"):
            continue
        one, two = getattr(pattern, name), getattr(node, name)
        pairs = [(one, two)]
        if isinstance(one, list):
            if len(one) != len(two):
                return None
            pairs = list(zip(one, two, strict=True))
        for left, right in pairs:
            if isinstance(left, ast.AST):
                found = match(left, right, found) if found is not None else None
            elif left != right:
                return None
            if found is None:
                return None
    return found


def filled(node: ast.expr, binding: Binding) -> ast.expr:
    class Filling(ast.NodeTransformer):
        def visit_Name(self, name: ast.Name) -> ast.expr:
            return copy.deepcopy(binding[name.id]) if name.id in binding else name

    filled: ast.expr = Filling().visit(copy.deepcopy(node))
    return filled
