"""U6, SEC-01: templates are data, filled first and compiled after; hostile ones and hostile facts do no harm."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.sending.post import FACTS

from relance.errors import BadInput, NotFound
from relance.sending import Rendered, preview, templates
from relance.sending.documents import read_document
from relance.sending.documents_library import load, parse
from relance.sending.layout import Frame, render
from relance.sending.templates import Filled, fill, ready
from relance.sending.templates_liquid import day, money
from relance.words import LANGUAGES

HOSTILE = tomllib.loads((Path(__file__).parent / "hostile.toml").read_text(encoding="utf-8"))
NAMES = sorted(name for name in templates() if name.startswith("inactive-"))
WRITTEN = [(name, language) for name in NAMES for language in LANGUAGES]
SHOP = {"shop_name": "Maison Clairval", "currency": "EUR", "postal_address": "12 rue des Lilas, Lyon"}


def made(facts: dict[str, object], *blocks: dict[str, object]) -> Filled:
    """A mail of these blocks, in English."""
    return fill(ready("t", read_document("t", mail_of(*blocks)), "en"), facts)


def mail_of(*blocks: dict[str, object]) -> dict[str, object]:
    texts = {"title": {"en": "T"}, "subject": {"en": "s"}, "preheader": {"en": "p"}}
    return {**texts, "blocks": list(blocks)}


def text(source: str) -> dict[str, object]:
    return {"type": "text", "text": {"en": source}}


def shown(name: str = "inactive-m6", **facts: object) -> Rendered:
    return preview(name, "en", {**FACTS, **SHOP, **facts})


def test_every_template_is_written_in_every_language() -> None:
    assert {"inactive-m3-novelties", "inactive-m3-coupon", "inactive-m6", "inactive-m12-ultimatum"} <= set(NAMES)
    assert all(set(templates()[name]) == set(LANGUAGES) for name in NAMES)


@pytest.mark.parametrize(("name", "language"), WRITTEN)
def test_a_mail_is_whole_and_fetches_nothing(name: str, language: str) -> None:
    """No asset from anyone's server; the foot has the shop, its address and the way out; small enough for any inbox."""
    mail = preview(name, language, {**FACTS, **SHOP, "unsubscribe_url": "https://suivi.example/u/abc"})  # type: ignore[arg-type]
    assert "{{" not in mail.html + mail.text + mail.subject
    assert not re.search(r"<(img|link|script|iframe|object)\b|@import|url\(|background=", mail.html)
    addresses = set(re.findall(r"""(?:href|src)=["']([^"']+)""", mail.html))
    assert addresses == {"https://clairval.example/", "https://clairval.example/p/1", "https://suivi.example/u/abc"}
    for part in (mail.html, mail.text):
        assert "Maison Clairval" in part
        assert "12 rue des Lilas, Lyon" in part
        assert "https://suivi.example/u/abc" in part
    assert len(mail.html.encode()) < 102 * 1024
    assert f'lang="{language}"' in mail.html


@pytest.mark.parametrize(("name", "language"), WRITTEN)
def test_people_without_a_name_or_products_get_a_good_mail_too(name: str, language: str) -> None:
    mail = preview(name, language, {**FACTS, **SHOP, "first_name": None, "products": [], "shop_url": None})  # type: ignore[arg-type]
    assert "None" not in mail.html + mail.text + mail.subject
    assert " ," not in mail.text + mail.subject
    assert mail.subject[0].isupper() or mail.subject[0].isdigit()


def test_the_discount_decides_the_words() -> None:
    five, ten = shown(), shown(coupon={"code": "RELANCE10", "percent": 10, "valid_until": "2026-04-09"})
    assert "regulars" in ten.text
    assert "regulars" not in five.text
    assert "RELANCE10" in ten.html
    assert "9 April 2026" in ten.text


def test_conditions_are_decided_before_the_markup_is_compiled() -> None:
    """U6: a compiler that re-parses HTML may move a condition away from its text and show it to everybody."""
    source = text("{% if vip %}for the few{% else %}for all{% endif %}")
    for vip, expected, other in ((True, "for the few", "for all"), (False, "for all", "for the few")):
        mail = render(made({"vip": vip}, source), [], Frame("s", "p", "https://x.example/"))
        assert expected in mail.html
        assert other not in mail.html


