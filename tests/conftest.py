"""Settings of all tests: Hypothesis draws the same examples in every run and reads no clock, so that a red test is red for everybody."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

# No test reads or fills the cache of who runs it; the tests of the cache name one of their own.
os.environ["ULPFUZZ_CACHE"] = "off"

# A shell that starts the tests in the background ignores Ctrl-C for them and what they start, and nohup SIGHUP; tests send both.
for _number, _handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(_number) == signal.SIG_IGN:
        signal.signal(_number, _handler)

settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("repeatable")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--depth",
        type=int,
        default=6,
        help="of the slow tests: how many times the rows of the fast ones (6 takes hours, 1 an hour)",
    )


@pytest.fixture
def depth(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--depth"))


@pytest.fixture(autouse=True)
def _json_is_of_its_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a command prints with --json in the process of a test is compared with its schema (`ulpfuzz schema`)."""
    from ulpfuzz.fuzzer.cli import json_output

    plain = json_output.json_text

    def checked(contract: str, value: Any) -> str:
        from tests.contracts import check

        text = plain(contract, value)
        check(contract, text)
        return text

    monkeypatch.setattr(json_output, "json_text", checked)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a database on a server of its own, for all tests of the session; see `postgresql`."""
    from tests.findings.postgresql_server import NoServer, server

    try:
        with server() as url:
            yield url
    except NoServer as reason:
        pytest.skip(str(reason))


@pytest.fixture
def postgresql(postgresql_server: str) -> str:
    """The URL of a PostgreSQL database without tables."""
    from sqlalchemy import create_engine, text

    engine = create_engine(postgresql_server.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return postgresql_server


@pytest.fixture(scope="session")
def slurm() -> Iterator[dict[str, str]]:
    """The variables of the environment that name a Slurm cluster of one node, for all tests of the session."""
    from tests.engine.slurm_cluster import NoSlurm
    from tests.engine.slurm_cluster import slurm as cluster

    try:
        with cluster() as variables:
            yield variables
    except NoSlurm as reason:
        pytest.skip(str(reason))
