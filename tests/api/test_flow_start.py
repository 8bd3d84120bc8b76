"""Starting a flow over HTTP: a refusal says which step, which block and what to do, in the reader's language."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from relance import flows, sending
from relance.flows.definition import library
from relance.house import House
from relance.sending.documents_library import library as templates
from relance.store import Shop, add_shop

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
F2 = "inactive-customers"


def keep_flow(house: House, now: datetime, template: str) -> list[str]:
    """The flow of inactive customers, whose first mail is written from a template; the codes that it promises."""
    data = next(one for one in library() if one.flow_id == F2).data
    steps = [{**step, "template": template} if step["id"] == "m3-novelties" else step for step in data["steps"]]
    with house.store.begin() as connection:
        flows.save_flow(connection, SHOP, {**data, "steps": steps}, now)
        flow = flows.find_flow(connection, SHOP, F2)
    return sorted({step.coupon.code for step in flow.sends() if step.coupon is not None})


@pytest.fixture(autouse=True)
def _shop(house: House, now: datetime) -> None:
    with house.store.begin() as connection:
        add_shop(connection, SHOP, now)


def started(owner: TestClient, codes: list[str], language: str = "en") -> tuple[int, dict[str, Any]]:
    answer = owner.post(f"/api/flows/{F2}/activate?language={language}", json={"confirmed_coupons": codes})
    return answer.status_code, answer.json()


def test_a_flow_with_invented_opinions_is_refused_with_step_block_and_what_to_do(
    owner: TestClient, house: House, now: datetime
) -> None:
    codes = keep_flow(house, now, "testimonials")
    for language, words in {
        "en": ("m3-novelties", "blocks.2.text", "said by nobody", "remove the block"),
        "fr": ("m3-novelties", "blocks.2.text", "personne", "retirez"),
    }.items():
        status, said = started(owner, codes, language)
        assert (status, said["key"]) == (409, "flows.template_stopped")
        assert [word for word in words if word not in said["detail"]] == []
    assert owner.get(f"/api/flows/{F2}").json()["flow"]["state"] == "draft", "a refusal starts nothing"
    document = sending.as_data(templates()["testimonials"])
    quotes = {"en": "I wore it all winter.", "fr": "Je l’ai porté tout l’hiver."}
    real = [{**block, "text": quotes} if block["type"] == "quote" else block for block in document["blocks"]]
    kept = owner.put("/api/templates/testimonials", json={"document": {**document, "blocks": real}})
    assert kept.status_code == 200
    status, drawn = started(owner, codes)
    assert (status, drawn["flow"]["state"]) == (200, "active")


def test_what_is_missing_is_named(owner: TestClient, house: House, now: datetime) -> None:
    codes = keep_flow(house, now, "inactive-m6")
    status, said = started(owner, codes[1:])
    assert (status, said["key"]) == (409, "flows.coupon_not_confirmed")
    assert codes[0] in said["detail"]
    assert "Create the code in the shop" in said["detail"]
    status, said = started(owner, [], "fr")
    assert "Créez le code dans la boutique" in said["detail"]
    blocks = [{"type": "shared", "shared": "legal"}, {"type": "text", "text": {"en": "Hello", "fr": "Bonjour"}}]
    legal = {"title": {"en": "Legal"}, "blocks": [{"type": "text", "text": {"en": "A", "fr": "A {{ nickname }}"}}]}
    assert owner.put("/api/shared-blocks/legal", json={"document": legal}).status_code == 200
    subject = {"en": "News", "fr": "Nouvelles"}
    own = {"title": subject, "subject": subject, "preheader": subject, "blocks": blocks}
    assert owner.put("/api/templates/own-news", json={"document": own}).status_code == 200
    codes = keep_flow(house, now, "own-news")
    status, said = started(owner, codes)
    assert (status, said["key"]) == (409, "flows.template_stopped")
    assert "m3-novelties" in said["detail"]
    assert "nickname" in said["detail"]
