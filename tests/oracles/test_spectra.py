"""Eigenvalues, singular values and exponentials: enclosures hold what they must, at repeated and graded ones too."""

from __future__ import annotations

import numpy as np
import pytest
from flint import arb
from numpy.typing import NDArray

from ulpfuzz.fuzzer.formats import FLOAT32
from ulpfuzz.fuzzer.inputs.matrices import ARRANGEMENTS
from ulpfuzz.oracles.arithmetic.arb import Arb, ArbNumber
from ulpfuzz.oracles.arithmetic.ball64 import Ball64
from ulpfuzz.oracles.arithmetic.special import spectra
from ulpfuzz.oracles.arithmetic.tape import Tape
from ulpfuzz.oracles.definitions import definition

ROWS = 12


def _matrices(name: str, n: int, *, symmetric: bool) -> NDArray[np.float64]:
    rng = np.random.Generator(np.random.PCG64(7))
    drawn = ARRANGEMENTS[name](rng, FLOAT32, rng.normal(size=(ROWS, n, n)).astype(np.float32)).astype(np.float64)
    drawn = drawn[np.isfinite(drawn).all(axis=(1, 2))]
    return np.tril(drawn) + np.swapaxes(np.tril(drawn, -1), 1, 2) if symmetric else drawn


def _numbers(a: NDArray[np.float64], *, symmetric: bool) -> list[float]:
    n = len(a)
    return [float(a[i, j]) for i in range(n) for j in range(i + 1 if symmetric else n)]


@pytest.mark.parametrize("symmetric", [True, False], ids=["symmetric_eigenvalue", "singular_value"])
@pytest.mark.parametrize("name", ARRANGEMENTS)
def test_binary64_keeps_its_bound(name: str, *, symmetric: bool) -> None:
    function = "symmetric_eigenvalue" if symmetric else "singular_value"
    for n in (2, 3, 5):
        a = _matrices(name, n, symmetric=symmetric)
        m = Ball64()
        columns = [m.lift(v) for v in np.asarray([_numbers(x, symmetric=symmetric) for x in a]).T]
        for k in range(n):
            ball = getattr(m, function)(k, *columns)
            for row in range(len(a)):
                with Arb(192):
                    exact = getattr(spectra, f"arb_{function}")(arb(k), *map(arb, _numbers(a[row], symmetric=symmetric)))
                    assert exact.is_finite()
                    assert abs(exact - arb(float(ball.mid[row]))) <= arb(float(ball.radius()[row]))


def test_repeated_eigenvalues_are_enclosed() -> None:
    """2 I + the all-ones matrix: 2, 2, 5."""
    with Arb(128):
        found = [spectra.arb_symmetric_eigenvalue(arb(k), *map(arb, (3, 1, 3, 1, 1, 3))) for k in range(3)]
        assert all(abs(v - w) < arb(2) ** -100 and v.overlaps(arb(w)) for v, w in zip(found, (2, 2, 5), strict=True))


def test_a_ball_of_matrices_encloses_each() -> None:
    with Arb(128):
        wide = spectra.arb_symmetric_eigenvalue(arb(0), arb(1, 0.25), arb(0, 0.25), arb(2, 0.25))
        assert all(
            wide.contains(spectra.arb_symmetric_eigenvalue(arb(0), arb(x), arb(y), arb(2)))
            for x in (0.75, 1.25)
            for y in (0, 0.25)
        )


@pytest.mark.parametrize("name", ["eigvalsh", "svdvals", "matrix_exp"])
def test_derivatives_are_differences(name: str) -> None:
    a = [[1.0, 0.5, -0.25], [0.5, 3.0, 0.75], [-0.25, 0.75, -2.0]]
    with Arb(400) as m:

        def value(numbers: list[list[object]], arithmetic: object) -> list[object]:
            result = definition(name)(arithmetic, numbers)
            return [x for row in result for x in (row if isinstance(row, list) else [row])]

        tape = Tape(m)
        leaves = [[tape.lift(m.lift(v)) for v in row] for row in a]
        outputs = value(leaves, tape)
        step = arb(2) ** -120
        for i, j in ((0, 0), (1, 0), (2, 1)):
            moved = [
                [[ArbNumber(arb(v) + s * step * int((r, c) == (i, j))) for c, v in enumerate(row)] for r, row in enumerate(a)]
                for s in (1, -1)
            ]
            for k, (up, down) in enumerate(zip(*(value(x, m) for x in moved), strict=True)):
                slope = tape.gradient([outputs[k]], [1], [leaves[i][j]])[0]
                assert abs(slope.v - (up.v - down.v) / (2 * step)) < arb(2) ** -60  # type: ignore[attr-defined]
