"""Array files: the arrays of a file of numpy, torch, safetensors or JSON, read as data.

Nothing in a file is run: numpy's pickles are refused, and torch's are read by its loader for weights alone. What a file is its first bytes say, so
that standard input needs no name. Whatever is damaged, too large or of another kind raises UserError in one line.
"""

from __future__ import annotations

import io
import json
import lzma
import math
import pickle
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from tokenize import TokenError
from typing import Any, BinaryIO

import ml_dtypes
import numpy as np

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.formats import Floats

#: The largest file, and what it holds when it is unpacked, in bytes.
LARGEST = 2 << 30
#: The kinds of files, as messages name them.
KINDS = ".npy, .npz, .pt, .safetensors or .json"
_NPY, _ZIP, _PICKLE = b"\x93NUMPY", b"PK", b"\x80"
#: How files of torch began before version 1.6: a pickle of their magic number.
_OLD_TORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
#: safetensors: the longest header that its reference implementation takes, and the names of dtypes
#: (https://github.com/huggingface/safetensors, README, "Format").
_HEADER = 100_000_000
_DTYPES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2",
    "I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8", "U64": "uint64", "U32": "uint32", "U16": "uint16", "U8": "uint8", "BOOL": "bool",
    "C64": "complex64",
}  # fmt: skip
#: What the readers of numpy and zipfile raise for a file that is damaged.
_DAMAGED = (ValueError, EOFError, OSError, KeyError, SyntaxError, TypeError, MemoryError, OverflowError, TokenError, zipfile.BadZipFile,
            RuntimeError, NotImplementedError, RecursionError, zlib.error, lzma.LZMAError)  # fmt: skip


@dataclass(frozen=True)
class Arrays:
    """What a file holds: arrays of numpy's and ml_dtypes' dtypes, or, of JSON, nested lists of numbers as they are written."""

    #: Where it comes from, as messages say it.
    source: str
    #: By name; a file that names none has them numbered.
    arrays: dict[str, Any]
    #: Whether the names are the file's own.
    named: bool = True
    #: Whether the user named each of them, so that none may be left out.
    chosen: bool = False


def read_arrays(data: bytes, source: str) -> Arrays:
    """The arrays of a file of these bytes. Raises UserError."""
    if data.startswith(_NPY):
        return Arrays(source, {"0": _npy(data, source)}, named=False)
    if data.startswith(_ZIP):
        return _of_zip(data, source)
    if data.startswith(_OLD_TORCH):
        return _torch(data, source)
    if data.startswith(_PICKLE):
        raise UserError(f"{source} is a pickle, which may run code, and is not read; save the arrays as {KINDS}")
    if len(data) > 8 and data[8:9] == b"{":
        return Arrays(source, dict(_safetensors(data, source)))
    return written(data, source)


def read_file(path: Any, source: str) -> bytes:
    """The bytes of a file, or of an open binary stream. Raises OSError, and UserError where there are more than LARGEST."""
    if hasattr(path, "read"):
        return _bounded(path, source)
    with open(path, "rb") as file:
        return _bounded(file, source)


def _bounded(file: BinaryIO, source: str) -> bytes:
    data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise UserError(f"{source} is larger than {LARGEST >> 30} GiB; save a part of it")
    return data


# numpy


def _npy(data: bytes, source: str) -> Floats:
    if not data.startswith(_NPY):
        raise UserError(f"{source} is damaged, or no .npy file: it does not begin as one")
    # numpy writes bfloat16 as two bytes without a name, which nothing else is; float8_e5m2 by a name that it does not read back.
    head = data[:256].replace(b"'<f1'", b"'|u1'")
    try:
        array = np.load(io.BytesIO(head + data[256:] if head != data[:256] else data), allow_pickle=False)
    except _DAMAGED as error:
        if "allow_pickle" in str(error):
            raise UserError(f"{source} holds Python objects, which may run code, and is not read; save numbers") from None
        raise _damaged(source, "npy", error) from None
    if head != data[:256]:
        return np.asarray(array.view(ml_dtypes.float8_e5m2))
    if array.dtype == "V2":
        return np.asarray(array.view(ml_dtypes.bfloat16))
    if array.dtype == "V1":
        raise UserError(
            f"{source} holds bytes without a name, as numpy saves float8; save .astype(np.float32), or a .safetensors or .pt file"
        )
    return numeric(array, source)


