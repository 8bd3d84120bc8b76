"""What a visual builder needs: trees and texts without loss, the vocabulary, and other tools' segments."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from relance.clock import SetClock
from relance.house import House
from relance.segments.language import KNOWN
from relance.store import Shop, add_shop

QUERY = (
    "(number_of_orders >= 2 OR NOT (customer_tags CONTAINS 'vip')) AND "
    "orders_placed MATCHES (date > -60d, amount BETWEEN 10 AND 20.5) AND customer_language IN ('fr', 'en')"
)


@pytest.fixture
def shop(house: House, clock: SetClock) -> Shop:
    """A shop without customers."""
    made = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
    with house.store.begin() as connection:
        add_shop(connection, made, clock.now)
    return made


def posted(client: TestClient, path: str, body: dict[str, object], status: int = 200) -> Any:
    """The JSON of a question that must answer so."""
    answer = client.post(f"/api/segments/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def found(document: Any, pointer: str) -> Any:
    """What a JSON pointer points at."""
    for step in pointer.split("/")[1:]:
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


@pytest.mark.usefixtures("shop")
def test_a_text_becomes_a_tree_and_a_text_again(owner: TestClient) -> None:
    told = posted(owner, "tree?language=en", {"query": QUERY})
    assert told["fault"] is None
    assert told["sentence"].startswith("customers ")
    nodes = {node["pointer"]: node for node in told["nodes"]}
    kinds = [found(told["tree"], pointer).get("kind", "parameter") for pointer in nodes]
    assert kinds == [
        *("and", "or", "condition", "not", "condition"),
        *("match", "parameter", "parameter", "condition"),
    ]
    match = nodes["/terms/1"]
    assert QUERY[match["start"] : match["end"]].startswith("orders_placed MATCHES (")
    amount = nodes["/terms/1/parameters/1"]
    assert QUERY[amount["start"] : amount["end"]] == "amount BETWEEN 10 AND 20.5"
    assert all(node["sentence"] for node in told["nodes"])
    again = posted(owner, "text", {"tree": told["tree"]})
    assert again["text"] == QUERY
    assert again["tree"] == told["tree"]


@pytest.mark.usefixtures("shop")
def test_faults_of_form_and_of_meaning(owner: TestClient) -> None:
    told = posted(owner, "tree", {"query": "age >"})
    assert (told["tree"], told["fault"]["start"]) == (None, 4)
    told = posted(owner, "tree", {"query": "agee > 3"})
    assert told["tree"] is not None
    assert told["fault"]["end"] == 4
    assert [node["sentence"] for node in told["nodes"]] == [None]
    told = posted(owner, "tree", {"query": "amount_spent > 3", "as_shopify": True})
    assert told["text"] == "gross_amount_spent > 3"
    posted(owner, "text", {"tree": {"kind": "horoscope"}}, 422)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_vocabulary_names_everything_once(owner: TestClient, language: str) -> None:
    answer = owner.get("/api/segments/fields", params={"language": language})
    assert answer.status_code == 200
    told = answer.json()
    fields = [field for group in told["groups"] for field in group["fields"]]
    functions = [function for group in told["groups"] for function in group["functions"]]
    assert sorted(field["name"] for field in fields) == sorted(KNOWN.fields)
    assert sorted(function["name"] for function in functions) == sorted(KNOWN.functions)
    assert all(one["label"] for one in [*fields, *functions])
    signs = {one["sign"] for one in told["operators"]}
    assert all(field["operators"] and set(field["operators"]) <= signs for field in fields)
    (status,) = [field for field in fields if field["name"] == "rfm_group"]
    assert {"value": "CHAMPIONS", "label": "champions"} in status["values"]
    (orders,) = [function for function in functions if function["name"] == "orders_placed"]
    assert "amount" in [parameter["name"] for parameter in orders["parameters"]]
    assert not [group for group in told["groups"] if group["group"] == "other"]


@pytest.mark.usefixtures("shop")
def test_segments_of_other_tools(owner: TestClient) -> None:
    asked: dict[str, object] = {"source": "shopify", "text": "# Spenders\namount_spent > 100\n\nage > x"}
    trial = posted(owner, "import?language=en", asked)
    assert [one["query"] for one in trial["segments"]] == ["gross_amount_spent > 100", None]
    assert trial["segments"][0]["segment_id"] is None
    kept = posted(owner, "import?language=en", {**asked, "save": True})
    assert [one["segment_id"] for one in kept["segments"]] == ["spenders", None]
    assert owner.get("/api/segments/spenders").json()["segment"]["query"] == "gross_amount_spent > 100"
    region = {"type": "profile-region", "in_region": True, "region": "united_states"}
    definition = {"condition_groups": [{"conditions": [region]}]}
    text = json.dumps({"name": "US", "definition": definition})
    told = posted(owner, "import", {"source": "klaviyo", "text": text})
    assert told["segments"][0]["query"] == "customer_countries CONTAINS 'US'"
    posted(owner, "import", {"source": "klaviyo", "text": "{"}, 422)


@pytest.mark.usefixtures("shop")
def test_a_query_read_as_shopify_is_saved_with_the_names_that_mean_the_same(owner: TestClient) -> None:
    body = {"name": "Gross", "query": "amount_spent >= 10", "as_shopify": True}
    answer = owner.post("/api/segments", json=body)
    assert answer.status_code == 201
    assert answer.json()["segment"]["query"] == "gross_amount_spent >= 10"
