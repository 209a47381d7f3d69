"""Identity: the stable name of a finding, and how a user may abbreviate it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from ulpfuzz.fuzzer.formats import UnknownName

#: Crockford's base32 in lower case: no i, l, o, u, so that a suffix can be read aloud and typed.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

#: Six characters are 30 bits. Only identities that share the readable part can collide; at 100,000 pairs of those the chance
#: that any two findings merge is 1e-4 (four characters: one in ten, and a merged finding is a missed one).
_SUFFIX_LENGTH = 6

#: A shorter suffix is too easily a typing error that happens to match.
_SHORTEST_ABBREVIATION = 4


class UnresolvedName(UnknownName):
    """An abbreviation that names nothing or several things; the message says which."""

    def __init__(self, message: str) -> None:
        ValueError.__init__(self, message)


def device_and_mode(target: str) -> tuple[str, str]:
    """The device and the mode of a target's full name."""
    _, *rest = target.partition(";")[0].split(":")
    device, mode = [*rest, *("cpu", "eager")[len(rest) :]][:2]
    return device, mode


def device_of(targets: Iterable[str]) -> str:
    """The device of the first of these targets, by their full names, that is not on the CPU; "" where all are."""
    return next((device for device, _ in map(device_and_mode, targets) if device != "cpu"), "")


def framework_of(target: str) -> str:
    """The framework in the text of a target, `framework[@host]:device:mode[;name=value...]`: jax, of `jax@old:cpu:jit;matmul=high`."""
    return target.partition(";")[0].partition(":")[0].partition("@")[0].strip()


def canonical(value: Any) -> Any:
    """A value in the form that identities are made of: equal params give equal forms in every process and version.

    Mappings are sorted by name, tuples become lists, whole floats become integers (`dim=1` is `dim=1.0`), other floats their hex
    form, and non-finite ones their names.
    """
    if isinstance(value, Mapping):
        return {str(name): canonical(value[name]) for name in sorted(value, key=str)}
    if isinstance(value, (list, tuple)):
        return [canonical(item) for item in value]
    if isinstance(value, bool) or value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            return repr(float(value))
        return int(value) if value.is_integer() else value.hex()
    if hasattr(value, "item"):  # a numpy scalar
        return canonical(value.item())
    raise TypeError(f"a param of type {type(value).__name__} has no stable identity: {value!r}")


def digest(*parts: Any) -> str:
    """The sha256 of the canonical form of the parts, in lower-case hex."""
    text = json.dumps(canonical(list(parts)), separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def cell_key(op: str, params: Mapping[str, Any], order: str, dtype: str, target: str, implementation: str) -> str:
    """The identity of one cell on one target and implementation: what a finding needs to have been run again."""
    return digest("cell", op, params, order, dtype, target, implementation)


def finding_id(op: str, params: Mapping[str, Any], order: str, dtype: str, target: str, implementation: str, symptom: str) -> str:
    """The slug `framework-op-order-dtype-symptom-xxxxxx` of a finding, for example `torch-silu-value-float32-zero-3k9f0a`.

    params are those of the cell (not those of a shrunk case), so that shrinking keeps the identity. The last part is a hash of
    the whole identity: the same in every process, on every machine, for every version of Python and of the framework.
    """
    number = int(digest("finding", op, params, order, dtype, target, implementation, symptom), 16)
    suffix = "".join(_ALPHABET[(number >> (5 * i)) & 31] for i in range(_SUFFIX_LENGTH))
    return "-".join((framework_of(target), op, order, dtype, symptom, suffix))


def resolve(given: str, ids: Iterable[str], kind: str = "finding") -> str:
    """The one id that `given` means: the id itself, a beginning of it, or (4 characters or more) a beginning of its last part.

    Raises UnknownName, which names the nearest id, or those that fit when several do.
    """
    known = sorted(set(ids))
    if given in known:
        return given
    wanted = given.strip().lower()
    if not known:
        raise UnresolvedName(f"unknown {kind} {given!r}; the store holds no {kind}s")
    fits = [i for i in known if wanted and i.startswith(wanted)]
    if not fits and len(wanted) >= _SHORTEST_ABBREVIATION:
        fits = [i for i in known if i.rpartition("-")[2].startswith(wanted)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        shown = ", ".join(fits[:4]) + (", ..." if len(fits) > 4 else "")
        raise UnresolvedName(f"{kind} {given!r} is ambiguous, {len(fits)} fit: {shown}")
    raise UnknownName(kind, given, known)
