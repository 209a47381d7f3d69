"""JSON schemas of the Kubernetes objects in deploy/kubernetes: the fields that they use, with their types, as the documentation of Kubernetes and of
dask-kubernetes (custom resources DaskCluster and DaskWorkerGroup, kubernetes.dask.org/v1) has them. A field that is not listed is a mistake here."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NAME: Schema = {"type": "string", "pattern": r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$", "maxLength": 63}


def record(required: str = "", **fields: Schema) -> Schema:
    """An object of these fields and no others."""
    return {"type": "object", "properties": fields, "required": required.split(), "additionalProperties": False}


def many(item: Schema) -> Schema:
    return {"type": "array", "items": item, "minItems": 1}


QUANTITIES: Schema = {"type": "object", "additionalProperties": {"type": "string", "pattern": r"^[0-9]+(m|Mi|Gi)?$"}}
CONTAINER = record(
    "name image",
    name=NAME, image=TEXT, args=many(TEXT), command=many(TEXT), workingDir=TEXT,
    env=many(record("name value", name={"type": "string", "pattern": "^[A-Z_]+$"}, value=TEXT)),
    ports=many(record("containerPort", name=NAME, containerPort=COUNT, protocol={"enum": ["TCP"]})),
    readinessProbe=record(
        httpGet=record("port path", port={"type": ["string", "integer"]}, path=TEXT), initialDelaySeconds=COUNT, periodSeconds=COUNT
    ),
    resources=record(requests=QUANTITIES, limits=QUANTITIES),
    volumeMounts=many(record("name mountPath", name=NAME, mountPath=TEXT, readOnly={"type": "boolean"})),
)  # fmt: skip
VOLUME = record(
    "name",
    name=NAME, secret=record("secretName", secretName=NAME, defaultMode={"type": "integer", "minimum": 0, "maximum": 511}),
    persistentVolumeClaim=record("claimName", claimName=NAME),
)  # fmt: skip
POD = record(
    "containers",
    containers=many(CONTAINER), volumes=many(VOLUME), restartPolicy={"enum": ["Always", "OnFailure", "Never"]},
    securityContext=record(runAsNonRoot={"type": "boolean"}, runAsUser=COUNT, fsGroup=COUNT), terminationGracePeriodSeconds=COUNT,
)  # fmt: skip
SERVICE = record(
    type={"enum": ["ClusterIP", "NodePort", "LoadBalancer"]}, selector={"type": "object", "additionalProperties": TEXT},
    ports=many(record("name port", name=NAME, protocol={"enum": ["TCP"]}, port=COUNT, targetPort={"type": ["string", "integer"]})),
)  # fmt: skip
METADATA = record("name", name=NAME)
WORKER = record("replicas spec", replicas=COUNT, spec=POD)


def kind(version: str, name: str, spec: Schema) -> Schema:
    return record(
        "apiVersion kind metadata spec", apiVersion={"const": version}, kind={"const": name}, metadata=METADATA, spec=spec
    )


SCHEMAS: dict[str, Schema] = {
    "DaskCluster": kind(
        "kubernetes.dask.org/v1", "DaskCluster",
        record("scheduler worker", scheduler=record("spec service", spec=POD, service=SERVICE), worker=WORKER),
    ),
    "DaskWorkerGroup": kind("kubernetes.dask.org/v1", "DaskWorkerGroup", record("cluster worker", cluster=NAME, worker=WORKER)),
    "PersistentVolumeClaim": kind(
        "v1", "PersistentVolumeClaim",
        record("accessModes resources", accessModes=many({"enum": ["ReadWriteOnce"]}), resources=record("requests", requests=QUANTITIES)),
    ),
    "CronJob": kind(
        "batch/v1", "CronJob",
        record(
            "schedule jobTemplate",
            schedule={"type": "string", "pattern": r"^\S+( \S+){4}$"}, concurrencyPolicy={"enum": ["Allow", "Forbid", "Replace"]},
            jobTemplate=record("spec", spec=record("template", backoffLimit=COUNT, template=record("spec", spec=POD))),
        ),
    ),
}  # fmt: skip
