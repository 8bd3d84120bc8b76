"""F1–F8, §1.3 of the ledger: a ready template for every step and campaign, in both languages, in its own words."""

from __future__ import annotations

import re
from itertools import combinations

import pytest

from relance.flows.definition import library as flows
from relance.sending.documents import EmailDoc
from relance.sending.documents_library import library, load
from relance.sending.preview import shown
from relance.sending.templates import fill_short, texts_of
from relance.sending.templates_facts import FACTS, needs, sample_facts
from relance.words import LANGUAGES, Language

# every step of the scenarios and every campaign that the founding documents ask for
LEDGER = set(
    """
F1/mail-1-24h F1/mail-1-4h F1/mail-2
F2/m3-coupon F2/m3-novelties F2/m6-regular F2/m6-new F2/m12-regular F2/m12-new
F3/young-d1-push F3/young-d3-trending F3/young-d7-sms
F3/family-d1-welcome F3/family-d4-video F3/family-d10-coupon
F3/senior-d1-guide F3/senior-d5-webinar F3/senior-d14-coupon
F3/all-d2-questions F3/all-d6-chat F3/all-d12-survey
F4/now F4/24h F4/72h F4/weekly
F5/confirmation F5/week-1 F5/week-2 F5/review F5/reorder
F6/week-1 F6/week-2 F6/week-3 F6/week-4 F6/last-chance F6/farewell
F7/new-1 F7/new-2 F7/new-3 F7/new-4 F7/new-5 F7/new-social-proof F7/one-time-follow-up
F7/repeat-early-access F7/repeat-style-tips F7/repeat-members F7/vip-behind F7/vip-founder F7/vip-limited
F7/at-risk-miss-you F8/one-time-to-repeat
C002/cart C002/cart-free-delivery C002/reactivation C002/cross-sell C002/upsell C002/birthday C002/local-event
C002/first-purchase-thanks C002/sleeping-reader C002/viewed-low-stock C002/theme-newsletter C002/referral
C002/social-welcome C002/students C002/cold-regions
C003/cart-incentive C003/reward C003/geographic C003/seasonal C003/recommendation
C004/1-event C004/1-christmas C004/1-new-offers C004/1-branding
C004/2-reminder C004/2-newsletter C004/2-testimonials C004/2-coupon
C004/3-novelties C004/3-reviews-shown C004/3-recommendation C004/3-satisfaction C004/3-review
C004/4-reorder C004/4-referral C004/4-exclusive-coupon
C004/5-early-access C004/5-coupon C004/5-innovation C004/5-service
C004/6-survey C004/6-coupon-24h C004/6-miss-you C004/6-changes
C004/7-announcement C004/7-promotion C004/7-help C004/7-last-chance C004/7-farewell
O3/replenishment O3/free-delivery O3/free-delivery-campaign
A84/back-in-stock A84/price-drop A84/low-stock R23/survey P/confirm P/stay
""".split()  # noqa: SIM905
)

MAILS = sorted(name for name, document in library().items() if document.channel == "email")
SHORT = sorted(set(library()) - set(MAILS))


def facts(language: Language) -> dict[str, object]:
    return {**sample_facts(language, "Maison Clairval"), "postal_address": "12 rue des Lilas, 69003 Lyon"}


def words(document: EmailDoc, language: Language) -> list[str]:
    """What somebody wrote, without names, amounts and the greeting."""
    texts = [text for block in document.blocks for path, text in texts_of(block, language) if path != "url"]
    own = re.sub(r"\{[{%].*?[}%]\}", " ", " ".join([*texts, document.body.get(language, "")]))
    return re.findall(r"\w+", own.lower())


def test_every_step_of_the_ledger_has_its_template_in_both_languages() -> None:
    served = {step for document in library().values() for step in document.steps}
    assert served == LEDGER
    for name, document in library().items():
        assert document.languages() == LANGUAGES, name
        assert document.steps, name
        assert set(document.title) == set(LANGUAGES), name


