"""The files of deploy/: Kubernetes objects by their schemas, the job script of Slurm as dask-jobqueue renders it, commands by their own options."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer.main
import yaml
from kubernetes_schemas import SCHEMAS

import ulpfuzz
from ulpfuzz.fuzzer.cli.app import app

DEPLOY = Path(__file__).parents[2] / "deploy"
if not DEPLOY.is_dir():
    pytest.skip("deploy/ is a folder of the clone", allow_module_level=True)
OBJECTS = [
    pytest.param(document, id=f"{path.name} {document['kind']}")
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text())
]


def _containers(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield from value.get("containers", [])
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _containers(inner)


@pytest.mark.parametrize("document", OBJECTS)
def test_an_object_is_as_its_schema_says(document: dict[str, Any]) -> None:
    jsonschema.validate(document, SCHEMAS[document["kind"]], jsonschema.Draft202012Validator)


@pytest.mark.parametrize("document", OBJECTS)
def test_an_object_is_as_the_operator_s_own_definition_says(document: dict[str, Any]) -> None:
    found = importlib.util.find_spec("dask_kubernetes")
    if found is None or not found.submodule_search_locations:
        pytest.skip("dask-kubernetes, which has the definitions, is not installed")
    folder = Path(found.submodule_search_locations[0]) / "operator/deployment/helm/dask-kubernetes-operator/crds"
    if not document["apiVersion"].startswith("kubernetes.dask.org"):
        pytest.skip("an object of Kubernetes itself")
    definition = yaml.safe_load((folder / f"{document['kind'].lower()}.yaml").read_text())
    (version,) = [version for version in definition["spec"]["versions"] if version["name"] == "v1"]
    jsonschema.validate(document, version["schema"]["openAPIV3Schema"], jsonschema.Draft7Validator)


@pytest.mark.parametrize("document", OBJECTS)
def test_what_is_mounted_is_there_and_nothing_speaks_without_tls(document: dict[str, Any]) -> None:
    text = yaml.safe_dump(document)
    volumes = set(re.findall(r"^ *- name: (\S+)\n *(?:secret|persistentVolumeClaim):|^ *name: (\S+)\n *secret:", text, re.M))
    for container in _containers(document):
        assert {mount["name"] for mount in container.get("volumeMounts", [])} <= {"tls", "night"}, volumes
        assert container["image"].rpartition(":")[2] == ulpfuzz.__version__
        words = [*container.get("args", []), *container.get("command", [])]
        if words[:1] == ["dask"]:
            assert words[words.index("--protocol") + 1] == "tls"
            assert {"--tls-ca-file", "--tls-cert", "--tls-key"} <= set(words)
            help_ = subprocess.run(
                [sys.executable, "-m", "dask", *words[1:2], "--help"], text=True, capture_output=True, check=True
            ).stdout
            assert {word.partition("=")[0] for word in words if word.startswith("--")} <= set(re.findall(r"--[a-z-]+", help_))
        elif words:
            command = typer.main.get_command(app).commands[words[1]]  # type: ignore[attr-defined]
            options = {name for parameter in command.params for name in parameter.opts}
            assert {word for word in words if word.startswith("--")} <= options
    assert "tcp://" not in text


def test_certificates_without_a_folder_are_a_mistake() -> None:
    script = DEPLOY / "certificates.sh"
    done = subprocess.run(["bash", str(script)], text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "usage: certificates.sh FOLDER [DAYS]\n")


def _slurm(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    return subprocess.run(
        [sys.executable, str(DEPLOY / "slurm/night.py"), *arguments], cwd=tmp_path, env=environment, text=True, capture_output=True, check=False
    )  # fmt: skip


def test_the_job_script_of_slurm(tmp_path: Path) -> None:
    if importlib.util.find_spec("dask_jobqueue") is None:
        pytest.skip("dask-jobqueue, which writes the job script, is not installed")
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: no certificates")
    subprocess.run(["bash", str(DEPLOY / "certificates.sh"), str(tmp_path / "tls")], check=True, capture_output=True)
    done = _slurm(
        tmp_path,
        "--tls",
        "tls",
        "--cores",
        "16",
        "--memory",
        "48GB",
        "--partition",
        "night",
        "--directive=--gres=gpu:1",
        "--print",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert subprocess.run(["bash", "-n"], input=done.stdout, text=True, check=False).returncode == 0
    directives = re.findall(r"^#SBATCH (.*)$", done.stdout, re.M)
    assert {"-p night", "-n 1", "--cpus-per-task=16", "--mem=45G", "-t 08:00:00", "--gres=gpu:1"} <= set(directives)
    (worker,) = [line for line in done.stdout.splitlines() if "distributed.cli.dask_worker" in line]
    assert "tls://" in worker
    assert "tcp://" not in worker
    assert f"--tls-ca-file {tmp_path / 'tls/ca.pem'}" in worker
    assert "--nthreads 16" in worker


def test_slurm_s_program_says_what_it_lacks(tmp_path: Path) -> None:
    done = _slurm(tmp_path, "--tls", "nowhere", "--print")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("nowhere has no ca.pem; make it by deploy/certificates.sh nowhere")
