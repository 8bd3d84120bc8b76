"""A message can be traced to the text that it had: the outbox keeps the version of its template."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import null, select
from tests.sending.post import PUBLIC, Post, intent

from relance.errors import Conflict, NotFound
from relance.sending import as_data, find_template, save_shared, save_template, sent_letter, template_version
from relance.sending.documents_store import shared_then
from relance.store import tables
from relance.words import Language, say

OUTBOX = tables.outbox
WORDS = ("first", "second", "third")


def kept(post: Post) -> dict[str, int | None]:
    """The version that each message was written from, by customer."""
    with post.store.read() as connection:
        return {row.customer_id: row.template_version for row in connection.execute(select(OUTBOX))}


def reworded(post: Post, subject: str) -> None:
    """Save the template with another subject."""
    with post.store.begin() as connection:
        data = as_data(find_template(connection, post.shop, "inactive-m6").document)
        data["subject"] = dict.fromkeys(data["subject"], subject)
        save_template(connection, post.shop, "inactive-m6", data, post.clock(), "jeanne")


def test_each_message_keeps_the_version_that_stood_when_it_was_written(post: Post) -> None:
    for customer, subject in (("c1", None), ("c2", "Un mot pour vous"), ("c3", "Encore un mot")):
        if subject is not None:
            reworded(post, subject)
        post.agree(customer)
        post.plan(intent(customer))
        assert kept(post)[customer] is None, "not written yet"
        assert post.send().states == {"accepted": 1}
        post.clock.now += timedelta(minutes=1)
    assert kept(post) == {"c1": 0, "c2": 1, "c3": 2}
    with post.store.read() as connection:
        for number, subject in ((1, "Un mot pour vous"), (2, "Encore un mot")):
            document = template_version(connection, post.shop, "inactive-m6", number)
            assert set(document.subject.values()) == {subject}


def note(words: str) -> dict[str, Any]:
    both = {"en": f"{words} (en)", "fr": f"{words} (fr)"}
    return {"title": both, "blocks": [{"type": "text", "text": both}]}


def test_a_message_is_seen_again_with_the_shared_blocks_that_it_had(post: Post) -> None:
    """A shared block is changed three times, once before its templates; what was sent says each time what it said."""
    spoken = []
    with post.store.begin() as connection:
        save_shared(connection, post.shop, "note", note("first"), post.clock(), "jeanne")
        data = as_data(find_template(connection, post.shop, "inactive-m6").document)
        data["blocks"] = [*data["blocks"], {"type": "shared", "shared": "note"}]
        save_template(connection, post.shop, "inactive-m6", data, post.clock(), "jeanne")
    for number, words in enumerate(("first", "second", "third")):
        with post.store.begin() as connection:
            save_shared(connection, post.shop, "note", note(words), post.clock(), "jeanne")
        post.agree(f"c{number}")
        post.plan(intent(f"c{number}"))
        assert post.send().states == {"accepted": 1}
        post.clock.now += timedelta(minutes=1)
    with post.store.read() as connection:
        for row in connection.execute(select(OUTBOX).order_by(OUTBOX.c.id)).all():
            seen = sent_letter(connection, post.shop, row.message_id, PUBLIC, "12 rue des Lilas")
            spoken.append((seen.version, dict(seen.shared), [one for one in WORDS if f"{one} (fr)" in seen.html]))
            assert "Jeanne" in seen.text
            assert f"{PUBLIC}/c/" not in seen.html
    assert spoken == [(1, {"note": 1}, ["first"]), (2, {"note": 2}, ["second"]), (3, {"note": 3}, ["third"])]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Save the template once more"), ("fr", "Enregistrez le modèle")]
)
def test_a_version_from_before_blocks_were_kept_says_what_to_do(post: Post, language: Language, words: str) -> None:
    """Nobody knows how its shared blocks stood then; the next version does."""
    with post.store.begin() as connection:
        save_shared(connection, post.shop, "note", note("first"), post.clock(), "jeanne")
        data = as_data(find_template(connection, post.shop, "inactive-m6").document)
        data["blocks"] = [*data["blocks"], {"type": "shared", "shared": "note"}]
        save_template(connection, post.shop, "inactive-m6", data, post.clock(), "jeanne")
        connection.execute(tables.template_version.update().values(shared=null()))
    post.agree("c1", "c2")
    post.plan(intent("c1"))
    assert post.send().accepted == 1
    with post.store.begin() as connection:
        (old,) = connection.execute(select(OUTBOX.c.message_id)).scalars()
        with pytest.raises(NotFound) as refused:
            sent_letter(connection, post.shop, old, PUBLIC, "12 rue des Lilas")
        said = say(refused.value.key, language, **refused.value.facts)
        assert words in said
        assert "inactive-m6" in said
        save_template(connection, post.shop, "inactive-m6", {**data, "accent": "#112233"}, post.clock(), "jeanne")
    post.plan(intent("c2"))
    assert post.send().accepted == 1
    with post.store.read() as connection:
        new = connection.execute(select(OUTBOX.c.message_id).where(OUTBOX.c.customer_id == "c2")).scalar_one()
        assert "first (fr)" in sent_letter(connection, post.shop, new, PUBLIC, "12 rue des Lilas").html


def test_a_newer_shared_block_is_no_conflict_for_whoever_writes_a_template(post: Post) -> None:
    """Saving asks whether the words changed since, not whether a block that is kept elsewhere did."""
    with post.store.begin() as connection:
        save_shared(connection, post.shop, "note", note("first"), post.clock(), "jeanne")
        data = as_data(find_template(connection, post.shop, "inactive-m6").document)
        data["blocks"] = [{"type": "shared", "shared": "note"}]
        save_template(connection, post.shop, "mine", data, post.clock(), "jeanne")
        save_shared(connection, post.shop, "note", note("second"), post.clock(), "luc")
        data["accent"] = "#112233"
        save_template(connection, post.shop, "mine", data, post.clock(), "jeanne", based_on=1)
        assert shared_then(connection, post.shop, "mine", 3)["note"].version == 2
        with pytest.raises(Conflict):
            save_template(connection, post.shop, "mine", {**data, "accent": "#332211"}, post.clock(), "luc", based_on=2)


def test_what_was_not_written_yet_cannot_be_seen(post: Post) -> None:
    post.plan(intent("c1"))
    with post.store.read() as connection:
        message_id = connection.execute(select(OUTBOX.c.message_id)).scalar_one()
        for asked in (message_id, "<unknown>"):
            with pytest.raises(NotFound):
                sent_letter(connection, post.shop, asked, PUBLIC, "12 rue des Lilas")
