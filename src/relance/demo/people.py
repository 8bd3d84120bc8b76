"""Who the customers are: how they behave, which is hidden, and what the shop knows of them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from relance.demo.catalogue import data
from relance.demo.columns import Column, choose, constant, dates, instants, kernels, texts
from relance.demo.timeline import DAY, Bools, Floats, Ints, Timeline, clock_times, elapsed, season
from relance.demo.truth import BEHAVIOURS, COSTLY, HARMFUL, NAMES, RATE_SHAPE, RETURNING

NEVER = -1
COUNTRIES = ("FR", "BE", "CH", "GB")
COUNTRY_SHARES = (0.86, 0.07, 0.045, 0.025)
PHONES = ("FR", "GB")
DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com", "poste.example.org", "bureau.example.net")
DOMAIN_SHARES = (0.4, 0.2, 0.16, 0.1, 0.08, 0.06)
OFFICE = 5  # the domain whose mail scanner fetches every link


@dataclass(frozen=True)
class People:
    """One place a customer in each array; instants are seconds in UTC, NEVER where there is none."""

    behaviour: Ints
    rate: Floats
    costly: Bools
    harmed: Bools
    leaves: Bools  # driven away by the harmful product
    preferred: Ints  # category
    added: Ints
    first_order: Ints
    subscribed: Ints
    pending: Bools  # asked for the newsletter and never confirmed
    texting: Ints
    place: Ints  # index in places()
    domain: Ints
    invalid: Bools  # the address does not exist

    def __len__(self) -> int:
        return len(self.behaviour)

    def are(self, *names: str) -> Bools:
        """Whose behaviour is one of these types."""
        return np.isin(self.behaviour, [NAMES.index(name) for name in names])


@dataclass(frozen=True)
class Places:
    """The cities of the addresses."""

    city: tuple[str, ...]
    country: tuple[str, ...]
    region: tuple[str, ...]
    postcode: tuple[str, ...]
    postcodes: Ints  # how many, when the postcode above is only its beginning
    weight: tuple[float, ...]


def places() -> Places:
    """Every city, with weights that give each country its share of the customers."""
    rows = [(country, *row) for country, cities in data("places").items() for row in cities]
    totals = {country: sum(row[5] for row in rows if row[0] == country) for country in COUNTRIES}
    shares = dict(zip(COUNTRIES, COUNTRY_SHARES, strict=True))
    return Places(
        city=tuple(row[1] for row in rows),
        country=tuple(row[0] for row in rows),
        region=tuple(row[4] for row in rows),
        postcode=tuple(row[2] for row in rows),
        postcodes=np.array([row[3] for row in rows], np.int64),
        weight=tuple(shares[row[0]] * row[5] / totals[row[0]] for row in rows),
    )


def people(rng: np.random.Generator, line: Timeline, count: int) -> People:
    """Draw `count` customers."""
    behaviour = choose(rng, [kind.share for kind in BEHAVIOURS], count)
    means = np.array([kind.orders_a_year for kind in BEHAVIOURS])[behaviour]
    buyer = means > 0
    returning = np.isin(behaviour, [NAMES.index(name) for name in RETURNING])
    harmed = buyer & (rng.random(count) < HARMFUL.first_orders)
    added = _added(rng, line, behaviour)
    subscribes = rng.random(count) < np.array([kind.subscribes for kind in BEHAVIOURS])[behaviour]
    later = np.where(rng.random(count) < 0.8, rng.integers(1, 40, count), rng.integers(DAY, 200 * DAY, count))
    subscribed = np.where(subscribes & (added + later < line.ends), added + later, NEVER)
    place = choose(rng, places().weight, count)
    texts_too = (rng.random(count) < 0.16) & np.isin(np.array(places().country), PHONES)[place]
    return People(
        behaviour=behaviour,
        rate=means * rng.gamma(RATE_SHAPE, 1 / RATE_SHAPE, count),
        costly=returning & (rng.random(count) < COSTLY.share),
        harmed=harmed,
        leaves=harmed & (rng.random(count) < HARMFUL.leaves),
        preferred=choose(rng, [3, 3, 2, 0.3, 3, 2, 2, 1.5, 1.2], count),
        added=added,
        first_order=np.where(buyer, _first_orders(rng, line, added), NEVER),
        subscribed=subscribed,
        pending=(subscribed != NEVER) & (rng.random(count) < 0.03),
        texting=np.where(texts_too, added + 30, NEVER),
        place=place,
        domain=choose(rng, DOMAIN_SHARES, count),
        invalid=rng.random(count) < 0.008,
    )


def _added(rng: np.random.Generator, line: Timeline, behaviour: Ints) -> Ints:
    """When each customer became known: along the season of their type, livelier in the shop's first months."""
    days = np.zeros(len(behaviour), np.int64)
    opening = 1.0 + 0.8 * np.exp(-np.arange(line.length) / 60.0)
    for index, kind in enumerate(BEHAVIOURS):
        chosen = np.flatnonzero(behaviour == index)
        # People of a season are added on other days as well, by a newsletter form or a friend.
        levels = elapsed((0.3 + season(line, kind.curve)) * opening)
        drawn = np.searchsorted(levels, rng.random(len(chosen)) * levels[-1], side="right") - 1
        days[chosen] = np.clip(drawn, 0, line.length - 1)
    instants_ = line.at(days, clock_times(rng, len(behaviour)))
    return np.minimum(instants_, line.ends - 1800)


