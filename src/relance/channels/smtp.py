"""SMTP with the final dot held back.

`Connection.stream` hands over a message up to its last byte but not the line with the dot that makes the server take
it; `finish` sends the dot and reads the answer. Between the two the caller writes down that the message is in doubt
(RFC 1047: after the dot and before the answer nobody can know).
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from relance.channels.errors import ConnectionLost, NotReached, RouteRefused
from relance.channels.protocol import Answered, Outcome
from relance.channels.reaching import reach_server

Stage = Literal["connected", "mail", "rcpt", "data", "mid_body", "body", "dot", "replied"]
AUTHENTICATION: Final = frozenset({530, 534, 535, 538})
CLOSING: Final = 421
# what the first digit of the answer to the dot means
OUTCOMES: Final[dict[int, Outcome]] = {2: "accepted", 4: "deferred", 5: "failed"}
LONGEST_REPLY: Final = 500


@dataclass(frozen=True)
class Timeouts:
    """Seconds to wait for each answer; RFC 5321 §4.5.3.2 asks for 10 minutes of patience after the dot."""

    connect: float = 30
    command: float = 300
    body: float = 180
    final: float = 600


@dataclass(frozen=True)
class Server:
    """Where to hand mail over. Without `starttls` the password would travel in the clear and none is sent."""

    host: str
    port: int
    starttls: bool
    user: str | None
    password: str | None = field(repr=False)
    helo: str
    timeouts: Timeouts = Timeouts()


def _nothing(_stage: Stage) -> None:
    return None


class Connection:
    """One connection: at most one message at a time. Made by `connect`."""

    def __init__(self, client: smtplib.SMTP, timeouts: Timeouts, reach: Callable[[Stage], None]) -> None:
        self._client, self._timeouts, self._reach = client, timeouts, reach
        self._pipelines = client.has_extn("pipelining")
        self.alive = True

    def stream(self, sender: str, recipient: str, message: bytes) -> Answered | None:
        """Hand over everything but the dot. None: ready for `finish`; else the server refused, nothing was taken.

        `message` has CRLF line ends. Raises ConnectionLost when the connection breaks (nothing was taken) and
        RouteRefused when the server wants another password or another sender.
        """
        if not (_travels(sender) and _travels(recipient)):
            return Answered("failed", 0, "an address with signs that cannot travel")
        try:
            return self._stream(sender, recipient, _stuffed(message))
        except (OSError, smtplib.SMTPException) as error:
            self.abandon()
            raise ConnectionLost("channels.connection_lost", reason=_reason(error)) from error

    def finish(self) -> Answered:
        """Send the dot and read the answer; silence, a cut or an unreadable answer is `doubt`."""
        try:
            self._wait(self._timeouts.final)
            self._client.send(b".\r\n")
            self._reach("dot")
            code, text = self._client.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self.abandon()
            return Answered("doubt", 0, _reason(error))
        self._reach("replied")
        reply = Answered(OUTCOMES.get(code // 100, "doubt"), max(code, 0), _readable(text))
        if reply.outcome == "doubt" or code == CLOSING:
            self.abandon()
        return reply

    def abandon(self) -> None:
        """Drop the connection at once; a message without its dot is discarded by the server."""
        self.alive = False
        self._client.close()

    def close(self) -> None:
        """Say goodbye."""
        if self.alive:
            self.alive = False
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._wait(2)
                self._client.quit()
            self._client.close()

    def _stream(self, sender: str, recipient: str, body: bytes) -> Answered | None:
        self._wait(self._timeouts.command)
        steps: tuple[tuple[Stage, str, int], ...] = (
            ("mail", f"MAIL FROM:<{sender}>", 2),
            ("rcpt", f"RCPT TO:<{recipient}>", 2),
            ("data", "DATA", 3),
        )
        refused: Answered | None = None
        for stage, (code, text), expected in self._asked(steps):
            if code in AUTHENTICATION:
                self.abandon()
                raise RouteRefused("channels.login_refused", code=code, reply=_readable(text))
            if stage == "mail" and code // 100 == 5:
                # nobody was named yet but us: the next message would fare no better
                self.abandon()
                raise RouteRefused("channels.sender_refused", sender=sender, code=code, reply=_readable(text))
            if code // 100 != expected:
                refused = refused or _no(code, text)
                if code == CLOSING or code < 0 or not self._pipelines:
                    break
            elif refused is not None:
                # the server waits for a body that it has no recipient for: it is not to get one
                self.abandon()
                break
            else:
                self._reach(stage)
        if refused is not None:
            self._clear(refused.code)
            return refused
        self._wait(self._timeouts.body)
        half = len(body) // 2
        self._client.send(body[:half])
        self._reach("mid_body")
        self._client.send(body[half:])
        self._reach("body")
        return None

    def _asked(self, steps: Sequence[tuple[Stage, str, int]]) -> Iterator[tuple[Stage, tuple[int, bytes], int]]:
        """Each command's answer: all sent at once where the server takes that (RFC 2920), else one after another."""
        if self._pipelines:
            self._client.send("".join(f"{command}\r\n" for _, command, _ in steps))
        for stage, command, expected in steps:
            if not self._pipelines:
                self._client.putcmd(command)
            yield stage, self._client.getreply(), expected

    def _clear(self, code: int) -> None:
        """Make the connection ready for the next message after a refusal before the dot, or drop it."""
        if self.alive and (code in {CLOSING, 0} or self._client.docmd("RSET")[0] != 250):
            self.abandon()

    def _wait(self, seconds: float) -> None:
        if self._client.sock is None:
            raise smtplib.SMTPServerDisconnected("the connection is closed")
        self._client.sock.settimeout(seconds)


