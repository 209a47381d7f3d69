"""What JAX compiles is kept between commands, in the user's cache, within bounds; what a killed process left is taken out."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from ulpfuzz.fuzzer.frameworks.targets import compilations
from ulpfuzz.fuzzer.frameworks.targets.compilations import COMPILATIONS, keep_compilations
from ulpfuzz.fuzzer.user_cache import EACH, empty, made, user_cache
from ulpfuzz.fuzzer.user_cache import tidy as user_cache_tidy

KEPT_FROM = "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"
#: A command: prints the folder and how often XLA compiled.
COMMAND = """
import os
from ulpfuzz.fuzzer.frameworks.targets.environment import prepare_environment
prepare_environment()
import jax
from jax._src import monitoring
misses = []
monitoring.register_event_listener(lambda event, **_: misses.append(event) if event.endswith("/cache_misses") else None)
jax.numpy.tanh(jax.numpy.ones(7)).block_until_ready()
print(os.environ["JAX_COMPILATION_CACHE_DIR"], len(misses))
"""


def command(**variables: str) -> tuple[Path, int]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("JAX_")} | variables
    folder, misses = subprocess.run(
        [sys.executable, "-c", COMMAND], env=environment, check=True, capture_output=True, text=True
    ).stdout.split()
    return Path(folder), int(misses)


def tidy(cache: Path, now: float | None = None) -> None:
    """What the first thing that a command does to the folder comes to."""
    user_cache_tidy(cache, compilations.BYTES, compilations._is_broken, now)


def file(folder: Path, name: str, content: bytes, days: float = 0) -> Path:
    path = folder / f"{name}-cache"
    path.write_bytes(content)
    then = time.time() - days * 24 * 3600
    os.utime(path, (then, then))
    return path


def test_a_second_command_compiles_nothing(tmp_path: Path) -> None:
    pytest.importorskip("jax")
    folder, cold = command(ULPFUZZ_CACHE=str(tmp_path))
    again, warm = command(ULPFUZZ_CACHE=str(tmp_path))
    assert folder == again
    assert folder.parent == tmp_path / "jax"
    assert cold > warm == 0


def test_without_a_cache_nothing_outlives_the_command() -> None:
    pytest.importorskip("jax")
    folder, misses = command(ULPFUZZ_CACHE="off")
    assert misses
    assert not folder.exists()


def test_a_folder_that_the_user_named_keeps_every_program_and_is_not_tidied(tmp_path: Path) -> None:
    environment = {COMPILATIONS: str(tmp_path)}
    broken = file(tmp_path, "broken", b"")
    keep_compilations(environment)
    assert environment == {COMPILATIONS: str(tmp_path), KEPT_FROM: "0"}
    assert broken.exists()
    environment[KEPT_FROM] = "2"
    keep_compilations(environment)
    assert environment[KEPT_FROM] == "2"


def test_a_folder_that_cannot_be_made_costs_the_user_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    environment = {"ULPFUZZ_CACHE": str(tmp_path / "file")}
    keep_compilations(environment)
    assert Path(environment[COMPILATIONS]).is_dir()


def test_what_a_killed_process_left_unfinished_is_taken_out(tmp_path: Path) -> None:
    whole = zlib.compress(os.urandom(5000))
    good, cut, empty = file(tmp_path, "good", whole), file(tmp_path, "cut", whole[:4096]), file(tmp_path, "empty", b"")
    tidy(tmp_path)
    assert (good.exists(), cut.exists(), empty.exists()) == (True, False, False)
    cut = file(tmp_path, "cut", whole[:4096])
    tidy(tmp_path)  # the last look was a moment ago
    assert cut.exists()
    tidy(tmp_path, time.time() + EACH)
    assert not cut.exists()


def test_files_unused_for_long_go_and_beyond_the_bound_those_used_longest_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compilations, "BYTES", 1000)
    old_version = tmp_path / "0.1"
    old_version.mkdir()
    ancient = file(old_version, "ancient", bytes(10), days=61)
    files = [file(tmp_path, str(age), b"a" * 300, days=age) for age in (1, 2, 3, 4)]
    tidy(tmp_path)
    assert not ancient.exists()
    assert [path.exists() for path in files] == [True, True, False, False]


def test_the_cache_is_where_the_variables_say() -> None:
    assert user_cache({"ULPFUZZ_CACHE": "/here"}) == Path("/here")
    assert user_cache({"ULPFUZZ_CACHE": "OFF", "HOME": "/home"}) is None
    assert user_cache({"ULPFUZZ_CACHE": "", "HOME": "/home"}) is None
    assert user_cache({"XDG_CACHE_HOME": "/caches", "HOME": "/home"}) == Path("/caches/ulpfuzz")
    relative = user_cache({"XDG_CACHE_HOME": "caches", "HOME": "/home"})
    assert relative is not None
    assert Path("/home") in relative.parents
    assert relative.name == "ulpfuzz"


def test_emptying_the_cache_leaves_what_is_not_ulpfuzz_s(tmp_path: Path) -> None:
    for name in ("jax/0.1/a-cache", "oracle/machine/ab/abcd", "mine/thesis"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    empty({"ULPFUZZ_CACHE": "off"})
    assert len(list(tmp_path.iterdir())) == 3
    empty({"ULPFUZZ_CACHE": str(tmp_path)})
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_the_cache_is_the_users_alone(tmp_path: Path) -> None:
    assert made(tmp_path / "cache")
    assert (tmp_path / "cache").stat().st_mode & 0o077 == 0
