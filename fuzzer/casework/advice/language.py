"""Language: expressions over plain names of functions (log1p, softmax, where), read from a framework's calls and written as such.

Rules and formulas speak this language, so that one rule serves every framework. What it has no name for stays as it was written.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import scipy.special

from ulpfuzz.fuzzer.errors import UserError

#: Plain name -> (torch, tensorflow, jax, numpy with scipy); "" where the framework has none.
_FUNCTIONS: dict[str, tuple[str, str, str, str]] = {
    **{
        name: (f"torch.{name}", f"tf.math.{name}", f"jnp.{name}", f"np.{name}")
        for name in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "abs", "floor", "sign")
    },
    **{f"a{name}": (f"torch.a{name}", f"tf.math.a{name}", f"jnp.arc{name}", f"np.arc{name}") for name in
       ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "atan2": ("torch.atan2", "tf.math.atan2", "jnp.arctan2", "np.arctan2"),
    "exp2": ("torch.exp2", "tf.experimental.numpy.exp2", "jnp.exp2", "np.exp2"),
    "log2": ("torch.log2", "tf.experimental.numpy.log2", "jnp.log2", "np.log2"),
    "log10": ("torch.log10", "tf.experimental.numpy.log10", "jnp.log10", "np.log10"),
    "erf": ("torch.erf", "tf.math.erf", "jax.scipy.special.erf", "scipy.special.erf"),
    "erfc": ("torch.erfc", "tf.math.erfc", "jax.scipy.special.erfc", "scipy.special.erfc"),
    "erfcx": ("torch.special.erfcx", "", "", "scipy.special.erfcx"),
    "erfinv": ("torch.erfinv", "tf.math.erfinv", "jax.scipy.special.erfinv", "scipy.special.erfinv"),
    "lgamma": ("torch.lgamma", "tf.math.lgamma", "jax.scipy.special.gammaln", "scipy.special.gammaln"),
    "digamma": ("torch.digamma", "tf.math.digamma", "jax.scipy.special.digamma", "scipy.special.digamma"),
    "gammainc": ("torch.special.gammainc", "tf.math.igamma", "jax.scipy.special.gammainc", "scipy.special.gammainc"),
    "gammaincc": ("torch.special.gammaincc", "tf.math.igammac", "jax.scipy.special.gammaincc", "scipy.special.gammaincc"),
    "betainc": ("", "tf.math.betainc", "jax.scipy.special.betainc", "scipy.special.betainc"),
    "i0": ("torch.special.i0", "tf.math.bessel_i0", "jax.scipy.special.i0", "scipy.special.i0"),
    "i0e": ("torch.special.i0e", "tf.math.bessel_i0e", "jax.scipy.special.i0e", "scipy.special.i0e"),
    "i1": ("torch.special.i1", "tf.math.bessel_i1", "jax.scipy.special.i1", "scipy.special.i1"),
    "i1e": ("torch.special.i1e", "tf.math.bessel_i1e", "jax.scipy.special.i1e", "scipy.special.i1e"),
    "ndtr": ("torch.special.ndtr", "", "jax.scipy.special.ndtr", "scipy.special.ndtr"),
    "log_ndtr": ("torch.special.log_ndtr", "", "jax.scipy.special.log_ndtr", "scipy.special.log_ndtr"),
    "sigmoid": ("torch.sigmoid", "tf.math.sigmoid", "jax.nn.sigmoid", "scipy.special.expit"),
    "log_sigmoid": ("torch.nn.functional.logsigmoid", "tf.math.log_sigmoid", "jax.nn.log_sigmoid", "scipy.special.log_expit"),
    "softplus": ("", "tf.math.softplus", "jax.nn.softplus", ""),
    "logaddexp": ("torch.logaddexp", "tf.experimental.numpy.logaddexp", "jnp.logaddexp", "np.logaddexp"),
    "hypot": ("torch.hypot", "tf.experimental.numpy.hypot", "jnp.hypot", "np.hypot"),
    "xlogy": ("torch.xlogy", "tf.math.xlogy", "jax.scipy.special.xlogy", "scipy.special.xlogy"),
    "xlog1py": ("torch.special.xlog1py", "tf.math.xlog1py", "jax.scipy.special.xlog1py", "scipy.special.xlog1py"),
    "maximum": ("torch.maximum", "tf.maximum", "jnp.maximum", "np.maximum"),
    "minimum": ("torch.minimum", "tf.minimum", "jnp.minimum", "np.minimum"),
    "where": ("torch.where", "tf.where", "jnp.where", "np.where"),
    "zeros_like": ("torch.zeros_like", "tf.zeros_like", "jnp.zeros_like", "np.zeros_like"),
    "ones_like": ("torch.ones_like", "tf.ones_like", "jnp.ones_like", "np.ones_like"),
    # of an axis
    "sum": ("torch.sum", "tf.reduce_sum", "jnp.sum", "np.sum"),
    "mean": ("torch.mean", "tf.reduce_mean", "jnp.mean", "np.mean"),
    "prod": ("torch.prod", "tf.reduce_prod", "jnp.prod", "np.prod"),
    "cumsum": ("torch.cumsum", "tf.cumsum", "jnp.cumsum", "np.cumsum"),
    "sort": ("torch.sort", "tf.sort", "jnp.sort", "np.sort"),
    "amax": ("torch.amax", "tf.reduce_max", "jnp.max", "np.max"),
    "logsumexp": ("torch.logsumexp", "tf.reduce_logsumexp", "jax.scipy.special.logsumexp", "scipy.special.logsumexp"),
    "softmax": ("torch.softmax", "tf.nn.softmax", "jax.nn.softmax", "scipy.special.softmax"),
    "log_softmax": ("torch.log_softmax", "tf.nn.log_softmax", "jax.nn.log_softmax", "scipy.special.log_softmax"),
}  # fmt: skip
_COLUMNS = {"torch": 0, "tensorflow": 1, "jax": 2, "numpy": 3}
#: Other names of the same functions, by the last part of what is called.
_ALIASES = {
    "reduce_sum": "sum", "reduce_mean": "mean", "reduce_prod": "prod", "reduce_max": "amax", "reduce_logsumexp": "logsumexp", "expit": "sigmoid",
    "gammaln": "lgamma", "psi": "digamma", "logsigmoid": "log_sigmoid", "log_expit": "log_sigmoid", "igamma": "gammainc", "igammac": "gammaincc",
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "arctan2": "atan2",
    "absolute": "abs", "fabs": "abs", "max": "amax", "reduce_amax": "amax",
}  # fmt: skip
#: Modules that a function is read from; another's function of the same name may be another.
_ROOTS = frozenset(["torch", "tf", "jnp", "jax", "np", "scipy"])
REDUCTIONS = frozenset(["sum", "mean", "prod", "amax", "cumsum", "sort", "logsumexp", "softmax", "log_softmax"])


class NoName(UserError):
    """The framework has no function of that name."""


def names() -> tuple[str, ...]:
    """The plain names of all functions."""
    return tuple(_FUNCTIONS)


def read(expression: str) -> ast.expr:
    """A framework's expression in plain names. Raises SyntaxError."""
    body: ast.expr = _Plain().visit(ast.parse(expression.strip(), mode="eval").body)
    return body


