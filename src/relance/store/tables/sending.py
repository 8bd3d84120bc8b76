"""Tables of what goes out and what comes back of it: the outbox, senders, links, coupons, hits."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from relance.store.tables.columns import Instant, id_column, metadata, shop_column

# sending: one row an intended message (S6: unique twice), with the protocol's state
outbox = Table(
    "outbox",
    metadata,
    id_column(),
    shop_column(),
    Column("source", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("occurrence", Text, nullable=False),
    Column("customer_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("address", Text),
    Column("address_hmac", Text),
    Column("language", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("facts_as_of", Instant, nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("coupon", Text),
    Column("offer", Text),
    Column("priority", Integer, nullable=False),
    Column("phase", Text),
    Column("audience", Text),
    Column("holdout_arm", Text),
    Column("gate", JSON),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("owner", Text),
    Column("epoch", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("planned_at", Instant, nullable=False),
    Column("retry_at", Instant),
    Column("not_after", Instant),
    Column("doubt_at", Instant),
    Column("settled_at", Instant),
    Column("provider_reply", Text),
    Column("provider", Text),
    Column("provider_id", Text),
    Column("evidence", Text),
    # the version of the shop's own template that it was written from; a ready-made one has none
    Column("template_version", Integer),
    UniqueConstraint("shop_id", "source", "step", "occurrence", "customer_id", "channel"),
    UniqueConstraint("shop_id", "source", "step", "occurrence", "address_hmac", "channel"),
    Index(None, "shop_id", "state", "channel", "priority", "planned_at", "id"),
    Index(None, "shop_id", "state", "channel", "retry_at"),
    Index(None, "shop_id", "provider", "provider_id"),
    Index(None, "shop_id", "customer_id", "state"),
    Index(None, "shop_id", "address_hmac"),
)

# sending: sources whose messages wait while their flow is paused
held_source = Table(
    "held_source",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("source", Text, primary_key=True),
)

# sending: browsers that take notifications; whose they are is known once their visitor is somebody
push_device = Table(
    "push_device",
    metadata,
    id_column(),
    shop_column(),
    Column("anonymous_id", Text, nullable=False),
    Column("customer_id", Text),
    # of the endpoint, which with its keys is sealed
    Column("address_hmac", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("agreed_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    UniqueConstraint("shop_id", "address_hmac"),
    Index(None, "shop_id", "customer_id"),
    Index(None, "shop_id", "anonymous_id"),
    Index(None, "shop_id", "agreed_at"),
)

# sending: how many of a mailbox provider's connections each sender uses at the moment
mailbox_line = Table(
    "mailbox_line",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("mailbox", Text, primary_key=True),
    Column("owner", Text, primary_key=True),
    Column("connections", Integer, nullable=False),
)

# sending: how each channel leaves the house; secrets are sealed, and a route that the provider refuses waits
route = Table(
    "route",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("stopped_at", Instant),
    Column("stop_reason", Text),
)

# sending: which mailbox provider stands behind a domain, by its MX
mail_domain = Table(
    "mail_domain",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("mailbox", Text, nullable=False),
    Column("looked_at", Instant, nullable=False),
)

# sending: what a mailbox provider is given at the moment: its hour's count, and what its answers made us do
throttle = Table(
    "throttle",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("mailbox", Text, primary_key=True),
    Column("window_at", Instant, nullable=False),
    Column("window_count", Integer, nullable=False),
    Column("hour_rate", Integer),
    Column("connections", Integer),
    Column("slowed_until", Instant),
    Column("suspended_until", Instant),
    Column("reason", Text),
)

# sending: answers that fit a rule, counted over an hour
throttle_hit = Table(
    "throttle_hit",
    metadata,
    id_column(),
    shop_column(),
    Column("mailbox", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "shop_id", "mailbox", "rule", "at"),
)

# sending: processes that claim messages (S4)
sender = Table(
    "sender",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("boot_id", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("lock_path", Text, nullable=False),
)

# sending: targets of tracked links, stored at render time; the token signs the id
tracked_link = Table(
    "tracked_link",
    metadata,
    id_column(),
    shop_column(),
    Column("outbox_id", BigInteger, ForeignKey("outbox.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("target", Text, nullable=False),
    Column("kind", Text, nullable=False),
    UniqueConstraint("outbox_id", "position"),
)

# sending: codes that the merchant confirmed to exist (S18)
coupon = Table(
    "coupon",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("code", Text, primary_key=True),
    Column("percent", Integer, nullable=False),
    Column("valid_days", Integer, nullable=False),
    Column("confirmed_at", Instant),
)

# tracking: every hit on a customers' page, raw, with its verdict once it is final (S17)
tracking_hit = Table(
    "tracking_hit",
    metadata,
    id_column(),
    shop_column(),
    Column("outbox_id", BigInteger, ForeignKey("outbox.id"), nullable=False),
    Column("link_id", BigInteger),
    Column("kind", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("network", Text, nullable=False),
    Column("verdict", Text),
    Column("rule", Text),
    Index(None, "shop_id", "outbox_id"),
    Index(None, "shop_id", "verdict", "at"),
)

# tracking: the day on which somebody last opened a mail, for deliverability alone; overwritten each time
last_open = Table(
    "last_open",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("customer_id", Text, primary_key=True),
    Column("opened_on", Date, nullable=False),
)

# tracking: how often the mails of one step were opened, without anybody; `mark` stands for source and step
open_count = Table(
    "open_count",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("mark", BigInteger, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("opens", Integer, nullable=False),
)
