"""Settings of all tests: Hypothesis draws the same examples in every run and reads no clock, so that a red test is red for everybody."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("repeatable")
