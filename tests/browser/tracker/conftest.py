"""A small shop whose pages have the tracker, and a real server at another origin."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Request
from sqlalchemy import select
from starlette.types import Receive, Scope, Send

from relance import api, ingest, pipeline, web
from relance.clock import system_clock
from relance.house import House
from relance.store import DataFolder, Shop, Store, add_shop, tables
from relance.warehouse import Warehouse
from relance.web.interface import COMPILED as INTERFACE
from relance.web.tracker import COMPILED as TRACKER

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "follow-what-visitors-do.md"
LANDING = "/?utm_source=Newsletter&utm_campaign=spring&email=anna%40example.fr"
WORKER = "/relance-worker.js"
PRODUCT = {
    "@context": "https://schema.org",
    "@type": "Product",
    "name": "Clay soap",
    "sku": "SOAP-1",
    "offers": {"price": "9.90", "priceCurrency": "EUR"},
}
PAGES = {
    "/": "<h1>Shop</h1><a href='/oil' data-relance-recommendation='17'>Oil</a>",
    "/soap": f"<script type='application/ld+json'>{json.dumps(PRODUCT)}</script>"
    "<form action='/basket'><input name='product-id' value='42'><input name='quantity' value='2'>"
    "<button type='button' data-relance-add>Add</button></form>",
    "/search": "<h1>Found</h1>",
    "/themes": f"<script type='application/ld+json'>{json.dumps(PRODUCT)}</script>"
    "<form action='/fr/cart/add'><input name='product-id' value='42'><input name='quantity' value='3'>"
    "<button>Shopify</button></form>"
    "<form class='cart'><button name='add-to-cart' value='42'>WooCommerce</button></form>"
    "<a class='ajax_add_to_cart' data-product_id='43'>WooCommerce list</a>"
    "<form><input name='qty' value='4'>"
    "<button type='button' data-button-action='add-to-cart'>PrestaShop</button></form>"
    "<form action='/newsletter'><button>Other form</button></form>"
    "<script>addEventListener('submit', event => event.preventDefault())</script>",
    "/oil": "<div data-relance-product='17'><h1>Oil</h1></div>",
}


def snippet(key: str, url: str) -> str:
    """What the guide tells to paste."""
    block = re.findall(r"```html\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)[0]
    return str(block).replace("browser_YOUR_KEY", key).replace("https://relance.shop.example", url)


@dataclass
class Place:
    """A server with a shop, a small shop of pages elsewhere, and what the pages are given before the snippet."""

    house: House
    shop: Shop
    url: str
    elsewhere: str
    key: str
    key_id: str
    server_key: str
    settings: dict[str, Any] = field(default_factory=dict)
    banner: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)

    def html(self, path: str) -> bytes | None:
        """A page of the shop."""
        name = path.partition("?")[0]
        body = PAGES.get(name)
        pasted = snippet(self.key, self.url)
        if self.settings:
            pasted = pasted.replace('{key:"', json.dumps(self.settings)[:-1] + ',"key":"')
        head = f"<title>Shop {name}</title>{self.banner}{pasted}"
        return None if body is None else f"<!doctype html><head>{head}</head><body>{body}".encode()

    def rows(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table of the warehouse, after what waits has been taken in."""
        pipeline.take_in(self.house, self.shop)
        with self.house.warehouse.read() as engine:
            return list(engine.to_pyarrow(engine.table(table)).to_pylist())

    def names(self) -> list[str]:
        """The names of the events that the server has answered for, sorted."""
        wanted = select(tables.inbox.c.body).where(tables.inbox.c.kind == "event")
        with self.house.store.read() as connection:
            return sorted(body["name"] for body in connection.execute(wanted).scalars())


