"""Labels: what is counted, where it ranks, how flushes are told in one record, and what a comparison makes of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.findings.example_nouns import a_finding, a_run
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.history import compare
from ulpfuzz.fuzzer.findings.label import LABELS, as_json, counted, counts, flush_records, is_listed_separately, labelled, plain
from ulpfuzz.fuzzer.findings.merge import merge_findings
from ulpfuzz.fuzzer.findings.store import Store

ONE = a_finding()


def some(name: str, label: str, reason: str = "why", target: str = "jax:cpu:eager", severity: float = 50.0) -> Finding:
    return labelled(replace(ONE, id=name, target=target, severity=severity, label="", reason=""), label, reason)


FOUND = [some("a", "", severity=0.0), some("b", "composed", severity=99.0), some("c", "documented"), some("d", "flush", "2^-126")]


def test_a_label_ranks_below_whatever_has_none() -> None:
    order = sorted(FOUND, key=lambda f: -f.severity)
    assert [f.label for f in order] == ["", "composed", "documented", "flush"]
    assert labelled(ONE, "", "") is ONE


def test_what_is_counted() -> None:
    assert [f.id for f in plain(FOUND)] == ["a"]
    assert [f.id for f in counted(FOUND)] == ["a", "b"]
    assert [f.id for f in FOUND if is_listed_separately(f)] == ["c", "d"]
    assert counts(FOUND) == dict.fromkeys(LABELS, 1)


def test_flushes_of_a_target_and_family_are_one_record() -> None:
    found = [some("a", "flush", "special: 2^-126", severity=3.0), some("b", "flush", "special: 2^-126", severity=7.0),
             some("c", "flush", "losses: 2^-126"), some("d", "flush", "special: 2^-126", "tensorflow:cpu:eager"), some("e", "")]  # fmt: skip
    records = flush_records(found)
    assert sorted(r.members for r in records) == [("a", "b"), ("c",), ("d",)]
    (both,) = [r for r in records if len(r.members) == 2]
    assert both.shown.id == "b"
    assert both.as_json()["count"] == 2
    assert counts(found)["flush"] == 3


def test_the_class_of_a_labelled_finding_is_its_label() -> None:
    told = as_json(some("a", "documented", "the page"))
    assert (told["class"], told["measured_class"], told["reason"]) == ("documented", ONE.class_, "the page")
    assert as_json(ONE)["class"] == as_json(ONE)["measured_class"] == ONE.class_


def test_of_two_cases_of_one_finding_the_one_without_a_label_is_kept() -> None:
    one, other = some("a", "", severity=1.0), some("a", "flush", severity=60.0)
    assert merge_findings(one, other).label == merge_findings(other, one).label == ""


def test_a_comparison_says_nothing_of_what_is_set_aside(tmp_path: Path) -> None:
    before = [some("a", ""), some("b", "documented"), some("c", "flush"), some("d", "")]
    now = [some("a", "documented"), some("b", ""), some("c", "flush"), some("e", "flush")]
    with Store(f"sqlite:///{tmp_path / 'runs.db'}") as store:
        for number, found in ((1, before), (2, now)):
            store.start_run(a_run(number, id=("first", "second")[number - 1]))
            store.save_shard(("first", "second")[number - 1], "s", "{}", [], found)
        result = compare(store, "second", "first")
    told = {status: [f.id for f in result.of(status)] for status in ("new", "known", "worse", "better", "fixed", "not-run")}
    assert told == {"new": ["b"], "known": [], "worse": [], "better": [], "fixed": [], "not-run": ["d"]}
