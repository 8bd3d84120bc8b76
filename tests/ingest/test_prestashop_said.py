"""What PrestaShop's rows say, in our words: both formats, statuses, consent, people (S12, S16)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes.prestashop import as_json, as_xml

from relance.errors import BadInput
from relance.ingest.prestashop import ShopTables, address, cart, contacts, customer, customer_said
from relance.ingest.prestashop_bodies import row_of, rows
from relance.ingest.prestashop_hooks import translate
from relance.ingest.prestashop_orders import Beside, order
from relance.ingest.said import Origin
from relance.store import Shop

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SHOP = Shop("main", "Presta", "EUR", "Europe/Paris", "fr")
TABLES = ShopTables("prestashop", SHOP, ZoneInfo("Europe/Paris"), "EUR", countries={"8": "FR"}, languages={"1": "fr"})
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])
TEXTS = st.text(LETTERS, max_size=12).filter(lambda text: "]]>" not in text)

# https://devdocs.prestashop-project.org/9/webservice/getting-started/
ADDRESS = b"""<?xml version="1.0" encoding="UTF-8"?>
<prestashop xmlns:xlink="http://www.w3.org/1999/xlink">
    <address>
        <id><![CDATA[1]]></id>
        <id_customer xlink:href="http://example.com/api/customers/1"><![CDATA[1]]></id_customer>
        <id_country xlink:href="http://example.com/api/countries/8"><![CDATA[8]]></id_country>
        <id_state><![CDATA[0]]></id_state>
        <company><![CDATA[My Company]]></company>
        <postcode><![CDATA[75002]]></postcode>
        <city><![CDATA[Paris ]]></city>
        <other></other>
        <phone><![CDATA[0102030405]]></phone>
        <phone_mobile></phone_mobile>
        <deleted><![CDATA[0]]></deleted>
    </address>
