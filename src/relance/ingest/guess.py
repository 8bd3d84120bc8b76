"""A guess at what a file's columns mean, from their names and a look at their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from relance.ingest import columns as read
from relance.ingest.mappings import MUST, Mapping, find_mapping, plain_name

READY: Final = ("shopify-orders", "shopify-customers", "uci-online-retail", "order-lines", "orders", "customers")
CONFIDENT: Final = 0.8
EMAIL: Final = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"


@dataclass(frozen=True)
class Proposal:
    """One column and the field that it may be; confidence from 0 to 1, None for a column that is kept beside."""

    column: str
    field: str | None
    confidence: float


@dataclass(frozen=True)
class Guess:
    """A mapping for a file, how sure each column is, and the fields that no column was found for."""

    mapping: Mapping
    proposals: tuple[Proposal, ...]
    missing: tuple[str, ...]

    @property
    def confident(self) -> bool:
        """Whether it can be used without asking."""
        sure = {proposal.field: proposal.confidence for proposal in self.proposals}
        needed = MUST[self.mapping.of]
        return not self.missing and all(
            max((sure.get(name, 0.0) for name in choices), default=0.0) >= CONFIDENT for choices in needed
        )


def guess_mapping(columns: Sequence[str], sample: pa.Table) -> Guess:
    """The ready mapping that knows most of the columns; e-mail addresses and dates are also known by their look.

    A complete one is preferred, unless another that lacks a field knows more of the columns: then nobody can be sure.
    """
    guesses = [_laid_over(find_mapping(name), columns, sample) for name in READY]
    best = max(guesses, key=_score)
    closest = max(guesses, key=_sure)
    doubted = best.mapping.of == "customers" and _sure(closest) > _sure(best) and _tells_of_orders(closest)
    return closest if doubted else best


def _laid_over(mapping: Mapping, columns: Sequence[str], sample: pa.Table) -> Guess:
    by_name = _by_name(mapping, columns)
    named = [Proposal(column, by_name.get(column), 1.0 if column in by_name else 0.0) for column in columns]
    proposals = _by_look(mapping, named, sample)
    found = {proposal.field: proposal.column for proposal in proposals if proposal.field}
    missing = [choices[0] for choices in MUST[mapping.of] if not any(choice in found for choice in choices)]
    if mapping.of == "customers" and set(found) == {"customer_id"}:
        missing.append("email")  # an id beside unknown columns may be anything, sales for instance
    there = {plain_name(column) for column in columns}
    missing += [need for need in mapping.needs if plain_name(need) not in there]
    if mapping.batch is not None and mapping.batch not in columns:
        missing.append("batch")
    chosen: dict[str, tuple[str, ...]] = {
        name: (column,) for name, column in found.items() if name not in by_name.values()
    }
    if chosen:
        mapping = replace(
            mapping, name="guess", columns={**mapping.columns, **chosen}, version=_version(mapping, chosen)
        )
    return Guess(mapping, tuple(proposals), tuple(missing))


def _version(mapping: Mapping, chosen: dict[str, tuple[str, ...]]) -> str:
    return f"{mapping.name}:" + ",".join(f"{name}={column[0]}" for name, column in sorted(chosen.items()))


def _known(guess: Guess) -> float:
    return sum(proposal.confidence for proposal in guess.proposals)


def _sure(guess: Guess) -> int:
    return sum(proposal.confidence >= CONFIDENT for proposal in guess.proposals)


def _tells_of_orders(guess: Guess) -> bool:
    return any(proposal.field in {"number", "quantity", "unit_price", "total"} for proposal in guess.proposals)


def _score(guess: Guess) -> tuple[int, float]:
    """First that all needed fields are there, orders before customers; then the columns it knows."""
    complete = int(not guess.missing) * (1 if guess.mapping.of == "customers" else 2)
    return complete, _known(guess)


def _by_name(mapping: Mapping, columns: Sequence[str]) -> dict[str, str]:
    """The field of each column that the mapping names."""
    there = {plain_name(column): column for column in columns}
    out: dict[str, str] = {}
    for field, names in mapping.columns.items():
        column = next((there[plain_name(name)] for name in names if plain_name(name) in there), None)
        if column is not None:
            out.setdefault(column, field)
    return out


def _by_look(mapping: Mapping, proposals: list[Proposal], sample: pa.Table) -> list[Proposal]:
    """Columns without a known name whose values look like e-mail addresses or dates, where that field is missing."""
    taken = {proposal.field for proposal in proposals}
    out = []
    for proposal in proposals:
        field = None
        if proposal.field is None and proposal.column in sample.column_names:
            field = _look(sample[proposal.column].combine_chunks(), mapping)
        if field is None or field in taken:
            out.append(proposal)
            continue
        taken.add(field)
        out.append(Proposal(proposal.column, field, 0.9 if field == "email" else 0.6))
    return out


def _look(values: pa.Array, mapping: Mapping) -> str | None:
    words = read.text(values).drop_null()
    if not len(words):
        return None
    if pc.all(pc.match_substring_regex(words, EMAIL)).as_py():
        return "email"
    dates = read.instant(words, "UTC", read.Style())
    if mapping.of != "customers" and not pc.any(dates.wrong).as_py():
        return "ordered_at"
    return None
