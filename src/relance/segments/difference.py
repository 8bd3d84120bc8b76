"""How two queries differ: condition by condition on their trees, and word by word in their texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal, TypeAlias

from relance.segments.language.sentence import clause
from relance.segments.language.typed import AllOf, AnyOf, Check, Complement, Matching, Meaning
from relance.words import Language, say

ChangeKind: TypeAlias = Literal["added", "removed", "changed", "all_of", "any_of"]
PieceKind: TypeAlias = Literal["same", "added", "removed"]
Terms: TypeAlias = tuple[Meaning, ...]
# A quoted text is one word, like a name, a number or an operator; the blanks between stand by themselves.
_WORD: Final = re.compile(r"'(?:\\.|[^'\\])*'|\s+|[\w.+%-]+|[<>!=]+|.", re.DOTALL)


@dataclass(frozen=True)
class Change:
    """One difference: a condition added, removed or changed; `all_of`, `any_of`: how conditions are now joined.

    `old` and `new` are the conditions; only those of the kind are there.
    """

    kind: ChangeKind
    old: Meaning | None = None
    new: Meaning | None = None

    def say(self, language: Language, currency: str | None = None) -> str:
        """The change as a sentence."""
        old, new = (clause(one, language, currency) if one else "" for one in (self.old, self.new))
        return say(f"history.change_{self.kind}", language, old=old, new=new)


@dataclass(frozen=True)
class Piece:
    """A piece of the text: in both, only in the new one (`added`), or only in the old one (`removed`)."""

    kind: PieceKind
    text: str


def changes(old: Meaning, new: Meaning) -> tuple[Change, ...]:
    """The differences of two meanings; none when they are equal but for the order of their conditions."""
    if _equal(old, new):
        return ()
    if isinstance(old, Complement) and isinstance(new, Complement):
        return changes(old.term, new.term) or (Change("changed", old, new),)
    if isinstance(old, AllOf | AnyOf) or isinstance(new, AllOf | AnyOf):
        return _changes_of_groups(old, new)
    return _changes_of_terms((old,), (new,))


def pieces(old: str, new: str) -> tuple[Piece, ...]:
    """The texts laid over one another word by word: the old one without `added` pieces, the new without `removed`."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    found: list[Piece] = []
    for tag, low, high, begin, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", "".join(before[low:high])))
            continue
        if high > low:
            found.append(Piece("removed", "".join(before[low:high])))
        if end > begin:
            found.append(Piece("added", "".join(after[begin:end])))
    return tuple(found)


def _changes_of_groups(old: Meaning, new: Meaning) -> tuple[Change, ...]:
    """A condition beside a group counts as a group of one, joined in the same way."""
    kinds = {type(one) for one in (old, new) if isinstance(one, AllOf | AnyOf)}
    if len(kinds) == 1:
        (group,) = kinds
        return _changes_of_terms(_terms(old, group), _terms(new, group))
    for whole, kind in ((old, type(new)), (new, type(old))):
        terms = _terms(old, kind), _terms(new, kind)
        if any(_equal(whole, term) for side in terms if len(side) > 1 for term in side):
            return _changes_of_terms(*terms)
    joined = Change("all_of" if isinstance(new, AllOf) else "any_of", old, new)
    return (joined, *_changes_of_terms(_terms(old, type(old)), _terms(new, type(new))))


def _terms(meaning: Meaning, kind: type) -> Terms:
    """The terms of a group of that kind; anything else is a single term."""
    if isinstance(meaning, AllOf | AnyOf) and isinstance(meaning, kind):
        return meaning.terms
    return (meaning,)


def _changes_of_terms(old: Terms, new: Terms) -> tuple[Change, ...]:
    gone, fresh = _without(old, new), _without(new, old)
    found: list[Change] = []
    for term in gone:
        partner = next((one for one in fresh if _about(one) == _about(term)), None)
        if partner is None:
            found.append(Change("removed", term))
            continue
        fresh.remove(partner)
        found += _inside(term, partner)
    found += (Change("added", None, term) for term in fresh)
    return tuple(found)


def _inside(old: Meaning, new: Meaning) -> tuple[Change, ...]:
    """What changed in a pair of terms about the same thing."""
    if isinstance(old, Check | Matching):
        return (Change("changed", old, new),)
    return changes(old, new)


def _without(terms: Sequence[Meaning], others: Sequence[Meaning]) -> list[Meaning]:
    """The terms that have no equal among the others; each of them stands for one."""
    left = list(others)
    found: list[Meaning] = []
    for term in terms:
        equal = next((one for one in left if _equal(one, term)), None)
        if equal is None:
            found.append(term)
        else:
            left.remove(equal)
    return found


def _about(meaning: Meaning) -> tuple[object, ...]:
    """What a condition speaks of: conditions about the same thing are told as one that changed."""
    match meaning:
        case Check(field=field, anniversary=anniversary):
            return "field", field.name, anniversary
        case Matching(function=function):
            return "function", function.name
        case _:
            return (type(meaning).__name__,)


def _equal(one: Meaning, other: Meaning) -> bool:
    """Whether both mean the same: the order of conditions and of parameters does not matter."""
    match one, other:
        case (AllOf(terms=a), AllOf(terms=b)) | (AnyOf(terms=a), AnyOf(terms=b)):
            return len(a) == len(b) and not _without(a, b)
        case Complement(term=c), Complement(term=d):
            return _equal(c, d)
        case Matching(), Matching():
            same = one.function.name == other.function.name and one.negated == other.negated
            return same and sorted(map(repr, one.checks)) == sorted(map(repr, other.checks))
        case _:
            return one == other
