"""What a template looks like, for the pages of the back office."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relance.sending.documents_library import load
from relance.sending.layout import Frame, Rendered, render
from relance.sending.templates import NO_IMAGES, Template, fill
from relance.words import Language

NOWHERE = "https://example.org/u/"


def preview(template: str, language: Language, facts: Mapping[str, Any]) -> Rendered:
    """Subject, HTML and text of a ready-made template with these facts; its links lead to their targets.

    The facts may name `shop_name`, `postal_address` and `unsubscribe_url` for the foot of the mail. Raises NotFound
    for an unknown template and BadInput for missing facts.
    """
    return shown(load(template, language), facts)


def shown(
    template: Template, facts: Mapping[str, Any], images: Mapping[str, str] = NO_IMAGES, frame: Frame | None = None
) -> Rendered:
    """The mail that a template makes of these facts, without tracking. Raises BadInput for missing facts."""
    filled = fill(template, facts, images)
    given = Frame(
        str(facts.get("shop_name") or ""),
        str(facts.get("postal_address") or ""),
        str(facts.get("unsubscribe_url") or NOWHERE),
    )
    return render(filled, filled.targets, frame or given)