def _first_orders(rng: np.random.Generator, line: Timeline, added: Ints) -> Ints:
    """Most order as they sign up; the others come back some days later; NEVER when that lies ahead."""
    count = len(added)
    days = line.day_of(added) - line.day_of(np.array([line.starts]))[0]
    wait = 1 + rng.exponential(25.0, count).astype(np.int64)
    soon = added + rng.integers(120, 1200, count)
    late = line.at(days + wait, clock_times(rng, count))
    first = np.where(rng.random(count) < 0.78, soon, late)
    return np.where(first < line.ends - 3600, first, NEVER)


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", "-")


def customer_ids(count: int) -> Column:
    """The ids, in order."""
    return kernels.binary_join_element_wise("c", kernels.cast(pa.array(np.arange(1, count + 1)), pa.string()), "")


def _pick(rng: np.random.Generator, values: Sequence[str], count: int) -> tuple[Ints, Column]:
    # Names of the beginning of the list are the common ones.
    index = choose(rng, 1.0 / np.arange(3, len(values) + 3), count)
    return index, texts(values, index)


def customer_table(rng: np.random.Generator, line: Timeline, who: People) -> pa.Table:
    """What the shop knows of its customers, without their consent and their totals."""
    count = len(who)
    address = _addresses(rng, who)
    named = _names(rng, who)
    born = _birthdays(rng, line, who)
    tags = pa.array([[], ["famille"], ["pro"], ["ambassadeur"], ["famille", "jardin"]], pa.list_(pa.string()))
    columns = {
        "customer_id": customer_ids(count),
        "source": constant("simulation", count, pa.string()),
        "external_id": kernels.cast(pa.array(np.arange(1, count + 1) + 7_100_000_000), pa.string()),
        **named,
        **address,
        "language": texts(("fr", "en"), _english(rng, who)),
        "birth_date": born,
        "tags": kernels.take(tags, pa.array(choose(rng, (85, 6, 4, 3, 2), count))),
        "company": texts(("Atelier Démo", "Cabinet Exemple", "Hôtel Modèle"), _some(rng, 3, 0.02, count)),
        "account_status": texts(("ENABLED", "INVITED", "DISABLED"), choose(rng, (70, 6, 24), count)),
        "added_at": instants(who.added),
        "metafields": texts(('{"facts.interet": "cuisine"}', '{"facts.interet": "déco"}'), _some(rng, 2, 0.12, count)),
        "batch_id": constant("simulation", count, pa.string()),
    }
    return pa.table(columns)