def written(node: ast.expr, framework: str) -> str:
    """In the names of a framework (of a plugin's: numpy's). Raises NoName."""
    tree = _InFramework(framework).visit(_Folded().visit(copy.deepcopy(node)))
    return ast.unparse(ast.fix_missing_locations(tree))


def plain(expression: str) -> ast.expr:
    """An expression that is in plain names already."""
    return ast.parse(expression, mode="eval").body


def constant(value: int | float | Fraction) -> ast.expr:
    """A number; a fraction that no binary64 number is, as a quotient."""
    if isinstance(value, Fraction):
        if value.denominator == 1:
            return constant(value.numerator)
        if Fraction(float(value)) != value:
            return ast.BinOp(constant(value.numerator), ast.Div(), constant(value.denominator))
        value = float(value)
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)


def call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def is_number(node: ast.AST) -> bool:
    """Whether no name stands in it but those of functions."""
    return not any(isinstance(n, ast.Name) and n.id not in _FUNCTIONS for n in ast.walk(node))


class _Plain(ast.NodeTransformer):
    """Calls of known functions by their plain names; squares as powers."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name = _plain_name(node.func)
        if name == "square":
            return ast.BinOp(node.args[0], ast.Pow(), ast.Constant(2))
        if name not in _FUNCTIONS:
            return node
        if name in REDUCTIONS:
            return _reduction(name, node)
        return node if node.keywords else call(name, *node.args)


def _reduction(name: str, node: ast.Call) -> ast.Call:
    """With its axis, and whether it stays, by name."""
    words = {{"dim": "axis", "keepdim": "keepdims"}.get(k.arg or "", k.arg or ""): k.value for k in node.keywords}
    if len(node.args) > 1:
        words["axis"] = node.args[1]
    if set(words) - {"axis", "keepdims"}:
        return node
    return ast.Call(ast.Name(name, ast.Load()), node.args[:1], [ast.keyword(k, words[k]) for k in sorted(words)])


def _plain_name(function: ast.expr) -> str:
    parts = ast.unparse(function).split(".")
    if len(parts) < 2 or parts[0] not in _ROOTS or "keras" in parts:
        return ""
    return "square" if parts[-1] == "square" else _ALIASES.get(parts[-1], parts[-1])


class _Folded(ast.NodeTransformer):
    """Functions of numbers as the binary64 number that they are: a framework's functions take arrays only."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if not (isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS and is_number(node)):
            return node
        dotted = _FUNCTIONS[node.func.id][_COLUMNS["numpy"]]
        code = ast.unparse(ast.Call(ast.parse(dotted, mode="eval").body, node.args, []))
        return constant(float(eval(code, {"__builtins__": {}, "np": np, "scipy": scipy})))


