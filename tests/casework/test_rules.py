"""The rule book and the language: what rules give is the same function, in every framework's names."""

from __future__ import annotations

import ast

import numpy as np
import pytest
import scipy.special

from ulpfuzz.fuzzer.casework.advice.candidates import in_dtype, over
from ulpfuzz.fuzzer.casework.advice.formula import formula_of
from ulpfuzz.fuzzer.casework.advice.language import plain, read, written
from ulpfuzz.fuzzer.casework.advice.rules import RULES, Rule, rewritten
from ulpfuzz.fuzzer.catalog.registry import op_named

NAMES = {"a": 0.375, "b": 0.25, "c": -0.03125}


@pytest.mark.parametrize("rule", RULES, ids=[f"{r.name}: {r.pattern}" for r in RULES])
def test_both_sides_of_a_rule_are_the_same_function(rule: Rule) -> None:
    sign = -1 if rule.valid == "a < 0" else 1
    values = {**{n: sign * np.asarray([[v, v / 2, v / 4]]) for n, v in NAMES.items()}, "np": np, "scipy": scipy}
    sides = [eval(written(side, "numpy").replace("AXIS", "-1"), dict(values)) for side in (rule.of, rule.to)]
    assert np.allclose(*sides, rtol=1e-9)


def test_a_rule_names_its_source_and_where_it_holds() -> None:
    assert all(rule.valid and rule.source for rule in RULES)


@pytest.mark.parametrize(
    ("call", "framework", "result"),
    [
        ("torch.log(1 + x)", "torch", "torch.log1p(x)"),
        ("tf.math.log(x + 1.0)", "tensorflow", "tf.math.log1p(x)"),
        ("torch.log(torch.sum(torch.exp(x), dim=-1))", "torch", "torch.logsumexp(x, dim=-1)"),
        ("jnp.exp(x) / jnp.sum(jnp.exp(x), axis=-1, keepdims=True)", "jax", "jax.nn.softmax(x, axis=-1)"),
        ("tf.sqrt(tf.square(x) + tf.square(y))", "tensorflow", "tf.experimental.numpy.hypot(x, y)"),
    ],
)
def test_a_call_is_rewritten_in_its_own_framework(call: str, framework: str, result: str) -> None:
    assert result in [written(r.node, framework) for r in rewritten(read(call))]


def test_rules_follow_one_another() -> None:
    found = {ast.unparse(r.node): r.rules for r in rewritten(plain("-log(1 + exp(-x)) * y"))}
    assert found["-softplus(-x) * y"] == ("softplus",)


def test_what_no_rule_matches_stays() -> None:
    assert rewritten(read("torch.special.i0(x)")) == []


def test_the_formula_of_a_definition() -> None:
    logpdf = formula_of(op_named("laplace_logpdf"), {})
    assert logpdf is not None
    assert {n.id for n in ast.walk(logpdf) if isinstance(n, ast.Name)} >= {"x", "loc", "scale", "log"}
    assert formula_of(op_named("softmax"), {}) is None


def test_a_cast_stands_where_the_input_stands() -> None:
    torch = ("{x}.to(torch.{dtype})", "{x}.to({like}.dtype)")
    assert in_dtype("torch.exp(x)", ["x"], *torch, "float64") == "torch.exp(x.to(torch.float64)).to(x.dtype)"
    assert in_dtype("x - y", ["x", "y"], *torch, "float64") == "(x.to(torch.float64) - y.to(torch.float64)).to(x.dtype)"
    assert (
        in_dtype("torch.log(x) * x", ["x"], *torch, "float64") == "(lambda x: torch.log(x) * x)(x.to(torch.float64)).to(x.dtype)"
    )
    assert over("f(x, dtype=x.dtype)", ["x"], "{x}.numpy()") == "(lambda x: f(x, dtype=x.dtype))(x.numpy())"
