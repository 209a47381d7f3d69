"""Grouping: planted findings that one cause made must be one defect, such as only look alike must stay apart."""

from __future__ import annotations

import math
import random

import pytest

from tests.defects.planted import a_finding, answering, with_profile
from ulpfuzz.fuzzer.defects.case_file import CaseFile, Diagnosis
from ulpfuzz.fuzzer.defects.grouping import group
from ulpfuzz.fuzzer.findings.finding import Finding

CPU = "torch:cpu:eager"
FMAX, DMAX = "0x1.fffffep+127", "0x1.fffffffffffffp+1023"


def joined(*findings: Finding) -> bool:
    return len(group(findings)) == 1


def reasons(*findings: Finding) -> list[str]:
    (only,) = group(findings)
    return only[1]


# a. One kernel


def test_the_same_wrong_bits_on_the_same_case_are_one_kernel() -> None:
    one = answering(a_finding("torch.exp(x)"), (CPU, "torch.special.exp(x)", "inf"))
    other = answering(a_finding("torch.special.exp(x)"), (CPU, "torch.exp(x)", "inf"))
    assert joined(one, other)
    assert reasons(one, other) == ["the same wrong bits at the same case: torch.exp(x), torch.special.exp(x)"]


def test_a_zero_is_a_zero_whatever_its_sign() -> None:
    one = answering(a_finding(symptom="zero"), (CPU, "torch.special.exp(x)", "-0x0.0p+0"))
    assert joined(one, a_finding("torch.special.exp(x)", "zero"))


def test_other_wrong_bits_are_no_evidence() -> None:
    one = answering(a_finding(symptom="precision"), (CPU, "torch.special.exp(x)", "0x1.9p+0"))
    assert not joined(one, a_finding("torch.special.exp(x)", "precision"))


def test_two_calls_of_which_one_is_right_somewhere_are_two_kernels() -> None:
    one = answering(a_finding("torch.exp(x)"), (CPU, "torch.special.exp(x)", "inf"))
    other = a_finding("torch.special.exp(x)")
    elsewhere = answering(a_finding("torch.exp(x)", dtype="float64"), (CPU, "torch.special.exp(x)", "ok"))
    assert joined(one, other)
    assert len(group([one, other, elsewhere])) == 2


def test_the_same_errors_everywhere_are_one_kernel_and_other_errors_are_two() -> None:
    rows = [(float(at), 0.5 + at / 100) for at in range(8)]
    one = with_profile(answering(a_finding("torch.exp(x)"), (CPU, "torch.special.exp(x)", "nan")), rows)
    assert joined(one, with_profile(a_finding("torch.special.exp(x)"), rows))
    shaken = [(at, ulps + 0.01) for at, ulps in rows]
    same_bits = with_profile(answering(a_finding("torch.exp(x)"), (CPU, "torch.special.exp(x)", "inf")), rows)
    assert not joined(same_bits, with_profile(a_finding("torch.special.exp(x)"), shaken))


def test_frameworks_are_never_joined() -> None:
    one = answering(a_finding(), ("jax:cpu:eager", "jnp.exp(x)", "inf"))
    assert not joined(one, a_finding("jnp.exp(x)", target="jax:cpu:eager"))


def test_two_modes_of_one_call_with_the_same_bits_are_one_and_what_only_compiling_breaks_is_its_own() -> None:
    jit = "jax:cpu:jit"
    eager = a_finding("jnp.exp(x)", target="jax:cpu:eager")
    both = answering(a_finding("jnp.exp(x)", target=jit), ("jax:cpu:eager", "jnp.exp(x)", "inf"))
    assert joined(eager, both)
    compiled = answering(a_finding("jnp.exp(x)", target=jit), ("jax:cpu:eager", "jnp.exp(x)", "ok"))
    assert not joined(eager, compiled)


def test_two_elements_of_one_answer() -> None:
    case = ["0x1p+100", "nan"]
    assert joined(a_finding(x=case), a_finding(x=case, symptom="missed_nan", worst=1))
    assert not joined(a_finding(x=case), a_finding(x=case, symptom="missed_nan"))


# b. One call


