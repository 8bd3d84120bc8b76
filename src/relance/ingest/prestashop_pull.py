"""Reading a PrestaShop shop through its web service, resource by resource, in the order of the ids.

Parameters: https://devdocs.prestashop-project.org/9/webservice/tutorials/advanced-use/additional-list-parameters/ and
https://devdocs.prestashop-project.org/9/webservice/getting-started/ . A page is asked for by the last id before it and
not by its offset, so that what is deleted meanwhile hides nothing. Stock has no date: the catalogue is read whole,
every six hours.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from relance.errors import BadInput, ShopUnreachable
from relance.ingest import prestashop, prestashop_bodies, prestashop_orders, prestashop_products
from relance.ingest.api_values import Json
from relance.ingest.connect import Connector, Page, ShopFacts
from relance.ingest.connect_client import Client
from relance.ingest.connect_fetch import host_of
from relance.ingest.prestashop import ShopTables, is_id
from relance.ingest.prestashop_bodies import Row
from relance.ingest.prestashop_tables import as_told, find_tables, shop_facts
from relance.ingest.records import Record
from relance.ingest.said import Origin, Said, Unreadable
from relance.ingest.shop_pages import as_backfill, read_each, said_of

PAGE_SIZE: Final = 100
OVERLAP: Final = timedelta(hours=1)  # clocks differ, and what is read twice is kept once
CATALOGUE_EVERY: Final = timedelta(hours=6)
# the resources in their order, each with the date of its last change
STAGES: Final[Mapping[str, str]] = {
    "customers": "date_upd",
    "addresses": "date_upd",
    "cart_rules": "date_upd",
    "carts": "date_upd",
    "orders": "date_upd",
    "order_slip": "date_upd",
    "customer_messages": "date_add",
    "products": "",
}


ReadRows = tuple[list[Said], list[Unreadable]]


class WebService:
    """The lists of one shop's web service."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def rows(self, resource: str, display: str = "full", **query: str) -> list[Row]:
        """The rows of a list. Raises ShopUnreachable for an answer that cannot be read."""
        asked = {"output_format": "JSON", "display": display, **query}
        answer = self.client.get_text(f"api/{resource}", asked)
        try:
            return prestashop_bodies.rows(answer.encode(), resource)
        except BadInput as error:
            raise ShopUnreachable("connect.no_json", host=host_of(self.client.base)) from error

    def of(self, resource: str, field: str, keys: Iterable[object], display: str = "full") -> list[Row]:
        """The rows whose field is one of the keys."""
        wanted = sorted({str(key) for key in keys if is_id(key)}, key=lambda key: (len(key), key))
        if not wanted:
            return []
        return self.rows(resource, display, **{f"filter[{field}]": f"[{'|'.join(wanted)}]", "sort": "[id_ASC]"})

    def by_id(self, resource: str, keys: Iterable[object], display: str = "full") -> dict[str, Row]:
        """The rows of these ids, by id."""
        return {row["id"]: row for row in self.of(resource, "id", keys, display)}


@dataclass(frozen=True)
class _Reading:
    """One run: `began` is when the first page was asked for, `since` when the last run had begun."""

    service: WebService
    origin: Origin
    tables: ShopTables
    began: datetime
    since: datetime | None
    catalogue_at: datetime | None

    def stages(self) -> tuple[str, ...]:
        """What this run reads."""
        fresh = self.catalogue_at is not None and self.began < self.catalogue_at + CATALOGUE_EVERY
        return tuple(stage for stage in STAGES if stage != "products" or not fresh)

    def cursor(self, stage: str, after: str) -> Json:
        """Where to go on in the middle of the run."""
        return {
            "since": self.since.isoformat() if self.since else None,
            "catalogue_at": self.catalogue_at.isoformat() if self.catalogue_at else None,
            "began": self.began.isoformat(),
            "stage": stage,
            "after": after,
        }

    def next_run(self) -> Json:
        """Where the next run begins."""
        read = self.began if "products" in self.stages() else self.catalogue_at
        return {"since": self.began.isoformat(), "catalogue_at": read.isoformat() if read else None}

    def query(self, stage: str, after: str) -> dict[str, str]:
        """The rows after an id that have changed since the last run."""
        asked = {"sort": "[id_ASC]", "limit": f"0,{PAGE_SIZE}", "filter[id]": f">[{after}]"}
        if self.since is None or not STAGES[stage]:
            return asked
        local = (self.since - OVERLAP).astimezone(self.tables.zone)
        return {**asked, "date": "1", f"filter[{STAGES[stage]}]": f">[{local:%Y-%m-%d %H:%M:%S}]"}


