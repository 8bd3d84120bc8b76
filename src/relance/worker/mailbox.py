"""A mail server that keeps what it gets in the store: the demo's mailbox, and the real sink of tests."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from relance.clock import Clock
from relance.errors import PortInUse
from relance.store import Incoming, Store, add_mails

TAKEN: Final = "250 2.0.0 kept"
NOT_KEPT: Final = "451 4.3.0 the mailbox cannot keep it now"
LARGEST: Final = 10 * 1024 * 1024


@dataclass
class Keeper:
    """Takes mail. Mails that arrive together are kept in one transaction, each before its sender hears 250."""

    store: Store
    clock: Clock
    refused: Mapping[str, str] = field(default_factory=dict)
    _waiting: list[tuple[Incoming, asyncio.Future[str]]] = field(default_factory=list)
    _writer: asyncio.Task[None] | None = None

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Refuse the recipients that the tests name, with the reply that they name."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the mail, then say so."""
        raw = envelope.original_content or b""
        kept = [asyncio.get_running_loop().create_future() for _ in envelope.rcpt_tos]
        sender = envelope.mail_from or ""
        self._waiting += [(Incoming(sender, to, raw), one) for to, one in zip(envelope.rcpt_tos, kept, strict=True)]
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        replies: list[str] = await asyncio.gather(*kept)
        return max(replies)

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            reply = await asyncio.to_thread(self._keep, [mail for mail, _ in batch])
            for _, one in batch:
                if not one.done():
                    one.set_result(reply)

    def _keep(self, mails: list[Incoming]) -> str:
        try:
            with self.store.begin() as connection:
                add_mails(connection, mails, self.clock())
        except Exception:  # whatever it is, the sender must hear that the mail is not kept
            return NOT_KEPT
        return TAKEN


@contextmanager
def serve_mailbox(
    store: Store,
    clock: Clock,
    host: str = "127.0.0.1",
    port: int = 0,
    refused: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """Run a mail server in a thread of its own; yields its port. Port 0 takes a free one.

    `refused` maps a recipient's address to the reply that it gets, such as `550 5.1.1 nobody here`. Raises PortInUse.
    """
    controller = Controller(
        Keeper(store, clock, dict(refused or {})),
        hostname=host,
        port=_free_port(host, port),
        data_size_limit=LARGEST,
        ident="Relance mailbox",
        server_hostname="localhost",
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def _free_port(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises PortInUse at once, which the mail server itself would say after seconds."""
    try:
        with socket.create_server((host, port)) as probe:
            free: int = probe.getsockname()[1]
            return free
    except OSError as error:
        raise PortInUse("port_in_use", host=host, port=port) from error
