"""A message can be traced to the text that it had: the outbox keeps the version of its template."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from tests.sending.post import Post, intent

from relance.sending import as_data, find_template, save_template, template_version
from relance.store import tables

OUTBOX = tables.outbox


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