def test_every_flow_that_comes_with_relance_has_its_templates() -> None:
    assert {step.template for flow in flows() for step in flow.sends()} <= set(library())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_bodies_are_alike(language: Language) -> None:
    """By groups of three words: less than a sixth of the shorter text stands in any other."""
    found = {}
    for name, document in library().items():
        spoken = words(document, language)
        assert len(spoken) >= 8, name
        found[name] = {tuple(spoken[start : start + 3]) for start in range(len(spoken) - 2)}
    for one, other in combinations(found, 2):
        same = len(found[one] & found[other]) / min(len(found[one]), len(found[other]))
        assert same < 1 / 6, (one, other, same)
    subjects = [document.subject[language] for document in library().values() if document.subject]
    assert len(subjects) == len(set(subjects))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_written_and_asks_for_known_facts(language: Language) -> None:
    for name, document in library().items():
        asked = needs(document)
        assert asked.facts <= set(FACTS), name
        for block in document.blocks:
            assert all(text.strip() for _, text in texts_of(block, language)) or block.type == "coupon", name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_ready_mail_is_whole(language: Language) -> None:
    for name in MAILS:
        assert_whole(name, language)


def assert_whole(name: str, language: Language) -> None:
    mail = shown(load(name, language), facts(language))
    assert not re.search(r"\{\{|\{%|\u2983|None|undefined", mail.subject + mail.html + mail.text)
    assert not re.search(r"<(link|script|iframe)\b|@import|url\(", mail.html)
    assert not re.findall(r'<img[^>]*src="(?!https://example\.org/i/)', mail.html)
    assert len(mail.html.encode()) < 102 * 1024
    assert 8 <= len(mail.subject) <= 78
    assert "Maison Clairval" in mail.text
    assert all(len(line) <= 78 or "https://" in line for line in mail.text.splitlines())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_ready_mail_is_good_for_somebody_of_whom_little_is_known(language: Language) -> None:
    """Without a name, a city, products, an interest, the shop's address: nothing is empty, nothing stumbles."""
    for name in MAILS:
        assert_good_for_strangers(name, language)


def assert_good_for_strangers(name: str, language: Language) -> None:
    known = facts(language)
    lists = ("products", "recommended", "viewed", "popular", "wishlist", "owned", "replenish")
    bare = {**known, "first_name": None, "city": None, "interest": None, "number_of_orders": None, "shop_url": None}
    mail = shown(load(name, language), {**bare, **dict.fromkeys(lists, ())})
    assert "None" not in mail.html + mail.text + mail.subject
    assert not re.search(r" [,.]|  +\S| $", mail.subject)
    assert not re.search(r"\w ,", mail.text)
    assert len(re.findall(r"\w+", mail.text)) > 30


@pytest.mark.parametrize("name", SHORT)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_short_message_fits_and_names_the_shop(name: str, language: Language) -> None:
    made = fill_short(load(name, language), facts(language))
    assert 20 < len(made.body) <= 160
    assert library()[name].channel == "push" or "STOP" in made.body


@pytest.mark.parametrize("language", LANGUAGES)
def test_typography(language: Language) -> None:
    """Curly apostrophes and, in French, « » with narrow spaces and one before ; : ! ?"""
    for name, document in library().items():
        texts = [text for block in document.blocks for path, text in texts_of(block, language) if path != "url"]
        plain = re.sub(r"\{[{%].*?[}%]\}|\]\(.*?\)", "", " ".join(texts))
        assert "'" not in plain, name
        assert '"' not in plain, name
        if language == "fr":
            assert not re.search(r"[^\u202f\s][;!?](?=\s|$)|[^\u202f]:(?=\s)|«(?!\u202f)|(?<!\u202f)»", plain), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_about_an_address_does_not_speak_of_an_order(language: Language) -> None:
    """Who is asked to confirm has bought nothing yet."""
    asked = shown(load("confirm-subscription", language), facts(language)).text
    bought = shown(load("order-confirmation", language), facts(language)).text
    foot = {
        "en": ("this address was given", "your order at"),
        "fr": ("cette adresse a été donnée", "votre commande chez"),
    }
    assert foot[language][0] in asked
    assert foot[language][1] not in asked
    assert foot[language][1] in bought


def test_no_ready_text_asks_the_merchant_to_write_it() -> None:
    """Sent as it is, each says something to the one who gets it."""
    asks = re.compile(r"(?i)\b(say|put|write) (here|who will|two real)|\b(mettez|dites|écrivez) (ici|qui en)")
    for name, document in library().items():
        for language in document.languages():
            texts = [text for block in document.blocks for _, text in texts_of(block, language)]
            assert asks.search(" ".join(texts)) is None, (name, language)


def test_three_products_stand_side_by_side() -> None:
    """Without a hole beside the third."""
    html = shown(load("birthday", "en"), facts("en")).html
    assert "mj-column-per-33" in html
    assert "mj-column-per-50" not in html
