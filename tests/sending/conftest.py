"""A mailbox that takes mail over a real connection, and a shop that sends to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from tests.fakes.push_service import PushService
from tests.sending.post import Post
from tests.sending.pushes import Pushing

from relance.clock import SetClock
from relance.store import DataFolder, Shop, Store
from relance.worker.mailbox import serve_mailbox


@pytest.fixture
def refused() -> dict[str, str]:
    """Recipients that the mailbox refuses, with its reply."""
    blocked = "550 5.7.1 your domain is on a list"
    return {
        "gone@exemple.fr": "550 5.1.1 nobody here",
        "blocked@exemple.fr": blocked,
        "full@exemple.fr": "452 4.2.2 mailbox full",
    }


@pytest.fixture
def post(store: Store, shop: Shop, folder: DataFolder, now: datetime, refused: dict[str, str]) -> Iterator[Post]:
    """A shop with a mailbox on a real port."""
    clock = SetClock(now)
    with serve_mailbox(store, clock, refused=refused) as port:
        yield Post(store, shop, folder, clock, port)


@pytest.fixture
def pushing(post: Post) -> Iterator[Pushing]:
    """Web push, with a push service on a real port."""
    service = PushService(lambda: post.clock().timestamp())
    with service.open():
        yield Pushing(post, service)
