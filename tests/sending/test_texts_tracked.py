"""S17, SEC-03, MAIL-11: links in text messages are short and signed, lead to one place, and count as in mails."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from tests.sending.post import KEY, PUBLIC, Post, intent
from tests.sending.provider_desk import serve_desk
from tests.sending.test_doors_http import by

from relance.sending import read_click
from relance.sending.links import SHORT_TOKEN, make_token, short_click_url
from relance.sending.texts_phone import messages_in, plain_signs, web_addresses, with_addresses
from relance.store import tables
from relance.tracking import record_hit, settle_hits

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
PREVIEW = "Mozilla/5.0 (Macintosh) AppleWebKit/601 (KHTML, like Gecko) facebookexternalhit/1.1 Facebot Twitterbot/1.0"


def texted(post: Post, **changes: object) -> str:
    """The ready text message for prospects as it went to the provider."""
    post.agree("c1")
    wanted = {"channel": "sms", "purpose": "transactional", "address": "+33612345678", "template": "prospect-sms"}
    post.plan(intent("c1", **{**wanted, **changes}))
    with serve_desk("taken") as desk:
        assert post.send(route=by(desk, channel="sms")).states == {"accepted": 1}
    (asked,) = desk.asked
    return str(asked["text"])


def test_a_text_message_with_its_link_is_one_message_and_says_how_to_stop(post: Post) -> None:
    facts = {
        "shop_url": "https://clairval.example/offre?a=1&b=2",
        "coupon": {"code": "BIENVENUE10", "percent": 10, "valid_hours": 24},
    }
    said = texted(post, facts=facts)
    (short,) = re.findall(r"https://\S+", said)
    assert short.startswith(f"{PUBLIC}/c/")
    assert len(short) == len(PUBLIC) + 3 + SHORT_TOKEN
    assert said.endswith("STOP pour arreter")
    assert "-10 % avec BIENVENUE10" in said
    assert messages_in(said) == 1
    later = post.clock() + timedelta(minutes=5)
    with post.store.begin() as connection:
        for agent, method in ((PHONE, "GET"), (PREVIEW, "GET"), (PHONE, "HEAD")):
            token = short.rpartition("/")[2]
            target = record_hit(connection, KEY, token, method, agent, "203.0.113.9", later)
            assert target is not None
            assert target.url == facts["shop_url"]
        assert settle_hits(connection, post.shop, later + timedelta(minutes=3)) == 3
        hit = tables.tracking_hit.c
        judged = connection.execute(select(hit.user_agent, hit.method, hit.verdict)).all()
    assert {tuple(one) for one in judged} == {
        (PHONE, "GET", "human"),
        (PREVIEW, "GET", "machine"),
        (PHONE, "HEAD", "machine"),
    }


def test_own_words_are_tracked_too_and_an_address_stands_for_itself_only(post: Post) -> None:
    words = "Deux pages : https://a.example/x, https://b.example/y. Encore https://a.example/x ! 😀 STOP"
    said = texted(post, facts={"text": words})
    first, second, again = re.findall(rf"{PUBLIC}/c/[\w-]{{16}}", said)
    assert (first, len({first, second})) == (again, 2)
    assert said == words.replace("https://a.example/x", first).replace("https://b.example/y", second)
    with post.store.read() as connection:
        assert record_hit_target(post, second) == "https://b.example/y"
        assert connection.execute(select(tables.tracked_link.c.kind)).scalars().all() == ["link", "link"]


def record_hit_target(post: Post, address: str) -> str | None:
    with post.store.begin() as connection:
        found = record_hit(connection, KEY, address.rpartition("/")[2], "GET", PHONE, "203.0.113.9", post.clock())
    return None if found is None else found.url


@settings(max_examples=10)
@given(st.integers(1, 2**40 - 1))
def test_a_short_token_is_read_by_its_maker_only(number: int) -> None:
    token = short_click_url("", KEY, number).rpartition("/")[2]
    assert len(token) == SHORT_TOKEN
    assert read_click(KEY, token) == number
    assert read_click(b"x" * 32, token) is None
    assert read_click(KEY, make_token(KEY, "click", number)) == number
    for place in range(SHORT_TOKEN):
        for sign in "A-\n":
            if (other := token[:place] + sign + token[place + 1 :]) != token:
                assert read_click(KEY, other) is None


@pytest.mark.parametrize("token", ["", "é" * 16, "=" * 16, "A" * 15 + "=", "A" * 16, "../../etc/passwd", "A" * 34])
def test_guesses_lead_nowhere(token: str) -> None:
    assert read_click(KEY, token) is None


@pytest.mark.parametrize(
    ("text", "plain", "count"),
    [
        ("Reçu, à bientôt : −10 % « offre » d’été…", 'Recu, à bientot : -10 % " offre " d\'été...', 1),
        ("€" * 80, "€" * 80, 1),
        ("€" * 81, "€" * 81, 2),
        ("a" * 161, "a" * 161, 2),
        ("a" * 307, "a" * 307, 3),
        ("Bonjour 😀 ê", "Bonjour 😀 ê", 1),
        ("ж" * 71, "ж" * 71, 2),
        ("😀" * 35, "😀" * 35, 1),
    ],
)
def test_signs_are_counted_as_phones_count_them(text: str, plain: str, count: int) -> None:
    assert plain_signs(text) == plain
    assert messages_in(plain_signs(text)) == count


@given(st.text(max_size=80))
def test_only_addresses_are_replaced(text: str) -> None:
    kept = with_addresses(text, {})
    assert kept == text
    whole = f"{text} https://a.example/x. {text}"
    assert "https://a.example/x" in web_addresses(whole)
    assert with_addresses(whole, {"https://a.example/x": "@"}).count("@") == whole.count("@") + 1
