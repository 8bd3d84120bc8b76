"""A query as one sentence in French or English, from the same table of operators as everything else."""

from __future__ import annotations

from typing import Final

from relance.segments.language.fields import Kind
from relance.segments.language.known import CHANNELS, SESSION_DAYS
from relance.segments.language.operators import BY_SIGN
from relance.segments.language.resolve import meaning_of
from relance.segments.language.tree import Day, Instant, Named, Offset, Op
from relance.segments.language.typed import (
    AllOf,
    AnyOf,
    Between,
    Check,
    Complement,
    Matching,
    Meaning,
    Meant,
    OneOf,
    Scalar,
    TypedValue,
)
from relance.segments.language.wording import Wording, tense_of
from relance.words import Language


def sentence(found: Meaning | Meant, language: Language, currency: str | None = None) -> str:
    """Who is in the segment, in one sentence; `currency` is the shop's ISO code, shown with amounts when given."""
    words = Wording(language, currency)
    return words.say("sentence_customers", clause=_clause(meaning_of(found), words))


def clause(found: Meaning | Meant, language: Language, currency: str | None = None) -> str:
    """The part of the sentence for one condition, such as "who have never ordered"."""
    return _clause(meaning_of(found), Wording(language, currency))


def parameter_clause(check: Check, language: Language, currency: str | None = None) -> str:
    """One parameter of a function by itself, such as "coupon: one of …"."""
    words = Wording(language, currency)
    return words.say("sentence_parameter", label=words.label(check.field), told=_bare(check, words))


def _clause(meaning: Meaning, words: Wording) -> str:
    match meaning:
        case AllOf(terms=terms):
            return _joined([_grouped(term, words) for term in terms], "sentence_and", words)
        case AnyOf(terms=terms):
            return _joined([_grouped(term, words) for term in terms], "sentence_or", words)
        case Complement(term=term):
            return words.say("sentence_except", clause=_grouped(term, words))
        case Matching():
            return _matching(meaning, words)
        case Check():
            return _check(meaning, words)


def _joined(clauses: list[str], last: str, words: Wording) -> str:
    """a, b and c."""
    return words.say(last).join([words.say("sentence_comma").join(clauses[:-1]), clauses[-1]])


def _grouped(term: Meaning, words: Wording) -> str:
    """The clause of a term, in parentheses where it joins several itself."""
    said = _clause(term, words)
    return words.say("sentence_group", clause=said) if isinstance(term, AllOf | AnyOf) else said


def _check(check: Check, words: Wording) -> str:
    operator = BY_SIGN[check.operator].name
    if check.value is None:
        own = f"sentence_{check.field.name}_{operator}"
        return words.say(own) if words.knows(own) else words.say(f"sentence_{operator}", label=words.label(check.field))
    if check.anniversary:
        return _anniversary(check, words)
    return _own_clause(check, operator, words) or words.say(
        "sentence_has", field=words.in_sentence(check.field), told=_told(check, operator, words)
    )


def _anniversary(check: Check, words: Wording) -> str:
    value = check.value
    if not isinstance(value, Between | Day | Instant | Offset | Named):
        return ""
    name = "sentence_anniversary_not" if check.operator == Op.NE else "sentence_anniversary"
    return words.say(name, label=words.label(check.field), when=words.when(check.operator, value))


def _own_clause(check: Check, operator: str, words: Wording) -> str | None:
    """The clause written for this very field and operator (and value), where there is one."""
    scalar = check.value.value if isinstance(check.value, Scalar) else None
    for name in (f"sentence_{check.field.name}_{operator}_{str(scalar).lower()}", _plain_name(check, operator)):
        if words.knows(name):
            return words.say(name, **_facts(check, check.value, words))
    return None


def _plain_name(check: Check, operator: str) -> str:
    """The name of the clause for a plain value; averages and other fields are told the general way."""
    if isinstance(check.value, Scalar | Between):
        return f"sentence_{check.field.name}_{operator}"
    return ""


def _facts(check: Check, value: TypedValue | None, words: Wording) -> dict[str, object]:
    if isinstance(value, Between):
        return {"low": words.value(value.low, check.field), "high": words.value(value.high, check.field)}
    if value is None:
        return {}
    if check.operator == Op.NOT_IN and isinstance(value, OneOf):
        return {"value": words.none_of(value, check.field)}
    count = value.value if isinstance(value, Scalar) and isinstance(value.value, int) else 2
    said = words.value(value, check.field)
    return {"value": said, "number": said, "count": count}


def _told(check: Check, operator: str, words: Wording) -> str:
    if check.field.kind == Kind.DATE:
        return _told_date(check, words)
    return words.say(_told_name(check, operator, words), **_facts(check, check.value, words))


def _told_name(check: Check, operator: str, words: Wording) -> str:
    """The name of the predicate; numbers have their own where a language tells them otherwise than texts."""
    operator = _singular(check, operator)
    is_number = check.field.kind in {Kind.INTEGER, Kind.DECIMAL, Kind.MONEY}
    number = f"sentence_told_{operator}_number"
    return number if is_number and words.knows(number) else f"sentence_told_{operator}"


def _singular(check: Check, operator: str) -> str:
    """NOT IN with one value is said as !=."""
    is_single = isinstance(check.value, OneOf) and len(check.value.values) == 1
    return "ne" if operator == "not_in" and is_single else operator


