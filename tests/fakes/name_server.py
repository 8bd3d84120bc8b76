"""A name server on a port of this machine: answers what its zone holds, by RFC 1035; silent when told to be."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class NameServer:
    """`zone` maps a name and a kind to values as they stand in a zone file; a name without any is unknown."""

    def __init__(self, zone: dict[tuple[str, str], list[str]] | None = None) -> None:
        self.zone = zone or {}
        self.asked: list[tuple[str, str]] = []
        self.silent = False
        self.line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.line.bind(("127.0.0.1", 0))

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self.line.getsockname()[1]
        return port

    def put(self, name: str, kind: str, *values: str) -> None:
        """Values of a name; texts are put in quotes and cut into pieces of at most 255 bytes."""
        if kind == "TXT":
            values = tuple(
                " ".join(f'"{value[start : start + 255]}"' for start in range(0, len(value), 255)) for value in values
            )
        self.zone[name.rstrip(".").lower(), kind] = list(values)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Answer until the end."""
        thread = Thread(target=self._serve)
        thread.start()
        try:
            yield
        finally:
            self.silent = True
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", ("127.0.0.1", self.port))
            thread.join()
            self.line.close()

    def _serve(self) -> None:
        while True:
            packet, where = self.line.recvfrom(4096)
            if not packet:
                return
            if not self.silent:
                self.line.sendto(self._answer(packet), where)

    def _answer(self, packet: bytes) -> bytes:
        question = dns.message.from_wire(packet)
        reply = dns.message.make_response(question)
        reply.flags |= dns.flags.RA
        asked = question.question[0]
        name, kind = asked.name.to_text().rstrip(".").lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append((name, kind))
        values = self.zone.get((name, kind))
        if values is not None:
            reply.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *values))
        elif not any(held == name for held, _ in self.zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()
