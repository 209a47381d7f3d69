"""Scripts are run once: in children of a server as in a fresh interpreter; what does not show its defect is listed apart."""

from __future__ import annotations

import importlib.util
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from planted_findings import planted, run, summary, text_of

from ulpfuzz.fuzzer.cli.scripts import run_scripts
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.store import Store
from ulpfuzz.reports.defect_entry import alone
from ulpfuzz.reports.definition import definition_of
from ulpfuzz.reports.json_report import as_dict
from ulpfuzz.reports.markdown import render
from ulpfuzz.reports.model import build
from ulpfuzz.reports.reproducer import script
from ulpfuzz.reports.script_run import Ran, run_all, run_fresh
from ulpfuzz.reports.writer import write


def softplus(m: Any, x: Any) -> Any:
    return m.log1p(m.exp(x))


DEFINITION = definition_of(softplus)
#: By name: a script and how it ends.
WAYS: dict[str, tuple[Finding, int, str]] = {
    "defect": (planted(), 1, "confirmed"),
    "gone": (planted(implementation="np.logaddexp(x, np.float32(0))"), 0, "unconfirmed"),
    "other truth": (planted(reference="101.0"), 3, "unconfirmed"),
    "raises": (planted(implementation="np.linalg.inv(x)"), 2, "unconfirmed"),
    "exception": (planted(implementation="np.linalg.inv(x)", symptom="exception"), 1, "confirmed"),
}
TRACEBACK = "import os\nraise ValueError('no such thing')\n"


def test_the_server_ends_scripts_as_a_fresh_interpreter_does() -> None:
    texts = {name: script(finding, DEFINITION) for name, (finding, _, _) in WAYS.items()} | {"traceback": TRACEBACK}
    found = dict(run_all(texts))
    for name, (_, status, verdict) in WAYS.items():
        fresh = run_fresh(texts[name])
        assert (found[name].status, found[name].says, found[name].verdict) == (fresh.status, fresh.says, fresh.verdict)
        assert (fresh.status, fresh.verdict) == (status, verdict), fresh.output
    assert (found["traceback"].status, found["traceback"].verdict) == (1, "unconfirmed"), "a traceback is no defect"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("framework", "call"),
    [
        ("torch", "torch.log(torch.exp(x) + 1)"),
        ("tensorflow", "tf.math.log(tf.exp(x) + 1)"),
        ("jax", "jnp.log(jnp.exp(x) + 1)"),
    ],
)
@pytest.mark.parametrize("order", ["value", "grad"])
def test_frameworks_that_were_imported_before_answer_alike(framework: str, call: str, order: str) -> None:
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    reference = {"value": planted().reference, "grad": "1.0"}[order]
    finding = planted(target=f"{framework}:cpu:eager", implementation=call, order=order, reference=reference)
    text = script(finding, DEFINITION)
    (ran,) = (ran for _, ran in run_all({"one": text}))
    fresh = run_fresh(text)
    told = [line for line in ran.output.splitlines() if line.startswith(("truth", "answer", "error"))]
    assert told
    assert all(line in fresh.output for line in told)
    assert (ran.status, ran.says) == (fresh.status, fresh.says) == (1, "DEFECT: still there.")


def test_a_script_that_takes_too_long_is_ended() -> None:
    begun = time.monotonic()
    ((_, ran),) = run_all({"slow": "import os\nimport time\ntime.sleep(60)\n"}, seconds=1.0)
    assert time.monotonic() - begun < 30
    assert (ran.status, ran.verdict) == (-9, "unconfirmed")
    assert run_fresh("import time\ntime.sleep(60)\n", seconds=1.0).status == -9


def test_none_is_begun_after_the_time() -> None:
    assert not dict(run_all({"one": script(planted(), DEFINITION)}, until=time.monotonic() - 1))


def test_what_is_missing_here_is_not_run_yet() -> None:
    assert Ran(2, "no verdict: torch cannot be imported here: no such module", 0.1).verdict == ""
    assert Ran(2, "no verdict: the call raises ValueError: no", 0.1).verdict == "unconfirmed"
    assert Ran(1, "ModuleNotFoundError: No module named 'mpmath'", 0.1).verdict == ""  # the interpreter of a host
    assert Ran(1, "ModuleNotFoundError: No module named 'mpmath.matrices'", 0.1).verdict == "unconfirmed"


def test_what_scripts_say_is_kept_and_not_asked_again(tmp_path: Path) -> None:
    right, wrong = planted(id="a"), planted(id="b", reference="101.0")
    texts = {f.id: script(f, DEFINITION) for f in (right, wrong)}
    with Store(f"sqlite:///{tmp_path}/store.db") as store:
        store.start_run(run())
        store.save_shard("r2", "s1", "{}", [summary()], [right, wrong])
        found = run_scripts(store, "r2", store.findings("r2"), texts, 60.0)
        assert {f.id: f.script for f in found} == {"a": "confirmed", "b": "unconfirmed"}
        assert {f.id: f.script for f in store.findings("r2")} == {"a": "confirmed", "b": "unconfirmed"}
        assert store.finding("a").script_says == "DEFECT: still there."
        again = run_scripts(store, "r2", store.findings("r2"), {"a": TRACEBACK, "b": TRACEBACK}, 60.0)
        assert [f.script for f in again] == [f.script for f in found]


def test_what_is_unconfirmed_is_listed_apart(tmp_path: Path) -> None:
    found = [
        planted(id="shown", script="confirmed", script_says="DEFECT: still there."),
        planted(id="fault", script="unconfirmed", script_says="The two truths DISAGREE"),
        planted(id="due"),
    ]
    report = build(run(), found, [summary()])
    assert [e.finding.id for e in report.entries] == ["due", "shown"]
    assert [e.finding.id for e in report.unconfirmed] == ["fault"]
    assert report.sentence.startswith("2 findings")
    assert (
        report.scripts_text
        == "1 script run once showed the defect; 1 not run yet; 1 unconfirmed, listed apart: a fault of ulpfuzz"
    )
    text = render(report)
    assert "- `fault`: The two truths DISAGREE" in text
    assert "- script confirmed: DEFECT: still there." in text
    told = as_dict(report)
    assert [f["id"] for f in told["unconfirmed"]] == ["fault"]
    assert {f["id"]: f["script_run"] for f in told["findings"]} == {"shown": "confirmed", "due": None}
    write(report, tmp_path, ["html"])
    assert 'id="unconfirmed"' in text_of(report)
    assert (tmp_path / "repro" / "fault.py").exists()


def test_a_defect_whose_face_is_unconfirmed_is_shown_by_another_finding() -> None:
    found = [planted(id="fault", script="unconfirmed"), planted(id="next", dtype="float64")]
    told = alone(found[:1])[0]
    (entry,) = build(run(), found, [], defects=[replace(told, members=("fault", "next"))]).defects
    assert (entry.face.id, entry.defect.face) == ("next", "next")
    assert "float64" in entry.defect.title
    assert build(run(), found[:1], [], defects=[told]).defects == []


def test_a_truth_by_limit_says_so() -> None:
    limit = replace(planted(), certified_by="limit", reference="inf")
    assert "a limit: what the definition tends to along several paths" in render(build(run(), [limit], [summary()]))
    assert "(a limit: what the definition tends to on several paths, which agree)" in script(limit, DEFINITION)
