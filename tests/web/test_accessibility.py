"""The plain pages in a real browser: axe finds nothing, and nothing breaks the content security policy."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page
from tests.sending.post import FACTS
from tests.waiting import wait
from tests.web.conftest import Site

from relance import api, sending
from relance.sending.documents_library import load
from relance.sending.layout import Frame
from relance.sending.preview import shown

AXE = Path(__file__).parents[2] / "ui" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
TRAP = "https://suivi.clairval.example/c/trap"
FRAME = Frame("Clairval", "12 rue des Lilas", "https://suivi.clairval.example/u/1", trap=TRAP)
pytestmark = pytest.mark.browser


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """Where the site's application really listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(site.browser.app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture(params=["light", "dark"])
def window(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A window of Chromium in light and in dark colours, as narrow as a phone."""
    if not AXE.exists():
        pytest.skip("needs axe-core: npm ci in the folder ui")
    context = browser.new_context(color_scheme=request.param, viewport={"width": 390, "height": 800})
    yield context.new_page()
    context.close()


def findings(page: Page) -> list[str]:
    """What axe finds, as rule and element."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    told = page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
    return [f"{found['id']}: {node['html']}" for found in told["violations"] for node in found["nodes"]]


def test_the_honeypot_of_a_mail_is_for_nobody(window: Page) -> None:
    """S17: neither eyes nor a keyboard nor a screen reader come upon the link that gives machines away."""
    mail = shown(load("inactive-m6", "fr"), {**FACTS, "shop_name": "Clairval", "currency": "EUR"}, frame=FRAME)
    window.set_content(mail.html)
    link = window.locator(f'a[href="{TRAP}"]')
    assert link.count() == 1
    assert not link.is_visible()
    assert [one for one in findings(window) if TRAP in one] == []
    reachable = window.locator("a[href]").count() - 1
    for _ in range(reachable + 2):
        window.keyboard.press("Tab")
        assert window.evaluate("document.activeElement.getAttribute('href')") != TRAP
    assert TRAP not in window.locator("body").aria_snapshot()


def test_plain_pages_are_accessible(site: Site, address: str, window: Page) -> None:
    """WCAG 2.2 AA of every page that customers and visitors without a session see, in French and English."""
    complaints: list[str] = []
    window.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    setup = str(api.setup_link(site.house)).removeprefix("http://testserver")
    wishes = sending.preferences_url("", site.house.key, 1)
    site.browser.post("/f/newsletter", data={"email": "new@example.fr", "marketing": "yes"})
    confirm = sending.confirm_url("", site.house.key, 1)
    pages = ("/login", setup, site.unsubscribe, "/setup/used", "/u/nothing", wishes, "/f/newsletter", confirm)
    for path in pages:
        for language in ("fr", "en"):
            window.goto(f"{address}{path}?language={language}")
            assert findings(window) == [], path
            wide = window.evaluate("document.documentElement.scrollWidth")
            assert wide <= 390, path
    window.goto(f"{address}{site.unsubscribe}")
    window.get_by_role("button").click()
    assert findings(window) == []
    assert "Vous êtes désabonné" in window.content()
    wait(site.house, timedelta(minutes=1))
    window.goto(f"{address}{wishes}")
    window.get_by_role("checkbox", name="E-mail", exact=True).check()
    window.get_by_role("button", name="Enregistrer").click()
    assert findings(window) == []
    assert window.get_by_role("checkbox", name="E-mail", exact=True).is_checked()
    window.get_by_role("button", name="Tout arrêter").click()
    assert findings(window) == []
    assert "Tout est arrêté" in window.content()
    window.goto(f"{address}{confirm}")
    window.get_by_role("button").click()
    assert findings(window) == []
    assert "Vous êtes abonné" in window.content()
    assert [text for text in complaints if "404" not in text] == []
