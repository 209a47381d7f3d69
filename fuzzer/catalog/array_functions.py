"""Array functions that round nothing, of every framework by their last name: what moves, selects, creates or converts numbers."""

from __future__ import annotations

#: Functions and methods that move, select, create or convert numbers, by their last name.
MOVES = frozenset([
    "abs", "absolute", "all", "amax", "amin", "any", "arange", "argmax", "argmin", "argsort", "array", "asarray", "ascontiguousarray",
    "assign", "astype", "at", "atleast_1d", "atleast_2d", "bincount", "block_diag", "bool", "broadcast_arrays", "broadcast_tensors",
    "broadcast_to", "build", "cast", "cat", "ceil", "clamp", "clamp_max", "clamp_min", "clip", "clip_by_value", "clone", "complex",
    "concat", "concatenate", "conj", "conjugate", "constant", "contiguous", "convert_element_type", "convert_to_tensor", "copy",
    "copysign", "detach", "diag", "diag_embed", "diag_part", "dequantize", "diagonal", "dict", "double", "ensure_shape", "eq", "equal",
    "eval", "exec", "expand", "expand_as", "expand_dims", "eye", "fill", "fill_diagonal_", "flatten", "flip", "float", "floor",
    "from_numpy", "full", "full_like", "gather", "gather_nd", "ge", "getattr", "greater", "gt", "hstack", "identity", "imag",
    "index_put", "index_select", "int", "isfinite", "isinf", "isnan", "jit", "le", "less", "linspace_", "list", "logical_and",
    "logical_not", "logical_or", "long", "lt", "map", "masked_fill", "matrix_transpose", "max", "maximum", "min", "minimum", "moveaxis",
    "movedim", "ne", "neg", "negative", "new_ones", "new_zeros", "numpy", "one_hot", "ones", "ones_like", "pad", "partial", "permute",
    "range", "ravel", "real", "reduce_max", "reduce_min", "repeat", "reshape", "roll", "round", "scatter", "set", "set_diag", "setattr",
    "shape", "sign", "size", "sort", "split", "split_dims", "squeeze", "stack", "stop_gradient", "swapaxes", "take", "take_along_axis",
    "tensor", "tile", "to", "to_dense", "tolist", "transpose", "tril", "triu", "tuple", "type", "unflatten", "unsqueeze", "unstack",
    "view", "view_as", "view_as_real", "vmap", "vstack", "where", "zeros", "zeros_like", "zip", "__import__",
])  # fmt: skip
#: Of what one call returned they are the reduction that the call itself offers; of a formula they are a step more.
REDUCTIONS = frozenset(["sum", "reduce_sum", "mean", "reduce_mean"])
#: What a shape alone says, whatever the numbers are.
SHAPES = frozenset(["len", "ones_like", "zeros_like", "empty_like", "new_ones", "new_zeros"])
#: Attributes of an array that are none of its numbers.
ABOUT = frozenset(["dtype", "shape", "device", "size", "ndim", "name"])
#: Conversions, which keep a number that the operators before them kept.
CASTS = frozenset(["cast", "to", "astype", "type", "long", "int", "float", "double"])
