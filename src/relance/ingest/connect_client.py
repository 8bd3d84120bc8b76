"""Asking a shop's interface, politely: its limits are kept, a passing fault is waited out, anything else is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar
from urllib.parse import urlencode, urljoin

from relance.errors import CursorExpired, Interrupted, ShopRefused, ShopUnreachable
from relance.ingest.connect_fetch import Answer, Fetcher, host_of

Json = dict[str, Any]
Headers = Mapping[str, str]
Found = TypeVar("Found")
TRIES: Final = 5
FIRST_WAIT: Final = 1.0  # seconds, doubled with each try
LONGEST_WAIT: Final = 120.0
TOO_MANY: Final = 429
BROKEN: Final = 500
# A lock that somebody else holds (423) and what Shopify answers while it is busy (430) pass too:
# https://shopify.dev/docs/api/usage/response-codes
PASSING: Final = frozenset({408, 423, 425, TOO_MANY, 430})
REFUSED: Final = frozenset({401, 402, 403})
GONE: Final = frozenset({404, 410})


def no_rest(_headers: Headers) -> float:
    """For shops that say nothing of how much may still be asked."""
    return 0.0


@dataclass(frozen=True)
class Reply:
    """A JSON answer with its headers, whose names are in lower case."""

    body: Any
    headers: Headers
    status: int


@dataclass
class Client:
    """One shop's interface. `rest(headers)` says after each answer for how many seconds to keep quiet.

    `sleep(seconds)` waits and returns whether to go on; False ends the run with Interrupted.
    """

    base: str
    fetcher: Fetcher
    secret_headers: Headers = field(repr=False)
    sleep: Callable[[float], bool]
    now: Callable[[], datetime]
    rest: Callable[[Headers], float] = no_rest
    _quiet: float = 0.0

    def get(self, path: str, query: Mapping[str, object] | None = None) -> Reply:
        """A JSON answer. Raises ShopRefused, CursorExpired (404, 410), ShopUnreachable and Interrupted."""
        return self._asked("GET", self._url(path, query), None)

    def post(self, path: str, body: object) -> Reply:
        """The same for a question that has a JSON body."""
        return self._asked("POST", self._url(path, None), json.dumps(body).encode())

    def get_text(self, path: str, query: Mapping[str, object] | None = None) -> str:
        """An answer that is no JSON, as text."""
        return self._tried("GET", self._url(path, query), None, {"Accept": "*/*"}, _text)

    def post_text(self, path: str, body: str, kind: str) -> str:
        """What is answered to a body of this kind that makes something: it is sent once, whatever comes of it."""
        headers = {"Accept": "*/*", "Content-Type": f"{kind}; charset=utf-8"}
        return self._tried("POST", self._url(path, None), body.encode(), headers, _text, tries=1)

    @contextmanager
    def lines(self, url: str) -> Iterator[Iterator[bytes]]:
        """The lines of a file at another address, without our secrets. Raises CursorExpired when it is there no more.

        Storage services answer 403 to an address that they signed and whose time is over.
        """
        with self.fetcher.open("GET", url, {}, {}) as answer:
            if answer.status in REFUSED or answer.status in GONE or answer.status == 400:
                raise CursorExpired("connect.file_gone", host=host_of(url))
            if answer.status != 200:
                raise ShopUnreachable("connect.bad_status", host=host_of(url), status=answer.status)
            yield answer.lines()

    def wait(self, seconds: float) -> None:
        """Wait. Raises Interrupted when the process is to stop."""
        if seconds > 0 and not self.sleep(seconds):
            raise Interrupted("interrupted")

    def _url(self, path: str, query: Mapping[str, object] | None) -> str:
        whole = urljoin(self.base.rstrip("/") + "/", path.lstrip("/"))
        told = {name: value for name, value in (query or {}).items() if value is not None}
        return f"{whole}{'&' if '?' in whole else '?'}{urlencode(told)}" if told else whole

    def _asked(self, method: str, url: str, body: bytes | None) -> Reply:
        headers = {"Accept": "application/json"} | ({"Content-Type": "application/json"} if body is not None else {})
        return self._tried(method, url, body, headers, _json_reply)

    def _tried(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Headers,
        read: Callable[[Answer], Found],
        tries: int = TRIES,
    ) -> Found:
        """What `read` makes of the first answer that is none of a passing fault. Raises the last fault."""
        turn = 0
        while True:
            self.wait(self._quiet)
            turn += 1
            self._quiet = FIRST_WAIT * 2 ** (turn - 1)
            try:
                sent = {"User-Agent": "relance", **headers}
                with self.fetcher.open(method, url, sent, self.secret_headers, body) as answer:
                    self._look(answer, self._quiet)
                    return read(answer)
            except ShopUnreachable as error:
                if isinstance(error, CursorExpired) or turn == tries:
                    raise

    def _look(self, answer: Answer, otherwise: float) -> None:
        """Note how long to keep quiet. Raises what the status says."""
        if answer.status in PASSING or answer.status >= BROKEN:
            self._quiet = _retry_after(answer.headers, self.now(), otherwise)
            raise _passing(answer)
        self._quiet = 0.0
        _check(answer)
        self._quiet = min(self.rest(answer.headers), LONGEST_WAIT)


def _json_reply(answer: Answer) -> Reply:
    raw = answer.read()
    try:
        return Reply(json.loads(raw), answer.headers, answer.status)
    except ValueError as error:
        raise ShopUnreachable("connect.no_json", host=host_of(answer.url)) from error


def _text(answer: Answer) -> str:
    return answer.read().decode("utf-8", "replace")


def _check(answer: Answer) -> None:
    host = host_of(answer.url)
    if answer.status in REFUSED:
        raise ShopRefused("connect.refused", host=host, status=answer.status)
    if answer.status in GONE:
        raise CursorExpired("connect.not_there", host=host, status=answer.status)
    if answer.status >= 300:
        raise ShopUnreachable("connect.bad_status", host=host, status=answer.status)


def _passing(answer: Answer) -> ShopUnreachable:
    key = "connect.too_often" if answer.status in {TOO_MANY, 430} else "connect.bad_status"
    return ShopUnreachable(key, host=host_of(answer.url), status=answer.status)


def _retry_after(headers: Headers, now: datetime, otherwise: float) -> float:
    """Seconds to wait, as the answer says: a number or a date (RFC 9110 §10.2.3); within bounds."""
    told = headers.get("retry-after", "")
    try:
        seconds = float(told)
    except ValueError:
        seconds = otherwise
        if told:
            try:
                at = parsedate_to_datetime(told)
                seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
            except ValueError:
                seconds = otherwise
    return min(max(seconds, 0.0), LONGEST_WAIT)
