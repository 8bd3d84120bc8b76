"""Reading a shop on Shopify: first everything, by bulk operations, then again and again what changed.

https://shopify.dev/docs/api/usage/bulk-operations/queries: an operation is started, asked after, and gives the address
of a file. https://shopify.dev/docs/api/usage/limits: the interface counts points, tells with each answer how many are
left and how fast they come back, and says THROTTLED when there are too few.

The cursor: `{"bulk": {kind, operation, line, offset}, "since": {kind: instant}}` while everything is read, afterwards
`{"since": …, "kind", "after", "newest"}`. What changed since an operation was created is asked for when it has ended.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from relance.errors import CursorExpired, ShopRefused, ShopUnreachable
from relance.ingest import shopify_graphql
from relance.ingest.api_values import Json
from relance.ingest.connect import Connector, Page, ShopFacts
from relance.ingest.connect_client import LONGEST_WAIT, Client
from relance.ingest.connect_fetch import host_of
from relance.ingest.said import Origin
from relance.ingest.shopify_bulk import Found, read_bulk, translated
from relance.ingest.shopify_hooks import SECRET

PATH: Final = "graphql.json"
TOKEN: Final = "token"  # noqa: S105 - the name of a secret
TRIES: Final = 6
PAGE: Final = 50
FIRST_LOOK, LONGEST_LOOK = 1.0, 30.0  # seconds between questions after an operation
RUNNING: Final = frozenset({"CREATED", "RUNNING", "CANCELING"})
START: Final = """mutation($query: String!) { bulkOperationRunQuery(query: $query) {
  bulkOperation { id status createdAt } userErrors { field message } } }"""
LOOK: Final = """query($id: ID!) { node(id: $id) { ... on BulkOperation {
  id status errorCode createdAt objectCount fileSize url } } }"""


def graphql(client: Client, query: str, variables: Mapping[str, Any] | None = None) -> Json:
    """The data of an answer. Raises ShopRefused, CursorExpired and ShopUnreachable for what its errors say."""
    host = host_of(client.base)
    for _ in range(TRIES):
        body = client.post(PATH, {"query": query, "variables": dict(variables or {})}).body
        if not isinstance(body, dict):
            raise ShopUnreachable("connect.no_json", host=host)
        codes, words = _errors(body)
        if "THROTTLED" in codes:
            client.wait(max(_rest(body), 1.0))
            continue
        if codes & {"ACCESS_DENIED", "UNAUTHORIZED"}:
            raise ShopRefused("connect.no_right", host=host, reason=words)
        if "cursor" in words.lower():
            raise CursorExpired("connect.not_there", host=host, status=200)
        if words or not isinstance(body.get("data"), dict):
            raise ShopUnreachable("connect.not_answered", host=host, reason=words or "no data")
        client.wait(_rest(body))
        found: Json = body["data"]
        return found
    raise ShopUnreachable("connect.too_often", host=host, status=429)


def _errors(body: Json) -> tuple[set[str], str]:
    """The codes of the errors, and their words. An error may also stand as one text."""
    errors = body.get("errors") or []
    if not isinstance(errors, list):
        return set(), str(errors)
    told: list[Json] = [each if isinstance(each, dict) else {"message": str(each)} for each in errors]
    codes = {str((each.get("extensions") or {}).get("code", "")).upper() for each in told}
    words = " ".join(str(each.get("message", "")) for each in told)
    return codes | ({"THROTTLED"} if words == "Throttled" else set()), words


def _rest(body: Json) -> float:
    """Seconds until there are points enough for the same question again; 0 where there are, or nothing is said."""
    cost = (body.get("extensions") or {}).get("cost") or {}
    status = cost.get("throttleStatus") or {}
    if "currentlyAvailable" not in status:
        return 0.0
    lacking = float(cost.get("requestedQueryCost") or 0) - float(status["currentlyAvailable"])
    return min(max(lacking, 0.0) / max(float(status.get("restoreRate") or 1), 1.0), LONGEST_WAIT)


def shop_facts(client: Client) -> ShopFacts:
    """Name, currency, zone and main language of the shop."""
    data = graphql(client, shopify_graphql.SHOP)
    shop = data.get("shop") or {}
    main = next((each["locale"] for each in data.get("shopLocales") or [] if each.get("primary")), None)
    return ShopFacts(str(shop.get("name") or "Shop"), shop.get("currencyCode"), shop.get("ianaTimezone"), main)


def pages(client: Client, origin: Origin, cursor: Json) -> Iterator[Page]:
    """Everything, once; from then on what changed since the last run."""
    since: dict[str, str] = dict(cursor.get("since") or {})
    bulk: Json | None = cursor.get("bulk")
    for kind in shopify_graphql.KINDS:
        if kind in since and (bulk is None or bulk["kind"] != kind):
            continue
        for page in _everything(client, origin, kind, bulk if bulk and bulk["kind"] == kind else None, since):
            since = dict(page.cursor["since"])
            yield page
        bulk = None
    at = cursor if "after" in cursor else {}
    for kind in shopify_graphql.KINDS:
        if at and at["kind"] != kind:
            continue
        for page in _changes(client, origin, kind, at, since):
            since = dict(page.cursor["since"])
            yield page
        at = {}


def _everything(
    client: Client, origin: Origin, kind: str, bulk: Json | None, since: Mapping[str, str]
) -> Iterator[Page]:
    """One kind by a bulk operation: started or taken up again, waited for, its file read from where it was left."""
    if bulk is None:
        operation = _started(client, kind)
        bulk = {"kind": kind, "operation": operation["id"], "line": 0, "offset": 0}
        since = {**since, kind: operation["createdAt"]}
        yield Page((), {"bulk": bulk, "since": since}, f"shopify_{kind}")
    pause = FIRST_LOOK
    while (operation := _looked(client, bulk["operation"]))["status"] in RUNNING:
        yield Page((), {"bulk": bulk, "since": dict(since)}, f"shopify_{kind}")
        client.wait(pause)
        pause = min(pause * 1.5, LONGEST_LOOK)
    total = int(operation.get("objectCount") or 0)
    if operation.get("url"):
        yield from _file(client, origin, bulk, operation["url"], dict(since), total)
    yield Page((), {"since": dict(since)}, f"shopify_{kind}", total, total)


def _started(client: Client, kind: str) -> Json:
    answer = graphql(client, START, {"query": shopify_graphql.bulk_query(kind)})["bulkOperationRunQuery"]
    if answer.get("userErrors"):
        words = " ".join(str(each.get("message", "")) for each in answer["userErrors"])
        raise ShopUnreachable("connect.not_answered", host=host_of(client.base), reason=words)
    found: Json = answer["bulkOperation"]
    return found


def _looked(client: Client, operation: str) -> Json:
    """How an operation is. Raises CursorExpired for one that failed, was stopped or is known no more."""
    found: Json | None = graphql(client, LOOK, {"id": operation}).get("node")
    host = host_of(client.base)
    if found and found.get("errorCode") == "ACCESS_DENIED":
        raise ShopRefused("connect.no_right", host=host, reason="ACCESS_DENIED")
    if not found or found["status"] not in RUNNING | {"COMPLETED"}:
        raise CursorExpired("connect.file_gone", host=host)
    return found


def _file(client: Client, origin: Origin, bulk: Json, url: str, since: Json, total: int) -> Iterator[Page]:
    with client.lines(url) as lines:
        left = bulk["offset"]
        while left > 0:
            left -= len(next(lines, b"") or b"\0" * left)
        for part in read_bulk(lines, bulk["line"], bulk["offset"]):
            said, wrong = translated(part.found, origin, past=True)
            at = {**bulk, "line": part.line, "offset": part.offset}
            place = {"bulk": at, "since": since}
            yield Page(said, place, f"shopify_{bulk['kind']}", part.line, total, (*part.wrong, *wrong))


def _changes(client: Client, origin: Origin, kind: str, at: Json, since: Json) -> Iterator[Page]:
    """What changed since the last time, oldest first, page by page."""
    after, newest = at.get("after"), at.get("newest") or since[kind]
    while True:
        variables = {"first": PAGE, "after": after, "query": f"updated_at:>='{since[kind]}'"}
        found = graphql(client, shopify_graphql.changes_query(kind), variables)[kind]
        nodes = shopify_graphql.nodes(found)
        said, wrong = translated([Found(node, place, 0) for place, node in enumerate(nodes, 1)], origin, past=False)
        newest = max([newest, *(node["updatedAt"] for node in nodes if node.get("updatedAt"))], key=_instant)
        after = found["pageInfo"]["endCursor"] if found["pageInfo"]["hasNextPage"] else None
        if after is None:
            since = {**since, kind: newest}
            yield Page(said, {"since": since}, f"shopify_{kind}", len(nodes), None, wrong)
            return
        place = {"since": since, "kind": kind, "after": after, "newest": newest}
        yield Page(said, place, f"shopify_{kind}", len(nodes), None, wrong)


def _instant(written: str) -> datetime:
    return datetime.fromisoformat(written)


def _restart(cursor: Json) -> Json:
    """What is left of a cursor that expired: a file is asked for anew, changes are read from their beginning."""
    since = dict(cursor.get("since") or {})
    if "bulk" in cursor:
        since.pop(cursor["bulk"]["kind"], None)
    return {"since": since} if since else {}


def _headers(secrets: Mapping[str, str]) -> Mapping[str, str]:
    return {"X-Shopify-Access-Token": secrets[TOKEN]}


def _base(url: str) -> str:
    return f"{url}/admin/api/{shopify_graphql.VERSION}"


SHOPIFY: Final = Connector(
    kind="shopify",
    secrets=(TOKEN,),
    may_have=(SECRET, "write_token"),
    headers=_headers,
    facts=shop_facts,
    pages=pages,
    base=_base,
    restart=_restart,
)
