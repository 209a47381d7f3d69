"""Examples: every fenced block of the documents that somebody could type, as a test runs it.

A comment on the line before a block says what the runner cannot know, parts separated by semicolons:

    <!-- not run: needs a GPU -->          it is not run, and why
    <!-- run by: tests/test_guide.py -->   another test runs it
    <!-- run with: --budget 20k; exit 1 --> options in the place of those that take minutes, and the exit status that it ends with (default 0)
    <!-- slow -->                          it takes more than a few seconds: the slow tests run it
    <!-- output: example -->               what is shown depends on the machine
    <!-- output: parts -->                 the lines that are shown stand in the output in this order; numbers may be others

A page is run from above, in one folder. `console` blocks hold commands after `$ ` and what they print; a block of Python whose first line is the
comment `# name.py` is that file (and run by pytest where it is called test_*), any other is run as a program, whose output a block `text` right after
it shows. In what is printed `...` stands for anything. DEFECT and FINDING in a command are the first defect of the latest run and its face.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
#: The pages of the site that somebody wrote, and the README.
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "CONTRIBUTING.md", ROOT / "README.md"])
#: Languages of blocks that a reader could run.
RUNNABLE = ("bash", "console", "python", "sh")
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE)
_MARK = re.compile(r"<!-- ([^\n]*) -->\n\Z")


@dataclass(frozen=True)
class Command:
    """A line of a console and what it prints, as the page shows it; "" where the page shows nothing."""

    line: str
    output: str


@dataclass(frozen=True)
class Example:
    """A block that a reader could run."""

    page: str
    #: The line of the page on which it begins.
    line: int
    language: str
    text: str
    #: What the comment before it says.
    marks: dict[str, str] = field(default_factory=dict)
    #: Of a program: what the page shows right after it.
    output: str = ""

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def runs(self) -> bool:
        """Whether a test of a page runs it."""
        return not {"not run", "run by"} & set(self.marks)

    @property
    def file(self) -> str:
        """The file that a block of Python is; "" of a program."""
        named = re.match(r"# ([\w/]+\.py)\n", self.text)
        return named[1] if named and self.language == "python" else ""

    @property
    def commands(self) -> list[Command]:
        """Of a console, with the options of the mark `run with`."""
        told = re.split(r"^\$ ", self.text, flags=re.MULTILINE)[1:]
        found = []
        for one in told:
            line, _, output = one.partition("\n")
            while line.endswith("\\"):  # goes on in the next line
                more, _, output = output.partition("\n")
                line = f"{line[:-1].rstrip()} {more.strip()}"
            found.append(Command(_with(line, self.marks.get("run with", "")), output))
        return found


def _with(line: str, options: str) -> str:
    """The command with other options: each takes the place of its own, or comes last."""
    words, given = shlex.split(options), line
    for name, value in zip(words[::2], words[1::2], strict=True):
        assert name.startswith("--"), options
        said = f"{name} {shlex.quote(value)}"
        given, there = re.subn(rf"{name} ('[^']*'|\S+)", said.replace("\\", r"\\"), given, count=1)
        given = given if there else f"{given} {said}"
    return given


def examples_of(page: Path) -> list[Example]:
    """All of a page, in order."""
    text, name = page.read_text(encoding="utf-8"), page.relative_to(ROOT).as_posix()
    found = []
    for match in _FENCE.finditer(text):
        mark = _MARK.search(text[: match.start()])
        if match["language"] in RUNNABLE:
            after = re.match(r"\s*?\n(?:<!-- ([^\n]*) -->\n)?```text\n(.*?)^```$", text[match.end() :], re.DOTALL | re.MULTILINE)
            marks = {**_marks(after[1] if after else ""), **_marks(mark[1] if mark else "")}
            line = text.count("\n", 0, match.start()) + 1
            found.append(Example(name, line, match["language"], match["text"], marks, after[2] if after else ""))
    return found


def _marks(comment: str | None) -> dict[str, str]:
    parts = [part.strip() for part in (comment or "").split(";")]
    names = ("not run", "run by", "run with", "exit", "output", "slow")
    return {name: part.removeprefix(name).lstrip(": ") for part in parts for name in names if re.match(rf"{name}\b", part)}


def every_example() -> list[Example]:
    return [example for page in PAGES for example in examples_of(page)]


def other_blocks() -> list[tuple[str, str]]:
    """(place, text) of the blocks that claim to be none that a reader could run."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in _FENCE.finditer(text):
            if match["language"] not in RUNNABLE:
                place = f"{page.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}"
                found.append((place, match["text"] if match["language"] in ("", "text") else ""))
    return found


def counted() -> Counter[str]:
    """Examples by what becomes of them; of a console each command is one."""
    total: Counter[str] = Counter()
    for example in every_example():
        number = len(example.commands) if example.language == "console" else 1
        what = "not run" if "not run" in example.marks else "run by another test" if "run by" in example.marks else "run"
        total[what] += number
    return total


def main() -> int:
    """Prints how many examples are run, and why the others are not."""
    for example in every_example():
        if "not run" in example.marks:
            print(f"{example.place}: not run: {example.marks['not run']}")
    told = counted()
    print(f"{told['run'] + told['run by another test']} examples are run, {told['not run']} are not, each with its reason")
    return 0


if __name__ == "__main__":
    sys.exit(main())
