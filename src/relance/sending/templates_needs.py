"""What the templates of messages want to know of people, read in one go: for whoever plans the messages (S3)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from relance.errors import BadInput
from relance.sending.documents import Channel, EmailDoc
from relance.sending.documents_store import documents_of, shared_of
from relance.sending.templates_facts import Needs, needs
from relance.store import Shop


@dataclass(frozen=True)
class Wanted:
    """The channel that a template is written for, and what it has to be told of a person."""

    channel: Channel
    needs: Needs


NOTHING = Wanted("email", Needs(frozenset(), frozenset(), phase=False))


def wanted_by(connection: Connection, shop: Shop, template_ids: Collection[str]) -> dict[str, Wanted]:
    """What each of these templates wants, as it stands now.

    One that is not there, or that cannot be read, wants nothing: its messages fail when they are written, and say why.
    """
    found = documents_of(connection, shop, template_ids)
    shared = shared_of(connection, shop)
    wanted = dict.fromkeys(template_ids, NOTHING)
    for template_id, document in found.items():
        try:
            wanted[template_id] = Wanted(document.channel, needs(document, shared))
        except BadInput:
            wanted[template_id] = Wanted(document.channel, NOTHING.needs)
    return wanted


def wanted_of(connection: Connection, shop: Shop, document: EmailDoc) -> Wanted:
    """What one document wants. Raises BadInput for one that cannot be read."""
    return Wanted(document.channel, needs(document, shared_of(connection, shop)))
