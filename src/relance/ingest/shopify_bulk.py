"""The file of a bulk operation: one object a line, what belongs to another says so by `__parentId`.

https://shopify.dev/docs/api/usage/bulk-operations/queries: children stand after their parents, and directly after them
where the operation was asked to group them, which is its default. A child whose parent is not among the objects that
stand shortly before it is told with its line; nothing is guessed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from relance.errors import BadInput
from relance.ingest import shopify, shopify_graphql, shopify_orders, shopify_products
from relance.ingest.api_values import Json
from relance.ingest.records import Record
from relance.ingest.said import UNREADABLE, Origin, Said, Unreadable

PAGE: Final = 1_000  # objects without a parent
# where the children of a kind belong in their parent
PLACES: Final = {
    "LineItem": "lineItems",
    "ProductVariant": "variants",
    "Metafield": "metafields",
    "Refund": "refunds",
    "RefundLineItem": "refundLineItems",
}
NO_PARENT: Final = "no_parent"
OF_READING: Final = "bulk"  # how the topics of what was read begin
FAULTS: Final = (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError)


@dataclass
class Found:
    """An object with its children, and where it stands: its line, counted from 1, and the byte at which that begins."""

    node: Json
    line: int
    offset: int
    children: dict[str, Json] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Lines:
    """Some objects with their children, the lines that were no such thing, and where to go on."""

    found: Sequence[Found]
    wrong: Sequence[Unreadable]
    line: int
    offset: int


def read_bulk(lines: Iterable[bytes], line: int = 0, offset: int = 0, page: int = PAGE) -> Iterator[Lines]:
    """The objects in order; `line` lines and `offset` bytes lie before the first one."""
    waiting: dict[str, Found] = {}
    wrong: dict[int, Unreadable] = {}
    for raw in lines:
        line += 1
        if raw.strip():
            _put(raw, line, offset, waiting, wrong)
        offset += len(raw)
        if len(waiting) > 2 * page:
            # the later half waits for children that may still come
            ready = [waiting.pop(key) for key in list(waiting)[:page]]
            first = next(iter(waiting.values()))
            passed = [wrong.pop(at) for at in list(wrong) if at < first.line]
            yield Lines(ready, passed, first.line - 1, first.offset)
    yield Lines(list(waiting.values()), list(wrong.values()), line, offset)


def _put(raw: bytes, line: int, offset: int, waiting: dict[str, Found], wrong: dict[int, Unreadable]) -> None:
    try:
        node = json.loads(raw)
        kind, key = shopify_graphql.kind_of(node), str(node["id"])
        parent = node.pop("__parentId", None)
    except (BadInput, *FAULTS):
        wrong[line] = Unreadable(OF_READING, raw.strip(), UNREADABLE, place=f"line {line}")
        return
    if parent is None:
        waiting[key] = Found(node, line, offset, {key: node})
        return
    # most often it is the last one's
    holder = next((one for one in reversed(waiting.values()) if parent in one.children), None)
    if holder is None or kind not in PLACES:
        wrong[line] = Unreadable(OF_READING, raw.strip(), NO_PARENT, place=f"line {line}")
        return
    holder.children[parent].setdefault(PLACES[kind], []).append(node)
    holder.children[key] = node


def said_of(node: Json, origin: Origin) -> list[Said]:
    """What an object amounts to; nothing for kinds that are of no use here. Raises BadInput."""
    match shopify_graphql.kind_of(node):
        case "Customer":
            return shopify.customer(shopify_graphql.customer(node), origin)
        case "Order":
            return shopify_orders.order(shopify_graphql.order(node), origin)
        case "Product":
            return shopify_products.product(shopify_graphql.product(node), origin)
        case _:
            return []


def translated(found: Iterable[Found], origin: Origin, *, past: bool) -> tuple[list[Said], list[Unreadable]]:
    """What the objects say, and those that cannot be read, each with its line. `past`: it starts no flow (S10)."""
    said: list[Said] = []
    wrong: list[Unreadable] = []
    for one in found:
        try:
            mine = said_of(one.node, origin)
        except BadInput as error:
            wrong.append(_wrong(one, error.key))
        except FAULTS:
            wrong.append(_wrong(one, UNREADABLE))
        else:
            said += [backfilled(each) for each in mine] if past else mine
    return said, wrong


def _wrong(one: Found, reason: str) -> Unreadable:
    topic = f"{OF_READING}:{shopify_graphql.kind_of(one.node)}"
    return Unreadable(topic, json.dumps(one.node, ensure_ascii=False).encode(), reason, place=f"line {one.line}")


def backfilled(said: Said) -> Said:
    """The same, recorded as what happened before we knew the shop."""
    records = tuple(Record(one.kind, one.message_id, {**one.body, "backfill": True}) for one in said.records)
    return replace(said, records=records)
