"""A database's URL as it may be shown."""

from __future__ import annotations

from urllib.parse import unquote

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ulpfuzz.fuzzer.passwords import HIDDEN, passwords_in, without_passwords


def shown(url: str | URL) -> str:
    """The URL with *** for every password in it; also of a text that is no valid URL."""
    try:
        text = make_url(url).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        text = str(url)
    return without_passwords(text)


def without_secrets(text: str, url: URL) -> str:
    """The text, a driver's message for example, without the passwords of the URL, as they are or as they are written in it."""
    query = [value for name, value in url.query.items() if "password" in name.lower() and isinstance(value, str)]
    written = passwords_in(url.render_as_string(hide_password=False))
    secrets = {secret for found in (url.password, *query, *written) if found for secret in (str(found), unquote(str(found)))}
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text