def numeric(array: Floats, source: str) -> Floats:
    """The array, of native byte order. Raises UserError where it holds no numbers."""
    known = array.dtype.kind in "fiubc" or hasattr(ml_dtypes, array.dtype.name)
    if not known or array.dtype in (np.dtype(np.longdouble), np.dtype(np.clongdouble)):
        raise UserError(f"{source} holds {array.dtype}, no numbers of a dtype that is judged; save .astype(np.float32)")
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _of_zip(data: bytes, source: str) -> Arrays:
    """A file of torch, or of numpy.savez."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > LARGEST:
                raise UserError(f"{source} holds more than {LARGEST >> 30} GiB; save a part of it")
            if any(member.filename.endswith("data.pkl") for member in members):
                return _torch(data, source)
            found = {}
            for member in members:
                name = member.filename.removesuffix(".npy")
                if name == member.filename:
                    raise UserError(f"{source} is no .npz file: it holds {member.filename}; {KINDS} are read")
                found[name] = _npy(archive.read(member), f"{name} of {source}")
    except _DAMAGED as error:
        if isinstance(error, UserError):
            raise
        raise _damaged(source, "npz", error) from None
    # numpy.savez without names.
    numbered = bool(found) and set(found) == {f"arr_{i}" for i in range(len(found))}
    return Arrays(source, {name: found[name] for name in (sorted(found, key=_number) if numbered else found)}, named=not numbered)


def _number(name: str) -> int:
    return int(name.rpartition("_")[2])


def _damaged(source: str, kind: str, error: Exception) -> UserError:
    said = " ".join(str(error).split()) or type(error).__name__
    return UserError(f"{source} is damaged, or no .{kind} file: {said[:200]}")


# torch


def _torch(data: bytes, source: str) -> Arrays:
    try:
        import torch
    except ImportError:
        raise UserError(
            f"{source} is a file of torch, which is not installed; pip install 'ulpfuzz[torch]', or save .npy"
        ) from None
    try:
        held = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise UserError(
            f"{source} holds more than tensors, and dicts and lists of them: only these are read (torch.load, weights_only)"
        ) from None
    except Exception as error:  # whatever its readers of damaged archives raise
        raise _damaged(source, "pt", error) from None
    if isinstance(held, torch.Tensor):
        return Arrays(source, {"0": of_tensor(held, source)}, named=False)
    if isinstance(held, (list, tuple)) and all(isinstance(item, torch.Tensor) for item in held):
        return Arrays(source, {str(i): of_tensor(item, source) for i, item in enumerate(held)}, named=False)
    if isinstance(held, Mapping):
        return Arrays(source, {name: of_tensor(t, f"{name} of {source}") for name, t in _tensors(held, torch.Tensor)})
    raise UserError(f"{source} holds no tensors but {type(held).__name__}; torch.save a tensor, or a dict of tensors by name")


def _tensors(held: Mapping[Any, Any], kind: type) -> Iterator[tuple[str, Any]]:
    """The tensors of nested dicts, by names with dots, as state dicts have them; what else is in there is left out."""
    for name, value in held.items():
        if isinstance(value, kind):
            yield str(name), value
        elif isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", tensor) for inner, tensor in _tensors(value, kind))


def of_tensor(tensor: Any, source: str) -> Floats:
    """A tensor of torch as an array, to the bit. Raises UserError for one that is sparse or quantised."""
    import torch

    if tensor.layout != torch.strided or tensor.is_quantized:
        raise UserError(f"{source} is a sparse or quantised tensor; save .to_dense() or .dequantize()")
    plain = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous()
    name = str(plain.dtype).removeprefix("torch.")
    if hasattr(ml_dtypes, name):
        bits = {1: torch.uint8, 2: torch.uint16}[plain.element_size()]
        return np.asarray(plain.view(bits).numpy().view(getattr(ml_dtypes, name)))
    try:
        return numeric(plain.numpy(), source)
    except TypeError:  # a dtype that numpy has not
        raise UserError(f"{source} holds {name}, no numbers of a dtype that is judged; save .float()") from None


# safetensors


def _safetensors(data: bytes, source: str) -> Iterator[tuple[str, Floats]]:
    """The arrays of a file of safetensors: eight bytes (the length of the header), the header in JSON, the numbers."""
    length = int.from_bytes(data[:8], "little")
    if length > min(_HEADER, len(data) - 8):
        raise UserError(f"{source} is damaged, or none of {KINDS}: its header is longer than the file")
    try:
        header = json.loads(data[8 : 8 + length])
        records = [(name, record) for name, record in header.items() if name != "__metadata__"]
    except (ValueError, AttributeError, RecursionError):
        raise UserError(f"{source} is damaged, or no .safetensors file: its header is no JSON object") from None
    for name, record in records:
        yield name, _of_record(data, 8 + length, record, f"{name} of {source}")


def _of_record(data: bytes, start: int, record: Any, source: str) -> Floats:
    try:
        shape, (first, stop) = tuple(record["shape"]), record["data_offsets"]
        if not all(type(n) is int and n >= 0 for n in (*shape, first, stop)):
            raise ValueError
        kind = record["dtype"]
    except (KeyError, TypeError, ValueError):
        raise UserError(f"{source} is damaged: its record in the header has no dtype, shape and data_offsets") from None
    if kind not in _DTYPES:
        raise UserError(f"{source} holds {kind}, no numbers of a dtype that is judged; known: {', '.join(_DTYPES)}")
    dtype = np.dtype(getattr(ml_dtypes, _DTYPES[kind], _DTYPES[kind])).newbyteorder("<")
    if stop - first != math.prod(shape) * dtype.itemsize or start + stop > len(data):
        raise UserError(
            f"{source} is damaged: {math.prod(shape)} numbers of {kind} are said, bytes {first} to {stop} of {len(data) - start}"
        )
    return numeric(np.frombuffer(data, dtype, math.prod(shape), start + first).reshape(shape), source)


# JSON


def written(data: bytes, source: str) -> Arrays:
    """Numbers in JSON, as the strings they are written as, so that each is rounded once, to the format it is meant for: by name in an object, or
    one array. Raises UserError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{source} is not JSON: no text in UTF-8, nor are its bytes those of {KINDS}") from None
    try:
        value = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (json.JSONDecodeError, RecursionError) as error:
        raise UserError(f"{source} is not JSON: {error}; {KINDS} are read") from None
    return Arrays(source, value) if isinstance(value, dict) else Arrays(source, {"0": value}, named=False)
