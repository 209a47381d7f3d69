"""Code text: text of a store as code or plain text of Markdown, or as a word of a shell: what a database, a plugin or a framework's message holds is
data, never markup."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from ulpfuzz.fuzzer.findings.one_line import one_line, visible


def code_span(text: object, longest: int | None = 200) -> str:
    """The text as inline code of Markdown, by more backticks than it holds in a row: nothing in it is markup, a mention or a link.

    It stands in paragraphs and lists. In a table a pipe would still end the cell.
    """
    plain = one_line(text, longest)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", plain)), default=0))
    padding = " " if not plain or "`" in (plain[0], plain[-1]) else ""
    return f"{fence}{padding}{plain}{padding}{fence}"


def code_block(lines: Sequence[str], language: str = "sh", longest: int | None = 1000) -> list[str]:
    """The lines as a fenced block of Markdown, by a fence that none of them ends. longest: of a line, in characters; None: as long as it is."""
    plain = [visible(line) if longest is None else one_line(line, longest) for line in lines]
    fence = "`" * max(3, 1 + max((len(run) for line in plain for run in re.findall("`+", line)), default=0))
    return [f"{fence}{language}", *plain, fence]


#: What begins or ends markup of Markdown within a line, or of HTML in it, and what parts the cells of a table. A dot, a dash or a number
#: sign begins nothing inside a line; an underscore nothing inside a word.
_MARKUP = re.compile(r"[\\`*\[\]<>|~$]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)|(?<!\w)@(?=\w)")


def plain_text(text: object) -> str:
    """Text of any origin as one line that Markdown shows as it is: no markup, no HTML, no link but an address that shows itself, no mention, no
    cell of its own."""
    return _MARKUP.sub(lambda found: {"@": "@&#8203;", "&": "&amp;", "<": "&lt;"}.get(found[0], f"\\{found[0]}"), one_line(text))


def code_cell(text: object, longest: int | None = 200) -> str:
    """Inline code as a cell of a table, where a bar parts cells inside code too."""
    return code_span(text, longest).replace("|", "\\|")


def quoted(name: object) -> str:
    """The name as one word of a shell."""
    return shlex.quote(one_line(name, 1000))
