"""Checks before sending: each finding has its place, its words in both languages, and something to do."""

from __future__ import annotations

from typing import Any

import pytest

from relance.sending.documents import read_document
from relance.sending.documents_library import library
from relance.sending.templates_checks import Around, Remark, check
from relance.sending.templates_wording import contrast, shouted, spam_words
from relance.words import LANGUAGES

AROUND = Around("Maison Clairval", "12 rue des Lilas, 69003 Lyon")
PICTURE = "0123456789abcdef0123456789abcdef"


def both(
    english: str, french: str = "Bonjour à vous, voici quelques mots en français pour bien commencer la journée."
) -> Any:
    return {"en": english, "fr": french}


LONG = "Here are a few words in English which are enough to make a mail that people like to read today."


def found(*blocks: dict[str, Any], around: Around = AROUND, **changes: Any) -> dict[str, Remark]:
    data = {
        "title": both("T", "T"),
        "subject": both("A word from us", "Un mot de nous"),
        "preheader": both("With a few ideas", "Avec quelques idées"),
        "blocks": [{"type": "text", "text": both(LONG)}, *blocks],
        **changes,
    }
    remarks = check(read_document("mine", data), around, "mine")
    for one in remarks:
        for language in LANGUAGES:
            assert one.what(language)
            assert one.to_do(language)
    return {one.key: one for one in remarks}


def button(url: str) -> dict[str, Any]:
    return {"type": "button", "label": both("Go", "Voir"), "url": url}


def test_a_sound_template_has_nothing_against_it() -> None:
    assert found(button("https://clairval.fr/")) == {}


@pytest.mark.parametrize(
    ("blocks", "changes", "key", "level", "place"),
    [
        ([{"type": "text", "text": both("Hello {{ nickname }}, welcome")}], {}, "unknown_tag", "stop", "blocks.2.text"),
        ([{"type": "text", "text": both("Use {{ coupon.kode }}.")}], {}, "unknown_tag", "stop", "blocks.2.text"),
        ([], {"subject": both("{{ first_name }}, hello", "x y")}, "no_fallback", "warning", "subject"),
        (
            [{"type": "heading", "text": both("Hello {{ first_name }}, you")}],
            {},
            "no_fallback",
            "warning",
            "blocks.2.text",
        ),
        ([button("https://example.com/sale")], {}, "dead_link", "stop", "blocks.2.url"),
        ([button("javascript:x")], {}, "broken", "stop", "blocks.2"),
        ([button("http://clairval.fr/")], {}, "insecure_link", "warning", "blocks.2.url"),
        ([{"type": "heading", "text": {"en": "Only English"}}], {}, "empty_text", "stop", "blocks.2.text"),
        ([{"type": "image", "image": PICTURE}], {}, "unknown_picture", "stop", "blocks.2.image"),
        ([{"type": "image", "image": PICTURE}], {}, "no_alt", "warning", "blocks.2.alt"),
        ([], {"preheader": {}}, "no_preheader", "advice", "preheader"),
        ([], {"subject": both("FREE SHIPPING FOR EVERYBODY!!!", "x")}, "shouted", "advice", "subject"),
        ([], {"subject": both("Click here, once in a lifetime", "x")}, "spam_words", "advice", "subject"),
        ([], {"subject": both("word " * 20, "x")}, "long_subject", "advice", "subject"),
        ([], {"accent": "#ffe680"}, "weak_contrast", "warning", "accent"),
        ([], {"subject": {"en": "s"}}, "language_missing", "warning", "subject"),
        ([], {"blocks": [{"type": "divider"}]}, "little_text", "warning", "blocks"),
        ([], {"channel": "sms", "body": both("Hello you", "Bonjour")}, "no_stop", "stop", "body"),
    ],
)
def test_a_fault_is_found_at_its_place(
    blocks: list[dict[str, Any]], changes: dict[str, Any], key: str, level: str, place: str
) -> None:
    remark = found(*blocks, **changes)[key]
    assert (remark.level, remark.place) == (level, place)


def test_the_shop_must_say_where_it_is() -> None:
    assert found(around=Around("Maison Clairval", " "))["no_postal_address"].level == "stop"


def test_a_mail_that_would_be_cut_is_told() -> None:
    many = [{"type": "columns", "points": [{"title": both("a"), "text": both(LONG * 20)}] * 4} for _ in range(20)]
    assert found(*many)["too_large"].facts["most"] == 102


def test_links_are_asked_for_when_somebody_may_ask() -> None:
    answers = {"https://clairval.fr/": 200, "https://clairval.fr/gone": 404}
    around = Around("Maison Clairval", "12 rue des Lilas, Lyon", answers=answers.get)
    assert "dead_link" not in found(button("https://clairval.fr/"), around=around)
    assert (
        found(button("https://clairval.fr/gone"), around=around)["dead_link"].facts["url"] == "https://clairval.fr/gone"
    )
    assert "dead_link" in found(button("https://nowhere.fr/"), around=around)


def test_ready_made_templates_stumble_over_nothing_but_being_examples() -> None:
    """What is left is to be made one's own, and words that nobody said."""
    for name, document in library().items():
        assert {one.key for one in check(document, AROUND, name)} <= {"not_made_yours", "invented_quote"}, name


def test_the_gravest_comes_first() -> None:
    remarks = list(found(button("https://example.com/"), accent="#ffe680", preheader={}).values())
    assert [one.level for one in remarks] == sorted(
        (one.level for one in remarks), key=["stop", "warning", "advice"].index
    )


def test_words_and_colours() -> None:
    assert spam_words("Cliquez ici, c’est gratuit", "fr") == ["cliquez ici"]
    assert spam_words("A prized possession", "en") == []
    assert not shouted("OK, see you at 8! Great.")
    assert round(contrast("#000000", "#ffffff"), 1) == 21.0
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54
