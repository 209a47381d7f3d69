"""Ten planted hangs: all are found, each as the call that it is, and none costs the run more than its timeouts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import hanging
from ulpfuzz.fuzzer.campaign.budget import Budget
from ulpfuzz.fuzzer.campaign.run import run_campaign
from ulpfuzz.fuzzer.campaign.settings import Settings
from ulpfuzz.fuzzer.findings.store import Store

#: Seconds of a call; a busy machine takes some of them for a call that returns.
CALL_TIMEOUT = 3.0


@pytest.mark.slow
def test_every_planted_hang_is_found_and_nothing_else_is_accused(tmp_path: Path) -> None:
    (tmp_path / "signs").mkdir()
    with hanging.installed(tmp_path / "signs"), Store(f"sqlite:///{tmp_path / 'hangs.db'}") as store:
        settings = Settings(
            Budget(verdicts=40_000 * 2 * len(hanging.WHERE)), ops="hanging_*", targets=hanging.NAME, dtypes=("float32",), orders=("value",),
            seed=1, workers=2, case_timeout=CALL_TIMEOUT,
        )  # fmt: skip
        run = run_campaign(settings, store)
        found = store.findings(run.id)
        signs = hanging.hangs(tmp_path / "signs")
    assert sorted((f.op, f.symptom) for f in found) == sorted((f"hanging_{where}", "hang") for where in hanging.WHERE)
    for finding in found:
        assert finding.implementation == f"hanging.hanging(x, '{finding.op.removeprefix('hanging_')}')"
    assert run.cells == len(hanging.WHERE)
    assert max(hang.seconds for hang in signs) < 2 * CALL_TIMEOUT + 5
