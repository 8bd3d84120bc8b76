"""What customers reach from a mail: tracked links and the unsubscribe page (MAIL-03, MAIL-08, SEC-15)."""

from __future__ import annotations

import secrets

import pytest
from sqlalchemy import select, update
from tests.web.conftest import Site

from relance import consent, sending
from relance.store import tables

ONE_CLICK = "List-Unsubscribe=One-Click"


def withdrawals(site: Site) -> int:
    """How many entries the customer's ledger has."""
    with site.house.store.read() as connection:
        return len(consent.history(connection, site.shop, "c1"))


def hits(site: Site) -> list[tuple[str, str]]:
    """Kind and method of every hit."""
    with site.house.store.read() as connection:
        return [(row.kind, row.method) for row in connection.execute(select(tables.tracking_hit))]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_tracked_link_redirects_at_once(site: Site, method: str) -> None:
    answer = site.browser.request(method, site.clicks[2])
    assert answer.status_code == 302
    assert answer.headers["location"] == "https://boutique.example/2"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in answer.headers
    assert hits(site) == [("click", method)]


@pytest.mark.parametrize(
    "target",
    ["javascript:alert(1)", "//evil.example", "ftp://evil.example", "https://ok.example/\r\nSet-Cookie: a=b"],
)
def test_a_target_that_no_mail_may_have_is_not_followed(site: Site, target: str) -> None:
    with site.house.store.begin() as connection:
        connection.execute(update(tables.tracked_link).values(target=target))
    answer = site.browser.get(site.clicks[0])
    assert "set-cookie" not in answer.headers
    assert answer.status_code == 404 or "\n" not in answer.headers["location"]
    assert "evil" not in answer.headers.get("location", "")


def test_guessed_tokens_lead_nowhere(site: Site) -> None:
    good = site.clicks[0].rpartition("/")[2]
    changed = [good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :] for place in range(len(good))]
    guessed = [secrets.token_urlsafe(25) for _ in range(100)]
    for token in [*changed, *guessed, "", "x", "é", "%00", good + "A", site.unsubscribe.rpartition("/")[2]]:
        assert site.browser.get(f"/c/{token}?url=https://evil.example").status_code == 404
    assert hits(site) == []


def test_looking_at_the_unsubscribe_page_changes_nothing(site: Site) -> None:
    """A scanner that follows every link three times unsubscribes nobody."""
    for _ in range(3):
        for method in ("GET", "HEAD"):
            assert site.browser.request(method, site.unsubscribe).status_code == 200
    assert withdrawals(site) == 0


def test_the_page_masks_the_address_and_speaks_the_customer_s_language(site: Site) -> None:
    french, english = site.browser.get(site.unsubscribe), site.browser.get(site.unsubscribe + "?language=en")
    assert "j•••@e•••.fr" in french.text
    assert "julie" not in french.text
    assert '<html lang="fr">' in french.text
    assert "Maison &lt;Clairval&gt;" in french.text
    assert '<html lang="en">' in english.text
    assert "<script" not in french.text
    assert "style=" not in french.text


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b""},
        {"content": b"{not json", "headers": {"Content-Type": "application/json"}},
    ],
)
def test_one_click(site: Site, body: dict[str, object]) -> None:
    """RFC 8058: both content types, no cookie, no redirect, idempotent, the same answer each time."""
    first, again = (site.browser.post(site.unsubscribe, **body) for _ in range(2))  # type: ignore[arg-type]
    assert first.status_code == again.status_code == 200
    assert first.text == again.text
    assert "set-cookie" not in first.headers
    assert withdrawals(site) == 1


def test_one_click_comes_from_anywhere(site: Site) -> None:
    answer = site.browser.post(site.unsubscribe, content=ONE_CLICK, headers={"Origin": "https://mail.example"})
    assert answer.status_code == 200
    assert withdrawals(site) == 1


def test_an_unknown_token_unsubscribes_nobody_and_tells_nothing(site: Site) -> None:
    for token in ("x" * 34, site.clicks[0].rpartition("/")[2]):
        for method in ("GET", "POST"):
            answer = site.browser.request(method, f"/u/{token}")
            assert answer.status_code == 404
            assert "•" not in answer.text
    assert withdrawals(site) == 0


def test_the_pixel_is_a_picture_and_nothing_else(site: Site) -> None:
    """PRIV-05: no cookie, never kept by anybody on the way; a guess finds nothing, HEAD counts nothing."""
    url = sending.pixel_url("", site.house.key, "aggregate", 1, "flow:f2", "m3")
    for method in ("GET", "HEAD"):
        answer = site.browser.request(method, str(url))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/gif"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"  # a mail program is another site
        assert "set-cookie" not in answer.headers
    with site.house.store.read() as connection:
        assert connection.execute(select(tables.open_count.c.opens)).scalars().all() == [1]
    for token in ("x" * 34, site.unsubscribe.rpartition("/")[2]):
        assert site.browser.get(f"/o/{token}.gif").status_code == 404
