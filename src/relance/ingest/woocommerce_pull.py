"""Reading a WooCommerce shop through its REST API v3: accounts, coupons, orders with their refunds, the catalogue.

Pages: https://woocommerce.github.io/woocommerce-rest-api-docs/?shell#pagination . Orders that changed are asked for
with `modified_after`. Accounts have no such filter and stock moves without a date: both are read whole every six hours,
and in between accounts that are new, the newest first, until one is known.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from relance.errors import ShopUnreachable
from relance.ingest import woocommerce, woocommerce_orders
from relance.ingest.api_values import Json, text
from relance.ingest.connect import Connector, Page, ShopFacts
from relance.ingest.connect_client import Client, Reply
from relance.ingest.connect_fetch import host_of
from relance.ingest.records import Record
from relance.ingest.said import Origin, Said
from relance.ingest.shop_pages import as_backfill, read_each, said_of

ROOT: Final = "wc/v3"
PAGE_SIZE: Final = 100  # the most that the API gives at once
OVERLAP: Final = timedelta(hours=1)  # clocks differ, and what is read twice is kept once
WHOLE_EVERY: Final = timedelta(hours=6)
# the resources in their order, each with the webhook that would have brought its things
STAGES: Final[Mapping[str, str]] = {
    "customers": "customer.updated",
    "products": "product.updated",
    "coupons": "coupon.updated",
    "orders": "order.updated",
}
Read = Callable[["_Reading", Json], Sequence[Said]]


@dataclass(frozen=True)
class _Reading:
    """One run: `began` is when the first page was asked for, `since` when the last run had begun."""

    client: Client
    origin: Origin
    began: datetime
    since: datetime | None
    whole_at: datetime | None

    @property
    def is_whole(self) -> bool:
        """Whether it is time for what can only be read whole."""
        return self.whole_at is None or self.began >= self.whole_at + WHOLE_EVERY

    def stages(self) -> tuple[str, ...]:
        """What this run reads."""
        return tuple(stage for stage in STAGES if stage != "products" or self.is_whole)

    def cursor(self, stage: str, page: int) -> Json:
        """Where to go on in the middle of the run."""
        return {
            **self.after(),
            "since": self.since.isoformat() if self.since else None,
            "whole_at": self.whole_at.isoformat() if self.whole_at else None,
            "began": self.began.isoformat(),
            "stage": stage,
            "page": page,
        }

    def after(self) -> Json:
        """Where the next run begins."""
        read = self.began if self.is_whole else self.whole_at
        return {"since": self.began.isoformat(), "whole_at": read.isoformat() if read else None}


def pages(client: Client, origin: Origin, cursor: Json) -> Iterator[Page]:
    """The pages of all that is read, from the cursor on."""
    reading = _Reading(
        client,
        origin,
        _instant(cursor.get("began")) or origin.now,
        _instant(cursor.get("since")),
        _instant(cursor.get("whole_at")),
    )
    stages, page = reading.stages(), int(cursor.get("page") or 1)
    for place in range(stages.index(cursor.get("stage") or stages[0]), len(stages)):
        following = reading.cursor(stages[place + 1], 1) if place + 1 < len(stages) else reading.after()
        yield from _stage(reading, stages[place], page, following)
        page = 1


def _stage(reading: _Reading, stage: str, page: int, following: Json) -> Iterator[Page]:
    def translate(thing: Json) -> Sequence[Said]:
        return READ[stage](reading, thing)

    while True:
        reply = reading.client.get(f"{ROOT}/{stage}", {**_query(reading, stage), "page": page, "per_page": PAGE_SIZE})
        things = _things(reading.client, reply)
        last = page if stage == "customers" and _reaches_known(reading, things) else _pages_of(reply)
        said, odd = read_each(STAGES[stage], things, translate, reading.origin)
        cursor = reading.cursor(stage, page + 1) if page < last else following
        past = as_backfill(said) if reading.since is None else said
        yield Page(past, cursor, phase=stage, done=page, total=last, unreadable=odd)
        if page >= last:
            return
        page += 1


def _query(reading: _Reading, stage: str) -> Json:
    """In the order in which things were made, so that what is new or changes meanwhile never hides another."""
    ordered = {"orderby": "id", "order": "asc"}
    if stage == "customers":
        newest_first = {"orderby": "registered_date", "order": "desc"}
        return {**(ordered if reading.is_whole else newest_first), "role": "all"}
    if reading.since is None or stage == "products":
        return ordered
    if stage == "coupons":
        # in the shop's own time, whichever that is
        return {**ordered, "after": _written(reading.since - timedelta(days=1))}
    return {**ordered, "modified_after": _written(reading.since - OVERLAP), "dates_are_gmt": "true"}


def _written(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S")


def _reaches_known(reading: _Reading, accounts: Sequence[Json]) -> bool:
    """Whether the accounts of a page, the newest first, come to one from before the last run."""
    if reading.is_whole or reading.since is None or not accounts:
        return False
    return str(accounts[-1].get("date_created_gmt") or "") < _written(reading.since - OVERLAP)


def _pages_of(reply: Reply) -> int:
    told = reply.headers.get("x-wp-totalpages", "1")
    return int(told) if told.isdigit() else 1


def _things(client: Client, reply: Reply) -> list[Json]:
    if not isinstance(reply.body, list):
        raise ShopUnreachable("connect.no_json", host=host_of(client.base))
    return reply.body


def _all(client: Client, path: str) -> list[Json]:
    """Every page of a short list."""
    things: list[Json] = []
    page, last = 1, 1
    while page <= last:
        reply = client.get(path, {"orderby": "id", "order": "asc", "page": page, "per_page": PAGE_SIZE})
        things += _things(client, reply)
        page, last = page + 1, _pages_of(reply)
    return things


def _customer(reading: _Reading, body: Json) -> Sequence[Said]:
    return [said_of(f"customer:{body['id']}", woocommerce.customer(body, reading.origin))]


def _product(reading: _Reading, body: Json) -> Sequence[Said]:
    """A product and its variations. A stock that comes back to what it was is said again."""
    origin = reading.origin
    records = [woocommerce.product(body, origin)]
    if body.get("type") == "variable":
        each = _all(reading.client, f"{ROOT}/products/{body['id']}/variations")
        records += [woocommerce.variation(one, body, origin) for one in each]
    return [Said(tuple(_of_run(record, reading.began) for record in records))]


def _of_run(record: Record, began: datetime) -> Record:
    """As it was when the run read it: the date of a product's last change says nothing of its stock."""
    body = {**record.body, "updated_at": began.isoformat()}
    return replace(record, message_id=f"{record.message_id}:{began:%Y%m%d%H%M%S}", body=body)


