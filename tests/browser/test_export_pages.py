"""Files of people taken out in the browser, opened and compared; the log of exports; segments from another tool."""

from __future__ import annotations

import csv
import hashlib
import json
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
SEGMENT = "top-20-percent"


def members(visit: Visit, segment: str) -> dict[str, Decimal]:
    """What the segment's members spent, by address."""
    found: dict[str, Decimal] = {}
    cursor = None
    while True:
        asked: dict[str, str | float | bool] = {"cursor": cursor} if cursor else {}
        page = visit.page.request.get(f"{visit.site.url}/api/segments/{segment}/members", params=asked).json()
        found |= {one["email"]: Decimal(one["spent"]["amount"]) for one in page["members"]}
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def choose(page: Page, field: str, option: str) -> None:
    """Choose from a list."""
    page.get_by_role("combobox", name=field, exact=True).click()
    page.get_by_role("option", name=option).click()


def downloaded(page: Page, button: str = "Download") -> Path:
    """The file that a button brings."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).first.click()
    return waiting.value.path()


def test_files_hold_the_people_and_columns_asked_for(visit: Visit) -> None:
    known = members(visit, SEGMENT)
    page = visit.open(f"/segments/{SEGMENT}")
    page.get_by_role("tab", name="Export").click()
    columns = page.get_by_role("combobox", name="Columns")
    expect(page.get_by_role("button", name="Download")).to_be_enabled()
    columns.click()
    for _ in range(16):
        columns.press("Backspace")
    for label in ("e-mail address", "amount spent"):
        columns.fill(label)
        page.get_by_role("option", name=label, exact=True).click()
    columns.press("Escape")
    assert visit.faults() == []
    with downloaded(page).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["email", "amount_spent"]
    assert {row["email"]: Decimal(row["amount_spent"]) for row in rows} == known

    choose(page, "Form", "Parquet")
    table = pq.read_table(downloaded(page))
    assert dict(zip(table["email"].to_pylist(), table["amount_spent"].to_pylist(), strict=True)) == known

    choose(page, "Form", "Hashed audience for Meta")
    choose(page, "Purpose of consent", "Marketing, where")
    assert visit.faults() == []
    audience = downloaded(page).read_bytes()
    rows = list(csv.DictReader(audience.decode().splitlines()))
    hashed = {row["email"] for row in rows} - {""}
    assert hashed
    assert hashed <= {hashlib.sha256(email.lower().encode()).hexdigest() for email in known}
    told = f"{len(rows)} people in the file, {len(known) - len(rows)} left out."
    expect(page.get_by_text(told, exact=False).first).to_be_visible()

    page = visit.open("/exports")
    assert visit.faults() == []
    newest = page.get_by_role("row").nth(1)
    expect(newest).to_contain_text("Hashed audience for Meta")
    assert downloaded(page, "Download the export of").read_bytes() == audience
    expect(newest).to_contain_text("Downloaded again")
    page.get_by_role("row").nth(2).get_by_role("button", name="Delete the file of the export of").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("row").nth(2)).to_contain_text("Deleted")


def test_segments_of_another_tool_are_checked_then_kept(visit: Visit) -> None:
    subscribed = {
        "channel": "email",
        "can_receive_marketing": False,
        "consent_status": {"subscription": "unsubscribed"},
    }
    conditions = {
        "Left the newsletter": [{"type": "profile-marketing-consent", "consent": subscribed}],
        "Stars": [{"type": "profile-horoscope"}],
    }
    definitions = [
        {"name": name, "definition": {"condition_groups": [{"conditions": listed}]}}
        for name, listed in conditions.items()
    ]
    page = visit.open("/segments/import")
    page.get_by_role("textbox", name="Or paste them").fill(json.dumps(definitions))
    page.get_by_role("button", name="See what they become").click()
    expect(page.get_by_role("article", name="Left the newsletter")).to_contain_text("Can be saved")
    expect(page.get_by_role("article", name="Stars")).to_contain_text("One condition cannot be expressed")
    assert visit.faults() == []
    page.get_by_role("button", name="Save 1 segment").click()
    page.get_by_role("article", name="Left the newsletter").get_by_role("link", name="Open the segment").click()
    page.wait_for_url("**/segments/left-the-newsletter")
    expect(page.locator(".cm-content")).to_have_text("email_subscription_status = 'UNSUBSCRIBED'")


def test_entries_and_exits_are_counted_by_month(visit: Visit) -> None:
    page = visit.open("/segments/vip")
    page.get_by_role("tab", name="Turnover").click()
    page.get_by_role("button", name="See the table").click()
    table = page.get_by_role("table", name="Entries and exits")
    expect(table.get_by_role("row")).to_have_count(13)
    rows = visit.page.request.get(f"{visit.site.url}/api/segments/vip/turnover?step=month&from=2000-01-01").json()[
        "rows"
    ]
    cells = table.get_by_role("row").nth(12).get_by_role("cell").all_inner_texts()
    newest = rows[-1]["day"]
    entered, left = (sum(row[way] for row in rows if row["day"] == newest) for way in ("entered", "left"))
    assert [int(cell.replace(",", "")) for cell in cells[1:3]] == [entered, left]
