"""The parts of the site that are made of the program: its commands, the schemas of its JSON, and the pages of the top folder.

`<!-- commands -->` in reference/cli.md and `<!-- schemas -->` in reference/json.md are the places. CHANGELOG.md and CONTRIBUTING.md become pages.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
#: The site describes the checkout that it lies in, whatever is installed.
sys.path.insert(0, str(ROOT))

#: Files of the top folder that are pages of the site.
OF_THE_TOP = {"CHANGELOG.md": "reference/changes.md", "CONTRIBUTING.md": "explanation/contributing.md", "README.md": "index.md"}


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    from ulpfuzz.fuzzer.cli.contracts.contracts import CONTRACTS
    from ulpfuzz.fuzzer.cli.contracts.schema import schema_named

    for name, path in OF_THE_TOP.items():
        if path != "index.md":
            text = (ROOT / name).read_text(encoding="utf-8")
            files.append(
                File.generated(config, path, content=text.replace("](docs/", f"]({os.path.relpath('.', Path(path).parent)}/"))
            )
    for name in CONTRACTS:
        text = json.dumps(schema_named(name), indent=2, ensure_ascii=False) + "\n"
        files.append(File.generated(config, f"reference/schemas/{name}.json", content=text))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    here = Path(page.file.src_uri).parent
    for name, path in OF_THE_TOP.items():  # links that lead out of docs/, as a reader of the repository follows them
        markdown = re.sub(rf"\]\((\.\./)+{re.escape(name)}", f"]({os.path.relpath(path, here)}", markdown)
    match page.file.src_uri:
        case "reference/cli.md":
            return markdown.replace("<!-- commands -->", "\n".join(commands()))
        case "reference/json.md":
            return markdown.replace("<!-- schemas -->", "\n".join(schemas()))
    return markdown


# Commands


def commands() -> Iterator[str]:
    """A section for each command, by the panels of `ulpfuzz --help`."""
    import typer

    from ulpfuzz.fuzzer.cli.app import app

    group: Any = typer.main.get_command(app)
    panels: dict[str, list[tuple[str, Any]]] = {}
    for name, command in group.commands.items():
        some = [(f"{name} {sub}", one) for sub, one in getattr(command, "commands", {}).items()] or [(name, command)]
        panels.setdefault(command.rich_help_panel, []).extend(some)
    for panel, listed in panels.items():
        yield f"## {panel}\n"
        for name, command in listed:
            yield from _command(name, command)


def _command(name: str, command: Any) -> Iterator[str]:
    shown = [p for p in command.params if not getattr(p, "hidden", False) and "--help" not in p.opts]
    arguments = [p for p in shown if p.param_type_name == "argument"]
    options = [p for p in shown if p.param_type_name == "option"]
    usage = " ".join(["ulpfuzz", name, *(["[OPTIONS]"] if options else []), *map(_metavar, arguments)])
    yield f"### `ulpfuzz {name}`\n\n{_cell(command.help)}\n\n```text\n{usage}\n```\n"
    if shown:
        yield f"| {' or '.join(['argument'] * bool(arguments) + ['option'] * bool(options))} | meaning |\n|---|---|"
        for p in arguments:
            yield f"| `{_metavar(p)}` | {_cell(getattr(p, 'help', None))} |"
        for p in options:
            names = [*p.opts, *p.secondary_opts]
            value = "" if getattr(p, "is_flag", False) else f" {_metavar(p)}"
            needed = " Must be given." if p.required else ""
            yield f"| {', '.join(f'`{one}{value}`' for one in names)} | {_cell(p.help)}{needed} |"
        yield ""


def _metavar(parameter: Any) -> str:
    if parameter.metavar:
        return str(parameter.metavar)
    if parameter.param_type_name == "argument":
        name = str(parameter.name).upper()
        return name if parameter.required else f"[{name}]"
    return "VALUE"


def _cell(text: str | None) -> str:
    """A text as Markdown shows it as it is, in one line, also in a table; what stands between backticks is code."""
    parts = " ".join((text or "").split()).split("`")
    return "`".join(
        part.replace("|", "\\|") if i % 2 else re.sub(r"([\\*_\[\]<>|])", r"\\\1", part) for i, part in enumerate(parts)
    )


# Schemas


def schemas() -> Iterator[str]:
    """A section for each contract: its command, its file, and the keys of its objects."""
    from ulpfuzz.fuzzer.cli.contracts.contracts import CONTRACTS
    from ulpfuzz.fuzzer.cli.contracts.schema import schema_named

    told: set[str] = set()
    for name, contract in CONTRACTS.items():
        schema = schema_named(name)
        yield f"## {name}\n\n`{contract.command}`: {contract.text} [Schema](schemas/{name}.json)\n"
        yield f"{_type(schema)}\n"
        for part, definition in schema["$defs"].items():
            if part != "number" and part not in told:
                told.add(part)
                yield from _object(part, definition)


def _object(name: str, definition: dict[str, Any]) -> Iterator[str]:
    yield f"### {name} {{ #{name.lower()} }}\n\n{_cell(definition.get('description'))}\n\n| key | type | meaning |\n|---|---|---|"
    for key, one in definition["properties"].items():
        said = [one.get("description", "")] if "$ref" not in one or "description" in one else []
        said += [] if key in definition["required"] else ["Not always there."]
        yield f"| `{key}` | {_type(one)} | {_cell(' '.join(filter(None, said)))} |"
    yield ""


def _type(schema: dict[str, Any]) -> str:
    """A schema in words, with links to the objects of the page."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return "number" if name == "number" else f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f'"{value}"' if isinstance(value, str) else str(value) for value in schema["enum"])
    match schema.get("type"):
        case "array":
            return f"list of {_type(schema['items'])}" if schema.get("items") else "list"
        case "object":
            values = schema.get("additionalProperties")
            return f"object of {_type(values)}" if isinstance(values, dict) and values else "object"
        case str(name):
            return name
    return "any"
