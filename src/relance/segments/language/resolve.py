"""Meaning: names become declared fields and functions, values become typed literals, operators are checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from relance.errors import NotAvailableYet
from relance.segments.language.faults import Fault
from relance.segments.language.fields import Field, Fields, Function, Kind, Parameter, nearest
from relance.segments.language.known import canonical_name
from relance.segments.language.operators import BY_SIGN, COMPARISONS, NUMBERS, RANKS, Takes, operators_for
from relance.segments.language.printer import number_text
from relance.segments.language.tree import (
    And,
    Boolean,
    Condition,
    Day,
    Instant,
    Items,
    Match,
    Multiple,
    Named,
    Not,
    Number,
    OfAverage,
    Offset,
    Op,
    Or,
    Percent,
    Range,
    Span,
    Subject,
    Tree,
    Value,
    Word,
)
from relance.segments.language.typed import (
    AllOf,
    AnyOf,
    Between,
    Check,
    Complement,
    Matching,
    Meaning,
    Meant,
    Note,
    OfMean,
    Sequence,
    Share,
    Times,
    TypedValue,
)
from relance.segments.language.values import convert, convert_list, wrong

# Read as Shopify, a lifetime amount is gross of refunds (S12).
SHOPIFY_NAMES: Final = {"amount_spent": "gross_amount_spent"}


class _NotYet(Fault):
    """The name is known, but nothing answers it yet."""


def resolve(tree: Tree, fields: Fields, text: str, as_shopify: bool = False) -> Meant:
    """The meaning of a tree that was parsed from `text`.

    With `as_shopify`, `amount_spent` is read as `gross_amount_spent`, and a note says so. Raises QueryError for a
    name, an operator or a value that cannot be, and NotAvailableYet for a known name without data.
    """
    resolver = _Resolver(fields, as_shopify)
    try:
        return Meant(resolver.meaning(tree), tuple(resolver.notes))
    except _NotYet as fault:
        raise NotAvailableYet(fault.key, text, fault.span.start, fault.span.end, **fault.facts) from None
    except Fault as fault:
        raise fault.in_text(text) from None


@dataclass
class _Resolver:
    fields: Fields
    as_shopify: bool
    notes: list[Note] = field(default_factory=list)

    def meaning(self, tree: Tree) -> Meaning:
        match tree:
            case And(terms=terms, span=span):
                return AllOf(tuple(self.meaning(term) for term in terms), span)
            case Or(terms=terms, span=span):
                return AnyOf(tuple(self.meaning(term) for term in terms), span)
            case Not(term=term, span=span):
                return Complement(self.meaning(term), span)
            case Match():
                return self.matching(tree)
            case Condition():
                return self.condition(tree)

    def condition(self, condition: Condition) -> Check | Matching:
        name = canonical_name(condition.subject.name)
        function = self.fields.function(name)
        if function is not None and self.fields.field(name) is None:
            return self.existence(condition, function)
        found = self.field(condition.subject.name, condition.subject.span)
        if condition.subject.anniversary and found.kind != Kind.DATE:
            raise Fault("anniversary_date", condition.subject.span, field=found.name)
        value = self.checked(condition, found)
        return Check(found, condition.operator, value, condition.subject.anniversary, condition.span)

    def existence(self, condition: Condition, function: Function) -> Matching:
        """`function IS NULL` is NOT MATCHES (), `function IS NOT NULL` is MATCHES ()."""
        if condition.operator not in {Op.IS_NULL, Op.IS_NOT_NULL}:
            raise Fault("function_needs_matches", condition.operator_span, function=condition.subject.name)
        self.available(function.available, condition.subject)
        return Matching(function, (), condition.operator == Op.IS_NULL, condition.span)

    def matching(self, match: Match) -> Matching:
        name = canonical_name(match.function.name)
        function = self.fields.function(name)
        if function is None:
            if self.fields.field(name) is not None:
                raise Fault("not_a_function", match.function.span, field=match.function.name)
            raise self.unknown(match.function.name, match.function.span)
        self.available(function.available, match.function)
        checks = tuple(self.parameter(function, condition) for condition in match.parameters)
        return Matching(function, checks, match.negated, match.span)

    def parameter(self, function: Function, condition: Condition) -> Check:
        name = canonical_name(condition.subject.name)
        found = function.parameter(name)
        if found is None and function.any_property and name.startswith("properties."):
            found = Parameter(name, _kind_of(condition.value))
        if found is None:
            raise _unknown_parameter(function, condition.subject)
        self.available(found.available, condition.subject)
        if condition.operator in RANKS:
            raise Fault("rank_in_function", condition.operator_span)
        return Check(found, condition.operator, self.checked(condition, found), span=condition.span)

    def field(self, written: str, span: Span) -> Field:
        name = canonical_name(written)
        if self.as_shopify and name in SHOPIFY_NAMES:
            facts = (("field", name), ("read_as", SHOPIFY_NAMES[name]))
            self.notes.append(Note("segments.language_read_as_shopify", facts, span))
            name = SHOPIFY_NAMES[name]
        found = self.fields.field(name)
        if found is None:
            raise self.unknown(written, span)
        self.available(found.available, Subject(written, span=span))
        return found

    def unknown(self, name: str, span: Span) -> Fault:
        if canonical_name(name).startswith(("metafields.", "properties.")):
            return _NotYet("unknown_own_field", span, word=name)
        likely = self.fields.nearest(name)
        return Fault("unknown_likely", span, word=name, likely=likely) if likely else Fault("unknown", span, word=name)

    def available(self, available: bool, subject: Subject) -> None:
        if not available:
            raise _NotYet("not_available_yet", subject.span, word=subject.name)

    def checked(self, condition: Condition, found: Field | Parameter) -> TypedValue | None:
        """The typed value, after the operator was found possible for the kind."""
        operator = BY_SIGN[condition.operator]
        if found.kind not in operator.kinds:
            possible = ", ".join(str(possible.sign) for possible in operators_for(found.kind))
            raise Fault(
                "operator", condition.operator_span, operator=str(operator.sign), field=found.name, possible=possible
            )
        value = condition.value
        if value is None:
            return None
        match operator.takes, value:
            case Takes.LIST, Items():
                return convert_list(value, found)
            case Takes.RANGE, Range(low=low, high=high):
                return self.between(low, high, found)
            case Takes.SHARE, Percent(value=percent):
                return _share(percent, value.span)
        return self.single(condition.operator, value, found)

    def between(self, low: Value, high: Value, found: Field | Parameter) -> Between:
        ends = convert(low, found), convert(high, found)
        if isinstance(ends[0], Sequence) or isinstance(ends[1], Sequence):
            raise wrong(low, found)
        return Between(ends[0], ends[1])

    def single(self, operator: Op, value: Value, found: Field | Parameter) -> TypedValue:
        if found.kind in NUMBERS and operator in COMPARISONS:
            match value:
                case OfAverage(percent=percent):
                    return OfMean(percent)
                case Multiple(factor=factor, name=name):
                    return self.times(factor, name, value.span, found)
                case Word(name=name) if self.fields.field(canonical_name(name)) is not None:
                    return self.times(Decimal(1), name, value.span, found)
        return convert(value, found)

    def times(self, factor: Decimal, name: str, span: Span, found: Field | Parameter) -> Times:
        other = self.field(name, span)
        if other.kind not in NUMBERS or isinstance(found, Parameter):
            raise Fault("field_against_field", span, field=found.name, word=name)
        return Times(factor, other)


def _unknown_parameter(function: Function, subject: Subject) -> Fault:
    names = [parameter.name for parameter in function.parameters]
    facts = {"word": subject.name, "function": function.name, "known": ", ".join(names)}
    likely = nearest(subject.name, names)
    if likely:
        return Fault("parameter_likely", subject.span, likely=likely, **facts)
    return Fault("parameter_unknown", subject.span, **facts)


def _share(percent: Decimal, span: Span) -> Share:
    if not 0 < percent <= 100:
        raise Fault("share", span, word=number_text(percent))
    return Share(percent)


def _kind_of(value: Value | None) -> Kind:
    """The kind of a property that nobody declared: that of the value it is compared with."""
    match value:
        case Items(values=values):
            return _kind_of(values[0])
        case Range(low=low):
            return _kind_of(low)
        case Number() | Percent():
            return Kind.DECIMAL
        case Boolean():
            return Kind.BOOLEAN
        case Day() | Instant() | Offset() | Named():
            return Kind.DATE
        case _:
            return Kind.TEXT


def meaning_of(found: Meaning | Meant) -> Meaning:
    """The meaning, also of a resolved query with its notes."""
    return found.meaning if isinstance(found, Meant) else found