def _some(rng: np.random.Generator, kinds: int, share: float, count: int) -> Ints:
    return np.where(rng.random(count) < share, rng.integers(0, kinds, count), -1)


def _names(rng: np.random.Generator, who: People) -> dict[str, Column]:
    count = len(who)
    lists = data("names")
    woman = rng.random(count) < 0.68
    firsts = lists["female"] + lists["male"]
    index_f, _ = _pick(rng, lists["female"], count)
    index_m, _ = _pick(rng, lists["male"], count)
    first = np.where(woman, index_f, index_m + len(lists["female"]))
    last, last_name = _pick(rng, lists["last"], count)
    number = kernels.cast(pa.array(np.arange(1, count + 1)), pa.string())
    parts = (
        texts([_slug(name) for name in firsts], first),
        texts([_slug(name) for name in lists["last"]], last),
    )
    domain = texts(DOMAINS, who.domain)
    local = kernels.binary_join_element_wise(*parts, number, ".")
    key = kernels.binary_join_element_wise(local, domain, "@")
    # A few people write their address in capitals, as they do.
    written = kernels.if_else(pa.array(rng.random(count) < 0.02), kernels.utf8_upper(key), key)
    told = rng.random(count) < 0.55
    return {
        "email": written,
        "email_key": key,
        "first_name": texts(firsts, first),
        "last_name": last_name,
        "gender": texts(("F", "M"), np.where(told, np.where(woman, 0, 1), -1)),
    }


def _addresses(rng: np.random.Generator, who: People) -> dict[str, Column]:
    count = len(who)
    where = places()
    many = where.postcodes[who.place]
    suffix = 1 + (rng.random(count) * many).astype(np.int64)
    country = texts(where.country, who.place)
    width = 5 - np.array([len(code) for code in where.postcode], np.int64)[who.place]
    plain = kernels.cast(pa.array(suffix), pa.string())
    padded = kernels.if_else(pa.array(width > 1), kernels.utf8_lpad(plain, 2, "0"), plain)
    whole = texts(where.postcode, who.place)
    postcode = kernels.if_else(pa.array(many > 1), kernels.binary_join_element_wise(whole, padded, ""), whole)
    # Prospects leave an address and little else.
    known = ~who.are("prospect") | (rng.random(count) < 0.3)
    place = np.where(known, who.place, -1)
    return {
        "country": kernels.if_else(pa.array(known), country, pa.scalar(None, pa.string())),
        "region": texts(where.region, place),
        "city": texts(where.city, place),
        "postcode": kernels.if_else(pa.array(known), postcode, pa.scalar(None, pa.string())),
        "phone": _phones(rng, who),
    }


def _phones(rng: np.random.Generator, who: People) -> Column:
    """Numbers of the ranges kept for fiction in France and Britain; the other countries have none."""
    country = np.array([PHONES.index(code) if code in PHONES else NEVER for code in places().country])[who.place]
    rings = (country != NEVER) & ((rng.random(len(who)) < 0.45) | (who.texting != NEVER))
    number = np.zeros(len(who), np.int64)
    for index, (first, size) in enumerate(((336_399_80_000, 10_000), (447_700_900_000, 1_000))):
        mine = np.flatnonzero(rings & (country == index))
        number[mine] = first + rng.permutation(len(mine)) % size
    return kernels.binary_join_element_wise("+", kernels.cast(pa.array(number, mask=~rings), pa.string()), "")


def _english(rng: np.random.Generator, who: People) -> Ints:
    british = np.array([country == "GB" for country in places().country])[who.place]
    return np.where(rng.random(len(who)) < np.where(british, 0.95, 0.025), 1, 0)


def _birthdays(rng: np.random.Generator, line: Timeline, who: People) -> Column:
    count = len(who)
    age = np.clip(rng.normal(45, 14, count), 18, 88)
    today = line.day_of(np.array([line.ends]))[0]
    return dates(np.asarray(today - age * 365.25).astype(np.int64), rng.random(count) > 0.42)
