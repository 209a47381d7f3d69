"""Everyday inputs: what numbers of each kind look like where frameworks are used, as data with sources. Data only; `inputs.everyday` draws them.

A kind of input (an activation, a logit, a scale) has a mixture of laws and a range: the numbers that count as everyday ones. Zero is an
everyday number of every kind whose domain holds it. What kind an input is of follows from its record; `Input.everyday` says it where that
would be wrong.
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

from ulpfuzz.fuzzer.catalog.axes import Sizes
from ulpfuzz.fuzzer.catalog.op import Input, Op
from ulpfuzz.fuzzer.errors import UserError

#: normal: mean a, deviation b. uniform: between a and b. lognormal: exp of a normal of mean a, deviation b. loguniform: exp of a uniform between log
#: a and log b. signed_lognormal: the same with a sign of either kind. poisson: counts whose mean is loguniform between a and b. levels: k / b for
#: k = 0 to b. domain: uniform over the input's own domain.
LawName = Literal[
    "normal", "uniform", "lognormal", "loguniform", "signed_lognormal", "signed_loguniform", "poisson", "levels", "sigmoid", "domain"
]  # fmt: skip


@dataclass(frozen=True)
class Law:
    """A part of a mixture."""

    name: LawName
    a: float = 0.0
    b: float = 1.0
    weight: float = 1.0

    def __str__(self) -> str:
        return "uniform over the domain" if self.name == "domain" else f"{self.name}({self.a:g}, {self.b:g})"


@dataclass(frozen=True)
class Everyday:
    """What the numbers of one kind of input look like."""

    kind: str
    laws: tuple[Law, ...]
    #: Everyday numbers are zero and those with least <= |x| and low <= x <= high; nearer to zero no user looks.
    least: float
    low: float
    high: float
    source: str

    def __str__(self) -> str:
        return f"{self.kind}: {' or '.join(map(str, self.laws))} ({self.source})"


def _kind(kind: str, source: str, *laws: Law, reach: tuple[float, float], least: float = 2.0**-12) -> tuple[str, Everyday]:
    return kind, Everyday(kind, laws, least, reach[0], reach[1], source)


#: The lengths n of vectors, and the orders of matrices, that everyday inputs have: widths of layers and of vocabularies' shards are powers of two
#: (BERT: 768 = 3 * 256, 3,072; Devlin et al. 2019), images and time series shorter.
VECTOR_LENGTHS, MATRIX_ORDERS = (8, 64, 512, 4096), (4, 8, 16, 64)

EVERYDAY: dict[str, Everyday] = dict([
    _kind("real", "standardised data, and measurements from thousandths to thousands",
          Law("normal", 0, 1, 0.5), Law("normal", 0, 10, 0.25), Law("signed_loguniform", 2.0**-12, 2.0**12, 0.25),
          reach=(-(2.0**12), 2.0**12)),
    _kind("activation", "layer norm gives mean 0 and variance 1 (Ba, Kiros, Hinton 2016); outlier features reach 20 times that, about 60 "
          "(Dettmers et al. 2022, LLM.int8)", Law("normal", 0, 1, 0.7), Law("normal", 0, 4, 0.28), Law("uniform", -60, 60, 0.02),
          reach=(-64, 64)),
    _kind("logit", "logits are capped at 30 to 50 where they are capped (Gemma Team 2024, Gemma 2, section 2)", Law("normal", 0, 2, 0.5),
          Law("normal", 0, 8, 0.5), reach=(-50, 50)),
    _kind("probability", "uniform, and the sigmoid of everyday logits; nearer to 0 and 1 than 1e-7 losses clip (keras.config.epsilon)",
          Law("uniform", 0, 1, 0.5), Law("sigmoid", 0, 3, 0.5), reach=(0, 1), least=1e-7),
    _kind("share", "the softmax of everyday logits: lognormal numbers divided by their sum", Law("lognormal", 0, 2), reach=(0, 1), least=1e-7),
    _kind("weight", "deviation 0.02 (GPT-2, BERT), Glorot uniform sqrt(6 / (in + out)) and He normal sqrt(2 / in) of 8 to 4,096 inputs "
          "(Glorot, Bengio 2010; He et al. 2015)", Law("normal", 0, 0.02, 0.4), Law("uniform", -0.6, 0.6, 0.3), Law("normal", 0, 0.125, 0.3),
          reach=(-4, 4), least=2.0**-20),
    _kind("gradient", "magnitudes of neural gradients are near-lognormal (Chmiel et al. 2020), the whole clipped at norm 1",
          Law("signed_lognormal", math.log(1e-3), 2.0), reach=(-10, 10), least=1e-8),
    _kind("moment", "squares of everyday gradients", Law("lognormal", 2 * math.log(1e-3), 4.0), reach=(0, 100), least=1e-16),
    _kind("image", "k / 255 of 8-bit pixels (torchvision ToTensor)", Law("levels", 0, 255, 0.8), Law("uniform", 0, 1, 0.2), reach=(0, 1),
          least=1e-3),
    _kind("count", "Poisson, of means from 1/2 to 100", Law("poisson", 0.5, 100), reach=(0, 1000), least=1.0),
    _kind("index", "uniform over the indices", Law("domain"), reach=(-math.inf, math.inf), least=1.0),
    _kind("integer", "small whole numbers of either sign", Law("normal", 0, 20, 0.7),
          Law("signed_loguniform", 1, 1000, 0.3), reach=(-1000, 1000), least=1.0),
    _kind("scale", "exp of a standard normal, as scales are parameterised (Kingma, Welling 2014: log-variances); policies clamp the logarithm "
          "at -20 and 2, used ones lie above 1e-3", Law("lognormal", 0, 1), reach=(0, 1e3), least=1e-3),
    _kind("shape", "weakly informative priors of gamma and beta shapes (Gelman 2006): lognormal about 2", Law("lognormal", math.log(2), 1),
          reach=(0, 100), least=0.05),
    _kind("time", "waiting times and other magnitudes, lognormal over three decades", Law("lognormal", 0, 1.5), reach=(0, 2.0**12)),
    _kind("angle", "a turn either way, and positions up to 4,096 as rotary embeddings take (Su et al. 2021)", Law("uniform", -math.pi, math.pi, 0.6),
          Law("normal", 0, 10, 0.2), Law("uniform", 0, 4096, 0.2), reach=(-4096, 4096)),
    _kind("target", "labels 0 and 1, and soft labels between them (Szegedy et al. 2016, label smoothing 0.1)", Law("levels", 0, 1, 0.7),
          Law("uniform", 0, 1, 0.2), Law("levels", 0, 10, 0.1), reach=(0, 1), least=1e-7),
    _kind("domain", "uniform over a narrow domain", Law("domain"), reach=(-math.inf, math.inf)),
])  # fmt: skip

#: Names that say what an input is, of inputs whose domain does not.
_NAMED = {
    **dict.fromkeys(("scale", "scale2", "temperature", "rate", "rate2", "kappa", "var", "v", "diagonal"), "scale"),
    **dict.fromkeys(("logits", "logits2"), "logit"),
    **dict.fromkeys(("w", "w_ih", "w_hh", "b_ih", "b_hh", "theta", "bias"), "weight"),
    **dict.fromkeys(("df", "df1", "df2", "a2", "b2", "k", "n", "s", "c", "beta"), "shape"),
    **dict.fromkeys(("loc", "loc2", "mean", "mean2"), "real"),
}
#: Of optimizers' state: what is updated, by which gradient; their second moments are not negative.
_OPTIMIZERS = {"p": "weight", "g": "gradient", "u": "gradient", "z": "gradient"}
#: Families whose unbounded inputs are one kind.
_FAMILIES = {
    "activations": "activation",
    "normalisation": "activation",
    "attention": "activation",
    "recurrent": "activation",
    "convolution": "activation",
    "products": "activation",
    "losses": "logit",
    "losses_probability": "logit",
    "gradient_utilities": "gradient",
    "quantization": "activation",
    "image": "image",
}
#: Ops of vectors that turn logits into shares.
_OF_LOGITS = ("softmax", "logsumexp", "logmeanexp", "cross_entropy", "logits", "sparsemax")
#: A domain no wider is drawn from uniformly.
NARROW = 64.0
#: Domains of probabilities leave out so much at either end: the least number, or what a method cannot take.
CERTAIN = 2.0**-7


def kind_of(op: Op, spec: Input) -> str:
    """The kind of an input, a key of EVERYDAY: what its record says, else by name, domain, structure and family."""
    if spec.everyday:
        return spec.everyday
    if spec.integers:
        return _integers(spec)
    if spec.structure == "simplex":
        return "share"
    if op.family == "optimizers":
        return "moment" if spec.low >= 0 else _OPTIMIZERS.get(spec.name, "gradient")
    if 0 <= spec.low < CERTAIN and 1 - CERTAIN < spec.high <= 1:
        return "image" if op.family == "image" else "target" if "losses" in op.family and spec.name == "y" else "probability"
    if spec.low >= 0 and math.isinf(spec.high):
        return _NAMED.get(spec.name, "shape" if spec.name in ("a", "b") else "time") if spec.name != "w" else "time"
    if spec.low >= 0 and spec.high > NARROW:  # an end that keeps the truth cheap, of a shape or a magnitude
        return "shape" if spec.name in ("a", "b", "df", "rate") else "time"
    if math.isfinite(spec.low) and math.isfinite(spec.high) and spec.high - spec.low <= NARROW:
        return "domain"
    return _unbounded(op, spec)


def _integers(spec: Input) -> str:
    if spec.high - spec.low <= 64 or spec.name in ("index", "mask", "keep"):
        return "index"
    return "count" if spec.low >= 0 else "integer"


def _unbounded(op: Op, spec: Input) -> str:
    if _NAMED.get(spec.name) in ("logit", "weight"):
        return _NAMED[spec.name]
    if any(word in op.name for word in _OF_LOGITS):
        return "logit"
    return _FAMILIES.get(op.family, "real")


def everyday_of(op: Op, spec: Input) -> Everyday:
    """The kind of an input as data: what was harvested of it (HARVEST), else that of its record. Raises KeyError where the record names a kind that
    there is not, UserError for a file that is no harvest."""
    file = os.environ.get(HARVEST, "")
    return (harvested(file).get((op.name, spec.name)) if file else None) or EVERYDAY[kind_of(op, spec)]


#: Names a file that `ulpfuzz trace --harvest` wrote: its distributions take the place of the usual ones. Worker processes inherit the variable.
HARVEST = "ULPFUZZ_EVERYDAY"


@cache
def harvested(file: str) -> dict[tuple[str, str], Everyday]:
    """The distributions of a harvest by op and input: the laws of all its entries, by how many numbers each stands for. Raises UserError."""
    try:
        told = json.loads(Path(file).read_text(encoding="utf-8"))
        entries = [e for e in told["inputs"] if e["op"]] if told["ulpfuzz_harvest"] == 1 else None
    except (OSError, ValueError, KeyError, TypeError):
        entries = None
    if entries is None:
        raise UserError(f"{HARVEST}: {file} is no file that `ulpfuzz trace --harvest` wrote")
    try:
        return _by_input(entries, str(told.get("program", "")))
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{HARVEST}: {file} is damaged: {type(error).__name__} {error}") from None


def _by_input(entries: list[dict[str, Any]], program: str) -> dict[tuple[str, str], Everyday]:
    found: dict[tuple[str, str], Everyday] = {}
    for name in dict.fromkeys((e["op"], e["input"]) for e in entries):
        own = [e for e in entries if (e["op"], e["input"]) == name]
        laws = tuple(
            Law(_law_named(law["name"]), float(law["a"]), float(law["b"]), float(law["weight"]) * e["numbers"])
            for e in own
            for law in e["laws"]
        )
        least, low = min(float(e["least"]) for e in own), min(float(e["quantiles"]["0.0"]) for e in own)
        found[name] = Everyday(
            "harvested", laws, least, low, max(float(e["quantiles"]["1.0"]) for e in own), f"harvested from {program}"
        )
    return found


def _law_named(text: str) -> LawName:
    if text not in get_args(LawName):
        raise ValueError(f"no law {text!r}")
    return cast(LawName, text)


def everyday_lengths(op: Op) -> tuple[Sizes, ...]:
    """The lengths n of everyday rows, or sizes of several axes: the longest of the op's own, where it has a list; (1,) where no shape varies."""
    if not op.varies:
        return (1,)
    if op.axes:
        return op.shapes[:3]
    if op.lengths:  # each costs the truth a count of operations that grows faster than n
        return tuple(sorted({n for n in op.lengths if n >= op.min_length})[-3:])
    twice = any(sum(isinstance(axis, str) for axis in i.axes) > 1 for i in op.inputs)
    usual = MATRIX_ORDERS if twice else VECTOR_LENGTHS
    return tuple(n for n in usual if n >= op.min_length)
