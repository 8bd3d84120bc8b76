"""What one does on the pages of the segment engine: adding, going back, comparing, listing, tagging, asking why."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def test_a_ready_made_segment_is_counted_and_added(visit: Visit) -> None:
    page = visit.open("/library?search=purchased+in+a+category")
    page.get_by_role("button", name="See “Purchased in a category”").click()
    row = page.get_by_role("dialog")
    row.get_by_label("Category").fill("Cuisine")
    expect(row.get_by_text("category = 'Cuisine'", exact=False)).to_be_visible(timeout=15_000)
    expect(row.get_by_text(re.compile(r"^\d[\d,]* customers?$")).first).to_be_visible()
    assert visit.faults() == []
    row.get_by_role("button", name="Add to my segments").click()
    page.wait_for_url("**/segments/*")
    expect(page.locator(".cm-content")).to_contain_text("category = 'Cuisine'")


def test_a_segment_tells_its_life_and_goes_back(visit: Visit) -> None:
    page = visit.open("/segments/new?query=number_of_orders+>=+1&name=Buyers")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/segments/(?!new)"))
    # only the page of a kept segment has it: what is written before it came is written on the page that goes
    page.get_by_role("tab", name="Before saving").click()
    page.locator(".cm-content").fill("number_of_orders >= 2")
    expect(page.get_by_text("Would leave").first).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("tab", name="Versions").click()
    expect(page.locator("ins").first).to_have_text(re.compile("2"))
    assert visit.faults() == []
    page.get_by_role("button", name="Back to version 1").click()
    expect(page.locator(".cm-content")).to_have_text("number_of_orders >= 1")


@pytest.mark.parametrize("visit", ["en-light", "fr-dark"], indirect=True)
def test_every_tab_of_a_segment_is_whole(visit: Visit) -> None:
    page = visit.open("/segments/vip")
    for tab in page.get_by_role("tab").all():
        tab.click()
        page.wait_for_load_state("networkidle")
        assert visit.faults() == [], tab.inner_text()
        assert page.get_by_role("alert").count() == 0, tab.inner_text()


def test_a_segment_is_downloaded(visit: Visit) -> None:
    page = visit.open("/segments/vip")
    page.get_by_role("tab", name="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download").click()
    assert waiting.value.suggested_filename.endswith(".csv")
    assert waiting.value.path().read_text(encoding="utf-8").startswith('"customer_id"')


def test_a_list_is_made_changed_and_deleted(visit: Visit) -> None:
    page = visit.open("/lists")
    page.get_by_role("button", name="New list").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("Guests")
    dialog.get_by_text("Addresses", exact=True).click()
    dialog.get_by_label("E-mail addresses or ids").fill("nobody@example.org")
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_text("1 row named nobody.", exact=False)).to_be_visible()
    dialog.get_by_role("button", name="Open the list").click()
    page.get_by_text("A query", exact=True).click()
    page.get_by_role("textbox", name="Query").fill("number_of_orders >= 1")
    page.get_by_role("button", name="Put on the list").click()
    expect(page.get_by_text("people concerned", exact=False)).to_be_visible()
    expect(page.locator("main a[href*='/customers/']").first).to_be_visible()
    assert visit.faults() == []
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.wait_for_url("**/lists")
    expect(page.get_by_role("link", name="Guests")).to_have_count(0)


def test_a_tag_is_given_and_found(visit: Visit) -> None:
    page = visit.open("/lists?tab=tags")
    page.get_by_role("textbox", name="Tag").fill("l'été")
    page.get_by_placeholder("Choose a segment").click()
    page.get_by_role("option", name="VIP").first.click()
    page.get_by_role("button", name="Give").click()
    page.get_by_role("link", name="l'été").click()
    expect(page.get_by_text(re.compile(r"^[1-9][\d,]*$")).first).to_be_visible()


def test_a_customer_page_says_why_not(visit: Visit) -> None:
    page = visit.open("/customers")
    page.locator("main a[href*='/customers/']").first.click()
    page.get_by_placeholder("Choose a segment").click()
    page.get_by_role("option", name="VIP", exact=True).click()
    expect(page.get_by_text(re.compile(r"is (not )?in the segment\."))).to_be_visible()
    expect(page.get_by_text("Value found:", exact=False).first).to_be_visible()
    assert visit.faults() == []
