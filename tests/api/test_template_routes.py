"""Templates over the API: looks, remarks, versions, a test through the outbox; pictures from this server."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import replace
from datetime import datetime
from email import message_from_bytes
from email.policy import default

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from relance import api, sending, web
from relance.clock import SetClock
from relance.house import House
from relance.store import Shop, add_shop, list_mails, read_mail
from relance.worker.mailbox import serve_mailbox

ADDRESS = "12 rue des Lilas, 69003 Lyon"
SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")


@pytest.fixture
def app(house: House, now: datetime) -> FastAPI:
    """The application of a shop with a postal address."""
    with house.store.begin() as connection:
        add_shop(connection, SHOP, now)
    return api.create_app(replace(house, postal_address=ADDRESS), web.site)


def png(side: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + b"\x30\x60\x90" * side for _ in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_the_list_has_the_ready_made_ones(owner: TestClient) -> None:
    found = owner.get("/api/templates", params={"language": "fr"}).json()
    rows = {one["template_id"]: one for one in found["templates"]}
    assert rows["cart-reminder"]["title"] == "Panier oublié, premier rappel"
    assert rows["cart-reminder"]["languages"] == ["en", "fr"]
    assert {"first_name", "coupon", "cart"} <= {tag["name"] for tag in found["tags"]}


def test_a_draft_is_looked_at_checked_and_kept(owner: TestClient) -> None:
    document = owner.get("/api/templates/cart-reminder").json()["document"]
    asked = {"template_id": "cart-reminder", "document": document, "language": "fr"}
    look = owner.post("/api/templates/look", json=asked).json()
    assert look["fault"] is None
    assert "Camille" in look["subject"]
    assert "prefers-color-scheme" not in look["dark"]
    assert ADDRESS in look["html"]
    assert [one["level"] for one in look["remarks"]] == ["advice"]
    document["blocks"][1]["text"]["fr"] = "Bonjour {{ nickname }}"
    remarks = owner.post("/api/templates/look", json={**asked, "document": document}).json()["remarks"]
    assert remarks[0]["place"] == "blocks.2.text"
    document["blocks"][1]["text"]["fr"] = "Bonjour {{ first_name"
    broken = owner.post("/api/templates/look", json={**asked, "document": document}).json()
    assert "blocks.2.text" in broken["fault"]
    assert owner.put("/api/templates/cart-reminder", json={"document": document}).status_code == 422


def test_versions_and_conflicts(owner: TestClient) -> None:
    document = owner.get("/api/templates/birthday").json()["document"]
    document["subject"]["fr"] = "Votre jour approche"
    kept = owner.put("/api/templates/birthday", json={"document": document, "based_on": 0})
    assert kept.json()["template"]["version"] == 1
    assert owner.put("/api/templates/birthday", json={"document": document, "based_on": 0}).status_code == 409
    assert owner.get("/api/templates/birthday/versions/0").json()["subject"]["fr"] != "Votre jour approche"
    assert owner.delete("/api/templates/birthday").status_code == 204
    assert owner.get("/api/templates/birthday").json()["template"]["version"] == 0
    assert owner.get("/api/templates/nothing").status_code == 404


def test_shared_blocks_and_words_everywhere(owner: TestClient) -> None:
    legal = {
        "title": {"en": "Legal", "fr": "Mentions"},
        "blocks": [{"type": "text", "text": {"en": "SAS", "fr": "SAS"}}],
    }
    assert owner.put("/api/shared-blocks/legal", json={"document": legal}).json()["used_in"] == []
    document = owner.get("/api/templates/our-story").json()["document"]
    document["blocks"].append({"type": "shared", "shared": "legal"})
    assert owner.put("/api/templates/our-story", json={"document": document}).status_code == 200
    assert owner.delete("/api/shared-blocks/legal").status_code == 409
    asked = {"words": "SAS", "replacement": "SARL", "dry_run": False}
    assert len(owner.post("/api/templates/search", json=asked).json()["found"]) == 2
    assert owner.post("/api/templates/search", json={"words": "SARL"}).json()["found"][0]["template_id"] == "legal"


def test_a_test_arrives_marked_and_through_the_outbox(owner: TestClient, house: House, clock: SetClock) -> None:
    asked = {"to": "collegue@exemple.fr", "language": "fr"}
    assert owner.post("/api/templates/welcome-now/test", json=asked).status_code == 202
    assert owner.post("/api/templates/welcome-now/test", json={**asked, "to": "no address"}).status_code == 422
    assert owner.post("/api/templates/prospect-sms/test", json=asked).status_code == 422
    with serve_mailbox(house.store, clock) as port:
        route = sending.MailRoute("127.0.0.1", port, False, None, None, "Clairval <b@clairval.example>", ADDRESS)
        report = sending.send_due(house.store, SHOP, route, house.key, house.public_url, clock, house.folder)
    assert report.states == {"accepted": 1}
    with house.store.read() as connection:
        stored = read_mail(connection, list_mails(connection)[0].mail_id)
    assert stored is not None
    mail = message_from_bytes(stored.raw, policy=default)
    assert mail["Subject"].startswith("[Test] ")
    assert mail["To"] == "collegue@exemple.fr"


def test_pictures_are_served_to_everybody_and_kept_for_ever(owner: TestClient, stranger: TestClient) -> None:
    content = base64.b64encode(png(4)).decode()
    made = owner.post("/api/pictures", json={"name": "vase.png", "content": content}).json()
    assert (made["width"], made["height"]) == (4, 4)
    seen = stranger.get(made["url"])
    assert seen.content == png(4)
    assert seen.headers["content-type"] == "image/png"
    assert "immutable" in seen.headers["cache-control"]
    assert seen.headers["cross-origin-resource-policy"] == "cross-origin"
    assert seen.headers["x-content-type-options"] == "nosniff"
    assert stranger.get("/i/" + "0" * 32).status_code == 404
    assert stranger.get("/i/../secret").status_code in {303, 404}


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)></svg>", b"GIF89a", b"\xff\xd8\xff\xe0", b"%PDF-1.4", b""])
def test_what_is_no_picture_is_refused(owner: TestClient, content: bytes) -> None:
    answer = owner.post("/api/pictures", json={"name": "x", "content": base64.b64encode(content).decode()})
    assert answer.status_code == 422
