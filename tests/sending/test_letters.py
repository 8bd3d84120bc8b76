"""MAIL-01, MAIL-03, SEC-03: what arrives is one well-formed mail, whatever the facts hold."""

from __future__ import annotations

import email
import re
import tomllib
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from tests.sending.post import FACTS, KEY, PUBLIC, Post, intent, route_to

from relance.sending import GateFacts, find_link, make_token, read_token
from relance.sending.letters import Writer, header
from relance.sending.outbox import Message
from relance.store import Shop, list_mails, read_mail, tables

HOSTILE = tomllib.loads((Path(__file__).parent / "hostile.toml").read_text(encoding="utf-8"))
PLANNED = datetime(2026, 3, 10, tzinfo=UTC)
SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")


def arrived(post: Post) -> list[tuple[bytes, EmailMessage]]:
    with post.store.read() as connection:
        mails = [read_mail(connection, mail.mail_id) for mail in list_mails(connection)]
    return [(mail.raw, email.message_from_bytes(mail.raw, policy=default)) for mail in mails if mail is not None]


def test_a_mail_as_it_arrives(post: Post) -> None:
    post.agree("c1")
    post.plan(intent("c1", address="Jeanne.Roux@Bücher.example"))
    post.send()
    ((raw, mail),) = arrived(post)
    assert mail["From"].addresses[0].addr_spec == "bonjour@clairval.example"
    assert mail["To"].addresses[0].addr_spec == "Jeanne.Roux@xn--bcher-kva.example"
    assert mail["Subject"] == "Jeanne, votre code de 5\u202f% vous attend"
    assert mail["Date"].datetime == post.clock()
    assert re.fullmatch(r"<[0-9a-f]{32}\.k1@main\.relance\.invalid>", mail["Message-ID"])
    assert mail["X-Relance-Ref"] == mail["Message-ID"].strip("<>")
    assert mail["Feedback-ID"] == "m6:flow-inactive-customers:email:clairval.example"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    leave = re.fullmatch(rf"<{PUBLIC}/u/([\w-]+)>", mail["List-Unsubscribe"])
    assert leave is not None
    with post.store.read() as connection:
        outbox_id = connection.execute(select(tables.outbox.c.id)).scalar_one()
        assert read_token(KEY, "unsubscribe", leave[1]) == outbox_id
        html = mail.get_body(("html",))
        assert html is not None
        clicks = set(re.findall(rf"{PUBLIC}/c/([\w-]+)", html.get_content()))
        links = [find_link(connection, read_token(KEY, "click", token) or 0) for token in clicks]
    assert {link.target for link in links if link} == {"https://clairval.example/", "https://clairval.example/p/1"}
    assert {link.outbox_id for link in links if link} == {outbox_id}
    assert_well_formed(raw, mail)


def test_a_mail_has_a_link_that_only_machines_find(post: Post) -> None:
    """S17, MAIL-07: it is in the markup and not in the plain reading, and leads where a reader would be at home."""
    post.agree("c1")
    post.plan(intent("c1"))
    post.send()
    ((_, mail),) = arrived(post)
    html, plain = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert plain is not None
    (trap,) = re.findall(rf'<a href="({PUBLIC}/c/[\w-]+)" rel="nofollow" aria-hidden="true"', html.get_content())
    number = read_token(KEY, "click", trap.rpartition("/")[2])
    assert number is not None
    assert trap not in plain.get_content()
    with post.store.read() as connection:
        kinds = connection.execute(select(tables.tracked_link.c.kind, tables.tracked_link.c.id)).all()
        found = find_link(connection, number)
    assert [row.id for row in kinds if row.kind == "honeypot"] == [number]
    assert found is not None
    assert found.target == "https://clairval.example/p/1"
    assert html.get_content().count(trap) == 1


def assert_well_formed(raw: bytes, mail: EmailMessage) -> None:
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in mail.iter_parts()} == {"utf-8"}
    assert not mail.defects
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert sorted(mail.keys()) == sorted({*mail.keys()})
    assert "Bcc" not in mail


