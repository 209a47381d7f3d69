"""Classical orthogonal polynomials; DLMF chapter 18. The degree is a param: PyTorch takes it as a number or a tensor.

Degrees: small ones by recurrence, and 12, where the Chebyshev kernels of [-1, 1] turn to trigonometric formulas.
"""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.op import Op, call, op, peer, scalar

TOPICS = ("special functions", "polynomials")
X = [scalar("x")]
WIDE = ("float32", "float64")
MPMATH, COSINES = "mpmath's own function", "the trigonometric form in mpmath"


def _record(name: str, scipy: str = "", verified: str = COSINES) -> Op:
    return op(
        name, X, torch=call(f"torch.special.{name}(x, n)", dtypes=WIDE, grad=False), params={"n": (5, 2, 12)}, absolute_near_zeros=True,
        numpy=peer(f"scipy.special.{scipy}(n, x)", ("float64",)) if scipy else None, verified=verified, topics=TOPICS,
    )  # fmt: skip


OPS: list[Op] = [
    _record("chebyshev_polynomial_t", "eval_chebyt"),
    _record("chebyshev_polynomial_u", "eval_chebyu"),
    _record("chebyshev_polynomial_v"),
    _record("chebyshev_polynomial_w"),
    _record("shifted_chebyshev_polynomial_t", "eval_sh_chebyt"),
    _record("shifted_chebyshev_polynomial_u", "eval_sh_chebyu"),
    _record("shifted_chebyshev_polynomial_v"),
    _record("shifted_chebyshev_polynomial_w"),
    _record("hermite_polynomial_h", "eval_hermite", MPMATH),
    _record("hermite_polynomial_he", "eval_hermitenorm", MPMATH),
    _record("laguerre_polynomial_l", "eval_laguerre", MPMATH),
    _record("legendre_polynomial_p", "eval_legendre", MPMATH),
]
