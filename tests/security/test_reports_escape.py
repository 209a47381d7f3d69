"""Reports show what a database holds: hostile words make no element, attribute, table cell or link that plain words do not."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hostile import TEXTS, harmless, hostile_run, known
from rich.text import Text
from test_html_report import defect, worked_on

from ulpfuzz import reports
from ulpfuzz.fuzzer.cli.screen import console, finding_whole, findings_table
from ulpfuzz.fuzzer.findings.finding import Answer
from ulpfuzz.fuzzer.findings.one_line import one_line, visible
from ulpfuzz.reports import markdown
from ulpfuzz.reports.html import files, unpacked
from ulpfuzz.reports.issue import issue_text


class Structure(HTMLParser):
    """The elements and attributes of a page, in order, without its texts."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[object] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, sorted(name for name, _ in attrs)))
        for name, value in attrs:
            assert name != "href" or re.match(r"https?://|#|repro/|data:,$", value or ""), value

    def handle_endtag(self, tag: str) -> None:
        self.seen.append(tag)

    def handle_comment(self, data: str) -> None:
        self.seen.append("comment")


def structure(page: str) -> list[object]:
    parser = Structure()
    parser.feed(page)
    return parser.seen


def report_of(text: str):  # type: ignore[no-untyped-def]
    found = harmless(text)
    return reports.build(hostile_run(text), found, [], baseline=text, scripts={f.id: text for f in found})


def pages(text: str) -> list[str]:
    written = files(report_of(text))
    chunks = [
        page
        for path, chunk in sorted(written.items())
        if path.startswith("pages/")
        for _, page in sorted(unpacked(chunk).items())
    ]
    return [written["report.html"], *chunks]


@pytest.mark.parametrize("text", TEXTS)
def test_no_word_becomes_markup(text: str) -> None:
    for hostile, plain in zip(pages(text), pages("word"), strict=True):
        assert structure(hostile) == structure(plain)
    assert "Content-Security-Policy" in pages(text)[0]


@pytest.mark.parametrize("text", TEXTS)
def test_no_word_becomes_markdown(text: str) -> None:
    hostile, plain = (markdown.render(report_of(word)).split("\n") for word in (text, "word"))
    assert len(hostile) == len(plain)
    for line, other in zip(hostile, plain, strict=True):
        assert line.isprintable()
        if line.startswith("ulpfuzz repro "):  # in a fence, which a line that begins so does not end
            continue
        if other.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) == len(re.findall(r"(?<!\\)\|", other))
        bare = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
        assert not re.search(r"(?<!\\)<\w|(?<!\\)\]\(|^#+ pwned|^pwned", bare), line


def issue_of(text: str, framework: str) -> list[str]:
    """The lines of an issue text with the text in all that words are made of; the script stands for itself (test_scripts)."""
    call = "torch.nn.functional.softplus(x)" if framework == "torch" else f"np.log({text})"
    answers = [Answer(text, text, 1.0, text, 0.0, "ok", "none")]
    face = known(note=text, reason=text, certified_by=text, class_="inaccurate", reference=text, output_hex=text, implementation=call,
                 target=f"{framework}:cpu:{text}", answers=answers)  # fmt: skip
    file = worked_on()
    assert file.diagnosis is not None
    assert file.ordinary_share is not None
    file = replace(
        file, ordinary_share=replace(file.ordinary_share, distribution=text), extent=(replace(file.extent[0], input=text),),
        diagnosis=replace(file.diagnosis, text=text, step=f"{text}!", evidence=(replace(file.diagnosis.evidence[0], outcome=text),)),
        advice=(replace(file.advice[0], text=text, call=text),),
    )  # fmt: skip
    members = [face, replace(face, implementation=text, dtype="float16", order=text)]
    environment = {
        "versions": dict.fromkeys(["torch", "numpy", "jax", "tensorflow", text], text),
        "platform": text,
        "python": text,
        "cpu": text,
    }
    told = defect(framework=framework, title=text, id=text, calls=(text,))
    return issue_text(told, face, file, environment, members, "print()\n").split("\n")


@pytest.mark.parametrize("framework", ["torch", "tensorflow", "jax", "numpy"])
def test_no_word_becomes_markdown_in_an_issue(framework: str) -> None:
    plain = issue_of("word", framework)
    for text in TEXTS:
        hostile = issue_of(text, framework)
        assert len(hostile) == len(plain), text
        fence = ""
        assert hostile[0].isprintable()  # a title, which is no Markdown
        for line, other in zip(hostile[1:], plain[1:], strict=True):
            assert line.isprintable()
            opened = re.fullmatch(r"(`{3,})[^`]*", line)
            if fence or opened:
                fence = "" if line == fence else fence or opened[1] if opened else fence
                continue
            if other.startswith("|"):
                assert len(re.findall(r"(?<!\\)\|", line)) == len(re.findall(r"(?<!\\)\|", other))
            bare = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
            assert not re.search(r"(?<!\\)<\w|(?<!\\)\]\(|^#+ pwned|^pwned", bare), line
        assert not fence


@pytest.mark.parametrize("text", TEXTS)
def test_a_terminal_is_told_nothing(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = harmless(text)
    screen = console()
    screen.print(findings_table(found, 200))
    for finding in found:
        screen.print(finding_whole(finding))
    screen.print(Text(text))
    assert capsys.readouterr().out.replace("\n", "").isprintable()


@pytest.mark.parametrize("text", TEXTS)
def test_a_line_is_one_line(text: str) -> None:
    assert one_line(text).isprintable()
    assert visible("a\nb", keep="\n") == "a\nb"
