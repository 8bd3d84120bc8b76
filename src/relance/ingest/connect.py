"""Reading shops through their interfaces: page by page, each page and the place it leads to in one transaction.

A source plugs in with one `Connector` in `sources.CONNECTORS`. Its `pages(client, origin, cursor)` yields `Page`s from
the cursor on; `{}` is the beginning. The frame keeps the records and the next cursor together, so that a run that was
killed goes on at the page it was at and nothing is there twice. A `CursorExpired` begins anew with `restart(cursor)`.
After the last page the connector goes on yielding nothing until its next run: its last cursor says since when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from relance.clock import Clock
from relance.errors import Conflict, CursorExpired, Interrupted, NotFound, RelanceError, ShopRefused, ShopUnreachable
from relance.ingest.connect_client import Client, Headers, no_rest
from relance.ingest.connect_fetch import Fetcher, checked_url, host_of
from relance.ingest.connections import (
    ShopConnection,
    begin_run,
    end_run,
    find_connection,
    list_connections,
    note_page,
    save_connection,
)
from relance.ingest.records import Declaration, Progress, Told
from relance.ingest.said import Json, Origin, Said, Unreadable, keep_said
from relance.store import Shop, Store, add_shop, find_shop
from relance.words import language_of

Secrets = Mapping[str, str]
RESTARTS: Final = 2
STRANGE: Final = (KeyError, TypeError, AttributeError, ValueError, ArithmeticError)
BEGINNING: Final = datetime(1, 1, 1, tzinfo=UTC)
RETRY_REFUSED: Final = timedelta(hours=6)


@dataclass(frozen=True)
class Page:
    """What a piece of reading brought: `cursor` is where to go on after it; done of total is for the eye."""

    said: Sequence[Said]
    cursor: Json
    phase: str = "connect"
    done: int = 0
    total: int | None = None
    unreadable: Sequence[Unreadable] = ()


@dataclass(frozen=True)
class ShopFacts:
    """What the shop's interface says of the shop; None where it says nothing."""

    name: str
    currency: str | None
    zone: str | None
    language: str | None = None


def _from_the_beginning(_cursor: Json) -> Json:
    return {}


@dataclass(frozen=True)
class Connector:
    """How the interface of one kind of shop is read.

    `secrets` are asked for when a connection is made, `may_have` are those that it can do without, such as the secret
    that signs webhooks. `base(url)` is the address under which paths of the client lie.
    """

    kind: str
    secrets: tuple[str, ...]
    headers: Callable[[Secrets], Headers]
    facts: Callable[[Client], ShopFacts]
    pages: Callable[[Client, Origin, Json], Iterator[Page]]
    may_have: tuple[str, ...] = ()
    base: Callable[[str], str] = str
    restart: Callable[[Json], Json] = _from_the_beginning
    rest: Callable[[Headers], float] = no_rest

    def client(self, url: str, secrets: Secrets, out: Outside) -> Client:
        """Who asks the shop."""
        return Client(self.base(url), out.fetcher, self.headers(secrets), out.sleep, out.clock, self.rest)


@dataclass(frozen=True)
class Outside:
    """How the world is reached: `sleep(seconds)` says whether to go on after the wait.

    `since` is when this process began: only one at a time reads, so that a run from before it is dead.
    """

    fetcher: Fetcher
    clock: Clock
    sleep: Callable[[float], bool]
    since: datetime = BEGINNING


@dataclass(frozen=True)
class PullResult:
    """What a run brought: pages, new records, bodies that were older than what was known, bodies set aside."""

    name: str
    pages: int = 0
    records: int = 0
    older: int = 0
    set_aside: int = 0


@dataclass(frozen=True)
class ConnectRequest:
    """A connection to make. Currency and zone are for a shop that does not say them."""

    kind: str
    url: str
    secrets: Secrets
    name: str | None = None
    currency: str | None = None
    zone: str | None = None
    language: str | None = None
    declaration: Declaration | None = None


def connect(
    store: Store, key: bytes, connectors: Mapping[str, Connector], request: ConnectRequest, out: Outside
) -> Shop:
    """Try the secrets, then keep the connection; the shop it belongs to, made when there is none yet (S25).

    Raises ShopRefused when the secrets do not open it, Conflict when its currency is not the shop's, BadInput.
    """
    connector = connectors[request.kind]
    url = request.url.rstrip("/")
    checked_url(url, private=out.fetcher.private)
    facts = connector.facts(connector.client(url, request.secrets, out))
    declared = request.declaration
    with store.begin() as connection:
        shop = find_shop(connection)
        if shop is None:
            shop = _new_shop(facts, request)
            add_shop(connection, shop, out.clock())
        elif facts.currency is not None and facts.currency != shop.currency:
            raise Conflict("ingest.other_currency", wanted=facts.currency, fixed=shop.currency)
        save_connection(
            connection,
            shop,
            key,
            name=request.name or request.kind,
            kind=request.kind,
            url=url,
            secrets=request.secrets,
            declaration={} if declared is None else vars(declared),
            now=out.clock(),
        )
    return shop


