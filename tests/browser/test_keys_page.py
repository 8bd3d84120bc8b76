"""A browser key comes with the lines to paste, and stays usable until it is revoked (S1)."""

from __future__ import annotations

import pytest
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("visit", ["en-light"], indirect=True)
def test_s1_a_browser_key_is_made_shown_once_and_revoked(visit: Visit) -> None:
    page = visit.open("/keys")
    page.get_by_role("button", name="New key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Our pages")
    assert visit.faults() == []
    dialog.get_by_role("button", name="Create").click()
    dialog.get_by_text("For the shop's pages").wait_for()
    text = dialog.locator("pre").first.inner_text()
    pasted = dialog.locator("pre").nth(1).inner_text()
    assert text.startswith("browser_")
    assert f'key:"{text}"' in pasted
    assert f"{visit.site.url}/t.js" in pasted
    assert visit.faults() == []
    dialog.get_by_role("button", name="Close").last.click()
    page.get_by_role("button", name="Show Our pages").click()
    assert text not in page.content()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    page.get_by_text("Revoked", exact=False).first.wait_for()


@pytest.mark.parametrize("visit", ["en-light"], indirect=True)
def test_web_push_is_turned_on_with_what_to_paste(visit: Visit) -> None:
    page = visit.open("/keys")
    page.get_by_label("Where push services reach you").fill("mailto:hello@shop.example")
    assert visit.faults() == []
    page.get_by_role("button", name="Turn on").click()
    page.get_by_text("A file /relance-worker.js").wait_for()
    pasted = page.locator("pre").all_inner_texts()
    assert f'importScripts("{visit.site.url}/t/worker.js");' in pasted
    assert any('relance("push"' in one for one in pasted)
    assert visit.faults() == []
