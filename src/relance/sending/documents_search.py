"""Which messages contain what, and changing it in all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from relance.errors import BadInput
from relance.sending.documents import as_data
from relance.sending.documents_store import all_shared, all_templates, save_shared, save_template
from relance.store import Shop

# what holds no words of a mail
NOT_WORDS = frozenset(
    {"type", "version", "channel", "purpose", "family", "steps", "accent", "image", "source", "shared"}
)


@dataclass(frozen=True)
class Found:
    """A text that contains what was looked for; `after` is how it reads once it is changed."""

    kind: str
    template_id: str
    place: str
    before: str
    after: str | None


def search(connection: Connection, shop: Shop, words: str) -> list[Found]:
    """The texts and addresses of all templates and shared blocks that contain `words`, whatever the case."""
    return list(_found(connection, shop, words, None))


def replace_everywhere(
    connection: Connection, shop: Shop, words: str, by: str, now: datetime, who: str, *, dry_run: bool
) -> list[Found]:
    """Put `by` in the place of `words`, exactly as written, in every template and shared block.

    With `dry_run` it only tells what would change. Each changed one gets a new version. Raises BadInput for a change
    after which a template could not be rendered; nothing is changed then.
    """
    found = list(_found(connection, shop, words, by))
    if dry_run:
        return found
    chosen = {(one.kind, one.template_id) for one in found}
    for kind, template_id, data in _documents(connection, shop):
        if (kind, template_id) in chosen:
            changed = _changed(data, lambda text: text.replace(words, by))
            save = save_template if kind == "email" else save_shared
            save(connection, shop, template_id, changed, now, who)
    return found


def _found(connection: Connection, shop: Shop, words: str, by: str | None) -> Iterator[Found]:
    if not words.strip():
        raise BadInput("sending.nothing_searched")
    for kind, template_id, data in _documents(connection, shop):
        for place, text in _texts(data):
            if by is None and words.casefold() in text.casefold():
                yield Found(kind, template_id, place, text, None)
            elif by is not None and words in text:
                yield Found(kind, template_id, place, text, text.replace(words, by))


def _documents(connection: Connection, shop: Shop) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for one in all_templates(connection, shop):
        yield "email", one.template_id, as_data(one.document)
    for kept in all_shared(connection, shop):
        yield "shared", kept.shared_id, as_data(kept.document)


def _texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
        return
    parts = value.items() if isinstance(value, dict) else enumerate(value, start=1) if isinstance(value, list) else ()
    for name, one in parts:
        if name not in NOT_WORDS and name != "show":
            yield from _texts(one, f"{place}.{name}".lstrip("."))


def _changed(value: Any, change: Callable[[str], str], name: object = None) -> Any:
    if name in NOT_WORDS or name == "show":
        return value
    match value:
        case str():
            return change(value)
        case dict():
            return {key: _changed(one, change, key) for key, one in value.items()}
        case list():
            return [_changed(one, change) for one in value]
        case _:
            return value
