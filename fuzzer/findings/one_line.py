"""One line: text of unknown origin as a line that a terminal, a comment or a table shows as it is written."""

from __future__ import annotations

import shlex
import unicodedata

#: Categories of characters that are no glyph: controls (newlines, escapes, NUL), formats (bidirectional overrides and isolates,
#: zero-width characters), surrogates, private use, what is no character, and the separators of lines and paragraphs. XML 1.0 (section 2.2) has no
#: more that it cannot hold.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def visible(text: str, keep: str = "") -> str:
    """The text without characters that move the cursor, turn the direction of writing or cannot be seen: each is written as Python writes it,
    `\\x1b` or `\\u202e`. keep: characters that stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in keep or unicodedata.category(c) not in _UNSEEN else _written(c) for c in text)


def one_line(text: object, longest: int | None = None) -> str:
    """The same of str(text) with every run of blanks and line breaks as one blank; at most `longest` characters."""
    plain = visible(" ".join(str(text).split()))
    return plain if longest is None or len(plain) <= longest else plain[: longest - 3] + "..."


def _written(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def command_of(finding: str) -> str:
    """What a shell is given to run the finding of that id again: one word of it, whatever it holds."""
    return f"ulpfuzz repro {shlex.quote(one_line(finding))}"
