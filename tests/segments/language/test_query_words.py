"""Sentences in both languages, labels for every name, and warnings."""

from __future__ import annotations

from itertools import product

import pytest

from relance.errors import NotAvailableYet
from relance.segments.language import (
    KNOWN,
    OPERATORS,
    Field,
    Fields,
    Kind,
    parse,
    resolve,
    sentence,
    warnings,
)
from relance.segments.language.operators import Operator, Takes
from relance.segments.language.typed import Check
from relance.words import LANGUAGES, Language, catalogue

SENTENCES = [
    (
        "number_of_orders >= 2 AND last_order_date < -90d",
        "customers who have placed at least 2 orders and whose last order was more than 90 days ago",
        "clients qui ont passé au moins 2 commandes et dont la dernière commande date d’il y a plus de 90 jours",
    ),
    (
        "number_of_orders = 0 AND email_subscription_status = 'SUBSCRIBED'",
        "customers who have never ordered and who are subscribed to your e-mails",
        "clients qui n’ont jamais commandé et qui sont abonnés à vos e-mails",
    ),
    (
        "number_of_orders > 2 AND segment = 'VIP' AND customer_tags CONTAINS 'pro'",
        "customers who have placed more than 2 orders, who are in the segment “VIP” and who carry the tag “pro”",
        "clients qui ont passé plus de 2 commandes, qui sont dans le segment «\u202fVIP\u202f» et qui portent "
        "l’étiquette «\u202fpro\u202f»",
    ),
    (
        "expected_next_order_date BETWEEN today AND +14d",
        "customers whose expected next order will be between today and 14 days from now",
        "clients dont la prochaine commande attendue aura lieu entre aujourd’hui et dans 14 jours",
    ),
    (
        "number_of_orders = 1 AND (age >= 18 OR customer_countries CONTAINS 'FR')",
        "customers who have placed exactly 1 order and (whose age is at least 18 years or who have an address in the "
        "country “FR”)",
        "clients qui ont passé exactement 1 commande et (dont l’âge est d’au moins 18 ans ou qui ont une adresse dans "
        "le pays «\u202fFR\u202f»)",
    ),
    (
        "amount_spent > 1500.5 AND last_order_date BETWEEN 2024-01-01 AND -7d",
        "customers whose amount spent is more than €1,500.5 and whose last order was between 1 January 2024 and "
        "7 days ago",
        "clients dont le montant dépensé est de plus de 1\u202f500,5\u202f€ et dont la dernière commande a eu lieu "
        "entre le 1er janvier 2024 et il y a 7 jours",
    ),
    (
        "days_since_last_order > 3 * average_days_between_orders",
        "customers whose time since the last order is more than 3 times their average time between orders",
        "clients dont le temps depuis la dernière commande est de plus de 3 fois le délai moyen entre deux commandes",
    ),
    (
        "NOT (lifecycle_phase IN ('lost', 'inactive')) AND amount_spent IN TOP 20%",
        "customers who are not among those whose life phase is “lost” or “inactive” and whose amount spent is in the "
        "top 20%",
        "clients qui ne font pas partie de ceux dont la phase de vie est «\u202fperdu\u202f» ou «\u202finactif\u202f» "
        "et dont le montant dépensé est dans les 20\u202f% les plus élevés",
    ),
    (
        "orders_placed NOT MATCHES (date >= -1m, coupon IS NOT NULL) OR last_order_date IS NULL",
        "customers who have placed no order in the last month (coupon: known) or who have never ordered",
        "clients qui n’ont pas passé commande au cours du dernier mois (code promo\u202f: quelconque) ou qui n’ont "
        "jamais commandé",
    ),
    (
        "number_of_orders NOT IN (1, 2) AND rfm_recency = 5 AND gender NOT IN ('F') AND company IS NOT NULL",
        "customers whose number of orders is neither 1 nor 2, whose recency score is 5, whose gender is not “F” and "
        "for whom “company” is known",
        "clients dont le nombre de commandes n’est ni 1 ni 2, dont la note de récence est de 5, dont le genre n’est "
        "pas «\u202fF\u202f» et dont le champ «\u202fentreprise\u202f» est renseigné",
    ),
    (
        "orders_placed MATCHES (date >= -30d, amount > 100, count >= 2)",
        "customers who have placed an order in the last 30 days, at least 2 times (amount: more than €100)",
        "clients qui ont passé commande au cours des 30 derniers jours, au moins 2 fois "
        "(montant\u202f: plus de 100\u202f€)",
    ),
]


