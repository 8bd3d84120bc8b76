"""Golden counts on real data by independent SQL: baskets and coupons of Complete Journey, towns on the globe."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from relance.segments import evaluate, fields_with, understood
from relance.store import Shop
from relance.warehouse import Warehouse

SHOP = Shop("main", "Grocer", "USD", "UTC", "en")
NOW = datetime(2018, 1, 2, tzinfo=UTC)
LINES = """
    select 'l' || row_number() over () as line_id, basket_id, household_id, t.product_id, p.product_category,
           min(transaction_timestamp) over (partition by basket_id) as moment,
           cast(round(quantity) as bigint) as quantity,
           cast(round(sales_value * 100) as bigint) as cents
    from transactions t left join products p using (product_id)"""
TABLES = {
    "customer": "select distinct household_id as customer_id, 't' as source, 'b' as batch_id from transactions",
    "order": """
        select basket_id as order_id, 't' as source, basket_id as number, any_value(household_id) as customer_id,
               min(moment) as ordered_at, cast(min(moment) as date) as day,
               'USD' as currency, 'paid' as status, false as test,
               true as counted, 0 as discount, cast(sum(cents) as bigint) as total, 'b' as batch, 'b' as batch_id
        from lines group by basket_id""",
    "order_line": """
        select line_id, basket_id as order_id, basket_id as number, product_id, product_category as category,
               'sale' as kind, moment as ordered_at, cast(moment as date) as day,
               quantity, 0 as unit_price, 0 as discount,
               cents as total, 'b' as batch, 'b' as batch_id
        from lines""",
    "event": """
        select 'e' || row_number() over () as event_id, household_id as customer_id, 'Coupon Applied' as name,
               redemption_date + interval 12 hour as occurred_at, redemption_date + interval 12 hour as received_at,
               '{"campaign": "' || campaign_id || '"}' as properties, 'b' as batch_id
        from redemptions""",
}
# Each query beside the SQL that counts its members.
QUERIES = {
    "products_purchased MATCHES (category = 'SOFT DRINKS', date >= 2017-06-01, count >= 3)": """
        select household_id from lines where product_category = 'SOFT DRINKS' and moment >= '2017-06-01'
        group by 1 having count(*) >= 3""",
    "products_purchased MATCHES (category = 'SOFT DRINKS', amount > 115% OF AVERAGE)": """
        select household_id from lines, (select avg(cents) as mean from lines where product_category = 'SOFT DRINKS')
        where product_category = 'SOFT DRINKS' and cents > 1.15 * mean""",
    "products_purchased NOT MATCHES (amount > 115% OF AVERAGE, date >= 2017-07-01)": """
        select household_id from customers where household_id not in (
            select household_id from lines, (select avg(cents) as mean from lines)
            where cents > 1.15 * mean and moment >= '2017-07-01')""",
    "preferred_category = 'SOFT DRINKS'": """
        select household_id from (
            select household_id, product_category,
                   row_number() over (partition by household_id order by sum(cents) desc, product_category) as place
            from lines where product_category is not null group by household_id, product_category)
        where place = 1 and product_category = 'SOFT DRINKS'""",
    "storefront.coupon_applied MATCHES (count >= 3, date BETWEEN 2017-04-01 AND 2017-09-30)": """
        select household_id from redemptions where redemption_date between '2017-04-01' and '2017-09-30'
        group by 1 having count(*) >= 3""",
    "event MATCHES (name = 'Coupon Applied', properties.campaign IN ('18', '13'))": """
        select household_id from redemptions where campaign_id in ('18', '13')""",
    "number_of_orders >= 3 AND event NOT MATCHES (properties.campaign = '18')": """
        select household_id from lines where household_id not in (
            select household_id from redemptions where campaign_id = '18')
        group by 1 having count(distinct basket_id) >= 3""",
    "funnel MATCHES (steps = ('Coupon Applied', 'Coupon Applied'), within = 7d)": """
        select a.household_id from redemptions a join redemptions b using (household_id)
        where b.redemption_date > a.redemption_date and b.redemption_date <= a.redemption_date + 7""",
    "funnel MATCHES (steps = ('Coupon Applied', NOT 'Coupon Applied'), within = 30d, date < 2017-12-01)": """
        select household_id from redemptions a where redemption_date < '2017-12-01' and not exists (
            select 1 from redemptions b where b.household_id = a.household_id
            and b.redemption_date > a.redemption_date and b.redemption_date <= a.redemption_date + 30)""",
}


@pytest.fixture(scope="module")
def grocer(data: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, Warehouse]]:
    """The raw files as views, and the same rows in a warehouse."""
    raw = duckdb.connect()
    files = {"transactions": "transactions_sample", "products": "products", "redemptions": "coupon_redemptions"}
    for name, file in files.items():
        raw.execute(f"create view {name} as select * from '{data / f'completejourney_{file}.parquet'}'")
    raw.execute(f"create table lines as {LINES}")
    raw.execute("create view customers as select distinct household_id from transactions")
    warehouse = Warehouse(None, memory_mb=1024, threads=1)
    with warehouse.write() as writer:
        for name, sql in TABLES.items():
            writer.insert(name, raw.execute(sql).to_arrow_table())
    yield raw, warehouse
    warehouse.close()
    raw.close()


def test_members_are_those_of_sql(grocer: tuple[duckdb.DuckDBPyConnection, Warehouse]) -> None:
    """Baskets, categories, averages inside one, coupons and the time between them, on real households."""
    raw, warehouse = grocer
    fields = fields_with()
    meanings = {f"q{place}": understood(query, fields).meaning for place, query in enumerate(QUERIES)}
    with warehouse.read() as engine:
        rows = engine.to_pyarrow(evaluate(engine, meanings, SHOP, NOW)).to_pylist()
    known = {row["customer_id"] for row in rows}
    for place, (query, sql) in enumerate(QUERIES.items()):
        found = {row["customer_id"] for row in rows if row[f"q{place}"]}
        wanted = {household for (household,) in raw.execute(sql).fetchall()} & known
        assert 0 < len(wanted) < len(known), query
        assert found == wanted, query


def test_towns_near_paris_are_those_of_sql(data: Path) -> None:
    """`customer_within_distance` on every French town of GeoNames beside the spherical law of cosines."""
    raw = duckdb.connect()
    raw.execute(f"create view cities as select * from '{data / 'geo_geonames_cities1000.parquet'}'")
    towns = "select cast(geonameid as varchar) as id, latitude, longitude from cities where countrycode = 'FR'"
    people = raw.execute(
        f"select id as customer_id, 't' as source, 'b' as batch_id, latitude, longitude from ({towns})"
    ).to_arrow_table()
    warehouse = Warehouse(None, memory_mb=512, threads=1)
    with warehouse.write() as writer:
        writer.insert("customer", people)
    query = "customer_within_distance MATCHES (coordinates = (48.8566, 2.3522), distance_km = 50)"
    with warehouse.read() as engine:
        look = evaluate(engine, {"near": understood(query, fields_with()).meaning}, SHOP, NOW)
        found = {row["customer_id"] for row in engine.to_pyarrow(look).to_pylist() if row["near"]}
    cosine = (
        "sin(radians(48.8566)) * sin(radians(latitude)) + "
        "cos(radians(48.8566)) * cos(radians(latitude)) * cos(radians(longitude - 2.3522))"
    )
    near = f"select id from ({towns}) where 6371.0088 * acos(least(1.0, {cosine})) <= 50"
    assert found == {town for (town,) in raw.execute(near).fetchall()}
    assert len(found) > 100
    warehouse.close()
