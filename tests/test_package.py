"""One import name: what is installed is ulpfuzz and nothing else, the same from a clone, a wheel and a source distribution."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
#: The folders at the top level, each a part of ulpfuzz. As import names of their own they are other people's.
PARTS = ("fuzzer", "oracles", "corpus", "reports")


def built(source: Path, kind: str, to: Path) -> Path:
    """What hatchling builds of a source tree: "wheel" or "sdist"."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(to)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (path,) = to.iterdir()
    return path


def contents(wheel: Path) -> dict[str, bytes]:
    with ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling")
    return built(ROOT, "wheel", tmp_path_factory.mktemp("wheel"))


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_the_folder_at_the_top_level(part: str) -> None:
    inside = ROOT / "ulpfuzz" / part
    if inside.is_symlink():  # a source distribution has the folders themselves
        assert os.readlink(inside) == f"../{part}"
    assert (inside / "__init__.py").is_file()


def test_no_module_is_imported_by_another_name() -> None:
    """Every module is imported; none of them imports one by the name that only the root of a clone has."""
    script = f"""
import importlib, pkgutil, sys, ulpfuzz
for module in pkgutil.walk_packages(ulpfuzz.__path__, "ulpfuzz."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(sorted({{name.partition(".")[0] for name in sys.modules}} & set({PARTS})), "ulpfuzz.fuzzer.cli.app" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[-2:] == ["[] True", ""], done.stderr


def test_a_wheel_holds_ulpfuzz_alone(wheel: Path) -> None:
    held = contents(wheel)
    tops = {name.partition("/")[0] for name in held}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"ulpfuzz"}
    for part in PARTS:
        folder = ROOT / "ulpfuzz" / part
        there = {path.relative_to(ROOT / "ulpfuzz").as_posix() for path in folder.rglob("*") if path.is_file()}
        assert {f"ulpfuzz/{name}" for name in there if "__pycache__" not in name} == {
            n for n in held if n.startswith(f"ulpfuzz/{part}/")
        }
    assert {"ulpfuzz/__init__.py", "ulpfuzz/__main__.py", "ulpfuzz/py.typed", "ulpfuzz/corpus/known_issues.toml"} <= set(held)


def test_a_source_distribution_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "sdist").mkdir()
    (tmp_path / "wheel").mkdir()
    with tarfile.open(built(ROOT, "sdist", tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    again, first = contents(built(source, "wheel", tmp_path / "wheel")), contents(wheel)
    assert again.keys() == first.keys()
    assert [name for name in first if first[name] != again[name]] == []


def test_a_wheel_runs_beside_distributions_and_folders_of_these_names(wheel: Path, tmp_path: Path) -> None:
    """Other people's distributions are found first and lie in the working folder too; neither side notices the other."""
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    for folder in (tmp_path / "others", tmp_path / "working"):
        for part in PARTS:
            (folder / part).mkdir(parents=True)
            (folder / part / "__init__.py").write_text("whose = 'not ours'\n")
    paths = os.pathsep.join([str(tmp_path / "others"), str(tmp_path / "site")])
    environment = {**os.environ, "PYTHONPATH": paths}

    def ran(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=tmp_path / "working", env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    script = (
        "import json, reports, ulpfuzz.reports; print(json.dumps([reports.__file__, reports.whose, ulpfuzz.reports.__file__]))"
    )
    theirs, whose, ours = json.loads(ran("-c", script))
    assert Path(theirs).is_relative_to(tmp_path / "working")
    assert whose == "not ours"
    assert Path(ours).is_relative_to(tmp_path / "site")
    probe = ["-m", "ulpfuzz", "probe", "exp", "--dtype", "float32", "--inputs", '{"x": 1}', "--targets", "numpy", "--json"]
    assert json.loads(ran(*probe))
