"""A real browser on the real server with a small simulated shop."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request

ROOT = Path(__file__).parents[2]
AXE = ROOT / "ui" / "node_modules" / "axe-core" / "axe.min.js"
# ends when what moves for a while has stopped
SETTLED = """() => Promise.all(
  document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
    .map((one) => one.finished.catch(() => null))
)"""
INTERFACE = ROOT / "src" / "relance" / "web" / "_ui" / "index.html"


@dataclass(frozen=True)
class Site:
    """A running server: its address, and the state of a browser that is signed in."""

    url: str
    state: dict[str, Any]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Site]:
    """The demo with a few hundred customers, and somebody signed in by its link."""
    if not INTERFACE.exists():
        pytest.skip("the interface is not compiled: scripts/setup does it")
    folder = tmp_path_factory.mktemp("site") / "demo"
    command = [sys.executable, "-m", "relance", "--data", str(folder), "demo", "--port", "0", "--customers", "600"]
    environment = {**os.environ, "RELANCE_LANGUAGE": "en", "PYTHONUNBUFFERED": "1"}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    try:
        link = _link(server)
        url = re.sub(r"/demo/.*", "", link)
        context = browser.new_context()
        context.new_page().goto(link)
        yield Site(url, dict(context.storage_state()))
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=60) == 0


def _link(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    for line in server.stdout:
        found = re.search(r"http://\S+/demo/\S+", line)
        if found:
            return found.group()
    raise AssertionError(f"the demo ended with {server.wait()}")


@dataclass
class Visit:
    """A signed-in page; whatever it asked for outside the server is noted, and so is what its console complained of."""

    page: Page
    site: Site
    strangers: list[str]
    complaints: list[str]

    def open(self, path: str) -> Page:
        """Go to a page and wait until it has what it asked for."""
        self.page.goto(self.site.url + path)
        self.page.wait_for_load_state("networkidle")
        return self.page

    def faults(self) -> list[str]:
        """What axe finds against WCAG 2.2 A and AA on the page as it is, its colours having come to rest."""
        self.page.evaluate(SETTLED)
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        found = self.page.evaluate("rules => axe.run(document, {runOnly: rules, iframes: false})", rules)
        return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in found["violations"]]


@pytest.fixture
def visit(request: pytest.FixtureRequest, site: Site, browser: Browser) -> Iterator[Visit]:
    """A visit in the language and colours of the test's parameter, such as `fr-dark`; English and light by default."""
    tongue, _, scheme = getattr(request, "param", "en-light").partition("-")
    context = browser.new_context(
        storage_state=site.state,  # type: ignore[arg-type]
        locale={"fr": "fr-FR", "en": "en-GB"}[tongue],
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": 1366, "height": 900},
        bypass_csp=True,
    )
    page = context.new_page()
    made = Visit(page, site, [], [])

    def noted(asked: Request) -> None:
        if not asked.url.startswith((site.url, "data:", "blob:", "about:")):
            made.strangers.append(asked.url)

    page.on("request", noted)
    page.on("console", lambda said: made.complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: made.complaints.append(str(error)))
    yield made
    context.close()
    assert made.strangers == []
    assert made.complaints == []
