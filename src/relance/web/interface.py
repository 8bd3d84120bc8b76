"""The compiled interface and the stylesheet of the plain pages, as files.

The build writes `.br` and `.gz` beside each file; the smallest that the browser takes is sent. Files under /assets/
carry a hash in their name and never change; index.html is asked for again each time.
"""

from __future__ import annotations

import mimetypes
from functools import partial
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from relance.web.rendering import failure, language_for, message

COMPILED: Final = Path(__file__).parent / "_ui"
PLAIN: Final = Path(__file__).parent / "static"
ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"
# Files of the build that browsers have no business with.
KEPT_BACK: Final = frozenset({"manifest.json"})
# Other addresses are the interface's own: a customer's id may hold a full stop.
FILES: Final = (".css", ".html", ".ico", ".js", ".json", ".map", ".png", ".svg", ".txt", ".webmanifest", ".woff2")
# Below these lie the API and pages that need no session: nothing of the interface.
NOT_PAGES: Final = (
    *("api/", "assets/", "c/", "d/", "demo/", "f/", "hooks/", "o/", "p/", "pages/", "setup/", "t/", "u/", "v1/"),
)
TYPES: Final = {".js": "text/javascript", ".mjs": "text/javascript", ".woff2": "font/woff2", ".svg": "image/svg+xml"}


def add_pages(router: APIRouter, compiled: Path = COMPILED) -> None:
    """Add the files; `compiled` is where the interface was compiled to."""

    @router.api_route("/pages/{name}", methods=["GET", "HEAD"])
    def plain_file(request: Request, name: str) -> Response:
        return _send(request, PLAIN, name, ASK_AGAIN) or failure(404, language_for(request))

    @router.api_route("/assets/{path:path}", methods=["GET", "HEAD"])
    def asset(request: Request, path: str) -> Response:
        return _send(request, compiled, f"assets/{path}", FOR_EVER) or failure(404, language_for(request))

    @router.api_route("/{path:path}", methods=["GET", "HEAD"])
    def interface(request: Request, path: str) -> Response:
        send = partial(_send, request, compiled)
        if path.startswith(NOT_PAGES) or path.endswith(FILES):
            return (None if path in KEPT_BACK else send(path, ASK_AGAIN)) or failure(404, language_for(request))
        return send("index.html", ASK_AGAIN) or message(503, "not_built", language_for(request))


def _send(request: Request, root: Path, name: str, keep: str) -> Response | None:
    """The file in the best encoding that the browser takes; None when it is not there or outside the folder."""
    file = (root / name).resolve()
    if not file.is_relative_to(root.resolve()) or not file.is_file():
        return None
    accepted = accepted_codings(request.headers.get("accept-encoding", ""))
    headers = {"Cache-Control": keep, "Vary": "Accept-Encoding"}
    kind = TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    for encoding, suffix in ENCODINGS:
        smaller = file.with_name(file.name + suffix)
        if encoding in accepted and smaller.is_file():
            return FileResponse(smaller, media_type=kind, headers={**headers, "Content-Encoding": encoding})
    return FileResponse(file, media_type=kind, headers=headers)


def accepted_codings(header: str) -> set[str]:
    """The encodings of an Accept-Encoding header, without those of weight zero."""
    chosen = set()
    for part in header.split(","):
        name, _, weight = part.strip().partition(";")
        if weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}:
            chosen.add(name.strip().lower())
    return chosen
