"""Identity is stable, tells every part apart, and can be abbreviated."""

import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ulpfuzz.fuzzer.findings.identity import UnresolvedName, canonical, cell_key, finding_id, resolve
from ulpfuzz.fuzzer.formats import UnknownName

PARTS = ("softmax", {"dim": -1, "eps": 1e-5}, "grad", "float16", "jax:cuda:jit", "jax.nn.softmax(x)", "nan")


def test_the_slug_reads_and_never_changes():
    # The literal is the contract: an id that changes makes every known finding new.
    assert finding_id(*PARTS) == "jax-softmax-grad-float16-nan-11fdcr"


def test_another_process_gives_the_same_id():
    code = f"from ulpfuzz.fuzzer.findings.identity import finding_id; print(finding_id(*{PARTS!r}))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "5"})
    assert told.stdout.strip() == finding_id(*PARTS)


@pytest.mark.parametrize("index", range(7))
def test_every_part_of_the_identity_counts(index):
    other = ("tanh", {"dim": 0}, "value", "float32", "jax:cpu:jit", "jax.numpy.softmax(x)", "inf")
    changed = (*PARTS[:index], other[index], *PARTS[index + 1 :])
    assert finding_id(*changed)[-6:] != finding_id(*PARTS)[-6:]
    if index < 6:  # the symptom is no part of the cell
        assert cell_key(*changed[:6]) != cell_key(*PARTS[:6])


def test_equal_params_are_equal_however_they_are_written():
    assert canonical({"a": (1, 2.0), "b": np.float64(0.1)}) == canonical({"b": 0.1, "a": [np.int64(1), 2]})
    assert canonical({"ord": float("inf")}) == {"ord": "inf"}
    assert canonical(True) is True
    with pytest.raises(TypeError, match="no stable identity"):
        canonical(object())


names = st.from_regex(r"[a-z]{2,6}-[a-z]{2,6}-[0-9a-z]{6}", fullmatch=True)


@given(st.lists(names, min_size=1, unique=True), st.data())
def test_whatever_resolves_fits(ids, data):
    wanted = data.draw(st.sampled_from(ids))
    assert resolve(wanted, ids) == wanted
    cut = wanted[: data.draw(st.integers(1, len(wanted)))]
    fits = [i for i in ids if i.startswith(cut)]
    if len(fits) == 1 or cut in ids:
        assert resolve(cut, ids).startswith(cut)
    else:
        with pytest.raises(UnresolvedName, match="ambiguous"):
            resolve(cut, ids)


@given(st.lists(names, min_size=1, unique=True), st.data())
def test_the_last_part_is_enough(ids, data):
    wanted = data.draw(st.sampled_from(ids))
    suffix = wanted[-6:]
    assume(sum(i.endswith(suffix) for i in ids) == 1 and not any(i.startswith(suffix) for i in ids))
    assert resolve(suffix.upper(), ids) == wanted


def test_what_does_not_resolve_is_told_with_the_nearest():
    ids = ["torch-silu-value-float32-zero-aaaaaa", "torch-silu-value-float32-zero-bbbbbb", "jax-exp-value-float64-inf-cccccc"]
    with pytest.raises(UnknownName, match=r"did you mean 'jax-exp-value-float64-inf-cccccc'\?"):
        resolve("jax-exp-value-float32-inf-cccccc", ids)
    with pytest.raises(
        UnknownName, match=re.escape("finding 'torch' is ambiguous, 2 fit: torch-silu-value-float32-zero-aaaaaa, ")
    ):
        resolve("torch", ids)
    with pytest.raises(UnknownName, match="the store holds no findings"):
        resolve("torch", [])
    with pytest.raises(UnknownName):
        resolve("ccc", ids)  # too short for a suffix


@pytest.mark.parametrize(
    "target",
    ["jax", "jax:cpu:eager", "jax@old", "jax@old:cpu:jit", "jax:cpu:jit;matmul=highest", "jax@old:cuda:jit;xla=--a=b:c@d;x=1"],
)
def test_the_framework_of_a_target(target):
    from ulpfuzz.fuzzer.findings.identity import framework_of

    assert framework_of(target) == "jax"
    assert finding_id("exp", {}, "value", "float32", target, "jnp.exp(x)", "nan").startswith("jax-exp-value-float32-nan-")
