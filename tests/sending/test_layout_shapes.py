"""U6: a layout is compiled once a shape, and nobody's mail shows what is another's."""

from __future__ import annotations

import re
from html import escape, unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relance.errors import BadInput
from relance.sending import layout
from relance.sending.documents import EmailDoc, read_document
from relance.sending.layout import Frame, compiled, frame_places, render, shape_of
from relance.sending.templates import Filled, fill, ready
from relance.sending.templates_facts import sample_facts

FRAME = Frame("Maison Clairval", "12 rue des Lilas, Lyon", "https://x.example/u/1", images="https://x.example/i/")
PICTURE = "0123456789abcdef0123456789abcdef"


def en(text: str) -> dict[str, str]:
    return {"en": text}


EVERY_BLOCK: list[dict[str, Any]] = [
    {"type": "heading", "text": en("Hello {{ first_name }}")},
    {
        "type": "text",
        "text": en("One **strong** {{ first_name }} and [a link]({{ shop_url }}).\n\n- first\n- {{ city }}"),
    },
    {"type": "image", "image": PICTURE, "alt": en("A vase"), "url": "{{ shop_url }}"},
    {"type": "button", "label": en("Go"), "url": "{{ shop_url }}", "show": {"fact": "shop_url"}},
    {"type": "divider"},
    {"type": "products", "title": en("For you"), "limit": 3},
    {"type": "basket", "title": en("Your cart")},
    {"type": "recommendations", "title": en("And these")},
    {"type": "coupon", "label": en("with the code"), "until": en("until {{ coupon.valid_until | day }}")},
    {"type": "review", "title": en("Stars"), "low": en("bad"), "high": en("good")},
    {"type": "quote", "text": en("I like it, said {{ first_name }}"), "name": en("Ada")},
    {"type": "survey", "question": en("Would you?"), "low": en("no"), "high": en("yes")},
    {
        "type": "columns",
        "points": [{"title": en("A"), "text": en("one")}, {"title": en("B"), "text": en("{{ city }}")}],
    },
    {"type": "mjml", "code": "<mj-section><mj-column><mj-text>Raw {{ first_name }}</mj-text></mj-column></mj-section>"},
    {"type": "signature", "text": en("Bye")},
]


def document(*blocks: dict[str, Any]) -> EmailDoc:
    return read_document("t", {"title": en("T"), "subject": en("For {{ first_name }}"), "blocks": list(blocks)})


