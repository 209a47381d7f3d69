"""What the frameworks' public callables are that the catalogue leaves out, and why; see ulpfuzz.fuzzer.catalog.coverage.

Names are shell patterns within a module. A reason is one of REASONS. Nothing that computes with floats stands here: that is covered, an
alias, or missing.
"""

from __future__ import annotations

#: Why a callable is no op, in a few words that close the list.
REASONS = {
    "shape only": "moves, copies, selects or reinterprets elements, and changes none",
    "integer only": "works on integers, indices or truth values",
    "random": "draws random numbers",
    "input/output": "reads, writes, prints or converts data",
    "control flow": "calls the functions that it is given, or decides about them",
    "deprecated alias": "kept for old programs beside a call that is listed, or its form for one layout, type or vendor",
    "device or graph management": "types, devices, threads, modes, graphs, collective communication",
}

EXCLUDED: dict[str, dict[str, str]] = {
    "torch": {
        "shape only": """
            adjoint alias_copy argwhere as_strided* as_tensor asarray atleast_* block_diag broadcast_* cartesian_prod cat
            ccol_indices_copy channel_shuffle chunk clone col_indices_copy column_stack combinations complex concat concatenate
            conj_physical* constant_pad_nd crow_indices_copy detach* diag diag_embed diagflat diagonal* dsplit dstack embedding
            empty* expand_copy eye fill fill_ flatten flip fliplr flipud full full_like gather hsplit hstack imag index_copy
            index_fill index_put index_put_ index_select indices_copy masked_fill masked_scatter masked_select meshgrid moveaxis
            movedim narrow* native_channel_shuffle nonzero* numel ones ones_like permute* pixel_shuffle pixel_unshuffle put ravel
            real repeat_interleave reshape resize_as_* resolve_conj resolve_neg roll rot90 row_indices_copy row_stack scalar_tensor
            scatter select* slice_* sparse_*_tensor split* squeeze* stack swapaxes swapdims t t_copy take take_along_dim tensor
            tensor_split tile transpose* tril triu unbind* unflatten unfold_copy unsafe_* unsqueeze* values_copy view_* vsplit
            vstack where zero_ zeros zeros_like""",
        "integer only": """
            all allclose any bincount bitwise_* can_cast count_nonzero equal gcd gcd_ hash_tensor int_repr is_* isclose isfinite
            isin isinf isnan isneginf isposinf isreal lcm lcm_ logical_* promote_types q_per_channel_* q_scale q_zero_point
            result_type tril_indices triu_indices unique_consecutive unravel_index""",
        "random": """
            alpha_dropout* bernoulli binomial dropout* feature_* get_rng_state initial_seed manual_seed multinomial native_dropout
            normal poisson rand* seed set_rng_state""",
        "input/output": """
            fork from_file from_numpy frombuffer import_ir_module* load parse_* save set_printoptions typename wait""",
        "control flow": "compile cond vmap",
        "deprecated alias": """
            *_ affine_grid_generator batch_norm_* chain_matmul cholesky choose_qparams_optimized clamp_max* clamp_min* conv_tbc
            convolution cudnn_* dsmm embedding_renorm_ fbgemm_* frobenius_norm fused_moving_avg_obs_fake_quant ger grid_sampler*
            hsmm hspmm lobpcg lu_solve max_pool1d_with_indices miopen_* mkldnn_* msort mvlgamma native_batch_norm native_group_norm
            native_layer_norm native_norm norm_except_dim nuclear_norm orgqr pinverse qr quantize_per_tensor_dynamic quantized_*
            range rsub saddmm smm spmm sspaddmm svd trapz triangular_solve""",
        "device or graph management": """
            are_deterministic* autocast* clear_autocast_cache empty_quantized enable_grad get_* inference_mode init_num_threads
            is_warn_always_enabled merge_type_from_type_comment no_grad set_* sym_* thread_safe_generator unify_type_list
            use_deterministic_algorithms""",
    },
    "torch.nn.functional": {
        "shape only": """
            channel_shuffle embedding fold max_unpool* native_channel_shuffle one_hot pad pixel_shuffle pixel_unshuffle unfold""",
        "integer only": "assert_int_or_pair",
        "random": "*dropout* fractional_* gumbel_softmax",
        "control flow": "boolean_dispatch handle_torch_function has_torch_function*",
        "deprecated alias": """
            *_ *_with_indices adaptive_max_pool1d_with_indices conv_tbc grouped_mm scaled_grouped_mm scaled_mm upsample*""",
        "device or graph management": "embedding_bag multi_head_attention_forward",
    },
    "torch.linalg": {
        "shape only": "diagonal",
        "integer only": "matrix_rank",
        "deprecated alias": "cholesky_ex inv_ex ldl_factor_ex lu_factor_ex solve_ex",
    },
    "torch.fft": {
        "shape only": "fftshift ifftshift",
    },
    "torch.distributions": {
        "control flow": "biject_to identity_transform register_kl transform_to",
    },
    "tf.math": {
        "integer only": """
            argmax argmin bincount confusion_matrix count_nonzero in_top_k invert_permutation is_* logical_* reduce_all reduce_any
            zero_fraction""",
        "shape only": "conj imag real",
        "random": "sobol_sample",
        "deprecated alias": "accumulate_n approx_max_k approx_min_k scalar_mul",
    },
    "tf.nn": {
        "shape only": "depth_to_space embedding_lookup space_to_batch space_to_depth with_space_to_batch",
        "integer only": """
            collapse_repeated compute_accidental_hits ctc_*_decoder ctc_unique_labels in_top_k zero_fraction""",
        "random": "*candidate_sampler dropout fractional_* nce_loss sampled_softmax_loss",
        "deprecated alias": """
            approx_* atrous_* batch_norm_with_global_normalization conv_transpose convolution depthwise_conv2d_backprop_*
            embedding_lookup_sparse lrn max_pool_with_argmax pool safe_embedding_lookup_sparse swish""",
        "device or graph management": "RNNCell* compute_average_loss scale_regularization_loss",
    },
    "tf.linalg": {
        "shape only": """
            adjoint band_part diag diag_part eye matrix_transpose set_diag tensor_diag tensor_diag_part""",
        "integer only": "matrix_rank",
        "device or graph management": "LinearOperator*",
    },
    "tf.signal": {
        "shape only": "fftshift frame ifftshift",
        "control flow": "inverse_stft_window_fn",
    },
    "tf.image": {
        "shape only": """
            central_crop crop_to_bounding_box extract_glimpse extract_patches flip_* grayscale_to_rgb pad_to_bounding_box
            resize_with_crop_or_pad rot90 transpose""",
        "integer only": "*non_max_suppression* generate_bounding_box_proposals",
        "random": "random_* sample_distorted_bounding_box stateless_*",
        "input/output": "adjust_jpeg_quality decode_* draw_bounding_boxes encode_* extract_jpeg_shape is_jpeg",
        "device or graph management": "ResizeMethod",
    },
    "tf.quantization": {
        "shape only": "quantized_concat",
    },
    "tf.keras.losses": {
        "control flow": "get",
        "input/output": "deserialize serialize",
        "device or graph management": "Loss Reduction",
    },
    "tf.keras.activations": {
        "control flow": "get",
        "input/output": "deserialize serialize",
        "shape only": "linear",
    },
    "jax.numpy": {
        "shape only": """
            append array array_split asarray astype atleast_* block broadcast_* choose column_stack compress concat concatenate conj
            conjugate copy delete diag diag_indices* diagflat diagonal dsplit dstack empty* expand_dims extract eye fill_diagonal
            flip fliplr flipud full full_like hsplit hstack identity imag insert ix_ mask_indices matrix_transpose meshgrid moveaxis
            ndim ones ones_like pad permute_dims place put put_along_axis ravel real repeat reshape resize roll rollaxis rot90
            select shape size split squeeze stack swapaxes take take_along_axis tile transpose tri tril trim_zeros triu unstack
            vsplit vstack where zeros zeros_like""",
        "integer only": """
            all allclose any argpartition argwhere array_equal array_equiv bincount bitwise_* can_cast count_nonzero einsum_path
            flatnonzero indices intersect1d invert isclose iscomplex* isdtype isfinite isin isinf isnan isneginf isposinf isreal*
            isscalar issubdtype iterable left_shift lexsort logical_* nonzero packbits partition promote_types ravel_multi_index
            result_type right_shift setdiff1d setxor1d tril_indices* triu_indices* union1d unique* unpackbits unravel_index""",
        "input/output": "array_repr array_str from* get_printoptions load printoptions save savez set_printoptions",
        "control flow": "apply_along_axis apply_over_axes frompyfunc piecewise vectorize",
        "device or graph management": "finfo iinfo",
    },
    "jax.numpy.linalg": {
        "shape only": "diagonal matrix_transpose",
        "integer only": "matrix_rank",
    },
    "jax.lax": {
        "shape only": """
            axis_* bitcast_convert_type broadcast* broadcasted_iota collapse complex concatenate conj conv_dimension_numbers
            conv_general_dilated_patches conv_general_permutations conv_general_shape_tuple conv_shape_tuple
            conv_transpose_shape_tuple convert_element_type dynamic_* empty expand_dims full full_like gather imag index_* iota pad
            padtype_to_pads real reduce_window_shape_tuple reshape rev scatter scatter_apply select select_n shape_as_value slice*
            split squeeze stack tile transpose unstack""",
        "integer only": """
            argmax argmin bitwise_* clz is_finite mulhi population_count reduce_and reduce_or reduce_xor shift_*""",
        "random": "rng_*",
        "control flow": """
            associative_scan composite cond custom_linear_solve custom_root dce_sink fori_loop map platform_dependent reduce scan
            stage switch while_loop""",
        "deprecated alias": "approx_* conv_general_dilated_local conv_with_general_padding ragged_dot* scaled_dot",
        "device or graph management": """
            DotDimensionNumbers after_all all_gather all_to_all create_token dtype optimization_barrier pbroadcast pcast pmax pmean
            pmin ppermute precv psend pshuffle psum psum_scatter pswapaxes ragged_all_to_all stop_gradient with_sharding_constraint""",
    },
    "jax.nn": {
        "shape only": "identity one_hot",
        "device or graph management": "get_scaled_dot_general_config scaled_dot_general scaled_matmul",
    },
    "jax.scipy.stats": {
        "integer only": "mode rankdata",
    },
    "jax.scipy.linalg": {
        "shape only": "block_diag circulant companion convolution_matrix fiedler* hankel helmert toeplitz",
        "integer only": "hadamard invhilbert invpascal leslie pascal",
        "control flow": "funm",
    },
    "jax.numpy.fft": {
        "shape only": "fftshift ifftshift",
    },
}  # fmt: skip