def message(**changes: object) -> Message:
    values: dict[str, object] = {
        "outbox_id": 7,
        "message_id": "<00.k1@clairval.example>",
        "source": "flow:inactive-customers",
        "step": "m6",
        "customer_id": "c1",
        "channel": "email",
        "purpose": "marketing",
        "address": "c1@exemple.fr",
        "address_hmac": "00",
        "language": "fr",
        "template": "inactive-m6",
        "facts": FACTS,
        "attempts": 0,
        "not_after": None,
        "owner": "me",
        "epoch": 1,
        "priority": 50,
        "planned_at": PLANNED,
        "facts_as_of": PLANNED,
        "arm": None,
        "gate": GateFacts(),
        "offer": None,
        "coupon": None,
    }
    return Message(**{**values, **changes})  # type: ignore[arg-type]


def written(shop: Shop, one: Message, now: datetime) -> tuple[bytes, EmailMessage]:
    writer = Writer(shop, route_to(25), KEY, PUBLIC)
    drafts, faults = writer.draft([one])
    assert not faults
    links = {(one.outbox_id, position): position + 1 for position in range(9)}
    (letter,), faults = writer.write(drafts, links, now)
    assert not faults
    return letter.content, email.message_from_bytes(letter.content, policy=default)


@pytest.mark.parametrize("value", HOSTILE["values"])
def test_nothing_personal_breaks_out_of_the_headers(value: str, now: datetime) -> None:
    shop = Shop("main", value, "EUR", "Europe/Paris", "fr")
    one = message(facts={**FACTS, "first_name": value}, source=f"flow:{value}", step=value)
    raw, mail = written(shop, one, now)
    assert_well_formed(raw, mail)
    assert mail["To"] == "c1@exemple.fr"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(max_size=300), title=st.one_of(st.text(max_size=80), st.just("é" * 10_000)))
def test_any_name_and_title_make_a_well_formed_mail(name: str, title: str, now: datetime) -> None:
    facts = {**FACTS, "first_name": name, "products": [{"title": title, "price": "1.00"}]}
    assert_well_formed(*written(SHOP, message(facts=facts), now))


@pytest.mark.parametrize("name", ["Bad Name", "Bcc:", "X\r\nBcc", "", "é"])
def test_a_header_s_name_is_checked(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        header(name, "value")


@pytest.mark.parametrize("value", ["a\r\nBcc: x", "a\nb", "é", "a\x00", "x" * 999])
def test_a_header_s_value_is_one_plain_line(value: str) -> None:
    with pytest.raises(ValueError, match="value"):
        header("X-Ref", value)


def test_a_long_address_of_the_shop_keeps_its_headers_whole(now: datetime) -> None:
    """RFC 8058: an encoded or folded List-Unsubscribe is none for many programs."""
    writer = Writer(SHOP, route_to(25), KEY, f"https://{'suivi.' * 20}clairval.example/path")
    drafts, _ = writer.draft([message()])
    letters, _ = writer.write(drafts, {(7, 0): 1, (7, 1): 2}, now)
    assert b"\r\nList-Unsubscribe: <https://suivi.suivi." in letters[0].content


@given(st.integers(0, 2**63 - 1))
def test_a_token_fits_its_purpose_and_key_only(number: int) -> None:
    token = make_token(KEY, "click", number)
    assert len(token) == 34
    assert read_token(KEY, "click", token) == number
    assert read_token(KEY, "unsubscribe", token) is None
    assert read_token(b"x" * 32, "click", token) is None


@given(st.integers(0, 33), st.characters(codec="ascii"))
def test_a_changed_token_is_no_token(place: int, sign: str) -> None:
    token = make_token(KEY, "click", 42)
    changed = token[:place] + sign + token[place + 1 :]
    assert read_token(KEY, "click", changed) == (42 if changed == token else None)


@given(st.text(max_size=60))
def test_any_text_is_read_as_no_token(text: str) -> None:
    assert read_token(KEY, "click", text) is None
