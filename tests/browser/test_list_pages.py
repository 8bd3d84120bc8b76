"""Lists and tags in the browser: filled from a file, renamed, combined, and people taken off again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def addresses(visit: Visit, count: int) -> list[str]:
    """The addresses of the first customers."""
    listed = visit.page.request.get(f"{visit.site.url}/api/customers").json()["customers"]
    return [one["email"] for one in listed if one["email"]][:count]


def members(visit: Visit, page: Page) -> set[str]:
    """The addresses of the list whose page is open."""
    list_id = page.url.rpartition("/")[2]
    listed = visit.page.request.get(f"{visit.site.url}/api/lists/{list_id}/members").json()["members"]
    return {one["email"] for one in listed}


def upload(place: Page | Locator, emails: list[str]) -> None:
    """Choose a CSV file with these addresses under a heading."""
    content = "\n".join(["Name;E-mail", *(f"Somebody;{email}" for email in emails), ""])
    place.get_by_text("A CSV file", exact=True).click()
    file: FilePayload = {"name": "people.csv", "mimeType": "text/csv", "buffer": content.encode("utf-8-sig")}
    place.locator("input[type=file]").set_input_files([file])


def made_from_file(page: Page, name: str, emails: list[str]) -> None:
    """Make a list from a file, and open it."""
    page.get_by_role("button", name="New list").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name", exact=True).fill(name)
    upload(dialog, emails)
    dialog.get_by_role("button", name="Create").click()


def test_lists_come_from_files_and_are_combined(visit: Visit) -> None:
    people = addresses(visit, 5)
    page = visit.open("/lists")
    made_from_file(page, "Fair", [*people[:4], "nobody@example.org"])
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("1 row named nobody.", exact=False)).to_be_visible()
    expect(dialog.get_by_role("cell", name="nobody@example.org")).to_be_visible()
    dialog.get_by_role("button", name="Open the list").click()
    expect(page.get_by_role("heading", name="Fair")).to_be_visible()
    assert members(visit, page) == set(people[:4])

    upload(page, [people[4]])
    page.get_by_role("button", name="Put on the list").click()
    expect(page.get_by_text("1 person concerned.")).to_be_visible()
    page.get_by_text("Addresses", exact=True).click()
    page.get_by_label("E-mail addresses or ids").fill(people[0])
    page.get_by_role("button", name="Take off the list").click()
    expect(page.get_by_text(re.compile(r"^4 customers · made on"))).to_be_visible()
    assert members(visit, page) == set(people[1:])

    page.get_by_role("textbox", name="Name", exact=True).fill("Fair of March")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Fair of March")).to_be_visible()

    page = visit.open("/lists")
    made_from_file(page, "Press", people[1:3])
    expect(page.get_by_role("heading", name="Press")).to_be_visible()
    page = visit.open("/lists")
    page.get_by_role("button", name="New list").click()
    dialog.get_by_text("From lists", exact=True).click()
    dialog.get_by_role("textbox", name="Name", exact=True).fill("Fair without the press")
    dialog.get_by_role("combobox", name="Operation").click()
    page.get_by_role("option", name="On the first and on none of the others").click()
    lists = dialog.get_by_role("combobox", name="Lists")
    for name in ("Fair of March", "Press"):
        lists.fill(name)
        page.get_by_role("option", name=name).click()
    dialog.get_by_role("textbox", name="Name", exact=True).click()
    assert visit.faults() == []
    dialog.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Fair without the press")).to_be_visible()
    assert members(visit, page) == set(people[3:])


def test_a_tag_is_taken_from_people(visit: Visit) -> None:
    people = addresses(visit, 3)
    page = visit.open("/lists?tab=tags")
    page.get_by_role("textbox", name="Tag").fill("guest")
    page.get_by_text("Addresses", exact=True).click()
    named = page.get_by_label("E-mail addresses or ids")
    named.fill("\n".join(people))
    page.get_by_role("button", name="Give").click()
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="guest", exact=True))
    expect(row.get_by_role("cell", name="3")).to_have_count(2)
    named.fill(people[0])
    page.get_by_role("button", name="Take").click()
    expect(page.get_by_text("1 person no longer has it.")).to_be_visible()
    expect(row.get_by_role("cell", name="2")).to_have_count(2)
