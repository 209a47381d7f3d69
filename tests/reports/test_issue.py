"""Issue texts: the form of each tracker, what was certified, no word of ours, and no more than a tracker takes."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from planted_findings import planted, run
from test_html_report import defect, worked_on

from ulpfuzz.fuzzer.defects.case_file import CaseFile
from ulpfuzz.reports.issue import LIMIT, OURS, issue_text

CALLS = {"torch": "torch.log(torch.exp(x) + 1)", "tensorflow": "tf.math.log(tf.exp(x) + 1)", "jax": "jnp.log(jnp.exp(x) + 1)",
         "numpy": "np.log(np.exp(x) + 1)"}  # fmt: skip
HEADINGS = {
    "torch": ["### 🐛 Describe the bug", "### Versions"],
    "tensorflow": [
        "### Issue type",
        "### TensorFlow version",
        "### Current behavior?",
        "### Standalone code to reproduce the issue",
    ],
    "jax": ["### Description", "### System info (python version, jaxlib version, accelerator, etc.)"],
    "numpy": ["### Describe the issue:", "### Reproduce the code example:", "### Python and NumPy Versions:"],
}


def told(framework: str = "torch", file: CaseFile | None = None, **changes: Any) -> str:
    face = planted(target=f"{framework}:cpu:eager", implementation=CALLS[framework], **changes)
    members = [face, replace(face, dtype="float16"), replace(face, implementation="f(x)")]
    return issue_text(defect(framework=framework), face, file, run().environment, members)


@pytest.mark.parametrize("framework", sorted(CALLS))
def test_each_tracker_gets_its_form(framework: str) -> None:
    text = told(framework)
    at = [text.index(heading) for heading in HEADINGS[framework]]
    assert at == sorted(at)
    assert text.startswith("softplus(100) = inf\n\n###")
    for expected in (CALLS[framework], "expected  100.0", "sys.exit("):
        assert expected in text, expected
    assert "condition number at these inputs is 1" in text
    assert "torch.nn.functional.softplus(x)" in text
    assert "- `f(x)`: float32" in text
    assert not OURS.search(text)


def test_what_casework_found_stands_in_it() -> None:
    text = told(file=worked_on())
    for expected in ("0.012 %", "x: logits", "exp(x) leaves float32", "float64, the same call: 0.4 ulps", "`np.logaddexp(x, 0)`",
                     "0.9 ulps instead of a wrong special value", "x from 88.72"):  # fmt: skip
        assert expected in text, expected
    assert not OURS.search(text)


def test_a_cause_that_is_not_confirmed_is_called_probable() -> None:
    file = worked_on()
    assert file.diagnosis is not None
    text = told(file=replace(file, diagnosis=replace(file.diagnosis, confirmed=False)))
    assert "Probably: exp(x) leaves float32" in text
    unknown = told(file=replace(file, diagnosis=replace(file.diagnosis, cause="unknown")))
    assert "**Cause**" not in unknown


def test_a_truth_beyond_the_format_says_what_is_right() -> None:
    text = told(reference="8.81e4342", output=math.nan)
    assert "(rounds to inf in float32)" in text
    assert "8.81e4342, which rounds to inf" in text


def test_an_issue_fits_into_a_tracker() -> None:
    face = planted(implementation=f"np.log(np.exp(x) + len('{'a' * 70_000}'))")
    text = issue_text(defect(), face, None, {}, [face])
    assert len(text) <= LIMIT
    assert text.count("\n\n") > 3