#: Calls that run the code of another one, or compute what it does by a name that frameworks keep beside it.
ALIASES: dict[str, str] = {
    "jax.lax.dot": "jax.numpy.dot",
    "jax.lax.dot_general": "jax.numpy.matmul",
    "jax.lax.reduce_max": "jax.numpy.max",
    "jax.lax.reduce_min": "jax.numpy.min",
    "jax.lax.reduce_prod": "jax.numpy.prod",
    "jax.lax.reduce_sum": "jax.numpy.sum",
    "jax.lax.scatter_add": "jax.ops.segment_sum",
    "jax.lax.scatter_mul": "jax.ops.segment_prod",
    "jax.numpy.absolute": "jax.numpy.abs",
    "jax.numpy.acos": "jax.numpy.arccos",
    "jax.numpy.acosh": "jax.numpy.arccosh",
    "jax.numpy.amax": "jax.numpy.max",
    "jax.numpy.amin": "jax.numpy.min",
    "jax.numpy.around": "jax.numpy.round",
    "jax.numpy.asin": "jax.numpy.arcsin",
    "jax.numpy.asinh": "jax.numpy.arcsinh",
    "jax.numpy.atan": "jax.numpy.arctan",
    "jax.numpy.atan2": "jax.numpy.arctan2",
    "jax.numpy.atanh": "jax.numpy.arctanh",
    "jax.numpy.degrees": "jax.numpy.rad2deg",
    "jax.numpy.linalg.matmul": "jax.numpy.matmul",
    "jax.numpy.linalg.tensordot": "jax.numpy.tensordot",
    "jax.numpy.linalg.trace": "jax.numpy.trace",
    "jax.numpy.mod": "jax.numpy.remainder",
    "jax.numpy.pow": "jax.numpy.power",
    "jax.numpy.radians": "jax.numpy.deg2rad",
    "jax.numpy.true_divide": "jax.numpy.divide",
    "tf.keras.activations.tanh": "tf.math.tanh",
    "tf.keras.losses.BinaryCrossentropy": "tf.keras.losses.binary_crossentropy",
    "tf.keras.losses.BinaryFocalCrossentropy": "tf.keras.losses.binary_focal_crossentropy",
    "tf.keras.losses.CTC": "tf.keras.losses.ctc",
    "tf.keras.losses.CategoricalCrossentropy": "tf.keras.losses.categorical_crossentropy",
    "tf.keras.losses.CategoricalFocalCrossentropy": "tf.keras.losses.categorical_focal_crossentropy",
    "tf.keras.losses.CategoricalGeneralizedCrossEntropy": "tf.keras.losses.categorical_generalized_cross_entropy",
    "tf.keras.losses.CategoricalHinge": "tf.keras.losses.categorical_hinge",
    "tf.keras.losses.Circle": "tf.keras.losses.circle",
    "tf.keras.losses.CosineSimilarity": "tf.keras.losses.cosine_similarity",
    "tf.keras.losses.Dice": "tf.keras.losses.dice",
    "tf.keras.losses.Hinge": "tf.keras.losses.hinge",
    "tf.keras.losses.Huber": "tf.keras.losses.huber",
    "tf.keras.losses.KLDivergence": "tf.keras.losses.KLD",
    "tf.keras.losses.LogCosh": "tf.keras.losses.logcosh",
    "tf.keras.losses.MeanAbsoluteError": "tf.keras.losses.MAE",
    "tf.keras.losses.MeanAbsolutePercentageError": "tf.keras.losses.MAPE",
    "tf.keras.losses.MeanSquaredError": "tf.keras.losses.MSE",
    "tf.keras.losses.MeanSquaredLogarithmicError": "tf.keras.losses.MSLE",
    "tf.keras.losses.Poisson": "tf.keras.losses.poisson",
    "tf.keras.losses.SparseCategoricalCrossentropy": "tf.keras.losses.sparse_categorical_crossentropy",
    "tf.keras.losses.SquaredHinge": "tf.keras.losses.squared_hinge",
    "tf.keras.losses.Tversky": "tf.keras.losses.tversky",
    "tf.linalg.einsum": "tf.einsum",
    "tf.linalg.norm": "tf.norm",
    "tf.linalg.tensordot": "tf.tensordot",
    "tf.math.bessel_i0": "tf.math.special.bessel_i0",
    "tf.math.bessel_i0e": "tf.math.special.bessel_i0e",
    "tf.math.bessel_i1": "tf.math.special.bessel_i1",
    "tf.math.bessel_i1e": "tf.math.special.bessel_i1e",
    "tf.math.truediv": "tf.math.divide",
    "tf.nn.avg_pool": "tf.nn.avg_pool2d",
    "tf.nn.max_pool": "tf.nn.max_pool2d",
    "torch.absolute": "torch.abs",
    "torch.adaptive_max_pool1d": "torch.nn.functional.adaptive_max_pool1d",
    "torch.arccos": "torch.acos",
    "torch.arccosh": "torch.acosh",
    "torch.arcsin": "torch.asin",
    "torch.arcsinh": "torch.asinh",
    "torch.arctan": "torch.atan",
    "torch.arctan2": "torch.atan2",
    "torch.arctanh": "torch.atanh",
    "torch.batch_norm": "torch.nn.functional.batch_norm",
    "torch.binary_cross_entropy_with_logits": "torch.nn.functional.binary_cross_entropy_with_logits",
    "torch.celu": "torch.nn.functional.celu",
    "torch.clip": "torch.clamp",
    "torch.cosine_embedding_loss": "torch.nn.functional.cosine_embedding_loss",
    "torch.ctc_loss": "torch.nn.functional.ctc_loss",
    "torch.dequantize": "torch.quantize_per_tensor",
    "torch.divide": "torch.div",
    "torch.greater": "torch.gt",
    "torch.greater_equal": "torch.ge",
    "torch.group_norm": "torch.nn.functional.group_norm",
    "torch.hinge_embedding_loss": "torch.nn.functional.hinge_embedding_loss",
    "torch.igamma": "torch.special.gammainc",
    "torch.igammac": "torch.special.gammaincc",
    "torch.instance_norm": "torch.nn.functional.instance_norm",
    "torch.inverse": "torch.linalg.inv",
    "torch.kl_div": "torch.nn.functional.kl_div",
    "torch.layer_norm": "torch.nn.functional.layer_norm",
    "torch.less": "torch.lt",
    "torch.less_equal": "torch.le",
    "torch.margin_ranking_loss": "torch.nn.functional.margin_ranking_loss",
    "torch.max_pool1d": "torch.nn.functional.max_pool1d",
    "torch.max_pool2d": "torch.nn.functional.max_pool2d",
    "torch.multiply": "torch.mul",
    "torch.negative": "torch.neg",
    "torch.nn.functional.sigmoid": "torch.sigmoid",
    "torch.nn.functional.tanh": "torch.tanh",
    "torch.not_equal": "torch.ne",
    "torch.poisson_nll_loss": "torch.nn.functional.poisson_nll_loss",
    "torch.rrelu": "torch.nn.functional.rrelu",
    "torch.selu": "torch.nn.functional.selu",
    "torch.special.gammaln": "torch.lgamma",
    "torch.special.psi": "torch.special.digamma",
    "torch.subtract": "torch.sub",
    "torch.threshold": "torch.nn.functional.threshold",
    "torch.triplet_margin_loss": "torch.nn.functional.triplet_margin_loss",
    "torch.true_divide": "torch.div",
}

