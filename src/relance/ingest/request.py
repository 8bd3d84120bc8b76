"""What a request asks for: its files with a mapping laid over each, and the shop that they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import pyarrow.compute as pc
from sqlalchemy import delete, exists, select
from sqlalchemy.exc import IntegrityError

from relance.errors import BadInput, BadSetting, Conflict, MappingProblem
from relance.ingest import columns as read
from relance.ingest.faults import flat
from relance.ingest.files import open_source
from relance.ingest.guess import Guess, guess_mapping
from relance.ingest.mappings import Fit, Mapping, find_mapping, fit, is_currency, is_ready, is_zone
from relance.ingest.records import ImportRequest
from relance.ingest.source import Source
from relance.store import Shop, Store, add_shop, find_shop, tables
from relance.words import LANGUAGES, language_of

DEFAULT_CURRENCY: Final = "EUR"
DEFAULT_ZONE: Final = "Europe/Paris"
SHOPIFY: Final = ("shopify-customers", "shopify-orders")


@dataclass(frozen=True)
class File:
    """One file of a request with its mapping laid over it."""

    source: Source
    fit: Fit

    @property
    def mapping(self) -> Mapping:
        """What the file holds."""
        return self.fit.mapping

    @property
    def label(self) -> str:
        """The mapping's name, with its version where it is not a ready one."""
        mapping = self.mapping
        return mapping.name if is_ready(mapping) else f"{mapping.name}@{mapping.version}"

    def currencies(self) -> list[str]:
        """The currencies that the file's first piece names."""
        column = self.fit.column("currency")
        if column is None:
            return []
        named = pc.unique(pc.utf8_upper(read.text(flat(next(self.source.pieces()).table[column]))).drop_null())
        return sorted(str(code) for code in named.to_pylist())


def files_of(request: ImportRequest) -> list[File]:
    """The files of a request, customers before orders. Raises BadInput, FileProblem and MappingProblem."""
    if request.kind == "csv":
        if request.file is None:
            raise BadInput("ingest.no_file")
        return [_opened(request.file, request.mapping)]
    given = zip((request.customers, request.orders), SHOPIFY, strict=True)
    files = [_shopify(path, name) for path, name in given if path is not None]
    if not files:
        raise BadInput("ingest.no_file")
    return sorted(files, key=lambda file: SHOPIFY.index(file.mapping.name))


def _shopify(path: Path, name: str) -> File:
    """An export by what its columns say it is: nobody remembers which of the two comes first."""
    source = open_source(path)
    try:
        return File(source, fit(find_mapping(name), source.columns, path))
    except MappingProblem:
        other = SHOPIFY[1 - SHOPIFY.index(name)]
        try:
            return File(source, fit(find_mapping(other), source.columns, path))
        except MappingProblem:
            pass
        raise


def _opened(path: Path, name: str | None) -> File:
    source = open_source(path)
    if name is not None:
        return File(source, fit(find_mapping(name), source.columns, path))
    guess = guess_file(path)
    if not guess.confident:
        raise MappingProblem(
            "ingest.guess_unsure",
            path=str(path),
            missing=", ".join(guess.missing) or "—",
            columns=", ".join(source.columns[:40]),
        )
    return File(source, fit(guess.mapping, source.columns, path))


def guess_file(path: Path) -> Guess:
    """What the columns of a file may mean, from its names and first rows. Raises FileProblem."""
    source = open_source(path)
    first = next(source.pieces())
    return guess_mapping(source.columns, first.table.slice(0, 1_000))


def shop_for(store: Store, request: ImportRequest, files: Sequence[File], now: datetime) -> tuple[Shop, bool]:
    """The shop, and whether this import makes it (S25). Raises Conflict when currency or zone differ later.

    A new shop has the currency of the request, else of the mapping, else the one that the files name, else EUR.
    """
    mapping = files[0].mapping
    currency = request.currency.upper() if request.currency else None
    _check(currency, request.zone, request.language)
    with store.read() as connection:
        shop = find_shop(connection)
    if shop is None:
        shop = Shop(
            "main",
            request.shop_name or "Shop",
            currency or mapping.currency or _named(files) or DEFAULT_CURRENCY,
            request.zone or mapping.zone or DEFAULT_ZONE,
            language_of(request.language),
        )
        with store.begin() as connection:
            add_shop(connection, shop, now)
        return shop, True
    for name, wanted, fixed in (
        ("currency", currency or mapping.currency, shop.currency),
        ("zone", request.zone or mapping.zone, shop.zone_name),
    ):
        if wanted is not None and wanted != fixed:
            raise Conflict(f"ingest.other_{name}", wanted=wanted, fixed=fixed)
    return shop, False


def _named(files: Sequence[File]) -> str | None:
    """The currency of the files, when it is one that exists and the only one."""
    codes = sorted({code for file in files for code in file.currencies()})
    return codes[0] if len(codes) == 1 and is_currency(codes[0]) else None


def drop_shop(store: Store, shop: Shop) -> None:
    """Take back a shop whose first import failed, so that the next one may choose currency and zone."""
    runs = tables.import_run
    with suppress(IntegrityError), store.begin() as connection:  # a running server may have used it already
        kept = exists(select(runs.c.import_id).where(runs.c.shop_id == shop.shop_id))
        connection.execute(delete(tables.shop).where(tables.shop.c.shop_id == shop.shop_id, ~kept))


def _check(currency: str | None, zone: str | None, language: str | None) -> None:
    if currency is not None and not is_currency(currency):
        raise BadInput("ingest.unknown_currency", currency=currency)
    if zone is not None and not is_zone(zone):
        raise BadInput("ingest.unknown_zone", zone=zone)
    if language is not None and language[:2].lower() not in LANGUAGES:
        raise BadSetting("bad_shop_setting", name="language", value=language)
