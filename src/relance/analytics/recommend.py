"""What to recommend to whom, written once a day to tables that messages read.

Four kinds: complements of what was bought, the next version of what is owned, what was viewed and not bought, what is
popular in the customer's own category. Never what the customer owns or returned, what is out of stock or gone; nothing
for those who object to profiling (S19).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import ibis
from ibis import _
from ibis.expr.types import Table

from relance.analytics.affinity import baskets, pairs
from relance.profiles import Reading, objectors
from relance.store import Shop
from relance.warehouse import Warehouse, Writer, rows_of

KINDS: Final = ("complement", "next_version", "viewed", "popular")
MOST: Final = 6
POPULAR: Final = timedelta(days=90)
VIEWED: Final = timedelta(days=30)
# a number at the end of a title is a version unless it counts pieces or measures something
NUMBERED: Final = r"^(.*\S)\s+(?:v|version|mk|gen|generation|génération|series|série|édition|edition)?\.?\s*(\d{1,4})$"
COUNTING: Final = r"(?i)(?:\b(?:of|de|x|lot|set|pack|pcs|size|taille|no|n°)|[x×])\s*\d{1,4}$"


@dataclass(frozen=True)
class Recommended:
    """What one computation came to: pairs of products kept, and recommendations of each kind."""

    as_of: datetime
    pairs: int
    rows: dict[str, int]


def recommend(warehouse: Warehouse, shop: Shop, now: datetime) -> Recommended:
    """Compute every recommendation as of `now` in place of those before."""
    as_of = ibis.literal(now.replace(tzinfo=None))
    with warehouse.write() as writer:
        reading = Reading(writer.engine, shop, now)
        kept = writer.stage(pairs(reading))
        found = writer.stage(recommendations(reading, kept))
        _empty(writer, "product_pair", "product_id")
        _empty(writer, "recommendation", "customer_id")
        writer.insert("product_pair", kept.mutate(as_of=as_of))
        writer.insert("recommendation", found.mutate(as_of=as_of))
        counts = rows_of(writer.engine, found.group_by("kind").agg(count=_.count()))
        number = rows_of(writer.engine, kept.agg(count=_.count()))[0]["count"]
    rows = {row["kind"]: row["count"] for row in counts}
    return Recommended(now, number, {kind: rows.get(kind, 0) for kind in KINDS})


def _empty(writer: Writer, name: str, column: str) -> None:
    writer.delete_matching(name, column, writer.table(name).select(column).distinct())


def recommendations(reading: Reading, kept: Table) -> Table:
    """Every recommendation: customer_id, kind, place (from 0), product_id, because (a product or a category)."""
    owned = baskets(reading).select("customer_id", "product_id").distinct()
    closed = owned.union(_returned(reading), distinct=True)
    made = [
        _ranked("complement", _complements(owned, kept), closed, reading),
        _ranked("next_version", _next_versions(owned, reading), closed, reading),
        _ranked("viewed", _viewed(reading), closed, reading),
        _ranked("popular", _popular(owned, reading), closed, reading),
    ]
    return ibis.union(*made)


def for_sale(reading: Reading) -> Table:
    """The products that can be recommended: in the catalogue, in stock, with a title."""
    product = reading.engine.table("product")
    in_stock = product.in_stock.fill_null(True) & (product.stock.fill_null(1) > 0)
    return product.filter(in_stock, product.deleted_at.isnull(), product.title.notnull())


def _ranked(kind: str, wanted: Table, closed: Table, reading: Reading) -> Table:
    """The first few of the wanted products that may be recommended to each customer, the best first."""
    best = wanted.group_by("customer_id", "product_id").agg(
        score=wanted.score.max(), because=wanted.because.argmax(wanted.score)
    )
    may = best.anti_join(closed, ["customer_id", "product_id"]).semi_join(for_sale(reading), "product_id")
    may = may.anti_join(objectors(reading), "customer_id")
    order = [may.score.desc(), may.product_id]
    placed = may.mutate(place=ibis.row_number().over(group_by=may.customer_id, order_by=order))
    first = placed.filter(placed.place < MOST)
    return first.select("customer_id", "place", "product_id", "because", kind=ibis.literal(kind))


def _complements(owned: Table, kept: Table) -> Table:
    """What goes with what the customer bought, the surest first."""
    both = owned.inner_join(kept, "product_id")
    return both.select("customer_id", product_id="other_id", because="product_id", score=both.lift_low)


def _next_versions(owned: Table, reading: Reading) -> Table:
    """The next higher number of a title of which the customer owns a lower one."""
    product = reading.engine.table("product")
    named = product.filter(product.title.re_search(NUMBERED), ~product.title.re_search(COUNTING))
    named = named.select(
        "product_id",
        family=named.title.re_extract(NUMBERED, 1).lower(),
        maker=named.vendor.fill_null(""),
        number=named.title.re_extract(NUMBERED, 2).cast("int64"),
    )
    mine = owned.inner_join(named, "product_id")
    highest = mine.group_by("customer_id", "family", "maker").agg(
        number=mine.number.max(), because=mine.product_id.argmax(mine.number)
    )
    later = named.select(next_id="product_id", family="family", maker="maker", its_number="number")
    ahead = highest.inner_join(later, ["family", "maker"])
    ahead = ahead.filter(ahead.its_number > ahead.number)
    return ahead.select("customer_id", "because", product_id="next_id", score=-ahead.its_number.cast("float64"))


def _viewed(reading: Reading) -> Table:
    """What the customer looked at lately, the last first."""
    event = reading.events
    since = ibis.literal((reading.now - VIEWED).replace(tzinfo=None))
    seen = event.filter(event.name == "Product Viewed", event.product_id.notnull(), event.occurred_at >= since)
    score = seen.occurred_at.epoch_seconds().cast("float64")
    return seen.select("customer_id", "product_id", because=ibis.null("string"), score=score)


def _popular(owned: Table, reading: Reading) -> Table:
    """What sells most in the category of which the customer bought most kinds of products."""
    product = reading.engine.table("product").filter(_.category.notnull()).select("product_id", "category")
    mine = owned.inner_join(product, "product_id").group_by("customer_id", "category").agg(kinds=_.count())
    first = ibis.row_number().over(group_by=mine.customer_id, order_by=[mine.kinds.desc(), mine.category])
    favourite = mine.mutate(first=first).filter(_.first == 0).select("customer_id", "category")
    since = ibis.literal((reading.now - POPULAR).replace(tzinfo=None))
    line = reading.lines
    sold = line.filter(line.product_id.notnull(), line.quantity > 0, line.ordered_at >= since)
    units = sold.group_by("product_id").agg(units=_.quantity.sum()).inner_join(product, "product_id")
    return favourite.inner_join(units, "category").select(
        "customer_id", "product_id", because="category", score=_.units.cast("float64")
    )


def _returned(reading: Reading) -> Table:
    refund = reading.engine.table("refund")
    gone = refund.filter(refund.customer_id.notnull(), refund.product_id.notnull())
    return gone.select("customer_id", "product_id").distinct()
