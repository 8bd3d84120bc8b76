"""U5: templates and shared blocks in their versions; where they are used, and changing words in all of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from relance.errors import BadInput, Conflict, NotFound
from relance.sending.documents import as_data, read_document
from relance.sending.documents_library import library
from relance.sending.documents_search import replace_everywhere, search
from relance.sending.documents_store import (
    Shelf,
    all_templates,
    archive_shared,
    archive_template,
    find_template,
    save_shared,
    save_template,
    template_version,
    template_versions,
    where_used,
)
from relance.sending.templates import fill
from relance.store import Shop, Store

LEGAL = {"title": {"en": "Legal"}, "blocks": [{"type": "text", "text": {"en": "Maison Clairval SAS", "fr": "SAS"}}]}


def mail(*blocks: dict[str, Any], subject: str = "Hello") -> dict[str, Any]:
    return {"title": {"en": "Mine"}, "subject": {"en": subject, "fr": subject}, "blocks": list(blocks)}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": {"en": words, "fr": words}}


def words_of(connection: Connection, shop: Shop, template_id: str) -> str:
    shelf = Shelf(shop)
    shelf.look(connection)
    return fill(shelf.template(template_id, "en"), {}).text


def test_a_document_is_the_same_after_it_was_kept(store: Store, shop: Shop, now: datetime) -> None:
    for name, document in library().items():
        assert read_document(name, as_data(document)) == document
    with store.begin() as connection:
        kept = save_template(connection, shop, "inactive-m6", as_data(library()["inactive-m6"]), now, "Ada")
        assert kept.document == library()["inactive-m6"]


def test_every_version_stays_and_a_ready_made_template_comes_back(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        assert find_template(connection, shop, "inactive-m6").version == 0
        first = save_template(connection, shop, "inactive-m6", mail(text("one")), now, "Ada", based_on=0)
        again = save_template(connection, shop, "inactive-m6", mail(text("one")), now, "Ada", based_on=1)
        second = save_template(connection, shop, "inactive-m6", mail(text("two")), now + timedelta(1), "Bo")
        assert (first.version, again.version, second.version) == (1, 1, 2)
        assert [(one.version, one.saved_by) for one in template_versions(connection, shop, "inactive-m6")] == [
            (2, "Bo"),
            (1, "Ada"),
        ]
        assert template_version(connection, shop, "inactive-m6", 1) == first.document
        assert template_version(connection, shop, "inactive-m6", 0) == library()["inactive-m6"]
        archive_template(connection, shop, "inactive-m6", now)
        assert find_template(connection, shop, "inactive-m6").document == library()["inactive-m6"]
        third = save_template(connection, shop, "inactive-m6", mail(text("three")), now, "Ada", based_on=0)
        assert third.version == 3


def test_nobody_overwrites_what_somebody_else_saved(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        save_template(connection, shop, "mine", mail(text("one")), now, "Ada", based_on=0)
        with pytest.raises(Conflict, match="version 1"):
            save_template(connection, shop, "mine", mail(text("other")), now, "Bo", based_on=0)


@pytest.mark.parametrize(
    ("broken", "place"),
    [
        (mail({"type": "carousel"}), "blocks.1"),
        (mail({"type": "heading", "text": {"de": "x"}}), "blocks.1"),
        (mail(text("{{ first_name")), "blocks.1.text"),
        (mail(text("{% include 'x' %}")), "blocks.1.text"),
        (mail(text("fine"), subject="{{ x | env }}"), "subject"),
        (mail({"type": "shared", "shared": "gone"}), "gone"),
        (mail({"type": "image", "image": "https://elsewhere.example/a.png"}), "blocks.1"),
        ({**mail(), "accent": "red;}"}, "accent"),
    ],
)
def test_a_broken_document_is_refused_with_its_place(
    store: Store, shop: Shop, now: datetime, broken: dict[str, Any], place: str
) -> None:
    with store.begin() as connection, pytest.raises(BadInput, match=place):
        save_template(connection, shop, "mine", broken, now, "Ada")


def test_a_shared_block_is_kept_once_and_changes_everywhere(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        save_shared(connection, shop, "legal", LEGAL, now, "Ada")
        shared = {"type": "shared", "shared": "legal"}
        save_template(connection, shop, "a", mail(text("first"), shared), now, "Ada")
        save_template(connection, shop, "b", mail(shared), now, "Ada")
        save_template(connection, shop, "c", mail(text("nothing shared")), now, "Ada")
        assert where_used(connection, shop, "legal") == ["a", "b"]
        assert words_of(connection, shop, "a") == "first\n\nMaison Clairval SAS"
        changed = {**LEGAL, "blocks": [text("Maison Clairval SARL")]}
        save_shared(connection, shop, "legal", changed, now, "Ada")
        assert words_of(connection, shop, "b") == "Maison Clairval SARL"
        with pytest.raises(Conflict, match="a, b"):
            archive_shared(connection, shop, "legal", now)
        with pytest.raises(BadInput, match="another shared"):
            save_shared(connection, shop, "other", {**LEGAL, "blocks": [shared]}, now, "Ada")


def test_a_sender_sees_a_new_version_at_its_next_look(store: Store, shop: Shop, now: datetime) -> None:
    shelf = Shelf(shop)
    with store.begin() as connection:
        save_template(connection, shop, "mine", mail(text("one")), now, "Ada")
        shelf.look(connection)
        before = shelf.template("mine", "en")
        shelf.look(connection)
        assert shelf.template("mine", "en") is before
        save_template(connection, shop, "mine", mail(text("two")), now, "Ada")
        shelf.look(connection)
        assert fill(shelf.template("mine", "en"), {}).text == "two"
    with pytest.raises(NotFound, match="nothing"):
        shelf.template("nothing", "en")


def test_words_are_found_and_changed_everywhere_at_once(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        save_shared(connection, shop, "legal", LEGAL, now, "Ada")
        save_template(connection, shop, "a", mail(text("Call us: 01 23"), subject="01 23 is our number"), now, "Ada")
        found = search(connection, shop, "maison clairval")
        assert [(one.kind, one.template_id, one.place) for one in found] == [("shared", "legal", "blocks.1.text.en")]
        told = replace_everywhere(connection, shop, "01 23", "04 56", now, "Ada", dry_run=True)
        assert {(one.place, one.after) for one in told} == {
            ("subject.en", "04 56 is our number"),
            ("subject.fr", "04 56 is our number"),
            ("blocks.1.text.en", "Call us: 04 56"),
            ("blocks.1.text.fr", "Call us: 04 56"),
        }
        assert find_template(connection, shop, "a").version == 1
        assert replace_everywhere(connection, shop, "01 23", "04 56", now, "Ada", dry_run=False) == told
        assert find_template(connection, shop, "a").version == 2
        assert not search(connection, shop, "01 23")
        with pytest.raises(BadInput):
            search(connection, shop, " ")


def test_the_list_has_the_ready_made_ones_and_the_shop_s_own(store: Store, shop: Shop, now: datetime) -> None:
    with store.begin() as connection:
        save_template(connection, shop, "mine", mail(text("one")), now, "Ada")
        found = {one.template_id: one for one in all_templates(connection, shop)}
    assert set(found) == {*library(), "mine"}
    assert not found["mine"].ready_made
    assert found["inactive-m6"].ready_made
