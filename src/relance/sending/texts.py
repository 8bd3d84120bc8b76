"""Letters of the channels without a layout: SMS, push, webhook."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from relance.channels import LARGEST_PUSH
from relance.errors import BadInput, RelanceError
from relance.sending.devices import CHANNEL, NO_DEVICE, Device, newest_devices
from relance.sending.documents_store import Shelf
from relance.sending.doors import Letter
from relance.sending.letters import Reading, brand, facts_of
from relance.sending.links import click_url, is_web_address, keep_targets, short_click_url
from relance.sending.outbox import Message, Settled
from relance.sending.templates import ShortMessage, fill_short
from relance.sending.texts_phone import plain_signs, web_addresses, with_addresses
from relance.store import Shop
from relance.words import language_of

# by which the shop's service worker knows our notifications from others (ui/tracker/worker.ts)
OURS: Final = {"relance": 1}


@dataclass(frozen=True)
class Draft:
    """A message and the text that it carries; a push has a title and a link too, and the device that it goes to."""

    message: Message
    said: ShortMessage
    version: int | None = None
    device: Device | None = None

    @property
    def targets(self) -> tuple[str, ...]:
        """Where its tracked links lead: those that stand in an SMS, the one of a push."""
        if self.message.channel == "sms":
            return web_addresses(self.said.body)
        return (self.said.url,) if self.device is not None and is_web_address(self.said.url) else ()


class TextWriter:
    """Takes the text from the template of the message, or from its facts when they give it.

    `text` is that of an SMS; a push has `text`, `title` and `url`; a webhook carries all facts. A push without a link
    of its own leads to the shop.
    """

    def __init__(self, shop: Shop, key: bytes, public_url: str, reading: Reading | None = None) -> None:
        """`reading` opens the store, for the shop's own templates and the devices of customers."""
        self.shop, self.key, self.public_url = shop, key, public_url
        self.shelf, self.reading = Shelf(shop), reading

    def draft(self, messages: Sequence[Message]) -> tuple[list[Draft], list[Settled]]:
        """The messages with their text, and those that have none or nowhere to go."""
        devices = self._look(messages)
        drafts, faults = [], []
        for one in messages:
            try:
                draft = self._draft(one, devices.get(one.customer_id))
            except RelanceError as error:
                faults.append(Settled(one, "failed", error.key, None))
                continue
            if one.channel == CHANNEL and draft.device is None:
                # it was there when the message was planned
                faults.append(Settled(one, "suppressed", NO_DEVICE, None, tried=False))
            else:
                drafts.append(draft)
        return drafts, faults

    def _look(self, messages: Sequence[Message]) -> Mapping[str, Device]:
        """What the store says as of now: templates, and the devices of those who get a push."""
        if self.reading is None:
            return {}
        pushed = {one.customer_id for one in messages if one.channel == CHANNEL}
        with self.reading() as connection:
            self.shelf.look(connection)
            return newest_devices(connection, self.shop, self.key, pushed) if pushed else {}

    def _draft(self, message: Message, device: Device | None) -> Draft:
        """What a message of these channels carries. Raises what is wrong with it, also that nothing says it."""
        if message.channel == "webhook":
            told = {"id": message.message_id, "source": message.source, "step": message.step}
            whole = {**told, "data": dict(message.facts), "customer_id": message.customer_id}
            return Draft(message, ShortMessage("", json.dumps(whole, ensure_ascii=False), ""))
        said = self._said(message)
        if not said.body:
            raise BadInput("outbox.no_text")
        if message.channel != CHANNEL:
            return Draft(message, said, self._version(message))
        url = said.url or str(self.shop.settings.get("shop_url") or "")
        return Draft(message, replace(said, url=url), self._version(message), device)

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
        return None if message.facts.get("text") else self.shelf.version(message.template)

    def keep_links(self, connection: Connection, drafts: Sequence[Draft]) -> dict[tuple[int, int], int]:
        """Store where the links lead; the link ids by (outbox id, position)."""
        linked = [draft for draft in drafts if draft.message.channel != "webhook"]
        targets = [(draft.message.outbox_id, draft.targets, None) for draft in linked]
        return keep_targets(connection, self.shop, targets) if targets else {}

    def write(
        self,
        drafts: Sequence[Draft],
        links: Mapping[tuple[int, int], int],
        now: datetime,  # noqa: ARG002
    ) -> tuple[list[Letter], list[Settled]]:
        """The letters, and the notifications that are too long to be sent."""
        letters, faults = [], []
        for one in drafts:
            text = self._text(one, links) if one.device is None else self._notification(one, links)
            if one.device is not None and len(text.encode()) > LARGEST_PUSH:
                faults.append(Settled(one.message, "failed", "sending.push_too_long", None))
                continue
            recipient = one.message.address if one.device is None else one.device.recipient
            letters.append(Letter(one.message, recipient, text.encode(), text=text, version=one.version))
        return letters, faults

    def _text(self, draft: Draft, links: Mapping[tuple[int, int], int]) -> str:
        """The words of a webhook, or of an SMS with its short links."""
        if draft.message.channel != "sms":
            return draft.said.body
        tracked = {
            target: short_click_url(self.public_url, self.key, links[draft.message.outbox_id, position])
            for position, target in enumerate(draft.targets)
        }
        return plain_signs(with_addresses(draft.said.body, tracked))

    def _notification(self, draft: Draft, links: Mapping[tuple[int, int], int]) -> str:
        """What a device shows, as JSON; one of the same tag takes the place of the one before."""
        link = links.get((draft.message.outbox_id, 0))
        look = brand(self.shop, self.public_url)
        told = {
            "title": draft.said.title or self.shop.name,
            "text": draft.said.body,
            "url": "" if link is None else click_url(self.public_url, self.key, link),
            "icon": look["images"] + look["logo"] if look["logo"] else "",
            "tag": f"{draft.message.source}:{draft.message.step}",
            "lang": draft.message.language,
        }
        return json.dumps({**OURS, **{name: value for name, value in told.items() if value}}, ensure_ascii=False)