def _coupon(reading: _Reading, body: Json) -> Sequence[Said]:
    return [Said(tuple(woocommerce.coupon(body, reading.origin)))]


def _order(reading: _Reading, body: Json) -> Sequence[Said]:
    """An order, and its refunds with the dates that only their own list has."""
    said = woocommerce_orders.order(body, reading.origin)
    if not said or not body.get("refunds"):
        return said
    entries = _all(reading.client, f"{ROOT}/orders/{body['id']}/refunds")
    return [*said, *woocommerce_orders.refunds(body, entries, reading.origin)]


READ: Final[Mapping[str, Read]] = {"customers": _customer, "products": _product, "coupons": _coupon, "orders": _order}


def _instant(written: object) -> datetime | None:
    return datetime.fromisoformat(str(written)) if written else None


def facts(client: Client) -> ShopFacts:
    """The shop's name and zone from the index of its REST API, its currency from its settings."""
    index = client.get("").body
    currency = client.get(f"{ROOT}/settings/general/woocommerce_currency").body
    return ShopFacts(
        woocommerce.plain(index.get("name")) or host_of(client.base),
        text(currency.get("value")),
        text(index.get("timezone_string")),
    )


def _headers(secrets: Mapping[str, str]) -> Mapping[str, str]:
    pair = f"{secrets['consumer_key']}:{secrets['consumer_secret']}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


CONNECTOR: Final = Connector(
    kind="woocommerce",
    secrets=("consumer_key", "consumer_secret"),
    headers=_headers,
    facts=facts,
    pages=pages,
    may_have=("webhook_secret", "write_key", "write_secret"),
    base=lambda url: f"{url}/wp-json/",
)
