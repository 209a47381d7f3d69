"""The cache is the user's alone: what lies there is trusted."""

from __future__ import annotations

from pathlib import Path

from ulpfuzz.fuzzer.user_cache import made


def test_it_is_made_for_the_user(tmp_path: Path) -> None:
    assert made(tmp_path / "jax")
    assert (tmp_path / "jax").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_may_write_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "jax").mkdir()
    (tmp_path / "jax").chmod(0o777)
    assert not made(tmp_path / "jax")
