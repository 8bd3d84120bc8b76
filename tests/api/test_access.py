"""Who may reach what: generated from the routes of the application (SEC-07)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

ORIGIN = "http://testserver"
OPEN = {
    "/login",
    "/setup/{token}",
    "/demo/{token}",
    "/health",
    "/pages/{name}",
    "/assets/{path:path}",
    "/c/{token}",
    "/i/{picture_id}",
    "/u/{token}",
    "/p/{token}",
    "/f/{form}",
    "/d/{token}",
    "/o/{token}.gif",
    "/providers/{channel}/{provider}/{token}",
    "/returns/{token}",
    "/t.js",
    "/t/{version}.js",
    "/t/push.js",
    "/t/worker.js",
    "/v1/push",
    "/hooks/{name}/{token}/{topic:path}",
    "/api/login",
}
# A mail program posts there without cookies and without an origin (RFC 8058), a shop's server with a signature,
# a shop's page with its public key, which can do nothing here but speak for its own browser.
WITHOUT_ORIGIN = {
    "/u/{token}",
    "/p/{token}",
    "/f/{form}",
    "/d/{token}",
    "/hooks/{name}/{token}/{topic:path}",
    "/providers/{channel}/{provider}/{token}",
    "/returns/{token}",
    "/v1/push",
}
PLAIN = ("/login", "/setup", "/demo", "/c/", "/u/", "/p/", "/f/", "/d/", "/o/")


def flat(routes: Sequence[BaseRoute]) -> Iterator[BaseRoute]:
    """The routes of an application and of the routers that it includes."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        yield from flat(inner.routes) if inner is not None else [route]


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every method and path of the application."""
    found = [route for route in flat(app.routes) if isinstance(route, APIRoute)]
    assert len(found) > 30
    for route in found:
        for method in sorted(route.methods or ()):
            yield method, route.path


def address(path: str) -> str:
    """An address that a path matches."""
    return path.replace("{path:path}", "somewhere").replace(":path}", "}").replace("{", "").replace("}", "")


def test_without_a_session_only_a_few_addresses_answer(app: FastAPI, stranger: TestClient) -> None:
    for method, path in routes(app):
        answer = stranger.request(method, address(path))
        if path in OPEN:
            assert answer.headers.get("location", "").startswith("/login") is False, path
            assert "api.sign_in" not in answer.text, path
        elif path.startswith("/api/"):
            assert answer.status_code == 401, (method, path)
            assert method == "HEAD" or answer.json()["key"] == "api.sign_in"
        else:
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].startswith("/login"), path


def test_an_unknown_address_tells_a_stranger_nothing(stranger: TestClient) -> None:
    assert stranger.get("/api/nothing/here").status_code == 401
    assert stranger.get("/segments/vip?tab=1").headers["location"] == "/login?next=%2Fsegments%2Fvip%3Ftab%3D1"
    assert stranger.post("/segments").status_code == 401


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://testserver.evil.example"])
def test_no_change_from_another_site(app: FastAPI, owner: TestClient, origin: str | None) -> None:
    """CVE-2025-58430 and its like: every changing route, with the session's cookies and even the token."""
    for method, path in routes(app):
        if method in {"GET", "HEAD"} or path in WITHOUT_ORIGIN:
            continue
        if origin is None:
            owner.headers.pop("Origin", None)
        else:
            owner.headers["Origin"] = origin
        answer = owner.request(method, address(path))
        assert answer.status_code == 403, (method, path)
        if path.startswith("/api/"):
            assert answer.json()["key"] == "api.cross_site"
    owner.headers["Origin"] = ORIGIN
    assert owner.get("/api/session").status_code == 200


@pytest.mark.parametrize("token", [None, "", "0" * 64])
def test_no_change_without_the_token(app: FastAPI, owner: TestClient, token: str | None) -> None:
    if token is None:
        del owner.headers["X-Relance-CSRF"]
    else:
        owner.headers["X-Relance-CSRF"] = token
    for method, path in routes(app):
        if method not in {"GET", "HEAD"} and path not in OPEN:
            assert owner.request(method, address(path)).status_code == 403, (method, path)
    assert owner.get("/api/session").status_code == 200


def test_headers_are_on_every_answer(app: FastAPI, owner: TestClient, stranger: TestClient) -> None:
    """S31: no inline script anywhere, no inline style on customers' pages."""
    for client in (owner, stranger):
        for method, path in routes(app):
            answer = client.request(method, address(path))
            policy = answer.headers["content-security-policy"]
            assert "script-src 'self';" in policy, path
            assert "frame-ancestors 'none'" in policy
            assert ("'unsafe-inline'" in policy) is not address(path).startswith(PLAIN), path
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] in {"same-origin", "no-referrer"}
            assert answer.headers["cache-control"]
            if path.startswith("/api/"):
                assert answer.headers["cache-control"] == "no-store"
            assert "server" not in answer.headers


def test_https_is_remembered(app: FastAPI) -> None:
    with TestClient(app, base_url="https://testserver") as client:
        assert "max-age" in client.get("/login").headers["strict-transport-security"]


def test_a_fault_of_ours_tells_nothing_of_the_inside(app: FastAPI, owner: TestClient) -> None:
    @app.get("/api/fault")
    def fault() -> None:
        raise ValueError("somebody@example.com")

    app.router.routes.insert(0, app.router.routes.pop())
    answer = owner.get("/api/fault")
    assert answer.status_code == 500
    assert answer.json()["key"] == "api.broken"
    assert "somebody" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_request_of_another_form_is_explained(owner: TestClient) -> None:
    answer = owner.post("/api/password", json={"current": "x", "new": "long enough for that", "more": 1})
    assert answer.status_code == 422
    assert answer.json()["key"] == "api.malformed"
    assert "body.more" in answer.json()["detail"]
