"""The answers of PrestaShop's web service, XML or JSON, as the same rows.

A value is a text, None where there is none; a text in several languages is a mapping from the language's id; the
associations are lists of rows by name. Format: https://devdocs.prestashop-project.org/9/webservice/getting-started/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder
from xml.parsers import expat

from relance.errors import BadInput

Row = dict[str, Any]
ASSOCIATIONS: Final = "associations"


def rows(body: bytes, resource: str) -> list[Row]:
    """The things of a list, or the one thing asked for by its id. Raises BadInput for what is no such answer."""
    if body.lstrip()[:1] == b"<":
        return _from_xml(body, resource)
    try:
        document = json.loads(body)
    except ValueError:
        raise BadInput("shops.not_readable", what=resource) from None
    return rows_of(document, resource)


def rows_of(document: object, resource: str) -> list[Row]:
    """The same of an answer in JSON; an empty list is written as `[]`. Raises BadInput for what is no such answer."""
    if document == []:
        return []
    things = _things(document, resource) if isinstance(document, dict) else None
    if not isinstance(things, list) or not all(isinstance(each, dict) for each in things):
        raise BadInput("shops.not_readable", what=resource)
    return [row_of(each) for each in things]


def _things(document: Mapping[str, Any], resource: str) -> object:
    """The list, which bears the resource's name (order_slip: order_slips), or the one thing."""
    found = document.get(resource) or document.get(f"{resource}s")
    return list(document.values()) if found is None and len(document) == 1 else found


def row_of(thing: Mapping[str, Any]) -> Row:
    """One thing as JSON has it; a row stays as it is."""
    row: Row = {name: _value(value) for name, value in thing.items() if name != ASSOCIATIONS}
    joined = thing.get(ASSOCIATIONS) or {}
    row[ASSOCIATIONS] = {
        name: [{key: _value(value) for key, value in each.items()} for each in entries]
        for name, entries in joined.items()
        if isinstance(entries, list)
    }
    return row


def _value(value: object) -> Any:
    if isinstance(value, list):
        return {str(each.get("id")): _value(each.get("value")) for each in value if isinstance(each, dict)}
    if isinstance(value, Mapping):
        return dict(value)
    if value is None or value is False or value == "":
        return None
    return "1" if value is True else str(value)


def _from_xml(body: bytes, resource: str) -> list[Row]:
    try:
        root = _tree(body)
    except (expat.ExpatError, ParseError, AssertionError):
        raise BadInput("shops.not_readable", what=resource) from None
    found = next((each for each in root if each.tag in {resource, f"{resource}s"}), None)
    if found is not None and found.find("id") is None:
        return [_xml_row(each) for each in found]
    if root.tag != "prestashop" or len(root) != 1:
        raise BadInput("shops.not_readable", what=resource)
    return [_xml_row(root[0])]


def _tree(body: bytes) -> Element:
    """The elements; a document that declares entities of its own is none of PrestaShop's, and is not read."""
    builder = TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse
    parser.Parse(body, True)
    return builder.close()


def _refuse(*_: object) -> None:
    raise BadInput("shops.not_readable", what="DOCTYPE")


def _xml_row(element: Element) -> Row:
    row: Row = {child.tag: _xml_value(child) for child in element if child.tag != ASSOCIATIONS}
    joined = element.find(ASSOCIATIONS)
    row[ASSOCIATIONS] = {
        each.tag: [{part.tag: _xml_value(part) for part in entry} for entry in each]
        for each in (joined if joined is not None else ())
        if len(each)
    }
    return row


def _xml_value(element: Element) -> Any:
    if len(element):
        return {str(each.get("id")): each.text or None for each in element}
    return element.text or None
