"""Columns read as the same value by value, by a plain Python reader (S25)."""

# ruff: noqa: DTZ001  the warehouse holds naive UTC
from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relance.ingest import addresses, columns

PRICES = st.decimals(min_value=-(10**6), max_value=10**6, places=6)


@given(st.lists(st.tuples(st.integers(-(10**5), 10**5), PRICES), min_size=1), st.sampled_from([1, 100, 1000]))
def test_line_totals_round_once_half_away_from_zero(lines: list[tuple[int, Decimal]], exponent: int) -> None:
    quantities, prices = zip(*lines, strict=True)
    powers = pa.array([exponent] * len(lines), pa.int64())
    totals = columns.line_total(pa.array(quantities), pa.array(prices, columns.NUMBER), None, powers)
    expected = [int((quantity * price * exponent).quantize(Decimal(1), ROUND_HALF_UP)) for quantity, price in lines]
    assert totals.to_pylist() == expected


ODD = (
    "2024-02-30 10:00:00",
    "2024-05-01 24:00:00",
    "2024-05-01 10:00:60",
    "1899-12-31 10:00:00",
    "24-05-01 10:00:0000",
)


@given(
    st.lists(st.datetimes(datetime(1890, 1, 1), datetime(2210, 1, 1)).map("{:%Y-%m-%d %H:%M:%S}".format), min_size=1),
    st.lists(st.sampled_from(ODD), max_size=2),
)
def test_plain_instants_are_read_as_any_others(plain: list[str], odd: list[str]) -> None:
    """What the fast way reads of a column that is written alike is what the slow way reads of a mixed one."""
    texts = [*plain, *odd, *plain]
    alike = columns.instant(pa.array(texts), "Europe/Paris", STYLE)
    mixed = columns.instant(pa.array([*texts, "2024-05-01"]), "Europe/Paris", STYLE)
    assert alike.values.to_pylist() == mixed.values.to_pylist()[:-1]
    assert alike.wrong.to_pylist() == mixed.wrong.to_pylist()[:-1]


@given(st.lists(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)), min_size=1), st.integers(-840, 840))
def test_instants_with_an_offset(instants: list[datetime], minutes: int) -> None:
    sign, hours = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    offset = f"{sign}{hours[0]:02}:{hours[1]:02}"
    read = columns.instant(pa.array([f"{instant:%Y-%m-%d %H:%M:%S.%f} {offset}" for instant in instants]), "UTC", STYLE)
    expected = [datetime.fromisoformat(f"{instant.isoformat()}{offset}").astimezone(UTC) for instant in instants]
    assert read.values.to_pylist() == [instant.replace(tzinfo=None) for instant in expected]


@given(st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)), min_size=1))
def test_local_days(instants: list[datetime]) -> None:
    zone = "America/New_York"
    days = columns.local_day(pa.array(instants, pa.timestamp("us")), zone).to_pylist()
    assert days == [instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date() for instant in instants]


STYLE = columns.Style()


@pytest.mark.parametrize(
    "text", ["2024-02-30", "31/04/2024", "2024-13-01", "2024-05-01 25:00", "soon", "20240501x", "1/2"]
)
def test_what_is_no_date(text: str) -> None:
    read = columns.instant(pa.array([text, None, "2024-02-29"]), "UTC", STYLE)
    assert read.wrong.to_pylist() == [True, False, False]


@pytest.mark.parametrize("text", ["1e5", "12a", "--1", "1.2.3", "NaN", "9" * 15, "-"])
def test_what_is_no_number(text: str) -> None:
    read = columns.number(pa.array([text, None, "-1.5"]), STYLE)
    assert read.wrong.to_pylist() == [True, False, False]
    assert read.values.to_pylist()[2] == Decimal("-1.5")


def test_match_keys_of_addresses() -> None:
    """S5: lower case, IDNA domain."""
    written = pa.array(["Zoe@Example.FR", "a@éxample.fr", "a@xn--xample-9ua.fr", "no address", None])
    keys = addresses.email_key(written).to_pylist()
    assert keys == ["zoe@example.fr", "a@xn--xample-9ua.fr", "a@xn--xample-9ua.fr", None, None]


def test_phone_numbers_are_read_in_their_country() -> None:
    phones = pa.array(["'0612345678", "06 12 34 56 78", "+33 6 12 34 56 78", "0033612345678", "12", None])
    countries = pa.array(["FR", None, "US", "FR", "FR", "FR"])
    assert addresses.e164(phones, countries, "FR").to_pylist() == ["+33612345678"] * 4 + [None] * 2


def test_countries_by_code_and_name() -> None:
    names = pa.array(["FR", "Allemagne", "Germany", "EIRE", "uk", "Unspecified", None])
    assert addresses.country_code(names).to_pylist() == ["FR", "DE", "DE", "IE", "GB", None, None]


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["a", "b"]), st.text(st.characters(codec="utf-8")), max_size=2), min_size=1
    )
)
def test_json_objects_can_be_read_back(rows: list[dict[str, str]]) -> None:
    given_columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in ("a", "b")}
    texts = columns.json_object(given_columns, len(rows)).to_pylist()
    plain = [{name: _without_controls(value) for name, value in row.items()} for row in rows]
    assert [{} if text is None else json.loads(text) for text in texts] == plain


def _without_controls(text: str) -> str:
    return "".join(letter for letter in text if letter >= " " or letter in "\n\r\t")
