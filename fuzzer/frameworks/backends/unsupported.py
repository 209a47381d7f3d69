"""Unsupported: whether an exception says that the framework cannot do this at all, in this mode, order or dtype.

That is a fact about the framework, as a missing function is; it says nothing of numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Types that say so, by module and name, for no framework may be imported here. NotImplementedError is torch's for kernels and
#: derivatives that it lacks and jax's for differentiation rules; UnimplementedError is TensorFlow's.
_TYPES = {
    ("builtins", "NotImplementedError"),
    ("torch._dynamo.exc", "Unsupported"),
    ("torch._inductor.exc", "MissingOperatorWithoutDecomp"),
    ("torch._inductor.exc", "MissingOperatorWithDecomp"),
    ("tensorflow.python.framework.errors_impl", "UnimplementedError"),
}

#: Where the type says nothing, the words that the framework always uses.
_WORDS = re.compile(
    # torch: a kernel, a derivative, a forward derivative
    r"not implemented for '|derivative for .* is not implemented|derivative .* not implemented"
    r"|forward AD .* does not support|does not support (it|forward AD|automatic differentiation)"
    r"|element 0 of tensors does not require grad|Batching rule not implemented for"
    r"|is not differentiable|not differentiable (with respect|w\.?r\.?t|wrt)|Could not run '\w+::\w+'"
    # a function that this version does not have, or has no more, or not with these arguments: the record is misspelt
    r"|module '[\w.]+' has no attribute|cannot import name|No module named|was removed in (the )?\w+|has been removed (in|from)"
    r"|got an unexpected keyword argument|takes \d+ positional arguments? but|missing \d+ required (positional|keyword-only) argument"
    # torch: a call that makes numbers of its own makes them on the CPU
    r"|(to be|must be) on the same device|is not on the expected device"
    # TensorFlow: a gradient, a kernel of XLA, of a device, of a dtype
    r"|[Nn]o gradient defined for operation|Detected unsupported operations when trying to compile graph"
    r"|Second-order gradient for .* not supported|Op type not registered|Gradient not defined for|No gradient function registered"
    r"|gradient registry has no entry for|No registered '\w+' OpKernel|Could not find device for node|is not in the list of allowed values"
    # TensorFlow: a kernel that only oneDNN has, which it uses where the CPU has AVX-512
    r"|CPU implementations do not yet support"
    # TensorFlow: a layer or optimizer that makes its variables in the call cannot be traced
    r"|tf\.function only supports singleton tf\.Variables"
    # jax: rules that a function with derivatives of its own does not have, loops that run backwards
    r"|can't apply forward-mode (differentiation|autodiff)|does not support (reverse|forward)-mode|do(es)? not support JVP"
    r"|[Nn]on-differentiable|cannot be differentiated|gradient with respect to .* not supported|JVP not implemented"
    r"|(Evaluation|[Tt]ranslation|[Bb]atching) rule .* not (implemented|found)|Reverse-mode differentiation does not work for"
    r"|[Dd]ifferentiation rule .* not implemented|Transpose rule .* not implemented"
)


def unsupported(error: BaseException) -> bool:
    """Whether this exception, or one that it was raised from, says that the framework cannot do what was requested."""
    return any(_says_so(cause) for cause in _causes(error))


def _says_so(error: BaseException) -> bool:
    names = {(cls.__module__, cls.__name__) for cls in type(error).__mro__}
    text = str(error)
    return bool(names & _TYPES) or text.startswith("Unsupported") or _WORDS.search(text) is not None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and those beneath it; torch's compiler keeps what its passes raised as inner_exception."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        cause = left.pop()
        if cause is not None and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            left += [cause.__cause__, getattr(cause, "inner_exception", None)]
