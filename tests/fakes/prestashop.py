"""A PrestaShop: its web service in XML and JSON, and what a module of it posts, from the data of a new shop.

Ids, amounts, dates, names and stock are those of `prestashop_samples.zip`, which PrestaShop's own module ps_eventbus
recorded from new shops of each release (`prestashop_rows`). Fields and their order are those of the resources' pages,
such as https://devdocs.prestashop-project.org/9/webservice/resources/orders/ ; lists, filters and `date=1` follow
https://devdocs.prestashop-project.org/9/webservice/getting-started/ . How both formats write a row, and the errors:
https://github.com/PrestaShop/PrestaShop/tree/develop/classes/webservice .
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from tests.fakes.prestashop_rows import Row, rows_of
from tests.fakes.web_shop import Answered, Asked, WebShop

# the resource: its node, and the node of its list where that is not the resource's own name
NODES = {
    "configurations": "configuration",
    "currencies": "currency",
    "languages": "language",
    "countries": "country",
    "states": "state",
    "carriers": "carrier",
    "categories": "category",
    "order_states": "order_state",
    "customers": "customer",
    "addresses": "address",
    "cart_rules": "cart_rule",
    "carts": "cart",
    "orders": "order",
    "order_details": "order_detail",
    "order_cart_rules": "order_cart_rule",
    "order_slip": "order_slip",
    "customer_threads": "customer_thread",
    "customer_messages": "customer_message",
    "products": "product",
    "combinations": "combination",
    "product_option_values": "product_option_value",
    "stock_availables": "stock_available",
}
LISTS = {"order_slip": "order_slips"}
# associations: the node of each of their entries
ENTRIES = {
    "order_rows": "order_row",
    "cart_rows": "cart_row",
    "order_slip_details": "order_slip_detail",
    "product_option_values": "product_option_value",
}
DATES = {"date_add", "date_upd"}
FILTER = re.compile(r"^(?P<sign>[!<>]?)\[(?P<values>.*)\]$")


class PrestaShop(WebShop):
    """A new shop of one release, with its five orders."""

    key = "UCCLLQ9N2ARSHWCXLT74KUKSSK34BFKX"

    def __init__(self, samples: Path, release: str = "9.1") -> None:
        super().__init__()
        self.xml_only = False
        self.things = rows_of(samples, release)

    def put(self, resource: str, row: Row) -> None:
        """A row that is new, or fields of one that have changed."""
        rows = self.things.setdefault(resource, {})
        rows[str(row["id"])] = {**rows.get(str(row["id"]), {}), **row}

    def answer(self, asked: Asked) -> Answered:
        """A list of the web service, or its errors."""
        wants_json = asked.query.get("output_format") == "JSON" and not self.xml_only
        if not asked.user:
            return _errors(401, 17, "Authentication key is empty", as_json=wants_json)
        if len(asked.user) != 32:
            return _errors(401, 18, "Invalid authentication key format", as_json=wants_json)
        if asked.user != self.key or asked.password:
            return _errors(401, 21, "No permission for this authentication key", as_json=wants_json)
        resource = asked.path.removeprefix("/api/").strip("/")
        if resource not in NODES:
            return _errors(400, 23, f'Resource of type "{resource}" does not exists.', as_json=wants_json)
        wrong = self._wrong(resource, asked.query)
        if wrong is not None:
            return _errors(400, *wrong, as_json=wants_json)
        rows = [_shown(row, asked.query.get("display", "")) for row in self._chosen(resource, asked.query)]
        return as_json(resource, rows) if wants_json else as_xml(resource, rows)

    def _wrong(self, resource: str, query: Mapping[str, str]) -> tuple[int, str] | None:
        fields = {name for row in self.things.get(resource, {}).values() for name in row} | {"id"}
        for name in query:
            field = name.removeprefix("filter[").removesuffix("]")
            if not name.startswith("filter[") or not self.things.get(resource):
                continue
            if field not in fields or (field in DATES and query.get("date") != "1"):
                return 32, "Unable to filter by this field. However, these are available: " + ", ".join(sorted(fields))
        if len(query.get("limit", "").split(",")) > 2:
            return 39, 'The "limit" value has to be formed as this example: "5,25" or "10"'
        if "sort" in query and not re.fullmatch(r"\[\w+_(ASC|DESC)(,\w+_(ASC|DESC))*\]", query["sort"]):
            return (
                37,
                'The "sort" value has to be formed as this example: "field_ASC" or \'[field_1_DESC,field_2_ASC]\'',
            )
        return None

    def _chosen(self, resource: str, query: Mapping[str, str]) -> list[Row]:
        rows = sorted(self.things.get(resource, {}).values(), key=lambda row: int(row["id"]))
        for name, value in query.items():
            if name.startswith("filter["):
                rows = [row for row in rows if _fits(row.get(name[7:-1]), value)]
        start, _, count = query.get("limit", "0,1000000").rpartition(",")
        return rows[int(start or 0) :][: int(count)]

    def delivery(self, body: Row, secret: str, number: str = "1") -> tuple[dict[str, str], bytes]:
        """A call of the module, as the guide describes it: headers and body."""
        raw = json.dumps(body).encode()
        digest = hmac.new(secret.encode(), raw, "sha256").hexdigest()
        return {
            "Content-Type": "application/json",
            "X-Relance-Signature": f"sha256={digest}",
            "X-Relance-Delivery": number,
        }, raw


def _fits(value: object, asked: str) -> bool:
    found = FILTER.match(asked)
    text = str(value)
    if found is None:
        return text == asked
    wanted = found["values"]
    match found["sign"]:
        case ">":
            return int(text) > int(wanted) if text.isdigit() else text > wanted
        case "<":
            return int(text) < int(wanted) if text.isdigit() else text < wanted
        case "!":
            return text not in wanted.split("|")
    return text in wanted.split("|")


def _shown(row: Row, display: str) -> Row:
    if display == "full":
        return row
    names = display.strip("[]").split(",") if display else ["id"]
    return {name: row[name] for name in names if name in row}


def as_json(resource: str, rows: list[Row]) -> Answered:
    """Ids of rows are numbers, other values texts; a list without rows is an empty one."""
    document: Any = {LISTS.get(resource, resource): [_json_row(row) for row in rows]} if rows else []
    return Answered(200, json.dumps(document).encode(), {"Content-Type": "application/json; charset=utf-8"})


def _json_row(row: Row) -> Row:
    return {name: int(value) if name == "id" else _json_value(name, value) for name, value in row.items()}


def _json_value(name: str, value: Any) -> Any:
    if name == "associations":
        return {key: entries for key, entries in value.items() if entries}
    if isinstance(value, dict):
        texts = [{"id": key, "value": each} for key, each in value.items()]
        return texts[0]["value"] if len(texts) == 1 else texts
    return value


def as_xml(resource: str, rows: list[Row]) -> Answered:
    parts = "".join(f"<{NODES[resource]}>{_xml_fields(row)}</{NODES[resource]}>\n" for row in rows)
    name = LISTS.get(resource, resource)
    return _xml(200, f"<{name}>\n{parts}</{name}>")


def _xml(status: int, inside: str) -> Answered:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<prestashop xmlns:xlink="http://www.w3.org/1999/xlink">\n'
    return Answered(status, f"{head}{inside}\n</prestashop>\n".encode(), {"Content-Type": "text/xml;charset=utf-8"})


def _xml_fields(row: Row) -> str:
    return "".join(_xml_field(name, value) for name, value in row.items())


def _xml_field(name: str, value: Any) -> str:
    if name == "associations":
        return f"<associations>{''.join(_xml_entries(key, entries) for key, entries in value.items())}</associations>"
    if isinstance(value, dict):
        texts = "".join(f'<language id="{key}"><![CDATA[{each}]]></language>' for key, each in value.items())
        return f"<{name}>{texts}</{name}>"
    if value is False:
        return f"<{name}></{name}>"
    link = f' xlink:href="http://example.com/api/{name}s/{value}"' if name.startswith("id_") and value != "0" else ""
    return f"<{name}{link}><![CDATA[{value}]]></{name}>" if value != "" else f"<{name}></{name}>"


def _xml_entries(name: str, entries: list[Row]) -> str:
    inside = "".join(f"<{ENTRIES[name]}>{_xml_fields(each)}</{ENTRIES[name]}>" for each in entries)
    return f'<{name} nodeType="{ENTRIES[name]}" api="{name}">{inside}</{name}>'


def _errors(status: int, code: int, message: str, *, as_json: bool) -> Answered:
    if as_json:
        document = {"errors": [{"code": code, "message": message}]}
        return Answered(status, json.dumps(document).encode(), {"Content-Type": "application/json"})
    inside = f"<errors><error><code><![CDATA[{code}]]></code><message>{escape(message)}</message></error></errors>"
    return _xml(status, inside)