def test_one_call_in_two_dtypes_at_corresponding_places() -> None:
    assert joined(a_finding(x=FMAX), a_finding(x=DMAX, dtype="float64"))
    assert joined(a_finding(x="0x1.64p+6"), a_finding(x="0x1.64p+9", dtype="float64"))


def test_params_and_symptoms_of_one_overflow() -> None:
    assert joined(a_finding(x=FMAX), a_finding(x=FMAX, params={"dim": 0}))
    assert joined(a_finding(x=FMAX, symptom="nan"), a_finding(x=FMAX, symptom="inf"), a_finding(x=FMAX, symptom="zero"))


def test_a_param_that_is_a_text_chooses_another_algorithm() -> None:
    def of(approximate: str, dtype: str) -> Finding:
        params = {"approximate": approximate}
        return a_finding("torch.nn.functional.gelu(x, approximate=approximate)", op="gelu", params=params, dtype=dtype)

    assert joined(of("none", "float32"), of("none", "float64"))
    assert not joined(of("none", "float32"), of("tanh", "float64"))
    assert joined(
        of("none", "float32"), a_finding("torch.nn.functional.gelu(x) * y", op="geglu", x={"x": "0x1p+3", "y": "0x1p+0"})
    )


def test_another_kind_is_another_defect() -> None:
    assert not joined(a_finding(x=FMAX), a_finding(x="inf", symptom="nan"))
    assert not joined(a_finding(x=FMAX), a_finding(x="0x1p-140", dtype="float64", symptom="inf"))
    assert not joined(a_finding(x="nan", symptom="missed_nan"), a_finding(x=FMAX))
    assert not joined(a_finding(symptom="exception"), a_finding())


def test_another_extreme_input_is_another_cause() -> None:
    loc = a_finding(x={"x": "0x1p+0", "loc": FMAX})
    scale = a_finding(x={"x": "0x1p+0", "scale": DMAX}, dtype="float64")
    assert not joined(loc, scale)
    both = a_finding(x={"x": FMAX, "loc": FMAX}, symptom="nan")
    assert joined(loc, both)


def test_digits_that_go_step_by_step_are_one_loss() -> None:
    rows = [(float(-at), 10.0**at) for at in range(3, 40)]
    some = with_profile(a_finding(symptom="precision", x="0x1p-5"), rows)
    all_ = with_profile(a_finding(symptom="zero", x="0x1p-35"), rows)
    assert joined(some, all_)
    right_between = [(at, ulps if at != -20 else 0.5) for at, ulps in rows]
    assert not joined(with_profile(some, right_between), with_profile(all_, right_between))


def test_a_loss_of_digits_lies_where_the_precision_puts_it() -> None:
    assert joined(a_finding(symptom="precision", x="0x1p+10"), a_finding(symptom="precision", x="0x1p+26", dtype="float64"))
    assert not joined(a_finding(symptom="precision", x="0x1p+3"), a_finding(symptom="precision", x="0x1p+40", dtype="float64"))
    assert not joined(a_finding(symptom="precision", x="0x1p+10"), a_finding(symptom="precision", x="0x1p-26", dtype="float64"))


# c. Derivatives


def test_a_derivative_whose_value_is_wrong_on_the_same_bits() -> None:
    derivative = a_finding(order="grad", symptom="nan", x={"x": "0x1p+3", "cotangent": "0x1p+0"})
    assert joined(a_finding(), derivative)
    assert not joined(a_finding(), a_finding(order="grad", symptom="nan", x={"x": "0x1p+4", "cotangent": "0x1p+0"}))


def test_derivatives_of_one_call_that_behave_alike() -> None:
    assert joined(a_finding(order="grad", x="0x1p+3"), a_finding(order="jvp", x="0x1.8p+3"))


# d. One function