@pytest.mark.parametrize("value", HOSTILE["values"])
def test_a_hostile_fact_stays_text(value: str) -> None:
    product = {"title": "Vase", "price": "1.00", "url": "no address"}
    quiet, mail = (
        shown(products=[product]),
        shown(first_name=value, products=[{**product, "title": value, "url": value}]),
    )
    assert Tags.of(mail.html).names == Tags.of(quiet.html).names
    assert not [name for name in Tags.of(mail.html).attributes if name.startswith("on")]
    assert all(link.startswith("https://") for link in Tags.of(mail.html).links)
    assert len(mail.subject.splitlines()) == 1
    if value.isprintable():
        assert " ".join(value.split()) in " ".join(" ".join(Tags.of(mail.html).texts).split())


class Tags(HTMLParser):
    """What a reader's program makes of a mail: tags, attributes, links and texts."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.texts: list[str] = []

    @classmethod
    def of(cls, html: str) -> Tags:
        read = cls()
        read.feed(html)
        return read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("link", ["javascript:alert(1)", "ftp://x.example/", "//x.example", "https://x y.example/", ""])
def test_a_button_leads_to_web_addresses_only(link: str) -> None:
    with pytest.raises(BadInput, match="web address"):
        made({"to": link}, {"type": "button", "label": {"en": "go"}, "url": "{{ to }}"})


def test_hostile_templates_end_soon_and_small() -> None:
    """SEC-01: in a process with little memory, every payload is over within a second, without reaching anything."""
    program = (
        "import resource, sys, time, tomllib\n"
        "from relance.errors import RelanceError\n"
        "from relance.sending.documents import read_document\n"
        "from relance.sending.templates import fill, ready\n"
        "used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for payload in tomllib.load(open(sys.argv[1], 'rb'))['templates']:\n"
        "    begun = time.perf_counter()\n"
        "    texts = {'title': {'en': 't'}, 'subject': {'en': 's'}, 'preheader': {'en': 'p'}}\n"
        "    try:\n"
        "        facts = {'first_name': 'x' * 100, 'coupon': {'code': 'C'}, 'products': []}\n"
        "        blocks = [{'type': 'text', 'text': {'en': payload}}, {'type': 'mjml', 'code': payload}]\n"
        "        filled = [fill(ready('t', read_document('t', {**texts, 'blocks': [block]}), 'en'), facts)\n"
        "                  for block in blocks]\n"
        "        text = str([(one.slots, one.shapes) for one in filled])\n"
        "    except RelanceError as error:\n"
        "        text = ''\n"
        "    assert 'root:' not in text and '/bin' not in text and 'class' not in text, payload\n"
        "    assert time.perf_counter() - begun < 5, payload\n"
        "assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used < 100_000\n"
    )
    path = Path(__file__).parent / "hostile.toml"
    done = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-500:]


def test_amounts_and_days_are_written_as_people_write_them() -> None:
    assert money("1250.00", "EUR", "fr") == "1\u202f250\xa0€"
    assert money("24.50", "EUR", "en") == "€24.50"
    assert money("1250", "JPY", "en") == "¥1,250"
    assert day("2026-05-01", "fr") == "1 mai 2026"
    with pytest.raises(ValueError, match="amount"):
        money("a lot", "EUR", "fr")


def test_errors_name_the_template() -> None:
    with pytest.raises(NotFound, match="nothing"):
        preview("nothing", "en", {})
    with pytest.raises(BadInput, match="inactive-m6"):
        preview("inactive-m6", "en", {"first_name": "x"})
    for broken in ("subject = ", "title.en = 's'\nblocks = [{type = 'carousel'}]", "preheader.en = 'x'"):
        with pytest.raises(BadInput, match="broken"):
            parse("broken", broken)
    assert load("inactive-m6", "fr").language == "fr"
