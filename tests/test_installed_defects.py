"""Defects that the frameworks installed today have on AVX-512 x86-64 CPUs: the search must find them unaided, whatever the seed.

Marked `installed`: kernels differ between versions and CPUs, so `make test` leaves this file out; `make test-installed` runs it.
"""

from __future__ import annotations

import pytest

from ulpfuzz.fuzzer.campaign.shard import Shard, run_shard
from ulpfuzz.fuzzer.cell import Cell
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.frameworks.targets.target import installed, prepare_environment, targets_named

pytestmark = [pytest.mark.installed, pytest.mark.slow]

SEEDS = (1, 2026)
PARAMS = {"gelu": (("approximate", "none"),), "norm": (("ord", 2),)}


def findings(op: str, seed: int) -> list[Finding]:
    prepare_environment()
    cell = Cell(op, PARAMS.get(op, ()), "float32", "value")
    return run_shard(Shard(cell, tuple(str(t) for t in targets_named(None)), seed, 0, 40_000)).findings


def symptoms(found: list[Finding], framework: str) -> set[str]:
    return {f.symptom for f in found if f.target.startswith(framework)}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("op", "framework", "expected"),
    [
        ("gelu", "torch", {"inf", "zero"}),
        ("norm", "torch", {"inf", "zero"}),
        ("norm", "tensorflow", {"inf", "zero"}),
        ("norm", "jax", {"inf", "zero"}),
        ("asin", "jax", {"internal_flush"}),
        ("erfc", "jax", {"precision"}),
        ("log", "tensorflow", {"precision"}),
    ],
)
def test_found_unaided(op: str, framework: str, expected: set[str], seed: int) -> None:
    if installed(framework) is None:
        pytest.skip(f"{framework} is not installed")
    assert expected <= symptoms(findings(op, seed), framework)


@pytest.mark.parametrize("seed", SEEDS)
def test_jax_lgamma_near_one(seed: int) -> None:
    if installed("jax") is None:
        pytest.skip("jax is not installed")
    assert symptoms(findings("lgamma", seed), "jax") & {"wrong_sign", "zero", "precision"}


@pytest.mark.parametrize("op", ["sum", "sin", "sqrt", "add"])
def test_silent(op: str) -> None:
    """Ill-conditioned sums, right sines of large arguments and correctly rounded operations are no findings.

    A partial sum that overflows where the sum does not, or that is flushed, is one.
    """
    wrong = [f for f in findings(op, 1) if f.class_ == "unstable" and f.symptom in ("precision", "zero", "wrong_sign")]
    assert not wrong, [(f.id, f.case, f.reference) for f in wrong]