class Read(HTMLParser):
    """The tags with their attributes and the texts, as a reader's program takes them."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[object] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, sorted(attrs, key=lambda one: one[0])))

    def handle_data(self, data: str) -> None:
        if data.split():
            self.seen.append(" ".join(data.split()))


def read(html: str) -> list[object]:
    parser = Read()
    parser.feed(html)
    return parser.seen


def address(found: re.Match[str], filled: Filled) -> str:
    return filled.targets[int(found[2])] if found[1] == "L" else FRAME.images + found[2]


words = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)
person = st.fixed_dictionaries({
    "first_name": words,
    "city": words,
    "shop_url": st.sampled_from(["https://shop.example/", None]),
    "products": st.lists(st.fixed_dictionaries({"title": words, "price": st.just("9.00")}), max_size=4),
})  # fmt: skip


@settings(max_examples=12)
@given(st.lists(person, min_size=2, max_size=4), st.lists(st.sampled_from(EVERY_BLOCK), min_size=1, max_size=6))
def test_a_mail_from_the_shared_layout_is_the_mail_compiled_for_one_person_alone(
    people: list[dict[str, Any]], blocks: list[dict[str, Any]]
) -> None:
    template = ready("t", document(*blocks), "en")
    known = sample_facts("en", "Maison Clairval")
    for one in people:
        filled = fill(template, {**known, **one})
        own = frame_places(filled, FRAME)
        places = {str(number): slot for number, slot in enumerate(filled.slots)}
        alone = compiled(shape_of(filled, FRAME), {**places, **{name: escape(text) for name, text in own.items()}})
        alone = layout.MARK.sub(lambda found, there=filled: address(found, there), alone)  # type: ignore[misc]
        shared = read(render(filled, filled.targets, FRAME).html)
        # the compiler writes a title into an attribute in a way of its own
        assert [part for part in shared if "aria-label" not in str(part)] == [
            part for part in read(alone) if "aria-label" not in str(part)
        ]


SEGMENTS = ("vip", "lost", "new")
CONDITIONS: list[dict[str, Any]] = [
    {"segments": ["vip"]},
    {"not_segments": ["vip"]},
    {"segments": ["lost", "new"], "fact": "city"},
    {"phases": ["loyal"]},
    {"without": "city"},
    {},
]


@settings(max_examples=20)
@given(
    st.lists(st.sampled_from(range(len(CONDITIONS))), min_size=1, max_size=6, unique=True),
    st.lists(
        st.fixed_dictionaries({
            "segments": st.lists(st.sampled_from(SEGMENTS), unique=True),
            "phase": st.sampled_from(["loyal", "new", None]),
            "city": st.sampled_from(["Lyon", None]),
        }),
        min_size=2,
        max_size=8,
    ),
)  # fmt: skip
def test_nobody_sees_a_block_that_is_for_others(chosen: list[int], people: list[dict[str, Any]]) -> None:
    blocks = [
        {"type": "text", "text": en(f"secret{number} for {{{{ phase }}}}!"), "show": CONDITIONS[number]}
        for number in chosen
    ]
    template = ready("t", document(*blocks), "en")
    for one in people:
        mail = render(fill(template, {"first_name": "x", **one}), [], FRAME)
        for number in range(len(CONDITIONS)):
            wanted = number in chosen and holds(CONDITIONS[number], one)
            assert (f"secret{number}" in mail.html) == wanted
            assert (f"secret{number}" in mail.text) == wanted


def holds(asked: dict[str, Any], one: dict[str, Any]) -> bool:
    mine = set(one["segments"])
    return all((
        not asked.get("segments") or mine & set(asked["segments"]),
        not mine & set(asked.get("not_segments", ())),
        not asked.get("phases") or one["phase"] in asked["phases"],
        not asked.get("fact") or one[asked["fact"]],
        not asked.get("without") or not one[asked["without"]],
    ))  # fmt: skip


def test_a_block_s_language_and_a_shared_block_s_place_count_as_conditions() -> None:
    both = {"en": "for readers of {{ language }}", "fr": "pour lire en {{ language }}"}
    blocks = [{"type": "text", "text": both, "show": {"languages": ["fr"]}}]
    subject = {"en": "s", "fr": "s"}
    made = read_document("t", {"title": en("T"), "subject": subject, "blocks": blocks})
    assert "pour lire en fr" in render(fill(ready("t", made, "fr"), {}), [], FRAME).html
    assert "readers" not in render(fill(ready("t", made, "en"), {}), [], FRAME).html


def test_people_of_one_shape_share_one_compilation() -> None:
    layout._skeleton.cache_clear()
    template = ready("t", document(*EVERY_BLOCK[:4]), "en")
    for number in range(50):
        facts = {"first_name": f"Ada{number}", "city": "Lyon", "shop_url": f"https://shop.example/{number}"}
        mail = render(fill(template, facts), [facts["shop_url"]], FRAME)
        assert f"Ada{number}" in mail.html
        assert f"https://shop.example/{number}" in mail.html
    assert layout._skeleton.cache_info().misses == 1


def test_every_block_is_there_in_both_readings() -> None:
    filled = fill(ready("t", document(*EVERY_BLOCK), "en"), sample_facts("en", "Maison Clairval"))
    mail = render(filled, filled.targets, FRAME)
    shown = unescape(re.sub(r"<[^>]+>", " ", mail.html))
    for words_ in (
        "Hello Camille",
        "strong",
        "For you",
        "Your cart",
        "And these",
        "MERCI-7K2Q",
        "10% off",
        "Ada",
        "Raw Camille",
    ):
        assert words_ in shown
        assert words_ in mail.text
    assert f'src="https://x.example/i/{PICTURE}"' in mail.html
    assert "prefers-color-scheme: dark" in mail.html
    assert len(re.findall(r"\?score=\d+", mail.html)) == 11
    assert len(re.findall(r"rating=[1-5]", mail.html)) == 10


@pytest.mark.parametrize(
    "code",
    [
        '<mj-section><mj-column><mj-image src="https://elsewhere.example/a.png" /></mj-column></mj-section>',
        '<mj-section background-url="//elsewhere.example/a.png"><mj-column /></mj-section>',
        "<mj-section><mj-column><mj-text><img src=http://e.example/x></mj-text></mj-column></mj-section>",
        "<mj-section><mj-column><mj-text><i style='background:url( https://e.example/x )'>x</i></mj-text></mj-column>",
        '<mj-raw><link rel="stylesheet" href="https://e.example/x.css" /></mj-raw>',
        '<mj-section><mj-column><mj-social><mj-social-element name="facebook" /></mj-social></mj-column></mj-section>',
    ],
)
def test_nothing_is_fetched_from_elsewhere(code: str) -> None:
    with pytest.raises(BadInput, match="elsewhere"):
        fill(ready("t", document({"type": "mjml", "code": code}), "en"), {"first_name": "x"})


def test_links_and_pictures_of_code_are_ours() -> None:
    code = (
        f'<mj-section><mj-column><mj-image src="image:{PICTURE}" alt="x" />'
        '<mj-button href="https://shop.example/?a=1&amp;b={{ first_name }}">Go</mj-button></mj-column></mj-section>'
    )
    filled = fill(ready("t", document({"type": "mjml", "code": code}), "en"), {"first_name": "x"})
    assert filled.targets == ("https://shop.example/?a=1&b=x",)
    mail = render(filled, ["https://x.example/c/token"], FRAME)
    assert 'href="https://x.example/c/token"' in mail.html
    assert f"https://x.example/i/{PICTURE}" in mail.html
