"""REL-12: a mailbox provider's limit of connections holds over all senders together."""

from __future__ import annotations

import socketserver
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import func, select
from tests.sending.post import KEY, PUBLIC, Post, intent, route_to

from relance.sending import conservation, recover, send_due, states
from relance.sending.lines import share
from relance.sending.mailboxes import mailbox_book
from relance.sending.senders import registered
from relance.store import Store, tables

LINE = tables.mailbox_line
ORANGE = mailbox_book().find("orange").connections


class Slow(socketserver.ThreadingTCPServer):
    """A mail server that takes its time, and counts the messages that it is being handed by the recipient's domain."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.lock = threading.Lock()
        self.now: Counter[str] = Counter()
        self.most: Counter[str] = Counter()

    def count(self, domain: str, change: int) -> None:
        """One more, or one less."""
        with self.lock:
            self.now[domain] += change
            self.most[domain] = max(self.most[domain], self.now[domain])


class Talk(socketserver.StreamRequestHandler):
    """One connection."""

    server: Slow

    def handle(self) -> None:
        self.say("220 hello")
        domain = ""
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"RCPT":
                domain = line.decode().rpartition("@")[2].split(">")[0]
                self.server.count(domain, 1)
            if verb == b"DATA":
                self.say("354 go on")
                for row in self.rfile:
                    if row == b".\r\n":
                        break
                time.sleep(0.02)
                self.server.count(domain, -1)
            self.say("250 fine")

    def say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())


@contextmanager
def slow() -> Iterator[Slow]:
    with Slow() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def beside(post: Post, port: int, seed: int) -> None:
    """One more sender, with a store of its own."""
    store = Store(post.store.url if post.store.is_sqlite else post.store.engine.url.render_as_string(False))
    try:
        chance = Random(seed)  # noqa: S311
        route = route_to(port, 4)
        send_due(store, post.shop, route, KEY, PUBLIC, post.clock, post.folder, batch=10, chance=chance)
    finally:
        store.close()


def test_three_senders_together_keep_to_the_limit(post: Post) -> None:
    far = [f"o{number}" for number in range(16)]
    near = [f"c{number}" for number in range(8)]
    post.agree(*far, *near)
    post.plan(*(intent(one, address=f"{one}@orange.fr") for one in far), *(intent(one) for one in near))
    with slow() as server:
        for _ in range(9):
            senders = [threading.Thread(target=beside, args=(post, server.server_address[1], one)) for one in range(3)]
            for one in senders:
                one.start()
            for one in senders:
                one.join()
            post.clock.now += timedelta(minutes=2)
            with post.store.read() as connection:
                found = states(connection, post.shop)
                assert conservation(connection, post.shop)
            if found["accepted"] == len(far) + len(near):
                break
        assert found["accepted"] == len(far) + len(near)
        assert server.most["orange.fr"] == ORANGE
    with post.store.read() as connection:
        assert connection.execute(select(func.count()).select_from(LINE)).scalar_one() == 0


def test_parts_are_equal_and_never_more_than_the_limit(post: Post) -> None:
    with (
        registered(post.store, post.folder, post.clock()) as first,
        registered(post.store, post.folder, post.clock()) as second,
        post.store.begin() as connection,
    ):

        def part(owner: str, limit: int, **busy: int) -> int:
            return share(connection, post.shop, owner, 10, {"m": limit}, busy)["m"]

        assert (part(first, 5), part(second, 5)) == (3, 2)
        assert part(second, 1) == 0, "the first has more than that"
        assert (part(first, 1), part(second, 1)) == (1, 0)
        assert part(first, 1, m=2) == 2, "what is in use goes on counting"
        assert part(second, 5) == 3
        assert part(first, 5) == 2
        share(connection, post.shop, first, 10, {}, {})
        assert part(second, 2) == 1
        assert share(connection, post.shop, second, 10, {"n": 500}, {}) == {"n": 500}
        assert connection.execute(select(LINE)).all() == [], "where all fit no account is kept"


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_part_of_a_sender_that_is_gone_is_free_again(post: Post) -> None:
    with post.store.begin() as connection:
        row = {"owner": "gone", "boot_id": "", "pid": 1, "started_at": post.clock(), "lock_path": ""}
        connection.execute(tables.sender.insert().values(row))
        assert share(connection, post.shop, "gone", 4, {"orange": 2}, {}) == {"orange": 2}
    with registered(post.store, post.folder, post.clock()) as mine, post.store.begin() as connection:
        assert share(connection, post.shop, mine, 4, {"orange": 2}, {}) == {"orange": 0}
        recover(connection, post.shop, post.folder)
        assert share(connection, post.shop, mine, 4, {"orange": 2}, {}) == {"orange": 2}