def _new_shop(facts: ShopFacts, request: ConnectRequest) -> Shop:
    return Shop(
        "main",
        facts.name,
        request.currency or facts.currency or "EUR",
        request.zone or facts.zone or "Europe/Paris",
        language_of(request.language or facts.language),
    )


def pull(
    store: Store,
    key: bytes,
    connectors: Mapping[str, Connector],
    name: str,
    out: Outside,
    told: Told = lambda _progress: None,
) -> PullResult:
    """Read what is new from one shop and put it into the inbox, from where the last run stopped.

    Raises ShopRefused, ShopUnreachable, Conflict while another run is under way, Interrupted; what was read is kept.
    """
    with store.begin() as connection:
        shop = find_shop(connection)
        if shop is None:
            raise NotFound("connect.unknown", name=name)
        held = find_connection(connection, shop, key, name)
        epoch = begin_run(connection, shop, held, out.clock(), out.since)
    run = _Run(store, key, shop, held, epoch, connectors[held.kind], out, told)
    try:
        result = run.answered()
    except RelanceError as error:
        with store.begin() as connection:
            end_run(connection, shop, name, epoch, _state_after(error), error, out.clock())
        raise
    with store.begin() as connection:
        end_run(connection, shop, name, epoch, "idle", None, out.clock())
    return result


def _state_after(error: RelanceError) -> str:
    match error:
        case ShopRefused():
            return "refused"
        case Interrupted():
            return "idle"
        case _:
            return "failed"


def due_connections(store: Store, shop: Shop, key: bytes, out: Outside, every: timedelta) -> list[str]:
    """The connections whose next run is due, by name; one that was refused is tried again after hours."""
    with store.read() as connection:
        held = list_connections(connection, shop, key)
    return [one.name for one in held if _is_due(one, out.clock(), out.since, every)]


def _is_due(held: ShopConnection, now: datetime, since: datetime, every: timedelta) -> bool:
    if held.state == "paused" or held.is_running(now, since):
        return False
    if held.state == "running" or held.last_run_at is None:
        return True
    pause = max(every, RETRY_REFUSED) if held.state == "refused" else every
    return held.last_run_at + pause <= now


@dataclass(frozen=True)
class _Run:
    """One reading of one connection."""

    store: Store
    key: bytes
    shop: Shop
    held: ShopConnection
    epoch: int
    connector: Connector
    out: Outside
    told: Told

    def answered(self) -> PullResult:
        """Every page there is. Raises ShopUnreachable also for an answer that has another form than documented."""
        try:
            return self.read()
        except STRANGE as error:
            raise ShopUnreachable("connect.strange", host=host_of(self.held.url)) from error

    def read(self) -> PullResult:
        """Every page there is. A cursor that expired makes that part begin anew, a few times at most."""
        result, cursor, restarts = PullResult(self.held.name), self.held.cursor, 0
        while True:
            try:
                for page in self._pages(cursor):
                    result, cursor = self._kept(result, page), page.cursor
                return result
            except CursorExpired:
                restarts += 1
                if restarts > RESTARTS:
                    raise
                cursor = self.connector.restart(cursor)

    def _pages(self, cursor: Json) -> Iterator[Page]:
        client = self.connector.client(self.held.url, self.held.secrets, self.out)
        return self.connector.pages(client, self.held.origin(self.shop, self.out.clock()), cursor)

    def _kept(self, result: PullResult, page: Page) -> PullResult:
        now = self.out.clock()
        with self.store.begin() as connection:
            note_page(connection, self.shop, self.held.name, self.epoch, page.cursor, now)
            origin = self.held.origin(self.shop, now)
            taken = keep_said(connection, origin, self.key, page.said, page.unreadable)
        self.told(Progress(page.phase, page.done, page.total))
        if not self.out.sleep(0):
            raise Interrupted("interrupted")
        return replace(
            result,
            pages=result.pages + 1,
            records=result.records + taken.records,
            older=result.older + taken.older,
            set_aside=result.set_aside + taken.set_aside,
        )


def told_connection(held: ShopConnection, now: datetime, since: datetime) -> dict[str, Any]:
    """A connection as lists show it, without its secrets; `since` is when this process began."""
    state = held.state_at(now, since)
    died = {"key": "connect.interrupted", "facts": {"host": host_of(held.url), "name": held.name}}
    return {
        "name": held.name,
        "kind": held.kind,
        "url": held.url,
        "state": state,
        "last_run_at": held.last_run_at,
        "last_error": died if state == "interrupted" else held.last_error,
    }
