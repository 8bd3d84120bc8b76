"""The canonical tables, as Ibis schemas.

Instants are naive UTC; `day` is the day in the shop's zone; money is minor units. `carried_id` is the customer whom
a row itself names, where it lies with another: those two were merged; empty is a visitor who turned out to be somebody.
"""

from __future__ import annotations

from typing import Final

from ibis.expr.schema import Schema

from relance.warehouse.schema_kept import KEPT, table_of

UNIT_PRICE: Final = "decimal(18, 6)"

# Tables with a column `bucket` are kept in the order of it, so that a few customers' rows lie in a few places.
BUCKETS: Final = 65_536

TABLES: Final[dict[str, Schema]] = {
    # one row a person known to the shop, prospects included
    "customer": table_of(
        customer_id="!string",
        source="!string",  # the mapping's source, such as shopify
        external_id="string",  # the id in that source
        email="string",  # as written by the customer
        email_key="string",  # match key: lower case, IDNA domain (S5)
        phone="string",
        first_name="string",
        last_name="string",
        company="string",
        language="string",
        country="string",  # ISO 3166-1 alpha-2
        region="string",  # ISO 3166-2
        city="string",
        postcode="string",
        gender="string",
        birth_date="date",
        tags="array<string>",
        note="string",
        account_status="string",
        added_at="timestamp",
        email_status="string",  # SUBSCRIBED, NOT_SUBSCRIBED, … as Shopify names them; null when unknown
        sms_status="string",
        shop_total_spent="int64",  # the source's own total (S26)
        shop_total_orders="int64",
        metafields="string",  # JSON object: "ns.key" → text
        latitude="float64",  # of the main address, degrees north
        longitude="float64",
        companies="array<string>",  # ids of the B2B companies that the customer buys for
        created_by_app="string",  # id of the app that made the record
        subscription_status="string",  # of product subscriptions: SUBSCRIBED, PAUSED … as Shopify names them
        said_at="timestamp",  # when the source said so
        batch_id="!string",
    ),
    "product": table_of(
        product_id="!string",
        sku="string",
        title="string",
        variant="string",
        vendor="string",
        category="string",
        tags="array<string>",
        price="int64",
        cost="int64",
        stock="int64",  # pieces; null: not counted
        source="string",  # of the catalogue; null: only known from order lines
        url="string",
        image="string",
        categories="array<string>",
        in_stock="boolean",  # whether it can be bought, pieces or not
        added_at="timestamp",
        updated_at="timestamp",  # the source's own: an older version never overwrites a newer one
        deleted_at="timestamp",
        batch_id="!string",
    ),
    "product_variant": table_of(
        variant_key="!string",  # product_id:variant_id
        product_id="!string",
        variant_id="!string",
        source="string",
        sku="string",
        variant="string",
        price="int64",
        cost="int64",
        stock="int64",
        url="string",
        image="string",
        in_stock="boolean",
        added_at="timestamp",
        updated_at="timestamp",
        deleted_at="timestamp",
        batch_id="!string",
    ),
    # what changed in the catalogue: a product's events, no customer's; names are `product_changes.PRODUCT_EVENTS`
    "product_event": table_of(
        product_event_id="!string",
        product_id="!string",
        variant_id="string",  # null: of the product as a whole
        name="!string",
        occurred_at="!timestamp",
        received_at="!timestamp",
        before="int64",  # price in minor units, or pieces
        after="int64",
        title_before="string",
        title_after="string",
        batch_id="!string",
    ),
    # events whose sender's clock was over five minutes wrong, a row a batch
    "clock_skew": table_of(batch_id="!string", ahead="!int64", behind="!int64", most_seconds="!int64"),
    # the types of values that events' properties (and, under an empty event, customers' traits) came with
    "property_type": table_of(
        property_key="!string",
        event="!string",
        property="!string",
        type="!string",  # text, number, date, boolean, list, object
        count="!int64",
        first_seen="!timestamp",
        last_seen="!timestamp",
        shape="!string",  # what one value looked like: letters as a, digits as 9
    ),
    "order": table_of(
        order_id="!string",
        source="!string",
        number="!string",
        customer_id="string",  # null: an anonymous order
        ordered_at="!timestamp",
        day="!date",
        currency="!string",
        status="!string",  # paid, partially_paid, partially_refunded, refunded, authorized, pending, voided
        cancelled_at="timestamp",
        test="!boolean",
        counted="!boolean",  # S12, apart from the cancellation, which has a date
        subtotal="int64",
        shipping="int64",
        tax="int64",
        discount="!int64",
        total="!int64",  # gross, what the customer was charged
        coupons="array<string>",
        shipping_method="string",
        payment_method="string",
        channel="string",
        location="string",
        acquisition_source="string",
        campaign="string",
        tags="array<string>",
        country="string",
        region="string",
        city="string",
        extra="string",  # JSON object: the file's columns that no other field takes
        batch="!string",
        carried_id="string",
        batch_id="!string",
        bucket="int32",
    ),
    # kind: sale, or adjustment (kept; belongs to no order and no revenue)
    "order_line": table_of(
        line_id="!string",
        order_id="string",  # null for an adjustment
        number="!string",  # the invoice or order number as the source writes it
        customer_id="string",
        product_id="string",
        sku="string",
        title="string",
        variant="string",
        vendor="string",
        category="string",
        kind="!string",
        ordered_at="!timestamp",
        day="!date",
        quantity="!int64",
        unit_price="!decimal(18, 6)",
        discount="!int64",
        total="!int64",  # round(quantity × unit price − discount), half away from zero (S25)
        batch="!string",
        carried_id="string",
        batch_id="!string",
        bucket="int32",
    ),
    # what a call said of an order by its number alone, as JSON; kept for an order that comes after it
    "order_change": table_of(source="!string", number="!string", changed_at="!timestamp", change="!string"),
    # one row a refunded line, or a refunded amount of a whole order; amounts are positive
    "refund": table_of(
        refund_id="!string",
        order_id="string",  # null: matched no order (S23)
        line_id="string",
        number="string",
        customer_id="string",
        product_id="string",
        sku="string",
        quantity="int64",
        unit_price="decimal(18, 6)",  # of a credit note that has to find its order; null where the source names it
        amount="!int64",
        refunded_at="!timestamp",
        day="!date",
        dated="!boolean",  # false: the order's own date was taken (S26)
        batch="!string",
        carried_id="string",
        batch_id="!string",
        bucket="int32",
    ),
    "event": table_of(
        event_id="!string",
        customer_id="string",
        anonymous_id="string",
        name="!string",
        occurred_at="!timestamp",
        received_at="!timestamp",
        product_id="string",
        value="float64",
        properties="string",  # JSON object
        carried_id="string",
        batch_id="!string",
        bucket="int32",
    ),
    # cut from the events by ingest (S11); an order's session stands in order_session
    "session": table_of(
        session_id="!string",
        customer_id="string",
        anonymous_id="string",
        started_at="!timestamp",
        ended_at="!timestamp",
        source="string",
        campaign="string",
        pages="!int64",
        product_pages="!int64",
        longest_product_view="!int64",  # seconds on one product page until the next event; 0 when there is none
        searches="!int64",
        recommendation_clicks="!int64",
        chats="!int64",
        carts="!int64",
        wishlists="!int64",
        batch_id="!string",
        bucket="int32",
    ),
    # the session that contains the order, else the last one that ended at most 30 min before (S11)
    "order_session": table_of(
        order_id="!string", session_id="!string", customer_id="!string", batch_id="!string", bucket="int32"
    ),
    # whose sessions are to be cut again, from which instant on: written with the rows that call for it
    "session_due": table_of(customer_id="string", anonymous_id="string", since="!timestamp", cause="!string"),
    "store_credit": table_of(
        account_id="!string",
        customer_id="!string",
        balance="!int64",
        currency="!string",
        next_expiry_at="timestamp",
        last_credit_at="timestamp",
        carried_id="string",
        batch_id="!string",
    ),
    # the consent ledger as segments read it: copied entry by entry, in its order
    "consent_entry": table_of(
        seq="!int64",
        customer_id="!string",
        channel="!string",
        purpose="!string",
        status="!string",
        at="!timestamp",
        weight="int64",  # of a person's entries on one channel and purpose the heaviest counts; null: the latest
    ),
    # who is on a list or in a snapshot that people keep by hand, and who carries which tag
    "list": table_of(list_id="!string", name="!string"),
    "list_member": table_of(list_id="!string", customer_id="!string", added_at="!timestamp"),
    "customer_tag": table_of(customer_id="!string", tag="!string", added_at="!timestamp", added_by="!string"),
    # kind: accepted, failed, bounced, delivered, opened, clicked, complained, unsubscribed
    "message_event": table_of(
        message_event_id="!string",
        message_id="!string",  # the outbox row's message id
        customer_id="!string",
        channel="!string",
        source="!string",  # flow:<id> or campaign:<id>
        step="!string",
        kind="!string",
        verdict="string",  # human, machine or unknown, for opens and clicks (S17)
        rule="string",
        link="string",
        occurred_at="!timestamp",
        carried_id="string",
        batch_id="!string",
        bucket="int32",
    ),
    # a key that was said of a person, and the customer whom it stood for then: kind external_id (of a source), email
    # or phone. It names those too whom a merge has put with another
    "identity": table_of(kind="!string", source="string", key="!string", customer_id="!string"),
    # who was put together and taken apart again, never rewritten: of a pair the last entry holds. action: merged,
    # undone or refused; why: keys, alias, phone, name_address or person
    "merge_log": table_of(
        seq="!int64",
        pair_id="!string",
        one_id="!string",
        other_id="!string",
        action="!string",
        why="!string",
        by="!string",
        at="!timestamp",
    ),
    # whom those who were merged are with
    "merged": table_of(customer_id="!string", into_id="!string"),
    # of merged people, who was on which list and had which tag of those that are kept by hand
    "hand_kept": table_of(
        of="!string", name="!string", own_id="!string", holder_id="!string", added_at="!timestamp", added_by="string"
    ),
    # when a browser was known to be a person's: of events that say it again and again, only the first
    "visitor_link": table_of(anonymous_id="!string", customer_id="!string", at="!timestamp"),
    # what an import amounted to, written with its rows: JSON of its figures and its consent piece
    "import_figure": table_of(import_id="!string", figures="!string"),
    # one row a batch that was loaded: written in the same transaction as its rows
    "loaded_batch": table_of(
        batch_id="!string",
        kind="!string",
        rows="!int64",
        loaded_at="!timestamp",
        cause="string",  # event, or import for what its sender fills in of the past
    ),
    # who has to be looked at again, and from when on (`agenda`)
    "agenda": table_of(customer_id="!string", at="timestamp", cause="!string", what="!string"),
    **KEPT,
}
# what each source said of a customer: kept of those whom two sources know, or who were merged
TABLES["customer_record"] = TABLES["customer"]
