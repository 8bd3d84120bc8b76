"""The sign-in page and the page of the first start, in both languages, without JavaScript."""

from __future__ import annotations

import pytest
from tests.web.conftest import ORIGIN, Site

from relance import api
from relance.web.entrance import safe_path

PASSWORD = "une phrase assez longue"
FROM_HERE = {"Origin": ORIGIN}


def setup_path(site: Site) -> str:
    """The path of a new first link."""
    link = api.setup_link(site.house)
    assert link is not None
    return link.removeprefix(ORIGIN)


def test_the_first_start(site: Site) -> None:
    path = setup_path(site)
    page = site.browser.get(path, headers={"Accept-Language": "fr-CA"})
    assert page.status_code == 200
    assert "Choisissez un nom et un mot de passe" in page.text
    assert 'autocomplete="new-password"' in page.text
    for form in (
        {"name": "claire", "password": PASSWORD, "again": PASSWORD + "!"},
        {"name": "  ", "password": PASSWORD, "again": PASSWORD},
        {"name": "claire", "password": "too short", "again": "too short"},
    ):
        answer = site.browser.post(path, data=form, headers=FROM_HERE)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.text
        assert form["password"] not in answer.text
    form = {"name": "claire", "password": PASSWORD, "again": PASSWORD}
    assert site.browser.post(path, data=form, headers={"Origin": "https://evil.example"}).status_code == 403
    done = site.browser.post(path, data=form, headers=FROM_HERE)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert site.browser.get("/api/session").json()["account"] == "claire"
    assert site.browser.get(path).status_code == 404
    assert site.browser.post(path, data=form, headers=FROM_HERE).status_code == 404


def test_signing_in_leads_where_one_wanted_to_go(site: Site) -> None:
    site.browser.post(
        setup_path(site), data={"name": "claire", "password": PASSWORD, "again": PASSWORD}, headers=FROM_HERE
    )
    site.browser.cookies.clear()
    sent = site.browser.get("/segments/vip")
    page = site.browser.get(sent.headers["location"])
    assert 'name="next" value="/segments/vip"' in page.text
    form = {"name": "claire", "password": "wrong", "next": "/segments/vip"}
    wrong = site.browser.post("/login", data=form, headers=FROM_HERE)
    assert wrong.status_code == 401
    assert "The name or the password is wrong." in wrong.text
    assert "wrong" not in wrong.text.replace("is wrong.", "")
    right = site.browser.post("/login", data={**form, "password": PASSWORD}, headers=FROM_HERE)
    assert (right.status_code, right.headers["location"]) == (303, "/segments/vip")


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "", "/a\r\nb", "javascript:x"]
)
def test_nobody_is_sent_to_another_site_after_signing_in(wanted: str) -> None:
    assert safe_path(wanted) == "/"


def test_what_was_typed_is_escaped(site: Site) -> None:
    answer = site.browser.post("/login", data={"name": '"><script>x</script>', "password": "y"}, headers=FROM_HERE)
    assert "<script>" not in answer.text


def test_the_other_language_is_one_link_away(site: Site) -> None:
    page = site.browser.get("/login?next=/rfm")
    assert '<html lang="en">' in page.text
    assert "?next=%2Frfm&amp;language=fr" in page.text
    assert '<html lang="fr">' in site.browser.get("/login?next=/rfm&language=fr").text
