"""What a template looks like, for the pages of the back office."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from relance.sending.layout import Frame, Rendered, render
from relance.sending.templates import fill, load
from relance.words import Language


def preview(template: str, language: Language, facts: Mapping[str, Any]) -> Rendered:
    """Subject, HTML and text of a template with these facts; its links lead to their targets, not through tracking.

    The facts may name `shop_name`, `postal_address` and `unsubscribe_url` for the foot of the mail. Raises NotFound
    for an unknown template and BadInput for missing facts.
    """
    filled = fill(load(template, language), facts)
    frame = Frame(
        str(facts.get("shop_name") or ""),
        str(facts.get("postal_address") or ""),
        str(facts.get("unsubscribe_url") or "https://example.org/u/"),
    )
    return render(filled, filled.targets, frame)
