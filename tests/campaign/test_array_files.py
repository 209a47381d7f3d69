"""Array files: read to the bit, as data, and in one line refused where they are damaged or would run code."""

from __future__ import annotations

import contextlib
import io
import pickle
import zipfile
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from array_file_writers import SAFETENSORS, npy, npz, safetensors
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ulpfuzz.fuzzer.errors import UserError
from ulpfuzz.fuzzer.point import array_files
from ulpfuzz.fuzzer.point.array_files import read_arrays

X = np.arange(6, dtype=np.float32).reshape(2, 3)


def with_every_bit(dtype: str) -> NDArray[Any]:
    """Numbers of all sorts, NaNs of any bits among them."""
    kind = np.dtype(getattr(ml_dtypes, dtype, dtype))
    if kind == np.bool_:
        return np.asarray([[True, False]])
    raw = np.random.default_rng(1).integers(0, 256, 24 * kind.itemsize, dtype=np.uint8)
    return raw.view(kind).reshape(2, 3, 4)


def alike(one: NDArray[Any], other: NDArray[Any]) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


@pytest.mark.parametrize(
    "dtype", ["float16", "bfloat16", "float32", "float64", "float8_e5m2", "int8", "int64", "uint16", "bool", "complex64"]
)
def test_numpys_files_are_read_to_the_bit(dtype: str) -> None:
    array = with_every_bit(dtype)
    (read,) = read_arrays(npy(array), "x.npy").arrays.values()
    assert alike(read, array)
    both = read_arrays(npz(x=array, y=array[0]), "x.npz")
    assert both.named
    assert alike(both.arrays["x"], array)
    assert alike(both.arrays["y"], array[0])


def test_byte_order_and_order_of_axes_are_those_of_the_numbers() -> None:
    for stored in (X.astype(">f4"), np.asfortranarray(X)):
        (read,) = read_arrays(npy(stored), "x.npy").arrays.values()
        assert read.dtype == np.float32
        assert (read == X).all()


def test_arrays_without_names_keep_their_order() -> None:
    file = io.BytesIO()
    np.savez(file, *(np.full(1, i) for i in range(11)))
    read = read_arrays(file.getvalue(), "x.npz")
    assert not read.named
    assert [int(v[0]) for v in read.arrays.values()] == list(range(11))


@pytest.mark.parametrize("dtype", list(SAFETENSORS))
def test_safetensors_are_read_to_the_bit(dtype: str) -> None:
    array = with_every_bit(dtype)
    read = read_arrays(safetensors({"x": array, "y.weight": array[:1]}), "x.safetensors")
    assert list(read.arrays) == ["x", "y.weight"]
    assert alike(read.arrays["x"], array)
    assert alike(read.arrays["y.weight"], array[:1])