@pytest.fixture
def place(folder: DataFolder, sqlite_store: Store, warehouse: Warehouse) -> Iterator[Place]:
    """Both servers, on ports of their own; `localhost` and `127.0.0.1` are two sites."""
    if not (INTERFACE / "index.html").exists() or not TRACKER.exists():
        pytest.skip("the tracker is not compiled: scripts/setup does it")
    shop = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    now = system_clock()
    with sqlite_store.begin() as connection:
        add_shop(connection, shop, now)
        browser_key, text = ingest.add_key(connection, shop, ingest.WantedKey("site", "browser"), "b" * 43, now)
        _, server_text = ingest.add_key(connection, shop, ingest.WantedKey("server", "server"), "s" * 43, now)
    house = House(folder, sqlite_store, warehouse, folder.secret_key(), system_clock, "http://127.0.0.1")
    asked: list[tuple[str, str]] = []
    app = api.create_app(house, web.site)

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append((scope["method"], scope["path"]))
        await app(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(noting, port=0, log_level="warning", lifespan="off"))
    serving = threading.Thread(target=server.run)
    serving.start()
    made = Place(house, shop, "", "", text, browser_key.key_id, server_text, asked=asked)
    pages = ThreadingHTTPServer(("127.0.0.1", 0), _pages_of(made))
    showing = threading.Thread(target=pages.serve_forever, kwargs={"poll_interval": 0.05})
    showing.start()
    until(lambda: server.started)
    made.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    made.elsewhere = f"http://localhost:{pages.server_port}"
    yield made
    server.should_exit = True
    pages.shutdown()
    pages.server_close()
    serving.join()
    showing.join()


def _pages_of(place: Place) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_worker = self.path == WORKER
            body = f'importScripts("{place.url}/t/worker.js");'.encode() if is_worker else place.html(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Type", f"text/{'javascript' if is_worker else 'html'}; charset=utf-8")
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the library
            """Say nothing."""

    return Handler


@dataclass
class Visitor:
    """A visitor's browser, and every request that its pages made."""

    place: Place
    context: BrowserContext
    page: Page
    requests: list[Request] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Go to a page of the shop and wait for the script."""
        self.page.goto(self.place.elsewhere + path)
        self.page.wait_for_function("relance.q === undefined")

    def run(self, script: str) -> Any:
        """Run a script in the page."""
        return self.page.evaluate(script)

    def sent(self) -> list[tuple[str, str]]:
        """What reached the server or was tried by a page, without the script; a beacon only the server sees."""
        tried = [(request.method, urlsplit(request.url).path) for request in self.requests]
        return [one for one in (*self.place.asked, *tried) if one != ("GET", "/t.js")]

    def left_behind(self) -> list[str]:
        """Everything by which this browser could be known again."""
        names = self.run("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        bases = self.run("indexedDB.databases().then(found => found.map(base => base.name))")
        return [*names, *bases, *(cookie["name"] for cookie in self.context.cookies())]


@pytest.fixture
def visitor(place: Place, browser: Browser) -> Iterator[Visitor]:
    """A new browser at the shop's door; no script of its pages fails."""
    context = browser.new_context()
    made = Visitor(place, context, context.new_page())
    faults: list[str] = []
    context.on(
        "request", lambda request: None if request.url.startswith(place.elsewhere) else made.requests.append(request)
    )
    context.on("weberror", lambda error: faults.append(str(error.error)))
    yield made
    context.close()
    assert faults == []


def until(holds: Callable[[], object], seconds: float = 10) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def arrived(visitor: Visitor, *names: str) -> None:
    """Wait until the server has taken these events, and no other."""
    end = time.monotonic() + 10
    while visitor.place.names() != sorted(names) and time.monotonic() < end:
        visitor.page.wait_for_timeout(50)
    assert visitor.place.names() == sorted(names)


def look_around(visitor: Visitor) -> None:
    """A visit of three pages."""
    visitor.open(LANDING)
    visitor.open("/soap")
    visitor.page.get_by_text("Add").click()
    visitor.open("/search?q=clay")
    visitor.page.wait_for_timeout(300)