class _InFramework(ast.NodeTransformer):
    def __init__(self, framework: str) -> None:
        self.framework, self.column = framework, _COLUMNS.get(framework, 3)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if not (isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS):
            self.generic_visit(node)
            return node
        name = node.func.id
        special = _SPECIAL.get((name, self.framework))
        if special is not None:
            return self.visit(special(node)) if special in _AGAIN else special(self._inside(node))
        if name == "where":  # of some frameworks it takes no numbers
            node = call("where", node.args[0], *(_filled(arm, node.args[0]) for arm in node.args[1:]))
        dotted = _FUNCTIONS[name][self.column]
        if not dotted:
            raise NoName(f"{self.framework} has no {name}")
        self._inside(node)
        node.func = ast.parse(dotted, mode="eval").body
        if self.framework == "torch" and name == "sort":
            return ast.parse(f"torch.sort({ast.unparse(node.args[0])}, dim=-1).values", mode="eval").body
        if self.framework == "torch" and name in REDUCTIONS:
            for keyword in node.keywords:
                keyword.arg = {"axis": "dim", "keepdims": "keepdim"}.get(keyword.arg or "", keyword.arg)
        return node

    def _inside(self, node: ast.Call) -> ast.Call:
        node.args = [self.visit(a) for a in node.args]
        node.keywords = [self.visit(k) for k in node.keywords]
        return node


def _filled(arm: ast.expr, beside: ast.expr) -> ast.expr:
    """A number as an array: `where` of some frameworks takes no other."""
    if not is_number(arm):
        return arm
    name = next(n for n in ast.walk(beside) if isinstance(n, ast.Name) and n.id not in _FUNCTIONS)
    if isinstance(arm, ast.Constant) and arm.value in (0, 1):
        return call("ones_like" if arm.value else "zeros_like", name)
    return ast.BinOp(arm, ast.Mult(), call("ones_like", name))


def _clamped(word: str) -> Callable[[ast.Call], ast.expr]:
    """torch.maximum takes no number."""

    def clamp(node: ast.Call) -> ast.expr:
        one, two = node.args
        if is_number(one):
            one, two = two, one
        name = (
            f"torch.clamp({{}}, {word}={{}})"
            if is_number(two)
            else f"torch.{'maximum' if word == 'min' else 'minimum'}({{}}, {{}})"
        )
        return ast.parse(name.format(ast.unparse(one), ast.unparse(two)), mode="eval").body

    return clamp


def _softplus(node: ast.Call) -> ast.expr:
    """torch's own has a threshold; scipy has none."""
    (x,) = node.args
    return call("logaddexp", x, call("zeros_like", copy.deepcopy(x)))


_SPECIAL: dict[tuple[str, str], Callable[[ast.Call], ast.expr]] = {
    ("maximum", "torch"): _clamped("min"),
    ("minimum", "torch"): _clamped("max"),
    ("softplus", "torch"): _softplus,
    ("softplus", "numpy"): _softplus,
}
_AGAIN = (_softplus,)
