"""What the command line asks about personal data, run by the process that holds the data folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from relance import consent, pipeline
from relance.cli.asked import the_shop, tongue
from relance.cli.backups import make_backup, release
from relance.errors import BadInput, Conflict, NotFound
from relance.house import House, Report
from relance.store import Shop

Arguments = dict[str, Any]
LISTED: Final = 50


def export_person(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Write everything that is kept of a customer as JSON and as a page. Raises BadInput for a file that is there."""
    shop = the_shop(house)
    who = _who(house, arguments["customer"])
    data = pipeline.personal_data(house, shop, who)
    base = Path(arguments["folder"]) / "personal-data"
    paths = [base.with_suffix(".json"), base.with_suffix(".html")]
    for path, text in zip(paths, (data.as_json(), data.as_page(tongue(arguments))), strict=True):
        if path.exists():
            raise BadInput("privacy.file_there", path=str(path))
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
    return {"customer_id": who, "rows": sum(map(len, data.rows.values())), "files": [str(path) for path in paths]}


def erase_person(house: House, arguments: Arguments, report: Report) -> dict[str, Any]:
    """Erase a customer everywhere."""
    shop = the_shop(house)
    (done,) = pipeline.erase_all(house, shop, [_who(house, arguments["customer"])], "request", report)
    return _erased(done)


def settle_request(house: House, arguments: Arguments, report: Report) -> dict[str, Any]:
    """Do what a request asks for: give the data out, or erase somebody. A whole shop is not erased by a command."""
    shop, number = the_shop(house), arguments["request"]
    with house.store.read() as connection:
        waiting = {one.request_id: one for one in consent.open_requests(connection, shop, house.key)}
    asked = waiting.get(number)
    if asked is None:
        raise NotFound("privacy.no_request", request=number)
    if asked.kind == "erase_shop":
        raise Conflict("privacy.erase_whole_shop", folder=str(house.folder.path))
    customer = arguments.get("customer") or asked.customer_id
    if customer is None:
        raise Conflict("privacy.request_unmatched", request=number)
    act = erase_person if asked.kind == "erase_customer" else export_person
    result = act(house, {**arguments, "customer": customer}, report)
    with house.store.begin() as connection:
        consent.settle_request(connection, shop, number, house.clock())
    return {"request": number, "kind": asked.kind, **result}


def show_retention(house: House, arguments: Arguments, report: Report) -> dict[str, Any]:
    """Who was silent for three years; with `run`, they are erased."""
    shop = the_shop(house)
    pipeline.take_in(house, shop)
    told = consent.retention(house.warehouse, shop, house.clock())
    facts = {"people": told.people, "due": len(told.due), "soon": len(told.soon), "undated": told.undated}
    if arguments.get("run"):
        done = pipeline.erase_all(house, shop, [one.customer_id for one in told.due], "retention", report)
        return {**facts, "erased": len(done)}
    return {**facts, "list": [_stale(one, shop) for one in (*told.due, *told.soon)[:LISTED]]}


def verify_consent(house: House, _arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Compute the ledger's chains and checkpoints anew, and compare them with the file outside the database."""
    shop = the_shop(house)
    with house.store.read() as connection:
        found = consent.verify(connection, shop, consent.exported_heads(house.folder.journal_file, shop))
    return {
        "sound": found.is_sound,
        "entries": found.counted,
        "checkpoints": found.checkpoints_counted,
        "changed_entries": list(found.entries),
        "changed_checkpoints": list(found.checkpoints),
        "exported_elsewise": list(found.exported),
    }


def _who(house: House, wanted: str) -> str:
    found = consent.find_person(house.warehouse, wanted)
    if found is None:
        raise NotFound("privacy.no_customer")
    return found


def _erased(done: consent.Erased) -> dict[str, Any]:
    return {"customer_id": done.customer_id, "rows": done.store_rows + done.warehouse_rows, "files": done.files}


def _stale(one: consent.Stale, shop: Shop) -> dict[str, Any]:
    last = one.last_act.astimezone(shop.zone).date()
    days = {"last_day": last.isoformat(), "due_on": one.due_on.isoformat()}
    return {"customer_id": one.customer_id, "act": one.act, **days}


PRIVACY_COMMANDS: Final[dict[str, Callable[[House, Arguments, Report], dict[str, Any]]]] = {
    "privacy_export": export_person,
    "privacy_erase": erase_person,
    "privacy_settle": settle_request,
    "privacy_retention": show_retention,
    "consent_verify": verify_consent,
    "backup": make_backup,
    "release": release,
}
