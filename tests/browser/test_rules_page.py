"""R1: the merchant sets pressure, quiet hours and the control group on one page."""

from __future__ import annotations

import pytest
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("visit", ["en-light"], indirect=True)
def test_r1_sending_rules_are_changed_and_kept(visit: Visit) -> None:
    page = visit.open("/rules")
    percent = page.get_by_label("Percent of customers")
    percent.fill("5")
    page.get_by_label("At risk: messages").fill("2")
    assert visit.faults() == []
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    page.reload()
    page.get_by_label("At risk: messages").wait_for()
    assert page.get_by_label("At risk: messages").input_value() == "2"
    assert page.get_by_label("Percent of customers").input_value() == "5"
