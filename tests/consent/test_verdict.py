"""PRIV-02: the verdict for every status, channel, purpose, country and kind of person; the default is no."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.consent import (
    Circumstances,
    Entry,
    canonical_address,
    note_circumstances,
    read_circumstances,
    record,
    rules,
    suppress,
    suppressed,
    verdict,
)
from relance.consent.people import CHANNELS
from relance.consent.rules import STATEMENTS
from relance.consent.state import STATUSES, State
from relance.consent.suppression import PRECEDENCE
from relance.consent.verdict import Verdict, decide
from relance.store import Shop, Store, save_settings, with_setting
from relance.warehouse import Warehouse
from relance.words import LANGUAGES, say

PURPOSES = ("marketing", "transactional", "opens", "clicks", "profiling")
AT = datetime(2026, 1, 1, tzinfo=UTC)
STATED = dict.fromkeys(STATEMENTS, date(2024, 5, 1))
BOUGHT = datetime(2025, 2, 1, tzinfo=UTC)
PEOPLE = {
    "private": Circumstances(),
    "customer": Circumstances(paid_at=BOUGHT),
    "early": Circumstances(paid_at=datetime(2024, 4, 30, 12, tzinfo=UTC)),
    "business": Circumstances(is_business=True),
    "generic": Circumstances(is_business=True, is_generic=True),
}
SHOP = Shop("main", "Clairval", "EUR", "Europe/Paris", "fr")
TABLE = (Path(__file__).parent / "verdicts.txt").read_text(encoding="utf-8").splitlines()
ROWS = [line.split() for line in TABLE if line and not line.startswith("#")]


def ask(said: str, channel: str, purpose: str, country: str, who: str, stated: bool) -> Verdict:
    states = [] if said == "none" else [State("c1", channel, purpose, said, None, AT, 1)]
    known = PEOPLE[who]
    at = Circumstances(None if country == "--" else country, known.is_business, known.is_generic, known.paid_at)
    return decide(states, channel, purpose, at, STATED if stated else {}, SHOP)


def test_the_written_table() -> None:
    """Each row of verdicts.txt, written from the law's pages: over 150 cells."""
    header, *rows = ROWS
    columns = [column.split(":") for column in header[4:]]
    cells = 0
    for channel, purpose, said, stated, *answers in rows:
        for (country, who), answer in zip(columns, answers, strict=True):
            found = ask(said, channel, purpose, country, who, stated == "stated")
            told = (found.basis or "no").replace("existing_customer", "soft").replace("b2b_interest", "b2b")
            assert told == answer, (channel, purpose, said, stated, country, who, found)
            cells += 1
    assert cells >= 150


def test_every_combination_has_words_and_a_source() -> None:
    reasons = set()
    for said, channel, purpose in product(("none", *sorted(STATUSES)), (*CHANNELS, "webhook"), PURPOSES):
        for country, who, stated in product(("FR", "DE", "US", "GB", "--"), PEOPLE, (False, True)):
            found = ask(said, channel, purpose, country, who, stated)
            assert (found.basis is not None) is found.allowed
            assert found.allowed is False or said != "erased"
            reasons.add(found.reason)
    assert all(say(reason, language) for reason in reasons for language in LANGUAGES)
    assert reasons == {"consent.erased", *(rule.reason for rule in rules())}, "a rule that never decides"
    assert all(rule.source.startswith("https://") and rule.says for rule in rules())


takes_away = st.sampled_from(["refused", "withdrawn", "objected", "suppressed", "erased"])


@given(takes_away, st.sampled_from(CHANNELS), st.sampled_from(PURPOSES), st.sampled_from(sorted(PEOPLE)))
def test_nothing_outweighs_a_no(said: str, channel: str, purpose: str, who: str) -> None:
    """No exemption, statement or country gives back what a person took away, but for an order's own messages."""
    for country, stated in product(("FR", "DE", "US", "GB", "CH", "--"), (False, True)):
        answer = ask(said, channel, purpose, country, who, stated)
        assert not answer.allowed or (purpose == "transactional" and said not in {"erased", "suppressed"})


