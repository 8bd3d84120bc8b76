"""The door to a provider that is spoken to over HTTP: the connection first, then the request, one recipient each (S14).

The doubt is written before the first byte of the request. Where the provider takes idempotency keys, a request whose
answer was lost is repeated with the same key, and only within the key's shortest documented life; elsewhere never.
"""

from __future__ import annotations

import http.client
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final
from urllib.parse import SplitResult, urlsplit
from uuid import NAMESPACE_URL, uuid5

from relance.channels import Answered, NotReached, Outgoing, Provider, Request, RouteRefused
from relance.errors import BadInput, RelanceError
from relance.ingest import Fetcher
from relance.sending.doors import Doors, Letter
from relance.sending.failpoints import reach
from relance.sending.route import HttpRoute

LARGEST: Final = 1_000_000  # bytes of an answer
IDLE: Final = 15.0  # seconds after which a kept connection is not trusted any more
# seconds between repeats of a request in doubt; a provider that stays silent longer is asked by its events
WAITS: Final = (1.0, 3.0, 9.0, 27.0)
# an idempotency key is not relied on in the last part of its life: clocks and queues differ
MARGIN: Final = timedelta(minutes=1)
BROKEN: Final = (OSError, http.client.HTTPException)


@dataclass(eq=False)
class HttpDoor:
    """One kept connection to a provider, or to whatever host a message's request goes to."""

    provider: Provider
    outgoing: Callable[[Letter], Outgoing]
    fetcher: Fetcher
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    alive: bool = True
    _line: http.client.HTTPConnection | None = None
    _origin: tuple[str, str] = ("", "")
    _used: float = 0.0
    _request: Request | None = field(default=None, repr=False)

    def stream(self, letter: Letter) -> Answered | None:
        """Make the request and stand at the provider's door; no byte of the request travels yet."""
        try:
            self._request = self.provider.request(self.outgoing(letter))
        except (ValueError, RelanceError) as error:
            return Answered("failed", 0, _words(error))
        try:
            self._stand(urlsplit(self._request.url))
        except BadInput as error:
            return Answered("failed", 0, _words(error))
        except (*BROKEN, RelanceError) as error:
            self._drop()
            host = urlsplit(self._request.url).hostname or ""
            raise NotReached("channels.http_not_reached", host=host, reason=_words(error)) from error
        reach("body")
        return None

    def finish(self) -> Answered:
        """Send the request and hear the answer, again and again while that is safe."""
        begun, waits = self.monotonic(), iter(WAITS)
        answer = self._ask()
        while answer.outcome == "doubt" and (pause := self._pause(begun, next(waits, None))) is not None:
            self.sleep(pause)
            again = self._ask()
            # a no is about the repeat: the request before it may have been taken all the same
            answer = again if again.outcome == "accepted" else replace(again, outcome="doubt")
        reach("replied")
        return answer

    def abandon(self) -> None:
        """Forget the request; the connection carried nothing of it and goes on."""
        self._request = None

    def close(self) -> None:
        """Close the connection."""
        self.alive = False
        self._drop()

    def _pause(self, begun: float, pause: float | None) -> float | None:
        """How long to wait before the same request may be sent again; None when it may not."""
        lives = self.provider.idempotent_for
        if lives is None or pause is None:
            return None
        ends = begun + (lives - MARGIN).total_seconds()
        return pause if self.monotonic() + pause < ends else None

    def _ask(self) -> Answered:
        """One request and what its answer means; doubt whenever that cannot be known."""
        request = self._request
        if request is None:
            raise ValueError("no request was made")
        parts = urlsplit(request.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            line = self._stand(parts)
            headers = {"Accept-Encoding": "identity", **request.headers, **request.secret}
            line.request(request.method, target, request.body, headers)
            reach("dot")
            found = line.getresponse()
            body = found.read(LARGEST)
        except (*BROKEN, RelanceError) as error:
            self._drop()
            return Answered("doubt", 0, _words(error))
        self._used = self.monotonic()
        if found.will_close or not found.isclosed():
            self._drop()
        answer_headers = {name.lower(): value for name, value in found.getheaders()}
        try:
            return self.provider.outcome(found.status, answer_headers, body)
        except (ValueError, LookupError, TypeError) as error:
            return Answered("doubt", found.status, _words(error))

    def _stand(self, parts: SplitResult) -> http.client.HTTPConnection:
        """A connection to the host that still stands. Raises what kept it from being had."""
        origin = (parts.scheme, parts.netloc)
        if self._line is not None and (origin != self._origin or self._is_stale(self._line)):
            self._drop()
        if self._line is None:
            line = self.fetcher.connection(parts.geturl())
            line.connect()
            if line.sock is not None:
                line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            reach("connected")
            self._line, self._origin, self._used = line, origin, self.monotonic()
        return self._line

    def _is_stale(self, line: http.client.HTTPConnection) -> bool:
        """Whether the other side has closed, or soon may: a request on such a line would be in doubt for nothing."""
        if line.sock is None or self.monotonic() - self._used > IDLE:
            return True
        readable, _, _ = select.select([line.sock], [], [], 0)
        return bool(readable)

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def http_doors(route: HttpRoute) -> Doors:
    """The doors to the route's provider."""
    fetcher = Fetcher(private=route.private, timeout=route.timeout)
    return Doors(
        lambda: HttpDoor(route.provider, lambda letter: outgoing(route, letter), fetcher), route.max_connections
    )


def outgoing(route: HttpRoute, letter: Letter) -> Outgoing:
    """The letter as providers take it; its idempotency key is the same on every try, and so is all the rest.

    The provider dates a mail by itself: a repeat with another date would be another request under the same key.
    """
    message = letter.message
    is_mail = route.channel == "email"
    return Outgoing(
        channel=route.channel,
        message_id=message.message_id,
        idempotency_key=str(uuid5(NAMESPACE_URL, f"mid:{message.message_id}")),
        sender=route.sender_address if is_mail else route.mail_from,
        sender_name=route.sender_name if is_mail else route.mail_from,
        recipient=letter.recipient,
        text=letter.text,
        subject=letter.subject,
        html=letter.html,
        mime=letter.content,
        headers={name: value for name, value in letter.headers.items() if name != "Date"},
        is_marketing=message.purpose == "marketing",
        not_after=message.not_after,
    )


def refusal(answer: Answered, provider: str) -> RouteRefused | None:
    """The quarrel with us that an answer means, if it does."""
    if not answer.is_our_fault:
        return None
    return RouteRefused("channels.provider_refused", provider=provider, code=answer.code, reply=answer.reply)


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
