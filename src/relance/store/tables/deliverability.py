"""Tables of what providers and mail servers tell, and of the domains that mail is sent from."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from relance.store.tables.columns import Instant, id_column, metadata, shop_column

# sending: the keys that mails are signed with; the private half is sealed
dkim_key = Table(
    "dkim_key",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("selector", Text, primary_key=True),
    Column("algorithm", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("record", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
)

# sending: what the domain name system says of a sending domain, and an owner's decision to send all the same
sending_domain = Table(
    "sending_domain",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("checked_at", Instant),
    Column("findings", JSON),
    Column("aligned", Boolean),
    Column("allowed_by", Text),
    Column("allowed_because", Text),
    Column("allowed_at", Instant),
    Column("warm_up_at", Instant),
    Column("warm_up_steps", JSON),
)

# sending: who allowed what of a domain; only added to
domain_log = Table(
    "domain_log",
    metadata,
    id_column(),
    shop_column(),
    Column("domain", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

# sending: what a domain under warm-up has sent to a mailbox provider on a day of the shop
warm_up_day = Table(
    "warm_up_day",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("mailbox", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("sent", Integer, nullable=False),
)

# sending: trouble of ours with a mailbox provider: authentication, policy, a bad name
domain_incident = Table(
    "domain_incident",
    metadata,
    id_column(),
    shop_column(),
    Column("domain", Text, nullable=False),
    Column("mailbox", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("times", Integer, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Index(None, "shop_id", "closed_at", "domain"),
)

# tracking: messages that came back, by what and as what; `mark` is the same when it is told again
returned_message = Table(
    "returned_message",
    metadata,
    id_column(),
    shop_column(),
    Column("mark", Text, nullable=False),
    Column("outbox_id", BigInteger),
    Column("address_hmac", Text),
    Column("kind", Text, nullable=False),
    Column("status", Text),
    Column("told_by", Text, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("shop_id", "mark"),
    Index(None, "shop_id", "address_hmac", "at"),
    Index(None, "shop_id", "at"),
)

# tracking: what proves the calls of a provider; sealed
provider_hook = Table(
    "provider_hook",
    metadata,
    Column("shop_id", Text, ForeignKey("shop.shop_id"), primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("provider", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("called_at", Instant),
)

# tracking: what providers told of messages, each once; without the recipient, who stands in the outbox
provider_event = Table(
    "provider_event",
    metadata,
    id_column(),
    shop_column(),
    Column("channel", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("provider_id", Text),
    Column("reference", Text),
    Column("outbox_id", BigInteger),
    Column("facts", JSON, nullable=False),
    Column("occurred_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    UniqueConstraint("shop_id", "channel", "provider", "event_id"),
    Index(None, "shop_id", "outbox_id"),
    Index(None, "shop_id", "received_at"),
)
