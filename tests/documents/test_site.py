"""The documentation as a site: built in strict mode without a warning, and whole without a network."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from tests.documents.examples import ROOT
from ulpfuzz.fuzzer.cli.contracts.contracts import CONTRACTS

if importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("material") is None:
    pytest.skip("mkdocs-material is not installed: it is in the extra docs", allow_module_level=True)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line for line in (done.stdout + done.stderr).splitlines() if "WARN" in line.upper()] == []
    return folder


class Links(HTMLParser):
    """What a page loads, where it leads, and the names of its places."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = dict(attributes)
        if place := told.get("id") or told.get("name"):
            self.places.add(place)
        if tag == "a" and (link := told.get("href")):
            self.links.append(link)
        elif tag == "link" and told.get("rel") not in ("prev", "next", "canonical"):
            self.loaded.append(told.get("href") or "")
        elif tag in ("script", "img", "iframe", "source") and (source := told.get("src")):
            self.loaded.append(source)


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    pages = [*site.rglob("*.html")]
    assert len(pages) > 25
    away = {(p.name, u) for p in pages for u in Links(p).loaded if re.match(r"(https?:)?//", u)}
    assert away == set()
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(\s*[\"']?(https?:)?//", sheet.read_text(encoding="utf-8")), sheet
    assert (site / "search/search_index.js").is_file()  # the search of pages that are opened as files


def test_every_link_inside_leads_somewhere(site: Path) -> None:
    pages = {page: Links(page) for page in site.rglob("*.html")}
    dead = []
    for page, found in pages.items():
        if page.name == "404.html":
            continue
        for link in [*found.links, *found.loaded]:
            path, place = urldefrag(unquote(link))
            if re.match(r"[a-z]+:", path):
                continue
            to = (page.parent / path).resolve() if path else page
            if not to.is_file() or (place and to in pages and place not in pages[to].places):
                dead.append(f"{page.relative_to(site)}: {link}")
    assert dead == []


def test_every_command_and_every_schema_has_its_place(site: Path) -> None:
    import typer

    from ulpfuzz.fuzzer.cli.app import app

    text = (site / "reference/cli.html").read_text(encoding="utf-8")
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    names = [*(name for name in commands if name != "db"), *(f"db {sub}" for sub in commands["db"].commands)]
    assert [name for name in names if f">ulpfuzz {name}</code>" not in text] == []
    for name in CONTRACTS:
        schema = json.loads((site / f"reference/schemas/{name}.json").read_text(encoding="utf-8"))
        assert schema["$id"] == f"{name}.json"
    assert "assert_stable" in (site / "reference/python.html").read_text(encoding="utf-8")