def test_one_function_in_two_ops() -> None:
    """The same function of torch is wrong where its input is extreme; what scales it by an extreme weight is another cause."""
    plain = a_finding("torch.nn.functional.layer_norm(x, x.shape[-1:], eps=eps)", "nan", [FMAX, FMAX], op="layer_norm")
    call = "torch.stack([torch.nn.functional.layer_norm(r, r.shape, g, s, eps) for r, g, s in zip(x, w, b)])"
    affine = {"x": [FMAX, FMAX], "w": ["0x1p+0"] * 2, "b": ["0x0p+0"] * 2}
    assert joined(plain, a_finding(call, "nan", affine, op="layer_norm_affine"))
    weights = {"x": ["0x1p+0", "0x0p+0"], "w": [FMAX, FMAX], "b": ["0x0p+0"] * 2}
    assert not joined(plain, a_finding(call, "nan", weights, op="layer_norm_affine"))


def test_a_formula_around_a_function_that_is_wrong() -> None:
    inner = a_finding(
        "tf.math.lbeta(tf.stack([a, b], axis=-1))", "nan", {"a": "0x1p+1", "b": FMAX}, op="betaln", target="tensorflow:cpu:eager"
    )
    outer = a_finding(
        "tf.exp(tf.math.lbeta(tf.stack([a, b], axis=-1)))",
        "nan",
        {"a": "0x1p+1", "b": FMAX},
        op="beta",
        target="tensorflow:cpu:eager",
    )
    assert joined(inner, outer)


def test_digits_that_a_formula_of_ours_loses_are_its_own() -> None:
    inner = a_finding("torch.special.xlogy(x, y)", "precision", {"x": "0x1p+0", "y": "0x1p+0"}, op="xlogy")
    outer = a_finding(
        "torch.special.xlogy(x, x / y) - x + y", "precision", {"x": "0x1.8p+0", "y": "0x1p+0"}, op="relative_entropy"
    )
    assert not joined(inner, outer)


@pytest.mark.parametrize("mode", ["bicubic", "area"])
def test_an_argument_that_chooses_another_algorithm_is_another_function(mode: str) -> None:
    linear = a_finding("torch.nn.functional.interpolate(x, 3, mode='bicubic')", x=[FMAX, FMAX], op="one")
    other = a_finding(f"torch.nn.functional.interpolate(x, 4, mode='{mode}')", x=[FMAX, FMAX], op="two")
    assert joined(linear, other) == (mode == "bicubic")


def test_the_same_first_bad_step() -> None:
    one, other = a_finding(x="0x1p+3"), a_finding(x="0x1p+3", symptom="missed_nan")
    step = Diagnosis("overflow", "exp(x): overflows", confirmed=True, text="")
    files = {f.id: CaseFile(f.id, f.id, "", {}, "", "", diagnosis=step) for f in (one, other)}
    assert len(group([one, other])) == 2
    assert len(group([one, other], files)) == 1


# All


def test_what_is_no_defect_is_in_no_group() -> None:
    assert group([a_finding(label="documented"), a_finding(label="flush", dtype="float64")]) == []
    assert len(group([a_finding(label="composed")])) == 1


def test_the_order_of_findings_changes_nothing() -> None:
    findings = [
        a_finding(x=FMAX), a_finding(x=DMAX, dtype="float64"), a_finding(x="inf", symptom="nan"), a_finding("torch.special.exp(x)", x=FMAX),
        answering(a_finding("torch.exp2(x)", x=FMAX), (CPU, "torch.special.exp(x)", "inf")), a_finding(order="grad", x=FMAX),
    ]  # fmt: skip
    expected = group(findings)
    for seed in range(5):
        random.Random(seed).shuffle(findings)
        assert group(findings) == expected


def test_findings_of_any_shape_are_grouped() -> None:
    """Old records, unknown ops, complex numbers, matrices, empty cases, calls that are no expressions."""
    findings = [
        a_finding(op="gone", x=[["0x1p+0", "nan"], ["inf", "-inf"]], symptom="nan"),
        a_finding("(((", op="gone", reference="[0.29, 1.0]"),
        a_finding(dtype="complex64", x=["0x1p+0", "0x1p+100"], symptom="precision", reference="2.4e+30992288015292882"),
        a_finding(dtype="float16", case={}, symptom="zero", limit=None, ulps=math.nan, excess=math.nan),
        a_finding(dtype="bfloat16", x={}, reference="1e+99999999999999999999999"),
    ]
    assert sum(len(names) for names, _ in group(findings)) == 5
