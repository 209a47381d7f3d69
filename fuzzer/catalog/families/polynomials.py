"""Classical orthogonal polynomials; DLMF chapter 18. The degree is a param: PyTorch takes it as a number or a tensor.

Degrees: small ones by recurrence, and 12, where the Chebyshev kernels of [-1, 1] turn to trigonometric formulas.
"""

from __future__ import annotations

from ulpfuzz.fuzzer.catalog.op import Op, call, op, peer, scalar

TOPICS = ("special functions", "polynomials")
X = [scalar("x")]
WIDE = ("float32", "float64")
MPMATH, COSINES = "mpmath's own function", "the trigonometric form in mpmath"


def _record(torch: str, scipy: str = "", verified: str = COSINES) -> Op:
    """A polynomial, named as torch.special names it."""
    name = torch.removeprefix("torch.special.").removesuffix("(x, n)")
    return op(
        name, X, torch=call(torch, dtypes=WIDE, grad=False), params={"n": (5, 2, 12)}, absolute_near_zeros=True,
        numpy=peer(scipy, ("float64",)) if scipy else None, verified=verified, topics=TOPICS,
    )  # fmt: skip


OPS: list[Op] = [
    _record("torch.special.chebyshev_polynomial_t(x, n)", "scipy.special.eval_chebyt(n, x)"),
    _record("torch.special.chebyshev_polynomial_u(x, n)", "scipy.special.eval_chebyu(n, x)"),
    _record("torch.special.chebyshev_polynomial_v(x, n)"),
    _record("torch.special.chebyshev_polynomial_w(x, n)"),
    _record("torch.special.shifted_chebyshev_polynomial_t(x, n)", "scipy.special.eval_sh_chebyt(n, x)"),
    _record("torch.special.shifted_chebyshev_polynomial_u(x, n)", "scipy.special.eval_sh_chebyu(n, x)"),
    _record("torch.special.shifted_chebyshev_polynomial_v(x, n)"),
    _record("torch.special.shifted_chebyshev_polynomial_w(x, n)"),
    _record("torch.special.hermite_polynomial_h(x, n)", "scipy.special.eval_hermite(n, x)", MPMATH),
    _record("torch.special.hermite_polynomial_he(x, n)", "scipy.special.eval_hermitenorm(n, x)", MPMATH),
    _record("torch.special.laguerre_polynomial_l(x, n)", "scipy.special.eval_laguerre(n, x)", MPMATH),
    _record("torch.special.legendre_polynomial_p(x, n)", "scipy.special.eval_legendre(n, x)", MPMATH),
]
