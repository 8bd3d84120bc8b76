"""Mappings are data: ready ones, one's own, and guesses."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from tests.ingest.conftest import House, csv_file

from relance.errors import MappingProblem
from relance.ingest import find_mapping, guess_mapping, mapping_names, open_source, read_mapping


def test_every_ready_mapping_can_be_read() -> None:
    assert {"shopify-customers", "shopify-orders", "uci-online-retail", "order-lines"} <= set(mapping_names())
    for name in mapping_names():
        assert find_mapping(name).name == name


def test_a_mapping_of_ones_own(house: House, tmp_path: Path) -> None:
    mapping = tmp_path / "mine.toml"
    mapping.write_text(
        'of = "order_lines"\nsource = "till"\ncurrency = "CHF"\nzone = "Europe/Zurich"\n'
        '[columns]\nnumber = "Bon"\nordered_at = "Wann"\nquantity = "Menge"\nunit_price = "Preis"\n'
    )
    path = csv_file(tmp_path / "a.csv", ("Bon", "Wann", "Menge", "Preis"), ("1", "1.5.2024", "2", "3,05"), sign=";")
    figures = house.take(path, str(mapping))
    assert (figures.gross_revenue, figures.currency, figures.zone) == ("6.10", "CHF", "Europe/Zurich")
    assert house.rows("order", "order_id") == [{"order_id": "till:1"}]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("of = ", "mapping_not_toml"),
        ('of = "pets"', "mapping_unknown_key"),
        ('of = "orders"\ncolour = "red"', "mapping_unknown_key"),
        ('of = "orders"\n[columns]\nshoe = "Size"', "mapping_unknown_field"),
        ('of = "orders"\n[columns]\ntotal = 3', "mapping_unknown_key"),
    ],
)
def test_a_wrong_mapping_says_what(text: str, key: str) -> None:
    with pytest.raises(MappingProblem) as caught:
        read_mapping(text, "mine.toml")
    assert caught.value.key == f"ingest.{key}"
    assert "mine.toml" in caught.value.say("fr")


def test_an_unknown_name_lists_the_ready_ones() -> None:
    with pytest.raises(MappingProblem, match="shopify-orders"):
        find_mapping("magento")


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        (("Numéro de commande", "Date", "Email", "Référence produit", "Quantité", "Prix unitaire"), "order-lines"),
        (("Commande", "Date de commande", "Client ID", "Montant TTC"), "orders"),
        (("Prénom", "Nom", "Adresse e-mail", "Newsletter"), "customers"),
        (("Invoice", "StockCode", "Quantity", "InvoiceDate", "Price", "Customer ID", "Sheet"), "uci-online-retail"),
    ],
)
def test_a_guess_by_names(columns: tuple[str, ...], name: str) -> None:
    guess = guess_mapping(columns, pa.table({column: pa.array(["x"]) for column in columns}))
    assert guess.confident
    assert guess.mapping.name == name


def test_shopify_is_recognised(shopify: Path) -> None:
    for file, name in (("orders_export_1.csv", "shopify-orders"), ("customers_export.csv", "shopify-customers")):
        source = open_source(shopify / file)
        assert guess_mapping(source.columns, next(source.pieces()).table).mapping.name == name


@pytest.mark.parametrize("name", ["shopify_shop_data.csv", "shopify_gql_shop_data.csv"])
def test_what_is_said_of_the_shop_itself_is_no_customer(shopify: Path, name: str) -> None:
    """It has an id, a name, an e-mail address, a phone and a town, as a customer has."""
    source = open_source(shopify.parent / "fivetran_seeds" / name)
    assert not guess_mapping(source.columns, next(source.pieces()).table).confident


def test_an_address_is_known_by_its_look(house: House, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", ("Wer", "Vorname"), ("a@b.fr", "Ada"), ("c@d.fr", "Bo"))
    figures = house.take(path)
    assert figures.customers == 2


def test_a_guess_that_is_unsure_asks_for_a_mapping(house: House, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", ("A", "B"), ("1", "2"))
    with pytest.raises(MappingProblem) as caught:
        house.take(path)
    assert "--map" in str(caught.value)
    assert "A, B" in str(caught.value)
