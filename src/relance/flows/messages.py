"""What a flow's messages carry: the facts of a whole group, read from the warehouse in one question each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import ibis
from ibis import _
from ibis.expr.types import Table

from relance.errors import NotFound
from relance.flows.advance import Position
from relance.flows.asking import Asked, memberships
from relance.flows.definition import Coupon, Send
from relance.flows.orders import customers, last_orders, naive
from relance.flows.recipients import Recipient, gate_facts, recipients
from relance.profiles import Reading
from relance.sending import Cap, GateFacts, Intent, Wanted, recommended
from relance.store import Shop
from relance.warehouse import Warehouse, rows_of
from relance.words import LANGUAGES

NOVELTY_DAYS: Final = 30
PRODUCTS_TO_CHOOSE_FROM: Final = 50
PRODUCTS_A_MESSAGE: Final = 3
SHOWN: Final = ("price", "product_id", "image", "url")


@dataclass(frozen=True)
class Message:
    """A message that somebody's position calls for."""

    position: Position
    step: Send


def intents_of(
    warehouse: Warehouse,
    shop: Shop,
    source: str,
    messages: Sequence[Message],
    own_caps: Mapping[int, tuple[Cap, ...] | None],
    asked: Asked,
    now: datetime,
) -> dict[Message, Intent]:
    """The intents of messages, with the facts that their templates and the gate need, as of `now`.

    `own_caps` are the schedules that versions of the flow carry. Each message goes on the channel of its template.

    Somebody without an address gets an intent without one, so that the report can say why nothing was sent.
    """
    if not messages:
        return {}
    touched = customers([message.position.customer_id for message in messages])
    with warehouse.read() as engine:
        everyone = Reading(engine, shop, now)
        group = Reading(engine, shop, now, touched)
        people = {row["customer_id"]: row for row in rows_of(engine, _people(group))}
        products = _by_customer(rows_of(engine, novelties(everyone, group)), shop)
        known = recipients(group)
        suggested = recommended(engine, shop, list(people))
        inside = memberships(engine, shop, asked.segments, list(people), now)
    found = {}
    for message in messages:
        wanted, mine = asked.templates[message.step.template], message.position.customer_id
        person, one = people[mine], known[mine]
        facts = {
            **_facts(shop, message, person, now),
            "products": products.get(mine, []),
            **suggested.get(mine, {}),
            **_asked_for(wanted, one, person, inside.get(mine, [])),
        }
        gate = gate_facts(group, one, wanted.channel, own_caps[message.position.version])
        # a notification goes to a device of its person, which the sender knows
        address = {"email": person["email"], "sms": one.phone, "push": None}[wanted.channel]
        found[message] = _intent(shop, source, message, person, facts, gate, wanted.channel, address)
    return found


def person_facts(warehouse: Warehouse, shop: Shop, customer_id: str, asked: Asked, now: datetime) -> dict[str, Any]:
    """What a message to one person would say of them, as far as it is known: for looking at templates.

    Raises NotFound for somebody unknown.
    """
    with warehouse.read() as engine:
        group = Reading(engine, shop, now, customers([customer_id]))
        people = rows_of(engine, _people(group))
        last = rows_of(engine, last_orders(group).select("ordered_at"))
        products = _by_customer(rows_of(engine, novelties(Reading(engine, shop, now), group)), shop)
        known = recipients(group)
        suggested = recommended(engine, shop, [customer_id])
        inside = memberships(engine, shop, asked.segments, [customer_id], now)
    if not people:
        raise NotFound("api.no_customer", customer=customer_id)
    ordered_at = None if not last else last[0]["ordered_at"].replace(tzinfo=UTC).astimezone(shop.zone)
    net = people[0]["net"]
    return {
        "first_name": people[0]["first_name"],
        "city": people[0]["city"],
        "phase": known[customer_id].phase,
        "segments": inside.get(customer_id, []),
        "number_of_orders": known[customer_id].number_of_orders,
        "last_order_date": None if ordered_at is None else ordered_at.date().isoformat(),
        "last_order_amount": None if net is None else shop.amount(net),
        "products": products.get(customer_id, []),
        **suggested.get(customer_id, {}),
    }


def _people(group: Reading) -> Table:
    """Name, address, town and language of a group, and the net amount of each one's last order."""
    customer = group.customers.select("customer_id", "email", "first_name", "city", "language")
    last = last_orders(group).select(buyer="customer_id", last_order="order_id")
    net = group.orders.select(last_order="order_id", net="net")
    last = last.left_join(net, "last_order").select("buyer", "net")
    return customer.left_join(last, customer.customer_id == last.buyer).drop("buyer")


