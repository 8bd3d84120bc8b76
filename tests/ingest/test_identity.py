"""One person, one profile: who a record is about, and visitors who turn out to be somebody (S5, S7)."""

from __future__ import annotations

from tests.ingest.identity_desk import Desk, event, identify, order


def test_a_person_is_found_by_external_id_then_by_address(desk: Desk) -> None:
    """S5: the address in any case, with its domain as the DNS writes it."""
    desk.take(identify(external_id=7, email="Zoé@Müller.example"))
    other = event(3, source="other", external_id="7")
    desk.take(event(1, source="site", external_id="7"), event(2, email="zoé@MÜLLER.example"), other)
    assert desk.whose() == {"e1": "site:7", "e2": "site:7", "e3": "other:7"}


def test_who_did_something_under_a_name_is_a_customer(desk: Desk) -> None:
    desk.take(event(1, email="ana@example.org"), event(2, anonymous_id="b1"), event(3, phone="06 12 34 56 78"))
    whose = desk.whose()
    assert whose["e2"] is None
    assert {row[0] for row in desk.rows("customer", "customer_id")} == {whose["e1"], whose["e3"]}
    assert [row[0] for row in desk.rows("customer", "phone") if row[0]] == ["+33612345678"]


def test_a_visitors_past_comes_along(desk: Desk) -> None:
    """S7: and the sessions with it, under the ids that they had."""
    desk.take(event(1, "07:00", anonymous_id="b1"), event(2, "08:00", anonymous_id="b1"))
    before = desk.rows("session", "session_id", "customer_id")
    desk.take(identify("08:30", anonymous_id="b1", external_id="7"))
    assert desk.whose() == {"e1": "site:7", "e2": "site:7"}
    assert desk.rows("session", "session_id", "customer_id") == [(name, "site:7") for name, _ in before]
    desk.take(event(3, "08:40", anonymous_id="b1"))
    assert desk.whose()["e3"] == "site:7"


def test_two_people_at_one_browser_each_keep_their_own(desk: Desk) -> None:
    desk.take(*(event(hour, f"{hour:02}:00", anonymous_id="b1") for hour in range(1, 8)))
    desk.take(identify("05:30", anonymous_id="b1", external_id="second"))
    desk.take(identify("02:30", anonymous_id="b1", external_id="first"))
    assert [whose for _, whose in sorted(desk.whose().items())] == ["site:first"] * 5 + ["site:second"] * 2


def test_what_a_browser_claims_links_nobody(desk: Desk) -> None:
    """S1: an unverified hint is no identification."""
    desk.take(identify(external_id="7", email="ana@example.org"))
    kind, body = event(1, anonymous_id="b1", email="ana@example.org")
    marked = event(2, anonymous_id="b2", email="ana@example.org", unverified=True)
    desk.take((kind, {**body, "unverified": True}), marked)
    assert desk.whose() == {"e1": None, "e2": None}
    assert desk.rows("visitor_link", "anonymous_id") == []


def test_an_alias_names_a_browser_and_another_key(desk: Desk) -> None:
    desk.take(event(1, anonymous_id="b1"))
    seven = {"source": "site", "external_id": "7"}
    desk.take(("alias", {"previous": {"anonymous_id": "b1"}, "who": seven}))
    desk.take(("alias", {"previous": {"source": "site", "external_id": "6"}, "who": seven}))
    desk.take(event(2, source="site", external_id="6"))
    assert desk.whose() == {"e1": "site:7", "e2": "site:7"}


def test_orders_name_people_and_browsers(desk: Desk) -> None:
    desk.take(event(1, anonymous_id="b1"), order(1, email="Ana@example.org", anonymous_id="b1"))
    (whose,) = {row[0] for row in desk.rows("order", "customer_id")}
    assert desk.whose() == {"e1": whose}
    assert desk.rows("customer", "customer_id", "email") == [(whose, "Ana@example.org")]
