"""Ranges by op: where the values and slopes of the catalogue's ops lie, whatever the input. Data only.

One table for what a name says (a cdf, a variance, a divergence), one for what each op is; `tests/catalog/test_ranges.py` compares both with the
definitions, over their domains and params.
"""

from __future__ import annotations

from collections.abc import Sequence

from ulpfuzz.fuzzer.catalog.range_of_values import Range

_PROBABILITY = Range("0", "1", "a probability")
_NOT_NEGATIVE = Range("0", "", "not negative")
_SHARE = Range("0", "1", "a share of a sum of powers of e")
_SIGN = Range("-1", "1", "-1, 0 or 1")
_RISES = Range("0", "", "a function that rises", of="slope")
_FALLS = Range("", "0", "a function that falls", of="slope")
_MEAN = Range("min(x)", "max(x)", "between the least and the greatest number")
_WITHIN = Range("-max(abs(x))", "max(abs(x))", "an average, whose weights add up to at most 1")

#: By the end of a name, the first that fits: ranges of values, and where the slope by x (of quantile functions by q) has one sign, that.
_BY_ENDING: tuple[tuple[str, Range, Range | None], ...] = (
    ("_logcdf", Range("", "0", "the logarithm of a probability"), _RISES),
    ("_logsf", Range("", "0", "the logarithm of a probability"), _FALLS),
    ("_cdf", _PROBABILITY, _RISES),
    ("_sf", _PROBABILITY, _FALLS),
    ("_pdf", Range("0", "", "a density"), None),
    ("_pmf", _PROBABILITY, None),
    ("_variance", Range("0", "", "a variance"), None),
    ("_int8", Range("-128", "127", "8 bits"), None),
    ("_int16", Range("-32768", "32767", "16 bits"), None),
    ("_int32", Range("-2147483648", "2147483647", "32 bits"), None),
)
#: Divergences are not negative: Kullback and Leibler 1951, lemma 3.1. Near equal distributions their slopes vanish, so that no rounding of the inputs
#: takes one below zero. Not of probabilities that are given as such, whose sums are rounded, nor of logits of several
#: classes, which a rounding shifts against each other however much alike the distributions are.
_DIVERGENCE = Range("0", "", "a divergence (Kullback and Leibler 1951, lemma 3.1)")
_ROUNDED = ("kl_categorical", "kl_categorical_logits", "kl_multivariate_normal")
#: The supports of quantile functions; those of all real numbers are left out.
_SUPPORT: dict[str, tuple[str, str]] = {
    "uniform_between": ("min(ends)", "max(ends)"), "uniform": ("loc", ""), "kumaraswamy": ("0", "1"), "continuous_bernoulli": ("0", "1"),
    "expon": ("0", ""), "exponential": ("0", ""), "half_normal": ("0", ""), "half_cauchy": ("0", ""), "lognormal": ("0", ""),
    "weibull": ("0", ""), "pareto": ("1", ""), "generalized_pareto": ("0", ""),
}  # fmt: skip


def _values(low: str, high: str, source: str, *names: str) -> dict[str, tuple[Range, ...]]:
    return {name: (Range(low, high, source),) for name in names}


def _alike(one: Range, *names: str) -> dict[str, tuple[Range, ...]]:
    return dict.fromkeys(names, (one,))


def _slopes(low: str, high: str, source: str, outputs: tuple[int, ...] = ()) -> Range:
    return Range(low, high, source, "slope", outputs)


