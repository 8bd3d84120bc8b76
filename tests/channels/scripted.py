"""A mail server that follows a script, to do what real ones do on bad days."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

FAULTS = ("4xx", "5xx", "silence", "half-close", "reset", "nonsense")
GOOD = {"greeting": "220 hello", "DATA": "354 go on", "dot": "250 kept", "QUIT": "221 bye"}


@dataclass
class Scripted:
    """Answers each verb as `script` says; a fault of FAULTS, or a whole reply."""

    script: Mapping[str, str]
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    lines: list[bytes] = field(default_factory=list)
    taken: list[bytes] = field(default_factory=list)

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self.listener.getsockname()[1]
        return port

    def serve(self) -> None:
        """Serve connections until the listener is closed."""
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        try:
            with client, client.makefile("rb") as incoming:
                if not self._answer(client, "greeting"):
                    return
                for line in incoming:
                    self.lines.append(line)
                    verb = line.split()[0].decode().upper() if line.split() else ""
                    if not self._answer(client, {"HELO": "EHLO"}.get(verb, verb)):
                        return
                    if verb == "DATA" and "DATA" not in self.script and not self._body(client, incoming):
                        return
        except OSError:
            return

    def _body(self, client: socket.socket, incoming: object) -> bool:
        body = b""
        if "body" in self.script:
            return self._answer(client, "body")
        for line in incoming:  # type: ignore[attr-defined]
            if line == b".\r\n":
                self.taken.append(body)
                return self._answer(client, "dot")
            body += line
        return False

    def _answer(self, client: socket.socket, verb: str) -> bool:
        """Say what the script says; False when the connection is over."""
        match self.script.get(verb, GOOD.get(verb, "250 ok")):
            case "4xx":
                client.sendall(b"451 4.3.0 later\r\n")
            case "5xx":
                client.sendall(b"554 5.3.0 never\r\n")
            case "nonsense":
                client.sendall(b"teapot\r\n")
            case "silence":
                client.recv(1)
                return False
            case "half-close":
                client.shutdown(socket.SHUT_WR)
                client.recv(1 << 20)
                return False
            case "reset":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            case reply:
                client.sendall(reply.encode() + b"\r\n")
        return True


@contextmanager
def scripted(script: Mapping[str, str]) -> Iterator[Scripted]:
    """A scripted server, running."""
    server = Scripted(script)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()
        thread.join()