</prestashop>
"""


def test_one_row_of_the_documentation() -> None:
    found = rows(ADDRESS, "addresses")
    assert [address(row, TABLES)[0].body for row in found] == [
        {
            "source": "prestashop",
            "external_id": "1",
            "country": "FR",
            "city": "Paris",
            "postcode": "75002",
            "phone": "+33102030405",
        }
    ]
    assert address({**found[0], "deleted": "1"}, TABLES) == []


CART_ROW = st.fixed_dictionaries({"id_product": st.integers(1, 99).map(str), "quantity": TEXTS})
THING = st.fixed_dictionaries(
    {
        "id": st.integers(1, 99).map(str),
        "reference": TEXTS,
        "name": st.fixed_dictionaries({"1": TEXTS.filter(bool), "2": TEXTS.filter(bool)}),
        "associations": st.fixed_dictionaries({"cart_rows": st.lists(CART_ROW, max_size=2)}),
    }
)


@settings(max_examples=40)
@given(st.lists(THING, max_size=3))
def test_xml_and_json_are_the_same_rows(things: list[dict[str, Any]]) -> None:
    """Whatever stands in a field, in one language or two, with associations or none."""
    assert rows(as_xml("products", things).body, "products") == rows(as_json("products", things).body, "products")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{}",
        b'{"customers": 3}',
        b"<prestashop><customers>",
        b"<html></html>",
        b'<!DOCTYPE prestashop [<!ENTITY a "aaaa">]><prestashop><customer><id>&a;</id></customer></prestashop>',
    ],
)
def test_what_is_no_answer_is_told(body: bytes) -> None:
    """A document with entities of its own is refused before any is opened."""
    with pytest.raises(BadInput) as problem:
        rows(body, "customers")
    assert problem.value.key == "shops.not_readable"


def test_an_empty_list_is_written_as_it_is() -> None:
    assert rows(b"[]", "customers") == rows(b"<prestashop><customers></customers></prestashop>", "customers") == []


def test_a_customer() -> None:
    row = row_of(
        {
            "id": 7,
            "email": "Zoé@example.com",
            "firstname": "Zoé",
            "id_gender": "2",
            "birthday": "1990-05-17",
            "id_lang": "1",
            "newsletter": "1",
            "optin": "1",
            "active": "1",
            "siret": "",
            "date_add": "2026-07-01 12:00:00",
            "newsletter_date_add": "0000-00-00 00:00:00",
        }
    )
    body = customer(row, TABLES).body
    assert (body["gender"], body["birth_date"], body["language"]) == ("F", "1990-05-17", "fr")
    assert (body["added_at"], body["email_status"]) == ("2026-07-01T10:00:00+00:00", "SUBSCRIBED")
    assert (body["account_status"], body["metafields"]) == ("ENABLED", {"prestashop.optin": "1"})


@pytest.mark.parametrize("written", ["0000-00-00", "1990-00-00", "", None])
def test_a_birthday_that_nobody_said(written: str | None) -> None:
    row = row_of({"id": 7, "email": "z@example.com", "birthday": written})
    assert "birth_date" not in customer(row, TABLES).body


@pytest.mark.parametrize(
    ("newsletter", "joined", "declared", "action"),
    [
        ("1", "2026-03-10 11:00:00", {}, "granted"),
        ("1", "2025-01-01 11:00:00", {}, "unknown"),
        ("1", "2025-01-01 11:00:00", {"origin": "shop", "period": "2025", "wording": "unknown"}, "imported"),
        ("0", "2025-01-01 11:00:00", {}, "withdrawn"),
        ("0", "0000-00-00 00:00:00", {}, "refused"),
    ],
)
def test_what_the_newsletter_field_is_worth(
    newsletter: str, joined: str, declared: dict[str, str], action: str
) -> None:
    """S16: first-hand since the connection was made, else what the merchant declares."""
    origin = Origin(SHOP, "prestashop", "", NOW, declared, NOW)
    dates = {"newsletter_date_add": joined, "date_upd": joined}
    row = row_of({"id": 7, "email": "z@example.com", "newsletter": newsletter, **dates})
    records = [record for said in customer_said(row, TABLES, origin) for record in said.records]
    assert [record.body["action"] for record in records if record.kind == "consent_said"] == [action]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"current_state": "2", "valid": "1"}, ("paid", True)),
        ({"current_state": "9", "valid": "0"}, ("paid", True)),
        ({"current_state": "42", "valid": "1"}, ("paid", True)),
        ({"current_state": "1", "valid": "0"}, ("pending", False)),
        ({"current_state": "6", "valid": "0", "invoice_number": "0"}, ("voided", False)),
        ({"current_state": "6", "valid": "0", "invoice_number": "17"}, ("voided", True)),
        ({"current_state": "7", "valid": "0"}, ("refunded", True)),
        ({"current_state": "8", "valid": "0"}, ("voided", False)),
    ],
)
def test_which_orders_count(facts: dict[str, str], expected: tuple[str, bool]) -> None:
    """S12: paid or valid; a cancelled one up to its cancellation, if it had an invoice."""
    row = {"id": "5", "id_customer": "2", "reference": "XKBKNABJK", "date_add": "2026-02-27 16:58:49", **facts}
    body = order(row, Beside([], [], {}), TABLES).body
    assert (body["status"], body["counted"], body["number"]) == (*expected, "XKBKNABJK-5")
    assert ("cancelled_at" in body) is (facts["current_state"] == "6" and "date_upd" in row)


def test_a_message_without_an_account_is_of_its_address() -> None:
    threads = {"1": row_of({"id": 1, "id_customer": "0", "email": "who@example.com", "status": "open"})}
    message = row_of({"id": 3, "id_customer_thread": "1", "id_employee": "0", "date_add": "2026-02-27 16:58:49"})
    (made,) = contacts([message], threads, TABLES)
    assert (made.body["name"], made.body["who"]["email"]) == ("Support Contacted", "who@example.com")
    assert contacts([{**message, "id_employee": "1"}], threads, TABLES) == []


def test_a_cart_of_nobody_says_nothing() -> None:
    row = row_of({"id": 3, "id_customer": "0", "id_guest": "0", "date_upd": "2026-02-27 16:58:49"})
    assert cart(row, TABLES) == []


def test_a_whole_answer_reads_as_json_does() -> None:
    """Numbers, yes and no, and nothing: the same as their texts."""
    written = json.dumps({"products": [{"id": 3, "active": True, "manufacturer_name": False, "name": "Mug"}]})
    expected: dict[str, Any] = {"id": "3", "active": "1", "manufacturer_name": None, "name": "Mug", "associations": {}}
    assert rows(written.encode(), "products") == [expected]


def test_the_call_that_the_guide_shows_is_read() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "how-to" / "connect-prestashop.md").read_text(encoding="utf-8")
    body = json.loads(guide.split("```json")[1].split("```")[0])
    said = translate(body["hook"], body, Origin(SHOP, "prestashop", "", NOW, {}, NOW))
    records = {record.kind: record.body for one in said for record in one.records}
    assert set(records) == {"customer", "consent_said", "order", "product"}
    assert (records["order"]["total"], records["order"]["counted"], records["order"]["coupons"]) == (
        16990,
        True,
        ["SORRY10"],
    )
    assert sum(line["total"] for line in records["order"]["lines"]) == 16990
    assert records["product"]["cost"] == 549