#: Values. Extrema that are decimals are rounded away from the range.
VALUES: dict[str, tuple[Range, ...]] = {
    # elementary functions (DLMF chapter 4)
    **_values("-1", "1", "DLMF 4.14, 4.28", "sin", "cos", "tanh"),
    **_values("-pi/2", "pi/2", "DLMF 4.23(ii)", "asin", "atan"),
    **_values("0", "pi", "DLMF 4.23(ii)", "acos"),
    **_values("-pi", "pi", "C23 7.12.4.4", "atan2"),
    **_values("0", "", "a power of a positive number", "exp", "exp2", "base_pow", "scalar_pow"),
    **_values("-1", "", "e^x is positive", "expm1"),
    **_values("1", "", "DLMF 4.28", "cosh"),
    **_values("0", "", "a principal value: not negative", "sqrt", "rsqrt", "acosh"),
    **_values("0", "", "squares and magnitudes are not negative", "square", "abs", "squared_difference"),
    **_values("max(abs(x), abs(y))", "", "each side of a triangle is shorter than the hypotenuse", "hypot"),
    **_values("max(x, y)", "", "each of two powers is less than their sum", "logaddexp", "logaddexp2"),
    **_values("", "0", "the logarithm of a probability", "log1mexp"),
    **_values("", "exp(-1)", "the maximum, at 1/e", "entr"),
    **_values("-0.21723363", "1", "DLMF 10.49.3: the extremum at 4.4934", "sinc", "spherical_bessel_j0"),
    # exact operations
    **_values("-min(abs(x), abs(y))", "min(abs(x), abs(y))", "C23 7.12.10.1", "fmod"),
    **_values("min(0, y)", "max(0, y)", "numpy.remainder: the sign of the divisor", "remainder"),
    **_values("-1", "1", "x less its integer part", "frac"),
    **_alike(_SIGN, "sign", "gammasgn"),
    **_values("0", "1", "0 or 1", "signbit", "isclose", "in_top_k", "one_hot", "less", "less_equal", "greater", "greater_equal", "equal",
              "not_equal"),
    **_values("min(0, y)", "max(1, y)", "0, y or 1", "heaviside"),
    **_values("low", "high", "clipped", "clip"),
    **_values("min(b)", "max(b)", "clipped", "clip_between"),
    **_values("-128", "127", "8 bits", "cast_int8", "saturate_cast_int8"),
    **_values("0", "255", "8 bits", "cast_uint8", "saturate_cast_uint8"),
    **_values("-32768", "32767", "16 bits", "cast_int16"),
    **_values("-2147483648", "2147483647", "32 bits", "cast_int32", "saturate_cast_int32"),
    **_values("-65504", "65504", "clipped", "saturate_cast_float16"),
    **_values("(-128 - zero_point) * scale", "(127 - zero_point) * scale", "clipped", "fake_quantize"),
    **_values("-16", "15.875", "clipped", "quantize_and_dequantize"),
    # activations
    **_values("0", "1", "clipped, or 1 / (1 + e^-x)", "sigmoid", "hard_sigmoid", "sparse_sigmoid"),
    **_values("-1", "1", "x / (1 + |x|), clipped", "softsign", "hard_tanh"),
    **_values("0", "6", "clipped", "relu6"),
    **_values("0", "", "clipped", "relu", "crelu", "sparse_plus"),
    **_values("max(x, 0)", "", "log(1 + e^x) is above x and above 0", "softplus", "softplus_beta", "squareplus"),
    **_values("", "min(x, 0)", "-log(1 + e^-x) is below x and below 0", "log_sigmoid"),
    **_values("-alpha", "", "alpha (e^x - 1)", "elu", "celu"),
    **_values("-1.7580994", "", "-1.0507 * 1.67326 (Klambauer et al. 2017)", "selu"),
    **_values("-0.2784646", "", "the minimum, at -1.2785", "silu"),
    **_values("-0.3088402", "", "the minimum, at -1.1924", "mish"),
    **_values("-0.1701", "", "the minimum, at -0.7518; of the approximation at -0.7524", "gelu"),
    **_values("-0.375", "", "the minimum, at -3/2", "hard_swish"),
    **_values("-max(abs(x))", "max(abs(x))", "x times a share", "glu"),
    # special functions
    **_values("-1", "1", "DLMF 7.2.6", "erf"),
    **_values("0", "2", "DLMF 7.2.8", "erfc"),
    **_alike(_PROBABILITY, "ndtr", "gammainc", "gammaincc", "betainc"),
    **_values("", "0", "the logarithm of a probability", "log_ndtr"),
    **_values("0", "", "an integral or a sum of positive terms", "erfcx", "exp1", "expn", "trigamma", "hurwitz_zeta", "beta", "k0", "k1", "k0e",
              "k1e", "gamma_sample_grad", "pochhammer"),
    **_values("", "0", "P(a, x) falls with a", "gammainc_grad_a"),
    **_values("1", "", "a sum whose first term is 1", "riemann_zeta", "i0"),
    **_values("0", "1", "DLMF 10.32.1: e^-x I_0 is an average of e^(x (cos t - 1))", "i0e"),
    **_values("-1", "1", "DLMF 10.14.1, 10.32.3", "bessel_jn", "i1e"),
    **_values("-0.4027594", "1", "the extremum at 3.8317 (DLMF 10.21)", "bessel_j0"),
    **_values("-0.58186523", "0.58186523", "the extremum at 1.8412 (DLMF 10.21)", "bessel_j1"),
    **_values("", "0.52078642", "the maximum at 2.1971 (DLMF 10.21)", "bessel_y0"),
    **_values("", "0.41672992", "the maximum at 3.6830 (DLMF 10.21)", "bessel_y1"),
    **_values("-0.41901549", "0.53565666", "the extrema at -3.2482 and -1.0188 (DLMF 9.9)", "airy_ai"),
    **_values("-0.54104423", "0.54104423", "DLMF 7.8: the maximum at 0.9241", "dawsn"),
    **_values("-1.8519371", "1.8519371", "the maximum at pi (DLMF 6.16)", "sine_integral"),
    **_values("", "0.47200066", "the maximum at pi/2", "cosine_integral"),
    **_values("-0.71397222", "0.71397222", "the maximum at sqrt(2)", "fresnel_sin"),
    **_values("-0.77989341", "0.77989341", "the maximum at 1", "fresnel_cos"),
    **_values("", "pi * pi / 6", "DLMF 25.12: its value at 0", "spence"),
    **_values("-0.12148630", "", "the minimum at 1.4616 (DLMF 5.4(iii))", "loggamma"),
    **_values("0.8856031", "", "the minimum at 0.4616 (DLMF 5.4(iii))", "factorial"),
    # vectors
    **_alike(_SHARE, "softmax", "softmin", "masked_softmax", "partial_softmax", "sparsemax"),
    **_values("", "0", "the logarithm of a share", "log_softmax"),
    **_values("max(x)", "", "each power is less than the sum", "logsumexp"),
    **_values("", "max(x)", "a mean is not above the greatest number", "logmeanexp"),
    **_values("-1", "1", "Cauchy and Schwarz", "cosine_similarity", "correlation"),
    **_values("-1", "1", "no number of a vector is larger than its norm", "normalize", "unit_vector", "unit_norm"),
    **_values("-abs(g)", "abs(g)", "no number of a vector is larger than its norm", "weight_norm"),
    **_values("-clip_norm", "clip_norm", "no number of a vector is larger than its norm", "clip_by_norm", "clip_by_global_norm"),
    **_values("-max_norm", "max_norm", "no number of a vector is larger than its norm", "clip_grad_norm"),
    **_values("-maxnorm", "maxnorm", "no number of a vector is larger than its norm", "renorm"),
    **_values("-max_value", "max_value", "no number of a vector is larger than its norm", "max_norm"),
    **_values("-sqrt(length - 1)", "sqrt(length - 1)", "Samuelson 1968: within sqrt(n - 1) deviations of the mean", "layer_norm", "batch_norm",
              "instance_norm", "group_norm", "standardize"),
    **_values("-max(abs(w)) * sqrt(length - 1) - max(abs(b))", "max(abs(w)) * sqrt(length - 1) + max(abs(b))",
              "Samuelson 1968: within sqrt(n - 1) deviations of the mean", "layer_norm_affine"),
    **_values("-sqrt(h * l - 1)", "sqrt(h * l - 1)", "Samuelson 1968: within sqrt(n - 1) deviations of the mean",
              "per_image_standardization"),
    **_values("-sqrt(length)", "sqrt(length)", "no number of a vector is larger than its norm", "rms_norm"),
    **_values("-max(abs(w)) * sqrt(length)", "max(abs(w)) * sqrt(length)", "no number of a vector is larger than its norm", "rms_norm_weighted"),
    **_values("-max(abs(x))", "max(abs(x))", "divided by 1 or more", "local_response_norm"),
    **_values("max(abs(x))", "", "no number of a vector is larger than its norm, of any order", "norm"),
    **_values("max(abs(a))", "length * length * max(abs(a))", "no number of a matrix is larger than its norm", "matrix_norm"),
    **_values("1", "", "||A|| ||A^-1|| >= ||I||", "cond"),
    **_values("0", "", "a sum of squares or of magnitudes, or a root of one", "var", "std", "standard_error", "weighted_variance", "nanvar", "nanstd",
              "var_complex", "std_complex", "norm_complex", "global_norm", "sum_of_squares", "svdvals", "total_variation",
              "abs_complex", "ptp", "euclidean_distance", "squared_euclidean_distance", "minkowski_distance", "chebyshev_distance",
              "pairwise_distance", "cdist", "pdist", "squared_distances"),
    # averages and order statistics
    **_alike(_MEAN, "mean", "average", "median", "lower_median", "quantile", "amax", "amin", "sort", "sort_descending", "top_k", "kth_smallest",
             "cummax", "cummin", "nanmean", "nanmedian", "lower_nanmedian", "nanquantile", "nanmax", "nanmin", "max_pool1d", "max_pool1d_same",
             "max_pool2d", "adaptive_max_pool1d", "avg_pool1d", "avg_pool2d", "adaptive_avg_pool1d", "adaptive_avg_pool2d", "geomspace"),
    **_alike(_WITHIN, "avg_pool1d_same", "upsample_linear", "upsample_bilinear", "downsample_linear", "grid_sample", "map_coordinates",
             "gaussian_blur", "segment_mean", "linspace"),
    **_values("-max(abs(fp))", "max(abs(fp))", "an average of two of fp", "interp"),
    **_values("-max(abs(v))", "max(abs(v))", "an average of values, whose weights are shares", "attention", "attention_scaled", "attention_causal",
              "attention_biased", "attention_masked", "additive_attention"),
    **_values("0", "", "a power of 10", "logspace"),
    # counts and places
    **_values("0", "length - 1", "a place", "argmax", "argmin", "argsort", "argsort_descending", "top_k_indices"),
    **_values("0", "length", "a count", "searchsorted", "histogram", "histogram_fixed_width", "bincount", "count_nonzero"),
    **_values("1", "length", "a rank", "rank_data"),
    # losses: sums of terms that are not negative
    **_alike(_NOT_NEGATIVE, "mse", "mae", "l1_loss", "huber", "smooth_l1", "log_cosh", "hinge", "squared_hinge", "categorical_hinge",
             "margin_ranking", "soft_margin", "multi_margin", "multilabel_margin", "triplet_margin", "binary_cross_entropy",
             "binary_cross_entropy_with_logits", "weighted_binary_cross_entropy", "binary_focal_with_logits", "sparse_cross_entropy", "mape", "msle"),
    **_values("", "2", "1 less a cosine", "cosine_embedding"),
    **_values("", "1", "2 a b <= a + b for shares", "dice_loss", "ssim"),
    # cells and windows
    "lstm_cell": (Range("-1", "1", "a share of a tanh", before="u"), Range("-max(abs(c)) - 1", "max(abs(c)) + 1", "two shares", since="u")),
    **_values("-max(1, max(abs(h)))", "max(1, max(abs(h)))", "an average of a tanh and the state", "gru_cell"),
    **_values("-max(abs(x))", "max(abs(x))", "a window of numbers from 0 to 1", "hann_window", "hamming_window", "bartlett_window", "cosine_window",
              "exponential_window", "gaussian_window", "kaiser_window", "kaiser_bessel_derived_window", "vorbis_window"),
    **_values("-1", "1", "of columns of length 1", "qr_orthogonal"),
    # images
    **_values("0", "1", "a share", "rgb_to_hsv", "hsv_to_rgb", "adjust_saturation", "adjust_hue", "adjust_gamma"),
    # distributions, beside what their names say
    **_values("0", "log(2)", "the entropy of two outcomes", "bernoulli_entropy", "bernoulli_logits_entropy"),
    **_values("", "log(length)", "the entropy of n outcomes", "categorical_logits_entropy"),
    **_values("0", "0.25", "Popoviciu 1935, on [0, 1]", "beta_variance", "dirichlet_variance"),
    **_values("0", "1", "1 less a mean of cosines (Mardia and Jupp 2000, 2.3)", "von_mises_variance"),
    **_values("0", "1", "the mean of a distribution on [0, 1]", "beta_mean", "kumaraswamy_mean", "continuous_bernoulli_mean"),
    **_values("0", "", "the mean of a distribution on [0, inf)", "lognormal_mean", "weibull_mean"),
    **_values("0", "1 / (scale * sqrt(2 * pi))", "the density at the mode", "normal_pdf"),
    **_values("0", "1 / (scale * pi)", "the density at the mode", "cauchy_pdf"),
    **_values("0", "1 / (2 * scale)", "the density at the mode", "laplace_pdf"),
    **_values("0", "1 / (4 * scale)", "the density at the mode", "logistic_pdf"),
    **_values("0", "exp(-1) / scale", "the density at the mode", "gumbel_r_pdf", "gumbel_l_pdf"),
    **_values("0", "1 / scale", "the density at the mode", "expon_pdf"),
    # complex functions: [real, imaginary] parts of principal values (DLMF 4.2, 4.23, 4.37)
    "angle": (Range("-pi", "pi", "DLMF 1.9.7"),),
    "sign_complex": (Range("-1", "1", "of modulus 1"),),
    "sqrt_complex": (Range("0", "", "DLMF 4.2", outputs=(0,)),),
    "log_complex": (Range("-pi", "pi", "DLMF 4.2(i)", outputs=(1,)),),
    "log1p_complex": (Range("-pi", "pi", "DLMF 4.2(i)", outputs=(1,)),),
    "asin_complex": (Range("-pi/2", "pi/2", "DLMF 4.23(ii)", outputs=(0,)),),
    "acos_complex": (Range("0", "pi", "DLMF 4.23(ii)", outputs=(0,)),),
    "atan_complex": (Range("-pi/2", "pi/2", "DLMF 4.23(ii)", outputs=(0,)),),
    "asinh_complex": (Range("-pi/2", "pi/2", "DLMF 4.37(ii)", outputs=(1,)),),
    "acosh_complex": (Range("0", "", "DLMF 4.37(ii)", outputs=(0,)), Range("-pi", "pi", "DLMF 4.37(ii)", outputs=(1,))),
    "atanh_complex": (Range("-pi/2", "pi/2", "DLMF 4.37(ii)", outputs=(1,)),),
    "polar": (Range("-r", "r", "of modulus r"),),
}  # fmt: skip

