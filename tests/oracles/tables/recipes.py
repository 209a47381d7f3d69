"""Which numbers of which source are values of which op of the catalogue."""

from __future__ import annotations

from fractions import Fraction

from tests.oracles.tables.collect import BOOST, GLIBC, GSL, Recipe, Taken

X = ("x",)


def glibc(op: str, name: str = "", inputs: tuple[str, ...] = X) -> Recipe:
    return Recipe(op, inputs, (Taken(GLIBC, (name or op,), tuple(range(len(inputs))), len(inputs)),))


def boost(*files: str, columns: tuple[int, ...] = (0,), value: int = 1, **rest: object) -> Taken:
    return Taken(BOOST, tuple(f"{f}.ipp" for f in files), columns, value, **rest)  # type: ignore[arg-type]


def gsl(function: str, columns: tuple[int, ...] = (0,), **rest: object) -> Taken:
    return Taken(GSL, (f"gsl_{function}",), columns, len(columns) if "value" not in rest else rest.pop("value"), **rest)  # type: ignore[arg-type]


def order(n: int) -> dict[str, object]:
    """Of rows (order, x, value) those of one order."""
    return {"columns": (0, 1), "value": 2, "keep": lambda v, x: v == n, "inputs": lambda v, x: (x,)}


def both(op: str, name: str, *more: Taken, inputs: tuple[str, ...] = X) -> Recipe:
    return Recipe(op, inputs, (*glibc(op, name, inputs).taken, *more))


#: FLINT's I_x(a, b) takes seconds to minutes for large ones (3736.4, 0.0044; x = 0.8147, say), and nothing can stop one of its calls.
LARGEST = 1000


def small(a: Fraction, b: Fraction, x: Fraction) -> bool:
    return a + b <= LARGEST


IGAMMA = ("igamma_small_data", "igamma_med_data", "igamma_int_data", "igamma_big_data")
IBETA = ("ibeta_small_data", "ibeta_data", "ibeta_int_data", "ibeta_large_data")
GAMMA = ("test_gamma_data",)
ERF = ("erf_small_data", "erf_data", "erf_large_data")

