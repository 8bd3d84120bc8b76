"""What the command line does with mails that came back, sending domains and providers that call."""

from __future__ import annotations

import secrets
from base64 import b64decode
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from relance import sending, tracking
from relance.cli.asked import the_shop, tongue
from relance.cli.plain import plain
from relance.errors import NotFound
from relance.house import House, Report
from relance.words import Language, say

Arguments = dict[str, Any]


def take_returns(house: House, arguments: Arguments, report: Report) -> dict[str, Any]:
    """Take mails that came back; how many became what."""
    shop, found = the_shop(house), Counter[str]()
    mails = arguments["mails"]
    for count, mail in enumerate(mails):
        report(phase="returns", done=count, total=len(mails))
        with house.store.begin() as connection:
            found[tracking.take_report(connection, shop, house.key, b64decode(mail), house.clock())] += 1
    return dict(found)


def check_domain(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Ask the name servers about a sending domain."""
    shop, domain = the_shop(house), _domain(house, arguments)
    sending.check_domain(house.store, shop, house.key, domain, house.public_url, house.clock())
    return domain_health(house, arguments, _report)


def domain_health(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """All that is known of a sending domain."""
    shop, domain, language = the_shop(house), _domain(house, arguments), tongue(arguments)
    with house.store.read() as connection:
        health = sending.health_of(connection, shop, domain, house.clock())
    told: dict[str, Any] = plain(health, language)
    told["state"]["may_send"] = health.state.may_send
    told["state"]["findings"] = [_finding(one, language) for one in health.state.findings]
    return told


def domain_keys(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Make a domain's keys, or sign with the other one."""
    shop, domain = the_shop(house), _domain(house, arguments)
    change = sending.rotate_keys if arguments.get("rotate") else sending.add_keys
    with house.store.begin() as connection:
        keys = change(connection, shop, house.key, domain, house.clock())
    return {"domain": domain, "keys": plain(keys, tongue(arguments))}


def allow_domain(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Let marketing leave although the records do not agree, or take that back."""
    shop, domain, reason = the_shop(house), _domain(house, arguments), arguments.get("reason")
    with house.store.begin() as connection:
        if reason is None:
            state = sending.disallow_domain(connection, shop, domain, "command line", house.clock())
        else:
            state = sending.allow_domain(connection, shop, domain, "command line", reason, house.clock())
    return {"domain": domain, "may_send": state.may_send}


def warm_up(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Begin or end a domain's warm-up."""
    shop, domain, now = the_shop(house), _domain(house, arguments), house.clock()
    with house.store.begin() as connection:
        if arguments.get("stop"):
            sending.stop_warm_up(connection, shop, domain, now)
            return {"domain": domain, "ends": None}
        steps = arguments.get("steps")
        plan = sending.start_warm_up(connection, shop, domain, now, *([steps] if steps else []))
    return {"domain": domain, "steps": list(plan.steps), "ends": plan.ends.isoformat()}


def add_caller(house: House, arguments: Arguments, _report: Report) -> dict[str, Any]:
    """Let a provider call; a password is made where it needs one and none was given."""
    shop, given = the_shop(house), dict(arguments["secrets"])
    if arguments["provider"] in {"brevo", "postmark"}:
        given.setdefault("password", secrets.token_urlsafe(24))
    if arguments["provider"] == "ovh":
        given.setdefault("token", secrets.token_urlsafe(24))
    with house.store.begin() as connection:
        made = tracking.save_hook(
            connection, shop, house.key, arguments["channel"], arguments["provider"], given, house.clock()
        )
    address = f"{house.public_url.rstrip('/')}{made.path}"
    if "password" in given:
        scheme, _, rest = address.partition("://")
        address = f"{scheme}://relance:{given['password']}@{rest}"
    if arguments["provider"] == "ovh":
        address += f"?token={given['token']}"
    return {"channel": made.channel, "provider": made.provider, "url": address}


def _domain(house: House, arguments: Arguments) -> str:
    """The domain that is meant: the shop's own where none is named. Raises NotFound."""
    named = arguments.get("domain") or the_shop(house).settings.get("mail_domain")
    if not named:
        raise NotFound("domains.none")
    return str(named)


def _finding(one: sending.DomainFinding, language: Language) -> dict[str, Any]:
    return {**one.as_json(), "says": say(f"domains.{one.key}", language)}


DELIVERABILITY_COMMANDS: Final[dict[str, Callable[[House, Arguments, Report], dict[str, Any]]]] = {
    "take_returns": take_returns,
    "check_domain": check_domain,
    "domain_health": domain_health,
    "domain_keys": domain_keys,
    "allow_domain": allow_domain,
    "warm_up": warm_up,
    "add_caller": add_caller,
}