def _told_date(check: Check, words: Wording) -> str:
    """The verb and the time: "was more than 90 days ago"."""
    value = check.value
    match value:
        case Between(low=low, high=high):
            tense = "ahead" if tense_of(high) == "ahead" and tense_of(low) != "ago" else "point"
            return words.say(f"sentence_happened_{tense}", when=words.when(check.operator, value))
        case Day() | Instant() | Offset() | Named():
            name = f"sentence_happened_{tense_of(value)}{'_not' if check.operator == Op.NE else ''}"
            return words.say(name, when=words.when(check.operator, value))
    return ""


def _matching(matching: Matching, words: Wording) -> str:
    if matching.function.name == "segment":
        return _movement(matching, words)
    head, told = _head(matching, words)
    checks = [check for check in matching.checks if check not in told]
    when = [_bare(check, words) for check in checks if check.field.name == "date" and check.value is not None]
    if matching.function.name == "session" and not _asks(matching, "date") and not told:
        when = [words.span(SESSION_DAYS, "d", "last")]
    often = [
        words.say("sentence_often", told=_bare(check, words), count=_facts(check, check.value, words).get("count", 2))
        for check in checks
        if check.field.name == "count" and check.value is not None
    ]
    others = [
        words.say("sentence_parameter", label=_label(matching, check, words), told=_bare(check, words))
        for check in checks
        if check.field.name not in {"date", "count"} or check.value is None
    ]
    said = words.say("sentence_comma").join(
        [" ".join([head, words.say("sentence_and").join(when)]).strip(" ,"), *often]
    )
    if others:
        said += " " + words.say("sentence_parameters", list=words.say("sentence_semicolon").join(others))
    return said


def _head(matching: Matching, words: Wording) -> tuple[str, list[Check]]:
    """What the customers did, or did not do, and the parameters that this tells."""
    did = "did_not" if matching.negated else "did"
    name = matching.function.name
    channel, _, event = name.partition(".")
    if channel in CHANNELS:
        return words.say(f"sentence_{did}_{event}", channel=words.say(f"value_{channel}")), []
    own = _own_head(matching, name)
    if own is not None:
        key, told = own
        values = {_PLACES[check.field.name]: words.value(check.value, check.field) for check in told if check.value}
        return words.say(f"sentence_{did}_{key}", **values), told
    return words.say(f"sentence_{did}_{name.replace('.', '_')}"), []


# Where the texts have the value of a parameter.
_PLACES: Final = {"name": "value", "steps": "steps", "within": "within", "current": "value"}


def _own_head(matching: Matching, name: str) -> tuple[str, list[Check]] | None:
    """The text for a function with these parameters, and the parameters that it has a place for."""
    if name == "event":
        named = [check for check in matching.checks if check.field.name == "name" and check.operator in {Op.EQ, Op.IN}]
        return ("event_named", named) if len(named) == 1 else None
    if name == "session":
        current = [check for check in matching.checks if check.field.name == "current"]
        is_now = len(current) == 1 and current[0].operator == Op.EQ and current[0].value == Scalar(True)
        return ("session_current", current) if is_now else None
    if name == "funnel":
        told = [check for check in matching.checks if check.field.name in {"steps", "within"}]
        names = sorted(check.field.name for check in told)
        keys = {("steps",): "funnel_steps", ("steps", "within"): "funnel_steps_within"}
        return (keys[tuple(names)], told) if tuple(names) in keys else None
    return None


def _asks(matching: Matching, name: str) -> bool:
    return any(check.field.name == name for check in matching.checks)


def _label(matching: Matching, check: Check, words: Wording) -> str:
    """The name of a parameter; the same one can mean another thing in another function."""
    own = f"parameter_{matching.function.name.replace('.', '_')}_{check.field.name}"
    return words.say(own) if words.knows(own) else words.label(check.field)


def _movement(matching: Matching, words: Wording) -> str:
    """Who entered a segment and left it, or is in it."""
    names = [
        words.value(check.value, check.field) for check in matching.checks if check.field.name == "name" and check.value
    ]
    moves = []
    for way in ("entered", "left"):
        when = [_bare(check, words) for check in matching.checks if check.field.name == way]
        if when:
            moves.append(
                words.say(f"sentence_segment_{way}", value=", ".join(names), when=words.say("sentence_and").join(when))
            )
    if not moves:
        return words.say("sentence_segment_ne" if matching.negated else "sentence_segment_eq", value=", ".join(names))
    said = words.say("sentence_and").join(moves)
    if matching.negated and len(moves) > 1:
        said = words.say("sentence_group", clause=said)
    return words.say("sentence_except", clause=said) if matching.negated else said


def _bare(check: Check, words: Wording) -> str:
    """The condition of a parameter without verb: "at least 2", "before 3 May 2024"."""
    operator = BY_SIGN[check.operator].name
    value = check.value
    if value is None:
        return words.say(f"sentence_bare_{operator}")
    if check.field.kind == Kind.DATE and isinstance(value, Between | Day | Instant | Offset | Named):
        if check.operator == Op.GE and isinstance(value, Offset) and value.amount < 0:
            return words.span(-value.amount, value.unit, "last")
        when = words.when(check.operator, value)
        return words.say("sentence_date_not", when=when) if check.operator == Op.NE else when
    return words.say(f"sentence_bare_{_singular(check, operator)}", **_facts(check, value, words))
