"""From the text of a query to its meaning for a shop."""

from __future__ import annotations

from dataclasses import dataclass

from relance.errors import NotAvailableYet, QueryError
from relance.segments.fields import fields_with
from relance.segments.funnel import FUNNEL, fault_of
from relance.segments.language.fields import Fields
from relance.segments.language.parser import WIDEST, Limits, parse
from relance.segments.language.resolve import resolve
from relance.segments.language.sentence import sentence
from relance.segments.language.tree import Op
from relance.segments.language.typed import Check, Matching, Meant, OfMean
from relance.segments.matches import AVERAGED
from relance.segments.nearby import WITHIN_DISTANCE, lacks_place_or_distance
from relance.segments.references import refuse_unknown
from relance.words import Language


@dataclass(frozen=True)
class QueryInWords:
    """A query as a sentence, for readers of any language; `currency` is the shop's ISO code."""

    query: str
    currency: str

    def say(self, language: Language) -> str:
        """The sentence; the query itself when this shop's fields do not make sense of it."""
        try:
            told = sentence(understood(self.query, fields_with()), language, self.currency)
        except QueryError:
            return self.query
        return told[:1].upper() + told[1:]


def understood(text: str, fields: Fields, *, as_shopify: bool = False, limits: Limits = WIDEST) -> Meant:
    """The meaning of a query. Raises QueryError with the place of a fault, NotAvailableYet for what has no data.

    What somebody types is measured by the `limits` of the settings; what is saved was measured before.
    """
    meant = resolve(parse(text, limits), fields, text, as_shopify)
    for leaf in meant.leaves():
        refuse_unknown(leaf, fields.segments, text)
        if isinstance(leaf, Matching):
            _refuse_unanswerable(leaf, text)
    return meant


def _refuse_unanswerable(matching: Matching, text: str) -> None:
    if matching.function.name == FUNNEL.name and (fault := fault_of(matching)):
        key, place = fault
        raise _at(QueryError(key, text, 0, 0), place or matching)
    if matching.function.name == WITHIN_DISTANCE.name and lacks_place_or_distance(matching):
        raise _at(QueryError("places.needs_place_and_distance", text, 0, 0), matching)
    for check in matching.checks:
        if isinstance(check.value, OfMean) and check.field.name not in AVERAGED:
            raise _at(NotAvailableYet("membership.no_average", text, 0, 0, parameter=check.field.name), check)
        if check.field.name == "position" and check.operator != Op.EQ:
            raise _at(QueryError("membership.position_needs_equals", text, 0, 0), check)


def _at(error: QueryError, check: Check | Matching) -> QueryError:
    error.start, error.end = check.span.start, max(check.span.end, check.span.start + 1)
    return error
