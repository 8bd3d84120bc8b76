"""Which templates must not be sent as they stand: those about which the checks say `stop`.

A flow with one does not start, and messages of one wait until it is changed.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection

from relance.sending import documents as d
from relance.sending.documents import read_document, shared_in
from relance.sending.documents_library import library
from relance.sending.documents_store import own_documents, shared_data
from relance.sending.templates_checks import POSTAL, Around, Remark, check
from relance.sending.templates_pictures import known_pictures
from relance.store import Shop

REMEMBERED: Final = 512  # checks, each of a template as it stands
NOTHING: Final = "{}"


def unfit(connection: Connection, shop: Shop, template_ids: Collection[str]) -> dict[str, tuple[Remark, ...]]:
    """The templates that must not be sent, each with what stands against it. Unknown ones are not among them.

    The shop's postal address is not asked for here: without it no mail leaves at all.
    """
    own = own_documents(connection, shop, template_ids)
    found = {}
    for name in sorted(set(template_ids)):
        if name in own:
            stops = _of_own(connection, shop, name, own[name])
        elif name in library():
            stops = _stops(name, "", NOTHING, (), shop.name, shop.currency)
        else:
            continue
        if stops:
            found[name] = stops
    return found


def _of_own(connection: Connection, shop: Shop, name: str, data: Mapping[str, Any]) -> tuple[Remark, ...]:
    document = read_document(name, data)
    shared = shared_data(connection, shop) if shared_in(document.blocks) else {}
    images = [block.image for block in document.blocks if isinstance(block, d.Image)]
    pictures = known_pictures(connection, shop, images) if images else {}
    kept = tuple(sorted(pictures.items()))
    return _stops(name, _as_text(data), _as_text(shared), kept, shop.name, shop.currency)


@lru_cache(maxsize=REMEMBERED)
def _stops(
    name: str, own: str, shared: str, pictures: tuple[tuple[str, int], ...], shop_name: str, currency: str
) -> tuple[Remark, ...]:
    """What stands against a document, which is the shop's `own` or else the ready-made one."""
    document = read_document(name, json.loads(own)) if own else library()[name]
    blocks = {one: d.read_shared(one, data) for one, data in json.loads(shared).items()}
    around = Around(shop_name, POSTAL, currency, blocks, dict(pictures))
    return tuple(one for one in check(document, around, name) if one.level == "stop")


def _as_text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, sort_keys=True)
