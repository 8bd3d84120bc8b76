"""The files of the compiled interface (ui.md §1.5, pitfall 9)."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from starlette.testclient import TestClient

from relance.web import interface


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[TestClient]:
    """A browser on a small compiled interface."""
    compiled = tmp_path / "_ui"
    (compiled / "assets").mkdir(parents=True)
    (compiled / "index.html").write_text("<html>app</html>")
    (compiled / "manifest.json").write_text("{}")
    (compiled / "favicon.svg").write_text("<svg/>")
    script = compiled / "assets" / "main-abc123.js"
    script.write_text("plain")
    (compiled / "assets" / "main-abc123.js.br").write_bytes(b"as brotli")
    (compiled / "assets" / "main-abc123.js.gz").write_bytes(gzip.compress(b"as gzip"))
    (tmp_path / "secret.js").write_text("outside")
    yield from _serving(compiled)


def _serving(compiled: Path) -> Iterator[TestClient]:
    app, router = FastAPI(), APIRouter()
    interface.add_pages(router, compiled)
    app.include_router(router)
    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize(
    ("accepted", "sent", "content"),
    [
        ("gzip, deflate, br", "br", b"as brotli"),
        ("gzip", "gzip", b"as gzip"),
        ("br;q=0, gzip;q=0.5", "gzip", b"as gzip"),
        ("identity", None, b"plain"),
    ],
)
def test_the_smallest_encoding_that_is_taken(
    browser: TestClient, accepted: str, sent: str | None, content: bytes
) -> None:
    with browser.stream("GET", "/assets/main-abc123.js", headers={"Accept-Encoding": accepted}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == sent
    assert (gzip.decompress(raw) if sent == "gzip" else raw) == content
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("path", ["/", "/segments/vip", "/customers/shopify:12347.0", "/flows"])
def test_every_address_of_the_interface_gets_its_page(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.text == "<html>app</html>"
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/missing.js",
        "/missing.css",
        "/manifest.json",
        "/api/nothing",
        "/assets/..%2f..%2fsecret.js",
        "/..%2fsecret.js",
    ],
)
def test_what_is_not_there_is_not_found(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    assert answer.status_code == 404
    assert "outside" not in answer.text


def test_small_files_beside_the_page(browser: TestClient) -> None:
    assert browser.get("/favicon.svg").headers["content-type"] == "image/svg+xml"
    assert browser.head("/favicon.svg").status_code == 200
    assert browser.get("/pages/pages.css").headers["content-type"].startswith("text/css")


def test_without_the_compiled_interface_a_page_says_so(tmp_path: Path) -> None:
    for client in _serving(tmp_path / "nothing"):
        answer = client.get("/")
        assert answer.status_code == 503
        assert "npm run build" in answer.text
