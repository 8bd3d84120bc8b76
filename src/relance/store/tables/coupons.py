"""Tables of coupons: offers, and the codes of each."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from relance.store.tables.columns import Instant, id_column, metadata, shop_column

# sending: what unique codes take off, for how long, and how many should be in stock; amounts in minor units;
# `connection` is the shop that makes them, `trouble` what kept it from it when it was last asked
coupon_offer = Table(
    "coupon_offer",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("offer_id", Text, primary_key=True),
    Column("benefit", Text, nullable=False),
    Column("amount", BigInteger),
    Column("minimum", BigInteger),
    Column("valid_hours", Integer, nullable=False),
    Column("supply", Text, nullable=False),
    Column("low_at", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("connection", Text),
    Column("trouble", JSON(none_as_null=True)),
    Column("asked_at", Instant),
)

# sending: one row a code; `held_for` is the name of the intents that hold it (S18); a `pending` one was written down
# and is still to be made in the shop
coupon_code = Table(
    "coupon_code",
    metadata,
    id_column(),
    shop_column(),
    Column("offer_id", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("code_key", Text, nullable=False),
    Column("usable_until", Instant),
    Column("held_for", Text),
    Column("held_at", Instant),
    Column("redeemed_at", Instant),
    Column("order_id", Text),
    Column("added_at", Instant, nullable=False),
    Column("pending", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("shop_id", "code_key"),
    UniqueConstraint("shop_id", "offer_id", "held_for"),
    Index(None, "shop_id", "offer_id", "held_at", "id"),
)
