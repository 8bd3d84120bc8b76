"""Reaches a server by name: every address it has, a new one each quarter of a second, the first that answers wins.

So an IPv6 network that swallows packets costs a quarter of a second and not a time-out (RFC 8305 §5), and a name server
that says nothing costs no more than the time that was allowed.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, Final

STAGGER: Final = 0.25  # seconds
Address = tuple[int, tuple[Any, ...]]


def reach_server(host: str, port: int, timeout: float) -> socket.socket:
    """A connection to the host, within `timeout` seconds for the name and the connection together. Raises OSError."""
    deadline = time.monotonic() + timeout
    return race(addresses_of(host, port, timeout), deadline)


def addresses_of(host: str, port: int, timeout: float) -> list[Address]:
    """The addresses of a name, IPv6 and IPv4 by turns. Raises OSError, after `timeout` seconds at the latest."""
    found: list[Address] = []
    problems: list[OSError] = []

    def look() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend((int(row[0]), tuple(row[4])) for row in rows)
        except (OSError, UnicodeError) as error:
            problems.append(error if isinstance(error, OSError) else OSError(str(error)))

    # the system's resolver cannot be told how long to take
    looking = threading.Thread(target=look, name="resolve", daemon=True)
    looking.start()
    looking.join(timeout)
    if problems:
        raise problems[0]
    if looking.is_alive():
        raise TimeoutError(f"no answer from the name servers about {host}")
    return _by_turns(found)


def race(addresses: Sequence[Address], deadline: float) -> socket.socket:
    """The first connection that stands, tried in order and side by side; the others are closed. Raises OSError."""
    waiting = deque(addresses)
    last: OSError = OSError("no address")
    with selectors.DefaultSelector() as trying:
        start_at = time.monotonic()
        try:
            while waiting or trying.get_map():
                now = time.monotonic()
                if now >= deadline:
                    raise TimeoutError("no connection in time")
                if waiting and (now >= start_at or not trying.get_map()):
                    last = _start(trying, waiting.popleft()) or last
                    start_at = now + STAGGER
                soon = min(start_at, deadline) if waiting else deadline
                for key, _ in trying.select(max(soon - time.monotonic(), 0)):
                    line: Any = key.fileobj
                    trying.unregister(line)
                    problem = line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                    if problem == 0:
                        line.settimeout(None)
                        won: socket.socket = line
                        return won
                    line.close()
                    last, start_at = OSError(problem, "connection refused or lost"), now
            raise last
        finally:
            for key in list(trying.get_map().values()):
                left: Any = key.fileobj
                left.close()


def _start(trying: selectors.BaseSelector, address: Address) -> OSError | None:
    """Begin one connection; the error when it cannot even begin."""
    family, where = address
    line = socket.socket(family, socket.SOCK_STREAM)
    line.setblocking(False)
    try:
        line.connect(where)
    except BlockingIOError:
        pass
    except OSError as error:
        line.close()
        return error
    trying.register(line, selectors.EVENT_WRITE)
    return None


def _by_turns(addresses: Sequence[Address]) -> list[Address]:
    """Each once, the families by turns, that of the first leading."""
    each = list(dict.fromkeys(addresses))
    if not each:
        return []
    first = [one for one in each if one[0] == each[0][0]]
    others = [one for one in each if one[0] != each[0][0]]
    return [one for pair in zip_longest(first, others) for one in pair if one is not None]
