"""The script that shops' pages load: under an address that may be kept for ever, and under a short one.

`/t.js` is today's script and may be kept for an hour; `/t/<version>.js` never changes, for pages that pin it. The parts
for web push have short addresses only: `/t/push.js`, which the script loads when a page asks for it, and
`/t/worker.js`, which a shop's service worker takes in. All are public files: any site may load them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from relance.web.interface import accepted_codings
from relance.web.rendering import failure, language_for

COMPILED: Final = Path(__file__).parent / "_ui" / "tracker" / "t.js"
VERSION_LENGTH: Final = 16  # hexadecimal digits of the SHA-256 of the script
FOR_EVER: Final = "public, max-age=31536000, immutable"
AN_HOUR: Final = "public, max-age=3600, stale-while-revalidate=86400"
OPEN: Final = {"Access-Control-Allow-Origin": "*", "Timing-Allow-Origin": "*", "Vary": "Accept-Encoding"}
ALIAS: Final = "/t.js"
PARTS: Final = ("push.js", "worker.js")


@dataclass(frozen=True)
class Script:
    """The script as it is sent: its bytes by content coding, the plain ones under an empty name."""

    version: str
    bodies: dict[str, bytes]


def add_pages(router: APIRouter, compiled: Path = COMPILED) -> None:
    """Add the addresses of the script; `compiled` is where it was compiled to."""

    @router.api_route(ALIAS, methods=["GET", "HEAD"])
    def newest_script(request: Request) -> Response:
        return _sent(request, _script(compiled), AN_HOUR)

    def add_part(name: str) -> None:
        @router.api_route(f"/t/{name}", methods=["GET", "HEAD"])
        def part(request: Request) -> Response:
            return _sent(request, _script(compiled.with_name(name)), AN_HOUR)

    for name in PARTS:
        add_part(name)

    @router.api_route("/t/{version}.js", methods=["GET", "HEAD"])
    def pinned_script(request: Request, version: str) -> Response:
        script = _script(compiled)
        if script is not None and version != script.version:
            # the script of an earlier Relance: its pages go on with today's
            return RedirectResponse(ALIAS, status_code=302, headers=OPEN)
        return _sent(request, script, FOR_EVER)


def tracker_version(compiled: Path = COMPILED) -> str | None:
    """The version in the script's lasting address; None where the interface is not compiled."""
    script = _script(compiled)
    return script.version if script else None


def _script(compiled: Path) -> Script | None:
    try:
        return _read(compiled, compiled.stat().st_mtime_ns)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=8)
def _read(compiled: Path, changed: int) -> Script:
    """The script as it was when the file was last `changed`."""
    del changed
    body = compiled.read_bytes()
    bodies = {"": body}
    for coding, suffix in (("br", ".br"), ("gzip", ".gz")):
        smaller = compiled.with_name(compiled.name + suffix)
        if smaller.is_file():
            bodies[coding] = smaller.read_bytes()
    return Script(hashlib.sha256(body).hexdigest()[:VERSION_LENGTH], bodies)


def _sent(request: Request, script: Script | None, keep: str) -> Response:
    if script is None:
        return failure(404, language_for(request))
    accepted = accepted_codings(request.headers.get("accept-encoding", ""))
    coding = next((name for name in ("br", "gzip") if name in accepted and name in script.bodies), "")
    tag = f'"{script.version}{coding and "-" + coding}"'
    headers = {**OPEN, "Cache-Control": keep, "ETag": tag}
    if tag in {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers=headers)
    if coding:
        headers["Content-Encoding"] = coding
    return Response(script.bodies[coding], media_type="text/javascript", headers=headers)
