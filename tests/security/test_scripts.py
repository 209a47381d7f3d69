"""Scripts: whatever words a finding holds, its script has the statements of a finding of plain words, and none more."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hostile import TEXTS, WORDS, hostile_findings, known
from planted_findings import planted

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.findings.finding import Answer, Finding
from ulpfuzz.reports.minimal_script import minimal_script
from ulpfuzz.reports.reproducer import inside, quoted, script
from ulpfuzz.reports.script import script_for

LIMIT = {"case": {"inputs": {"x": "inf"}}, "reference": "inf"}
ELSEWHERE = {"placement": {"length": 2}, "output": 1.0, "output_hex": "0x1p+0"}
#: What decides which templates a script is made of.
FORMS: tuple[dict[str, Any], ...] = (
    {}, {"order": "grad"}, {"order": "grad2"}, {"order": "jvp"}, LIMIT, {"case": {"inputs": {"x": "nan"}}, "reference": "nan"},
    {"symptom": "exception"}, {"symptom": "crash"}, {"target": "torch:cpu:eager;threads=2"}, {"target": "torch:cuda:compile"},
    {"case": {"inputs": {"x": "0x1p+0"}, "right": ELSEWHERE}, "symptom": "inconsistent"},
)  # fmt: skip


def shape(source: str) -> str:
    """The syntax tree of a script, its texts taken out."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


def written(finding: Finding, word: str) -> list[str]:
    """Its scripts, the stand-alone one with the word in all that comes from the run."""
    versions = {"torch": word, "numpy": word}
    return [script_for(finding, versions, found_with=word), minimal_script(finding)]


def worded(word: str, **form: Any) -> Finding:
    """A finding with the word in every field that words are made of."""
    fields = ("class_", "certified_by", "note", "status", "first_seen", "last_seen", "reason", "script_says", "label")
    answers = [Answer(word, word, 1.0, word, 0.0, word, word)]
    return known(**{**dict.fromkeys(fields, word), "id": f"torch-{word}", "avoidable_by": [word], "answers": answers, **form})


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_no_word_becomes_a_statement(form: dict[str, Any]) -> None:
    plain = written(worded("word", **form), "word")
    for text in TEXTS if not form else ("".join(TEXTS), *TEXTS[4:10]):
        for hostile, harmless in zip(written(worded(text, **form), text), plain, strict=True):
            assert shape(hostile) == shape(harmless), text
            assert hostile.replace("\n", "").isprintable()


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_itself_in_quotes(text: str) -> None:
    assert ast.literal_eval(quoted(text)) == eval(f'f"{inside(text)}"') == eval(quoted(text))
    assert "\n" not in quoted(text)


@pytest.mark.parametrize(
    "call", ["np.log(x) # y", "x) + (x", "x\n", "x; x", "x = 1", "", "x\n)\npwned()\n(", "lambda", "\x00", "x\u202e"]
)
def test_a_call_is_one_expression(call: str) -> None:
    with pytest.raises(UserError):
        script(planted(implementation=call))


@pytest.mark.parametrize("text", TEXTS)
def test_what_becomes_source_is_names(text: str) -> None:
    for field, finding in hostile_findings(text):
        if field in WORDS or text.isidentifier() or field not in ("params' name", "inputs' name"):
            continue
        with pytest.raises(UserError):
            script(known(params=finding.params, case=finding.case))
