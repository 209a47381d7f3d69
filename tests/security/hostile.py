"""A crafted database: hostile text in every field that takes text, and nothing but text is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from planted_findings import planted, run, summary

from ulpfuzz.fuzzer.findings.finding import Answer, CellSummary, Finding, Run

#: A call of the catalogue, so that scripts are written, and one that no catalogue has.
KNOWN, EVIL = "torch.nn.functional.softplus(x)", "__import__('os').system('touch pwned')"
#: What breaks out of markup, of strings and comments of Python, of Markdown, of a shell's word, of a terminal's line.
TEXTS = (
    "</script><script>pwned()</script>", '"><img src=x onerror=pwned()>', "]]><!--", "{{ 7*7 }}{% raw %}", '"""\npwned()\n"""', "'''\npwned()\n'''",
    "\\\"; pwned() #", "x\npwned()", "x\rpwned()", "x\u2028pwned()", "x\x0cpwned()", "{__import__('os').system('touch pwned')}", "{pwned()!r}",
    "| a | b |\n|---|---|", "[a](javascript:pwned())", "``` \n# pwned",
    "`$(touch pwned)`", "; touch pwned", "\x1b[2J\x1b]0;pwned\x07", "\u202epwned\u2066",
    "../../pwned", "/tmp/pwned", "a\x00b", "n" * 5000, "[/bold][link=file:///]", "\udcff",
)  # fmt: skip

#: Fields that are words: shown, never run.
WORDS = {"id", "symptom", "class_", "certified_by", "note", "status", "first_seen", "last_seen", "reason", "script_says", "reason of a limit",
         "label",         "script", "avoidable_by", "answers"}  # fmt: skip


def known(**changes: Any) -> Finding:
    """The planted softplus in torch, by a call of the catalogue."""
    values = {"target": "torch:cpu:eager", "implementation": KNOWN, "id": "torch-softplus-value-float32-inf-ab12cd"}
    return planted(**{**values, **changes})


def hostile_findings(text: str) -> Iterator[tuple[str, Finding]]:
    """Field -> a finding that holds the text there."""
    for field in ("id", "op", "order", "dtype", "target", "implementation", "symptom", "class_", "reference", "output_hex", "certified_by", "note",
                  "status", "first_seen", "last_seen", "reason", "script_says"):  # fmt: skip
        yield field, known(**{field: text})
    yield "reason of a limit", known(class_="inaccurate", reason=text)
    yield "label", known(label=text, reason=text)
    yield "script", known(script=text, script_says=text)
    yield "target's host", known(target=f"torch@{text}:cpu:eager")
    yield "target's device", known(target=f"torch:{text}:eager")
    yield "target's mode", known(target=f"torch:cpu:{text}")
    yield "target's switches", known(target=f"torch:cpu:eager;{text}=on")
    yield "call within a call", known(implementation=f"torch.nn.functional.softplus(x{text})")
    yield "avoidable_by", known(avoidable_by=[text])
    yield "params' name", known(params={text: 1})
    yield "params' value", known(params={"beta": text})
    yield "answers", known(answers=[Answer(text, text, 1.0, text, 0.0, text, text)])
    inputs = known().case["inputs"]
    yield "inputs' name", known(case={"inputs": {text: "0x1p+0"}})
    yield "inputs' value", known(case={"inputs": {"x": text}})
    yield "placement", known(case={"inputs": inputs, "placement": {"length": text}})
    right = {"placement": {"length": 2}, "output": 1.0, "output_hex": text}
    yield "right", known(symptom="inconsistent", case={"inputs": inputs, "right": right})
    yield "functional", known(case={"inputs": inputs, "functional": {"name": text, "outputs": [0, 1], "ulp": "0x1p+0"}})


def harmless(text: str) -> list[Finding]:
    """Findings with the text in all fields that only words are made of: a report shows them."""
    words = {
        "certified_by": text,
        "note": text,
        "reason": text,
        "script_says": text,
        "avoidable_by": [text],
        "first_seen": text,
        "status": text,
    }
    answers = [Answer(text, text, 1.0, text, 0.0, "ok", "none")]
    first = known(**words, answers=answers, output_hex=text, implementation=text, id=f"torch-{text}-ab12cd")
    return [
        first,
        replace(first, id=f"torch-{text}-ab12ce", op=text, class_=text, params={text: text}, case={"inputs": {text: "0x1p+0"}}),
        replace(first, id=f"torch-{text}-ab12cf", implementation=KNOWN, label="composed"),
        replace(first, id=f"torch-{text}-ab12cg", target=f"torch:cpu:eager;{text}", symptom=text, order=text),
        replace(first, id=f"torch-{text}-ab12ch", label="documented"),
        replace(first, id=f"torch-{text}-ab12ci", label="flush"),
        replace(first, id=f"torch-{text}-ab12cj", script="unconfirmed"),
    ]


def cells(text: str) -> list[CellSummary]:
    return [summary(op=text, target=text, implementation=text, params={text: text}), summary()]


def hostile_run(text: str) -> Run:
    line = {"cell": text, "target": text, "call": text, "message": text, "reason": text}
    told = {
        "versions": {"torch": text, text: text}, "cpu": {"name": text, text: text}, "platform": text, "python": text, "threads": text, text: text,
        "targets": [text, "torch:cpu:eager"], "targets_detail": {text: {"version": text, "interpreter": text, "switches": {text: text}}},
        "hosts": {text: {"framework": text, "python": text, "interpreter": text}}, "unsupported": [line], "rejected": [line],
    }  # fmt: skip
    return run(environment=told, budget=text, state=text)
