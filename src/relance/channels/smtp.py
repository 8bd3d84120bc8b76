"""SMTP with the final dot held back.

`Connection.stream` hands over a message up to its last byte but not the line with the dot that makes the server take
it; `finish` sends the dot and reads the answer. Between the two the caller writes down that the message is in doubt
(RFC 1047: after the dot and before the answer nobody can know).
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from relance.channels.errors import ConnectionLost, NotReached, RouteRefused
from relance.channels.events import text_of
from relance.channels.protocol import Answered, Outcome
from relance.channels.reaching import reach_server

Stage = Literal["connected", "mail", "rcpt", "data", "mid_body", "body", "dot", "replied"]
AUTHENTICATION: Final = frozenset({530, 534, 535, 538})
CLOSING: Final = 421
# what the first digit of the answer to the dot means
OUTCOMES: Final[dict[int, Outcome]] = {2: "accepted", 4: "deferred", 5: "failed"}
# visible signs of ASCII but < and >
TRAVELS: Final = re.compile(r"[!-;=?-~]*")
LONGEST_LINE: Final = 8_192
ANSWERS: Final = 3  # to MAIL, RCPT and DATA


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
        self._came = bytearray()
        # what was done ahead: whether the commands were sent, whether the dot was, how many answers are due
        self._begun = self._dotted = False
        self._due = 0
        self.alive = True

    def begin(self, sender: str, recipient: str, size: int) -> int | None:
        """Send the commands of `stream` without waiting; the descriptor on which their answers will come.

        None where `stream`, with a message of about `size` bytes, might wait for more than these answers: it then does
        everything itself.
        """
        line = self._client.sock
        if not self._pipelines or not _travels(sender) or not _travels(recipient) or isinstance(line, ssl.SSLSocket):
            return None
        try:
            # the line has to take all of it at once; the system counts its own records of it too
            if line is None or 2 * size > line.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF):
                return None
            self._wait(self._timeouts.command)
            self._client.send(_together(_steps(sender, recipient)))
        except (OSError, smtplib.SMTPException):
            self.abandon()
            return None
        self._begun, self._due = True, ANSWERS
        return line.fileno()

    def dot(self) -> int | None:
        """Send the dot of `finish` without waiting; the descriptor on which the answer will come, None if on none."""
        line = self._client.sock
        if line is None or isinstance(line, ssl.SSLSocket):
            return None
        try:
            self._send_dot()
        except (OSError, smtplib.SMTPException):
            self.abandon()
            return None
        self._dotted, self._due = True, 1
        return line.fileno()

    def heard(self) -> bool:
        """Take what has come on the descriptor; whether nothing more has to be waited for."""
        try:
            came = self._client.sock.recv(LONGEST_LINE) if self._client.sock is not None else b""
        except OSError:
            return True
        self._came += came
        lines = self._came.splitlines(keepends=True)
        ends = sum(line[3:4] != b"-" and line.endswith(b"\n") for line in lines)
        return not came or ends >= self._due

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
            if not self._dotted:
                self._send_dot()
            self._dotted = False
            code, text = self._hear()
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
        refused: Answered | None = None
        for stage, (code, text), expected in self._asked(_steps(sender, recipient)):
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
        if self._pipelines and not self._begun:
            self._client.send(_together(steps))
        self._begun = False
        for stage, command, expected in steps:
            if not self._pipelines:
                self._client.putcmd(command)
            yield stage, self._hear(), expected

    def _hear(self) -> tuple[int, bytes]:
        """The next answer; its code is -1 where there is none. See RFC 5321 §4.2."""
        words: list[bytes] = []
        while True:
            line = self._line()
            words.append(line[4:].strip())
            if not line[:3].isdigit():
                return -1, b"\n".join(words)
            if line[3:4] != b"-":
                return int(line[:3]), b"\n".join(words)

    def _line(self) -> bytes:
        while (end := self._came.find(b"\n")) < 0:
            if len(self._came) > LONGEST_LINE:
                raise smtplib.SMTPResponseException(500, "Line too long.")
            came = self._client.sock.recv(LONGEST_LINE) if self._client.sock is not None else b""
            if not came:
                raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
            self._came += came
        line = bytes(self._came[: end + 1])
        del self._came[: end + 1]
        return line

    def _send_dot(self) -> None:
        self._wait(self._timeouts.final)
        self._client.send(b".\r\n")
        self._reach("dot")

    def _clear(self, code: int) -> None:
        """Make the connection ready for the next message after a refusal before the dot, or drop it."""
        if self.alive and (code in {CLOSING, 0} or self._reset() != 250):
            self.abandon()

    def _reset(self) -> int:
        self._client.putcmd("RSET")
        return self._hear()[0]

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


def _steps(sender: str, recipient: str) -> tuple[tuple[Stage, str, int], ...]:
    """The commands before a message, each with the first digit of the answer that lets it go on."""
    return (("mail", f"MAIL FROM:<{sender}>", 2), ("rcpt", f"RCPT TO:<{recipient}>", 2), ("data", "DATA", 3))


def _together(steps: Sequence[tuple[Stage, str, int]]) -> str:
    """All commands at once (RFC 2920)."""
    return "".join(f"{command}\r\n" for _, command, _ in steps)


def _no(code: int, text: bytes) -> Answered:
    """A refusal before the dot: even a yes at the wrong moment has taken nothing."""
    return Answered("failed" if code // 100 == 5 else "deferred", max(code, 0), _readable(text))


def _travels(address: str) -> bool:
    """Whether the address can stand in a command without breaking out of it."""
    return TRAVELS.fullmatch(address) is not None


def _stuffed(message: bytes) -> bytes:
    """The message as it travels: a dot before a dot that begins a line (RFC 5321 §4.5.2), CRLF at the end."""
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _readable(text: bytes | str) -> str:
    return text_of(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_readable(error.smtp_error)}"
    return _readable(str(error)) or type(error).__name__


def _where(server: Server) -> dict[str, object]:
    return {"host": server.host, "port": server.port}