@given(st.sampled_from(sorted(STATUSES)), st.sampled_from(CHANNELS), st.sampled_from(PURPOSES), st.data())
def test_a_word_about_one_thing_says_nothing_about_another(
    said: str, channel: str, purpose: str, data: st.DataObject
) -> None:
    other = data.draw(st.sampled_from([one for one in product(CHANNELS, PURPOSES) if one[1] != purpose]))
    states = [State("c1", *other, said, None, AT, 1)]
    if said == "erased":
        assert not decide(states, channel, purpose).allowed
    else:
        assert decide(states, channel, purpose) == decide([], channel, purpose)


def test_an_objection_to_profiling_is_about_every_channel() -> None:
    objected = [State("c1", "any", "profiling", "objected", None, AT, 1)]
    assert [decide(objected, channel, "profiling").allowed for channel in CHANNELS] == [False] * len(CHANNELS)
    again = [*objected, State("c1", "email", "profiling", "granted", None, AT + timedelta(days=1), 2)]
    assert decide(again, "email", "profiling").allowed
    assert decide(objected, "email", "transactional").allowed


def test_soft_opt_in_is_off_until_stated(store: Store, shop: Shop, warehouse: Warehouse, now: datetime) -> None:
    """S16: only paid orders since the day from which checkout carried the notice, and a refusal still refuses."""
    _people(warehouse)
    known = read_circumstances(warehouse, ["old", "new", "role", "nobody"])
    with store.begin() as connection:
        note_circumstances(connection, shop, known, now)
        asked = [verdict(connection, shop, one, "email", "marketing").reason for one in ("old", "new", "role")]
        assert asked == ["consent.none"] * 3
        for name, value in (("soft_opt_in_since", "2024-05-01"), ("b2b_informed_since", "2024-05-01")):
            shop = with_setting(shop, name, value)
        save_settings(connection, shop)
        asked = [verdict(connection, shop, one, "email", "marketing").reason for one in ("old", "new", "role")]
        assert asked == ["consent.none", "consent.customer", "consent.generic"]
        assert verdict(connection, shop, "new", "sms", "marketing").reason == "consent.none"
        record(connection, shop, Entry("new", "email", "marketing", "refused", None, None, "import:1"), now)
        assert verdict(connection, shop, "new", "email", "marketing").reason == "consent.refused"
        off = with_setting(shop, "soft_opt_in_since", "off")
        assert verdict(connection, off, "old", "email", "marketing").reason == "consent.none"


def _people(warehouse: Warehouse) -> None:
    names, mails = ["old", "new", "role"], ["a@example.fr", "b@example.fr", "contact@societe.example.fr"]
    days = {"old": datetime(2024, 4, 30), "new": datetime(2024, 5, 2), "role": datetime(2024, 5, 2)}  # noqa: DTZ001
    with warehouse.write() as writer:
        person = {
            "customer_id": names,
            "source": ["t"] * 3,
            "email": mails,
            "country": ["fr"] * 3,
            "batch_id": ["b"] * 3,
        }
        writer.insert("customer", pa.table({**person, "company": pa.array([None, None, "Société"], pa.string())}))
        order = {"order_id": names, "number": names, "customer_id": names, "ordered_at": list(days.values())}
        order |= {"source": ["t"] * 3, "day": [at.date() for at in days.values()], "currency": ["EUR"] * 3}
        order |= {"status": ["paid", "paid", "pending"], "test": [False] * 3, "counted": [True] * 3}
        order |= {"discount": [0] * 3, "total": [100] * 3, "batch": ["b"] * 3, "batch_id": ["b"] * 3}
        writer.insert("order", ibis.memtable(pa.table(order)))


def test_the_graver_reason_of_suppression_stays(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        for reason in ("hard_bounce", "erased", "soft_limit"):
            suppress(connection, shop, "email", "ab", reason, now, customer_id="c1")
        assert suppressed(connection, shop, "email", ["ab", "cd"]) == {"ab": "erased"}


def test_spellings_of_one_address_are_one() -> None:
    assert canonical_address("email", " Jeanne.Roux@BÜCHER.example ") == "jeanne.roux@xn--bcher-kva.example"
    assert canonical_address("email", "a+b@example.org") != canonical_address("email", "a@example.org")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_of_suppression_has_words(language: str) -> None:
    assert all(say(f"sending.closed_{reason}", language) for reason in PRECEDENCE)  # type: ignore[arg-type]