@pytest.mark.parametrize(("query", "english", "french"), SENTENCES)
def test_sentence(query: str, english: str, french: str, fields: Fields) -> None:
    meaning = resolve(parse(query), fields, query)
    assert sentence(meaning, "en", "EUR") == english
    assert sentence(meaning, "fr", "EUR") == french


VALUES = {
    Kind.TEXT: "'x'",
    Kind.ENUM: "'one'",
    Kind.INTEGER: "2",
    Kind.DECIMAL: "2.5",
    Kind.MONEY: "99.9",
    Kind.BOOLEAN: "true",
    Kind.TEXT_LIST: "'x'",
    Kind.ID_LIST: "12",
    Kind.ID: "12",
    Kind.DURATION: "4:30",
    Kind.POINT: "(1, 2)",
    Kind.STEPS: "('a', NOT 'b')",
}
DATES = ("-30d", "+2w", "today", "now", "-15min", "2024-05-30", "2024-05-30T10:00:00")


def queries(operator: Operator, kind: Kind) -> list[str]:
    """Queries of every shape of value for an operator and a kind."""
    written = DATES if kind == Kind.DATE else (VALUES[kind],)
    shapes = {
        Takes.ONE: "f {op} {v}",
        Takes.LIST: "f {op} ({v}, {v})",
        Takes.RANGE: "f {op} {v} AND {v}",
        Takes.NOTHING: "f {op}",
        Takes.SHARE: "f {op} 20%",
    }
    return [shapes[operator.takes].format(op=operator.sign, v=value) for value in written]


@pytest.mark.parametrize(
    ("operator", "language"), list(product(OPERATORS, LANGUAGES)), ids=lambda one: getattr(one, "name", one)
)
def test_every_operator_and_kind_has_a_sentence(operator: Operator, language: Language) -> None:
    for kind in operator.kinds:
        fields = Fields.of([Field("f", kind, values=("one",))])
        for query in queries(operator, kind):
            said = sentence(resolve(parse(query), fields, query), language)
            assert len(said) > len("customers f")
            assert "{" not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_name_has_its_words(language: Language) -> None:
    texts = catalogue(language)
    assert all(f"segments.operator_{operator.name}" in texts for operator in OPERATORS)
    for name in KNOWN.fields:
        assert f"segments.field_{name}" in texts
        assert f"segments.sentence_field_{name}" in texts
    for function in KNOWN.functions.values():
        for parameter in function.parameters:
            assert f"segments.parameter_{parameter.name}" in texts
        for form in (f"{function.name} MATCHES ()", f"{function.name} NOT MATCHES ()"):
            fields = Fields.of((), (function,))
            assert sentence(resolve(parse(form), fields, form), language)
    for field in KNOWN.fields.values():
        for value in field.values:
            assert f"segments.value_{value.lower()}" in texts


def test_names_without_data_are_not_available_yet() -> None:
    register = Fields.of([Field("age", Kind.INTEGER)]).with_known(KNOWN)
    resolve(parse("age > 3"), register, "age > 3")
    known = ("predicted_spend_tier = 'HIGH'", "session MATCHES ()", "segment = 'VIP'", "email.opened IS NULL")
    for query in (*known, "metafields.ns.key = 'x'", "customer.metafields.ns.key = 1", "properties.key = 'x'"):
        with pytest.raises(NotAvailableYet, match="not available yet") as raised:
            resolve(parse(query), register, query)
        assert raised.value.start == 0


def test_a_parameter_without_data_is_not_available_yet(fields: Fields) -> None:
    orders = fields.functions["orders_placed"]
    few = type(orders)("orders_placed", orders.parameters[:2])
    register = Fields.of((), (few,)).with_known(KNOWN)
    query = "orders_placed MATCHES (date > -3d, coupon = 'X')"
    with pytest.raises(NotAvailableYet) as raised:
        resolve(parse(query), register, query)
    assert (raised.value.start, raised.value.end) == (35, 41)