#: First derivatives of elementwise ops.
SLOPES: dict[str, tuple[Range, ...]] = {
    "sigmoid": (_slopes("0", "0.25", "s (1 - s)"),),
    "tanh": (_slopes("0", "1", "1 - tanh^2"),),
    "sin": (_slopes("-1", "1", "cos"),),
    "cos": (_slopes("-1", "1", "-sin"),),
    "tan": (_slopes("1", "", "1 + tan^2"),),
    "sinh": (_slopes("1", "", "cosh"),),
    "asin": (_slopes("1", "", "1 / sqrt(1 - x^2)"),),
    "acos": (_slopes("", "-1", "-1 / sqrt(1 - x^2)"),),
    "atan": (_slopes("0", "1", "1 / (1 + x^2)"),),
    "asinh": (_slopes("0", "1", "1 / sqrt(1 + x^2)"),),
    "atanh": (_slopes("1", "", "1 / (1 - x^2)"),),
    "erf": (_slopes("0", "2 / sqrt(pi)", "DLMF 7.10.1"),),
    "erfc": (_slopes("-2 / sqrt(pi)", "0", "DLMF 7.10.1"),),
    "erfinv": (_slopes("sqrt(pi) / 2", "", "the least slope is that at 0"),),
    "logit": (_slopes("4", "", "1 / (x (1 - x))"),),
    "ndtr": (_slopes("0", "1 / sqrt(2 * pi)", "the normal density"),),
    "softplus": (_slopes("0", "1", "the sigmoid"),),
    "softplus_beta": (_slopes("0", "1", "the sigmoid"),),
    "log_sigmoid": (_slopes("0", "1", "the sigmoid"),),
    "squareplus": (_slopes("0", "1", "(1 + x / sqrt(x^2 + b)) / 2"),),
    "softsign": (_slopes("0", "1", "1 / (1 + |x|)^2"),),
    "silu": (_slopes("-0.0998393", "1.0998394", "the extrema at -2.3994 and 2.3994"),),
    "hard_sigmoid": (_slopes("0", "1 / 6", "0 or 1/6"),),
    "elu": (_slopes("0", "max(1, alpha)", "1, or alpha e^x"),),
    "celu": (_slopes("0", "1", "1, or e^(x / alpha)"),),
    "hypot": (_slopes("-1", "1", "a cosine"),),
    "logaddexp": (_slopes("0", "1", "a share"),),
    "logaddexp2": (_slopes("0", "1", "a share"),),
    "log_cosh": (_slopes("-1", "1", "tanh"),),
    "smooth_l1": (_slopes("-1", "1", "clipped"),),
    "huber": (_slopes("-delta", "delta", "clipped"),),
    "binary_cross_entropy_with_logits": (_slopes("-1", "1", "the difference of two probabilities", (0,)),),
    "soft_margin": (_slopes("-1", "1", "a probability with a sign"),),
    **dict.fromkeys(("relu", "relu6", "hard_tanh", "maximum", "minimum", "clip"), (_slopes("0", "1", "0 or 1, at a tie between them"),)),
    **dict.fromkeys(("abs", "l1_loss"), (_slopes("-1", "1", "a sign"),)),
    **dict.fromkeys(("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "acosh", "log_ndtr"), (_RISES,)),
    **dict.fromkeys(("reciprocal", "rsqrt", "erfcx", "erfcinv"), (_FALLS,)),
    "ndtri": (_RISES,),
}  # fmt: skip


def ranges_of(name: str, differentiable: Sequence[str]) -> tuple[Range, ...]:
    """The ranges of the catalogue's op of that name. differentiable: the inputs that its slopes are by, in order."""
    values, slopes = VALUES.get(name, ()), SLOPES.get(name, ())
    for ending, usual, slope in _BY_ENDING:
        if name.endswith(ending):
            values = values or (usual,)
            slopes = slopes or _by_input(slope, "x", differentiable)
            break
    if name.startswith("kl_") and name not in (*_ROUNDED, "kl_div", "kl_div_from_log", "kl_divergence_clipped"):
        values = values or (_DIVERGENCE,)
    stem, _, ending = name.rpartition("_")
    if ending in ("ppf", "isf"):
        low, high = _SUPPORT.get(stem, ("", ""))
        values = (Range(low, high, "the support of the distribution"),) if low or high else ()
        slopes = _by_input(_RISES if ending == "ppf" else _FALLS, "q", differentiable)
    return (*values, *slopes)


def _by_input(slope: Range | None, name: str, differentiable: Sequence[str]) -> tuple[Range, ...]:
    if slope is None or name not in differentiable:
        return ()
    return (Range(slope.low, slope.high, slope.source, "slope", (list(differentiable).index(name),)),)
