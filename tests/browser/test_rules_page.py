"""R1, S15: the merchant sets pressure, quiet hours and control groups on one page, whole."""

from __future__ import annotations

import pytest
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("visit", ["en-light"], indirect=True)
def test_r1_sending_rules_are_changed_and_kept(visit: Visit) -> None:
    page = visit.open("/rules")
    page.get_by_label("Percent of customers").fill("5")
    page.get_by_label("Inactive customers: percent of its people").fill("10")
    page.get_by_label("At risk: messages").fill("2")
    page.get_by_label("Loyal: hours from one message to the next").fill("12, 24")
    page.get_by_label("Loyal: less without a reaction").check()
    page.get_by_label("Inactive: nothing more after days without a reaction").fill("45")
    page.get_by_label("Messages without a reaction").fill("3")
    page.get_by_role("button", name="Add a limit: SMS").click()
    page.get_by_label("SMS: messages").fill("4")
    france = page.get_by_role("group", name="SMS · France", exact=True)
    france.get_by_label("Sat").uncheck()
    france.get_by_label("Public holidays too").check()
    page.get_by_role("button", name="Remove the hours: SMS · Australia").click()
    page.get_by_label("Country (code, or *)").fill("be")
    page.get_by_role("button", name="Add hours").click()
    page.get_by_role("group", name="E-mail · Belgium", exact=True).wait_for()
    assert visit.faults() == []
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    kept = page.request.get(f"{visit.site.url}/api/gate/rules").json()["rules"]
    phases, hours = kept["pressure"]["phases"], kept["quiet_hours"]
    assert (kept["holdout"]["percent"], kept["holdout"]["sources"]) == (5, {"flow:inactive-customers": 10})
    assert phases["at_risk"]["caps"] == [{"count": 2, "days": 7}]
    assert (phases["loyal"]["spacing_hours"], phases["loyal"]["decays"]) == ([12, 24], True)
    assert (phases["inactive"]["stops_after_days"], kept["pressure"]["decay_after"]) == (45, 3)
    assert kept["pressure"]["channels"]["sms"] == [{"count": 4, "days": 7}]
    (french,) = [one for one in hours if (one["channel"], one["country"]) == ("sms", "FR")]
    assert (french["days"], french["on_holidays"]) == ([1, 2, 3, 4, 5], True)
    assert [one["country"] for one in hours if one["channel"] == "email"] == ["BE"]
    assert "AU" not in [one["country"] for one in hours]
    page.reload()
    page.get_by_label("At risk: messages").wait_for()
    assert page.get_by_label("At risk: messages").input_value() == "2"
    assert page.get_by_label("Loyal: hours from one message to the next").input_value() == "12, 24"
    page.get_by_role("button", name="As it came").click()
    assert page.get_by_label("Loyal: hours from one message to the next").input_value() == ""


@pytest.mark.parametrize("visit", ["fr-dark"], indirect=True)
def test_the_rules_are_said_in_french(visit: Visit) -> None:
    page = visit.open("/rules")
    page.get_by_label("Messages sans réaction").wait_for()
    assert visit.faults() == []