def test_read_as_shopify(fields: Fields) -> None:  # S12
    query = "amount_spent > 100 AND number_of_orders > 1"
    plain = resolve(parse(query), fields, query)
    assert not plain.notes
    read = resolve(parse(query), fields, query, as_shopify=True)
    names = [check.field.name for check in read.leaves() if isinstance(check, Check)]
    assert names == ["gross_amount_spent", "number_of_orders"]
    (note,) = read.notes
    assert dict(note.facts) == {"field": "amount_spent", "read_as": "gross_amount_spent"}
    assert note.say("en") == "Read as Shopify: amount_spent means gross_amount_spent, before refunds."
    assert query[note.span.start : note.span.end] == "amount_spent"


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("number_of_orders = 0 AND number_of_orders > 2", ["never_all"]),
        ("last_order_date > -30d AND last_order_date < -60d AND age = 3", ["never_all"]),
        ("rfm_group = 'LOYAL' AND rfm_group = 'NEW'", ["never_all"]),
        ("orders_placed MATCHES () AND orders_placed NOT MATCHES ()", ["never_all"]),
        ("age > 3 AND age < 4", ["never_all"]),
        ("NOT (number_of_orders >= 0)", ["never_all"]),
        ("gender = 'F' OR (number_of_orders = 0 AND number_of_orders > 2)", ["never"]),
        ("number_of_orders >= 0", ["everybody"]),
        ("age IS NULL OR age IS NOT NULL", ["everybody"]),
        ("rfm_group != 'LOYAL' OR rfm_group != 'NEW'", ["everybody"]),
        ("number_of_orders > 0 OR number_of_orders = 0", ["everybody"]),
        ("age > 3 AND age < 5", []),
        ("age >= 0", []),
        ("amount_spent > 1 AND amount_spent < 1.5", []),
        ("last_order_date > -1m AND last_order_date < -30d", []),
        ("customer_tags CONTAINS 'a' AND customer_tags CONTAINS 'b'", []),
        ("age > 3 AND gender = 'F'", []),
        ("age != 3 AND age != 4", []),
        ("average_order_value > 115% OF AVERAGE AND average_order_value < 50% OF AVERAGE", []),
        ("orders_placed MATCHES (date > -30d, date < -60d)", ["never_all"]),
        ("orders_placed NOT MATCHES (date > -30d, date < -60d)", ["everybody"]),
        ("orders_placed MATCHES (date > -60d, date < -30d)", []),
        ("orders_placed MATCHES (count < 0) OR age = 3", ["never"]),
        ("orders_placed MATCHES (count >= 0, date > -3d)", ["everybody"]),
        ("orders_placed MATCHES (count >= 0, position = 'every')", []),
        ("orders_placed MATCHES (count < 1, sum_amount > 10)", ["never_all"]),
        ("orders_placed MATCHES (count < 1, sum_amount < 10)", []),
        ("orders_placed MATCHES (count < 1, date > -30d)", []),
        ("orders_placed MATCHES (count > 2, count < 2)", ["never_all"]),
        ("orders_placed MATCHES (amount > 20, amount < 10)", ["never_all"]),
        ("orders_placed MATCHES (amount > 20, amount < 10, count = 0)", ["everybody"]),
        ("orders_placed MATCHES (coupon = 'a', coupon = 'b')", []),
        ("orders_placed MATCHES (amount > 115% OF AVERAGE, amount < 3)", []),
        ("session MATCHES (pages > 3, pages < 2, searches >= 1)", ["never_all"]),
        ("email.opened MATCHES (verdict = 'human', verdict = 'machine')", ["never_all"]),
        ("consent MATCHES (channel = 'sms', channel = 'email')", ["never_all"]),
        ("funnel MATCHES (steps = ('a', 'b'), date > -1d, date < -2d)", ["never_all"]),
        ("sample < 0%", ["never_all"]),
        ("sample < 10%", []),
        ("sample <= 100%", ["everybody"]),
        ("rfm_recency > 5", ["never_all"]),
        ("churn_probability > 100%", ["never_all"]),
        ("days_since_last_order < 0", ["never_all"]),
        ("segment = 'x' AND segment != 'X'", ["never_all"]),
        ("segment = 'x' OR segment != 'x'", ["everybody"]),
        ("segment = 'x' AND segment = 'y'", []),
        ("segment = 'x' AND segment != 'y'", []),
        ("segment IN ('x', 'y') AND segment NOT IN ('x')", []),
        ("customer_tags CONTAINS 'a' AND customer_tags NOT CONTAINS 'A'", ["never_all"]),
        ("age = 3 AND NOT (sample >= 0%)", ["never_all"]),
    ],
)
def test_warnings(query: str, keys: list[str], fields: Fields) -> None:
    found = warnings(resolve(parse(query), fields, query))
    assert [note.key for note in found] == [f"segments.language_{key}" for key in keys]
    assert all(note.say(language).endswith(".") for note in found for language in LANGUAGES)
