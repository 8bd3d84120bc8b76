"""F25: an address that swallows packets, or name servers that say nothing, cost little time."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from relance.channels.reaching import addresses_of, race, reach_server

V4 = int(socket.AF_INET)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@pytest.fixture
def black_hole() -> Iterator[tuple[str, int]]:
    """An address at which a connection never stands: a full queue of connections that nobody takes."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as hole:
        where = hole.getsockname()
        waiting = []
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(where)
            waiting.append(one)
        yield where
        for one in waiting:
            one.close()


def test_a_black_hole_costs_a_quarter_of_a_second(listener: socket.socket, black_hole: tuple[str, int]) -> None:
    begun = time.monotonic()
    with race([(V4, black_hole), (V4, listener.getsockname())], begun + 10) as line:
        assert line.getpeername() == listener.getsockname()
    assert 0.2 < time.monotonic() - begun < 2


def test_a_refusal_costs_nothing(listener: socket.socket) -> None:
    begun = time.monotonic()
    race([(V4, ("127.0.0.1", 1)), (V4, listener.getsockname())], begun + 10).close()
    assert time.monotonic() - begun < 0.2


def test_nobody_answers(black_hole: tuple[str, int]) -> None:
    with pytest.raises(TimeoutError):
        race([(V4, black_hole)], time.monotonic() + 0.3)
    with pytest.raises(OSError, match="refused"):
        race([(V4, ("127.0.0.1", 1))], time.monotonic() + 5)
    with pytest.raises(OSError, match="no address"):
        race([], time.monotonic() + 5)


def test_name_servers_that_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_arguments: Any, **_options: Any) -> list[Any]:
        time.sleep(1)
        return []

    monkeypatch.setattr("relance.channels.reaching.socket.getaddrinfo", silent)
    begun = time.monotonic()
    with pytest.raises(TimeoutError, match="name servers"):
        reach_server("mail.clairval.example", 25, 0.2)
    assert time.monotonic() - begun < 0.8


def test_the_families_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(*_arguments: Any, **_options: Any) -> list[Any]:
        six = [(socket.AF_INET6, 1, 6, "", (f"::{n}", 25, 0, 0)) for n in (1, 2, 2)]
        return [*six, (socket.AF_INET, 1, 6, "", ("192.0.2.1", 25))]

    monkeypatch.setattr("relance.channels.reaching.socket.getaddrinfo", found)
    assert [where[0] for _, where in addresses_of("x", 25, 1)] == ["::1", "192.0.2.1", "::2"]


def test_a_name_that_does_not_exist() -> None:
    with pytest.raises(OSError, match=r"\S"):
        reach_server("a..b", 25, 2)
