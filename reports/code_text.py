"""Code text: text of a store as code of Markdown, or as a word of a shell: what a database, a plugin or a framework's message holds is data, never
markup."""

from __future__ import annotations

import re
import shlex

from ulpfuzz.fuzzer.findings.one_line import one_line


def code_span(text: object, longest: int = 200) -> str:
    """The text as inline code of Markdown, by more backticks than it holds in a row: nothing in it is markup, a mention or a link.

    It stands in paragraphs and lists. In a table a pipe would still end the cell.
    """
    plain = one_line(text, longest)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", plain)), default=0))
    padding = " " if not plain or "`" in (plain[0], plain[-1]) else ""
    return f"{fence}{padding}{plain}{padding}{fence}"


def code_block(lines: list[str]) -> list[str]:
    """The lines as a fenced block of Markdown, by a fence that none of them ends."""
    plain = [one_line(line, LONGEST) for line in lines]
    fence = "`" * max(3, 1 + max((len(run) for line in plain for run in re.findall("`+", line)), default=0))
    return [f"{fence}sh", *plain, fence]


def quoted(name: object) -> str:
    """The name as one word of a shell."""
    return shlex.quote(one_line(name, LONGEST))


#: Characters of a line of code.
LONGEST = 1000