class _Client(smtplib.SMTP):
    """The library's client on a connection to whichever address answers first."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        line = reach_server(host, port, timeout)
        line.settimeout(timeout)
        return line


def connect(server: Server, reach: Callable[[Stage], None] = _nothing) -> Connection:
    """A connection that is encrypted and logged in where the server's settings ask for it.

    `reach` is told each stage as it is passed. Raises NotReached, or RouteRefused.
    """
    try:
        # the host is given here, not to `connect`: it is also the name that the certificate must have
        client = _Client(server.host, server.port, server.helo, server.timeouts.connect)
        _greet(client, server)
    except smtplib.SMTPResponseException as error:
        if error.smtp_code // 100 == 5:
            raise RouteRefused("channels.route_refused", **_where(server), reply=_reason(error)) from error
        # what a 4xx says passes, also at the login: 454 of RFC 4954 §6
        raise NotReached("channels.not_reached", **_where(server), reason=_reason(error)) from error
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
        raise NotReached("channels.not_reached", **_where(server), reason=_reason(error)) from error
    except (smtplib.SMTPNotSupportedError, ssl.SSLError) as error:
        raise RouteRefused("channels.route_refused", **_where(server), reply=_reason(error)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise NotReached("channels.not_reached", **_where(server), reason=_reason(error)) from error
    reach("connected")
    return Connection(client, server.timeouts, reach)


def _greet(client: smtplib.SMTP, server: Server) -> None:
    try:
        if client.sock is not None:
            # the dot is a write of its own: without this it waits 40 ms for the acknowledgement of the body
            client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.ehlo_or_helo_if_needed()
        if server.starttls:
            client.starttls(context=ssl.create_default_context())
            client.ehlo_or_helo_if_needed()
        if server.user is not None:
            client.login(server.user, server.password or "")
    except (OSError, smtplib.SMTPException):
        client.close()
        raise


def _no(code: int, text: bytes) -> Answered:
    """A refusal before the dot: even a yes at the wrong moment has taken nothing."""
    return Answered("failed" if code // 100 == 5 else "deferred", max(code, 0), _readable(text))


def _travels(address: str) -> bool:
    """Whether the address can stand in a command without breaking out of it."""
    return address.isascii() and not any(sign <= " " or sign in "<>\x7f" for sign in address)


def _stuffed(message: bytes) -> bytes:
    """The message as it travels: a dot before a dot that begins a line (RFC 5321 §4.5.2), CRLF at the end."""
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _readable(text: bytes | str) -> str:
    plain = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(plain.split())[:LONGEST_REPLY]


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_readable(error.smtp_error)}"
    return _readable(str(error)) or type(error).__name__


def _where(server: Server) -> dict[str, object]:
    return {"host": server.host, "port": server.port}