def saved(value: Any, **options: Any) -> bytes:
    torch = pytest.importorskip("torch")
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def test_torchs_files_are_read_to_the_bit() -> None:
    torch = pytest.importorskip("torch")
    x = torch.arange(6, dtype=torch.float32).reshape(2, 3).requires_grad_()
    (read,) = read_arrays(saved(x), "x.pt").arrays.values()
    assert alike(read, X)
    (old,) = read_arrays(saved(x, _use_new_zipfile_serialization=False), "x.pt").arrays.values()
    assert alike(old, X)
    nested = read_arrays(saved({"x": x.T, "model": {"weight": x[0]}, "epoch": 3}), "x.pt")
    assert list(nested.arrays) == ["x", "model.weight"]
    assert alike(nested.arrays["x"], np.ascontiguousarray(X.T))
    listed = read_arrays(saved([x, x[0]]), "x.pt")
    assert (listed.named, len(listed.arrays)) == (False, 2)
    for name in ("bfloat16", "float8_e4m3fn", "float8_e5m2", "float16"):
        bits = torch.arange(0, 200, 3, dtype=torch.uint8)
        tensor = bits[: len(bits) // 2 * 2].clone().view(getattr(torch, name))
        (read,) = read_arrays(saved(tensor), "x.pt").arrays.values()
        assert read.dtype.name == name
        assert read.tobytes() == bits[: len(bits) // 2 * 2].numpy().tobytes()


def test_numbers_of_json_stay_as_they_are_written() -> None:
    read = read_arrays(b'{"x": [0.1, 1e400, NaN, "0x1p-3"], "y": 3}', "x.json")
    assert read.arrays == {"x": ["0.1", "1e400", "NaN", "0x1p-3"], "y": "3"}
    assert read_arrays(b"[1, 2]", "x.json") == array_files.Arrays("x.json", {"0": ["1", "2"]}, named=False)


class _Runs:
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return pytest.fail, ("the file was run",)


def zipped(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, data)
    return file.getvalue()


DAMAGED = [
    (npy(X)[:-1], "damaged"),
    (npy(X)[:20], "damaged"),
    (npy(X).replace(b"(2, 3)", b"(9, 9)"), "damaged"),
    (npy(X).replace(b"'shape': (2, 3), }", b"'shape': (2, 3)    "), "damaged"),
    (npy(X).replace(b"(2, 3), }" + b" " * 12, b"(2, 300000000000000),"[:9] + b" " * 12), "damaged"),
    (npz(x=X)[:-30], "damaged"),
    (zipped("x.txt", b"hello"), "holds x.txt"),
    (zipped("x.npy", b"hello"), "damaged"),
    (pickle.dumps(_Runs()), "a pickle, which may run code"),
    (safetensors({"x": X})[:-1], "x of FILE is damaged: 6 numbers of F32"),
    (safetensors({"x": X}, data_offsets=[0, 20]), "damaged: 6 numbers of F32 are said, bytes 0 to 20 of 24"),
    (safetensors({"x": X}, data_offsets=[-4, 20]), "no dtype, shape and data_offsets"),
    (safetensors({"x": X}, shape="23"), "no dtype, shape and data_offsets"),
    (safetensors({"x": X}, dtype="F4"), "holds F4, no numbers of a dtype that is judged"),
    ((10**6).to_bytes(8, "little") + b"{}", "its header is longer than the file"),
    ((2).to_bytes(8, "little") + b"{x", "its header is no JSON object"),
    (npy(np.asarray(["a", "b"])), "no numbers of a dtype that is judged"),
    (npy(np.zeros(2, [("a", "f4")])), "no numbers of a dtype that is judged"),
    (npy(np.zeros(2, np.longdouble)), "no numbers of a dtype that is judged"),
    (npy(np.zeros(2, ml_dtypes.float8_e4m3fn)), "as numpy saves float8; save .astype(np.float32)"),
    (b'{"x": [1, 2', "is not JSON"),
    (b"\xff\xfe\x00", "no text in UTF-8"),
    (b"", "is not JSON"),
    (b"[" * 100_000, "is not JSON"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "words"), DAMAGED)
def test_what_is_damaged_or_foreign_is_told_in_one_line(data: bytes, words: str) -> None:
    with pytest.raises(UserError) as raised:
        read_arrays(data, "FILE")
    assert words in str(raised.value)
    assert "FILE" in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_nothing_in_a_file_is_run() -> None:
    file = io.BytesIO()
    np.save(file, np.asarray([_Runs()], dtype=object), allow_pickle=True)
    for data in (file.getvalue(), zipped("x.npy", file.getvalue())):
        with pytest.raises(UserError, match="holds Python objects, which may run code"):
            read_arrays(data, "FILE")


def test_torchs_loader_reads_tensors_alone() -> None:
    for value in ({"x": _Runs()}, _Runs()):
        with pytest.raises(UserError, match="holds more than tensors"):
            read_arrays(saved(value), "FILE")
    with pytest.raises(UserError, match="holds no tensors but int"):
        read_arrays(saved(3), "FILE")
    with pytest.raises(UserError, match="damaged"):
        read_arrays(saved(3)[:-40], "FILE")


def test_files_are_bounded_also_when_they_are_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = npz(x=np.zeros(1 << 20, np.uint8))
    monkeypatch.setattr(array_files, "LARGEST", 1 << 16)
    assert len(bomb) < 1 << 16
    with pytest.raises(UserError, match="holds more than"):
        read_arrays(bomb, "FILE")
    with pytest.raises(UserError, match="is larger than"):
        array_files.read_file(io.BytesIO(bytes(1 << 17)), "FILE")


#: No torch among them: it reads damaged files too, and takes a second to import.
VALID = [npy(X), npz(x=X, y=X), safetensors({"x": X, "y": X}), b'{"x": [1, 2, [3, "4"]], "y": "0x1p3"}']


@given(st.sampled_from(VALID), st.integers(0, 10**6), st.binary(max_size=6))
def test_no_bytes_raise_anything_but_a_users_error(valid: bytes, place: int, bytes_: bytes) -> None:
    at = place % len(valid)
    for spoiled in (valid[:at], valid[:at] + bytes_ + valid[at + len(bytes_) :]):
        with contextlib.suppress(UserError):
            read_arrays(spoiled, "FILE")
