"""The one way out to addresses that users give: none of a private network, whatever it hides behind (SEC-13)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from relance.errors import BadInput, ShopUnreachable
from relance.ingest import Fetcher
from relance.ingest.connect_fetch import is_public

PRIVATE = (
    *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.1", "192.168.1.1"),  # noqa: S104
    *("169.254.169.254", "100.64.0.1", "100.127.255.254", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7"),
    *("203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1"),
    *("fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
    *("::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::"),
    *("2001:0:7f00:1::", "100::1", "no address"),
)
PUBLIC = ("8.8.8.8", "1.1.1.1", "23.227.38.33", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")
BAD_URLS = (
    *("ftp://shop.example/", "file:///etc/passwd", "gopher://shop.example", "javascript:alert(1)", "//shop.example"),
    *("shop.example", "", "https://", "https:///path", "https://user:pw@shop.example/", "https://user@shop.example/"),
    *("https://shop.example:0/", "https://shop.example:99999/", "https://shop.example:x/", "http://shop.example/"),
    *("https://shop example/", "https://shop.example/\r\nHost: other", "https://[::1", "data:text/plain,x"),
)


def fetch(url: str, addresses: list[str], *, private: bool = False) -> int:
    """The status of an answer, where the name has these addresses."""
    fetcher = Fetcher(private=private, resolve=lambda _host, _port: addresses, timeout=2)
    with fetcher.open("GET", url, {}, {"Authorization": "secret"}) as answer:
        return answer.status


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_not_asked(address: str) -> None:
    """Also where the name has a public one beside it."""
    assert not is_public(address)
    with pytest.raises(BadInput):
        fetch("https://shop.example/", ["8.8.8.8", address])


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_asked(address: str) -> None:
    """Those of the open internet."""
    assert is_public(address)


@pytest.mark.parametrize("url", BAD_URLS)
def test_what_is_no_address_of_a_shop_is_refused(url: str) -> None:
    """Other schemes, passwords, strange ports and characters."""
    with pytest.raises(BadInput):
        fetch(url, ["8.8.8.8"])


class Server(BaseHTTPRequestHandler):
    """Sends on what asks for /away, and notes what it was told."""

    told: list[tuple[str, str | None]] = []  # noqa: RUF012 - one server a module
    away = ""

    def do_GET(self) -> None:
        """Answer or send on."""
        Server.told.append((self.path, self.headers.get("Authorization")))
        self.send_response(302 if self.path == "/away" else 200)
        if self.path == "/away":
            self.send_header("Location", Server.away)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[int]:
    """Its port."""
    http = HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    Server.told = []
    yield http.server_port
    http.shutdown()
    thread.join()
    http.server_close()


def test_a_name_is_asked_for_once_and_the_answer_used(server: int) -> None:
    """A name that leads elsewhere at the second question changes nothing (rebinding)."""
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

    fetcher = Fetcher(private=True, resolve=resolve, timeout=2)
    with fetcher.open("GET", f"http://shop.example:{server}/", {}, {}) as answer:
        assert answer.status == 200
    assert asked == ["shop.example"]


def test_a_secret_stays_with_its_origin(server: int) -> None:
    """A redirection to another host is followed without what proves who we are."""
    Server.away = f"http://other.example:{server}/there"
    assert fetch(f"http://shop.example:{server}/away", ["127.0.0.1"], private=True) == 200
    assert Server.told == [("/away", "secret"), ("/there", None)]


def test_going_round_ends(server: int) -> None:
    """Five redirections are enough."""
    Server.away = f"http://shop.example:{server}/away"
    with pytest.raises(ShopUnreachable):
        fetch(Server.away, ["127.0.0.1"], private=True)


def test_a_name_that_leads_nowhere_and_a_closed_door_are_told() -> None:
    """Both may be better later."""

    def nowhere(_host: str, _port: int) -> list[str]:
        raise socket.gaierror

    with pytest.raises(ShopUnreachable), Fetcher(resolve=nowhere).open("GET", "https://shop.example/", {}, {}):
        pass
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(ShopUnreachable):
        fetch(f"http://shop.example:{port}/", ["127.0.0.1"], private=True)
