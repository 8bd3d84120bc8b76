"""Letters of the channels without a layout: SMS, push, webhook."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from relance.errors import RelanceError
from relance.sending.documents_store import Shelf
from relance.sending.doors import Letter
from relance.sending.letters import Reading, facts_of
from relance.sending.outbox import Message, Settled
from relance.sending.templates import ShortMessage, fill_short
from relance.store import Shop
from relance.words import language_of


@dataclass(frozen=True)
class Draft:
    """A message and the text that it carries."""

    message: Message
    text: str
    version: int | None = None


class TextWriter:
    """Takes the text from the template of the message, or from its facts when they give it.

    `text` is that of an SMS; a push has `text`, `title` and `url`; a webhook carries all facts.
    """

    def __init__(self, shop: Shop, reading: Reading | None = None) -> None:
        """`reading` opens the store, for the shop's own templates."""
        self.shop, self.shelf, self.reading = shop, Shelf(shop), reading

    def draft(self, messages: Sequence[Message]) -> tuple[list[Draft], list[Settled]]:
        """The messages with their text, and those that have none."""
        if self.reading is not None:
            with self.reading() as connection:
                self.shelf.look(connection)
        drafts, faults = [], []
        for one in messages:
            try:
                text = self._text(one)
            except RelanceError as error:
                faults.append(Settled(one, "failed", error.key, None))
                continue
            if text:
                drafts.append(Draft(one, text, self._version(one)))
            else:
                faults.append(Settled(one, "failed", "outbox.no_text", None))
        return drafts, faults

    def _text(self, message: Message) -> str:
        """What a message of these channels carries; empty when nothing says it. Raises what is wrong with it."""
        facts = message.facts
        if message.channel == "webhook":
            told = {"id": message.message_id, "source": message.source, "step": message.step, "data": dict(facts)}
            return json.dumps({**told, "customer_id": message.customer_id}, ensure_ascii=False)
        said = self._said(message)
        if message.channel != "push" or not said.body:
            return said.body
        told = {"title": said.title, "text": said.body, "url": said.url}
        return json.dumps({name: value for name, value in told.items() if value}, ensure_ascii=False)

    def _said(self, message: Message) -> ShortMessage:
        """The words: those of the facts before those of the template, which must be one of this channel."""
        facts = message.facts
        if facts.get("text"):
            title, text, url = (str(facts.get(name) or "").strip() for name in ("title", "text", "url"))
            return ShortMessage(title, text, url)
        template = self.shelf.template(message.template, language_of(message.language))
        if template.document.channel != message.channel:
            return ShortMessage("", "", "")
        return fill_short(template, facts_of(self.shop, message.facts))

    def _version(self, message: Message) -> int | None:
        """The version of the template whose words these are."""
        own_words = message.channel == "webhook" or bool(message.facts.get("text"))
        return None if own_words else self.shelf.version(message.template)

    def keep_links(self, connection: Connection, drafts: Sequence[Draft]) -> dict[tuple[int, int], int]:  # noqa: ARG002
        """No link is tracked here."""
        return {}

    def write(
        self,
        drafts: Sequence[Draft],
        links: Mapping[tuple[int, int], int],  # noqa: ARG002
        now: datetime,  # noqa: ARG002
    ) -> tuple[list[Letter], list[Settled]]:
        """The letters."""
        letters = [
            Letter(one.message, one.message.address, one.text.encode(), text=one.text, version=one.version)
            for one in drafts
        ]
        return letters, []
