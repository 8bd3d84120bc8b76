"""A guess at what a file's columns mean, from their names and a look at their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from relance.ingest import columns as read
from relance.ingest.mappings import MUST, Mapping, find_mapping, plain_name

PLATFORMS: Final = ("shopify-orders", "shopify-customers", "uci-online-retail")
READY: Final = (*PLATFORMS, "order-lines", "orders", "customers", "products")
CONFIDENT: Final = 0.8
# columns that only people have: a name, a place, a phone and an id a warehouse has too
PERSONAL: Final = frozenset({"email", "first_name", "gender", "birth_date", "email_consent", "sms_consent"})
# columns of sales, and those that a list of products does not share
SALES: Final = frozenset(
    {
        *("number", "ordered_at", "quantity", "unit_price", "line_discount", "product_id", "total", "subtotal"),
        *("shipping", "tax", "discount", "refunded", "cancelled_at", "coupons", "payment_method", "shipping_method"),
    }
)
BUYING: Final = frozenset({"number", "ordered_at", "customer_id", "email"})
SHOWN: Final = frozenset({"title", "price", "category"})  # one of these a list of products has
KEYS: Final = {"customers": ("customer_id", "email", "phone"), "orders": ("number",)}
# columns of what a platform tells about the shop itself, which has a name, a phone and an e-mail address too
OF_SHOPS: Final = frozenset({"money format", "weight unit", "myshopify domain", "iana timezone", "setup required"})
BARE: Final = frozenset({"id", "identifiant"})
MOSTLY: Final = 0.8  # one row a person, one row an order: how many rows have a key of their own
FEW: Final = 20  # rows that say nothing about that
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

    A complete one is preferred, unless the columns or repeated keys tell that the rows are something else: then the
    closest other is proposed, which lacks a field, and somebody has to be asked.
    """
    guesses = [_laid_over(find_mapping(name), columns, sample) for name in READY]
    sales = max((guess for guess in guesses if guess.mapping.of in {"orders", "order_lines"}), key=_sure)
    fitting = [guess for guess in guesses if _is_like_it(guess, sales, sample)]
    best = max(fitting, key=_score)
    if not best.missing or _sure(best) > _sure(sales):
        return best
    return replace(sales, missing=sales.missing or ("number",))


def _is_like_it(guess: Guess, sales: Guess, sample: pa.Table) -> bool:
    """Whether the rows may be what the mapping is of, as far as columns and repeated keys tell."""
    if guess.mapping.name in PLATFORMS:
        return 2 * len(_fields(guess)) >= len(guess.mapping.columns)
    if guess.missing:
        return True
    match guess.mapping.of:
        case "customers":
            is_sold = len(_beside(sales, guess) & SALES) > 1
            return _is_of_people(guess) and not is_sold and _has_key(guess, sample)
        case "products":
            found = set(_fields(guess))
            return len(found) > 2 and bool(found & SHOWN) and not _beside(sales, guess) & BUYING
        case "orders":
            return _has_key(guess, sample)
        case _:
            return True


def _fields(guess: Guess) -> dict[str, Proposal]:
    """What was found, by field."""
    return {proposal.field: proposal for proposal in guess.proposals if proposal.field}


def _beside(other: Guess, guess: Guess) -> set[str]:
    """What the other mapping knows by name in columns that this one does not know."""
    unknown = {proposal.column for proposal in guess.proposals if proposal.confidence < CONFIDENT}
    return {name for name, one in _fields(other).items() if one.confidence == 1.0 and one.column in unknown}


def _is_of_people(guess: Guess) -> bool:
    """Whether somebody is named. An address that is only known by its look may be a sender's or a supplier's."""
    if OF_SHOPS & {plain_name(one.column) for one in guess.proposals}:
        return False
    found = _fields(guess)
    sure = {name for name, one in found.items() if one.confidence == 1.0}
    if sure & PERSONAL or ("email" in found and 2 * len(found) >= len(guess.proposals)):
        return True
    is_named = "customer_id" in found and plain_name(found["customer_id"].column) not in BARE
    return len(found) > 1 and (is_named or {"phone", "last_name"} <= sure)


def _has_key(guess: Guess, sample: pa.Table) -> bool:
    """Whether the rows of the sample have mostly keys of their own.

    An `id` beside a `customer_id` or an `order_id` is the key, and the row something else, a payment for instance.
    """
    found = _fields(guess)
    name = next(name for name in KEYS[guess.mapping.of] if name in found)
    if plain_name(found[name].column).endswith(" id") and BARE & {plain_name(one.column) for one in guess.proposals}:
        return False
    keys = pc.utf8_lower(read.text(sample[found[name].column].combine_chunks()).drop_null())
    return len(keys) < FEW or len(pc.unique(keys)) >= MOSTLY * len(keys)


def _laid_over(mapping: Mapping, columns: Sequence[str], sample: pa.Table) -> Guess:
    by_name = _by_name(mapping, columns)
    named = [Proposal(column, by_name.get(column), 1.0 if column in by_name else 0.0) for column in columns]
    proposals = _by_look(mapping, named, sample)
    found = {proposal.field: proposal.column for proposal in proposals if proposal.field}
    missing = [choices[0] for choices in MUST[mapping.of] if not any(choice in found for choice in choices)]
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


def _score(guess: Guess) -> tuple[int, float]:
    """First that all needed fields are there, orders before customers; then the columns it knows."""
    complete = int(not guess.missing) * (1 if guess.mapping.of in {"customers", "products"} else 2)
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
    if mapping.of in {"orders", "order_lines"} and not pc.any(dates.wrong).as_py():
        return "ordered_at"
    return None
