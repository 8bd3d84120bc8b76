"""The facts of a shop that `relance set` changes."""

from __future__ import annotations

import pytest

from relance.errors import BadSetting
from relance.store import SHOP_SETTINGS, Shop, with_setting
from relance.words import LANGUAGES, catalogue

SHOP = Shop("main", "Maison Clairval", "EUR", "Europe/Paris", "fr")


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("dkim_selectors", "s1", "s1"),
        ("dkim_selectors", " brevo1,brevo2  mail.2026 ", "brevo1, brevo2, mail.2026"),
        ("sending_address", "192.0.2.9", "192.0.2.9"),
        ("sending_address", "2001:DB8:0::9", "2001:db8::9"),
        ("return_domain", "Bounce.Boutique.fr", "bounce.boutique.fr"),
    ],
)
def test_how_mail_leaves_is_kept_and_taken_away(name: str, given: str, kept: str) -> None:
    changed = with_setting(SHOP, name, given)
    assert changed.settings == {name: kept}
    assert with_setting(changed, name, "off").settings == {}


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("dkim_selectors", ""),
        ("dkim_selectors", "s1, -x"),
        ("dkim_selectors", "s1;s2"),
        ("sending_address", "192.0.2.999"),
        ("sending_address", "mail.boutique.fr"),
        ("sending_address", ""),
    ],
)
def test_what_does_not_suit_is_refused(name: str, given: str) -> None:
    with pytest.raises(BadSetting, match=name):
        with_setting(SHOP, name, given)


def test_each_setting_has_its_label_and_stands_in_the_help() -> None:
    for language in LANGUAGES:
        for name in set(SHOP_SETTINGS) - {"language"}:
            assert f"cli.fact_{name}" in catalogue(language)
        assert [name for name in SHOP_SETTINGS if name not in catalogue(language)["cli.set"]] == []
