"""Segments put together from conditions, and queries taken apart into them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

MIXED = (
    "(number_of_orders >= 2 OR NOT (customer_tags CONTAINS 'famille'))"
    " AND orders_placed MATCHES (date >= -1y, amount > 115% OF AVERAGE)"
    " AND amount_spent > 3 * average_order_value AND anniversary('birth_date') = today"
)


def choose(page: Page, label: str, option: str) -> None:
    """Pick an option of a list that one can search."""
    box = page.get_by_role("combobox", name=label)
    box.click()
    if box.is_editable():
        box.fill(option)
    page.get_by_role("option", name=option, exact=True).first.click()


def test_a_segment_is_put_together_without_writing(visit: Visit) -> None:
    page = visit.open("/segments/new")
    page.get_by_text("Conditions", exact=True).click()
    choose(page, "Add a condition", "number of orders")
    choose(page, "number of orders: comparison", "is at least")
    page.get_by_role("textbox", name="number of orders: value").fill("2")
    choose(page, "Add a condition", "who have placed an order")
    choose(page, "who have placed an order: add a detail", "date")
    choose(page, "Add a condition", "segment")
    page.get_by_role("combobox", name="segment: value").fill("VIP")
    expect(page.get_by_text("who are in the segment “VIP”", exact=False).first).to_be_visible()
    assert visit.faults() == []
    page.get_by_text("Query", exact=True).last.click()
    built = "number_of_orders >= 2 AND orders_placed MATCHES (date >= -30d) AND segment = 'VIP'"
    expect(page.locator(".cm-content")).to_have_text(built)


def test_a_query_comes_back_from_its_conditions_as_it_was(visit: Visit) -> None:
    page = visit.open("/segments/new")
    page.locator(".cm-content").fill(MIXED)
    page.get_by_text("Conditions", exact=True).click()
    expect(page.get_by_text("3 * average_order_value")).to_be_visible()
    assert visit.faults() == []
    page.get_by_role("textbox", name="number of orders: value").fill("3")
    page.get_by_role("button", name="Remove birth date").click()
    expect(page.get_by_text("at least 3 orders").first).to_be_visible()
    page.get_by_text("Query", exact=True).last.click()
    changed = MIXED.replace(">= 2", ">= 3").replace(" AND anniversary('birth_date') = today", "")
    expect(page.locator(".cm-content")).to_have_text(changed)
