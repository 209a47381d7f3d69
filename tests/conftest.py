"""Settings of all tests: Hypothesis draws the same examples in every run and reads no clock, so that a red test is red for everybody."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

import pytest
from hypothesis import settings

if "PYTEST_XDIST_WORKER" not in os.environ:  # the workers of pytest-xdist inherit the variable, and share what JAX compiles
    os.environ["ULPFUZZ_CACHE"] = tempfile.mkdtemp(prefix="ulpfuzz-tests-")
    atexit.register(shutil.rmtree, os.environ["ULPFUZZ_CACHE"], ignore_errors=True)

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
