"""Sensitive attributes in a query (R17): what the law asks of who uses them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from relance.segments.language.typed import Matching, Meaning, leaves
from relance.words import Language, say

# Ordinary personal data whose use to sort people may discriminate (French penal code 225-1).
KINDS: Final = {
    "gender": "sex",
    "age": "age",
    "birth_date": "age",
    "customer_countries": "origin",
    "customer_regions": "origin",
    "customer_cities": "origin",
    "customer_city": "origin",
    "customer_postcode": "origin",
    "customer_department": "origin",
    "customer_language": "origin",
}
# The special categories of GDPR article 9 and the data of article 10: how words in a shop's own field names begin.
SPECIAL: Final = re.compile(
    r"health|sante$|medic|disab|handicap|pregnan|enceinte|grossesse|allerg|illness|maladie"
    r"|religi|faith|croyance|halal|kosher|casher"
    r"|ethni|race$|racial|nationalit"
    r"|politi|union$|syndic"
    r"|sexual|sexuel|lgbt"
    r"|biometr|geneti"
    r"|crimin|convict|condamn|casier"
)
OWN: Final = ("metafields.", "properties.")
BEHIND_FIELD: Final = {"sex": "sex", "gender": "sex", "genre": "sex", "sexe": "sex", "age": "age", "birth": "age"}


@dataclass(frozen=True)
class Sensitive:
    """A field of a query and why it is sensitive: `kind` is sex, age, origin or special."""

    field: str
    kind: str

    def say(self, language: Language) -> str:
        """What the law asks."""
        return say(f"advice.law_{self.kind}", language, field=self.field)


def sensitive_in(meaning: Meaning) -> tuple[Sensitive, ...]:
    """The sensitive fields that a query reads, in the order of their names."""
    found = {name: kind for name in _names(meaning) if (kind := kind_of(name)) is not None}
    return tuple(Sensitive(name, found[name]) for name in sorted(found))


def kind_of(name: str) -> str | None:
    """Why a field is sensitive; None when it is not."""
    if name in KINDS:
        return KINDS[name]
    if not name.startswith(OWN):
        return None
    plain = unicodedata.normalize("NFKD", name.partition(".")[2]).encode("ascii", "ignore").decode().lower()
    words = re.split(r"[._\-]", plain)
    if any(SPECIAL.match(word) for word in words):
        return "special"
    return next((BEHIND_FIELD[word] for word in words if word in BEHIND_FIELD), None)


def _names(meaning: Meaning) -> Iterable[str]:
    for leaf in leaves(meaning):
        if isinstance(leaf, Matching):
            yield from (check.field.name for check in leaf.checks)
        else:
            yield leaf.field.name
