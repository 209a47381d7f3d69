"""Text of a store in a line of another document: what a database, a plugin or a framework's message holds is data, never markup."""

from __future__ import annotations

import re
import shlex

#: What ends a line, steers a terminal, reverses the order of letters, or is no character of XML 1.0 (section 2.2).
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
_BLANKS = re.compile(r"[ \t\r\n\v\f\u0085\u2028\u2029]+")


def one_line(text: object, longest: int = 1000) -> str:
    """The text without line ends; control characters, marks of direction and lone surrogates as \\u escapes; at most `longest` characters."""
    plain = _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", _BLANKS.sub(" ", str(text)).strip())
    return plain if len(plain) <= longest else plain[: longest - 3] + "..."


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
    plain = [one_line(line) for line in lines]
    fence = "`" * max(3, 1 + max((len(run) for line in plain for run in re.findall("`+", line)), default=0))
    return [f"{fence}sh", *plain, fence]


def quoted(name: object) -> str:
    """The name as one word of a shell."""
    return shlex.quote(one_line(name))
