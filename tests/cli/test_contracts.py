"""JSON: every command's has a schema, and the schemas say what the program writes. What other tests print is compared too (tests/conftest.py)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from tests.contracts import check
from ulpfuzz.fuzzer.casework.casework import Worked
from ulpfuzz.fuzzer.catalog.coverage import Row, totals
from ulpfuzz.fuzzer.cli import json_output
from ulpfuzz.fuzzer.cli.app import app
from ulpfuzz.fuzzer.cli.contracts.contracts import CONTRACTS
from ulpfuzz.fuzzer.cli.contracts.schema import schema_named
from ulpfuzz.fuzzer.cli.work import contract as worked
from ulpfuzz.fuzzer.findings.finding import Finding
from ulpfuzz.fuzzer.findings.strict_json import to_json
from ulpfuzz.fuzzer.trace.result import Link, Proved, TraceFinding, TraceResult, Tried

CLI = Path(__file__).parents[2] / "fuzzer/cli"


def call(*args: str) -> Any:
    return CliRunner().invoke(app, list(args))


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_schema_is_one(name: str) -> None:
    shown = json.loads(call("schema", name).stdout)
    assert shown == schema_named(name)
    jsonschema.Draft202012Validator.check_schema(shown)
    assert [part for part, one in shown["$defs"].items() if not one.get("description")] == []


def test_the_list_of_schemas_and_a_name_that_is_none() -> None:
    assert all(name in call("schema").stdout for name in CONTRACTS)
    wrong = call("schema", "nightli")
    assert wrong.exit_code == 2
    assert "nightly" in wrong.stderr
    assert len(wrong.stderr.splitlines()) == 1


def test_every_json_of_a_command_goes_one_way() -> None:
    """No command writes JSON of its own, and each names a contract that there is."""
    used = set[str]()
    for path in CLI.glob("*.py"):
        text = path.read_text()
        used |= set(re.findall(r"print_json\(\s*\"([\w-]+)\"", text)) | set(re.findall(r'"(judge)" if isinstance', text))
        if path.name not in ("schema.py", "json_output.py"):
            assert not re.search(r"print\((json\.dumps|to_json)\(", text), path
    assert used | {"report", "probe"} == set(CONTRACTS)


def test_a_key_that_the_schema_lacks_is_found() -> None:
    good = {"run": "a", **worked(Worked())}
    json_output.print_json("work", good)
    for bad in ({**good, "more": 1}, {k: v for k, v in good.items() if k != "left"}, {**good, "seconds": "soon"}):
        with pytest.raises(jsonschema.ValidationError):
            json_output.print_json("work", bad)


def test_numbers_that_json_has_no_word_for_are_strings() -> None:
    number = schema_named("facts")["$defs"]["number"]
    validator = jsonschema.Draft202012Validator(number)
    assert all(validator.is_valid(value) for value in (1, 0.5, "inf", "-inf", "nan"))
    assert not validator.is_valid("1")


def test_the_fields_of_a_finding_are_described_by_the_record() -> None:
    properties = schema_named("show")["$defs"]["ShownFinding"]["properties"]
    assert set(properties) == {name.rstrip("_") for name in Finding.__dataclass_fields__} | {"measured_class", "defect"}
    assert properties["reference"]["description"] == "The truth there, decimal, at least 20 digits (or nan, inf, -inf)."
    assert {"profile", "answers"} & set(schema_named("findings")["$defs"]["ListedFinding"]["properties"]) == set()


def test_coverage() -> None:
    rows = [Row("torch.exp", "covered", "exp"), Row("torch.nothing", "missing", "", "why")]
    json_output.print_json("coverage", {"totals": totals(rows), "rows": rows})


def test_a_trace() -> None:
    proved = Proved("log(a)", {"a": ["0x1p+0"]}, float("-inf"), "-1.5", "unstable", "inf")
    tried = Tried("rewrite", "f(a)", "text", "rule", "source", 3, 0)
    link = Link("aten.log", "a.py:1", "gives -inf", 3)
    finding = TraceFinding("nan", 2, "torch", "aten.log", "a.py:1", "float32", "headline", (link,), "the loss", proved, (tried,))
    json_output.print_json("trace", to_plain(TraceResult((finding,), 4, 4, 9, 2, ("left out",), ("torch",))))


def to_plain(value: object) -> Any:
    return json.loads(to_json(value))


def test_what_the_checks_check() -> None:
    with pytest.raises(jsonschema.ValidationError):
        check("ops", "{}")
