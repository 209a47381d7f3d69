"""No password of a database's URL is ever shown."""

from __future__ import annotations

import sys
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import URL, make_url

from ulpfuzz.fuzzer.cli.options import with_db
from ulpfuzz.fuzzer.findings.database_url import shown, without_secrets
from ulpfuzz.fuzzer.findings.store import Store, StoreError
from ulpfuzz.fuzzer.passwords import without_passwords

#: Longer than any word around it, so that its absence means that it was taken out.
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=0x17F), min_size=12, max_size=20).map("hunter2".__add__)
WRITTEN = [
    "postgresql://user:hunter2@host/name",
    "postgresql+psycopg://user:hunter2@host:5432/name?sslmode=require",
    "postgresql://host/name?user=me&password=hunter2",
    "postgresql://host/name?sslpassword=hunter2&sslmode=require",
    "postgresql//user:hunter2@host/name",
    "user:hunter2@host",
    "postgresql://user:hunter2@host:no-port/name",
    "host=there password=hunter2 dbname=runs",
    "mysql://user:hunter2@host/name",
]


@pytest.mark.parametrize("url", WRITTEN)
def test_no_hint_and_no_message_holds_the_password(url: str) -> None:
    assert "hunter2" not in shown(url)
    assert "hunter2" not in with_db(url)
    assert "***" in with_db(url)
    with pytest.raises((StoreError, ModuleNotFoundError)) as told:
        Store(url.replace("@host", "@127.0.0.1:1").replace("//host", "//127.0.0.1:1").replace(":1:5432", ":1"))
    assert "hunter2" not in str(told.value)


@given(secret=SECRETS)
def test_whatever_the_password_is(secret: str) -> None:
    url = URL.create("postgresql", "user", secret, "host", database="name", query={"sslpassword": secret})
    text = url.render_as_string(hide_password=False)
    assert secret not in shown(text)
    assert make_url(shown(text)).host == "host"
    assert secret not in without_secrets(f'could not read "{secret}" of {text}', url)


def test_texts_lose_the_passwords_of_the_urls_in_them() -> None:
    for url in WRITTEN:
        assert "hunter2" not in without_passwords(f"ulpfuzz run --db {url} --budget 10m: no answer")
        assert "hunter2" not in without_passwords(f"ulpfuzz run --db '{url}'")
    for text in (
        "torch:cpu:eager;mkldnn=off",
        "python3 a.py: error in b.py:12",
        "mail a@b.org",
        "see http://localhost:8787/status",
    ):
        assert without_passwords(text) == text


def test_the_url_without_a_password_is_shown_as_it_is() -> None:
    for url in ("sqlite:///night.db", "postgresql://user@host/name"):
        assert (shown(url), with_db(url)) == (url, f" --db {url}")


def test_what_a_driver_says_of_its_connection_string(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some drivers repeat it in their messages."""
    driver = types.ModuleType("psycopg2")

    class Error(Exception):
        pass

    def connect(*arguments: object, **named: object) -> None:
        raise Error(f"cannot connect with {arguments} {named}")

    names = ("DatabaseError", "InterfaceError", "OperationalError", "ProgrammingError", "IntegrityError", "DataError")
    vars(driver).update(dict.fromkeys(names, Error), Error=Error, connect=connect, paramstyle="pyformat", __version__="2.9.9")
    extensions, extras = types.ModuleType("psycopg2.extensions"), types.ModuleType("psycopg2.extras")
    driver.extensions, driver.extras = extensions, extras  # type: ignore[attr-defined]
    for name, module in (("psycopg2", driver), ("psycopg2.extensions", extensions), ("psycopg2.extras", extras)):
        monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(StoreError) as told:
        Store("postgresql+psycopg2://user:hunter2@host/name")
    assert "cannot connect" in str(told.value)
    assert "hunter2" not in str(told.value)
