"""The HTML report in Chromium: navigation, filters in the URL, keyboard, copying, phones, and what a screen reader needs."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from planted_findings import planted, run, summary
from test_html_report import worked_on

from ulpfuzz.fuzzer.defects.defect import KINDS, Defect
from ulpfuzz.reports import build, write

pytestmark = pytest.mark.browser
FRAMEWORKS = ("torch", "tensorflow", "jax", "numpy")


def many(number: int) -> tuple[list[Any], list[Defect]]:
    findings, defects = [], []
    for k in range(number):
        framework = FRAMEWORKS[k % 4]
        calls = {"torch": "torch.exp(x)", "tensorflow": "tf.exp(x)", "jax": "jnp.exp(x)", "numpy": "np.exp(x)"}
        op = ("exp", "softplus", "log", "sin", "tanh")[k % 5]
        f = planted(
            id=f"{framework}-{op}-value-float32-inf-{k:06d}",
            op=op,
            target=f"{framework}:cpu:eager",
            implementation=calls[framework],
        )
        findings.append(f)
        defects.append(
            Defect(
                id=f.id, title=f"{op}({k}) = inf, true value {k}.5 (float32, {framework})", framework=framework, kind=KINDS[k % len(KINDS)],
                score=1 - k / number, rank=k // 4 + 1, face=f.id, members=(f.id,), ops=(op,), calls=(f.implementation,),
                dtypes=("float32",), orders=("value",), status="new" if k == 7 else "known",
            )
        )  # fmt: skip
    return findings, defects


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    findings, defects = many(400)
    file = worked_on()
    known = {**vars(file), "defect": defects[0].id, "face": defects[0].id}
    folder = tmp_path_factory.mktemp("report")
    made = build(
        run(), findings, [summary()], scripts={}, defects=defects, case_files={defects[0].id: type(file)(**known)}, baseline="r1"
    )
    return write(made, folder, ["html"])[0].as_uri()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip("Chromium and its driver are not installed")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1280,900", "--disable-background-networking",
                     f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    found = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield found
    found.quit()


@pytest.fixture
def opened(browser: Any, page: str) -> Iterator[Any]:
    """The browser at the index; at the end no message stands in its console."""
    browser.set_window_size(1280, 900)
    browser.get("about:blank")
    browser.get(page)
    yield browser
    assert [entry["message"] for entry in browser.get_log("browser")] == []


def script(browser: Any, text: str) -> Any:
    return browser.execute_script(f"return {text}")


def until(browser: Any, text: str, seconds: float = 10.0) -> Any:
    """What a script gives as soon as it gives something true."""
    end = time.monotonic() + seconds
    while not (value := script(browser, text)):
        assert time.monotonic() < end, text
        time.sleep(0.05)
    return value


def press(browser: Any, *keys: str) -> None:
    from selenium.webdriver import ActionChains

    ActionChains(browser).send_keys(*keys).perform()


def at(browser: Any, page: str, state: str) -> None:
    browser.get("about:blank")
    browser.get(f"{page}#{state}")


def test_a_defect_opens_and_goes_back(opened: Any) -> None:
    assert script(opened, "document.querySelectorAll('.ranked .what a').length") == 150
    assert script(opened, "document.querySelector('.ranked .group').textContent").startswith(
        "new: no run in this database has seen it before"
    )
    opened.execute_script("document.querySelectorAll('.ranked .what a')[1].click()")
    title = until(opened, "document.querySelector('#page h2')?.textContent")
    assert title in opened.title
    assert script(opened, "location.hash").startswith("#d=")
    assert script(opened, "document.getElementById('list').hidden")
    opened.back()
    until(opened, "!document.getElementById('list').hidden && document.getElementById('page').hidden")
    assert script(opened, "document.activeElement.closest('tr') !== null")


def test_the_url_filters(opened: Any, page: str) -> None:
    at(opened, page, "framework=jax&q=softplus&group=op")
    assert script(opened, "document.getElementById('shown').textContent") == "20 of 400 defects"
    assert script(opened, "document.querySelector('[name=framework]').value") == "jax"
    assert script(opened, "[...document.querySelectorAll('.ranked .group strong')].map(t => t.textContent).join()") == "softplus"
    at(opened, page, "kind=ordinary&op=exp")
    assert script(opened, "[...document.querySelectorAll('.ranked .chip')].every(t => t.textContent === 'ordinary')")
    opened.execute_script("document.getElementById('op').click()")
    until(opened, "location.hash === '#kind=ordinary'")


def test_typing_changes_the_url(opened: Any) -> None:
    press(opened, "/")
    until(opened, "document.activeElement.name === 'q'")
    press(opened, "tanh")
    until(opened, "document.getElementById('shown').textContent === '80 of 400 defects'")
    assert script(opened, "location.hash") == "#q=tanh"


def test_the_keyboard_walks_the_list(opened: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    press(opened, "jjk")
    links = "[...document.querySelectorAll('.ranked .what a')]"
    assert script(opened, f"{links}.indexOf(document.activeElement)") == 0
    press(opened, "j", Keys.ENTER)
    until(opened, "document.querySelector('#page h2')")
    first = script(opened, "location.hash")
    press(opened, "j")
    until(opened, f"location.hash !== {first!r} && document.querySelector('#page h2')")
    press(opened, "k")
    until(opened, f"location.hash === {first!r}")
    press(opened, Keys.ESCAPE)
    until(opened, "!document.getElementById('list').hidden")


def test_copying(opened: Any, page: str) -> None:
    at(opened, page, "d=" + many(1)[1][0].id)
    until(opened, "document.querySelector('[data-copy=script]')")
    opened.execute_script(
        "window.kept = []; navigator.clipboard && (navigator.clipboard.writeText = async t => { window.kept.push(t); });"
        "document.execCommand = () => { window.kept.push(document.activeElement.value); return true; };"
        "for (const b of document.querySelectorAll('.copy')) b.click();"
    )
    kept = until(opened, "window.kept.length === 3 && window.kept")
    assert kept[0].startswith("ulpfuzz repro torch-exp")
    assert kept[1].startswith("import sys")
    assert "### Versions" in kept[2]


def test_more_rows_and_the_other_views(opened: Any, page: str) -> None:
    opened.execute_script("document.getElementById('rest').click()")
    assert script(opened, "document.querySelectorAll('.ranked .what a').length") == 300
    at(opened, page, "p=map")
    assert script(opened, "document.querySelectorAll('svg.heat a').length") > 10
    assert script(opened, "document.querySelector('.coverage').checkVisibility()")
    at(opened, page, "p=run")
    until(opened, "document.querySelector('#page #run')")


@pytest.mark.parametrize("state", ["", "p=map", "p=run", "d=torch-exp-value-float32-inf-000000"])
def test_a_phone_shows_it_without_scrolling_sideways(opened: Any, page: str, state: str) -> None:
    opened.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    )
    at(opened, page, state)
    until(opened, "document.querySelector('#page h2, #page #run') || !document.getElementById('page').checkVisibility()")
    assert script(opened, "document.documentElement.scrollWidth") <= 390
    opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


#: Text whose contrast with what is behind it is below 4.5 (WCAG 2.1, 1.4.3), fields without a label, images and links without a name.
AUDIT = """
(() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const part = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = c => 0.2126 * part(c[0]) + 0.7152 * part(c[1]) + 0.0722 * part(c[2]);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const c = numbers(getComputedStyle(node).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const faults = [];
  for (const node of document.querySelectorAll("body *")) {
    if (!node.checkVisibility() || node.closest("svg, .skip, script, noscript")) continue;
    if (![...node.childNodes].some(t => t.nodeType === 3 && t.data.trim())) continue;
    const [a, b] = [light(numbers(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) faults.push(`contrast ${node.tagName} ${node.className} ${node.textContent.slice(0, 30)}`);
  }
  for (const field of document.querySelectorAll("input, select")) if (!field.labels.length) faults.push(`label ${field.name}`);
  for (const link of document.querySelectorAll("a, button")) {
    if (link.checkVisibility() && !(link.textContent.trim() || link.getAttribute("aria-label"))) faults.push(`name ${link.outerHTML.slice(0, 60)}`);
  }
  for (const image of document.querySelectorAll("svg")) if (!image.getAttribute("aria-label")) faults.push("svg without a name");
  const ids = [...document.querySelectorAll("[id]")].map(n => n.id);
  if (new Set(ids).size !== ids.length) faults.push("two elements with one id");
  for (const table of document.querySelectorAll("table.rows, table.ranked")) {
    if (!table.querySelector("th[scope]")) faults.push("table without heads");
  }
  if (document.querySelectorAll("h1").length !== 1 || document.querySelectorAll("main").length !== 1) faults.push("not one h1 and one main");
  if (!document.documentElement.lang) faults.push("no language");
  return faults;
})()
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", ["", "p=map", "p=run", "d=torch-exp-value-float32-inf-000000"])
def test_anyone_can_read_it(opened: Any, page: str, scheme: str, state: str) -> None:
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    at(opened, page, state)
    until(opened, "document.querySelector('#page h2, #page #run') || !document.getElementById('page').checkVisibility()")
    opened.execute_script("for (const d of document.querySelectorAll('details')) d.open = true;")
    assert script(opened, AUDIT.strip()) == []
    axe = os.environ.get("ULPFUZZ_AXE")  # axe.min.js, of the package axe-core
    if axe:
        opened.execute_script(Path(axe).read_text(encoding="utf-8"))
        found = opened.execute_async_script(
            "const done = arguments[0]; axe.run().then(r => done(r.violations.map(v => [v.impact, v.id, v.nodes[0].html.slice(0, 120)])));"
        )
        assert [v for v in found if v[0] in ("serious", "critical")] == []
