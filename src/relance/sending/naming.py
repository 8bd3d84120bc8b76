"""The domain that a shop's message ids end in."""

from __future__ import annotations

from sqlalchemy import Connection

from relance.sending.route import Route
from relance.store import Shop, find_shop, is_mail_domain, save_settings, with_setting


def with_mail_domain(connection: Connection, shop: Shop, route: Route) -> Shop:
    """The shop with its mail domain: the sender's, unless the merchant has set one. Raises BadSetting."""
    route.check()
    if shop.settings.get("mail_domain") or not is_mail_domain(route.domain):
        return shop
    named = with_setting(find_shop(connection) or shop, "mail_domain", route.domain)
    save_settings(connection, named)
    return named
