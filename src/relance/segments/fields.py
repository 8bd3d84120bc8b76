"""The register of names that a query of this shop may use: features, functions and the shop's own metafields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from ibis.backends import BaseBackend

from relance.profiles import FEATURES, Column, Feature
from relance.segments.language.fields import Field, Fields, Kind
from relance.segments.language.known import KNOWN
from relance.segments.matches import FUNCTIONS
from relance.segments.references import SEGMENT, names_in


def field_of(feature: Feature) -> Field:
    """The field that a feature is in the language."""
    return Field(
        feature.name,
        Kind(feature.kind),
        nullable=feature.nullable,
        values=feature.values,
        unit=feature.unit,
        profiling=feature.profiling,
    )


def fields_with(own: Mapping[str, Kind] | None = None, lists: Iterable[str] | None = None) -> Fields:
    """Everything that can be asked now; what else the language knows resolves to "not available yet".

    `lists` names the shop's lists; without it every name passes.
    """
    declared = [field_of(feature) for feature in FEATURES.values() if feature.name != "list"]
    of_lists = field_of(FEATURES["list"])
    known = replace(of_lists, kind=Kind.TEXT) if lists is None else replace(of_lists, values=tuple(lists))
    declared.append(known)
    declared.append(Field(SEGMENT, Kind.TEXT, nullable=False))
    return Fields.of(declared, FUNCTIONS, own).with_known(KNOWN)


def fields_of_shop(engine: BaseBackend) -> Fields:
    """The register with the shop's lists, the segments of the last refresh, and its metafields.

    Each metafield is of the narrowest kind that all its values have; other columns of a file are properties as well.
    """
    fields = fields_with(_own_fields(engine), list_names(engine))
    return replace(fields, segments=names_in(engine).ids)


def list_names(engine: BaseBackend) -> list[str]:
    """The names of the shop's lists, in the order of the alphabet."""
    names = engine.table("list").name
    return [str(name) for name in sorted(engine.to_pyarrow(names).to_pylist())]


def _own_fields(engine: BaseBackend) -> dict[str, Kind]:
    customer = engine.table("customer")
    written = customer.filter(customer.metafields.notnull())
    pairs: Column = written.metafields.cast("json").map
    found = written.select(key=pairs.keys().unnest(), json=pairs.values().unnest())
    texts = found.mutate(text=found.json.str.strip())
    is_written = texts.text != ""
    is_day = texts.text.re_search(r"^\d{4}-\d{2}-\d{2}$") & texts.text.try_cast("date").notnull()
    kinds = texts.group_by("key").agg(
        boolean=texts.text.isin(["true", "false"]).all(where=is_written),
        integer=texts.text.re_search(r"^-?\d{1,18}$").all(where=is_written),
        decimal=texts.text.re_search(r"^-?\d{1,18}(\.\d+)?$").all(where=is_written),
        date=is_day.all(where=is_written),
    )
    narrowest = {row["key"]: _narrowest(row) for row in engine.to_pyarrow(kinds).to_pylist()}
    own = {f"metafields.{key}": kind for key, kind in narrowest.items()}
    return own | {f"properties.{key}": kind for key, kind in narrowest.items() if "." not in key}


def _narrowest(row: Mapping[str, object]) -> Kind:
    for kind in (Kind.BOOLEAN, Kind.INTEGER, Kind.DECIMAL, Kind.DATE):
        if row[kind]:
            return kind
    return Kind.TEXT
