"""Settings of all tests: Hypothesis draws the same examples in every run and reads no clock, so that a red test is red for everybody."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# No test reads or fills the cache of who runs it; the tests of the cache name one of their own.
os.environ["ULPFUZZ_CACHE"] = "off"

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
