"""`relance key` on the command line."""

from __future__ import annotations

from tests.cli.conftest import Line


def test_keys_are_made_listed_and_revoked(imported: Line) -> None:
    made = imported.json("key", "add", "Our backend", "--source", "my_shop", "--scope", "events")
    assert made["text"].startswith("server_")
    shown = imported.run("key", "add", "Our pages", "--browser")
    assert shown.stdout.startswith("browser_")
    assert shown.stdout.count("\n") == 1
    assert "it is not shown again" in shown.stderr
    assert "User tokens for this key are signed with: " in shown.stderr
    assert imported.run("key", "revoke", made["key_id"]).stdout == f"The key {made['key_id']} was revoked.\n"
    assert imported.run("key", "revoke", made["key_id"]).returncode == 3
    keys = imported.json("key", "list")["keys"]
    assert [(key["name"], key["scopes"], key["revoked_at"] is None) for key in keys] == [
        ("Our backend", ["events"], False),
        ("Our pages", [], True),
    ]
