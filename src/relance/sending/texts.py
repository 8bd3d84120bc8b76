"""Letters of the channels without a layout: SMS, push, webhook. Their text was written when they were planned."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from relance.sending.doors import Letter
from relance.sending.outbox import Message, Settled


@dataclass(frozen=True)
class Draft:
    """A message and the text that it carries."""

    message: Message
    text: str


class TextWriter:
    """Takes the text from the facts: `text` of an SMS; `text`, `title` and `url` of a push; all facts of a webhook."""

    def draft(self, messages: Sequence[Message]) -> tuple[list[Draft], list[Settled]]:
        """The messages with their text, and those that have none."""
        drafts, faults = [], []
        for one in messages:
            text = text_of(one)
            if text:
                drafts.append(Draft(one, text))
            else:
                faults.append(Settled(one, "failed", "outbox.no_text", None))
        return drafts, faults

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
        return [Letter(one.message, one.message.address, one.text.encode(), text=one.text) for one in drafts], []


def text_of(message: Message) -> str:
    """What a message of these channels carries; empty when its facts do not say."""
    facts = message.facts
    if message.channel == "webhook":
        told = {"id": message.message_id, "source": message.source, "step": message.step, "data": dict(facts)}
        return json.dumps({**told, "customer_id": message.customer_id}, ensure_ascii=False)
    text = str(facts.get("text") or "").strip()
    if message.channel == "push" and text:
        return json.dumps(
            {name: facts[name] for name in ("title", "text", "url") if facts.get(name)}, ensure_ascii=False
        )
    return text
