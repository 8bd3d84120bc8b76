"""Files of people: cells that no spreadsheet computes, exact amounts, audiences as the platforms document them."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.segments.three_people import Row, fill_shop, orders, people

from relance.consent import Entry, record
from relance.errors import BadInput, NotFound
from relance.segments import exports
from relance.segments.audiences import GOOGLE, META, Platform
from relance.segments.chosen import Chosen, of_ids
from relance.segments.export_cells import defused
from relance.segments.export_log import delete_export, expire_exports, export_log, take_again
from relance.segments.exports import Shape, export
from relance.store import DataFolder, Shop, Store
from relance.warehouse import Warehouse

ON_SQLITE = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
HOSTILE = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", ' "; =HYPERLINK("x")', "a\nb")


def chosen(now: datetime, ids: Sequence[str] = ("ann", "bob", "cid")) -> Chosen:
    return Chosen("list", "box", "Box", now, of_ids(ids))


def read(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def small(warehouse: Warehouse, now: datetime) -> list[Row]:
    fill_shop(warehouse, people(), orders(now))
    return people()


@ON_SQLITE
def test_a_csv_has_the_people_with_the_columns_asked_for(
    store: Store, warehouse: Warehouse, shop: Shop, folder: DataFolder, small: list[Row], now: datetime
) -> None:
    shape = Shape(columns=("customer_id", "email", "amount_spent", "last_order_date", "number_of_orders"))
    made = export(store, warehouse, shop, folder, chosen(now), shape, now, "claire")
    assert (made.people, made.path.parent, made.path.stat().st_mode & 0o777) == (3, folder.exports, 0o600)
    rows = read(made.path)
    assert [row["customer_id"] for row in rows] == ["ann", "bob", "cid"]
    assert rows[0] == {
        "customer_id": "ann",
        "email": "ann@example.org",
        "amount_spent": "300.00",
        "last_order_date": (now - timedelta(days=30)).date().isoformat(),
        "number_of_orders": "6",
    }
    assert (rows[2]["email"], rows[2]["amount_spent"], rows[2]["last_order_date"]) == ("", "0.00", "")
    with store.read() as connection:
        (line,) = export_log(connection, shop)
    assert (line.source, line.form, line.people, line.made_by, line.purpose) == ("list:box", "csv", 3, "claire", None)


@ON_SQLITE
def test_a_french_csv_has_semicolons_decimal_commas_and_a_mark(
    store: Store, warehouse: Warehouse, shop: Shop, folder: DataFolder, small: list[Row], now: datetime
) -> None:
    shape = Shape(columns=("customer_id", "amount_spent"), dialect="fr", bom=True)
    made = export(store, warehouse, shop, folder, chosen(now), shape, now, "claire")
    assert made.path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert read(made.path, ";")[1] == {"customer_id": "bob", "amount_spent": "19,99"}


@ON_SQLITE
def test_hostile_names_stay_texts(
    store: Store, warehouse: Warehouse, shop: Shop, folder: DataFolder, now: datetime
) -> None:
    fill_shop(
        warehouse, [{"customer_id": f"c{n}", "last_name": name, "tags": [name]} for n, name in enumerate(HOSTILE)]
    )
    ids = [f"c{number}" for number in range(len(HOSTILE))]
    shape = Shape(columns=("last_name", "customer_tags"))
    made = export(store, warehouse, shop, folder, chosen(now, ids), shape, now, "claire")
    rows = read(made.path)
    for name, row in zip(HOSTILE, rows, strict=True):
        kept = name if name in {' "; =HYPERLINK("x")', "a\nb"} else f"'{name}"
        assert row == {"last_name": kept, "customer_tags": kept}


@given(some.lists(some.one_of(some.none(), some.text()), max_size=8))
def test_no_cell_begins_as_a_formula_and_nothing_is_lost(texts: list[str | None]) -> None:
    for before, after in zip(texts, defused(pa.array(texts, pa.string())).to_pylist(), strict=True):
        assert after in {before, f"'{before}"}
        assert after is None or not after.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@ON_SQLITE
def test_a_parquet_file_has_types_and_says_what_it_is(
    store: Store, warehouse: Warehouse, shop: Shop, folder: DataFolder, small: list[Row], now: datetime
) -> None:
    shape = Shape("parquet", ("customer_id", "amount_spent", "last_order_date", "customer_tags"))
    made = export(store, warehouse, shop, folder, chosen(now), shape, now, "claire")
    found = pq.read_table(made.path)
    assert found["amount_spent"].to_pylist() == [Decimal("300.00"), Decimal("19.99"), Decimal("0.00")]
    assert pa.types.is_timestamp(found.schema.field("last_order_date").type)
    assert found.schema.metadata[b"relance.source"] == b"list:box"
    nobody = export(store, warehouse, shop, folder, chosen(now, []), shape, now + timedelta(seconds=1), "claire")
    assert (nobody.people, pq.read_table(nobody.path).column_names) == (0, list(shape.columns))


@ON_SQLITE
def test_large_files_are_written_in_pieces(
    store: Store,
    warehouse: Warehouse,
    shop: Shop,
    folder: DataFolder,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exports, "PIECE", 1000)
    ids = [f"c{number:05}" for number in range(5000)]
    fill_shop(warehouse, [{"customer_id": one} for one in ids])
    told: list[tuple[int, int]] = []
    shape = Shape(columns=("customer_id",))
    made = export(
        store, warehouse, shop, folder, chosen(now, ids), shape, now, "c", progress=lambda *how: told.append(how)
    )
    assert [row["customer_id"] for row in read(made.path)] == ids
    assert len(told) > 2
    assert told[-1] == (5000, 5000)


@ON_SQLITE
def test_what_cannot_be_is_refused_and_leaves_no_file(
    store: Store, warehouse: Warehouse, shop: Shop, folder: DataFolder, small: list[Row], now: datetime, tmp_path: Path
) -> None:
    for shape in (Shape(columns=("emial",)), Shape("xml"), Shape(dialect="de")):  # type: ignore[arg-type]
        with pytest.raises(BadInput):
            export(store, warehouse, shop, folder, chosen(now), shape, now, "c")
    taken = tmp_path / "taken.csv"
    taken.write_text("mine", encoding="utf-8")
    for path in (taken, tmp_path / "nowhere" / "x.csv"):
        with pytest.raises(BadInput):
            export(store, warehouse, shop, folder, chosen(now), Shape(), now, "c", path=path)
    assert taken.read_text(encoding="utf-8") == "mine"
    assert list(folder.exports.iterdir()) == []


@ON_SQLITE
def test_files_are_there_for_some_days(
    store: Store, warehouse: Warehouse, shop: Shop, folder: DataFolder, small: list[Row], now: datetime, tmp_path: Path
) -> None:
    """Taken again they leave a line; deleted, or when their days are over, their line stays."""
    days, week = timedelta(days=1), timedelta(days=7)
    first = export(store, warehouse, shop, folder, chosen(now), Shape(), now, "claire")
    second = export(store, warehouse, shop, folder, chosen(now, []), Shape("parquet"), now + days, "claire")
    own = export(store, warehouse, shop, folder, chosen(now), Shape(), now + days, "bruno", path=tmp_path / "own.csv")
    left_by_a_crash = folder.exports / ".half.csv.part"
    left_by_a_crash.touch()
    os.utime(left_by_a_crash, times=((now - week).timestamp(),) * 2)
    with store.begin() as connection:
        lines = {one.made_by + one.form: one for one in export_log(connection, shop)}
        row, path = take_again(connection, shop, folder, lines["clairecsv"].id, now + 2 * days, "bruno")
        assert (row.file, path) == (first.path.name, first.path)
        assert expire_exports(connection, shop, folder, now + week, week) == 2
        delete_export(connection, shop, folder, lines["claireparquet"].id, now + week)
        with pytest.raises(NotFound):
            take_again(connection, shop, folder, lines["clairecsv"].id, now + week, "bruno")
        with pytest.raises(NotFound):
            delete_export(connection, shop, folder, 12345, now)
        log = export_log(connection, shop)
    assert [one.state(folder) for one in log] == ["again", "elsewhere", "removed", "removed"]
    assert [one.removed_at for one in log] == [None, None, now + week, now + week]
    assert (log[0].made_by, log[0].again_of, log[0].columns) == ("bruno", log[3].id, log[3].columns)
    assert [path.exists() for path in (first.path, second.path, own.path)] == [False, False, True]
    assert list(folder.exports.iterdir()) == []


# ---- audiences ----


def allow(store: Store, shop: Shop, customer: str, channel: str, now: datetime, action: str = "granted") -> None:
    with store.begin() as connection:
        record(connection, shop, Entry(customer, channel, "advertising", action, "consent", now, "test"), now)


def row_of(
    store: Store, warehouse: Warehouse, shop: Shop, folder: DataFolder, now: datetime, person: Row, platform: Platform
) -> dict[str, str]:
    """What a platform is given of one person who allows everything."""
    fill_shop(warehouse, [{"customer_id": "p", **person}])
    for channel in ("email", "sms"):
        allow(store, shop, "p", channel, now)
    made = export(store, warehouse, shop, folder, chosen(now, ["p"]), Shape(platform.name), now, "c")  # type: ignore[arg-type]
    (row,) = read(made.path)
    assert list(row) == platform.headings
    made.path.unlink()
    return row


@ON_SQLITE
def test_hashes_are_those_that_meta_documents(
    store: Store, warehouse: Warehouse, shop: Shop, folder: DataFolder, now: datetime
) -> None:
    person = {
        "email": " Mary@Example.com ",
        "phone": "+15559876543",
        "first_name": " Mary-Ann ",
        "last_name": "O’Shea",
        "country": "US",
        "postcode": "94303-5300",
    }
    row = row_of(store, warehouse, shop, folder, now, person, META)
    # https://developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences#hash
    assert row["email"] == "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"
    assert row["phone"] == "1ef970831d7963307784fa8688e8fce101a15685d62aa765fed23f3a2c576a4e"
    assert row["country"] == "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"
    assert (row["fn"], row["ln"], row["zip"]) == (sha("maryann"), sha("oshea"), sha("94303"))
    british = {"email": "a@example.org", "first_name": "Zoë", "country": "GB", "postcode": "SW1A 1AA"}
    row = row_of(store, warehouse, shop, folder, now, british, META)
    assert (row["fn"], row["ln"], row["phone"], row["zip"]) == (sha("zoë"), "", "", sha("sw1a1"))


@ON_SQLITE
@pytest.mark.parametrize(
    ("email", "normal"),
    [
        # https://developers.google.com/data-manager/api/devguides/concepts/formatting
        ("cloudy.sanfrancisco+shopping@gmail.com", "cloudysanfrancisco@gmail.com"),
        ("user.name+NYC@Example.com", "user.name+nyc@example.com"),
        (" Jane . Doe@GoogleMail.com", "janedoe@googlemail.com"),
    ],
)
def test_google_gets_addresses_as_it_asks_for_them(
    store: Store, warehouse: Warehouse, shop: Shop, folder: DataFolder, now: datetime, email: str, normal: str
) -> None:
    person = {
        "email": email,
        "phone": "+18005550100",
        "first_name": " Zoë ",
        "last_name": "PÉREZ",
        "country": "FR",
        "postcode": " 75011 ",
    }
    row = row_of(store, warehouse, shop, folder, now, person, GOOGLE)
    assert row == {
        "Email": sha(normal),
        "Phone": sha("+18005550100"),
        "First Name": sha("zoë"),
        "Last Name": sha("pérez"),
        "Country": "FR",
        "Zip": "75011",
    }


@ON_SQLITE
def test_only_who_allows_it_is_in_an_audience(
    store: Store, warehouse: Warehouse, shop: Shop, folder: DataFolder, now: datetime
) -> None:
    known: dict[str, Row] = {
        "granted": {"email": "g@example.org", "phone": "+33612345678"},
        "by-sms": {"email": "s@example.org", "phone": "+33612345679"},
        "silent": {"email": "n@example.org"},
        "withdrawn": {"email": "w@example.org"},
        "objects": {"email": "o@example.org"},
        "nowhere": {"first_name": "Nobody"},
    }
    fill_shop(warehouse, [{"customer_id": one, **person} for one, person in known.items()])
    for one in ("granted", "objects", "withdrawn", "nowhere"):
        allow(store, shop, one, "email", now)
    allow(store, shop, "by-sms", "sms", now)
    allow(store, shop, "withdrawn", "email", now + timedelta(seconds=1), "withdrawn")
    objection = {
        "seq": 1,
        "customer_id": "objects",
        "channel": "email",
        "purpose": "profiling",
        "status": "objected",
        "at": (now - timedelta(days=1)).replace(tzinfo=None),
    }
    with warehouse.write() as writer:
        writer.insert("consent_entry", pa.Table.from_pylist([objection]))
    made = export(store, warehouse, shop, folder, chosen(now, list(known)), Shape("meta"), now, "claire")
    rows = {(row["email"], row["phone"]) for row in read(made.path)}
    assert rows == {(sha("g@example.org"), ""), ("", sha("33612345679"))}
    assert made.left_out == {
        "consent.none": 1,
        "consent.withdrawn": 1,
        "export.objects": 1,
        "export.no_address": 1,
    }
    whole = made.path.read_text(encoding="utf-8")
    assert "example" not in whole
    with store.read() as connection:
        (line,) = export_log(connection, shop)
    assert (line.form, line.purpose, line.people, line.left_out) == ("meta", "advertising", 2, made.left_out)
    other = Shape("meta", purpose="marketing")
    assert export(store, warehouse, shop, folder, chosen(now), other, now + timedelta(1), "claire").people == 0


def test_headings_are_those_of_the_platforms() -> None:
    written = io.StringIO()
    csv.writer(written).writerow(GOOGLE.headings)
    assert written.getvalue().strip() == "Email,Phone,First Name,Last Name,Country,Zip"
    assert META.headings == ["email", "phone", "fn", "ln", "zip", "country"]
