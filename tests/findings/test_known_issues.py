"""Known issues match what they say, until they expire; a wrong record is told with its file and entry."""

from datetime import date

import pytest
from example_nouns import a_cell, a_finding

from ulpfuzz.fuzzer.findings.known_issues import KnownIssueError, known_issues, load_known_issues

TODAY = date(2026, 11, 23)
GOOD = """
[[issue]]
match = { op = "silu", target = "torch:cpu:*", dtype = "float32" }
url = "https://github.com/pytorch/pytorch/issues/1"
reason = "exp overflows first"
expires = 2026-11-23

[[issue]]
match = { framework = "jax", symptom = "nan" }
url = "https://github.com/jax-ml/jax/issues/2"
reason = "under review"
expires = 2026-11-22
"""


@pytest.fixture
def load(tmp_path):
    def write_and_load(text, today=TODAY):
        path = tmp_path / "known.toml"
        path.write_text(text)
        return load_known_issues(path, today=today)

    return write_and_load


def test_the_corpus_table_is_valid_and_in_force():
    assert load_known_issues().expired == ()


def test_a_record_matches_when_all_fields_fit(load):
    issues = load(GOOD)
    assert issues.match(a_finding()).reason == "exp overflows first"
    assert issues.match(a_finding(target="torch:cpu:compile")) is not None
    assert issues.match(a_finding(target="torch:cuda:eager")) is None
    assert issues.match(a_finding(dtype="float64")) is None


def test_an_expired_record_matches_no_more(load):
    issues = load(GOOD)
    found = a_finding(target="jax:cpu:jit", symptom="nan")
    assert issues.match(found) is None
    assert [i.reason for i in issues.expired] == ["under review"]
    assert load(GOOD, today=date(2026, 11, 22)).match(found).url.endswith("/2")


def test_a_record_whose_findings_stopped_is_fixed(load):
    issues = load(GOOD)
    found = a_finding()
    assert issues.fixed([found], [a_cell(found)]) == []
    assert [i.reason for i in issues.fixed([], [a_cell(found)])] == ["exp overflows first"]
    assert issues.fixed([], [a_cell(found, verdicts=0)]) == []
    assert issues.fixed([], [a_cell(a_finding(op="tanh"))]) == []


RECORD = """
[[issue]]
match = { op = "silu" }
url = "https://example.org/1"
reason = "why"
expires = 2027-01-31
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[[issue]]", "[[issue]", "not valid TOML"),
        ("[[issue]]", "[issue]", r"records are \[\[issue\]\]"),
        ("[[issue]]", "[[issues]]", "unknown table 'issues'"),
        ("reason =", "raeson =", "issue 1: unknown key 'raeson'; did you mean 'reason'?"),
        ('reason = "why"', "", "issue 1: reason is missing"),
        ('"why"', '" "', "issue 1: reason is empty"),
        ('op = "silu"', "", "match is not a table of at least one of id, op"),
        ("op =", "ops =", r"unknown match 'ops'; did you mean 'op'\?"),
        ('op = "silu"', "op = 3", "match.op is not a name or pattern: 3"),
        ('op = "silu"', 'dtype = "flaot32"', r"match.dtype = 'flaot32' fits nothing; did you mean 'float32'\?"),
        ('op = "silu"', 'symptom = "nan?"', r"match.symptom = 'nan\?' fits nothing"),
        ('"https://example.org/1"', '"PR 7"', "url is not a link"),
        ("2027-01-31", '"2027-01-31"', "expires is not a date such as 2027-01-31"),
        ("2027-01-31", "2027-01-31T00:00:00", "expires is not a date"),
    ],
)
def test_a_wrong_record_is_one_clear_line(load, old, new, message):
    with pytest.raises(KnownIssueError, match=message) as told:
        load(RECORD.replace(old, new))
    assert "known.toml" in str(told.value)
    assert "\n" not in str(told.value)
    load(RECORD)


def test_a_missing_file_is_one_clear_line(tmp_path):
    with pytest.raises(KnownIssueError, match=r"absent\.toml: No such file"):
        load_known_issues(tmp_path / "absent.toml")


@pytest.mark.parametrize("order", ["jvp", "grad2", "value", "grad"])
def test_every_order_can_be_matched(load, order):
    issues = load(
        f'[[issue]]\nmatch = {{ order = "{order}" }}\nurl = "https://example.org/1"\nreason = "why"\nexpires = 2027-01-31\n'
    )
    assert issues.match(a_finding(order=order)).url == "https://example.org/1"


def test_the_users_own_file_stands_beside_the_packaged_one(tmp_path, monkeypatch):
    """By the option, else by the environment, else in the working folder; the corpus's records hold in any case."""
    record = '[[issue]]\nmatch = {{ op = "silu" }}\nurl = "https://example.org/{}"\nreason = "why"\nexpires = 2027-01-31\n'

    def own(name):
        path = tmp_path / f"{name}.toml"
        path.write_text(record.format(name))
        return path

    def known(path=None):
        match = known_issues(path, today=TODAY).match(a_finding(op="silu"))
        return None if match is None else match.url.rpartition("/")[2]

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ULPFUZZ_KNOWN_ISSUES", raising=False)
    assert known() is None
    own("known_issues")
    assert known() == "known_issues"
    monkeypatch.setenv("ULPFUZZ_KNOWN_ISSUES", str(own("environment")))
    assert known() == "environment"
    assert known(own("option")) == "option"
    monkeypatch.setenv("ULPFUZZ_KNOWN_ISSUES", str(tmp_path / "absent.toml"))
    with pytest.raises(KnownIssueError, match=r"absent\.toml: No such file"):
        known()
    packaged = load_known_issues(today=TODAY)
    assert known_issues(tmp_path / "option.toml", today=TODAY).active[1:] == packaged.active