def novelties(everyone: Reading, group: Reading) -> Table:
    """Up to three products for each of the group, by place: those sold for the first time in the last 30 days, then
    the best-selling of these days, each the most sold first, without those that the customer owns: customer_id, place,
    title, price (minor units), product_id, and the image and url of the catalogue.

    Products are told apart by their title, so that variants of one count once.
    """
    since = ibis.literal(naive(everyone.now - timedelta(days=NOVELTY_DAYS)))
    lines = _sold(everyone)
    sales = lines.group_by("title").agg(
        first_at=lines.ordered_at.min(),
        units=lines.quantity.sum(where=lines.ordered_at >= since),
        product_id=lines.product_id.max(),
    )
    sales = sales.filter(sales.units > 0)
    order = [(sales.first_at >= since).desc(), sales.units.desc(), sales.title]
    sales = sales.mutate(rank=ibis.row_number().over(order_by=order))
    chosen = sales.filter(sales.rank < PRODUCTS_TO_CHOOSE_FROM)
    product = everyone.engine.table("product").select("price", "image", "url", known="product_id")
    chosen = chosen.left_join(product, chosen.product_id == product.known).select("title", "rank", *SHOWN)
    pairs = group.customers.select("customer_id").cross_join(chosen)
    owned = _sold(group).select("customer_id", "title").distinct()
    new = pairs.anti_join(owned, ["customer_id", "title"])
    new = new.mutate(place=ibis.row_number().over(group_by=new.customer_id, order_by=new["rank"]))
    return new.filter(new.place < PRODUCTS_A_MESSAGE).select("customer_id", "place", "title", *SHOWN)


def _sold(reading: Reading) -> Table:
    """The sale lines with a title of the orders that count."""
    line = reading.engine.table("order_line").filter(_.kind == "sale", _.title.notnull())
    line = line.select("order_id", "title", "product_id", "quantity")
    return line.inner_join(reading.counted.select("order_id", "customer_id", "ordered_at"), "order_id")


def _by_customer(rows: Sequence[Mapping[str, Any]], shop: Shop) -> Mapping[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row["customer_id"], row["place"])):
        price = None if row["price"] is None else shop.amount(row["price"])
        url = row["url"] or _address(row["product_id"], shop)
        told = {"title": row["title"], "price": price, "url": url}
        found[row["customer_id"]].append({**told, "image": row["image"]} if row["image"] else told)
    return found


def _address(product_id: str | None, shop: Shop) -> str | None:
    """Where a product is sold when its catalogue does not say: the setting `product_url` (https://a.example/p/{product_id})."""
    pattern = shop.settings.get("product_url")
    return None if not pattern or product_id is None else str(pattern).replace("{product_id}", quote(product_id))


def _asked_for(wanted: Wanted, one: Recipient, person: Mapping[str, Any], inside: Sequence[str]) -> dict[str, Any]:
    """What only some templates ask of a person; what none asks is not kept with the message."""
    asked: dict[str, Any] = {
        name: value
        for name, value in (("city", person["city"]), ("number_of_orders", one.number_of_orders))
        if name in wanted.needs.facts
    }
    if wanted.needs.phase:
        asked["phase"] = one.phase
    if wanted.needs.segments:
        asked["segments"] = [name for name in inside if name in wanted.needs.segments]
    return asked


def _facts(shop: Shop, message: Message, person: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What every message of a flow says of a person."""
    step = message.step
    return {
        "first_name": person["first_name"],
        "last_order_date": message.position.anchor_at.astimezone(shop.zone).date().isoformat(),
        "last_order_amount": None if person["net"] is None else shop.amount(person["net"]),
        "coupon": None if step.coupon is None else _coupon(step.coupon, shop, now),
    }


def _intent(
    shop: Shop,
    source: str,
    message: Message,
    person: Mapping[str, Any],
    facts: Mapping[str, Any],
    gate: GateFacts,
    channel: str,
    address: str | None,
) -> Intent:
    position, step = message.position, message.step
    spoken = (person["language"] or "")[:2].lower()
    return Intent(
        source=source,
        step=step.step_id,
        occurrence=position.occurrence,
        customer_id=position.customer_id,
        channel=channel,
        purpose="marketing",
        address=address,
        language=next((language for language in LANGUAGES if language == spoken), shop.language),
        template=step.template,
        facts=facts,
        coupon=None if step.coupon is None else step.coupon.code,
        priority=step.priority,
        not_after=position.due_at + timedelta(hours=step.not_after_hours),
        gate=gate,
        offer=step.offer,
    )


def _coupon(coupon: Coupon, shop: Shop, now: datetime) -> dict[str, Any]:
    """The code as a template shows it; valid to the end of the day in the shop's zone (S18)."""
    until = now.astimezone(shop.zone).date() + timedelta(days=coupon.valid_days)
    return {"code": coupon.code, "percent": coupon.percent, "valid_until": until.isoformat()}
