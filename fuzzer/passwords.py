"""Passwords: they are for the database alone, never for a terminal, a log, a message or a store."""

from __future__ import annotations

import re

HIDDEN = "***"
#: The password of a URL, wherever it stands: between a user's name and the last @. And, of what only resembles a URL, at the start of a word.
_USER = re.compile(r"(?P<before>(?:://|(?<![^\s'\"]))[^/\s:@'\"]*:|//[^/\s:@]*:)(?P<secret>(?!//)\S+)@")
#: Options of libpq that are secrets (password, sslpassword), in a URL or a connection string.
_OPTION = re.compile(r"(?P<before>\b\w*password\s*=\s*)(?P<secret>'[^']*'|[^&\s;'\"]+)", re.IGNORECASE)


def without_passwords(text: str) -> str:
    """The text with *** in place of the passwords of URLs and connection strings."""
    for pattern in (_USER, _OPTION):
        text = pattern.sub(rf"\g<before>{HIDDEN}" + ("@" if pattern is _USER else ""), text)
    return text


def passwords_in(text: str) -> set[str]:
    """What `without_passwords` hides."""
    return {match["secret"].strip("'") for pattern in (_USER, _OPTION) for match in pattern.finditer(text)}
