"""How the simulated customers react to messages: machines, people, orders caused and orders that come anyway."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta

import numpy as np
import pytest

from relance.demo import Reaction, SentMessage, SimulatedShop, order_records, reactions, true_effect
from relance.demo.truth import NAMES

CODE = "RETOUR5"


def sent_to_everybody(simulated: SimulatedShop, *, days: int = 0, coupon: str | None = CODE) -> list[SentMessage]:
    """One message to each customer, `days` after the end of the simulated history."""
    at = datetime.combine(simulated.truth.until, time(9), tzinfo=UTC) + timedelta(days=days)
    return [SentMessage(f"m-{name}", name, "m3", coupon, at, links=4) for name in simulated.truth.customer_ids]


def react(simulated: SimulatedShop, messages: list[SentMessage], seed: int = 5) -> list[Reaction]:
    return reactions(simulated.truth, np.random.default_rng(seed), messages)


def human(reaction: Reaction) -> bool:
    return any(not click.machine for click in reaction.clicks)


def test_the_same_seed_gives_the_same_reactions(simulated: SimulatedShop) -> None:
    messages = sent_to_everybody(simulated)[:500]
    assert react(simulated, messages) == react(simulated, messages)
    assert react(simulated, messages) != react(simulated, messages, seed=6)


def test_no_message_no_reaction(simulated: SimulatedShop) -> None:
    assert react(simulated, []) == []
    assert true_effect(simulated.truth, []) == 0


def test_a_stranger_is_refused(simulated: SimulatedShop) -> None:
    at = datetime(2026, 11, 22, tzinfo=UTC)
    with pytest.raises(KeyError):
        react(simulated, [SentMessage("m", "nobody", "m3", None, at)])


def test_scanners_fetch_every_link_within_seconds(simulated: SimulatedShop) -> None:
    # S17: first hit < 5 s after acceptance, all links within 10 s
    scanned = [
        [click for click in reaction.clicks if click.machine]
        for reaction in react(simulated, sent_to_everybody(simulated))
        if any(click.machine for click in reaction.clicks)
    ]
    assert 0.03 < len(scanned) / len(simulated.truth.customer_ids) < 0.09
    at = sent_to_everybody(simulated)[0].accepted_at
    for clicks in scanned:
        assert {click.position for click in clicks} == {0, 1, 2, 3}
        assert clicks[0].at - at < timedelta(seconds=5)
        assert clicks[-1].at - at < timedelta(seconds=10)


def test_people_click_later_on_a_link_that_exists(simulated: SimulatedShop) -> None:
    for reaction in react(simulated, sent_to_everybody(simulated)):
        for click in reaction.clicks:
            assert 0 <= click.position < 4
            assert click.machine or click.at - reaction.message.accepted_at >= timedelta(seconds=45)


def test_nobody_reacts_to_what_bounced(simulated: SimulatedShop) -> None:
    bounced = [reaction for reaction in react(simulated, sent_to_everybody(simulated)) if reaction.bounced]
    assert 0.004 < len(bounced) / len(simulated.truth.customer_ids) < 0.02
    assert not any(reaction.clicks or reaction.unsubscribed_at or reaction.caused for reaction in bounced)


def test_regulars_click_more_than_one_time_buyers(simulated: SimulatedShop) -> None:
    done = react(simulated, sent_to_everybody(simulated))
    clicked = np.array([human(reaction) for reaction in done])
    rate = {name: clicked[simulated.truth.behaviour == index].mean() for index, name in enumerate(NAMES)}
    assert rate["one_shot"] < rate["lapsing"] < rate["regular"]
    assert rate["one_shot"] == pytest.approx(0.16 * 0.06 * 3, abs=0.01)


def test_caused_orders_follow_a_click_and_their_number_is_the_true_effect(simulated: SimulatedShop) -> None:
    messages = sent_to_everybody(simulated)
    done = react(simulated, messages)
    caused = [reaction for reaction in done if reaction.caused]
    for reaction in caused:
        assert human(reaction)
        assert reaction.ordered_at is not None
        assert all(click.at < reaction.ordered_at for click in reaction.clicks)
        assert reaction.coupon == CODE
    expected = true_effect(simulated.truth, messages)
    assert len(caused) == pytest.approx(expected, abs=4 * expected**0.5)
    assert true_effect(simulated.truth, sent_to_everybody(simulated, coupon=None)) < expected


def test_orders_that_come_anyway_come_from_active_people_after_the_history(simulated: SimulatedShop) -> None:
    after = react(simulated, sent_to_everybody(simulated))
    anyway = [reaction for reaction in after if reaction.ordered_at and not reaction.caused]
    active = {name for name, flag in zip(simulated.truth.customer_ids, simulated.truth.active, strict=True) if flag}
    assert len(anyway) > 100
    assert all(reaction.message.customer_id in active and reaction.coupon is None for reaction in anyway)
    before = react(simulated, sent_to_everybody(simulated, days=-30))
    assert not any(reaction.ordered_at and not reaction.caused for reaction in before)


def test_orders_become_records_that_add_up(simulated: SimulatedShop) -> None:
    done = react(simulated, sent_to_everybody(simulated))
    products = simulated.tables["product"]
    records = order_records(done, np.random.default_rng(1), products, {CODE: 5})
    orders = [record for record in records if record.kind == "order"]
    assert len(orders) == sum(reaction.ordered_at is not None for reaction in done)
    assert len({record.message_id for record in records}) == len(records) == 2 * len(orders)
    prices = dict(zip(products["product_id"].to_pylist(), products["price"].to_pylist(), strict=True))
    for body in (record.body for record in orders):
        json.dumps(body)
        assert body["subtotal"] == sum(line["total"] for line in body["lines"])
        assert body["total"] == body["subtotal"] + body["shipping"]
        for line in body["lines"]:
            gross = prices[line["product_id"]] * line["quantity"]
            assert line["total"] == gross - line["discount"]
            assert round(float(line["unit_price"]) * 100) == prices[line["product_id"]]
            assert line["discount"] == ((gross * 5 + 50) // 100 if body["coupons"] else 0)
    again = order_records(done, np.random.default_rng(1), products, {CODE: 5})
    assert again == records
