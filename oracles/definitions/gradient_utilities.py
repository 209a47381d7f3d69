"""What training does to gradients: norms over several tensors, and clipping by them. x and y are the gradients of two parameters."""

from __future__ import annotations

from ulpfuzz.oracles.arithmetic.protocol import Arithmetic, N, Vector
from ulpfuzz.oracles.definitions import define
from ulpfuzz.oracles.definitions.reductions import norm


@define("clip_by_norm")
def clip_by_norm(m: Arithmetic[N], x: Vector[N], clip_norm: float = 1.0) -> Vector[N]:
    """x clip_norm / max(||x||, clip_norm); tf.clip_by_norm."""
    most = m.num(clip_norm)
    factor = most / m.max([norm(m, x), most])
    return [v * factor for v in x]


@define("global_norm")
def global_norm(m: Arithmetic[N], x: Vector[N], y: Vector[N], ord: float = 2) -> N:
    """The norm of all numbers together; tf.linalg.global_norm."""
    return norm(m, [*x, *y], ord)


@define("clip_by_global_norm")
def clip_by_global_norm(m: Arithmetic[N], x: Vector[N], y: Vector[N], clip_norm: float = 1.0) -> Vector[N]:
    """clip_by_norm of all numbers together; Pascanu et al., 2012; tf.clip_by_global_norm."""
    result: Vector[N] = clip_by_norm(m, [*x, *y], clip_norm)
    return result


@define("clip_grad_norm")
def clip_grad_norm(m: Arithmetic[N], x: Vector[N], y: Vector[N], max_norm: float = 1.0, norm_type: float = 2) -> Vector[N]:
    """Times min(1, max_norm / (norm + 1e-6)); torch.nn.utils.clip_grad_norm_, whose source adds 1e-6."""
    factor = m.min([m.num(1), m.num(max_norm) / (norm(m, [*x, *y], norm_type) + m.num(1e-6))])
    return [v * factor for v in [*x, *y]]
