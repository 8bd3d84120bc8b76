"""U6, MAIL-03: letters are written together from what is worked out once, and no one sees what is another's."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sending.post import KEY, PUBLIC, Post, route_to
from tests.sending.test_letters import SHOP, message

from relance.sending import coding, layout, links, save_shared, save_template, templates_liquid
from relance.sending.letters import Writer
from relance.sending.outbox import Message

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SEGMENTS = ("vip", "lost", "new")


def both(text: str) -> dict[str, str]:
    return {"en": f"{text} (en)", "fr": f"{text} (fr)"}


BLOCKS: list[dict[str, Any]] = [
    {"type": "heading", "text": both("Hello {{ first_name }}")},
    {"type": "text", "text": both("**For** [{{ city }}]({{ shop_url }}) vip-block"), "show": {"segments": ["vip"]}},
    {"type": "shared", "shared": "news", "show": {"not_segments": ["lost"]}},
    {"type": "coupon", "label": both("code"), "until": both("until {{ coupon.valid_until | day }}")},
    {"type": "products", "title": both("Things"), "limit": 3},
    {"type": "mjml", "code": "<mj-section><mj-column><mj-text>{{ city }}</mj-text></mj-column></mj-section>"},
    {"type": "button", "label": both("Go"), "url": "{{ shop_url }}"},
]


def person(number: int, drawn: dict[str, Any]) -> Message:
    """Somebody all of whose facts carry their own number."""
    mark = f"zq{number}zq"
    facts = {
        "first_name": f"{mark}{drawn['name']}",
        "city": f"{mark} town",
        "shop_url": f"https://shop.example/{mark}",
        "segments": drawn["segments"],
        "coupon": {"code": mark.upper(), "percent": 5 + number, "valid_until": f"2026-04-{number + 10}"},
        "products": [
            {"title": f"{mark} thing", "price": f"{number}.{each}0", "url": f"https://shop.example/{mark}/{each}"}
            for each in range(drawn["things"])
        ],
    }
    changes = {"outbox_id": number + 1, "message_id": f"<{number}.k1@x.example>", "customer_id": f"c{number}"}
    own: dict[str, object] = {"address": f"{mark}@exemple.fr", "language": drawn["language"], "template": "apart"}
    return message(facts=facts, **changes, **own)


drawn_people = st.lists(
    st.fixed_dictionaries({
        "name": st.sampled_from(["Ada", "Zoé", "<b>", "{{ city }}", "=?x?="]),
        "segments": st.lists(st.sampled_from(SEGMENTS), unique=True),
        "things": st.integers(0, 3),
        "language": st.sampled_from(["en", "fr"]),
    }),
    min_size=2,
    max_size=6,
)  # fmt: skip


def forget() -> None:
    """What was worked out for earlier mails."""
    for kept in (layout._skeleton, layout._sentence, templates_liquid._money, templates_liquid._day):
        kept.cache_clear()
    coding.sender_line.cache_clear()
    links._key_for.cache_clear()


def written(post: Post, people: list[Message]) -> list[bytes]:
    writer = Writer(SHOP, route_to(25), KEY, PUBLIC, post.store.read)
    drafts, faults = writer.draft(people)
    assert not faults
    found = {(one.outbox_id, position): one.outbox_id * 100 + position for one in people for position in range(12)}
    letters, faults = writer.write(drafts, found, NOW)
    assert not faults
    return [letter.content for letter in letters]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn_people)
def test_a_letter_among_many_is_the_letter_that_one_gets_alone(post: Post, drawn: list[dict[str, Any]]) -> None:
    with post.store.begin() as connection:
        news = {"title": both("News"), "blocks": [{"type": "text", "text": both("shared-block for {{ first_name }}")}]}
        save_shared(connection, SHOP, "news", news, NOW, "Ada")
        data = {"title": both("T"), "subject": both("For {{ first_name }}"), "blocks": BLOCKS}
        save_template(connection, SHOP, "apart", data, NOW, "Ada")
    people = [person(number, one) for number, one in enumerate(drawn)]
    together = written(post, people)
    for number, (one, content) in enumerate(zip(people, together, strict=True)):
        forget()
        assert written(post, [one]) == [content]
        mail = message_from_bytes(content, policy=default)
        readings = [part.get_content() for part in mail.iter_parts()]
        assert len(readings) == 2
        for said in readings:
            assert f"zq{number}zq" in said
            assert not [other for other in range(len(people)) if other != number and f"zq{other}zq" in said.lower()]
            assert ("vip-block" in said) == ("vip" in one.facts["segments"])
            assert ("shared-block" in said) == ("lost" not in one.facts["segments"])
            assert f"({'en' if one.language == 'fr' else 'fr'})" not in said
