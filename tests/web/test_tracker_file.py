"""The script for shops' pages as it is sent: small, kept well, for every site."""

from __future__ import annotations

import gzip

import pytest
from starlette.testclient import TestClient
from tests.web.conftest import Site

from relance.web.interface import COMPILED as INTERFACE
from relance.web.tracker import COMPILED, tracker_version

MOST = 5_000  # bytes, compressed


@pytest.fixture
def stranger(site: Site) -> TestClient:
    """A browser without a session, where the interface is compiled; the script must then be there."""
    if not (INTERFACE / "index.html").exists() or not COMPILED.exists():
        pytest.skip("the tracker is not compiled: scripts/setup does it")
    site.browser.headers["Origin"] = "https://shop.example"
    return site.browser


def test_the_script_is_at_most_5_kb(stranger: TestClient) -> None:
    script = COMPILED.read_bytes()
    assert 1_000 < len(gzip.compress(script, 9)) <= MOST
    sent = stranger.get("/t.js", headers={"Accept-Encoding": "gzip"})
    assert sent.headers["content-encoding"] == "gzip"
    assert int(sent.headers["content-length"]) <= MOST
    assert sent.content == script


def test_the_script_is_for_every_site(stranger: TestClient) -> None:
    for address in ("/t.js", f"/t/{tracker_version()}.js"):
        for coding in ("br", "gzip", "identity"):
            answer = stranger.get(address, headers={"Accept-Encoding": coding})
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
            assert "set-cookie" not in answer.headers
            assert answer.headers.get("content-encoding", "identity") == coding


def test_the_short_address_is_asked_again_and_the_long_one_never(stranger: TestClient) -> None:
    short, long = stranger.get("/t.js"), stranger.get(f"/t/{tracker_version()}.js")
    assert "max-age=3600" in short.headers["cache-control"]
    assert "immutable" in long.headers["cache-control"]
    again = stranger.get("/t.js", headers={"If-None-Match": short.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == short.headers["etag"]
    other = stranger.get("/t.js", headers={"If-None-Match": short.headers["etag"], "Accept-Encoding": "identity"})
    assert other.status_code == 200


def test_the_parts_for_web_push_are_loaded_apart(stranger: TestClient) -> None:
    """Pages without web push load nothing of it."""
    for name in ("push.js", "worker.js"):
        part = COMPILED.with_name(name)
        assert len(gzip.compress(part.read_bytes(), 9)) <= 2_000
        answer = stranger.get(f"/t/{name}", headers={"Accept-Encoding": "gzip"})
        assert (answer.status_code, answer.content) == (200, part.read_bytes())
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        assert "max-age=3600" in answer.headers["cache-control"]


def test_an_older_version_leads_to_todays(stranger: TestClient) -> None:
    answer = stranger.get("/t/0123456789abcdef.js")
    assert (answer.status_code, answer.headers["location"]) == (302, "/t.js")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert stranger.get("/t/other.css").status_code == 404