#: Calls that compute with floats and are not in the catalogue yet, by the reason.
_MISSING: dict[str, str] = {
    "a reduction or scatter in another form of what is covered": """
        jax.lax.scatter_max jax.lax.scatter_min jax.lax.scatter_sub jax.lax.sort_key_val jax.numpy.nanargmax jax.numpy.nanargmin
        jax.numpy.sort_complex tf.math.segment_max tf.math.segment_mean tf.math.segment_min tf.math.segment_prod
        tf.math.unsorted_segment_max tf.math.unsorted_segment_min torch.embedding_bag torch.index_reduce""",
    "exact multiples of a step: a range without an input": """
        jax.numpy.arange jax.numpy.fft.fftfreq jax.numpy.fft.rfftfreq jax.scipy.linalg.dft jax.scipy.linalg.hilbert
        jax.scipy.special.bernoulli torch.fft.fftfreq torch.fft.rfftfreq""",
    "a form for more dimensions of what is covered": """
        jax.numpy.fft.ifftn jax.numpy.fft.irfft2 jax.numpy.fft.irfftn jax.numpy.fft.rfft2 jax.numpy.fft.rfftn tf.nn.avg_pool3d
        tf.nn.conv3d_transpose tf.nn.max_pool3d tf.nn.separable_conv2d tf.signal.fft3d tf.signal.fftnd tf.signal.ifft3d
        tf.signal.ifftnd tf.signal.irfft2d tf.signal.irfft3d tf.signal.irfftnd tf.signal.rfft2d tf.signal.rfft3d
        tf.signal.rfftnd torch.conv_transpose3d torch.fft.ifftn torch.fft.irfft2 torch.fft.irfftn torch.fft.rfft2
        torch.fft.rfftn torch.max_pool3d torch.nn.functional.adaptive_avg_pool3d torch.nn.functional.adaptive_max_pool2d
        torch.nn.functional.adaptive_max_pool3d torch.nn.functional.avg_pool3d torch.nn.functional.conv_transpose3d
        torch.nn.functional.lp_pool3d torch.nn.functional.max_pool3d""",
    "counts in more dimensions, or their edges": """
        jax.numpy.histogram2d jax.numpy.histogram_bin_edges jax.numpy.histogramdd torch.histogramdd torch.mode""",
    "eigenvalues and factors without symmetry: no rigorous enclosure yet": """
        jax.numpy.linalg.eig jax.numpy.linalg.eigvals jax.numpy.polyfit jax.numpy.roots jax.scipy.linalg.qr_multiply
        jax.scipy.linalg.rsf2csf jax.scipy.linalg.solve_sylvester tf.linalg.eig tf.linalg.eigvals tf.linalg.logm torch.geqrf
        torch.linalg.eig torch.linalg.eigvals torch.ormqr""",
    "solved or inverted as a matrix of a covered op after a reshape": """
        jax.numpy.linalg.tensorinv jax.numpy.linalg.tensorsolve torch.linalg.tensorinv torch.linalg.tensorsolve""",
    "polynomial arithmetic that is covered by its product and values": """
        jax.numpy.polyadd jax.numpy.polydiv jax.numpy.polysub jax.numpy.unwrap""",
    "no enclosure in the table of special functions yet": """
        jax.scipy.special.owens_t jax.scipy.special.sph_harm_y jax.scipy.special.wofz""",
    "a density or entropy without a definition yet": """
        jax.scipy.stats.bernoulli.ppf jax.scipy.stats.dirichlet.pdf jax.scipy.stats.multinomial.pmf
        jax.scipy.stats.poisson.entropy jax.scipy.stats.uniform.logpdf jax.scipy.stats.uniform.pdf
        torch.distributions.Binomial.entropy torch.distributions.ContinuousBernoulli.entropy
        torch.distributions.Exponential.entropy torch.distributions.GeneralizedPareto.entropy
        torch.distributions.HalfCauchy.entropy torch.distributions.HalfNormal.entropy torch.distributions.LKJCholesky.log_prob
        torch.distributions.LowRankMultivariateNormal.entropy torch.distributions.MixtureSameFamily.cdf
        torch.distributions.MixtureSameFamily.log_prob torch.distributions.Multinomial.entropy
        torch.distributions.OneHotCategorical.entropy torch.distributions.OneHotCategorical.log_prob
        torch.distributions.Wishart.entropy torch.distributions.Wishart.log_prob""",
    "an image op without a definition yet": """
        tf.image.adjust_brightness tf.image.convert_image_dtype tf.image.crop_and_resize tf.image.resize_with_pad
        tf.image.ssim_multiscale""",
    "another storage or algorithm of what is covered": """
        tf.linalg.banded_triangular_solve tf.linalg.lstsq""",
    "an op without a definition yet": """
        tf.nn.isotonic_regression""",
    "a mode of quantisation without a definition yet": """
        tf.quantization.dequantize tf.quantization.fake_quant_with_min_max_vars_per_channel_gradient tf.quantization.quantize
        tf.quantization.quantize_and_dequantize""",
    "a transform without a definition yet": """
        tf.signal.inverse_mdct tf.signal.inverse_stft torch.istft""",
    "a sequence of cells that are covered": """
        torch.gru torch.lstm torch.rnn_relu torch.rnn_tanh""",
}  # fmt: skip
MISSING: dict[str, str] = {name: reason for reason, names in _MISSING.items() for name in names.split()}