RECIPES = (
    *(glibc(op) for op in ("acos", "asin", "atan", "cos", "exp", "exp2", "log", "log10", "log2", "sin", "sinh", "cosh", "sqrt", "tan", "tanh")),
    both("acosh", "acosh", boost("acosh_data")), both("asinh", "asinh", boost("asinh_data")), both("atanh", "atanh", boost("atanh_data")),
    both("cbrt", "cbrt", boost("cbrt_data", columns=(1,), value=0)),
    both("log1p", "log1p", boost("log1p_expm1_data")), both("expm1", "expm1", boost("log1p_expm1_data", value=2)),
    glibc("atan2", inputs=("x", "y")), glibc("hypot", inputs=("x", "y")), glibc("pow", inputs=("x", "y")),
    both("erf", "erf", boost(*ERF)), both("erfc", "erfc", boost(*ERF, value=2)),
    Recipe("erfinv", X, (boost("erf_inv_data"),)), Recipe("erfcinv", X, (boost("erfc_inv_data", "erfc_inv_big_data"),)),
    Recipe("ndtri", X, (gsl("cdf_ugaussian_Pinv"),)), Recipe("ndtr", X, (gsl("cdf_ugaussian_P"),)),
    Recipe("normal_sf", ("x", "loc", "scale"), (gsl("cdf_ugaussian_Q", inputs=lambda x: (x, Fraction(0), Fraction(1))),)),
    both("gamma", "tgamma", boost(*GAMMA, width=3)), both("lgamma", "lgamma", boost(*GAMMA, width=3, value=2)),
    Recipe("factorial", ("n",), (boost(*GAMMA, width=3, inputs=lambda x: (x - 1,), keep=lambda x: x >= 1),)),
    Recipe("digamma", X, (boost("digamma_data", "digamma_neg_data", "digamma_root_data", "digamma_small_data"),)),
    Recipe("trigamma", X, (gsl("sf_psi_1_e"),)),
    Recipe("polygamma", X, (gsl("sf_psi_n_e", (0, 1), params=("n",), keep=lambda n, x: n > 0),)),
    Recipe("gammainc", ("a", "x"), (boost(*IGAMMA, columns=(0, 1), value=5),)),
    Recipe("gammaincc", ("a", "x"), (boost(*IGAMMA, columns=(0, 1), value=3),)),
    Recipe("chi2_sf", ("x", "df"), (boost(*IGAMMA, columns=(0, 1), value=3, inputs=lambda a, x: (2 * x, 2 * a)),)),
    Recipe("poisson_cdf", ("k", "mu"),
           (boost("igamma_int_data", columns=(0, 1), value=3, inputs=lambda a, x: (a - 1, x), keep=lambda a, x: a == int(a)),)),
    Recipe("betainc", ("a", "b", "x"), (boost(*IBETA, columns=(0, 1, 2), value=5, keep=small), gsl("sf_beta_inc_e", (0, 1, 2)))),
    Recipe("beta_sf", ("x", "a", "b"), (boost(*IBETA, columns=(0, 1, 2), value=6, keep=small, inputs=lambda a, b, x: (x, a, b)),)),
    Recipe("beta_pdf", ("x", "a", "b"),
           (boost("ibeta_derivative_small_data", "ibeta_derivative_data", "ibeta_derivative_int_data", "ibeta_derivative_large_data",
                  columns=(0, 1, 2), value=3, inputs=lambda a, b, x: (x, a, b)),)),
    Recipe("beta", ("a", "b"), (boost("beta_small_data", "beta_med_data", "beta_exp_data", columns=(0, 1), value=2),)),
    Recipe("betaln", ("a", "b"), (gsl("sf_lnbeta_e", (0, 1)),)),
    Recipe("pochhammer", ("z", "k"),
           (boost("tgamma_delta_ratio_data", "tgamma_delta_ratio_int", "tgamma_delta_ratio_int2", columns=(0, 1), value=2, result=lambda y: 1 / y),
            gsl("sf_poch_e", (0, 1)))),
    Recipe("binomial", ("n", "k"), (boost("binomial_data", "binomial_large_data", columns=(0, 1), value=2),)),
    both("bessel_j0", "j0", boost("bessel_j_int_data", "bessel_j_large_data", **order(0))),
    both("bessel_j1", "j1", boost("bessel_j_int_data", "bessel_j_large_data", **order(1))),
    Recipe("bessel_jn", X, (boost("bessel_j_int_data", columns=(0, 1), value=2, params=("v",), keep=lambda v, x: v > 1 and v == int(v)),)),
    Recipe("bessel_jn", X, (boost("bessel_j_prime_int_data", columns=(0, 1), value=2, params=("v",), keep=lambda v, x: v >= 0 and v == int(v)),),
           order="grad"),
    both("bessel_y0", "y0", boost("bessel_y01_data", **order(0))), both("bessel_y1", "y1", boost("bessel_y01_data", **order(1))),
    Recipe("i0", X, (boost("bessel_i_int_data", "bessel_i_data", **order(0)),)),
    Recipe("i1", X, (boost("bessel_i_int_data", "bessel_i_data", **order(1)),)),
    Recipe("k0", X, (boost("bessel_k_int_data", "bessel_k_data", **order(0)),)),
    Recipe("k1", X, (boost("bessel_k_int_data", "bessel_k_data", **order(1)),)),
    Recipe("i0e", X, (gsl("sf_bessel_I0_scaled_e"),)), Recipe("i1e", X, (gsl("sf_bessel_I1_scaled_e"),)),
    Recipe("k0e", X, (gsl("sf_bessel_K0_scaled_e"),)), Recipe("k1e", X, (gsl("sf_bessel_K1_scaled_e"),)),
    Recipe("spherical_bessel_j0", X, (boost("sinc_data"), boost("sph_bessel_data", **order(0)))),
    Recipe("airy_ai", X, (gsl("sf_airy_Ai_e"),)),
    Recipe("expi", X, (boost("expinti_data", "expinti_data_double", "expinti_data_long"),)),
    Recipe("exp1", X, (boost("expint_1_data", "expint_data", "expint_small_data", **order(1)),)),
    Recipe("expn", X, (boost("expint_data", "expint_small_data", columns=(0, 1), value=2, params=("n",), keep=lambda n, x: n > 0),)),
    Recipe("sine_integral", X, (gsl("sf_Si_e"),)), Recipe("cosine_integral", X, (gsl("sf_Ci_e"),)),
    Recipe("dawsn", X, (gsl("sf_dawson_e"),)),
    Recipe("spence", X, (gsl("sf_dilog_e", inputs=lambda x: (1 - x,), keep=lambda x: x <= 1),)),
    Recipe("riemann_zeta", ("s",), (boost("zeta_data", "zeta_1_up_data"),)),
    Recipe("hurwitz_zeta", ("s", "q"), (gsl("sf_hzeta_e", (0, 1)),)),
    Recipe("hyp1f1", ("a", "b", "x"),
           (boost("hypergeometric_1F1", "hypergeometric_1F1_small_random", "hypergeometric_1F1_big", columns=(0, 1, 2), value=3),
            gsl("sf_hyperg_1F1_e", (0, 1, 2)))),
    Recipe("hyp2f1", ("a", "b", "c", "x"), (boost("hypergeometric_2F1", columns=(0, 1, 2, 3), value=4), gsl("sf_hyperg_2F1_e", (0, 1, 2, 3)))),
    Recipe("legendre_polynomial_p", X, (boost("legendre_p", "legendre_p_large", columns=(0, 1), value=2, params=("n",)),)),
    Recipe("hermite_polynomial_h", X, (boost("hermite", columns=(0, 1), value=2, params=("n",)),)),
    Recipe("laguerre_polynomial_l", X, (boost("laguerre2", columns=(0, 1), value=2, params=("n",)),)),
)  # fmt: skip