ReadStage = Callable[[_Reading, Sequence[Row]], ReadRows]


def pages(client: Client, origin: Origin, cursor: Json) -> Iterator[Page]:
    """The pages of all that is read, from the cursor on."""
    service = WebService(client)
    reading = _Reading(
        service,
        origin,
        find_tables(service.rows, origin),
        _instant(cursor.get("began")) or origin.now,
        _instant(cursor.get("since")),
        _instant(cursor.get("catalogue_at")),
    )
    stages, after = reading.stages(), str(cursor.get("after") or 0)
    for place in range(stages.index(cursor.get("stage") or stages[0]), len(stages)):
        following = reading.cursor(stages[place + 1], "0") if place + 1 < len(stages) else reading.next_run()
        yield from _stage(reading, stages[place], after, following)
        after = "0"


def _stage(reading: _Reading, stage: str, after: str, following: Json) -> Iterator[Page]:
    done = 0
    while True:
        found = reading.service.rows(stage, **reading.query(stage, after))
        done += len(found)
        said, odd = READ[stage](reading, found)
        is_last = len(found) < PAGE_SIZE
        cursor = following if is_last else reading.cursor(stage, found[-1]["id"])
        past = as_backfill(said) if reading.since is None else said
        yield Page(past, cursor, phase=stage, done=done, unreadable=odd)
        if is_last:
            return
        after = found[-1]["id"]


def _customers(reading: _Reading, found: Sequence[Row]) -> ReadRows:
    def said(row: Row) -> list[Said]:
        return prestashop.customer_said(row, reading.tables, reading.origin)

    return _read(reading, "actionCustomerAccountUpdate", found, said, lambda row: {"customer": row})


def _read(
    reading: _Reading,
    topic: str,
    found: Sequence[Row],
    said: Callable[[Row], list[Said]],
    beside: Callable[[Row], Json],
) -> ReadRows:
    """Each row translated; one that is odd is set aside with what it refers to, as a call of the module brings it."""
    tables = as_told(reading.tables)
    return read_each(topic, found, said, reading.origin, lambda row: {"tables": tables, **beside(row)})


def _plain(topic: str, translate: Callable[[Row, ShopTables], list[Record]], member: str) -> ReadStage:
    """For rows that say all by themselves."""

    def read(reading: _Reading, found: Sequence[Row]) -> ReadRows:
        def said(row: Row) -> list[Said]:
            return [Said(tuple(translate(row, reading.tables)))]

        return _read(reading, topic, found, said, lambda row: {member: row})

    return read


def _orders(reading: _Reading, found: Sequence[Row]) -> ReadRows:
    """Orders with what their rows refer to, each kind asked for once a page."""
    keys = [row["id"] for row in found]
    details = reading.service.of("order_details", "id_order", keys)
    addresses = reading.service.by_id("addresses", [row.get("id_address_delivery") for row in found])
    coupons = _coupons(reading.service, keys)

    def beside(row: Row) -> prestashop_orders.Beside:
        mine = [each for each in details if each.get("id_order") == row["id"]]
        address = addresses.get(row.get("id_address_delivery") or "", {})
        return prestashop_orders.Beside(mine, coupons.get(row["id"], []), address)

    def said(row: Row) -> list[Said]:
        more = beside(row)
        order = prestashop_orders.order(row, more, reading.tables)
        costs = prestashop_products.costs(more.details, reading.tables)
        return [said_of(f"order:{row['id']}", order), Said(tuple(costs))]

    def delivered(row: Row) -> Json:
        more = beside(row)
        return {"order": row, "order_details": more.details, "address": more.address, "coupons": more.coupons}

    return _read(reading, "actionOrderStatusPostUpdate", found, said, delivered)


