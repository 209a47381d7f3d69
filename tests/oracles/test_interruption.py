"""An evaluation by mpmath that takes hours ends when it must; what is certified without it stands."""

from __future__ import annotations

import signal
import threading
import time

import numpy as np
import pytest

from ulpfuzz.fuzzer.catalog.functions import function_of
from ulpfuzz.fuzzer.catalog.registry import op_named
from ulpfuzz.oracles import confirmation
from ulpfuzz.oracles.arithmetic.time_limit import TimeIsUpError
from ulpfuzz.oracles.interruption import interrupted, interruptible

#: mpmath sums as many terms as the first number says.
ENDLESS = {"s": 6.176205642578447e178, "q": 3.5670058068147564e183}


def test_what_mpmath_does_not_finish_arb_certifies_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: object) -> None:
        while True:
            pass

    monkeypatch.setattr(confirmation, "_in_mpmath", endless)
    with interrupted(time.monotonic() + 0.2):
        confirmed = confirmation.confirm(function_of(op_named("exp"), {}, "value"), {"x": np.asarray(1.0)}, 0)
    assert (confirmed.certified_by, confirmed.agrees) == ("arb", True)
    assert confirmed.value.startswith("2.718281828459045235360287471352")


def test_where_the_limits_ask_mpmath_the_confirmation_ends_too() -> None:
    began = time.monotonic()
    with interrupted(time.monotonic() + 0.5):
        single = {name: np.asarray(value) for name, value in ENDLESS.items()}
        confirmed = confirmation.confirm(function_of(op_named("hurwitz_zeta_in_q"), {}, "grad2"), single, 0)
    assert not confirmed.agrees
    assert time.monotonic() - began < 60  # a busy machine; mpmath alone takes hours


def test_only_the_block_is_interrupted_and_the_timer_is_given_back() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with interrupted(time.monotonic() + 0.05):
        time.sleep(0.1)  # no block: nothing is raised
        with pytest.raises(TimeIsUpError), interruptible():
            time.sleep(600)
    with interruptible():  # nobody asks for an end
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert (signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)) == (before, (0.0, 0.0))


def test_what_has_no_signals_or_a_timer_of_its_own_is_left_alone() -> None:
    seen: list[float] = []

    def run() -> None:
        with interrupted(time.monotonic() - 1), interruptible():
            seen.append(signal.getitimer(signal.ITIMER_REAL)[0])

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    signal.setitimer(signal.ITIMER_REAL, 500.0)
    try:
        with interrupted(time.monotonic() - 1), interruptible():
            assert signal.getitimer(signal.ITIMER_REAL)[0] > 400
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    assert seen == [0.0]
