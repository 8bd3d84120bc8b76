"""Every page, in both languages, light and dark: it shows the shop, has no axe finding, and asks nobody else."""

from __future__ import annotations

import pytest
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
PATHS = (
    "/",
    "/segments",
    "/segments/new",
    "/segments/import",
    "/library",
    "/movement",
    "/advice",
    "/lists",
    "/lists?tab=tags",
    "/exports",
    "/rfm",
    "/customers",
    "/flows",
    "/flows/inactive-customers",
    "/reports",
    "/mailbox",
    "/offers",
    "/quality",
    "/catalogue",
    "/properties",
    "/quarantine",
    "/keys",
    "/domains",
    "/domains?domain=news.boutique.example",
)


@pytest.mark.parametrize("visit", ["en-light", "en-dark", "fr-light", "fr-dark"], indirect=True)
def test_every_page_is_whole(visit: Visit) -> None:
    for path in PATHS:
        page = visit.open(path)
        assert page.get_by_role("heading", level=1).count() == 1, path
        assert visit.faults() == [], path


def test_a_phone_is_not_overflowed(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 844})
    for path in PATHS:
        page = visit.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_typing_a_query_counts_and_underlines(visit: Visit) -> None:
    page = visit.open("/segments/new")
    editor = page.get_by_role("textbox").filter(has=page.locator(".cm-line")).first
    editor.fill("number_of_orders >= 1")
    page.get_by_text("customers who have placed at least 1 order", exact=False).first.wait_for()
    page.locator("main table a[href*='/customers/']").first.wait_for()
    editor.fill("number_of_ordres >= 1 AND amount_spent > 5")
    page.locator(".cm-lintRange-error").first.wait_for()


def test_a_customer_has_a_story(visit: Visit) -> None:
    page = visit.open("/customers")
    page.locator("main a[href*='/customers/']").first.click()
    page.wait_for_load_state("networkidle")
    assert "/customers/" in page.url
    assert visit.faults() == []


def test_a_mail_is_shown_in_its_frame(visit: Visit) -> None:
    page = visit.open("/mailbox")
    page.locator("iframe").first.wait_for()
    assert page.locator("iframe").first.get_attribute("sandbox") == ""


def test_without_a_session_the_door_is_shown(visit: Visit) -> None:
    visit.page.context.clear_cookies()
    page = visit.open("/segments")
    assert page.url.endswith("/login") or "/login?" in page.url
    assert visit.faults() == []
    visit.complaints.clear()