def _coupons(service: WebService, orders: Sequence[str]) -> dict[str, list[str]]:
    """The codes that each order used."""
    used = service.of("order_cart_rules", "id_order", orders)
    rules = service.by_id("cart_rules", [row.get("id_cart_rule") for row in used], "[id,code]")
    codes: dict[str, list[str]] = {}
    for row in used:
        code = rules.get(row.get("id_cart_rule") or "", {}).get("code")
        if code:
            codes.setdefault(row["id_order"], []).append(code)
    return codes


def _slips(reading: _Reading, found: Sequence[Row]) -> ReadRows:
    fields = "[id,reference,id_currency,conversion_rate]"
    orders = reading.service.by_id("orders", [row.get("id_order") for row in found], fields)

    def said(row: Row) -> list[Said]:
        return [Said(tuple(prestashop_orders.slip(row, orders, reading.tables)))]

    def delivered(row: Row) -> Json:
        return {"order_slip": row, "order": orders.get(row.get("id_order") or "")}

    return _read(reading, "actionObjectOrderSlipAddAfter", found, said, delivered)


def _messages(reading: _Reading, found: Sequence[Row]) -> ReadRows:
    threads = reading.service.by_id("customer_threads", [row.get("id_customer_thread") for row in found])

    def said(row: Row) -> list[Said]:
        return [Said(tuple(prestashop.contacts([row], threads, reading.tables)))]

    def delivered(row: Row) -> Json:
        return {"customer_message": row, "customer_thread": threads.get(row.get("id_customer_thread") or "")}

    return _read(reading, "actionObjectCustomerMessageAddAfter", found, said, delivered)


def _products(reading: _Reading, found: Sequence[Row]) -> ReadRows:
    """Products with their combinations and stock. A stock that comes back to what it was is said again."""
    keys = [row["id"] for row in found]
    combinations = reading.service.of("combinations", "id_product", keys)
    stock = prestashop_products.stock_of(reading.service.of("stock_availables", "id_product", keys))
    named = {each["id"] for row in combinations for each in row["associations"].get("product_option_values") or []}
    values = reading.service.by_id("product_option_values", named, "[id,name]")
    options = {key: reading.tables.said(row.get("name")) or key for key, row in values.items()}

    def said(row: Row) -> list[Said]:
        mine = [each for each in combinations if each.get("id_product") == row["id"]]
        records = [prestashop_products.product(row, stock, reading.tables)]
        records += [prestashop_products.combination(each, row, options, stock, reading.tables) for each in mine]
        return [Said(tuple(_of_run(record, reading.began) for record in records))]

    return read_each("products", found, said, reading.origin)


def _of_run(record: Record, began: datetime) -> Record:
    """As it was when the run read it: the date of a product's last change says nothing of its stock."""
    body = {**record.body, "updated_at": began.isoformat()}
    return replace(record, message_id=f"{record.message_id}:{began:%Y%m%d%H%M%S}", body=body)


READ: Final[Mapping[str, ReadStage]] = {
    "customers": _customers,
    "addresses": _plain("actionObjectAddressUpdateAfter", prestashop.address, "address"),
    "cart_rules": _plain("actionObjectCartRuleAddAfter", prestashop.coupon, "cart_rule"),
    "carts": _plain("actionCartSave", prestashop.cart, "cart"),
    "orders": _orders,
    "order_slip": _slips,
    "customer_messages": _messages,
    "products": _products,
}


def _instant(written: object) -> datetime | None:
    return datetime.fromisoformat(str(written)) if written else None


def facts(client: Client) -> ShopFacts:
    """The shop's name, currency, zone and language, from its configuration."""
    return shop_facts(WebService(client).rows, host_of(client.base))


def _headers(secrets: Mapping[str, str]) -> Mapping[str, str]:
    pair = f"{secrets['key']}:"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


CONNECTOR: Final = Connector(
    kind="prestashop",
    secrets=("key",),
    headers=_headers,
    facts=facts,
    pages=pages,
    may_have=("webhook_secret", "write_key"),
    base=lambda url: f"{url}/",
)
