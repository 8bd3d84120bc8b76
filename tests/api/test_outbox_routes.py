"""The outbox in the back office: states, doubts, dead letters, pauses, ways out (REL-01, F18)."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pytest
from sqlalchemy import insert, update
from starlette.testclient import TestClient

from relance import flows
from relance.house import House
from relance.sending import Intent, plan
from relance.store import Shop, add_shop, tables

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")
OUTBOX = tables.outbox


@pytest.fixture
def planned(owner: TestClient, house: House, now: datetime) -> TestClient:
    """Four mails: one waits, one is in doubt, one has failed, one was accepted."""
    with house.store.begin() as connection:
        add_shop(connection, SHOP, now)
        intents = [
            Intent("flow:x", "m1", "1", f"c{n}", "email", "marketing", f"c{n}@exemple.fr", "fr", "inactive-m6", {})
            for n in range(4)
        ]
        plan(connection, SHOP, intents, house.key, now)
        for customer, changes in {
            "c1": {"state": "in_doubt", "owner": "gone", "doubt_at": now, "provider": "smtp"},
            "c2": {"state": "failed", "reason": "sending.refused", "settled_at": now, "provider_reply": "550 no"},
            "c3": {"state": "accepted", "doubt_at": now, "settled_at": now},
        }.items():
            connection.execute(update(OUTBOX).where(OUTBOX.c.customer_id == customer).values(changes))
    return owner


def counts(client: TestClient) -> dict[str, int]:
    told = client.get("/api/outbox").json()
    assert told["conserved"]
    assert told["planned"] == sum(one["count"] for one in told["states"])
    return {one["state"]: one["count"] for one in told["states"] if one["count"]}


def test_every_planned_message_is_in_one_state(planned: TestClient) -> None:
    assert counts(planned) == {"queued": 1, "in_doubt": 1, "failed": 1, "accepted": 1}
    (line,) = planned.get("/api/outbox/messages", params={"state": "failed"}).json()["messages"]
    assert (line["customer_id"], line["reply"]) == ("c2", "550 no")
    assert line["sentence"] == "the mail server refused the message"
    assert (line["customer"], line["source_name"], line["step_name"]) == ("c2", "flow:x", "m1")
    assert "exemple.fr" not in planned.get("/api/outbox/messages", params={"state": "failed"}).text
    assert planned.get("/api/outbox/messages", params={"state": "lost"}).status_code == 422


def test_a_message_is_shown_by_the_names_of_its_customer_flow_and_step(
    planned: TestClient, house: House, now: datetime
) -> None:
    with house.store.begin() as connection:
        flows.install_library(connection, SHOP, now)
        flow = flows.find_flow(connection, SHOP, "inactive-customers")
        step = next(one for one in flow.steps.values() if isinstance(one, flows.Send))
        source = f"flow:{flow.flow_id}"
        intent = Intent(source, step.step_id, "1", "c9", "email", "marketing", "c9@exemple.fr", "fr", "inactive-m6", {})
        plan(connection, SHOP, [intent], house.key, now)
    with house.warehouse.write() as writer:
        writer.insert(
            "customer", pa.table({"customer_id": ["c9"], "source": ["file"], "first_name": ["Ana"], "batch_id": ["x"]})
        )
    asked = {"state": "queued", "source": source}
    (line,) = planned.get("/api/outbox/messages", params=asked).json()["messages"]
    assert line["customer"] == "Ana"
    assert line["step_name"] == step.name.say("en") != step.step_id
    assert line["source_name"] not in {source, ""}


@pytest.mark.parametrize(("decision", "state"), [("accepted", "accepted"), ("send_again", "queued")])
def test_a_person_ends_a_doubt(planned: TestClient, decision: str, state: str) -> None:
    (line,) = planned.get("/api/outbox/messages", params={"state": "in_doubt"}).json()["messages"]
    body = {"messages": [line["outbox_id"]], "decision": decision}
    assert planned.post("/api/outbox/doubts", json=body).json() == {"messages": 1}
    assert planned.post("/api/outbox/doubts", json=body).json() == {"messages": 0}
    assert counts(planned)[state] == 2


def test_dead_letters_go_again(planned: TestClient) -> None:
    (dead,) = planned.get("/api/outbox").json()["dead"]
    assert (dead["source"], dead["count"]) == ("flow:x", 1)
    assert planned.post("/api/outbox/again", json={"reason": "other"}).json() == {"messages": 0}
    assert planned.post("/api/outbox/again", json={"reason": dead["reason"]}).json() == {"messages": 1}
    assert counts(planned)["queued"] == 2


def test_a_source_is_held_released_and_cancelled(planned: TestClient) -> None:
    assert planned.post("/api/outbox/hold", json={"source": "flow:x"}).json()["held"] == ["flow:x"]
    assert planned.post("/api/outbox/release", json={"source": "flow:x"}).json()["held"] == []
    assert planned.post("/api/outbox/cancel", json={"source": "flow:x"}).json() == {"messages": 1}
    assert counts(planned)["cancelled"] == 1


def test_a_way_that_there_is_not_is_named(planned: TestClient) -> None:
    answer = planned.put("/api/outbox/routes/sms", json={"provider": "pigeon", "settings": {}})
    assert answer.status_code == 422
    assert "pigeon" in answer.text
    assert planned.delete("/api/outbox/routes/sms").status_code == 404


def test_a_provider_is_let_go_again(planned: TestClient, house: House, now: datetime) -> None:
    row = {"shop_id": "main", "mailbox": "orange", "window_at": now, "window_count": 0}
    with house.store.begin() as connection:
        connection.execute(insert(tables.throttle).values(**row, suspended_until=house.clock().replace(year=2100)))
    (slowed,) = planned.get("/api/outbox").json()["slowed"]
    assert slowed["mailbox"] == "orange"
    assert planned.post("/api/outbox/mailboxes/orange/lift").json()["slowed"] == []


def test_prometheus_reads_the_law(planned: TestClient) -> None:
    lines = planned.get("/api/outbox/metrics").text.splitlines()
    assert 'relance_outbox_messages{state="in_doubt"} 1' in lines
    assert 'relance_outbox_messages{state="claimed"} 0' in lines
    assert "relance_outbox_conserved 1" in lines
    assert any(line.startswith('relance_outbox_oldest_seconds{state="queued"}') for line in lines)
