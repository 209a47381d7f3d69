"""Schema: a type of this package as a JSON Schema (2020-12)."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from dataclasses import is_dataclass
from typing import Any, get_type_hints

import msgspec

from ulpfuzz.fuzzer.cli.contracts.contracts import CONTRACTS, Contract
from ulpfuzz.fuzzer.formats import UnknownName

DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: What a floating-point number is in JSON: RFC 8259 has no infinities and no NaN.
_NUMBER = {
    "description": "A number; one that JSON has no word for is a string.",
    "anyOf": [{"type": "number"}, {"enum": ["inf", "-inf", "nan"]}],
}
_DOCUMENTED = re.compile(r"((?:^[ \t]*#:.*\n)+)[ \t]*(\w+): ", re.MULTILINE)


def schema_named(name: str) -> dict[str, Any]:
    """The JSON Schema of a contract of CONTRACTS. Raises UnknownName."""
    if name not in CONTRACTS:
        raise UnknownName("schema", name, CONTRACTS)
    return schema_of(name, CONTRACTS[name])


def schema_of(name: str, contract: Contract) -> dict[str, Any]:
    """Its JSON Schema. A key that it does not name may come with a later version, so objects are open.

    Dataclasses are as `strict_json.jsonable` writes them: every field, without a trailing underscore. The comment `#:` above a field is its
    description.
    """
    forms = [contract.form] if contract.other is None else [contract.form, contract.other]
    schemas, components = msgspec.json.schema_components(forms, schema_hook=_anything, ref_template="#/$defs/{name}")
    classes = _classes(msgspec.inspect.multi_type_info(forms))
    parts = {part: _as_written(component, classes[part]) for part, component in components.items()}
    whole = schemas[0] if contract.other is None else {"anyOf": list(schemas)}
    return {
        "$schema": DIALECT, "$id": f"{name}.json", "title": contract.command, "description": contract.text, **_with_numbers(whole),
        "$defs": {**dict(sorted(parts.items())), "number": _NUMBER},
    }  # fmt: skip


def _anything(kind: type) -> dict[str, Any]:
    """The schema of what msgspec knows none of: any value, of `object`."""
    if kind is object:
        return {"description": "Any value."}
    raise NotImplementedError(kind)


def _classes(kinds: Iterable[Any]) -> dict[str, type]:
    """Name -> class, of every dataclass and TypedDict that types reach."""
    found: dict[str, type] = {}
    waiting: list[Any] = [*kinds]
    while waiting:
        one = waiting.pop()
        if isinstance(one, (msgspec.inspect.DataclassType, msgspec.inspect.TypedDictType)):
            if one.cls.__name__ in found:
                continue
            found[one.cls.__name__] = one.cls
            waiting += [field.type for field in one.fields]
        for part in ("types", "item_types"):
            waiting += getattr(one, part, ())
        waiting += [getattr(one, part) for part in ("item_type", "key_type", "value_type") if hasattr(one, part)]
    return found


def _as_written(component: dict[str, Any], cls: type) -> dict[str, Any]:
    """The schema of an object as it stands in the output: names, order, descriptions, and what is always there."""
    left_out, optional = getattr(cls, "left_out", ()), getattr(cls, "optional", ())
    said = descriptions(cls)
    names = [name for name in get_type_hints(cls) if name in component["properties"] and name not in left_out]
    properties = {}
    for name in names:
        one = _with_numbers({key: value for key, value in component["properties"][name].items() if key != "default"})
        properties[name.rstrip("_")] = {"description": said[name], **one} if name in said else one
    required = names if is_dataclass(cls) else component.get("required", [])
    text = inspect.cleandoc(cls.__doc__ or "")
    return {
        "type": "object", **({"description": text} if text else {}), "properties": properties,
        "required": [name.rstrip("_") for name in names if name in required and name not in optional],
    }  # fmt: skip


def _with_numbers(schema: Any) -> Any:
    """The schema, with floating-point numbers as they are written."""
    if isinstance(schema, dict):
        if schema.get("type") == "number":
            return {"$ref": "#/$defs/number"}
        return {key: _with_numbers(value) for key, value in schema.items()}
    return [_with_numbers(one) for one in schema] if isinstance(schema, list) else schema


def descriptions(cls: type) -> dict[str, str]:
    """Field -> the comment `#:` above it, also of inherited fields; empty where the source is not there."""
    found: dict[str, str] = {}
    bases = [base for base in (*reversed(cls.__mro__[1:]), *getattr(cls, "__orig_bases__", ()), cls) if isinstance(base, type)]
    for base in bases:
        if base.__module__.startswith("ulpfuzz."):
            try:
                source = inspect.getsource(base)
            except (OSError, TypeError):
                continue
            for comment, name in _DOCUMENTED.findall(source):
                found[name] = " ".join(line.strip().removeprefix("#:").strip() for line in comment.strip().splitlines())
    return found
