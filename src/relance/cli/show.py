"""How results are printed: one JSON object, or tables for people; progress goes to the error stream."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import typer
from babel.dates import format_datetime
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from relance.house import Report
from relance.words import Language, amount_text, day_text, number_text, say, share_text

AMOUNTS: Final = frozenset(
    {
        *("revenue", "previous_revenue", "average_order", "revenue_beside", "revenue_attributed", "revenue_30_days"),
        *("gross_revenue", "refunds", "net_revenue", "amount_spent", "spent"),
    }
)
SHARES: Final = frozenset({"share", "repeat_rate", "click_rate", "top_share"})
DAYS: Final = frozenset({"first_day", "last_day", "last_order_date"})
INSTANTS: Final = frozenset({"as_of", "last_order_at", "until"})


def show_json(result: Mapping[str, Any]) -> None:
    """One JSON object on the output."""
    typer.echo(json.dumps(result, ensure_ascii=False, indent=2, default=str))


def show_facts(facts: Mapping[str, object], language: Language, currency: str | None = None) -> None:
    """One line a fact that is known: its label, then its value; lists and objects are left to the caller.

    Amounts take `currency`, or the fact of that name.
    """
    currency = currency or str(facts.get("currency") or "") or None
    known = {name: one for name, one in facts.items() if one is not None and not isinstance(one, (list, tuple, dict))}
    labels = {name: say(f"cli.fact_{name}", language) for name in known}
    width = max(map(len, labels.values()), default=0)
    for name, value in known.items():
        typer.echo(f"{labels[name]:<{width}}  {written(name, value, language, currency)}")


def written(name: str, value: object, language: Language, currency: str | None = None, *, whole: bool = False) -> str:
    """The value of a fact for people: amounts, shares, numbers and days in the language. Instants are in UTC."""
    match value:
        case None:
            text = ""
        case bool():
            text = say("cli.yes" if value else "cli.no", language)
        case str() if name in AMOUNTS and currency:
            text = amount_text(Decimal(value), currency, language, whole=whole)
        case int() | float() if name in SHARES:
            text = share_text(value, language)
        case int() if name == "change":
            text = f"{'+' if value > 0 else ''}{number_text(value, language)}"
        case int() | float():
            text = number_text(value, language)
        case str() if name in DAYS:
            text = day_text(date.fromisoformat(value), language, short=True)
        case str() if name in INSTANTS:
            instant = datetime.fromisoformat(value).astimezone(UTC)
            text = f"{format_datetime(instant, 'd MMM y HH:mm', locale=language)} UTC"
        case _:
            text = str(value)
    return text


def show_table(headings: Sequence[str], rows: Sequence[Sequence[object]], numbers: Sequence[int] = ()) -> None:
    """A table for people; the columns in `numbers` are aligned to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place in numbers else "left", overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    Console(soft_wrap=not sys.stdout.isatty()).print(table)


@contextmanager
def progress_bar(language: Language) -> Iterator[Report]:
    """A bar on the error stream: live on a terminal, one line a phase elsewhere."""
    if sys.stderr.isatty():
        yield from _live_bar(language)
    else:
        yield _phase_lines(language)


def _live_bar(language: Language) -> Iterator[Report]:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=False) as bar:
        tasks: dict[str, TaskID] = {}

        def report(*, phase: str, done: int, total: int | None) -> None:
            if phase not in tasks:
                tasks[phase] = bar.add_task(say(f"cli.phase_{phase}", language), total=total)
            bar.update(tasks[phase], completed=done, total=total)

        yield report


def _phase_lines(language: Language) -> Callable[..., None]:
    begun: dict[str, float] = {}

    def report(*, phase: str, done: int, total: int | None) -> None:
        if phase not in begun:
            begun[phase] = time.monotonic()
            typer.echo(f"· {say(f'cli.phase_{phase}', language)}", err=True)
        if total is not None and done == total:
            typer.echo(say("cli.phase_took", language, seconds=f"{time.monotonic() - begun.pop(phase):.1f}"), err=True)

    return report
