"""Erasure in the quarantine: everything that waits and speaks of a person is deleted (S2, S20)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote_plus

from sqlalchemy import Connection

from relance.ingest.quarantine import every_body, settle
from relance.store import Shop

PHONE_DIGITS: Final = 9  # the digits that a number has in every way of writing it
ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
BETWEEN_DIGITS: Final = re.compile(r"(?<=\d)[ .()\-/\u00a0\u202f]+(?=[\d(])")


@dataclass(frozen=True)
class Person:
    """By what a person is recognised: addresses, phone numbers in E.164, ids of any source or of ours."""

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()

    @property
    def phone_ends(self) -> list[str]:
        """The last digits of the numbers, which every way of writing them has; short codes have none."""
        return [digits[-PHONE_DIGITS:] for phone in self.phones if len(digits := re.sub(r"\D", "", phone)) > 6]


def forget_items(connection: Connection, shop: Shop, person: Person, now: datetime, key: bytes) -> int:
    """Delete every item that names the person, however it is written; how many.

    An address or a number counts wherever it stands, an id only as a whole value of the JSON.
    """
    found = 0
    for item, body in every_body(connection, shop, key):
        if names(person, body):
            settle(connection, shop, item.item_id, "erased", now)
            found += 1
    return found


def names(person: Person, body: bytes) -> bool:
    """Whether a text, which may be JSON, names the person."""
    emails = [email.casefold() for email in person.emails if email]
    texts = _readings(body)
    named = any(email in text for email in emails for text in texts) or any(
        phone in BETWEEN_DIGITS.sub("", text) for phone in person.phone_ends for text in texts
    )
    return named or not {one for one in person.ids if one}.isdisjoint(_values(body))


def _readings(body: bytes) -> list[str]:
    """The text as it stands, without the escapes of JSON (cut short or not), and without those of an address."""
    text = body.decode("utf-8", "replace")
    plain = ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return [text.casefold(), plain.casefold(), unquote_plus(text).casefold()]


def _values(body: bytes) -> set[str]:
    """The texts and whole numbers of a JSON body."""
    try:
        return set(_leaves(json.loads(body)))
    except ValueError:
        return set()


def _leaves(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for one in value.values():
                yield from _leaves(one)
        case list():
            for one in value:
                yield from _leaves(one)
        case bool() | None | float():
            return
        case _:
            yield str(value)
